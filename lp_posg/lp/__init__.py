"""Linear programs in, solutions out; the only room that knows a solver."""

from lp_posg.lp.highs import attempt_program, solve_program
from lp_posg.lp.program import LinearProgram, LPResult, Status

__all__ = ["LPResult", "LinearProgram", "Status", "attempt_program", "solve_program"]
