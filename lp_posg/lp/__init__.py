"""Linear programs in, solutions out; the only room that knows a solver."""

from lp_posg.lp.attempts import attempt_program, solve_block, solve_program
from lp_posg.lp.balance import NOISE, WIDE, is_wide
from lp_posg.lp.conic import entropy, solve_concave
from lp_posg.lp.exact import WholeProgram, WholeResult, solve_equations, solve_exactly
from lp_posg.lp.highs import cancel_running
from lp_posg.lp.program import LinearProgram, LPResult, ProgramBlock, Status
from lp_posg.lp.tangents import Values, solve_of_values
from lp_posg.lp.warm import ColumnProgram, CostSweep, WarmProgram, basic_at

__all__ = [
    "NOISE",
    "WIDE",
    "ColumnProgram",
    "CostSweep",
    "LPResult",
    "LinearProgram",
    "ProgramBlock",
    "Status",
    "Values",
    "WarmProgram",
    "WholeProgram",
    "WholeResult",
    "attempt_program",
    "basic_at",
    "cancel_running",
    "entropy",
    "is_wide",
    "solve_block",
    "solve_concave",
    "solve_equations",
    "solve_exactly",
    "solve_of_values",
    "solve_program",
]
