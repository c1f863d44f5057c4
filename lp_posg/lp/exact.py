"""Small linear programs in whole numbers, solved without rounding.

    minimise  cost . x   subject to   matrix x >= lower (= where `equal`),   x >= 0 (any sign where `free`)

The simplex method over a dictionary: what is basic as a sum over what is not, all whole numbers over one denominator,
which every pivot divides without remainder. Where the costs allow it the dual method goes to the end; otherwise it goes
without costs to a feasible vertex, and the primal method from there. Ties go to the first (Bland), so it ends.

Sources: Edmonds (1967), J. Research of the National Bureau of Standards 71B, 241-245 (whole numbers); Bland (1977),
Mathematics of Operations Research 2, 103-107; Avis (2000), in Polytopes - Combinatorics and Computation, 177-198.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp.program import Status
from lp_posg.types import BoolArray, IntArray

# An array of Python's whole numbers, which have no largest.
WholeNumbers = Any


@dataclass(frozen=True, eq=False)
class WholeProgram:
    """The program in the form above; its numbers are arrays of dtype object."""

    cost: WholeNumbers  # shape (n,)
    matrix: WholeNumbers  # shape (m, n)
    lower: WholeNumbers  # shape (m,)
    equal: BoolArray  # shape (m,)
    free: BoolArray  # shape (n,)


@dataclass(frozen=True, eq=False)
class WholeResult:
    """An optimum: everything exactly."""

    x: list[Fraction]
    dual: list[Fraction]  # what one more in `lower` costs
    objective: Fraction


def solve_exactly(program: WholeProgram, what: str = "program", deadline: float | None = None) -> WholeResult:
    """Return an optimum of the program, a vertex.

    `what`: names the program in an error. `deadline`: value of ``time.time()`` after which to give up.

    Raises LimitError if the deadline passes; SolveError if the program is infeasible or unbounded.
    """
    return _Dictionary(program, what, deadline).optimum()


class _Dictionary:
    """What is basic, in rows, by what is not, in columns; the last row is the cost, the last column the constant.

    Variables are numbered: columns of the program first, then what its rows have beyond their bounds.
    """

    def __init__(self, program: WholeProgram, what: str, deadline: float | None) -> None:
        (m, n), self.what, self.deadline = program.matrix.shape, what, deadline
        self.table = np.zeros((m + 1, n + 1), dtype=object)
        self.table[:m, :n], self.table[:m, n], self.table[m, :n] = program.matrix, -program.lower, program.cost
        self.denominator = 1
        self.row: IntArray = n + np.arange(m)
        self.column: IntArray = np.arange(n)
        self.fixed = np.concatenate([np.zeros(n, dtype=bool), program.equal])
        self.free = np.concatenate([program.free, np.zeros(m, dtype=bool)])

    def optimum(self) -> WholeResult:
        self._enter_free()
        self._leave_fixed()
        m, n = len(self.row), len(self.column)
        cost = self.table[m, :n]
        if (cost[~self.fixed[self.column]] >= 0).all():
            self._to_feasible(costly=True)
        else:
            self._to_feasible(costly=False)
            self._to_optimal()
        value = np.zeros(m + n, dtype=object)
        value[self.row] = self.table[:m, n]
        dual = np.zeros(m + n, dtype=object)
        dual[self.column] = self.table[m, :n]
        x, y = ([Fraction(int(number), self.denominator) for number in part] for part in (value[:n], dual[n:]))
        return WholeResult(x, y, Fraction(int(self.table[m, n]), self.denominator))

    def _enter_free(self) -> None:
        """Make what may have any sign basic, for good, wherever something else depends on it."""
        for place in np.flatnonzero(self.free[self.column]):
            rows = np.flatnonzero((self.table[:-1, place] != 0) & ~self.free[self.row])
            if len(rows):
                self._pivot(int(rows[np.argmax(self.fixed[self.row[rows]])]), int(place))

    def _leave_fixed(self) -> None:
        """Make what has to be 0 nonbasic, for good."""
        for place in np.flatnonzero(self.fixed[self.row]):
            columns = np.flatnonzero((self.table[place, :-1] != 0) & ~self.fixed[self.column])
            if len(columns):
                # With one equation over all columns the cheapest leaves no reduced cost negative.
                per_unit = [Fraction(int(self.table[-1, c]), abs(int(self.table[place, c]))) for c in columns]
                self._pivot(int(place), int(columns[per_unit.index(min(per_unit))]))
            elif self.table[place, -1] != 0:
                self._refuse(Status.INFEASIBLE)

    def _to_feasible(self, costly: bool) -> None:
        """Go to a feasible vertex by the dual method; with costs, to the cheapest."""
        while True:
            short = np.flatnonzero((self.table[:-1, -1] < 0) & ~self.free[self.row])
            if not len(short):
                return
            place = int(short[self.row[short].argmin()])
            columns = np.flatnonzero((self.table[place, :-1] > 0) & ~self.fixed[self.column])
            if not len(columns):
                self._refuse(Status.INFEASIBLE)
            ratios = self._ratios(self.table[-1, columns], self.table[place, columns]) if costly else [0] * len(columns)
            self._pivot(place, self._first_least(columns, ratios, self.column))

    def _to_optimal(self) -> None:
        """Go from a feasible vertex to the cheapest by the primal method."""
        while True:
            cheaper = np.flatnonzero((self.table[-1, :-1] < 0) & ~self.fixed[self.column])
            if not len(cheaper):
                return
            place = int(cheaper[self.column[cheaper].argmin()])
            rows = np.flatnonzero((self.table[:-1, place] < 0) & ~self.free[self.row])
            if not len(rows):
                self._refuse(Status.UNBOUNDED)
            ratios = self._ratios(self.table[rows, -1], -self.table[rows, place])
            self._pivot(self._first_least(rows, ratios, self.row), place)

    @staticmethod
    def _ratios(above: WholeNumbers, below: WholeNumbers) -> list[Fraction]:
        return [Fraction(int(a), int(b)) for a, b in zip(above, below, strict=True)]

    @staticmethod
    def _first_least(places: IntArray, ratios: list[Any], number: IntArray) -> int:
        """Return the place of the least ratio; of equals that of the first variable."""
        least: int = min(zip(ratios, number[places].tolist(), places.tolist(), strict=True))[2]
        return least

    def _pivot(self, row: int, column: int) -> None:
        """Exchange a basic and a nonbasic variable."""
        if self.deadline is not None and clock.time() > self.deadline:
            raise LimitError(f"{self.what}: the time limit was met", status=Status.LIMIT, limit="time")
        table, pivot, before = self.table, self.table[row, column], self.denominator
        own, across = table[row].copy(), table[:, column].copy()
        table = (table * pivot - np.outer(across, own)) // before
        table[:, column], table[row], table[row, column] = across, -own, before
        self.table, self.denominator = (table, int(pivot)) if pivot > 0 else (-table, -int(pivot))
        self.row[row], self.column[column] = self.column[column], self.row[row]

    def _refuse(self, status: Status) -> None:
        raise SolveError(f"{self.what} ended as: {status.value}", status=status)


def solve_equations(matrix: WholeNumbers) -> tuple[WholeNumbers, int] | None:
    """Return the solution of as many equations as unknowns as whole numbers over one positive one; None if singular.

    `matrix`: shape (n, n + 1), dtype object; the right-hand side is the last column.
    """
    table, before = matrix.copy(), 1
    for place in range(len(table)):
        rows = np.flatnonzero(table[place:, place] != 0)
        if not len(rows):
            return None
        table[[place, place + rows[0]]] = table[[place + rows[0], place]]
        own, across, pivot = table[place].copy(), table[:, place].copy(), table[place, place]
        table = (table * pivot - np.outer(across, own)) // before
        table[place] = own
        before = pivot
    unit = int(before)
    return (table[:, -1], unit) if unit > 0 else (-table[:, -1], -unit)
