"""Pursuit on a grid: thousands of observations, few of which can follow on what an agent knows."""

from __future__ import annotations

import pytest
from pursuit import pursuit, value_by_histories

import lp_posg as posg
from lp_posg.types import GAP_TOL

MOST_LISTED = 400_000
"""Far fewer than the 8 million triples of agent 2 at step 2 on a grid of 3 x 3, or 10**9 at step 3."""


@pytest.fixture
def grid(tmp_path):
    def load_it(rows, columns):
        path = tmp_path / "grid.osposg"
        path.write_text(pursuit(rows, columns))
        return path

    return load_it


def test_the_oracle_values_certain_capture_at_the_last_of_three_steps():
    assert value_by_histories(pursuit(2, 3), 3) == pytest.approx(100 * 0.95**2)


@pytest.mark.parametrize(("rows", "columns", "horizon"), [(2, 2, 3), (2, 3, 3), (3, 3, 2), (3, 3, 3)])
def test_the_value_is_that_of_a_program_over_the_file_s_histories(grid, rows, columns, horizon):
    path = grid(rows, columns)
    solution = posg.solve(posg.load(path), horizon, "none", method="sequence-form")
    value = value_by_histories(path.read_text(), horizon)
    assert solution.values.tolist() == pytest.approx([value, -value], abs=100 * GAP_TOL)
    listed = [sum(index.size for index in table.next_index) for table in solution.tables]
    assert sum(listed) < MOST_LISTED


def test_a_large_table_lists_what_can_happen_alone(grid):
    solution = posg.solve(posg.load(grid(3, 3)), 2, "none", method="sequence-form")
    start, step = solution.tables
    assert start.is_complete
    assert [listed is None for listed in step.listed] == [True, False]
    # Both pursuers leave a corner for one of three pairs of cells, agent 1's slots without an order doing as the first
    # does: each of the evader's two ways out, taken by two of its four slots, can be followed by 12 observations.
    assert step.n_next[1] == len(step.next_index[1]) == 4 * 12
    assert step.n_next[1] == len(solution.information_sets("agent2", 1))


def test_a_solution_with_listed_triples_is_stored_verified_and_played(grid, tmp_path):
    solution = posg.solve(posg.load(grid(3, 3)), 2, "none", method="sequence-form")
    solution.save(tmp_path / "grid.npz")
    again = posg.load(tmp_path / "grid.npz")
    assert again.tables[1].listed[1].code.tolist() == solution.tables[1].listed[1].code.tolist()
    assert again.information_sets("agent2", 1) == solution.information_sets("agent2", 1)
    assert again.verify().values.tolist() == solution.values.tolist()
    assert again.simulate(1000, seed=3).mean.tolist() == [0.0, 0.0]
