"""A linear program as arrays, and what became of it.

    minimise  cost . x   subject to   row_lower <= A x <= row_upper,  lower <= x <= upper

with A given by columns (CSC), and some columns whole numbers if `integer` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

import numpy as np

from lp_posg.types import BoolArray, FloatArray, IntArray

_EMPTY: FloatArray = np.empty(0)

PROOF_TOL = 1e-9  # what primal and dual objectives may differ by, in units of the largest cost or of what is paid
MULTIPLIER_TOL = 1e-7  # what a multiplier may be that nothing bounds, likewise
ROUNDING_SHARE = 1e-5  # of the numbers that cancel, a share of this times `PROOF_TOL` is rounding

Bounds = tuple[FloatArray | float, FloatArray | float]


class Status(Enum):
    """How a solve ended. Only `OPTIMAL` is ever decoded as an answer."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    INFEASIBLE_OR_UNBOUNDED = "infeasible or unbounded"
    LIMIT = "stopped at a limit of time or iterations"
    FAILED = "failed"


@dataclass(frozen=True)
class LinearProgram:
    """The program in the form above."""

    # cost, lower, upper: shape (n_columns,)
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    # row_lower, row_upper: shape (n_rows,)
    row_lower: FloatArray
    row_upper: FloatArray
    # shape (n_columns + 1,); column j's entries are ``index[start[j]:start[j + 1]]`` and the same of `value`
    start: IntArray
    index: IntArray  # shape (nnz,); row of each entry
    value: FloatArray  # shape (nnz,)
    integer: BoolArray | None = None  # shape (n_columns,), or None; columns that must be whole numbers

    @staticmethod
    def of(
        matrix: Any, cost: FloatArray, columns: Bounds, rows: Bounds, integer: BoolArray | None = None
    ) -> LinearProgram:
        """Return the program with this matrix A, dense or of scipy.sparse.

        `columns`, `rows`: the lower and upper bounds of the variables and of the rows, arrays or numbers.
        """
        n_rows, n_columns = matrix.shape
        if isinstance(matrix, np.ndarray):
            column, index = np.nonzero(matrix.T)
            start, value = np.searchsorted(column, np.arange(n_columns + 1)), matrix.T[column, index]
        else:
            matrix = matrix.tocsc()
            start, index, value = matrix.indptr, matrix.indices, matrix.data
        (lower, upper), (low, high) = _full(columns, n_columns), _full(rows, n_rows)
        start, index = start.astype(np.int32), index.astype(np.int32)
        return LinearProgram(cost, lower, upper, low, high, start, index, value, integer)

    @property
    def n_columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def n_rows(self) -> int:
        """Number of constraints."""
        return len(self.row_lower)

    def activity(self, x: FloatArray) -> FloatArray:
        """Return what the rows are at `x`, shape (n_rows,)."""
        return np.asarray(np.bincount(self.index, self.value * x.repeat(np.diff(self.start)), self.n_rows))

    def violation(self, x: FloatArray, activity: FloatArray | None = None) -> float:
        """Return the largest amount by which `x` breaks a bound or a row; inf if it is not finite.

        `activity`: what the rows are at `x`, if that is known.
        """
        activity = self.activity(x) if activity is None else activity
        worst = 0.0
        for excess in (self.lower - x, x - self.upper, self.row_lower - activity, activity - self.row_upper):
            if excess.size and not excess.max() <= worst:
                worst = float(excess.max())
        return worst if np.isfinite(worst) else np.inf

    def is_proven(self, x: FloatArray, dual: FloatArray, activity: FloatArray | None = None) -> bool:
        """Whether `dual`, shape (n_rows,), proves that a feasible `x` is optimal, by the program's own numbers alone.

        What primal and dual objective differ by is the sum, over columns and rows, of a multiplier times the distance
        from the bound that its sign allows; where that is infinite the multiplier is to be 0.

        `activity`: what the rows are at `x`, if that is known.
        """
        activity = self.activity(x) if activity is None else activity
        reduced = self.cost - self._column_sums(self.value * dual[self.index])
        parts = (reduced, x, self.lower, self.upper), (dual, activity, self.row_lower, self.row_upper)
        gap, unbounded = 0.0, 0.0
        for multiplier, at, low, high in parts:
            size, distance = np.abs(multiplier), np.abs(np.where(multiplier > 0, at - low, high - at))
            endless = np.isinf(distance)
            if endless.any():
                unbounded = max(unbounded, float(size[endless].max()))
                distance[endless] = 0.0
            gap += float(size @ distance)
        scale = max(1.0, float(np.abs(self.cost).max(initial=0.0)), float(np.abs(self.cost) @ np.abs(x)))
        if gap > PROOF_TOL * scale:  # that of large numbers which cancel is rounding
            of_row = np.bincount(self.index, np.abs(self.value * x.repeat(np.diff(self.start))), self.n_rows)
            scale = max(scale, ROUNDING_SHARE * float(of_row @ np.abs(dual)))
        return gap <= PROOF_TOL * scale and unbounded <= MULTIPLIER_TOL * scale

    def _column_sums(self, entry: FloatArray) -> FloatArray:
        """Return the sums of numbers that stand where the entries do, by column, shape (n_columns,)."""
        number = np.diff(self.start)
        if len(entry) and number.all():
            return np.asarray(np.add.reduceat(entry, self.start[:-1]), dtype=np.float64)
        return np.asarray(
            np.bincount(np.arange(self.n_columns).repeat(number), entry, self.n_columns), dtype=np.float64
        )


@dataclass(frozen=True)
class ProgramBlock:
    """B linear programs of one shape: the same sparsity pattern and bounds of columns, other numbers."""

    cost: FloatArray  # shape (B, n_columns)
    # lower, upper: shape (n_columns,)
    lower: FloatArray
    upper: FloatArray
    # row_lower, row_upper: shape (n_rows,) or (B, n_rows)
    row_lower: FloatArray
    row_upper: FloatArray
    # start, index: the pattern, as in `LinearProgram`
    start: IntArray
    index: IntArray
    value: FloatArray  # shape (B, nnz)

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def n_columns(self) -> int:
        """Number of variables of one program."""
        return len(self.lower)

    @property
    def n_rows(self) -> int:
        """Number of constraints of one program."""
        return int(self.row_lower.shape[-1])

    def program(self, b: int) -> LinearProgram:
        """Return the b-th program."""
        row_lower, row_upper = (r if r.ndim == 1 else r[b] for r in (self.row_lower, self.row_upper))
        return LinearProgram(
            self.cost[b], self.lower, self.upper, row_lower, row_upper, self.start, self.index, self.value[b]
        )

    def joined(self, first: int, size: int) -> LinearProgram:
        """Return `size` programs from `first` on as one, block-diagonal: solving it solves each of them."""
        rows = slice(first, first + size)
        frame = self._frame(size)
        own = {
            key: getattr(self, key)[rows].ravel() for key in ("row_lower", "row_upper") if getattr(self, key).ndim > 1
        }
        return replace(frame, cost=self.cost[rows].ravel(), value=self.value[rows].ravel(), **own)

    def _frame(self, size: int) -> LinearProgram:
        """Return what all groups of `size` programs have in common; made once per size."""
        frames = self.__dict__.setdefault("_frames", {})
        if size not in frames:
            shift, entries = np.arange(size, dtype=np.int32)[:, None], np.int32(self.value.shape[1])
            frames[size] = LinearProgram(
                _EMPTY,
                np.tile(self.lower, size),
                np.tile(self.upper, size),
                np.tile(self.row_lower, size) if self.row_lower.ndim == 1 else _EMPTY,
                np.tile(self.row_upper, size) if self.row_upper.ndim == 1 else _EMPTY,
                np.append((self.start[:-1] + shift * entries).ravel(), np.int32(size) * entries),
                (self.index + shift * np.int32(self.n_rows)).ravel(),
                _EMPTY,
            )
        return cast(LinearProgram, frames[size])


def _full(bounds: Bounds, size: int) -> tuple[FloatArray, FloatArray]:
    lower, upper = (np.full(size, bound, dtype=np.float64) for bound in bounds)
    return lower, upper


@dataclass(frozen=True)
class LPResult:
    """What a solve gave."""

    status: Status
    # shape (n_columns,); the solution; of a program with whole numbers that a limit stopped the best one found; else
    # empty
    x: FloatArray
    dual: FloatArray  # shape (n_rows,); marginal cost of each row (d objective / d bound); empty unless an optimal LP
    objective: float  # minimal cost; nan unless optimal
    # bound, incumbent: of a program with whole numbers that a limit stopped: what no solution costs less than, and what
    # the best solution found so far costs; nan where the solver has none
    bound: float = float("nan")
    incumbent: float = float("nan")


def unsolved(status: Status = Status.FAILED) -> LPResult:
    """Return the result of a solve that ended without a solution."""
    return LPResult(status, _EMPTY, _EMPTY, float("nan"))
