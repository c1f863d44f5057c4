"""Programs that grow by columns: the same optimum, dual and errors as the whole program."""

from __future__ import annotations

import time

import numpy as np
import pytest

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import ColumnProgram, solve_program

TOL = 1e-9


def covering(n_rows=6):
    """Return the rows of ``A x >= 1``."""
    return ColumnProgram(np.ones(n_rows), np.full(n_rows, np.inf), "cover")


def test_every_state_has_the_optimum_of_the_whole_program_and_a_dual_that_proves_it():
    rng = np.random.default_rng(0)
    program = covering()
    program.add(np.eye(6), np.full(6, 10.0))
    costs = []
    for _ in range(5):
        program.add(rng.random((4, 6)), 1 + rng.random(4))
        warm, cold = program.solve(), solve_program(program.program())
        assert warm.objective == pytest.approx(cold.objective, abs=TOL)
        assert warm.dual.sum() == pytest.approx(warm.objective, abs=TOL)  # every row asks for 1
        assert warm.dual.min() >= -TOL
        costs.append(warm.objective)
    assert costs[0] > costs[-1] + 0.1
    assert (np.diff(costs) <= TOL).all()
    assert program.n_columns == 26


def test_costs_and_bounds_can_change_between_runs():
    """min x + 2 y, x + y >= 1: x alone, 1. With x <= 1/4, y = 3/4: 7/4. Then y for nothing: 0."""
    program = ColumnProgram(np.ones(1), np.full(1, np.inf))
    program.add(np.ones((2, 1)), np.array([1.0, 2.0]))
    assert program.solve().objective == pytest.approx(1.0, abs=TOL)
    program.set_upper(0, 0.25)
    assert program.solve().objective == pytest.approx(1.75, abs=TOL)
    program.set_cost(np.array([1.0, 0.0]))
    found = program.solve()
    assert found.x == pytest.approx([0.0, 1.0], abs=TOL)


def test_columns_without_entries_and_free_columns():
    """min -t with t - x <= 0 (as 0 <= x - t) and x <= 3 by its bound; a column in no row stays at its lower bound."""
    program = ColumnProgram(np.zeros(1), np.full(1, np.inf))
    program.add(np.array([[-1.0]]), np.array([-1.0]), lower=-np.inf)
    program.add(np.array([[1.0]]), np.zeros(1), upper=3.0)
    program.add(np.zeros((1, 1)), np.ones(1))
    assert program.solve().x == pytest.approx([3.0, 3.0, 0.0], abs=TOL)


def test_an_infeasible_program_is_named():
    program = covering(2)
    program.add(np.array([[1.0, 0.0]]), np.ones(1))
    with pytest.raises(SolveError, match=r"cover \(2 rows, 1 columns\) ended as: infeasible"):
        program.solve()
    program.add(np.array([[0.0, 1.0]]), np.ones(1))  # and it goes on once it is feasible
    assert program.solve().objective == pytest.approx(2.0, abs=TOL)


def test_past_its_deadline_it_stops():
    program = covering()
    program.add(np.eye(6), np.ones(6))
    with pytest.raises(LimitError, match="cover"):
        program.solve(deadline=time.time() - 1)
