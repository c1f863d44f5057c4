"""A linear program that no Nash equilibrium in a box of prescriptions escapes, for any number of agents.

Columns: w(a | p), the law of the joint action at each private profile; v_i(a_-i | p_-i), the law of the others of agent
i; x_i(a | p_i); the slots' values u_i(p_i), and what each action falls short of them, d_i(p_i, a) = u_i(p_i) - E_i(p_i,
a), with E_i linear in v_i (see `multilinear`). At a Nash equilibrium x, with w and v products of x,

    sum_{a_i} w = v_i,   sum_{a_-j} w = x_j,   sum_a x = 1,   sum_{p_-i, a} U_i w = u_i,   d >= 0,

and, lo <= x <= hi being the box, products of what is never negative are never negative:

    lo_i(a_i | p_i) v_i  <=  w  <=  hi_i(a_i | p_i) v_i
    lo_i(a | p_i) d_i(p_i, b)  <=  G_i(p_i, a, b)  <=  hi_i(a | p_i) d_i(p_i, b),
    G_i(p_i, a, b) = sum over p_-i, a_-i of w (U_i[p, a, a_-i] - U_i[p, b, a_-i]).

In the last rows G is x(a) (E(a) - E(b)) = x(a) d(b), as x(a) (u - E(a)) = 0; with lo = 0 they are obedience, so every
feasible w is an agent-form correlated equilibrium. A branch may also say that an action is a best reply (d = 0), or
that it is not played (hi = 0). As the box shrinks to a point the program becomes the conditions of equilibrium there.

Sources: McCormick (1976), Mathematical Programming 10, 147-175 (products over a box); Sherali and Adams (1990), SIAM J.
Discrete Mathematics 3, 411-430 (products of constraints); Sandholm, Gilpin and Conitzer (2005), AAAI-05, 495-501
(branching on best replies).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.lp import LinearProgram, LPResult, attempt_program
from lp_posg.stage.aim import Aim
from lp_posg.stage.nash.multilinear import Multilinear
from lp_posg.stage.payoffs import place_of_others
from lp_posg.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Box:
    """A part of all prescriptions."""

    # low, high: shape (X,)
    low: FloatArray
    high: FloatArray
    best: BoolArray  # shape (X,); actions that are best replies


@dataclass(frozen=True, eq=False)
class Relaxed:
    """An optimum of a box's program."""

    bound: float  # no equilibrium in the box has a larger t
    x: FloatArray  # shape (X,)
    # shape (X,); how much of x is on actions that are no best replies, times by how much they are not
    unfilled: FloatArray
    # shape (X,); how far w is from the product of x and v, summed over what involves the entry and weighted by payoffs
    unproduct: FloatArray


class _Rows:
    """Rows gathered in parts; entries that depend on the box remember which of its numbers they are."""

    def __init__(self) -> None:
        self._entries: list[tuple[IntArray, IntArray, FloatArray, IntArray]] = []
        self._bounds: list[tuple[FloatArray, FloatArray]] = []
        self._size = 0

    def begin(self, size: int, low: float, high: float) -> None:
        """Start `size` rows with these bounds."""
        self._size += sum(len(low) for low, _ in self._bounds[-1:])
        self._bounds.append((np.full(size, low), np.full(size, high)))

    def bound(self, low: FloatArray) -> None:
        """Give the rows just begun these lower bounds."""
        self._bounds[-1] = (low, self._bounds[-1][1])

    def add(self, row: IntArray, column: IntArray, value: FloatArray | float, limit: IntArray | None = None) -> None:
        """Add entries to the rows just begun; `limit`: minus this number of ``low, high`` stands there."""
        same = np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape)
        self._entries.append((row + self._size, column, same, np.full(row.shape, -1) if limit is None else limit))

    def gathered(self) -> tuple[list[FloatArray], FloatArray, FloatArray]:
        """Return (row, column, value, limit) of all entries by column, and the rows' bounds."""
        parts = [np.concatenate(part) for part in zip(*self._entries, strict=True)]
        order = np.lexsort((parts[0], parts[1]))
        low, high = (np.concatenate(part) for part in zip(*self._bounds, strict=True))
        return [part[order] for part in parts], low, high


class Relaxation:
    """The programs of all boxes of one game.

    `aim`: of this game alone.
    """

    def __init__(self, game: Multilinear, aim: Aim) -> None:
        self._game = game
        n, shape = game.n_agents, (*game.n_private, *game.n_actions)
        grid = np.indices(shape).reshape(2 * n, -1)
        n_w, n_x, n_s = grid.shape[1], int(game.first[-1]), len(game.size)
        n_v = [n_w // (k * a) for k, a in zip(game.n_private, game.n_actions, strict=True)]
        first = np.cumsum([0, n_w, *n_v, n_x, n_s, n_x, 1])
        self._x, self._u, self._d = (int(at) for at in first[-5:-2])
        self._n_columns = int(first[-1])
        self._entry = [game.first[i] + grid[i] * game.n_actions[i] + grid[n + i] for i in range(n)]  # of x
        self._others = []  # the column of v_i
        for i in range(n):
            self._others.append(first[1 + i] + place_of_others(grid, i)[0])
        profile = np.ravel_multi_index(tuple(grid[:n]), game.n_private)
        rows = _Rows()
        self._laws(rows, grid, profile)
        self._values(rows)
        self._products(rows)
        self._obedience(rows, grid)
        self._aims(rows, aim)
        self._cost = np.zeros(self._n_columns)
        self._cost[self._u : self._u + n_s] = -(aim.weight[0] @ game.shares)
        self._cost[-1] = -1.0
        self._free = np.inf if aim.active.any() else 0.0  # t
        (index, column, value, limit), self._row_lower, self._row_upper = rows.gathered()
        self._start: IntArray = np.searchsorted(column, np.arange(self._n_columns + 1)).astype(np.int32)
        self._index: IntArray = index.astype(np.int32)
        self._value = value
        self._varies = np.flatnonzero(limit >= 0)
        self._limit = limit[self._varies].astype(np.int64)
        stake = np.max([np.abs(own).reshape(int(profile[-1]) + 1, -1).max(axis=1) for own in game.payoff], axis=0)
        self._stake = stake[profile]

    def _laws(self, rows: _Rows, grid: IntArray, profile: IntArray) -> None:
        """Add that v and x are the marginals of w, and x distributions."""
        game, every, n = self._game, np.arange(grid.shape[1]), self._game.n_agents
        marginals = [(profile * game.n_actions[i] + grid[n + i], self._x + self._entry[i]) for i in range(n)]
        for i, others in enumerate(self._others):
            marginals.append((grid[i] * (int(np.ptp(others)) + 1) + others - others.min(), others))
        for row, column in marginals:
            once, at = np.unique(row, return_index=True)
            rows.begin(len(once), 0.0, 0.0)
            rows.add(row, every, 1.0)
            rows.add(once, column[at], -1.0)
        rows.begin(len(game.size), 1.0, 1.0)
        rows.add(game.slot, self._x + np.arange(len(game.slot)), 1.0)

    def _values(self, rows: _Rows) -> None:
        """Add what u and d are."""
        game = self._game
        slots, entries = np.arange(len(game.size)), np.arange(len(game.slot))
        rows.begin(len(slots), 0.0, 0.0)
        for i, own in enumerate(game.payoff):
            rows.add(game.slot[self._entry[i]], np.arange(own.size), own.ravel())
        rows.add(slots, self._u + slots, -1.0)
        rows.begin(len(entries), 0.0, 0.0)
        for i, own in enumerate(game.payoff):
            rows.add(self._entry[i], self._others[i], -own.ravel())
        rows.add(entries, self._u + game.slot, 1.0)
        rows.add(entries, self._d + entries, -1.0)

    def _products(self, rows: _Rows) -> None:
        """Add that w is a product of x and v, as far as the bounds of the box imply it."""
        for high in (False, True):
            for entry, others in zip(self._entry, self._others, strict=True):
                every = np.arange(len(entry))
                rows.begin(len(entry), -np.inf if high else 0.0, 0.0 if high else np.inf)
                rows.add(every, every, 1.0)
                rows.add(every, others, 0.0, entry + high * len(self._game.slot))

    def _obedience(self, rows: _Rows, grid: IntArray) -> None:
        """Add what playing an action gains over another, as far as the bounds of the box imply it."""
        game, n = self._game, self._game.n_agents
        for high in (False, True):
            for i, own in enumerate(game.payoff):
                mine = np.arange(game.first[i], game.first[i + 1])
                for b in range(game.n_actions[i]):
                    gain = (own - np.take(own, [b], axis=n + i)).ravel()
                    kept = np.flatnonzero(grid[n + i] != b)
                    rows.begin(len(mine), -np.inf if high else 0.0, 0.0 if high else np.inf)
                    rows.add(self._entry[i][kept] - mine[0], kept, gain[kept])
                    played = mine[(mine - mine[0]) % game.n_actions[i] != b]
                    instead = mine[b] + (played - mine[0]) // game.n_actions[i] * game.n_actions[i]
                    rows.add(played - mine[0], self._d + instead, 0.0, played + high * len(game.slot))

    def _aims(self, rows: _Rows, aim: Aim) -> None:
        matrix, active = aim.rows[0] @ self._game.shares, np.flatnonzero(aim.active[0])
        rows.begin(len(matrix), 0.0, np.inf)
        rows.bound(aim.lower[0])
        row, slot = np.nonzero(matrix)
        rows.add(row, self._u + slot, matrix[row, slot])
        rows.add(active, np.full(len(active), self._n_columns - 1), -aim.along[0, active])

    def solve(self, box: Box, time_limit: float = np.inf) -> LPResult:
        """Return how the program of a box ended."""
        n_x, n_s = len(self._game.slot), len(self._game.size)
        lower, upper = np.zeros(self._n_columns), np.ones(self._n_columns)
        lower[self._x : self._x + n_x], upper[self._x : self._x + n_x] = box.low, box.high
        lower[self._u : self._u + n_s], upper[self._u : self._u + n_s] = -np.inf, np.inf
        upper[self._d : self._d + n_x] = np.where(box.best, 0.0, np.inf)
        lower[-1], upper[-1] = -self._free, self._free
        value = self._value.copy()
        value[self._varies] = -np.concatenate([box.low, box.high])[self._limit]
        return attempt_program(
            LinearProgram(self._cost, lower, upper, self._row_lower, self._row_upper, self._start, self._index, value),
            time_limit,
        )

    def decode(self, box: Box, result: LPResult) -> Relaxed:
        """Return what an optimum means for the box."""
        n_x = len(self._game.slot)
        x = result.x[self._x : self._x + n_x]
        short = result.x[self._d : self._d + n_x]
        unproduct = np.zeros(n_x)
        for entry, others in zip(self._entry, self._others, strict=True):
            law, product = result.x[: len(entry)], x[entry] * result.x[others]
            unproduct += np.bincount(entry, self._stake * np.abs(law - product), n_x)
        return Relaxed(-result.objective, x, np.where(box.best | (box.high <= 0), 0.0, x * short), unproduct)
