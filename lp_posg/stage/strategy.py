"""What a concept hands back: the strategies of a block of stage games."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lp_posg.information.policy import Atoms, joined_atoms
from lp_posg.types import BoolArray, FloatArray

METHODS: Mapping[str, str] = {
    "shortcut": "without a program, where an optimum over all profiles is provably an equilibrium",
    "enumeration": "all profiles but for one agent, which replies",
    "program": "one linear or mixed-integer program (a few in a row for lexicographic objectives)",
    "columns": "column generation, to a proven bound",
    "conic": "a conic program, then a linear one",
    "boxes": "branch and bound over boxes of prescriptions, to a proven bound",
    "exact": "in whole numbers, without rounding",
    "rounded": "as another, although payoffs of very different sizes may have misled what selects",
}
"""How a stage game can be solved."""


@dataclass(frozen=True)
class BlockStrategy(Atoms):
    """Distributions over prescription profiles, one per stage game of a block, and how they were found.

    Attributes
    ----------
    n_programs : int
        Number of programs solved.
    methods : mapping of str to int
        How many of the games were solved how; see `METHODS`.
    """

    n_programs: int
    methods: Mapping[str, int]


def one_atom(prescription: Sequence[FloatArray], n_programs: int, method: str) -> BlockStrategy:
    """Return strategies without correlation; `prescription` has shape (B, k_i, A_i) per agent."""
    size = len(prescription[0])
    return BlockStrategy(np.arange(size + 1), np.ones(size), tuple(prescription), n_programs, {method: size})


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums of counts by method, zeros left out, in the order of `METHODS`."""
    every = list(counts)
    total = {method: sum(own.get(method, 0) for own in every) for method in METHODS}
    return {method: count for method, count in total.items() if count}


def joined(parts: Sequence[BlockStrategy]) -> BlockStrategy:
    """Return the strategies of several blocks of the same shape as those of one."""
    atoms, programs = joined_atoms(parts), sum(part.n_programs for part in parts)
    methods = added(part.methods for part in parts)
    return BlockStrategy(atoms.atom_start, atoms.atom_prob, atoms.prescription, programs, methods)


def arranged(first: BoolArray, chosen: BlockStrategy, rest: BlockStrategy) -> BlockStrategy:
    """Return the strategies of a block whose games marked in `first` (B,) are `chosen`, the others `rest`, in order."""
    place = np.concatenate([np.flatnonzero(first), np.flatnonzero(~first)])
    return joined([chosen, rest]).taken(np.argsort(place))


def as_distribution(weights: FloatArray) -> FloatArray:
    """Return `weights` without negative rounding, scaled to sum to 1 along the last axis."""
    clipped = np.maximum(weights, 0.0)
    total = clipped.sum(axis=-1, keepdims=True)
    uniform = np.full_like(clipped, 1.0 / clipped.shape[-1])
    return np.where(total > 0, clipped / np.where(total > 0, total, 1.0), uniform)
