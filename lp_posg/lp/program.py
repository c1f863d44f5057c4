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
        """Return the largest amount by which `x` breaks a bound or a row."""
        activity = np.zeros(self.n_rows)
        np.add.at(activity, self.index, self.value * np.repeat(x, np.diff(self.start)))
        excess = [self.lower - x, x - self.upper, self.row_lower - activity, activity - self.row_upper]
        return max(0.0, *(float(e.max(initial=0.0)) for e in excess))


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
