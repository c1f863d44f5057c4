"""Games closed without a program: only where that is exact, and with the program's value."""

from __future__ import annotations

import numpy as np
import pytest
from stage_games import joint_law, random_block, values

from lp_posg.stage import StageBlock, concept_named, parse_objective, shortcuts
from lp_posg.stage.correlated.concept import Correlated

TOL = 1e-8
WELFARE = parse_objective("welfare", ("a", "b"))
SHAPES = [((1, 1), (2, 2)), ((1, 1), (3, 2)), ((2, 2), (2, 2)), ((2, 1, 2), (2, 2, 2))]


@pytest.mark.parametrize("concept", ["strategic-ce", "ce", "interim-cce", "cce"])
@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
def test_closed_games_have_the_value_of_the_program(n_private, n_actions, concept):
    block = random_block(1, n_private, n_actions, size=60)
    welfare = parse_objective("welfare", tuple("abc"[: len(n_private)]))
    closed, _ = shortcuts.closed_games(block, welfare)
    assert 3 <= closed.sum() <= 57
    solver = concept_named(concept)
    assert isinstance(solver, Correlated)
    found = solver.solve(block, welfare)
    plain = solver._by_program(block, welfare)
    assert found.methods == {"shortcut": closed.sum(), "program": 60 - closed.sum()}
    for row in range(60):
        mine, theirs = (
            values(block.payoff[row], joint_law(s, row, n_private, n_actions)).sum() for s in (found, plain)
        )
        assert mine == pytest.approx(theirs, abs=TOL)


def test_saddle_points_are_found_exactly_where_they_are():
    block = random_block(2, (1, 1), (3, 3), size=200, zero_sum=True, integers=True)
    closed, strategy = shortcuts.closed_games(block, parse_objective("worst", ("a", "b")))
    first = block.payoff[:, 0, 0, 0]
    has_one = np.array([game.min(axis=1).max() == game.max(axis=0).min() for game in first])
    np.testing.assert_array_equal(closed, has_one)
    assert 20 <= closed.sum() <= 180
    for b, row in enumerate(np.flatnonzero(closed)):
        law = joint_law(strategy, b, (1, 1), (3, 3))
        assert values(block.payoff[row], law)[0] == first[row].min(axis=1).max()


def test_a_welfare_optimum_that_is_no_equilibrium_is_left_to_the_program():
    # Chicken: both yielding is best, yet either would rather dare.
    chicken = np.array([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], dtype=float).reshape(1, 2, 1, 1, 2, 2)
    closed, _ = shortcuts.closed_games(StageBlock(chicken, 0, np.array([0])), WELFARE)
    assert not closed.any()


def test_other_objectives_are_left_to_the_program():
    block = random_block(1, (2, 2), (2, 2), size=20)
    for name in ("worst", "egalitarian", "agent:1"):
        assert not shortcuts.closed_games(block, parse_objective(name, ("a", "b")))[0].any()


def test_a_gain_at_an_improbable_private_information_still_counts():
    payoff = np.zeros((1, 2, 2, 1, 2, 1))
    payoff[0, :, 0, 0] = [[1.0], [0.0]]  # a common payoff, but ...
    payoff[0, 0, 1, 0] = [[0.0], [1e-18]]  # ... at its second information agent 1 alone prefers the second action
    payoff[0, 1, 1, 0] = [[3e-18], [0.0]]
    assert not shortcuts.closed_games(StageBlock(payoff, 0, np.array([0])), WELFARE)[0].any()


def test_games_too_large_to_enumerate_are_left_to_the_program(monkeypatch):
    monkeypatch.setattr(shortcuts, "ENTRY_LIMIT", 1)
    block = random_block(1, (2, 2), (2, 2), size=20, common=True)
    assert not shortcuts.closed_games(block, WELFARE)[0].any()


def test_blocks_solved_in_groups_have_the_answers_of_single_games():
    """A block-diagonal group against each program alone, by value."""
    from lp_posg.lp import solve_block, solve_program
    from lp_posg.stage.minimax import compile_minimax

    payoff = random_block(3, (2, 2), (3, 2), size=70, zero_sum=True).payoff[:, 0]
    block = compile_minimax(payoff)
    x, dual = solve_block(block)
    for b in range(70):
        alone = solve_program(block.program(b))
        assert block.cost[b] @ x[b] == pytest.approx(alone.objective, abs=1e-10)
        assert dual[b] @ block.program(b).row_lower == pytest.approx(alone.objective, abs=1e-10)


def test_one_infeasible_program_of_a_block_is_named_and_the_rest_is_not_lost():
    from dataclasses import replace

    from lp_posg.errors import SolveError
    from lp_posg.lp import solve_block
    from lp_posg.stage.minimax import compile_minimax

    block = compile_minimax(random_block(3, (1, 1), (2, 2), size=10, zero_sum=True).payoff[:, 0])
    low = np.tile(block.row_lower, (10, 1))
    high = np.tile(block.row_upper, (10, 1))
    high[7, -1] = low[7, -1] = -1.0  # probabilities that sum to -1
    with pytest.raises(SolveError, match=r"game 7 .* infeasible"):
        solve_block(replace(block, row_lower=low, row_upper=high), "game {}".format)
