"""The exact observability of one law: branch and bound over the signs of the difference of two beliefs.

Let O be the law (S, m), of rank S. The reciprocal of observability is the largest ``|x|_1`` over x with ``|O' x|_1 <=
1`` and ``1 . x = 0``. A node of the tree has fixed the signs of some entries of x, the set F, and left others open, the
set U. A *decoder* of the node is a row w and a row m_u for each u in U with

    sign_s (O w)_s >= 1  for s in F,     (O w)_u = 0  for u in U,     O m_u = e_u.

Then, with y = O' x, ``|x|_1 = sum_F sign_s x_s + sum_U |x_u| <= w . y + sum_U |m_u . y|``. The right side is convex in
y, and y sums to 0 with ``|y|_1 <= 1``, so it is at most its largest value at a point ``(e_o - e_o') / 2``. Every
decoder therefore proves an upper bound of ``|x|_1`` in its node:

    max over o, o' of  ( |w_o - w_o'| + sum_U |m_uo - m_uo'| ) / 2.

A decoder with a small bound is found by a linear program that minimises t with, for every o, ``|w_o - v| + sum_U |m_uo
- v_u| <= t`` (v is a centre, so the bound is at most t). The bound is evaluated from the decoder, corrected by the
pseudo-inverse of O, and does not rely on the solver. The duals of the program are candidates for x. With all signs
fixed the program is exact.
"""

from __future__ import annotations

import heapq
import time as clock
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import scipy.sparse as sp
from scipy.spatial.distance import pdist

from lp_posg.bounds.differences import descend, least, ratio
from lp_posg.lp import LinearProgram, Status, WarmProgram
from lp_posg.types import BOUND_TOL, FloatArray, IntArray


def decoder_bound(decoder: FloatArray, missing: FloatArray) -> float:
    """Return the bound that a decoder proves: half the largest L1 distance between two of its columns.

    `decoder`: shape (K, m); its rows, in any order. `missing`: shape (K, S); by how much its equations and inequalities
    are missed. With e the largest L1 norm of a column, ``|x|_1 <= bound |y|_1 + e |x|_1``, so the bound grows by the
    factor 1 / (1 - e).
    """
    missed = float(np.abs(missing).sum(axis=0).max())
    return float(pdist(decoder.T, "cityblock").max(initial=0.0) / 2) / (1 - missed) if missed < 1 else np.inf


def inverse_bound(rows: FloatArray) -> tuple[float, FloatArray]:
    """Return the bound of ``|x|_1`` that the pseudo-inverse of a law proves, and the x that it suggests.

    With as many observations as states both are exact (up to rounding): there is no other decoder with all signs open.
    The bound is inf if the law has too low a rank.

    Returns
    -------
    bound : float
    difference : float array, shape (S,)
    """
    decoder: FloatArray = np.asarray(np.linalg.pinv(rows).T, dtype=np.float64)
    n_columns = decoder.shape[1]
    if n_columns == 1:
        return np.inf, np.zeros(len(rows))
    farthest = int(np.argmax(pdist(decoder.T, "cityblock")))
    first, second = (int(index[farthest]) for index in np.triu_indices(n_columns, 1))
    bound = decoder_bound(decoder, np.eye(len(rows)) - decoder @ rows.T)
    return bound, decoder[:, first] - decoder[:, second]


def program_entries(rows: FloatArray) -> int:
    """Return about how many numbers the program of a law of this shape holds."""
    n_states, n_columns = rows.shape
    return int((n_states + 1) * n_states * (2 * n_columns + 1))


@dataclass(frozen=True)
class Searched:
    """What a search proved of one law."""

    lower: float  # observability of the law is at least this
    difference: FloatArray  # shape (S,); the difference with the least ratio found
    n_nodes: int  # linear programs solved for bounds


@dataclass(order=True)
class _Node:
    """An open node: its bound with the sign turned, so that the largest bound is the least node."""

    order: float
    number: int
    signs: IntArray = field(compare=False)  # +1, -1, or 0 where open
    branch: int = field(compare=False)
    start: object = field(compare=False)


def search(rows: FloatArray, difference: FloatArray, lower: float, goal: float, deadline: float) -> Searched:
    """Return bounds of the observability of a law of full rank, as tight as the time allows.

    `rows`: shape (S, m); P(observation | state), of rank S. `difference`: shape (S,); the best difference known; its
    largest entry is where the tree starts. `lower`: a lower bound known. `goal`: it does not matter by how much
    observability exceeds this. `deadline`: value of ``time.time()`` after which to stop.
    """
    return _Tree(rows, difference, lower, goal, deadline).search()


class _Tree:
    def __init__(self, rows: FloatArray, difference: FloatArray, lower: float, goal: float, deadline: float) -> None:
        self._rows, self._deadline = rows, deadline
        self._difference = least(rows, [difference])
        self._goal = 1.0 / goal
        self._cap = 1.0 / lower if lower > 0 else np.inf
        self._inverse = np.linalg.pinv(rows)
        self._program = _DecoderProgram(rows, ratio(rows, self._difference))
        self._n_nodes = 0

    @property
    def _enough(self) -> float:
        """Nodes with at most this bound cannot matter."""
        return max(1.0 / ratio(self._rows, self._difference), self._goal) * (1 + BOUND_TOL)

    def search(self) -> Searched:
        signs = np.zeros(len(self._rows), dtype=np.int64)
        # x and -x have one ratio, so one sign is free.
        signs[int(np.argmax(np.abs(self._difference)))] = 1
        numbers = count()
        closed = 0.0  # the largest bound of a node that is not looked into
        open_nodes = [_Node(-self._cap, next(numbers), signs, -1, None)]
        while open_nodes and -open_nodes[0].order > self._enough:
            node = heapq.heappop(open_nodes)
            for child in self._children(node):
                solved = self._solve(child, -node.order, node.start, next(numbers))
                if solved is None:
                    # Out of time: this is the largest bound of all open nodes.
                    return self._result(max(-node.order, closed))
                if solved.branch < 0 or -solved.order <= self._enough:
                    closed = max(closed, -solved.order)
                else:
                    heapq.heappush(open_nodes, solved)
        return self._result(max([-node.order for node in open_nodes[:1]] + [closed]))

    def _result(self, bound: float) -> Searched:
        return Searched(min(1.0 / bound, ratio(self._rows, self._difference)), self._difference, self._n_nodes)

    def _children(self, node: _Node) -> list[IntArray]:
        split = np.arange(len(node.signs)) == node.branch
        return [np.where(split, sign, node.signs) for sign in ((1, -1) if node.branch >= 0 else (0,))]

    def _solve(self, signs: IntArray, known: float, start: object, number: int) -> _Node | None:
        """Return a node with its bound and where to split it (-1: it cannot be); None when time is up."""
        if clock.time() > self._deadline:
            return None
        self._n_nodes += 1
        found = self._program.solve(signs, start, self._deadline)
        if found.status is Status.LIMIT:
            return None
        if found.status is not Status.OPTIMAL:
            return _Node(-known, number, signs, -1, None)
        self._take(found.candidates)
        bound = min(known, self._proved(found.decoder, signs))
        free = np.flatnonzero(signs == 0)
        if not len(free):
            return _Node(-bound, number, signs, -1, None)
        # Split where the program gains most by leaving the sign open.
        gain = found.candidates[1:][np.arange(len(free)), free] - np.abs(found.candidates[0, free])
        return _Node(-bound, number, signs, int(free[np.argmax(gain)]), found.end)

    def _proved(self, decoder: FloatArray, signs: IntArray) -> float:
        """Return the bound of the decoder, its equations and inequalities corrected first."""
        decoder = decoder + self._missing(decoder, signs) @ self._inverse.T
        return decoder_bound(decoder, self._missing(decoder, signs))

    def _missing(self, decoder: FloatArray, signs: IntArray) -> FloatArray:
        """Return what is to be added to ``decoder @ rows.T``."""
        free, fixed = np.flatnonzero(signs == 0), signs != 0
        missing = -(decoder @ self._rows.T)
        missing[np.arange(1, len(decoder)), free] += 1.0
        missing[0, fixed] = signs[fixed] * np.maximum(1.0 + signs[fixed] * missing[0, fixed], 0.0)
        return np.asarray(missing)

    def _take(self, candidates: FloatArray) -> None:
        """Keep the best of the candidates if it beats the best so far, after a local search from it."""
        sizes = np.abs(candidates).sum(axis=1)
        good = candidates[sizes > 1e-9 * sizes.max(initial=0.0)]
        good = good - good.mean(axis=1, keepdims=True)
        if not len(good):
            return
        first = self._n_nodes == 1
        best = least(self._rows, [self._difference, *good])
        if first:
            # The columns of the first program are good places to start from.
            patterns = np.unique(np.where(good >= 0, 1.0, -1.0), axis=0, return_index=True)[1]
            best = least(self._rows, [best, *(descend(self._rows, good[p], self._deadline) for p in patterns)])
        elif ratio(self._rows, best) < ratio(self._rows, self._difference) * (1 - BOUND_TOL):
            best = least(self._rows, [best, descend(self._rows, best, self._deadline)])
        self._difference = best


@dataclass(frozen=True)
class _Found:
    """Solution of a node's program."""

    status: Status
    decoder: FloatArray  # shape (1 + |U|, m); w, then m_u
    candidates: FloatArray  # shape (1 + |U|, S); duals of the equations of each row of the decoder
    end: object  # where to start the programs of the children


class _DecoderProgram:
    """The program of any node: a block of columns (p, q, v) for w and for each state, with w = p - q + v, and t.

    A state with a fixed sign has its block set to 0. The right sides are scaled by `scale`, the least ratio known, so
    that t is about 1.
    """

    def __init__(self, rows: FloatArray, scale: float) -> None:
        n_states, n_columns = rows.shape
        self._shape, self._scale = rows.shape, scale
        block = sp.csr_array(np.hstack([rows, -rows, np.ones((n_states, 1))]))
        sizes = sp.hstack([sp.eye_array(n_columns), sp.eye_array(n_columns), sp.csr_array((n_columns, 1))])
        n_blocks = n_states + 1
        blocks = [sp.kron(sp.eye_array(n_blocks), block), None]
        below = [sp.kron(np.ones((1, n_blocks)), sizes), sp.csr_array(-np.ones((n_columns, 1)))]
        matrix = sp.block_array([blocks, below], format="csc")
        cost = np.append(np.zeros(matrix.shape[1] - 1), 1.0)
        self._warm = WarmProgram(LinearProgram.of(matrix, cost, (0.0, np.inf), (-np.inf, 0.0)))

    def solve(self, signs: IntArray, start: object, deadline: float) -> _Found:
        """Return the solution for a node, `signs` 0 where open."""
        n_states, m = self._shape
        free = np.flatnonzero(signs == 0)
        lower, upper = np.zeros((n_states + 1, 2 * m + 1)), np.full((n_states + 1, 2 * m + 1), np.inf)
        lower[:, -1] = -np.inf
        lower[1:][signs != 0], upper[1:][signs != 0] = 0.0, 0.0
        low, high = np.zeros((n_states + 1, n_states)), np.zeros((n_states + 1, n_states))
        low[1 + free, free] = high[1 + free, free] = self._scale
        low[0] = np.select([signs > 0, signs < 0], [self._scale, -np.inf], 0.0)
        high[0] = np.select([signs > 0, signs < 0], [np.inf, -self._scale], 0.0)
        result, end = self._warm.solve(
            np.append(lower, 0.0),
            np.append(upper, np.inf),
            np.concatenate([low.ravel(), np.full(m, -np.inf)]),
            np.concatenate([high.ravel(), np.zeros(m)]),
            start,
            deadline,
        )
        if result.status is not Status.OPTIMAL:
            return _Found(result.status, np.empty((0, m)), np.empty((0, n_states)), None)
        held = np.concatenate([[0], 1 + free])
        parts = result.x[:-1].reshape(n_states + 1, 2 * m + 1)[held]
        decoder = (parts[:, :m] - parts[:, m:-1] + parts[:, -1:]) / self._scale
        return _Found(result.status, decoder, result.dual[: -m or None].reshape(-1, n_states)[held], end)
