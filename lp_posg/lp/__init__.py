"""Linear programs in, solutions out; the only room that knows a solver."""

from lp_posg.lp.highs import CostSweep, attempt_program, cancel_running, solve_block, solve_program
from lp_posg.lp.program import LinearProgram, LPResult, ProgramBlock, Status
from lp_posg.lp.warm import WarmProgram

__all__ = [
    "CostSweep",
    "LPResult",
    "LinearProgram",
    "ProgramBlock",
    "Status",
    "WarmProgram",
    "attempt_program",
    "cancel_running",
    "solve_block",
    "solve_program",
]
