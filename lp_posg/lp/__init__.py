"""Linear programs in, solutions out; the only room that knows a solver."""

from lp_posg.lp.highs import attempt_program, solve_block, solve_program
from lp_posg.lp.program import LinearProgram, LPResult, ProgramBlock, Status
from lp_posg.lp.warm import WarmProgram

__all__ = [
    "LPResult",
    "LinearProgram",
    "ProgramBlock",
    "Status",
    "WarmProgram",
    "attempt_program",
    "solve_block",
    "solve_program",
]
