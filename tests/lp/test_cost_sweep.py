"""One program with one cost after another, and large programs presolved."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import CostSweep, LinearProgram, Status, solve_program, warm


def simplex(n: int, upper: float = np.inf) -> LinearProgram:
    """Return the program over x >= 0 that sum to 1: its minimum is the smallest cost."""
    return LinearProgram(
        cost=np.zeros(n),
        lower=np.zeros(n),
        upper=np.full(n, upper),
        row_lower=np.ones(1),
        row_upper=np.ones(1),
        start=np.arange(n + 1, dtype=np.int32),
        index=np.zeros(n, dtype=np.int32),
        value=np.ones(n),
    )


def test_every_cost_has_its_own_optimum():
    rng = np.random.default_rng(0)
    sweep = CostSweep(simplex(7))
    for cost in rng.uniform(-1, 1, (50, 7)):
        result = sweep.solve(cost)
        assert result.objective == pytest.approx(cost.min(), abs=1e-12)
        assert result.x == pytest.approx(np.eye(7)[cost.argmin()], abs=1e-12)


def test_a_warm_start_that_fails_is_made_up_for(monkeypatch):
    sweep = CostSweep(simplex(3))
    assert sweep.solve(np.array([3.0, 1.0, 2.0])).objective == pytest.approx(1)
    right = warm.run_loaded
    failing = iter([True])

    def once(solver, program, large, *rest):
        result = right(solver, program, large, *rest)
        return replace(result, status=Status.FAILED) if next(failing, False) else result

    monkeypatch.setattr(warm, "run_loaded", once)
    assert sweep.solve(np.array([3.0, 4.0, 2.0])).objective == pytest.approx(2)
    assert next(failing, "used") == "used"
    assert sweep.solve(np.array([1.0, 4.0, 2.0])).objective == pytest.approx(1)


def test_an_infeasible_program_and_a_deadline_are_told():
    with pytest.raises(SolveError, match=r"this one .* infeasible"):
        CostSweep(simplex(2, upper=0.25), "this one").solve(np.ones(2))
    with pytest.raises(LimitError):
        CostSweep(simplex(2), deadline=time.time() - 1).solve(np.ones(2))


def test_presolve_changes_no_optimum():
    cost = np.random.default_rng(1).uniform(-1, 1, 20)
    program = replace(simplex(20), cost=cost)
    assert solve_program(program, presolve=True).objective == pytest.approx(solve_program(program).objective)
    with pytest.raises(SolveError):
        solve_program(simplex(2, upper=0.25), presolve=True)
