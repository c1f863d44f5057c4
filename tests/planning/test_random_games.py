"""Random games of every admissible structure: certified, and equal to what plain recomputation gives."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import Oracle, best_team_value
from random_games import STRUCTURES, random_game

import lp_posg as posg
from lp_posg.information import sharing_structure

GAP = 1e-6


def a_game(seed, **kind):
    """Return one of the games of 2-3 agents, 2-4 states, with a horizon of 1-3."""
    three = seed % 4 == 3
    game = random_game(
        seed,
        n_agents=3 if three else 2,
        n_states=2 + seed % 3,
        n_actions=2 if three else 2 + (seed % 5 == 0),
        initial_observation=seed % 2 == 1,
        sparse=seed % 3 == 1,
        **kind,
    )
    return game, 1 + seed % 2 if three else 1 + seed % 3


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("part", range(5))
def test_five_hundred_games_have_certified_ce_and_cce(sharing, part):
    """100 games for each of five structures; each solved for CE and CCE."""
    solved = 0
    for seed in range(20 * part, 20 * part + 20):
        game, horizon = a_game(seed, **STRUCTURES[sharing])
        for concept in ("ce", "cce"):
            solution = posg.solve(game, horizon, sharing, concept)
            assert solution.certificate.status == "exact"
            assert solution.certificate.gap <= GAP
            solved += 1
    assert solved == 40


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_values_and_gaps_by_running_over_all_histories(sharing):
    for seed in (0, 1, 4, 7):
        game, horizon = a_game(seed, **STRUCTURES[sharing])
        structure = sharing_structure(sharing, game.n_agents)
        for concept, hears in (("strategic-ce", "prescription"), ("ce", True), ("cce", False)):
            solution = posg.solve(game, min(horizon, 2), sharing, concept)
            oracle = Oracle(solution, structure)
            value = oracle.values()
            np.testing.assert_allclose(solution.values, value, atol=1e-9)
            best = [oracle.best_deviation(i, hears=hears, may_follow=False) for i in range(game.n_agents)]
            assert (np.array(best) - value).max() <= GAP


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_team_values_by_enumeration_of_all_prescriptions(sharing):
    for seed in range(6):
        # Two steps unless prescriptions are for pairs of observations: then the enumeration is too long.
        horizon = 1 if sharing in ("uncontrolled:2", "controller:2") and seed % 2 else 2
        game = random_game(
            seed, n_agents=3 if seed == 5 and horizon == 1 else 2, n_states=2 + seed % 3, n_actions=2,
            initial_observation=seed % 2 == 1, sparse=seed % 3 == 1, **STRUCTURES[sharing],
        )  # fmt: skip
        structure = sharing_structure(sharing, game.n_agents)
        best = best_team_value(game, structure, horizon) * game.n_agents
        assert posg.solve(game, horizon, sharing, "team").welfare == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_zero_sum_games_have_one_value(sharing):
    for seed in range(8):
        game = random_game(seed, n_states=3, zero_sum=True, initial_observation=bool(seed % 2), **STRUCTURES[sharing])
        value = [posg.solve(game, 2, sharing, c).values[0] for c in ("ne", "strategic-ce", "ce", "interim-cce", "cce")]
        np.testing.assert_allclose(value, value[0], atol=1e-7)


def test_time_varying_games():
    for seed in range(5):
        game = random_game(seed, horizon=3)
        for concept in ("team", "strategic-ce", "ce", "cce", "ne"):
            solution = posg.solve(game, 3, "one-step-delay", concept)
            assert solution.certificate.gap <= GAP
        structure = sharing_structure("one-step-delay", 2)
        np.testing.assert_allclose(Oracle(solution, structure).values(), solution.values, atol=1e-9)


@pytest.mark.parametrize("concept", ["team", "ne", "ce", "cce"])
def test_the_answer_does_not_depend_on_the_number_of_workers(concept):
    game = random_game(0, n_states=3, zero_sum=concept == "ne")
    one, three = (posg.solve(game, 3, "full", concept, workers=workers) for workers in (1, 3))
    assert max(one.stats.states_by_depth) == 256
    np.testing.assert_array_equal(one.values, three.values)
    for a, b in zip(one.node_values, three.node_values, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("concept", ["team", "ne", "ce", "interim-cce", "cce"])
@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_a_large_offset_of_rewards_makes_no_false_claim(concept, offset):
    """Rewards of one unit beside an offset: what doubles cannot tell apart is not called a gain."""
    for seed in range(3):
        plain = random_game(seed)
        moved = posg.Game(plain.transition, plain.observation, plain.reward + offset, plain.initial)
        solution = posg.solve(moved, 3, "full", concept)
        assert solution.certificate.gap <= 1e-14 * offset + 2e-7
        expected = posg.solve(plain, 3, "full", concept)
        assert solution.welfare - 6 * offset == pytest.approx(expected.welfare, abs=1e-13 * offset + 1e-6)
