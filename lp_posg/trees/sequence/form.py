"""The sequence form of a game of two agents: each agent's information sets, and payoffs of pairs of sequences.

A *sequence* of an agent is an information set with an action taken there. By perfect recall an information set has
one parent sequence, the agent's last before it, or none. Sets may have different numbers of actions: the sequences of
set k are numbered ``first[k]`` to ``first[k + 1] - 1``. Sets come by *own depth*, the number of the agent's own
earlier actions, so that a dynamic program takes all sets of one depth at once.

Where payoffs of a game can come before an agent's first move, its tree starts with a set of one action, whose sequence
is the empty one of the literature; where all agents always move first, nothing needs it.

Source: von Stengel (1996), Games and Economic Behavior 14, 220-246, sections 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only


@dataclass(frozen=True, eq=False)
class InformationTree:
    """One agent's information sets, K of them with L sequences in all, sets of less own depth first."""

    start: IntArray  # shape (D + 1,): the information sets of own depth d are ``start[d]:start[d + 1]``
    # shape (K + 1,): the sequences of information set k are ``first[k]:first[k + 1]``; each has at least one
    first: IntArray
    parent: IntArray  # shape (K,): the sequence that leads to each information set; -1 at own depth 0

    def __post_init__(self) -> None:
        read_only(self.start, self.first, self.parent)

    @property
    def n_sets(self) -> int:
        """Number of information sets K."""
        return len(self.parent)

    @property
    def n_sequences(self) -> int:
        """Number of sequences L."""
        return int(self.first[-1])

    @property
    def n_depths(self) -> int:
        """Number of own depths D."""
        return len(self.start) - 1

    @cached_property
    def counts(self) -> IntArray:
        """Number of actions at each information set, shape (K,)."""
        found = np.diff(self.first)
        read_only(found)
        return found

    @cached_property
    def set_of(self) -> IntArray:
        """Information set of each sequence, shape (L,)."""
        found = np.repeat(np.arange(self.n_sets), self.counts)
        read_only(found)
        return found

    def sets_at(self, depth: int) -> slice:
        """Return the information sets of an own depth."""
        return slice(int(self.start[depth]), int(self.start[depth + 1]))

    def sequences_at(self, depth: int) -> slice:
        """Return the sequences of the information sets of an own depth."""
        sets = self.sets_at(depth)
        return slice(int(self.first[sets.start]), int(self.first[sets.stop]))

    @cached_property
    def constraints(self) -> SparseMatrix:
        """Realisation plans are the x >= 0 with ``constraints @ x`` 1 at own depth 0 and 0 later; CSR (K, L)."""
        later = np.flatnonzero(self.parent >= 0)
        rows = np.concatenate([self.set_of, later])
        columns = np.concatenate([np.arange(self.n_sequences), self.parent[later]])
        values = np.concatenate([np.ones(self.n_sequences), -np.ones(len(later))])
        return sp.csr_array(sp.coo_array((values, (rows, columns)), shape=(self.n_sets, self.n_sequences)))

    @cached_property
    def total(self) -> FloatArray:
        """Right-hand side of the constraints, shape (K,)."""
        return (self.parent < 0).astype(np.float64)

    def path(self, number: int) -> list[tuple[int, int | None]]:
        """Return the information sets from own depth 0 to this one, each with the action taken there."""
        steps: list[tuple[int, int | None]] = [(number, None)]
        while (sequence := int(self.parent[steps[-1][0]])) >= 0:
            before = int(self.set_of[sequence])
            steps.append((before, sequence - int(self.first[before])))
        return steps[::-1]


@dataclass(frozen=True, eq=False)
class SequenceGame:
    """A game of two agents in sequence form."""

    trees: tuple[InformationTree, InformationTree]
    # tuple of two CSR arrays, shape (L_1, L_2): what each agent gets at a pair of sequences, times the probability that
    # chance comes there: an agent's value is ``x @ payoff @ y + offset`` for realisation plans x and y
    payoffs: tuple[SparseMatrix, SparseMatrix]
    # What each agent gets whatever happens, where that is large beside the rest; else 0
    offset: tuple[float, float] = field(default=(0.0, 0.0), kw_only=True)


FAR = 1e4
"""Payoffs this many times as far from 0 as from each other are counted from their middle."""


def common_part(payoffs: FloatArray) -> float:
    """Return the middle of some payoffs, of any shape, if it is large beside what they differ from it by; or 0."""
    if not payoffs.size:
        return 0.0
    middle = float(np.median(payoffs))
    distance = np.abs(payoffs - middle)
    distance = distance[distance > 0]
    return middle if abs(middle) > FAR * (float(np.median(distance)) if len(distance) else 0.0) else 0.0
