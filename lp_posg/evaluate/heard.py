"""What an agent gets for each action when it has heard its whole recommended prescription.

The atoms of a state are told apart by the agent's own prescription alone: those in which it is the
same are heard as one. A mixed prescription is heard as such; whoever follows draws from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lp_posg.information.levels import Level
from lp_posg.types import NULL_TOL, FloatArray, IntArray


@dataclass(frozen=True)
class HeardAtoms:
    """The atoms of the strategies at some cells, as places in the strategy's arrays.

    Attributes
    ----------
    cells : int array, shape (X,)
        Cells of the level.
    first, count : int arrays, shape (X,)
        The atoms of each cell's state are ``first : first + count``.
    rank : sequence per agent of int arrays, shape (X,)
        Row of each cell's private information in the prescriptions.
    prob : float array, shape (M,)
    prescription : tuple per agent of float arrays, shape (M, k_i, A_i)
        See `PolicyBlock`.
    """

    cells: IntArray
    first: IntArray
    count: IntArray
    rank: Sequence[IntArray]
    prob: FloatArray
    prescription: tuple[FloatArray, ...]


@dataclass(frozen=True)
class Reactions:
    """What one agent can do about what it hears: H triples (state, own prescription, private information).

    Attributes
    ----------
    node, rank, atom : int arrays, shape (H,)
        The state, the rank of the private information among those of the state, and the first atom with
        that prescription.
    worth : float array, shape (H, A_i)
        Probability times payoff of each action.
    follow : float array, shape (H,)
        The same of what is recommended.
    """

    node: IntArray
    rank: IntArray
    atom: IntArray
    worth: FloatArray
    follow: FloatArray


def reactions(level: Level, n_actions: tuple[int, ...], atoms: HeardAtoms, payoff: FloatArray, agent: int) -> Reactions:
    """Return an agent's reactions at the states of `atoms`.

    Parameters
    ----------
    payoff : float array, shape (C, A)
        The agent's, of each joint action in each cell of the level, times the probability of the cell.

    Notes
    -----
    The atoms of all cells are gone through together: the first of each, then the second, and so on. So
    memory is that of the payoffs and of the answer.
    """
    support = level.supports[agent]
    node = level.cell_node[atoms.cells]
    states, at = np.unique(node, return_index=True)
    first, count = atoms.first[at], atoms.count[at]
    n_private = (support.start[states + 1] - support.start[states]).astype(np.int64)
    label, told, start = _told_apart(first, count, atoms.prescription[agent])
    n_told = np.diff(start)
    offset = np.concatenate([[0], np.cumsum(n_told * n_private)])
    own = np.searchsorted(states, node)
    found = np.zeros((int(offset[-1]), n_actions[agent]))
    follow = np.zeros(len(found))
    begin = np.concatenate([[0], np.cumsum(count)])
    for turn in range(int(count.max(initial=0))):
        x = np.flatnonzero(atoms.count > turn)
        here, which = own[x], atoms.first[x] + turn
        value = _worth(payoff[atoms.cells[x]], n_actions, atoms, which, x, agent)
        slot = offset[here] + label[begin[here] + turn] * n_private[here] + support.cell_rank[atoms.cells[x]]
        np.add.at(found, slot, value)
        recommended = atoms.prescription[agent][which, atoms.rank[agent][x]]
        follow += np.bincount(slot, weights=(value * recommended).sum(axis=1), minlength=len(follow))
    each = np.repeat(n_private, n_told)  # slots of each prescription heard
    rank = np.arange(len(found)) - np.repeat(np.cumsum(each) - each, each)
    return Reactions(np.repeat(np.repeat(states, n_told), each), rank, np.repeat(told, each), found, follow)


def _worth(
    payoff: FloatArray, n_actions: tuple[int, ...], atoms: HeardAtoms, which: IntArray, x: IntArray, agent: int
) -> FloatArray:
    """Return probability times payoff of each own action against the others' prescriptions in one atom each, (X, A_i).

    Parameters
    ----------
    payoff : float array, shape (X, A)
    which, x : int arrays, shape (X,)
        Atoms, and places among the cells of `atoms`.
    """
    n = len(n_actions)
    operands: list[object] = [atoms.prob[which], [0], payoff.reshape(-1, *n_actions), list(range(n + 1))]
    for j in range(n):
        if j != agent:
            operands += [atoms.prescription[j][which, atoms.rank[j][x]], [0, 1 + j]]
    return np.asarray(np.einsum(*operands, [0, 1 + agent], optimize=n > 2))  # type: ignore[call-overload]


def _told_apart(first: IntArray, count: IntArray, prescription: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return which of a state's atoms have the same prescription, up to rounding, for V states with T atoms in all.

    Returns
    -------
    label : int array, shape (T,)
        Number of each atom's prescription among those of its state.
    told : int array, shape (P,)
        The first atom with each prescription, state by state.
    start : int array, shape (V + 1,)
        The prescriptions of state v are ``start[v] : start[v + 1]``.

    Notes
    -----
    Numbers are rounded to multiples of ``NULL_TOL``. Two that are closer may still be told apart, which
    can only raise what deviations gain.
    """
    state = np.repeat(np.arange(len(first)), count)
    atom = np.arange(len(state)) - np.repeat(np.cumsum(count) - count, count) + first[state]
    rows = np.rint(prescription[atom].reshape(len(atom), -1) / NULL_TOL).astype(np.int64)
    keys = np.column_stack([state, rows])
    _, at, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    start = np.searchsorted(state[at], np.arange(len(first) + 1))
    return number.ravel() - start[state], atom[at], start
