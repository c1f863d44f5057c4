"""Programs whose numbers span many orders of magnitude: in other units, and refined.

A solver leaves out entries below 1e-9 and takes what is within 1e-10 for met, so beside a penalty of 1e12 a payoff of 1
would be nothing. With ``x = column * x'`` and every row times its own unit

    minimise  (column cost) . x'
    s.t.      row row_lower <= (row A column) x' <= row row_upper,   lower <= column x' <= upper

is the same program. The units make the largest and the smallest entry of each row and column lie about as far above 1
as below (geometric scaling), and are powers of two, so that nothing is rounded.

What is still within the solver's tolerances is made up for by refinement: of a program in equations, what a solution
misses, and what its reduced costs miss, are computed anew and divided by their size; they make up a program of the same
matrix, whose solution, so many times smaller, is the correction.

Sources: Fulkerson and Wolfe (1962), SIAM Review 4, 142-146 (scaling); Gleixner, Steffy and Wolter (2016), INFORMS J.
Computing 28, 449-464 (iterative refinement).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lp_posg.lp.program import LinearProgram, LPResult
from lp_posg.types import BoolArray, FloatArray, IntArray

Units = Literal["middle", "mean", "given"]

WIDE = 1e6
"""Programs whose largest entry is more than this many times another are balanced."""
NOISE = 1e-14
"""An entry this small beside the largest may be what rounding left of nothing: no reason to balance a program."""
ROUNDING = 1e-15  # what a solution of a balanced program misses by less than this is rounding
FARTHEST = 10.0  # a correction is at most this many times what is corrected
MOST_PASSES = 20  # over rows and columns in turn; a handful does where the numbers are of two sizes


def is_wide(value: FloatArray) -> BoolArray:
    """Return whether finite entries span too many orders of magnitude; shape that of ``value[..., 0]``."""
    size = np.abs(value)
    largest = size.max(axis=-1, initial=0.0, keepdims=True)
    small = (size < largest / WIDE) & (size > NOISE * largest)
    return np.asarray(small.any(axis=-1) & np.isfinite(largest[..., 0]))


@dataclass(frozen=True)
class Balanced:
    """A program in other units, and in equations: its further columns are the rows that are none."""

    program: LinearProgram
    row: FloatArray  # shape (n_rows,); what each row was multiplied by
    column: FloatArray  # shape (n_columns,); unit of each column of the original
    cost: float  # what the costs were divided by

    def restored(self, result: LPResult, cost: FloatArray) -> LPResult:
        """Return a result of the balanced program as one of the original, whose costs are given."""
        x = self.column * result.x[: len(self.column)]
        return replace(result, x=x, dual=self.cost * self.row * result.dual, objective=float(cost @ x))


def balanced(program: LinearProgram, units: Units = "middle") -> Balanced:
    """Return a program without whole numbers in equations and in other units.

    `units`: {"middle", "mean", "given"}; whether the largest and the smallest entry of each row and column are brought
    to lie about 1, or the geometric mean of all its entries, or units are left as they are.
    """
    of_column = np.repeat(np.arange(program.n_columns), np.diff(program.start))
    row, column = np.ones(program.n_rows), np.ones(program.n_columns)
    if units != "given":
        row, column = _units(program, of_column, _middle if units == "middle" else _mean)
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
    return Balanced(_in_equations(program), row, column, most)


def _units(
    program: LinearProgram, of_column: IntArray, centre: Callable[[FloatArray, IntArray, int], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return what to multiply rows and columns by."""
    kept = (program.value != 0) & np.isfinite(program.value)
    rows, columns, logs = program.index[kept], of_column[kept], np.log2(np.abs(program.value[kept]))
    by_row, by_column = np.zeros(program.n_rows), np.zeros(program.n_columns)
    for _ in range(MOST_PASSES):
        before = by_row
        by_row = -centre(logs + by_column[columns], rows, program.n_rows)
        by_column = -centre(logs + by_row[rows], columns, program.n_columns)
        if np.abs(by_row - before).max(initial=0.0) < 1.0:
            break
    return np.exp2(np.round(by_row)), np.exp2(np.round(by_column))


def _middle(logs: FloatArray, of: IntArray, size: int) -> FloatArray:
    """Return the middle of the largest and smallest logarithm of each row or column, 0 of an empty one."""
    most, least = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(most, of, logs)
    np.minimum.at(least, of, logs)
    empty = most < least
    most[empty] = least[empty] = 0.0
    return np.asarray((most + least) / 2)


def _mean(logs: FloatArray, of: IntArray, size: int) -> FloatArray:
    """Return the mean logarithm of each row or column, 0 of an empty one."""
    return np.asarray(np.bincount(of, logs, size) / np.maximum(np.bincount(of, minlength=size), 1))


def _in_equations(program: LinearProgram) -> LinearProgram:
    """Return the program with a column for each row that is no equation."""
    loose = np.flatnonzero(program.row_lower != program.row_upper)
    fixed = program.row_lower.copy()
    fixed[loose] = 0.0
    return LinearProgram(
        np.concatenate([program.cost, np.zeros(len(loose))]),
        np.concatenate([program.lower, program.row_lower[loose]]),
        np.concatenate([program.upper, program.row_upper[loose]]),
        fixed,
        fixed,
        np.concatenate([program.start, program.start[-1] + 1 + np.arange(len(loose))]).astype(np.int32),
        np.concatenate([program.index, loose]).astype(np.int32),
        np.concatenate([program.value, -np.ones(len(loose))]),
    )


@dataclass(frozen=True)
class Correction:
    """The program of what a solution of another, in equations, misses."""

    program: LinearProgram
    missed: float  # the most that a row, a bound or a reduced cost misses
    # primal, dual: what missing values and missing costs were multiplied by
    primal: float
    dual: float

    def added_to(self, result: LPResult, found: LPResult) -> LPResult:
        """Return the solution with the correction that was found."""
        return replace(result, x=result.x + found.x / self.primal, dual=result.dual + found.dual / self.dual)


def correction(program: LinearProgram, result: LPResult, most: float) -> Correction:
    """Return the program that corrects a solution.

    `most`: what is missing is multiplied by at most this: a correction that is not small would have large numbers.
    """
    of_column = np.repeat(np.arange(program.n_columns), np.diff(program.start))
    left = program.row_lower - np.bincount(program.index, program.value * result.x[of_column], program.n_rows)
    lower, upper = program.lower - result.x, program.upper - result.x
    cost = program.cost - np.bincount(of_column, program.value * result.dual[program.index], program.n_columns)
    primal = max(float(np.abs(left).max(initial=0.0)), float(lower.max(initial=0.0)), float(-upper.min(initial=0.0)))
    # A reduced cost misses where it is not 0 and neither is the distance to the bound that would allow it.
    dual = float(np.minimum(np.abs(cost), np.where(cost > 0, -lower, upper)).max(initial=0.0))
    by_primal, by_dual = (min(1.0 / max(missing, ROUNDING), most) for missing in (primal, dual))
    # Rounding can make a program of nothing but rounding unbounded.
    box = FARTHEST * by_primal * max(1.0, float(np.abs(result.x).max(initial=0.0)))
    return Correction(
        replace(
            program,
            cost=cost * by_dual,
            lower=np.maximum(lower * by_primal, -box),
            upper=np.minimum(upper * by_primal, box),
            row_lower=left * by_primal,
            row_upper=left * by_primal,
        ),
        max(primal, dual),
        by_primal,
        by_dual,
    )
