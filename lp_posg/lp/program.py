"""A linear program as arrays, and what became of it.

    minimise  cost . x   subject to   row_lower <= A x <= row_upper,  lower <= x <= upper

with A given by columns (CSC), and some columns whole numbers if `integer` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from lp_posg.types import BoolArray, FloatArray, IntArray


class Status(Enum):
    """How a solve ended. Only `OPTIMAL` is ever decoded."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    INFEASIBLE_OR_UNBOUNDED = "infeasible or unbounded"
    LIMIT = "stopped at a limit of time or iterations"
    FAILED = "failed"


@dataclass(frozen=True)
class LinearProgram:
    """The program in the form above.

    Attributes
    ----------
    cost, lower, upper : float arrays, shape (n_columns,)
    row_lower, row_upper : float arrays, shape (n_rows,)
    start : int32 array, shape (n_columns + 1,)
        Column j's entries are ``index[start[j]:start[j + 1]]`` and the same of `value`.
    index : int32 array, shape (nnz,)
        Row of each entry.
    value : float array, shape (nnz,)
    integer : bool array, shape (n_columns,), or None
        Columns that must be whole numbers.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    start: IntArray
    index: IntArray
    value: FloatArray
    integer: BoolArray | None = None

    @property
    def n_columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def n_rows(self) -> int:
        """Number of constraints."""
        return len(self.row_lower)

    def violation(self, x: FloatArray) -> float:
        """Return the largest amount by which `x` breaks a bound or a row; inf if it is not finite."""
        activity = np.bincount(self.index, self.value * x.repeat(np.diff(self.start)), self.n_rows)
        worst = 0.0
        for excess in (self.lower - x, x - self.upper, self.row_lower - activity, activity - self.row_upper):
            if excess.size and not excess.max() <= worst:
                worst = float(excess.max())
        return worst if np.isfinite(worst) else np.inf


@dataclass(frozen=True)
class ProgramBlock:
    """B linear programs of one shape: the same sparsity pattern and bounds of columns, other numbers.

    Attributes
    ----------
    cost : float array, shape (B, n_columns)
    lower, upper : float arrays, shape (n_columns,)
    row_lower, row_upper : float arrays, shape (n_rows,) or (B, n_rows)
    start, index : int32 arrays
        The pattern, as in `LinearProgram`.
    value : float array, shape (B, nnz)
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    start: IntArray
    index: IntArray
    value: FloatArray

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
        entries, shift = self.value.shape[1], np.arange(size, dtype=np.int32)[:, None]
        one = slice(first, first + size)

        def tiled(row: FloatArray) -> FloatArray:
            return np.tile(row, size) if row.ndim == 1 else row[one].ravel()

        return LinearProgram(
            self.cost[one].ravel(),
            tiled(self.lower),
            tiled(self.upper),
            tiled(self.row_lower),
            tiled(self.row_upper),
            np.append((self.start[:-1] + shift * np.int32(entries)).ravel(), np.int32(size * entries)),
            (self.index + shift * np.int32(self.n_rows)).ravel(),
            self.value[one].ravel(),
        )


@dataclass(frozen=True)
class LPResult:
    """What a solve gave.

    Attributes
    ----------
    status : Status
    x : float array, shape (n_columns,)
        The solution; empty unless optimal.
    dual : float array, shape (n_rows,)
        Marginal cost of each row (d objective / d bound); empty unless an optimal LP.
    objective : float
        Minimal cost; nan unless optimal.
    """

    status: Status
    x: FloatArray
    dual: FloatArray
    objective: float
