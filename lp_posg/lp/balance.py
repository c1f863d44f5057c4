"""Programs whose numbers span many orders of magnitude, brought nearer to one by units of rows and columns.

A solver leaves out entries below 1e-9 and takes what is within 1e-10 for met, so beside a penalty of 1e12 a payoff
of 1 would be nothing. With ``x = column * x'`` and every row times its own unit

    minimise  (column cost) . x'   s.t.   row row_lower <= (row A column) x' <= row row_upper,  lower <= column x' <= upper

is the same program. The units make the largest and the smallest entry of each row and column lie about as far above 1
as below (geometric scaling), and are powers of two, so that nothing is rounded.

Source: Fulkerson and Wolfe (1962), SIAM Review 4, 142-146; Tomlin (1975), Math. Programming Study 4, 146-166.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lp_posg.lp.program import LinearProgram, LPResult
from lp_posg.types import BoolArray, FloatArray

WIDE = 1e8
"""Programs whose largest entry is more than this many times another are balanced."""

NOISE = 1e-14
"""An entry this small beside the largest may be what rounding left of nothing: no reason to balance a program."""

MOST_PASSES = 20
"""Over rows and columns in turn; a handful does where the numbers are of two sizes."""


def is_wide(value: FloatArray) -> BoolArray:
    """Return whether finite entries span too many orders of magnitude; shape that of ``value[..., 0]``."""
    size = np.abs(value)
    largest = size.max(axis=-1, initial=0.0, keepdims=True)
    small = (size < largest / WIDE) & (size > NOISE * largest)
    return np.asarray(small.any(axis=-1) & np.isfinite(largest[..., 0]))


@dataclass(frozen=True)
class Balanced:
    """A program in other units.

    Attributes
    ----------
    program : LinearProgram
    row : float array, shape (n_rows,)
        What each row was multiplied by.
    column : float array, shape (n_columns,)
        Unit of each column.
    cost : float
        What the costs were divided by.
    """

    program: LinearProgram
    row: FloatArray
    column: FloatArray
    cost: float

    def undone(self, result: LPResult) -> LPResult:
        """Return a result of the balanced program as one of the original."""
        return replace(
            result,
            x=self.column * result.x,
            dual=self.cost * self.row * result.dual,
            objective=self.cost * result.objective,
        )


def balanced(program: LinearProgram) -> Balanced:
    """Return a program without whole numbers in units that bring its entries together."""
    n_rows, n_columns = program.n_rows, program.n_columns
    of_column = np.repeat(np.arange(n_columns), np.diff(program.start))
    kept = (program.value != 0) & np.isfinite(program.value)
    rows, columns, logs = program.index[kept], of_column[kept], np.log2(np.abs(program.value[kept]))
    by_row, by_column = np.zeros(n_rows), np.zeros(n_columns)
    for _ in range(MOST_PASSES):
        step = _middle(logs + by_column[columns], rows, n_rows)
        done = np.abs(step + by_row).max(initial=0.0) < 1.0
        by_row = -step
        by_column = -_middle(logs + by_row[rows], columns, n_columns)
        if done:
            break
    row, column = np.exp2(np.round(by_row)), np.exp2(np.round(by_column))
    cost = program.cost * column
    most = float(np.abs(cost).max(initial=0.0)) or 1.0
    program = replace(
        program,
        cost=cost / most,
        lower=program.lower / column,
        upper=program.upper / column,
        row_lower=program.row_lower * row,
        row_upper=program.row_upper * row,
        value=program.value * row[program.index] * column[of_column],
    )
    return Balanced(program, row, column, most)


def _middle(logs: FloatArray, of: FloatArray, size: int) -> FloatArray:
    """Return the middle of the largest and smallest logarithm of each row or column, 0 of an empty one."""
    most, least = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(most, of, logs)
    np.minimum.at(least, of, logs)
    empty = most < least
    most[empty] = least[empty] = 0.0
    return (most + least) / 2
