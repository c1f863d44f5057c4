"""A concave function of a few linear values over the feasible points of a program, to a proven bound.

    maximise  f(offset + unit * u)   subject to   u = values . x,  row_lower <= A x <= row_upper,  lower <= x <= upper

An interior-point solver runs first; what it returns for functions in units of 1e-6 or 1e6, or of values near 1e8, may
be far off, whatever its status. So the polytope of u is approximated from inside, by points furthest in some direction,
and f from above, by tangents ``f(v) + g . (u - v)`` at some points v, and both are refined in turn:

    max t   s.t.   t <= f(v_k) + g_k . (u - v_k) for all tangents k,   u in the convex hull of the points so far

The multipliers of the tangents add up to one tangent, which bounds f from above; its largest value over the polytope (a
program with another cost) is a bound for all feasible points, and a new point of the hull. A tangent is added where u
is. The search ends when the best point found is within ``PROOF_TOL`` of the bound, relative to what f varies by.

Sources: Kelley (1960), J. SIAM 8, 703-712 (tangents); von Hohenbalken (1977), Math. Programming 13, 49-68 (points).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp.attempts import solve_program
from lp_posg.lp.conic import concave_expression, solve_concave
from lp_posg.lp.program import LinearProgram
from lp_posg.lp.warm import CostSweep
from lp_posg.types import FloatArray

PROOF_TOL = 1e-9  # the search ends this near to its bound, in units of what f varies by
DOUBT_TOL = 1e-6  # where rounding ends the search further from its bound than this, no solution is returned
DOUBLE = 4e-15  # relative rounding of f and of its argument, which no search can look behind
SIMPLEX_TOL = 1e-10  # rounding of u
STEEPEST = 1e8  # tangents that change by more than this, in units of what f varies by, say nothing in a program

MOST_ROUNDS = 300

# How far towards the middle f is tried where it has no tangent, as a root has none at 0.
INWARD = (0.0, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 1.0)


@dataclass(frozen=True, eq=False)
class Values:
    """The few linear values that a function is of."""

    matrix: FloatArray  # shape (n, n_columns); u by x
    # unit, offset: shape (n,)
    unit: FloatArray
    offset: FloatArray

    def of(self, x: Any) -> Any:
        """Return the values at a cvxpy expression of shape (n_columns,)."""
        return self.offset + self.unit[:, None] * self.matrix @ x


def solve_of_values(
    program: LinearProgram,
    values: Values,
    goal: Callable[[Any], Any],
    what: str = "concave program",
    deadline: float | None = None,
) -> tuple[FloatArray, int]:
    """Return a feasible point that maximises ``goal`` of the values, and the number of programs solved.

    `goal`: from a cvxpy expression of shape (n,) to a concave one, a scalar. `what`, `deadline`: as in `solve_concave`.

    Raises ModelError, LimitError as `solve_concave`; SolveError as `solve_concave`, or if the bound is not met.
    """
    search = _Search(program, values, goal, what, deadline)
    if all(variable is search.argument for variable in search.expression.variables()):
        return search.optimum()
    # With variables of its own a function has no values to look at: the interior-point answer has to do.
    return solve_concave(program, lambda x: goal(values.of(x)), what, deadline), 2


class _Search:
    """Points of the hull and tangents, as far as they are known."""

    def __init__(
        self, program: LinearProgram, values: Values, goal: Callable[[Any], Any], what: str, deadline: float | None
    ) -> None:
        import cvxpy as cp  # costs over a second

        self.program, self.values, self.goal, self.what, self.deadline = program, values, goal, what, deadline
        self.sweep = CostSweep(program, what, deadline)
        self.argument = cp.Variable(len(values.unit))
        self.expression = concave_expression(goal, self.argument, what)
        n = len(values.unit)
        self.n_programs = 0
        self.x, self.u = np.empty((0, program.n_columns)), np.empty((0, n))
        self.height, self.slope, self.at = np.empty(0), np.empty((0, n)), np.empty((0, n))
        self.best, self.best_x, self.lowest, self.rounding = -np.inf, np.empty(0), np.inf, 0.0

    def optimum(self) -> tuple[FloatArray, int]:
        for direction in np.concatenate([np.eye(len(self.values.unit)), -np.eye(len(self.values.unit))]):
            self._reach(direction)
        self._try_interior_point()
        if not np.isfinite(self.best):
            raise SolveError(f"{self.what}: at no point found is the objective defined; choose a wider one")
        for x in (self.best_x, self.x.mean(axis=0)):
            self._touch(x)
        bound = np.inf
        for _ in range(MOST_ROUNDS):
            if bound - self.best <= self._allowed(PROOF_TOL) or not len(self.height):
                break
            x, tangent, height = self._refined()
            known = self.best, len(self.height), len(self.u)
            furthest = self._reach(tangent)
            bound = min(bound, height + float(tangent @ self.u[furthest]))
            self._touch(x)
            if known == (self.best, len(self.height), len(self.u)):
                break
        if not bound - self.best <= self._allowed(DOUBT_TOL):
            raise SolveError(
                f"{self.what}: the accuracy was not reached; the best point found has {self.best:.12g}, and that none"
                f" has more than {bound:.12g} is all that is proven; give the objective in units in which it changes"
                " by about 1"
            )
        return self.best_x, self.n_programs

    def _allowed(self, share: float) -> float:
        varies = self.best - self.lowest
        return share * (varies if np.isfinite(varies) else 0.0) + self.rounding

    def _reach(self, direction: FloatArray) -> int:
        """Add a point furthest in a direction, unless it is known; return its place."""
        x = self.sweep.solve(-direction @ self.values.matrix).x
        self.n_programs += 1
        u = self.values.matrix @ x
        same = np.flatnonzero((self.u == u).all(axis=1))
        if len(same):
            return int(same[0])
        self._look(x)
        self.x, self.u = np.concatenate([self.x, [x]]), np.concatenate([self.u, [u]])
        return len(self.u) - 1

    def _try_interior_point(self) -> None:
        """Look at what an interior-point solver finds, with the objective in units of what it is known to vary by."""
        self._look(self.x.mean(axis=0))
        varies = self._allowed(1.0)
        known = np.isfinite(self.best)
        if known and varies <= 2 * self.rounding:
            return
        failed = None
        for scale in (1.0 / varies, 1.0) if known else (1.0,):

            def scaled(x: Any, scale: float = scale) -> Any:
                return concave_expression(self.goal, self.values.of(x), self.what) * scale

            self.n_programs += 2
            try:
                self._look(solve_concave(self.program, scaled, self.what, self.deadline, strict=False))
                return
            except LimitError:
                raise
            except SolveError as error:
                failed = error
        if failed is not None and not np.isfinite(self.best):
            raise failed

    def _look(self, x: FloatArray) -> tuple[float, FloatArray | None]:
        """Return f and a slope by u at a point, -inf and None where it has none; the best point is kept."""
        u = self.values.matrix @ x
        self.argument.value = self.values.offset + self.values.unit * u
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # where f is not defined
            value = self.expression.value
            slope = self.expression.grad.get(self.argument, np.zeros(len(u)))  # a constant has none
        height = -np.inf if value is None or not np.isfinite(value) else float(value)
        if np.isfinite(height):
            self.lowest = min(self.lowest, height)
            if height > self.best:
                self.best, self.best_x = height, x
        if slope is None or not np.isfinite(height):
            return height, None
        dense = np.asarray(slope.toarray() if hasattr(slope, "toarray") else slope, dtype=np.float64).reshape(-1)
        if not np.isfinite(dense).all():
            return height, None
        if height == self.best:
            of_value = DOUBLE * (abs(height) + float(np.abs(dense) @ np.abs(self.argument.value)))
            self.rounding = of_value + SIMPLEX_TOL * float(np.abs(dense) @ self.values.unit)
        return height, dense * self.values.unit

    def _touch(self, x: FloatArray) -> None:
        """Add a tangent at a point, or near it towards the middle or else the best point; none if there is none."""
        middle = self.x.mean(axis=0)
        if not np.isfinite(self._look(middle)[0]):
            middle = self.best_x
        for share in INWARD:
            point = x + share * (middle - x)
            height, slope = self._look(point)
            if slope is not None:
                self.height, self.slope = np.append(self.height, height), np.concatenate([self.slope, [slope]])
                self.at = np.concatenate([self.at, [self.values.matrix @ point]])
                return

    def _refined(self) -> tuple[FloatArray, FloatArray, float]:
        """Return the optimum of the program above, and slope and height (at u = 0) of the sum of its tangents."""
        origin = self.values.matrix @ self.best_x
        gain = self.slope @ (self.u - origin).T  # (K, M)
        unit = max(self._allowed(1.0), float(np.abs(gain).max(axis=1).min())) or 1.0
        shift = (self.height - self.best + (self.slope * (origin - self.at)).sum(axis=1)) / unit
        size = np.maximum(1.0, np.abs(gain).max(axis=1) / unit)
        kept = np.flatnonzero(size <= STEEPEST)
        gain, shift, size, slope = gain[kept] / unit, shift[kept], size[kept], self.slope[kept]
        n_cuts, n_points = gain.shape
        matrix = np.block([[1.0 / size[:, None], -gain / size[:, None]], [np.zeros((1, 1)), np.ones((1, n_points))]])
        program = LinearProgram.of(
            matrix,
            np.concatenate([[-1.0], np.zeros(n_points)]),
            (np.concatenate([[-np.inf], np.zeros(n_points)]), np.inf),
            (np.concatenate([np.full(n_cuts, -np.inf), [1.0]]), np.concatenate([shift / size, [1.0]])),
        )
        found = solve_program(program, f"{self.what}, its tangents", self.deadline)
        self.n_programs += 1
        share = np.maximum(-found.dual[:-1], 0.0) / size
        share /= share.sum()
        weight = np.maximum(found.x[1:], 0.0)
        x = weight / weight.sum() @ self.x
        tangent = share @ slope
        return x, tangent, self.best + unit * float(share @ shift) - float(tangent @ origin)
