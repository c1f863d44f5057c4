"""The solver boundary: values, duals, statuses that are never confused, and the ways tried after a failure."""

from __future__ import annotations

import threading
import time as clock

import numpy as np
import pytest

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import LinearProgram, LPResult, Status, attempt_program, attempts, highs, solve_program

TOL = 1e-9


def program(cost, rows, low, high, lower=None, upper=None, integer=None) -> LinearProgram:
    """Return a program from dense rows."""
    matrix = np.atleast_2d(np.asarray(rows, dtype=float)).reshape(-1, len(cost))
    column, index = np.nonzero(matrix.T)
    n = len(cost)
    return LinearProgram(
        np.asarray(cost, dtype=float),
        np.zeros(n) if lower is None else np.asarray(lower, dtype=float),
        np.full(n, np.inf) if upper is None else np.asarray(upper, dtype=float),
        np.asarray(low, dtype=float),
        np.asarray(high, dtype=float),
        np.searchsorted(column, np.arange(n + 1)).astype(np.int32),
        index.astype(np.int32),
        matrix.T[column, index],
        None if integer is None else np.asarray(integer, dtype=bool),
    )


# max x + y with x + 2y <= 4 and 3x + y <= 6: the corner is x = 8/5, y = 6/5, duals -2/5 and -1/5.
CORNER = program([-1, -1], [[1, 2], [3, 1]], [-np.inf, -np.inf], [4, 6])
INFEASIBLE = program([1], [[1]], [-np.inf], [-1])
UNBOUNDED = program([-1], [[1]], [0], [np.inf])


def test_optimum_and_duals_of_a_corner():
    result = solve_program(CORNER)
    np.testing.assert_allclose(result.x, [1.6, 1.2], atol=TOL)
    np.testing.assert_allclose(result.dual, [-0.4, -0.2], atol=TOL)
    assert result.objective == pytest.approx(-2.8, abs=TOL)


def test_primal_and_dual_objectives_agree_on_random_programs():
    rng = np.random.default_rng(3)
    for _ in range(50):
        rows, bound = rng.uniform(0.1, 1, (4, 6)), rng.uniform(1, 2, 4)
        result = solve_program(program(-rng.uniform(0, 1, 6), rows, np.full(4, -np.inf), bound))
        assert result.dual @ bound == pytest.approx(result.objective, abs=TOL)


@pytest.mark.parametrize(
    ("bad", "status"), [(INFEASIBLE, Status.INFEASIBLE), (UNBOUNDED, Status.UNBOUNDED)], ids=["infeasible", "unbounded"]
)
def test_infeasible_and_unbounded_are_told_apart_and_never_decoded(bad, status):
    result = attempt_program(bad)
    assert result.status is status
    assert len(result.x) == 0
    with pytest.raises(SolveError, match=status.value):
        solve_program(bad, "a program made to fail")


def test_a_time_limit_is_a_limit_not_a_failure():
    """A market split: four equations in thirty whole numbers keep any solver busy for far longer."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 100, (4, 30))
    half = np.floor(rows.sum(axis=1) / 2)
    slack = np.hstack([np.eye(4), -np.eye(4)])
    hard = program(
        [0] * 30 + [1] * 8, np.hstack([rows, slack]), half, half,
        upper=[1] * 30 + [np.inf] * 8, integer=[True] * 30 + [False] * 8,
    )  # fmt: skip
    for limit in (0.0, 0.2):
        result = attempt_program(hard, time_limit=limit)
        assert result.status is Status.LIMIT
        assert len(result.x) == (0 if np.isnan(result.incumbent) else 38)
        if len(result.x):
            assert hard.violation(result.x) <= highs.VIOLATION_TOL
            assert hard.cost @ result.x == pytest.approx(result.incumbent)
    with pytest.raises(LimitError, match="limit") as caught:
        solve_program(hard, deadline=clock.time() + 0.2)
    assert set(caught.value.facts) == {"status", "limit", "bound", "incumbent", "x"}
    np.testing.assert_allclose(solve_program(CORNER).x, [1.6, 1.2], atol=TOL)


def test_the_solver_recovers_after_a_bad_program():
    for bad in (INFEASIBLE, UNBOUNDED):
        attempt_program(bad)
        np.testing.assert_allclose(solve_program(CORNER).x, [1.6, 1.2], atol=TOL)


def test_the_answer_does_not_depend_on_what_was_solved_before():
    degenerate = program([0, 0, -1], [[1, 1, 1], [1, -1, 0]], [1, 0], [1, 0])
    first = solve_program(degenerate).x
    solve_program(CORNER)
    np.testing.assert_array_equal(solve_program(degenerate).x, first)


def test_integer_columns_are_whole():
    # max 5x + 4y with 6x + 4y <= 24, x + 2y <= 6: the LP has x = 3, y = 1.5; whole numbers give (4, 0).
    result = solve_program(program([-5, -4], [[6, 4], [1, 2]], [-np.inf] * 2, [24, 6], integer=[True, True]))
    np.testing.assert_allclose(result.x, [4, 0], atol=TOL)
    assert len(result.dual) == 0


def test_a_failed_way_is_followed_by_another(monkeypatch):
    tried = []
    run = attempts.run

    def failing_once(program, options, time_limit, fresh):
        tried.append((dict(options), fresh))
        if len(tried) == 1:
            return LPResult(Status.FAILED, np.empty(0), np.empty(0), float("nan"))
        return run(program, options, time_limit, fresh)

    monkeypatch.setattr(attempts, "run", failing_once)
    np.testing.assert_allclose(solve_program(CORNER).x, [1.6, 1.2], atol=TOL)
    assert [fresh for _, fresh in tried] == [False, True]
    assert tried[0][0] != tried[1][0]


def test_when_every_way_fails_it_is_raised_with_the_program(monkeypatch):
    failed = LPResult(Status.FAILED, np.empty(0), np.empty(0), float("nan"))
    monkeypatch.setattr(attempts, "run", lambda *args, **kwargs: failed)
    with pytest.raises(SolveError, match=r"stage LP \(2 rows, 2 columns\) ended as: failed") as caught:
        solve_program(CORNER, "stage LP")
    assert caught.value.program is CORNER


def test_a_solution_that_breaks_a_row_is_not_believed(monkeypatch):
    monkeypatch.setattr(LinearProgram, "violation", lambda self, x, activity: 1e-3)
    assert attempt_program(CORNER).status is Status.FAILED


def test_violation_measures_rows_and_bounds():
    assert CORNER.violation(np.array([1.6, 1.2])) <= TOL
    assert CORNER.violation(np.array([-0.5, 0.0])) == pytest.approx(0.5)
    assert CORNER.violation(np.array([2.0, 2.0])) == pytest.approx(2.0)


@pytest.mark.parametrize("wrong", [Status.INFEASIBLE, Status.UNBOUNDED])
def test_one_way_alone_is_not_believed_that_there_is_no_solution(monkeypatch, wrong):
    run = attempts.run
    tried = []

    def mistaken_once(program, options, time_limit, fresh):
        tried.append(options)
        if len(tried) == 1:
            return LPResult(wrong, np.empty(0), np.empty(0), float("nan"))
        return run(program, options, time_limit, fresh)

    monkeypatch.setattr(attempts, "run", mistaken_once)
    np.testing.assert_allclose(solve_program(CORNER).x, [1.6, 1.2], atol=TOL)
    assert len(tried) == 2


def test_a_large_program_is_solved_like_a_small_one(monkeypatch):
    monkeypatch.setattr(highs, "LARGE_ENTRIES", 0)
    np.testing.assert_allclose(solve_program(CORNER).x, [1.6, 1.2], atol=TOL)
    assert attempt_program(INFEASIBLE).status is Status.INFEASIBLE


class BrokenSolver:
    """A solver that runs out of memory."""

    def run(self):
        raise MemoryError("std::bad_alloc")


def test_what_a_solver_raises_in_its_thread_is_raised_where_it_was_called(capsys):
    with pytest.raises(MemoryError, match="bad_alloc"):
        highs._run_interruptibly(BrokenSolver())
    assert capsys.readouterr().err == ""
    assert highs._running == {}


def test_a_thread_that_cannot_start_is_a_lack_of_memory(monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(MemoryError, match="solver's thread"):
        highs._run_interruptibly(BrokenSolver())
    assert highs._running == {}
