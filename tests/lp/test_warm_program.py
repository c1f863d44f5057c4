"""A program solved again with other bounds gives what it gives when solved afresh."""

from __future__ import annotations

import time as clock
from dataclasses import replace

import numpy as np
import pytest

from lp_posg.lp import LinearProgram, LPResult, Status, WarmProgram, attempt_program, warm

TOL = 1e-9


def covering(seed: int) -> LinearProgram:
    """Return: minimise a positive cost of x >= 0 with A x >= bound, A positive."""
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(0.1, 1, (6, 9))
    return LinearProgram(
        rng.uniform(1, 2, 9),
        np.zeros(9),
        np.full(9, np.inf),
        np.ones(6),
        np.full(6, np.inf),
        np.arange(0, 55, 6, dtype=np.int32),
        np.tile(np.arange(6, dtype=np.int32), 9),
        matrix.T.ravel(),
    )


def test_a_chain_of_solves_agrees_with_fresh_ones():
    program = covering(0)
    warmed = WarmProgram(program)
    rng = np.random.default_rng(1)
    start, objectives = None, set()
    for _ in range(20):
        now = replace(program, row_lower=rng.uniform(0, 2, 6), upper=rng.uniform(1, 3, 9))
        result, start = warmed.solve(now.lower, now.upper, now.row_lower, now.row_upper, start)
        fresh = attempt_program(now)
        assert result.status is fresh.status is Status.OPTIMAL
        assert result.objective == pytest.approx(fresh.objective, abs=TOL)
        assert now.violation(result.x) <= TOL
        objectives.add(round(result.objective, 6))
    assert len(objectives) == 20


def test_an_infeasible_solve_is_told_and_does_not_spoil_the_next():
    program = covering(2)
    warmed = WarmProgram(program)
    none = np.zeros(9)
    first, start = warmed.solve(program.lower, program.upper, program.row_lower, program.row_upper)
    bad, end = warmed.solve(program.lower, none, program.row_lower, program.row_upper, start)
    assert (bad.status, len(bad.x), end) == (Status.INFEASIBLE, 0, None)
    again, _ = warmed.solve(program.lower, program.upper, program.row_lower, program.row_upper, start)
    assert again.objective == pytest.approx(first.objective, abs=TOL)


def test_a_deadline_in_the_past_is_a_limit():
    program = covering(3)
    bounds = (program.lower, program.upper, program.row_lower, program.row_upper)
    result, end = WarmProgram(program).solve(*bounds, deadline=clock.time() - 1)
    assert (result.status, end) == (Status.LIMIT, None)


def test_what_fails_from_a_start_is_solved_afresh(monkeypatch):
    program = covering(4)
    bounds = (program.lower, program.upper, program.row_lower, program.row_upper)
    failed = LPResult(Status.FAILED, np.empty(0), np.empty(0), float("nan"))
    monkeypatch.setattr(warm, "run_loaded", lambda *args: failed)
    result, end = WarmProgram(program).solve(*bounds)
    assert end is None
    assert result.objective == pytest.approx(attempt_program(program).objective, abs=TOL)
