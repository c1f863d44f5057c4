"""The most random Nash equilibrium of zero-sum games."""

from __future__ import annotations

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective

AGENTS = ("a", "b", "c")


def solved(payoff):
    block = StageBlock(payoff[None], 0, np.array([4]))
    found = concept_named("ne").solve(block, parse_objective("entropy", AGENTS[: len(payoff)]))
    assert found.methods == {"conic": 1}
    return [own[0] for own in found.prescription]


def zero_sum(first):
    first = np.asarray(first, dtype=float)
    return np.stack([first, -first])[:, None, None]


def test_of_what_is_all_the_same_everything_is_played_alike():
    x, y = solved(np.zeros((2, 1, 2, 3, 2)))
    assert x == pytest.approx(np.full((1, 3), 1 / 3), abs=1e-5)  # the entropy is flat at its top
    assert y == pytest.approx(np.full((2, 2), 1 / 2), abs=1e-5)


def test_of_two_stones_each_is_thrown_half_as_often():
    """Rock, paper, scissors with two rocks for agent 1: 1/6, 1/6, 1/3, 1/3 is the most random of its optimal plays."""
    beats = np.array([[0, -1, 1], [0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    x, y = solved(zero_sum(beats))
    assert x[0] == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3], abs=1e-5)
    assert y[0] == pytest.approx([1 / 3] * 3, abs=1e-5)


def test_the_most_random_optimal_play_by_hand():
    """Agent 1 may play (a, 2 a, 1 - 3 a): the entropy is largest where (1 - 3 a)^3 = 4 a^3."""
    x, y = solved(zero_sum([[2, 0], [0, 1], [2 / 3, 2 / 3]]))
    a = 1 / (3 + 4 ** (1 / 3))
    assert x[0] == pytest.approx([a, 2 * a, 1 - 3 * a], abs=1e-5)
    assert y[0] == pytest.approx([1 / 3, 2 / 3], abs=1e-5)


def test_with_private_information_each_prescription_is_random_on_its_own():
    """With the first information agent 1 knows that matching pays, with the second nothing matters."""
    payoff = np.zeros((2, 2, 1, 2, 2))
    payoff[0, 0, 0] = [[1.0, -1.0], [-1.0, 1.0]]
    payoff[1] = -payoff[0]
    x, y = solved(payoff)
    assert x == pytest.approx(np.full((2, 2), 0.5), abs=1e-5)
    assert y == pytest.approx(np.full((1, 2), 0.5), abs=1e-5)


def test_three_agents_of_a_zero_sum_polymatrix_game():
    """Pennies between the first two; the third may do what it likes."""
    payoff = np.zeros((3, 1, 1, 1, 2, 2, 3))
    payoff[0, 0, 0, 0] = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None]
    payoff[1] = -payoff[0]
    for own, size in zip(solved(payoff), (2, 2, 3), strict=True):
        assert own[0] == pytest.approx(np.full(size, 1 / size), abs=1e-5)


def test_one_agent_draws_among_its_best_actions():
    (x,) = solved(np.array([[[1.0, 0.0, 1.0]]]))
    assert x[0] == pytest.approx([0.5, 0.0, 0.5], abs=1e-5)


def test_a_whole_game_keeps_its_value_and_passes_the_certificate():
    game = posg.catalog("matching-pennies")
    plain, random = (posg.solve(game, 1, "full", "ne", objective) for objective in ("welfare", "entropy"))
    assert random.values == pytest.approx(plain.values, abs=1e-9)
    assert random.certificate.gap <= 1e-7 * game.reward_range
    assert random.stats.methods == {"conic": random.stats.states}


def test_games_that_are_not_zero_sum_are_refused_with_their_place():
    payoff = np.array([[[6.0, 2], [7, 0]], [[6, 7], [2, 0]]])[:, None, None]
    with pytest.raises(
        UnsupportedError, match=r"'entropy' in the stage game at step 1, state 5, which is not zero-sum"
    ):
        solved(payoff)


def test_before_any_work_a_game_of_two_that_is_not_zero_sum_is_refused():
    with pytest.raises(UnsupportedError, match="'entropy' where the game is not zero-sum; use welfare"):
        posg.solve(posg.catalog("chicken"), 10**6, "full", "ne", "entropy")
