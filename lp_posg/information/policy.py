"""A strategy of the whole game, perhaps correlated, as arrays.

At each common-information state a mediator draws an *atom*; the atom holds a prescription for
every agent, and an action is drawn from each prescription at the agent's private information,
independently given the atom. No agent hears the atom; what it hears of the draws depends on the
concept (`Kind.to_play`). A Nash strategy or a team's has one atom per state: no
mediator is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lp_posg.brevity import brief
from lp_posg.errors import ModelError
from lp_posg.information.lookup import places
from lp_posg.types import PROB_TOL, FloatArray, IntArray, read_only


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
        """Return a copy with the distributions of `rows` alone, in this order; other fields are kept."""
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


@brief()
@dataclass(frozen=True)
class PolicyBlock(Atoms):
    """The strategies at the states of one depth that have one shape.

    Attributes
    ----------
    nodes : int array, shape (B,)
        The states, ascending.
    private : tuple per agent of int arrays, shape (B, k_i)
        Indices of the private informations that each prescription row is for, ascending.
    """

    nodes: IntArray
    private: tuple[IntArray, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        read_only(self.nodes, *self.private)

    @staticmethod
    def of(atoms: Atoms, nodes: IntArray, private: tuple[IntArray, ...]) -> PolicyBlock:
        """Return the strategies at states from their atoms."""
        return PolicyBlock(atoms.atom_start, atoms.atom_prob, atoms.prescription, nodes, private)

    def check(self, n_actions: tuple[int, ...], time: int) -> None:
        """Raise ModelError unless shapes agree and all probabilities sum to 1."""
        where = f"strategy at step {time + 1}"
        sizes = tuple(own.shape[-1] for own in self.prescription)
        if sizes != n_actions:
            raise ModelError(f"the strategy is for agents with {sizes} actions, the game has {n_actions}")
        _check_types(where, (self.nodes, *self.private, self.atom_start), np.integer)
        _check_types(where, (self.atom_prob, *self.prescription), np.floating)
        start, n_atoms = self.atom_start, len(self.atom_prob)
        if len(start) != len(self.nodes) + 1 or start[0] != 0 or start[-1] != n_atoms or (np.diff(start) < 1).any():
            raise ModelError(f"{where}: atoms do not match the states")
        if [own.shape[:1] for own in self.private] != [(len(self.nodes),)] * len(n_actions):
            raise ModelError(f"{where}: private informations do not match the states")
        shapes = [(n_atoms, own.shape[1], n) for own, n in zip(self.private, n_actions, strict=True)]
        if [own.shape for own in self.prescription] != shapes:
            raise ModelError(f"{where}: prescriptions have other shapes than {shapes}")
        totals = [np.add.reduceat(self.atom_prob, start[:-1]), *(own.sum(axis=2) for own in self.prescription)]
        for part, total in zip((self.atom_prob, *self.prescription), totals, strict=True):
            if not (part >= 0).all() or not (np.abs(total - 1) <= PROB_TOL).all():
                raise ModelError(f"{where}: probabilities are negative or do not sum to 1")


@brief()
@dataclass(frozen=True)
class PolicyStep:
    """The strategies of one depth, and where each increment leads.

    Attributes
    ----------
    n_nodes : int
    blocks : tuple of PolicyBlock
        Each state stands in exactly one.
    parent, increment, child : int arrays, shape (E,)
        Transitions of the strategy's own state, sorted by (parent, increment); empty at the last depth.
    """

    n_nodes: int
    blocks: tuple[PolicyBlock, ...]
    parent: IntArray
    increment: IntArray
    child: IntArray


@brief("sharing", "horizon")
@dataclass(frozen=True)
class Policy:
    """A strategy for a game of some horizon.

    Attributes
    ----------
    sharing : str
        Name of the structure whose indices of private information and increments are used.
    start_increment, start_node : int arrays, shape (E,)
        State of the first depth after each possible increment of the start.
    steps : tuple of PolicyStep, one per step of the game
    """

    sharing: str
    start_increment: IntArray
    start_node: IntArray
    steps: tuple[PolicyStep, ...]

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return len(self.steps)

    def check(self, n_actions: tuple[int, ...]) -> None:
        """Raise ModelError unless every part fits and every probability is one."""
        sizes = [step.n_nodes for step in self.steps]
        nothing = np.zeros_like(self.start_node)
        _check_arcs("strategy at the start", (nothing, self.start_increment, self.start_node), 1, sizes[0])
        for time, step in enumerate(self.steps):
            arcs = (step.parent, step.increment, step.child)
            after = sizes[time + 1] if time + 1 < len(sizes) else 0
            _check_arcs(f"strategy at step {time + 1}", arcs, step.n_nodes if after else 0, after)
            covered = np.concatenate([block.nodes for block in step.blocks])
            if not np.array_equal(np.sort(covered), np.arange(step.n_nodes)):
                raise ModelError(f"strategy at step {time + 1}: not every state stands in exactly one block")
            for block in step.blocks:
                block.check(n_actions, time)

    def follow(self, time: int, node: IntArray, increment: IntArray) -> IntArray:
        """Return the strategy's next states; time -1 is the start.

        Raises
        ------
        ModelError
            If the strategy does not know an increment, so it is for another game.
        """
        if time < 0:
            known, keys, child = self.start_increment, increment, self.start_node
        else:
            step = self.steps[time]
            width = int(max(step.increment.max(initial=0), increment.max(initial=0))) + 1
            known, keys, child = step.parent * width + step.increment, node * width + increment, step.child
        at, met = places(known, keys)
        if not met.all():
            raise ModelError(
                f"the strategy has no state for an increment that the game makes possible at step {time + 1}:"
                " it was computed for another game, horizon or sharing"
            )
        return child[at]


def _check_types(
    where: str, arrays: tuple[NDArray[Any], ...], kind: type[np.integer[Any]] | type[np.floating[Any]]
) -> None:
    """Raise ModelError unless all arrays hold finite numbers of a kind."""
    for array in arrays:
        if not np.issubdtype(array.dtype, kind) or not np.isfinite(array).all() or array.ndim < 1:
            raise ModelError(f"{where}: an array holds other things than {kind.__name__} numbers")


def _check_arcs(where: str, arcs: tuple[IntArray, IntArray, IntArray], n_parents: int, n_children: int) -> None:
    """Raise ModelError unless transitions are sorted, unique, and between states that exist."""
    _check_types(where, arcs, np.integer)
    parent, increment, child = arcs
    if not parent.shape == increment.shape == child.shape or parent.ndim != 1:
        raise ModelError(f"{where}: transitions are not of one length")
    order = np.diff(parent) * (int(increment.max(initial=0)) + 1) + np.diff(increment)
    known = (parent >= 0) & (parent < n_parents) & (child >= 0) & (child < n_children) & (increment >= 0)
    if not known.all() or (order <= 0).any() or (n_parents and not len(parent)):
        raise ModelError(f"{where}: transitions are out of order, or lead to states that there are not")
