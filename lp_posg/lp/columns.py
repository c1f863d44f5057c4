"""A linear program whose columns come in bit by bit; the solver keeps its basis in between.

    minimise  cost . x   subject to   row_lower <= A x <= row_upper,  lower <= x <= upper

The rows are fixed at the start. After more columns the last basis is still feasible, so the primal simplex method goes
on from there.
"""

from __future__ import annotations

import time as clock
from collections.abc import Mapping

import numpy as np

from lp_posg.lp.attempts import attempt_program, optimal
from lp_posg.lp.highs import FIRST_WAY, limit_time, run_loaded, solver_for
from lp_posg.lp.program import LinearProgram, LPResult, Status
from lp_posg.types import FloatArray, IntArray

_WAY: Mapping[str, object] = {**FIRST_WAY, "simplex_strategy": 4}
_EMPTY: FloatArray = np.empty(0)


class ColumnProgram:
    """A program that grows by columns.

    `row_lower`, `row_upper`: shape (n_rows,). `what`: names the program in an error.
    """

    def __init__(self, row_lower: FloatArray, row_upper: FloatArray, what: str = "linear program") -> None:
        self.row_lower, self.row_upper, self.what = row_lower, row_upper, what
        self.cost = self.lower = self.upper = _EMPTY
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []  # column, row, number
        self._highs = solver_for(_WAY)
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
        left = np.inf if deadline is None else deadline - clock.time()
        result = self._warm(left) if left > 0 else LPResult(Status.LIMIT, _EMPTY, _EMPTY, float("nan"))
        if result.status not in (Status.OPTIMAL, Status.LIMIT):
            result = attempt_program(self.program(), left)
        return result if result.status is Status.OPTIMAL else optimal(result, self.program(), self.what)

    def _warm(self, time_limit: float) -> LPResult:
        limit_time(self._highs, time_limit)
        return run_loaded(self._highs, self.program(), large=False)
