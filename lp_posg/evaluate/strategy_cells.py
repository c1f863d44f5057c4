"""A strategy's actions and atoms by the cells of beliefs, and what an agent gets when it hears its whole prescription.

It hears its prescription alone: the atoms of a state in which that is the same are heard as one. A mixed
prescription is heard as such; whoever follows draws from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game.protocols import Payoffs
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places
from lp_posg.information.policy import PolicyBlock, PolicyStep
from lp_posg.types import NULL_TOL, FloatArray, IntArray


class HeardAtoms(NamedTuple):
    """The atoms of the strategies at X cells, as places in the strategy's arrays."""

    cells: IntArray  # (X,), of the level
    first: IntArray  # (X,), the atoms of each cell's state are first : first + n_atoms
    n_atoms: IntArray
    rank: Sequence[IntArray]  # per agent (X,), the row of each cell's private information in the prescriptions
    prob: FloatArray  # (M,)
    prescription: tuple[FloatArray, ...]  # per agent (M, k_i, A_i), see `PolicyBlock`


class Reactions(NamedTuple):
    """What one agent can do about what it hears: H triples (state, prescription of the agent, private information)."""

    node: IntArray
    rank: IntArray  # of the private information among those of the state
    atom: IntArray  # the first with that prescription
    worth: FloatArray  # (H, A_i), probability times payoff of each action
    follow: FloatArray  # (H,), the same of what is recommended


def cell_actions(game: Payoffs, step: PolicyStep, tag: IntArray, level: Level) -> FloatArray:
    """Return the strategy's P(a | p) in each cell, shape (C, A); `tag` is the strategy's state in each state."""
    chosen = np.zeros((level.n_cells, game.n_joint_actions))
    for block, cells, row, rank in _cells_by_block(step, tag, level):
        used, place = np.unique(row, return_inverse=True)
        position = np.zeros(len(cells), dtype=np.int64)
        for ranks, known in zip(rank, block.private, strict=True):
            position = position * known.shape[1] + ranks
        joint = block.joint(used).reshape(len(used), -1, game.n_joint_actions)
        chosen[cells] = joint[place, position]
    return chosen


def atoms_heard(step: PolicyStep, tag: IntArray, level: Level) -> tuple[HeardAtoms, ...]:
    """Return where the atoms of each cell stand, block by block; nothing is copied."""
    return tuple(
        HeardAtoms(
            cells, block.atom_start[row], np.diff(block.atom_start)[row], rank, block.atom_prob, block.prescription
        )
        for block, cells, row, rank in _cells_by_block(step, tag, level)
    )


def _cells_by_block(
    step: PolicyStep, tag: IntArray, level: Level
) -> Iterator[tuple[PolicyBlock, IntArray, IntArray, list[IntArray]]]:
    """Yield each block of strategies with its cells, and for each of these (X) its row and each agent's rank there.

    Raises
    ------
    ModelError
        If a state or a private information stands in no block.
    """
    covered = np.zeros(level.n_nodes, dtype=bool)
    for block in step.blocks:
        row, here = places(block.nodes, tag)
        covered |= here
        cells = np.flatnonzero(here[level.cell_node])
        if not len(cells):
            continue
        at = row[level.cell_node[cells]]
        profile = level.cell_profile[:, cells]
        yield block, cells, at, [_rank(known[at], held) for held, known in zip(profile, block.private, strict=True)]
    if not covered.all():
        raise ModelError("the strategy has no prescription at a state that the game makes possible")


def _rank(known: IntArray, held: IntArray) -> IntArray:
    """Return where each entry of `held` (C,) stands in its row of `known` (C, k)."""
    match = known == held[:, None]
    if not match.any(axis=1).all():
        raise ModelError("the strategy has no prescription for a private information that the game makes possible")
    return np.asarray(match.argmax(axis=1))


def reactions(level: Level, n_actions: tuple[int, ...], atoms: HeardAtoms, payoff: FloatArray, agent: int) -> Reactions:
    """Return an agent's reactions at the states of `atoms`.

    Parameters
    ----------
    payoff : float array, shape (C, A)
        The agent's, of each joint action in each cell of the level, times the probability of the cell.

    Notes
    -----
    The first atoms of all cells are worked on together, then the second, and so on: memory is that of the
    payoffs and of the answer.
    """
    support = level.supports[agent]
    node = level.cell_node[atoms.cells]
    states, at = np.unique(node, return_index=True)
    first, count = atoms.first[at], atoms.n_atoms[at]
    n_private = (support.start[states + 1] - support.start[states]).astype(np.int64)
    label, different, start = _different(first, count, atoms.prescription[agent])
    n_different = np.diff(start)
    offset = np.concatenate([[0], np.cumsum(n_different * n_private)])
    state_of = np.searchsorted(states, node)
    worth = np.zeros((int(offset[-1]), n_actions[agent]))
    follow = np.zeros(len(worth))
    begin = np.concatenate([[0], np.cumsum(count)])
    for turn in range(int(count.max(initial=0))):
        x = np.flatnonzero(atoms.n_atoms > turn)
        here, which = state_of[x], atoms.first[x] + turn
        value = _worth(payoff[atoms.cells[x]], n_actions, atoms, which, x, agent)
        slot = offset[here] + label[begin[here] + turn] * n_private[here] + support.cell_rank[atoms.cells[x]]
        np.add.at(worth, slot, value)
        recommended = atoms.prescription[agent][which, atoms.rank[agent][x]]
        follow += np.bincount(slot, weights=(value * recommended).sum(axis=1), minlength=len(follow))
    each = np.repeat(n_private, n_different)  # slots of each prescription heard
    rank = np.arange(len(worth)) - np.repeat(np.cumsum(each) - each, each)
    return Reactions(np.repeat(np.repeat(states, n_different), each), rank, np.repeat(different, each), worth, follow)


def _worth(
    payoff: FloatArray, n_actions: tuple[int, ...], atoms: HeardAtoms, which: IntArray, x: IntArray, agent: int
) -> FloatArray:
    """Return probability times payoff (X, A) of each action of the agent against the others' prescriptions, (X, A_i).

    The prescriptions are those of the atoms `which` (X,) at the places `x` (X,) among the cells of `atoms`.
    """
    n = len(n_actions)
    operands: list[object] = [atoms.prob[which], [0], payoff.reshape(-1, *n_actions), list(range(n + 1))]
    for j in range(n):
        if j != agent:
            operands += [atoms.prescription[j][which, atoms.rank[j][x]], [0, 1 + j]]
    return np.asarray(np.einsum(*operands, [0, 1 + agent], optimize=n > 2))  # type: ignore[call-overload]


def _different(first: IntArray, count: IntArray, prescription: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the different prescriptions, up to rounding, of V states with T atoms in all.

    That is, the number of each atom's prescription among those of its state (T,); the first atom with each
    prescription (P,), state by state; and where the prescriptions of each state begin and end (V + 1,). Numbers
    are rounded to multiples of ``NULL_TOL``. Two that are closer may still differ, which can only raise what
    deviations gain.
    """
    state = np.repeat(np.arange(len(first)), count)
    atom = np.arange(len(state)) - np.repeat(np.cumsum(count) - count, count) + first[state]
    rows = np.rint(prescription[atom].reshape(len(atom), -1) / NULL_TOL).astype(np.int64)
    keys = np.column_stack([state, rows])
    _, at, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    start = np.searchsorted(state[at], np.arange(len(first) + 1))
    return number.ravel() - start[state], atom[at], start
