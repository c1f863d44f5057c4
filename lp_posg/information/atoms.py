"""Distributions over prescription profiles, one per stage game or common-information state, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from lp_posg.types import FloatArray, IntArray, read_only


@dataclass(frozen=True)
class Atoms:
    """B distributions, of any numbers of atoms; given the atom, agents randomise independently.

    Attributes
    ----------
    atom_start : int array, shape (B + 1,)
        The atoms of the b-th distribution are ``atom_start[b]:atom_start[b + 1]``.
    atom_prob : float array, shape (M,)
        Probability of each atom; those of a distribution sum to 1.
    prescription : tuple per agent of float arrays, shape (M, k_i, A_i)
        Probability of each action at each private information, per atom.
    """

    atom_start: IntArray
    atom_prob: FloatArray
    prescription: tuple[FloatArray, ...]

    def __post_init__(self) -> None:
        read_only(self.atom_start, self.atom_prob, *self.prescription)

    def joint(self, rows: IntArray | None = None) -> FloatArray:
        """Return P(a | p) of each distribution, or of some: shape (B, k_1, ..., k_n, A_1, ..., A_n)."""
        first, last = self.atom_start[:-1], self.atom_start[1:]
        if rows is not None:
            first, last = first[rows], last[rows]
        # The first atom of every distribution, then the second, and so on: most have few.
        law = self._laws(first)
        for further in range(1, int((last - first).max(initial=0))):
            more = np.flatnonzero(last - first > further)
            law[more] += self._laws(first[more] + further)
        return law

    def _laws(self, atoms: IntArray) -> FloatArray:
        """Return probability times P(a | p) of some atoms."""
        n = len(self.prescription)
        law = self.atom_prob[atoms].reshape(-1, *(1,) * (2 * n))
        for i, own in enumerate(self.prescription):
            shape = [len(atoms)] + [1] * (2 * n)
            shape[1 + i], shape[1 + n + i] = own.shape[1], own.shape[2]
            law = law * own[atoms].reshape(shape)
        return law

    def values(self, payoff: FloatArray) -> FloatArray:
        """Return the expected payoffs (B, n), given those by private profile and action (B, n, k_1, ..., A_n)."""
        flat = payoff.reshape(*payoff.shape[:2], -1)
        return np.asarray(np.einsum("bia,ba->bi", flat, self.joint().reshape(len(flat), -1)))

    def taken(self, rows: IntArray) -> Self:
        """Return the same with the distributions of `rows`, in this order, in place of all; other fields are kept."""
        counts = np.diff(self.atom_start)[rows]
        start = np.concatenate([[0], np.cumsum(counts)])
        atoms = np.repeat(self.atom_start[:-1][rows] - start[:-1], counts) + np.arange(start[-1])
        prescription = tuple(own[atoms] for own in self.prescription)
        return replace(self, atom_start=start, atom_prob=self.atom_prob[atoms], prescription=prescription)

    def arrays(self) -> dict[str, Any]:
        """Return the distributions as arrays by name."""
        by_agent = {f"prescription.{i}": own for i, own in enumerate(self.prescription)}
        return {"atom_start": self.atom_start, "atom_prob": self.atom_prob} | by_agent


def atoms_from(arrays: Mapping[str, Any], n_agents: int) -> Atoms:
    """Return the distributions whose `Atoms.arrays` are given."""
    prescription = tuple(arrays[f"prescription.{i}"] for i in range(n_agents))
    return Atoms(arrays["atom_start"], arrays["atom_prob"], prescription)


def joined_atoms(parts: Sequence[Atoms]) -> Atoms:
    """Return the distributions of several parts, of one shape, one after another."""
    counts = np.concatenate([np.diff(part.atom_start) for part in parts])
    return Atoms(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([part.atom_prob for part in parts]),
        tuple(np.concatenate(own) for own in zip(*(part.prescription for part in parts), strict=True)),
    )
