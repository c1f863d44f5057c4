"""HiGHS as the solver: one reused object, whole arrays in, one status table out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np

from lp_posg.lp.program import LinearProgram, LPResult, Status, unsolved
from lp_posg.types import FloatArray, IntArray

if TYPE_CHECKING:
    import highspy

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

# Presolve costs more than it saves on programs as small as stage games, and so does scaling, since their rows come
# scaled.
FIRST_WAY: Mapping[str, object] = {
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    "simplex_scale_strategy": 0,
}

LARGE_ENTRIES = 20_000  # programs beyond this many entries, and all with whole numbers, can be interrupted
VIOLATION_TOL = 1e-7  # a solution that breaks a row by more than this is not believed, whatever its status
# What the value of a solution in whole numbers may differ from the solver's own and from its bound, relatively: it is
# asked for 1e-9, of numbers that it scales.
INTEGER_TOL = 1e-8

_EMPTY: FloatArray = np.empty(0)
_local = threading.local()


@cache
def _statuses() -> Mapping[object, Status]:
    import highspy  # late, here and below: programs that solve nothing start sooner

    # Once a block this large is freed, glibc keeps memory of that size for the process. Otherwise it may fetch the
    # arrays of each batch of programs from the system anew, which costs up to a fifth of a stage game's time.
    np.empty(1 << 21)
    model = highspy.HighsModelStatus
    return {
        model.kOptimal: Status.OPTIMAL,
        model.kInfeasible: Status.INFEASIBLE,
        model.kUnbounded: Status.UNBOUNDED,
        model.kUnboundedOrInfeasible: Status.INFEASIBLE_OR_UNBOUNDED,
        model.kTimeLimit: Status.LIMIT,
        model.kIterationLimit: Status.FAILED,  # one of the ways' in `attempts`, not the caller's
        model.kSolutionLimit: Status.LIMIT,
        model.kObjectiveBound: Status.LIMIT,
        model.kObjectiveTarget: Status.LIMIT,
    }


def run(
    program: LinearProgram,
    options: Mapping[str, object],
    time_limit: float,
    fresh: bool,
    violation: float = VIOLATION_TOL,
    proof: bool = True,
) -> LPResult:
    """Return how one way of solving a program ended.

    `fresh`: by a new solver. `violation`, `proof`: as in `run_loaded`.
    """
    large = is_large(program)
    highs = _solver(fresh, options, time_limit, large, program.integer is not None)
    return run_loaded(highs, program, large, violation, proof) if load(highs, program) else unsolved()


def is_large(program: LinearProgram) -> bool:
    """Whether a solve of the program has to be interruptible."""
    return program.integer is not None or len(program.value) > LARGE_ENTRIES


def load(highs: highspy.Highs, program: LinearProgram) -> bool:
    """Pass the program to a solver; False if it is refused."""
    import highspy

    by_column, minimise, offset = 1, 1, 0.0
    size = (program.n_columns, program.n_rows, len(program.value), by_column, minimise, offset)
    frame = (program.cost, program.lower, program.upper, program.row_lower, program.row_upper)
    matrix = (program.start, program.index, program.value)
    integer = _continuous(program.n_columns) if program.integer is None else program.integer.astype(np.int32)
    passed = highs.passModel(*size, *frame, *matrix, integer)
    # A warning is given for entries below 1e-9, which HiGHS leaves out; `violation` judges the result.
    return bool(passed != highspy.HighsStatus.kError)


def run_loaded(
    highs: highspy.Highs, program: LinearProgram, large: bool, violation: float = VIOLATION_TOL, proof: bool = True
) -> LPResult:
    """Run a solver that holds `program` and return what became of it.

    That a solution is optimal is not believed: it may break a row by no more than `violation`, and, with `proof`, its
    multipliers, or with whole numbers the bound, have to prove it.
    """
    import highspy

    ran = _run_interruptibly(highs) if large else highs.run()
    if ran == highspy.HighsStatus.kError:
        return unsolved()
    status = _statuses().get(highs.getModelStatus(), Status.FAILED)
    if status is Status.LIMIT and program.integer is not None:
        return _reached(highs, program)
    if status is not Status.OPTIMAL:
        return unsolved(status)
    solution = highs.getSolution()
    x = np.array(solution.col_value)
    activity = program.activity(x)
    if program.violation(x, activity) > violation:
        return unsolved()
    if program.integer is not None:
        return LPResult(status, x, _EMPTY, float(program.cost @ x)) if _is_best(highs, program, x) else unsolved()
    dual = np.array(solution.row_dual)
    if proof and not program.is_proven(x, dual, activity):
        return unsolved()
    return LPResult(status, x, dual, float(program.cost @ x))


def _is_best(highs: highspy.Highs, program: LinearProgram, x: FloatArray) -> bool:
    """Whether a program with whole numbers has this value by its own costs, and no better one by the solver's bound."""
    info, value = highs.getInfo(), float(program.cost @ x)
    scale = max(1.0, float(np.abs(program.cost) @ np.abs(x)))
    return max(abs(info.objective_function_value - value), value - info.mip_dual_bound) <= INTEGER_TOL * scale


def _reached(highs: highspy.Highs, program: LinearProgram) -> LPResult:
    """Return the bound, and the best solution found if there is one, of a stopped program with whole numbers."""
    import highspy

    info, none = highs.getInfo(), float("nan")
    x, incumbent, bound = _EMPTY, none, float(info.mip_dual_bound)
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.array(highs.getSolution().col_value)
        if program.violation(found) <= VIOLATION_TOL:
            x, incumbent = found, float(program.cost @ found)
    return LPResult(Status.LIMIT, x, _EMPTY, none, bound if np.isfinite(bound) else none, incumbent)


@lru_cache(maxsize=1024)
def _continuous(n_columns: int) -> IntArray:
    return np.zeros(n_columns, np.int32)


def _run_interruptibly(highs: highspy.Highs) -> highspy.HighsStatus:
    """Run in a thread of its own, so that Ctrl-C arrives while HiGHS works, and stops it."""
    ended: list[highspy.HighsStatus | BaseException] = []
    # Not Thread.join with a time-out: interrupted, it may take a running thread for an ended one.
    done = threading.Event()

    def run() -> None:
        try:
            ended.append(highs.run())
        except BaseException as error:  # raised again by the thread that waits, which knows whom to tell
            ended.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        raise MemoryError("there is no memory for a solver's thread") from None
    _running[highs] = done
    try:
        while not done.wait(0.05):
            pass
    except BaseException:
        _cancel(highs, done)
        _local.__dict__.pop("solvers", None)
        raise
    finally:
        _running.pop(highs, None)
    thread.join(1.0)
    if isinstance(ended[0], BaseException):
        _local.__dict__.pop("solvers", None)
        raise ended[0]
    return ended[0]


_running: dict[highspy.Highs, threading.Event] = {}
"""Solvers at work in any thread, and what is set when they end."""


def cancel_running() -> None:
    """Stop every program that any thread of this process is solving, and wait until they have ended.

    Call this after handing programs to threads: an interrupt reaches the main thread alone.
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

    All options are set whenever they change, so that nothing is left over from another way. Large programs have a
    solver of their own, which can be interrupted; that costs a small one too much.
    """
    solvers = _local.__dict__.setdefault("solvers", {})
    highs, was = solvers.get(large, (None, None))
    if fresh or highs is None:
        highs, was = _new_solver(large), None
    if was != id(options):
        _set_options(highs, options)
    limit_time(highs, time_limit, integer)
    solvers[large] = (highs, id(options))
    return cast("highspy.Highs", highs)


def solver_for(way: Mapping[str, object], large: bool = False) -> highspy.Highs:
    """Return a solver of its own with the options of one way."""
    highs = _new_solver(large)
    _set_options(highs, way)
    return highs


def _new_solver(large: bool) -> highspy.Highs:
    import highspy

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
