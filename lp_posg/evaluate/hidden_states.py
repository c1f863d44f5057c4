"""The hidden states x = (c^, p, s) of a model, what a deviator can tell them apart by, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.evaluate.deviator import Deviator
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places
from lp_posg.types import FloatArray, IntArray, SparseMatrix


class HiddenStates:
    """The hidden states x = (c^, p, s) of one depth, in the order of the level's stored beliefs."""

    def __init__(self, level: Level, n_states: int) -> None:
        self.level, self.n_states = level, n_states
        self.cell = np.repeat(np.arange(level.n_cells), np.diff(level.belief.indptr))
        self.state: IntArray = level.belief.indices.astype(np.int64)
        self.prob: FloatArray = level.belief.data

    @cached_property
    def width(self) -> int:
        """Number of (private profile, state) pairs."""
        return int(np.prod(self.level.n_private)) * self.n_states

    @cached_property
    def keys(self) -> IntArray:
        """One ascending number per hidden state."""
        level = self.level
        return level.cell_node[self.cell] * self.width + level.cell_private[self.cell] * self.n_states + self.state

    def find(self, node: IntArray, column: IntArray) -> IntArray:
        """Return the hidden states with these c^ and ``p * S + s``.

        Raises
        ------
        ModelError
            If one is missing.
        """
        wanted = node * self.width + column
        at, met = places(self.keys, wanted)
        if not met.all():
            raise ModelError(
                "the model's attached beliefs leave out something that can happen, so its hidden states bound nothing"
            )
        return at

    def group(self, deviator: Deviator) -> IntArray:
        """Return what the deviator can tell hidden states apart by, shape (X,)."""
        if deviator.agent is None:
            return self.cell
        support = self.level.supports[deviator.agent]
        return (support.start[self.level.cell_node] + support.cell_rank)[self.cell]

    def summed(self, q: FloatArray, weight: FloatArray, deviator: Deviator) -> FloatArray:
        """Return sums of weighted `q` (X, R, K) over what the deviator cannot tell apart, shape (G, R, K)."""
        group = self.group(deviator)
        total = np.zeros((int(group.max()) + 1, *q.shape[1:]))
        np.add.at(total, group, q * weight[:, None, None])
        return total


@dataclass(frozen=True)
class Moves:
    """Transitions of hidden states: row ``x * A + a``, hidden state of the next depth, probability, increment."""

    source: IntArray
    target: IntArray
    weight: FloatArray
    news: IntArray
    n_news: int
    n_hidden: int

    def matrix(self, n_joint: int, n_after: int) -> SparseMatrix:
        """Return them as CSR, shape (X * A, X')."""
        return sp.csr_array((self.weight, (self.source, self.target)), shape=(self.n_hidden * n_joint, n_after))
