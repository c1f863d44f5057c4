"""One linear program solved again and again with other bounds, each time from where a like one ended."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from lp_posg.lp.highs import attempt_program, is_large, limit_time, load, run_loaded, warm_solver
from lp_posg.lp.program import LinearProgram, LPResult, Status
from lp_posg.types import FloatArray


class WarmProgram:
    """A program whose bounds change from solve to solve, for instance down a tree of branches.

    Parameters
    ----------
    program : LinearProgram
        Without whole numbers; its own bounds are those of no solve in particular.
    """

    def __init__(self, program: LinearProgram) -> None:
        self._program = program
        self._large = is_large(program)
        self._highs = warm_solver(self._large)
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

        A start that does not lead to an optimum is given up, and the program solved as
        `attempt_program` does.

        Parameters
        ----------
        lower, upper : float arrays, shape (n_columns,)
        row_lower, row_upper : float arrays, shape (n_rows,)
        start : object, optional
            What an earlier solve of this object returned.
        deadline : float, optional
            Value of ``time.time()`` after which to stop with status `Status.LIMIT`.
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
        if isinstance(start, highspy.HighsBasis):
            highs.setBasis(start)
        result = run_loaded(highs, program, self._large)
        return result, highs.getBasis() if result.status is Status.OPTIMAL else None


def _left(deadline: float | None) -> float:
    return np.inf if deadline is None else deadline - clock.time()
