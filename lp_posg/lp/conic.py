"""Concave objectives over the feasible points of a linear program; the only user of cvxpy.

    maximise  goal(x)   subject to   row_lower <= A x <= row_upper,  lower <= x <= upper

An interior-point solver ends a little outside its constraints. The point nearest to its solution that HiGHS finds
inside them, to the accuracy of the simplex method, is what is returned:

    minimise  sum of u + v   subject to   x = x* + u - v in the constraints,  u, v >= 0
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import called
from lp_posg.errors import LimitError, ModelError, SolveError
from lp_posg.lp.attempts import seconds_left, solve_program
from lp_posg.lp.program import LinearProgram
from lp_posg.types import FloatArray

# Tolerances of the interior-point solver, in turn: relative and absolute gap, and feasibility.
ACCURACY = (1e-10, 1e-8, 1e-6)


def solve_concave(
    program: LinearProgram,
    goal: Callable[[Any], Any],
    what: str = "conic program",
    deadline: float | None = None,
    *,
    strict: bool = True,
) -> FloatArray:
    """Return a feasible point of `program` that maximises a concave function; its costs are not used.

    `goal`: from a cvxpy expression of shape (n_columns,) to a concave one, a scalar. `what`: names the program in an
    error. `deadline`: value of ``time.time()`` after which to give up. `strict`: whether to refuse what the solver
    itself calls inaccurate; else a point near the optimum will do.

    Raises ModelError if `goal` does not return such an expression; LimitError if the deadline passes; SolveError if the
    program has no feasible point in the domain of `goal`, or is not solved to optimality.
    """
    import cvxpy as cp  # costs over a second

    x = cp.Variable(program.n_columns)
    expression = concave_expression(goal, x, what)
    matrix = sp.csc_array(
        (program.value, program.index, program.start), shape=(program.n_rows, program.n_columns)
    ).tocsr()
    low, high, equal = program.row_lower, program.row_upper, program.row_lower == program.row_upper
    loose = (np.isfinite(low) & ~equal, low, operator.ge), (np.isfinite(high) & ~equal, high, operator.le)
    sides = [(equal, low, operator.eq), *loose]
    constraints = [compare(matrix[rows] @ x, bound[rows]) for rows, bound, compare in sides if rows.any()]
    for bound, compare in ((program.lower, operator.ge), (program.upper, operator.le)):
        bounded = np.isfinite(bound)
        constraints += [compare(x[bounded], bound[bounded])] if bounded.any() else []
    problem = cp.Problem(cp.Maximize(expression), constraints)
    points = []
    for accuracy in ACCURACY[: None if strict else 1]:
        _solve(problem, accuracy, what, deadline)
        points += [] if x.value is None else [_nearest(program, np.asarray(x.value, np.float64), what, deadline)]
        if problem.status != cp.OPTIMAL_INACCURATE:
            break
    if problem.status == cp.OPTIMAL_INACCURATE and strict:
        raise SolveError(
            f"{what}: the interior-point solver did not reach an accuracy of {ACCURACY[-1]:g}; use another objective"
        )
    if problem.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
        raise SolveError(f"{what} is infeasible: at no feasible point is the objective defined; choose a wider one")
    if problem.status == cp.USER_LIMIT and seconds_left(deadline) <= 0:
        raise LimitError(f"{what}: the time limit has passed")
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise SolveError(f"{what} ended as: {problem.status}; is the objective bounded?")
    # With a tighter tolerance it may come nearer without reaching it than with one that it reaches.
    heights = []
    for point in points:
        x.value = point
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # on the border of where it is defined
            heights.append(float(expression.value))
    return points[int(np.argmax(np.nan_to_num(heights, nan=-np.inf)))]


def _solve(problem: Any, accuracy: float, what: str, deadline: float | None) -> None:
    import cvxpy as cp

    options: dict[str, Any] = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), accuracy)
    if deadline is not None:
        options["time_limit"] = seconds_left(deadline)
        if options["time_limit"] <= 0:
            raise LimitError(f"{what}: the time limit has passed")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of reduced accuracy, which the status shows
        try:
            problem.solve(solver=cp.CLARABEL, **options)
        except cp.error.SolverError as error:
            raise SolveError(f"{what} was not solved: {error}") from None


def entropy(x: Any) -> Any:
    """Return the entropy of a nonnegative cvxpy expression, ``-sum x log x``, in nats."""
    import cvxpy as cp

    return cp.sum(cp.entr(x))  # type: ignore[attr-defined]


def concave_expression(goal: Callable[[Any], Any], argument: Any, what: str) -> Any:
    """Return a user's function of a cvxpy expression: a concave scalar, all of whose numbers are known.

    Raises ModelError if it is none, or the function raises an exception, which is then the cause.
    """
    expression = called(f"{what}: the objective", goal, argument)
    _check_concave(expression, what)
    return expression


def _check_concave(expression: Any, what: str) -> None:
    import cvxpy as cp

    if not isinstance(expression, cp.Expression):
        raise ModelError(f"{what}: the objective returned {type(expression).__name__}, expected a cvxpy expression")
    if not expression.is_scalar() or not expression.is_concave():
        raise ModelError(
            f"{what}: the objective returned an expression of shape {expression.shape} and curvature"
            f" {expression.curvature}, expected a concave scalar"
        )
    for number in (*expression.parameters(), *expression.constants()):
        if number.value is None:
            raise ModelError(f"{what}: the objective has a Parameter without a value ({number})")
        if not np.isfinite(number.value).all():
            raise ModelError(f"{what}: the objective has a number that is not finite ({number.value})")


def _nearest(program: LinearProgram, x: FloatArray, what: str, deadline: float | None) -> FloatArray:
    """Return the feasible point that is nearest to `x` in the sum of absolute differences."""
    x = np.clip(x, program.lower, program.upper)
    activity = np.bincount(program.index, program.value * x.repeat(np.diff(program.start)), program.n_rows)
    moved = LinearProgram(
        np.ones(2 * len(x)),
        np.zeros(2 * len(x)),
        np.concatenate([program.upper - x, x - program.lower]),
        program.row_lower - activity,
        program.row_upper - activity,
        np.concatenate([program.start, program.start[1:] + program.start[-1]]).astype(np.int32),
        np.tile(program.index, 2),
        np.concatenate([program.value, -program.value]),
    )
    change = solve_program(moved, f"{what}, its solution moved inside", deadline).x
    return np.asarray(np.clip(x + change[: len(x)] - change[len(x) :], program.lower, program.upper))
