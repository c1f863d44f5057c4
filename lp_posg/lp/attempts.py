"""Ways of solving a program, tried in turn until one ends with an answer that can be trusted."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping

import numpy as np

from lp_posg.deadline import current_deadline
from lp_posg.errors import LimitError, SolveError
from lp_posg.lp.balance import ROUNDING, Units, balanced, correction, is_wide
from lp_posg.lp.highs import FIRST_WAY, VIOLATION_TOL, run
from lp_posg.lp.program import LinearProgram, LPResult, ProgramBlock, Status, unsolved
from lp_posg.types import FloatArray

# Tried in turn until one ends with a definite answer; the later ways are for the rare program on which the first fails.
_WAYS: tuple[Mapping[str, object], ...] = (
    FIRST_WAY,
    {"presolve": "on", "solver": "simplex", "simplex_strategy": 1},
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 4},
    # Without a limit it may go on for ever; usual are some tens of iterations.
    {"presolve": "on", "solver": "ipm", "run_crossover": "on", "ipm_iteration_limit": 1000},
    {"presolve": "on", "solver": "choose", "primal_feasibility_tolerance": 1e-7, "dual_feasibility_tolerance": 1e-7},
)
_INTEGER_WAYS: tuple[Mapping[str, object], ...] = (
    {"presolve": "on", "solver": "choose"},
    {"presolve": "off", "solver": "choose"},
    {"presolve": "on", "solver": "choose", "primal_feasibility_tolerance": 1e-9, "mip_feasibility_tolerance": 1e-7},
    {"presolve": "off", "solver": "choose", "primal_feasibility_tolerance": 1e-7, "mip_feasibility_tolerance": 1e-6},
)
# Small programs have few iterations to make: weights that save some cost more than they save, and so do
# perturbed costs, which are to be taken back in the end. Where it goes wrong the ways above are tried.
_JOINED_WAY: Mapping[str, object] = {
    **_WAYS[0],
    "simplex_dual_edge_weight_strategy": 0,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}
# What is small in a balanced program is not rounding: 1e-12 is the least that HiGHS lets be kept.
_BALANCED_WAYS: tuple[Mapping[str, object], ...] = tuple(
    {**way, "small_matrix_value": 1e-12, "simplex_scale_strategy": 0} for way in (_WAYS[0], _WAYS[1], _WAYS[2])
)

# Programs are joined up to this many entries and this many programs (measured: `benchmarks/stage_lps.py`).
GROUP_ENTRIES, GROUP_MOST = 8000, 64
REFINEMENTS = 4  # most corrections of a balanced program
REFINED = 1e-14  # what a refined solution may miss, in the units of its program
# What a solution misses is multiplied by this in the first correction, and so many times more in each further one.
DIGITS = 1e5


def solve_program(
    program: LinearProgram,
    what: str = "linear program",
    deadline: float | None = None,
    *,
    presolve: bool = False,
    balance: bool = False,
) -> LPResult:
    """Return the optimal solution of `program`; this is the only way to a decoded result.

    `what`: names the program in an error. `deadline`: value of ``time.time()`` after which to give up. `presolve`:
    whether to reduce the program first; for a large one, not one of a small stage game. `balance`: whether to bring the
    program's numbers together first whatever they are; see `balance`.

    Raises LimitError if the deadline passes; of a program with whole numbers its facts are the ``bound`` and
    ``incumbent`` of `LPResult` too, and its ``x``; SolveError if it is infeasible or unbounded, or no way of solving it
    ends with an optimum; the message says which.
    """
    return optimal(attempt_program(program, seconds_left(deadline), presolve=presolve, balance=balance), program, what)


def seconds_left(deadline: float | None) -> float:
    """Return the seconds until a value of ``time.time()``, or that of the call that is running if it is sooner."""
    known = [when for when in (deadline, current_deadline()) if when is not None]
    return min(known) - clock.time() if known else np.inf


def optimal(result: LPResult, program: LinearProgram, what: str) -> LPResult:
    """Return an optimal result; raise the error of another, as `solve_program`."""
    if result.status is Status.OPTIMAL:
        return result
    text = f"{what} ({program.n_rows} rows, {program.n_columns} columns) ended as: {result.status.value}"
    if result.status is Status.LIMIT:
        reached = {"bound": result.bound, "incumbent": result.incumbent, "x": result.x}
        raise LimitError(text, status=result.status, limit="time", **({} if program.integer is None else reached))
    raise SolveError(text, status=result.status, program=program)


def solve_block(
    block: ProgramBlock, what: Callable[[int], str] = "program {}".format, deadline: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the solutions and the duals of many programs of one shape.

    Small programs are solved several at a time as one block-diagonal program, since HiGHS spends a large fixed time on
    each; where that does not end with an optimum for all, they are solved one by one, and the one at fault is named.
    How they are grouped depends on their number and shape alone, so that the answer does.

    `what`: names the b-th program in an error. `deadline`: as in `solve_program`.

    Returns
    -------
    x : float array, shape (B, n_columns)
    dual : float array, shape (B, n_rows)

    Raises SolveError as `solve_program`.
    """
    x = np.empty((len(block), block.n_columns))
    dual = np.empty((len(block), block.n_rows))
    group = int(min(GROUP_MOST, max(1, GROUP_ENTRIES // max(1, block.value.shape[1]))))
    for first in range(0, len(block), group):
        size = min(group, len(block) - first)
        rows = slice(first, first + size)
        if seconds_left(deadline) < 0:
            raise LimitError(f"{what(first)}: the time limit was met", status=Status.LIMIT, limit="time")
        if size > 1:
            result = run(block.joined(first, size), _JOINED_WAY, np.inf, fresh=False)
            if result.status is Status.OPTIMAL:
                x[rows] = result.x.reshape(size, -1)
                dual[rows] = result.dual.reshape(size, -1)
                continue
        for b in range(first, first + size):
            result = solve_program(block.program(b), what(b), deadline)
            x[b], dual[b] = result.x, result.dual
    return x, dual


def attempt_program(
    program: LinearProgram, time_limit: float = np.inf, *, presolve: bool = False, balance: bool = False
) -> LPResult:
    """Return how the solve ended, having tried each way in turn until one ended with an answer.

    That a program is infeasible or unbounded is believed only when two ways say so: on a badly conditioned program a
    single way can be wrong about it.

    `time_limit`: seconds for all ways together. `presolve`, `balance`: as in `solve_program`.
    """
    endings: list[Status] = []
    end = clock.time() + min(time_limit, seconds_left(None))
    if program.integer is None and (balance or is_wide(program.value)):
        result = _attempt_balanced(program, end)
        if result.status is Status.OPTIMAL:
            return result
    ways = _WAYS if program.integer is None else _INTEGER_WAYS
    if presolve and program.integer is None:
        ways = (_WAYS[1], _WAYS[0], *_WAYS[2:])
    for place, options in enumerate(ways):
        left = end - clock.time()
        if left <= 0:
            return unsolved(Status.LIMIT)
        result = run(program, options, left, fresh=place > 0)
        if result.status in (Status.OPTIMAL, Status.LIMIT):
            return result
        if result.status in (Status.INFEASIBLE, Status.UNBOUNDED) and result.status in endings:
            return result
        endings.append(result.status)
    return unsolved()


def _attempt_balanced(program: LinearProgram, end: float) -> LPResult:
    """Return an optimum of a program of numbers of very different sizes; or how the last way ended.

    It is refined in units that bring the numbers together; where that does not go all the way, in others too.
    """
    best, least = unsolved(), np.inf
    units: tuple[Units, ...] = ("middle", "given", "mean")
    for other in (balanced(program, unit) for unit in units):
        result = _in_turn(other.program, end)
        if result.status is not Status.OPTIMAL:
            best = result if least == np.inf else best
            continue
        result, missed = _refined(other.program, result, end)
        result = other.restored(result, program.cost)
        is_sound = program.violation(result.x) <= VIOLATION_TOL and program.is_proven(result.x, result.dual)
        if missed < least and is_sound:
            best, least = result, missed
        if least <= REFINED:
            break
    return best


def _in_turn(program: LinearProgram, end: float) -> LPResult:
    result = unsolved()
    for options in _BALANCED_WAYS:
        result = run(program, options, max(end - clock.time(), 0.0), fresh=True, proof=False)
        if result.status in (Status.OPTIMAL, Status.LIMIT):
            break
    return result


def _refined(program: LinearProgram, result: LPResult, end: float) -> tuple[LPResult, float]:
    """Return an optimum corrected as far as that goes, and the most that it misses."""
    best, least = result, np.inf
    for place in range(1 + REFINEMENTS):
        step = correction(program, result, DIGITS ** (1 + place))
        if step.missed < least:
            best, least = result, step.missed
        if step.missed <= ROUNDING or place == REFINEMENTS:
            break
        # The next correction shows what this one misses.
        found = run(
            step.program, _BALANCED_WAYS[0], max(end - clock.time(), 0.0), fresh=True, violation=np.inf, proof=False
        )
        if found.status is not Status.OPTIMAL:
            break
        result = step.added_to(result, found)
    return best, least
