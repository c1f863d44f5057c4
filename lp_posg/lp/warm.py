"""One linear program solved again and again, each time from where the last solve, or that of a like one, ended.

Bounds change in a `WarmProgram`, costs in a `CostSweep`, and a `ColumnProgram` gets more columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lp_posg.lp.attempts import attempt_program, optimal, seconds_left, solve_program
from lp_posg.lp.highs import FIRST_WAY, is_large, limit_time, load, run_loaded, solver_for
from lp_posg.lp.program import LinearProgram, LPResult, Status, unsolved
from lp_posg.types import BoolArray, FloatArray, IntArray

# A basis stays feasible when costs change or columns come, which is where the primal method starts.
_PRIMAL_WAY: Mapping[str, object] = {**FIRST_WAY, "simplex_strategy": 4}
_EMPTY: FloatArray = np.empty(0)


class WarmProgram:
    """A program whose bounds change from solve to solve, for instance down a tree of branches.

    `program`: without whole numbers; its own bounds are those of no solve in particular.
    """

    def __init__(self, program: LinearProgram) -> None:
        self._program = program
        self._large = is_large(program)
        self._highs = solver_for(FIRST_WAY, self._large)
        self._usable = load(self._highs, program)
        self._rows = np.arange(program.n_rows, dtype=np.int32)
        self._columns = np.arange(program.n_columns, dtype=np.int32)

    def solve(
        self,
        lower: FloatArray,
        upper: FloatArray,
        row_lower: FloatArray,
        row_upper: FloatArray,
        start: object = None,
        deadline: float | None = None,
    ) -> tuple[LPResult, object]:
        """Return how the solve with these bounds ended, and where, for the `start` of another.

        A start that does not lead to an optimum is given up, and the program solved as `attempt_program` does.

        `lower`, `upper`: shape (n_columns,). `row_lower`, `row_upper`: shape (n_rows,). `start`: what an earlier solve
        of this object returned. `deadline`: value of ``time.time()`` after which to stop with status `Status.LIMIT`.
        """
        program = replace(self._program, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)
        if self._usable:
            result, end = self._from(program, start, seconds_left(deadline))
            if result.status in (Status.OPTIMAL, Status.LIMIT):
                return result, end
        return attempt_program(program, seconds_left(deadline)), None

    def _from(self, program: LinearProgram, start: object, seconds: float) -> tuple[LPResult, object]:
        highs: Any = self._highs  # some of its methods are not in the stubs
        limit_time(highs, max(seconds, 0.0))
        highs.changeRowsBounds(program.n_rows, self._rows, program.row_lower, program.row_upper)
        highs.changeColsBounds(program.n_columns, self._columns, program.lower, program.upper)
        if start is not None:
            highs.setBasis(start)
        result = run_loaded(highs, program, self._large)
        return result, highs.getBasis() if result.status is Status.OPTIMAL else None


def basic_at(end: object) -> tuple[BoolArray, BoolArray]:
    """Return which columns and which rows are basic at an end that `WarmProgram.solve` returned."""
    basis: Any = end
    columns, rows = (np.array([int(status) == 1 for status in part]) for part in (basis.col_status, basis.row_status))
    return columns, rows


class CostSweep:
    """One linear program to be solved with one cost after another, each time from the last basis.

    `program`: its own cost is not used. `what`: names the program in an error. `deadline`: as in `solve_program`.
    """

    def __init__(self, program: LinearProgram, what: str = "linear program", deadline: float | None = None) -> None:
        self._program, self._what, self._deadline = program, what, deadline
        self._columns = np.arange(program.n_columns, dtype=np.int32)
        self._highs: Any = None

    def solve(self, cost: FloatArray) -> LPResult:
        """Return the optimal solution at this cost.

        Raises LimitError, SolveError as `solve_program`, by which a program is solved where the warm start does not end
        with an optimum.
        """
        program = replace(self._program, cost=cost)
        if seconds_left(self._deadline) >= 0:
            if self._highs is None:
                self._highs = solver_for(_PRIMAL_WAY)
                load(self._highs, program)
            else:
                self._highs.changeColsCost(program.n_columns, self._columns, program.cost)
            result = run_loaded(self._highs, program, large=False)
            if result.status is Status.OPTIMAL:
                return result
            self._highs = None
        return solve_program(program, self._what, self._deadline)


class ColumnProgram:
    """A program with fixed rows, to which columns are added.

    `row_lower`, `row_upper`: shape (n_rows,). `what`: names the program in an error.
    """

    def __init__(self, row_lower: FloatArray, row_upper: FloatArray, what: str = "linear program") -> None:
        self.row_lower, self.row_upper, self.what = row_lower, row_upper, what
        self.cost = self.lower = self.upper = _EMPTY
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []  # column, row, number
        self._highs = solver_for(_PRIMAL_WAY)
        none = np.empty(0, np.int32)
        self._highs.addRows(len(row_lower), row_lower, row_upper, 0, none, none, _EMPTY)

    @property
    def n_columns(self) -> int:
        """Number of columns so far."""
        return len(self.cost)

    def add(self, matrix: FloatArray, cost: FloatArray, lower: float = 0.0, upper: float = np.inf) -> None:
        """Add columns.

        `matrix`: shape (m, n_rows); the new columns, one per line. `cost`: shape (m,). `lower`, `upper`: bounds of
        each.
        """
        column, row = np.nonzero(matrix)
        number = matrix[column, row]
        start = np.searchsorted(column, np.arange(len(matrix))).astype(np.int32)
        bounds = np.full(len(matrix), lower), np.full(len(matrix), upper)
        cost = np.asarray(cost, dtype=np.float64)
        self._highs.addCols(len(matrix), cost, *bounds, len(row), start, row.astype(np.int32), number)
        self._entries.append((column + self.n_columns, row, number))
        self.cost = np.concatenate([self.cost, cost])
        self.lower, self.upper = np.append(self.lower, bounds[0]), np.append(self.upper, bounds[1])

    def set_cost(self, cost: FloatArray) -> None:
        """Replace the costs of all columns."""
        self._highs.changeColsCost(self.n_columns, np.arange(self.n_columns, dtype=np.int32), cost)
        self.cost = np.array(cost, dtype=np.float64)

    def set_upper(self, column: int, upper: float) -> None:
        """Replace the upper bound of one column."""
        self._highs.changeColBounds(column, float(self.lower[column]), upper)
        self.upper = self.upper.copy()
        self.upper[column] = upper

    def program(self) -> LinearProgram:
        """Return the program as it stands, as one piece."""
        column, row, number = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        start: IntArray = np.searchsorted(column, np.arange(self.n_columns + 1)).astype(np.int32)
        frame = (self.cost, self.lower, self.upper, self.row_lower, self.row_upper)
        return LinearProgram(*frame, start, row.astype(np.int32), number)

    def solve(self, deadline: float | None = None) -> LPResult:
        """Return the optimal solution, from the last basis on; from scratch in every way if that fails.

        `deadline`: value of ``time.time()`` after which to give up.

        Raises LimitError if the deadline passes; SolveError if the program as it stands has no optimum, or none can be
        found.
        """
        program, left, result = self.program(), seconds_left(deadline), unsolved(Status.LIMIT)
        if left > 0:
            limit_time(self._highs, left)
            result = run_loaded(self._highs, program, large=False)
        if result.status not in (Status.OPTIMAL, Status.LIMIT):
            result = attempt_program(program, left)
        return optimal(result, program, self.what)
