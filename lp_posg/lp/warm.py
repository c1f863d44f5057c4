"""One linear program solved again and again, with other bounds or costs, each time from where a like one ended."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lp_posg.lp.attempts import attempt_program, solve_program
from lp_posg.lp.highs import FIRST_WAY, is_large, limit_time, load, run_loaded, solver_for
from lp_posg.lp.program import LinearProgram, LPResult, Status
from lp_posg.types import FloatArray

# A basis stays feasible when costs change, which is where the primal method starts.
_SWEEP_WAY: Mapping[str, object] = {**FIRST_WAY, "simplex_strategy": 4}


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

        `lower`, `upper`: shape (n_columns,). `row_lower`, `row_upper`: shape (n_rows,). `start`: what an
        earlier solve of this object returned. `deadline`: value of ``time.time()`` after which to stop with status
        `Status.LIMIT`.
        """
        program = replace(self._program, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)
        if self._usable:
            result, end = self._from(program, start, _left(deadline))
            if result.status in (Status.OPTIMAL, Status.LIMIT):
                return result, end
        return attempt_program(program, _left(deadline)), None

    def _from(self, program: LinearProgram, start: object, seconds: float) -> tuple[LPResult, object]:
        highs: Any = self._highs  # some of its methods are not in the stubs
        limit_time(highs, max(seconds, 0.0))
        highs.changeRowsBounds(program.n_rows, self._rows, program.row_lower, program.row_upper)
        highs.changeColsBounds(program.n_columns, self._columns, program.lower, program.upper)
        if start is not None:
            highs.setBasis(start)
        result = run_loaded(highs, program, self._large)
        return result, highs.getBasis() if result.status is Status.OPTIMAL else None


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
        if self._deadline is not None and clock.time() > self._deadline:
            return solve_program(program, self._what, self._deadline)
        result = self._warm(program)
        if result.status is Status.OPTIMAL:
            return result
        self._highs = None
        return solve_program(program, self._what, self._deadline)

    def _warm(self, program: LinearProgram) -> LPResult:
        if self._highs is None:
            self._highs = solver_for(_SWEEP_WAY)
            load(self._highs, program)
        else:
            self._highs.changeColsCost(program.n_columns, self._columns, program.cost)
        return run_loaded(self._highs, program, large=False)


def _left(deadline: float | None) -> float:
    return np.inf if deadline is None else deadline - clock.time()
