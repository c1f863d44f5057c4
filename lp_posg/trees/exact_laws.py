"""The numbers of a POSG as fractions: laws of chance that sum to 1, and what a step pays."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from lp_posg.game import Game
from lp_posg.types import IntArray, SparseMatrix

SIMPLE_DENOMINATOR = 10**6
"""A number that is the float of a fraction with no larger denominator is taken to be that fraction."""

CHANCE_UNITS = 4
"""So is a probability that misses it by this many units in the last place, which normalising a row can cost."""


def exact(number: float, units: int = 0) -> Fraction:
    """Return the fraction that a float stands for: a simple one within some units in the last place, or the decimal.

    >>> exact(1 / 3), exact(0.85), exact(0.1 + 0.2), exact(0.1 + 0.2, CHANCE_UNITS)
    (Fraction(1, 3), Fraction(17, 20), Fraction(7500000000000001, 25000000000000000), Fraction(3, 10))
    """
    simple = Fraction(number).limit_denominator(SIMPLE_DENOMINATOR)
    near = abs(float(simple) - number) <= units * np.spacing(abs(number))
    return simple if near else Fraction(repr(float(number)))


def exact_law(chances: list[float]) -> list[Fraction]:
    """Return probabilities as fractions that sum to 1: the remainder goes to the first largest.

    >>> exact_law([1 - 0.9, 0.9])
    [Fraction(1, 10), Fraction(9, 10)]
    """
    found = [exact(p, CHANCE_UNITS) for p in chances]
    found[found.index(max(found))] += 1 - sum(found, Fraction(0))
    return found


def first_chances(game: Game, state: IntArray, observation: IntArray) -> list[Fraction]:
    """Return the probability of each first state with its joint observation."""
    seen = game.initial_observation_matrix
    likely = np.flatnonzero(game.initial)
    start = dict(zip(likely.tolist(), exact_law(game.initial[likely].tolist()), strict=True))
    if seen is None:
        return [start[s] for s in state.tolist()]
    laws = {s: _exact_row(seen, s) for s in start}
    return [start[s] * laws[s][o] for s, o in zip(state.tolist(), observation.tolist(), strict=True)]


def next_chances(
    game: Game, time: int, before: IntArray, action: IntArray, state: IntArray, observation: IntArray
) -> list[Fraction]:
    """Return the probability of each next state with its joint observation, after a state and joint action."""
    moves, law = game.transition_matrix(time), game.observation_matrix(time)
    seen: dict[int, dict[int, Fraction]] = {}
    reached: dict[tuple[int, int], dict[int, Fraction]] = {}
    found = []
    for s, a, then, o in zip(before.tolist(), action.tolist(), state.tolist(), observation.tolist(), strict=True):
        if (s, a) not in reached:
            reached[s, a] = _exact_row(moves, s, a * game.n_states, (a + 1) * game.n_states)
        row = a * game.n_states + then
        if row not in seen:
            seen[row] = _exact_row(law, row)
        found.append(reached[s, a][row] * seen[row][o])
    return found


def outcome_rows(game: Game, time: int) -> tuple[list[tuple[Fraction, ...]], IntArray]:
    """Return the different discounted rewards of all agents at a step, and which each state and joint action pays.

    The second has shape (S, A).
    """
    weight = exact(game.discount) ** time
    values, where = np.unique(game.reward_array(time), return_inverse=True)
    fractions = [weight * exact(x) for x in values.tolist()]
    rows, of_row = np.unique(where.reshape(game.n_agents, -1), axis=1, return_inverse=True)
    paid = [tuple(fractions[j] for j in row) for row in rows.T.tolist()]
    return paid, of_row.reshape(game.n_states, game.n_joint_actions)


def first_law(game: Game) -> SparseMatrix:
    """Return the law of the first state and joint observation, shape (S, O), or (S, 1) if none is made."""
    seen = game.initial_observation_matrix
    law = sp.csr_array(np.ones((game.n_states, 1))) if seen is None else seen
    found = sp.csr_array(law.multiply(game.initial[:, None]))
    found.eliminate_zeros()
    return found


def _exact_row(matrix: SparseMatrix, row: int, low: int = 0, high: int | None = None) -> dict[int, Fraction]:
    """Return the entries of one row between two columns as fractions that sum to 1."""
    place = slice(int(matrix.indptr[row]), int(matrix.indptr[row + 1]))
    column, value = matrix.indices[place].tolist(), matrix.data[place].tolist()
    kept = [(c, v) for c, v in zip(column, value, strict=True) if v > 0 and c >= low and (high is None or c < high)]
    return dict(zip((c for c, _ in kept), exact_law([v for _, v in kept]), strict=True))
