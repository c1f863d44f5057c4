"""The Nash equilibrium of a small stage game of two agents that an objective selects, in whole numbers.

For either agent i, with j the other,

    P_i = { (x_i, u_j) :  x_i(. | p) a distribution for all p,   w_j(q, c) = u_j(q) - E_j(q, c) >= 0 for all q, c }

where E_j is linear in x_i. A point of P_1 and one of P_2 are an equilibrium if of each x_i(a | p) and w_i(p, a) one is
0. Values are linear on either side, so a linear objective, and the leximin, are largest at a pair of vertices. All are
enumerated: what is not 0 of x_i, and as many w_j that are 0, make up a system of equations.

Source: Mangasarian (1964), SIAM J. 12, 778-780 (vertices and equilibria of bimatrix games).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product
from math import comb, prod
from typing import Any

import numpy as np

from lp_posg.lp import solve_equations
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import BlockStrategy, one_atom
from lp_posg.stage.whole_numbers import as_whole
from lp_posg.types import FloatArray

MOST_SYSTEMS = 2_000  # most systems of equations for either side: some tenths of a second


@dataclass(frozen=True)
class _Vertex:
    """A vertex of P_i."""

    x: tuple[Fraction, ...]  # x_i, by private information, then action
    value: Fraction  # sum of u_j
    used: int  # bits of the x_i that are not 0
    missed: int  # bits of the w_j that are not 0


def exact_nash(block: StageBlock, objective: Objective, most: float | None = None) -> BlockStrategy | None:
    """Return the equilibrium of one stage game (a block of one) that the objective selects; None if it is too large.

    `most`: most systems of equations for either side, else ``MOST_SYSTEMS``.

    Raises LimitError if the deadline passes.
    """
    if block.n_agents != 2 or objective.is_conic:
        return None
    if _n_systems(block.n_private, block.n_actions) > (MOST_SYSTEMS if most is None else most):
        return None
    payoff = as_whole(block.payoff[0])
    first, second = (_vertices(_reply_values(payoff[1 - i], i), block, i) for i in range(2))
    pairs = [(one, two) for one in first for two in second if not one.used & two.missed and not two.used & one.missed]
    one, two = max(pairs, key=lambda pair: _score(objective, (pair[1].value, pair[0].value)))
    shapes = zip((one.x, two.x), block.n_private, block.n_actions, strict=True)
    return one_atom([_as_floats(x).reshape(1, k, a) for x, k, a in shapes], 0, "exact")


def _as_floats(numbers: tuple[Fraction, ...]) -> FloatArray:
    return np.array([float(number) for number in numbers])


def _score(objective: Objective, values: tuple[Fraction, Fraction]) -> tuple[Fraction, ...]:
    if objective.weights is None:
        return tuple(sorted(values))
    return (sum((Fraction(w) * v for w, v in zip(objective.weights.tolist(), values, strict=True)), Fraction(0)),)


@lru_cache(maxsize=64)
def _choices(n_private: int, n_actions: int) -> tuple[tuple[int, ...], ...]:
    """Return the sets of entries by private information, then action, that hold one at each private information."""
    sets = [own for size in range(1, n_actions + 1) for own in combinations(range(n_actions), size)]
    every = product(sets, repeat=n_private)
    return tuple(tuple(p * n_actions + a for p, own in enumerate(choice) for a in own) for choice in every)


def _n_systems(n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> float:
    """Return how many systems of equations there are for either agent's side."""
    if prod((2.0**a - 1) ** k for k, a in zip(n_private, n_actions, strict=True)) > 1e6:
        return np.inf
    by_size = []
    for k, a in zip(n_private, n_actions, strict=True):
        each = np.array([0, *(comb(a, size) for size in range(1, a + 1))])
        every = np.ones(1)
        for _ in range(k):
            every = np.convolve(every, each)
        by_size.append(every[k:])  # by what is chosen beyond one at each private information
    size = min(len(own) for own in by_size)
    return float(by_size[0][:size] @ by_size[1][:size])


def _reply_values(payoff: Any, agent: int) -> Any:
    """Return the other agent's E_j by x_i of `agent`, shape (k_j A_j, k_i A_i), from j's payoffs."""
    axes = (1, 3, 0, 2) if agent == 0 else (0, 2, 1, 3)
    turned = payoff.transpose(axes)
    return turned.reshape(turned.shape[0] * turned.shape[1], -1)


def _vertices(reply: Any, block: StageBlock, agent: int) -> list[_Vertex]:
    """Return the vertices of P_i."""
    (k, a), (k_other, a_other) = ((block.n_private[i], block.n_actions[i]) for i in (agent, 1 - agent))
    found: dict[tuple[Fraction, ...], _Vertex] = {}
    for used, tight in _systems(k, a, k_other, a_other):
        block.check_deadline()
        solution = _point(reply, used, tight, (k, a), (k_other, a_other))
        if solution is not None and solution.x not in found:
            found[solution.x] = solution
    return list(found.values())


def _systems(k: int, a: int, k_other: int, a_other: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield what may differ from 0 of x_i, and as many equations w_j = 0 as it takes."""
    by_size: dict[int, list[tuple[int, ...]]] = {}
    for tight in _choices(k_other, a_other):
        by_size.setdefault(len(tight) - k_other, []).append(tight)
    for used in _choices(k, a):
        for tight in by_size.get(len(used) - k, ()):
            yield used, tight


def _point(
    reply: Any, used: tuple[int, ...], tight: tuple[int, ...], own: tuple[int, int], other: tuple[int, int]
) -> _Vertex | None:
    """Return the vertex with these x_i and w_j; None if there is none."""
    (k, a), (k_other, a_other) = own, other
    n, columns = len(used) + k_other, np.array(used)
    matrix = np.zeros((n, n + 1), dtype=object)
    matrix[: len(tight), : len(used)] = -reply[np.ix_(tight, used)]
    for row, place in enumerate(tight):
        matrix[row, len(used) + place // a_other] = 1
    for p in range(k):
        matrix[len(tight) + p, : len(used)] = (columns // a == p).astype(np.int64).astype(object)
        matrix[len(tight) + p, -1] = 1
    solved = solve_equations(matrix)
    if solved is None:
        return None
    numbers, unit = solved
    x = np.zeros(k * a, dtype=object)
    x[columns] = numbers[: len(used)]
    u = numbers[len(used) :]
    short = np.repeat(u, a_other) - reply @ x
    if (x < 0).any() or (short < 0).any():
        return None
    bits = [sum(1 << place for place in np.flatnonzero(part != 0).tolist()) for part in (x, short)]
    return _Vertex(tuple(Fraction(int(number), unit) for number in x), Fraction(int(u.sum()), unit), bits[0], bits[1])
