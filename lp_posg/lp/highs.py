"""HiGHS as the solver: one reused object, whole arrays in, one status table out."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import highspy
import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp.balance import ROUNDING, Units, balanced, correction, is_wide
from lp_posg.lp.program import LinearProgram, LPResult, ProgramBlock, Status
from lp_posg.types import FloatArray, IntArray

_STATUS: Mapping[highspy.HighsModelStatus, Status] = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Status.INFEASIBLE_OR_UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Status.LIMIT,
    highspy.HighsModelStatus.kIterationLimit: Status.FAILED,  # one of `_WAYS`, not the caller's
    highspy.HighsModelStatus.kSolutionLimit: Status.LIMIT,
    highspy.HighsModelStatus.kObjectiveBound: Status.LIMIT,
    highspy.HighsModelStatus.kObjectiveTarget: Status.LIMIT,
}

_ALWAYS = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
    "simplex_scale_strategy": 2,
    "simplex_dual_edge_weight_strategy": -1,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
    "mip_feasibility_tolerance": 1e-9,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
    "small_matrix_value": 1e-9,
}

# Tried in turn until one ends with a definite answer. Presolve costs more than it saves on
# programs as small as stage games, and so does scaling, since their rows come scaled; the later ways
# are for the rare one on which the first fails.
_WAYS: tuple[Mapping[str, object], ...] = (
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 1, "simplex_scale_strategy": 0},
    {"presolve": "on", "solver": "simplex", "simplex_strategy": 1},
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 4},
    # Without a limit it may go on for ever; usual are some tens of iterations.
    {"presolve": "on", "solver": "ipm", "run_crossover": "on", "ipm_iteration_limit": 1000},
    {
        "presolve": "on",
        "solver": "choose",
        "primal_feasibility_tolerance": 1e-7,
        "dual_feasibility_tolerance": 1e-7,
    },
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
# A basis stays feasible when costs change, which is where the primal method starts.
_SWEEP_WAY: Mapping[str, object] = {**_WAYS[0], "simplex_strategy": 4}

GROUP_ENTRIES, GROUP_MOST = 8000, 64
"""Programs are joined up to this many entries and this many programs (measured: `benchmarks/stage_lps.py`)."""

LARGE_ENTRIES = 20_000
"""Programs beyond this many entries, and all with whole numbers, can be interrupted."""

REFINEMENTS = 4
"""Most corrections of a balanced program."""

REFINED = 1e-14
"""What a refined solution may miss, in the units of its program."""

DIGITS = 1e5
"""What a solution misses is multiplied by this in the first correction, and so many times more in each further one."""

VIOLATION_TOL = 1e-7
"""A solution that breaks a row by more than this is not believed, whatever its status."""

_EMPTY: FloatArray = np.empty(0)
_local = threading.local()


def solve_program(
    program: LinearProgram,
    what: str = "linear program",
    deadline: float | None = None,
    *,
    presolve: bool = False,
    balance: bool = False,
) -> LPResult:
    """Return the optimal solution of `program`; this is the only way to a decoded result.

    Parameters
    ----------
    what : str
        Names the program in an error.
    deadline : float, optional
        Value of ``time.time()`` after which to give up.
    presolve : bool
        Whether to reduce the program first; for a large one, not one of a small stage game.
    balance : bool
        Whether to bring the program's numbers together first whatever they are; see `balance`.

    Raises
    ------
    LimitError
        If the deadline passes; of a program with whole numbers its facts are the ``bound`` and ``incumbent`` of
        `LPResult` too, and its ``x``.
    SolveError
        If it is infeasible or unbounded, or no way of solving it ends with an optimum; the
        message tells these apart.
    """
    left = np.inf if deadline is None else deadline - clock.time()
    result = attempt_program(program, left, presolve=presolve, balance=balance)
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

    Small programs are solved several at a time as one block-diagonal program, since HiGHS spends a
    large fixed time on each; where that does not end with an optimum for all, they are solved one
    by one, and the one at fault is named. How they are grouped depends on their number and shape
    alone, so that the answer does.

    Parameters
    ----------
    what : callable
        Names the b-th program in an error.
    deadline : float, optional
        As in `solve_program`.

    Returns
    -------
    x : float array, shape (B, n_columns)
    dual : float array, shape (B, n_rows)

    Raises
    ------
    SolveError
        As `solve_program`.
    """
    x = np.empty((len(block), block.n_columns))
    dual = np.empty((len(block), block.n_rows))
    group = int(min(GROUP_MOST, max(1, GROUP_ENTRIES // max(1, block.value.shape[1]))))
    for first in range(0, len(block), group):
        size = min(group, len(block) - first)
        rows = slice(first, first + size)
        if deadline is not None and clock.time() > deadline:
            raise LimitError(f"{what(first)}: the time limit was met", status=Status.LIMIT, limit="time")
        if size > 1:
            result = _run(block.joined(first, size), _JOINED_WAY, np.inf, fresh=False)
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

    That a program is infeasible or unbounded is believed only when two ways say so: on a badly
    conditioned program a single way can be wrong about it.

    Parameters
    ----------
    time_limit : float
        Seconds for all ways together.
    presolve, balance : bool
        As in `solve_program`.
    """
    said: list[Status] = []
    end = clock.time() + time_limit
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
            return LPResult(Status.LIMIT, _EMPTY, _EMPTY, float("nan"))
        result = _run(program, options, left, fresh=place > 0)
        if result.status in (Status.OPTIMAL, Status.LIMIT):
            return result
        if result.status in (Status.INFEASIBLE, Status.UNBOUNDED) and result.status in said:
            return result
        said.append(result.status)
    return _failed()


def _attempt_balanced(program: LinearProgram, end: float) -> LPResult:
    """Return an optimum of a program of numbers of very different sizes; or what else came.

    It is refined in units that bring the numbers together; where that does not go all the way, in others too.
    """
    best, least = _failed(), np.inf
    units: tuple[Units, ...] = ("middle", "given", "mean")
    for other in (balanced(program, own) for own in units):
        result = _in_turn(other.program, end)
        if result.status is not Status.OPTIMAL:
            best = result if least == np.inf else best
            continue
        result, missed = _refined(other.program, result, end)
        result = other.undone(result, program.cost)
        if missed < least and program.violation(result.x) <= VIOLATION_TOL:
            best, least = result, missed
        if least <= REFINED:
            break
    return best


def _in_turn(program: LinearProgram, end: float) -> LPResult:
    result = _failed()
    for options in _BALANCED_WAYS:
        result = _run(program, options, max(end - clock.time(), 0.0), fresh=True)
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
        # What a correction misses itself is told by the next one.
        found = _run(step.program, _BALANCED_WAYS[0], max(end - clock.time(), 0.0), fresh=True, violation=np.inf)
        if found.status is not Status.OPTIMAL:
            break
        result = step.added_to(result, found)
    return best, least


def _run(
    program: LinearProgram,
    options: Mapping[str, object],
    time_limit: float,
    fresh: bool,
    violation: float = VIOLATION_TOL,
) -> LPResult:
    large = is_large(program)
    highs = _solver(fresh, options, time_limit, large, program.integer is not None)
    return run_loaded(highs, program, large, violation) if load(highs, program) else _failed()


def is_large(program: LinearProgram) -> bool:
    """Whether a solve of the program has to be interruptible."""
    return program.integer is not None or len(program.value) > LARGE_ENTRIES


def load(highs: highspy.Highs, program: LinearProgram) -> bool:
    """Give the program to a solver; False if it refuses it."""
    integer = program.integer
    passed = highs.passModel(
        program.n_columns,
        program.n_rows,
        len(program.value),
        1,  # entries by column
        1,  # minimise
        0.0,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.start,
        program.index,
        program.value,
        _continuous(program.n_columns) if integer is None else integer.astype(np.int32),
    )
    # A warning is given for entries below 1e-9, which HiGHS leaves out; `violation` judges the result.
    return bool(passed != highspy.HighsStatus.kError)


def run_loaded(highs: highspy.Highs, program: LinearProgram, large: bool, violation: float = VIOLATION_TOL) -> LPResult:
    """Run a solver that holds `program` and return what became of it."""
    ran = _run_interruptibly(highs) if large else highs.run()
    if ran == highspy.HighsStatus.kError:
        return _failed()
    status = _STATUS.get(highs.getModelStatus(), Status.FAILED)
    if status is Status.LIMIT and program.integer is not None:
        return _reached(highs, program)
    if status is not Status.OPTIMAL:
        return LPResult(status, _EMPTY, _EMPTY, float("nan"))
    solution = highs.getSolution()
    x = np.array(solution.col_value)
    if program.violation(x) > violation:
        return _failed()
    dual = np.array(solution.row_dual) if program.integer is None else _EMPTY
    return LPResult(status, x, dual, float(program.cost @ x))


def _reached(highs: highspy.Highs, program: LinearProgram) -> LPResult:
    """Return the bound, and the best solution found if there is one, of a stopped program with whole numbers."""
    info, none = highs.getInfo(), float("nan")
    bound = float(info.mip_dual_bound)
    x, incumbent = _EMPTY, none
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.array(highs.getSolution().col_value)
        if program.violation(found) <= VIOLATION_TOL:
            x, incumbent = found, float(program.cost @ found)
    return LPResult(Status.LIMIT, x, _EMPTY, none, bound if np.isfinite(bound) else none, incumbent)


class CostSweep:
    """One linear program to be solved with one cost after another, each time from the last basis.

    Parameters
    ----------
    program : LinearProgram
        Its own cost is not used.
    what : str
        Names the program in an error.
    deadline : float, optional
        As in `solve_program`.
    """

    def __init__(self, program: LinearProgram, what: str = "linear program", deadline: float | None = None) -> None:
        self._program, self._what, self._deadline = program, what, deadline
        self._columns = np.arange(program.n_columns, dtype=np.int32)
        self._highs: Any = None

    def solve(self, cost: FloatArray) -> LPResult:
        """Return the optimal solution at this cost.

        Raises
        ------
        LimitError, SolveError
            As `solve_program`, by which a program is solved where the warm start does not end with an optimum.
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
            self._highs = _new_solver(large=False)
            _set_options(self._highs, _SWEEP_WAY)
            load(self._highs, program)
        else:
            self._highs.changeColsCost(program.n_columns, self._columns, program.cost)
        return run_loaded(self._highs, program, large=False)


def _failed() -> LPResult:
    return LPResult(Status.FAILED, _EMPTY, _EMPTY, float("nan"))


@lru_cache(maxsize=1024)
def _continuous(n_columns: int) -> IntArray:
    return np.zeros(n_columns, np.int32)


def _run_interruptibly(highs: highspy.Highs) -> highspy.HighsStatus:
    """Run in a thread of its own, so that Ctrl-C is heard while HiGHS works; it is then told to stop."""
    ended: list[highspy.HighsStatus] = []
    # Not Thread.join with a time-out: interrupted, it may take a running thread for an ended one.
    done = threading.Event()

    def run() -> None:
        try:
            ended.append(highs.run())
        finally:
            done.set()

    thread = threading.Thread(target=run, daemon=True)
    _running[highs] = done
    thread.start()
    try:
        while not done.wait(0.05):
            pass
    except BaseException:
        _cancel(highs, done)
        _local.solvers.clear()
        raise
    finally:
        _running.pop(highs, None)
    thread.join(1.0)
    return ended[0] if ended else highspy.HighsStatus.kError


_running: dict[highspy.Highs, threading.Event] = {}
"""Solvers at work in any thread, and what is set when they end."""


def cancel_running() -> None:
    """Stop every program that any thread of this process is solving, and wait until they have ended.

    For who hands programs to threads: an interrupt reaches the main thread alone.
    """
    for highs, done in list(_running.items()):
        _cancel(highs, done)


def _cancel(highs: highspy.Highs, done: threading.Event) -> None:
    highs.cancelSolve()  # type: ignore[no-untyped-call]
    done.wait(10.0)


def _solver(
    fresh: bool, options: Mapping[str, object], time_limit: float, large: bool = False, integer: bool = False
) -> highspy.Highs:
    """Return this thread's solver with one way's options set; a new one after a failure.

    All options are set whenever they change, so that nothing is left over from another way. Large
    programs have a solver of their own, which can be interrupted; that costs a small one too much.
    """
    solvers = _local.__dict__.setdefault("solvers", {})
    highs, was = solvers.get(large, (None, None))
    if fresh or highs is None:
        highs, was = _new_solver(large), None
    if was != id(options):
        _set_options(highs, options)
    limit_time(highs, time_limit, integer)
    solvers[large] = (highs, id(options))
    return cast(highspy.Highs, highs)


def warm_solver(large: bool) -> highspy.Highs:
    """Return a solver of its own, with the options of the first way."""
    highs = _new_solver(large)
    _set_options(highs, _WAYS[0])
    return highs


def _new_solver(large: bool) -> highspy.Highs:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.HandleUserInterrupt = large
    return highs


def _set_options(highs: highspy.Highs, options: Mapping[str, object]) -> None:
    for key, value in (_ALWAYS | dict(options)).items():
        highs.setOptionValue(key, cast(float, value))


def limit_time(highs: highspy.Highs, seconds: float, integer: bool = False) -> None:
    """Let the next run take that long.

    Of linear programs HiGHS counts the time of all runs of one object against the limit, of others each run's.
    """
    highs.setOptionValue("time_limit", float(seconds + (0.0 if integer else highs.getRunTime())))
