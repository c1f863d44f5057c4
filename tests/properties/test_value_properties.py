"""What must hold between the values of related games, whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_games import random_game

from lp_posg import Game, catalog, solve

VALUE_TOL = 1e-6
ZERO_SUM_TOL = 1e-7
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=8, derandomize=True, deadline=None)
FIT_ALL = ("full", "one-directional", "one-step-delay")
# Every structure with games whose states it fits: how many agents' actions move them.
ADMISSIBLE = [
    ("full", None),
    ("one-directional", None),
    ("one-step-delay", None),
    ("controller:1", 1),
    ("controller:2", 1),
    ("uncontrolled:1", 0),
    ("uncontrolled:2", 0),
]


def with_reward(game: Game, reward: np.ndarray) -> Game:
    return Game(game.transition, game.observation, reward, game.initial, game.initial_observation)


def constants(k: float, agent: int | None) -> np.ndarray:
    """Return what to add to the rewards of two agents: k to one of them, or to both."""
    return k * (np.ones(2) if agent is None else np.eye(2)[agent])


# ---- constants and scales ---------------------------------------------------------------------


@pytest.mark.parametrize("sharing", FIT_ALL)
@pytest.mark.parametrize(("concept", "options"), [("ce", {}), ("cce", {}), ("ne", {"zero_sum": True})])
def test_a_constant_for_one_agent_adds_it_at_every_step(concept: str, options: dict, sharing: str):
    @FEW
    @given(SEEDS, st.sampled_from([0, 1]), st.floats(-3, 3), st.integers(1, 2))
    def check(seed: int, agent: int, k: float, horizon: int):
        game = random_game(seed, initial_observation=True, **options)
        other = with_reward(game, game.reward + constants(k, agent)[:, None, None, None])
        before, after = (solve(g, horizon, sharing, concept) for g in (game, other))
        np.testing.assert_allclose(after.values, before.values + horizon * constants(k, agent), atol=VALUE_TOL)

    check()


@pytest.mark.parametrize("sharing", FIT_ALL)
@FEW
@given(seed=SEEDS, k=st.floats(-3, 3), horizon=st.integers(1, 3))
def test_a_constant_for_the_team_adds_it_at_every_step(sharing: str, seed: int, k: float, horizon: int):
    game = random_game(seed, common=True)
    before, after = (solve(g, horizon, sharing, "team").values for g in (game, with_reward(game, game.reward + k)))
    np.testing.assert_allclose(after, before + k * horizon, atol=VALUE_TOL)


@pytest.mark.parametrize("scale", [1e6, 1e-6])
@pytest.mark.parametrize(
    ("concept", "options"),
    [("team", {"common": True}), ("ce", {}), ("cce", {}), ("ne", {"zero_sum": True}), ("ne", {})],
)
def test_scaling_rewards_scales_values(concept: str, options: dict, scale: float):
    @FEW
    @given(SEEDS, st.sampled_from(FIT_ALL))
    def check(seed: int, sharing: str):
        game = random_game(seed, initial_observation=True, **options)
        horizon = 1 if options == {} and concept == "ne" else 2
        before, after = (
            solve(g, horizon, sharing, concept).values for g in (game, with_reward(game, scale * game.reward))
        )
        assert np.abs(before).max() > VALUE_TOL
        np.testing.assert_allclose(after / scale, before, atol=VALUE_TOL)

    check()


# ---- information ------------------------------------------------------------------------------


def test_more_sharing_never_lowers_the_value_of_a_team():
    strict = []

    @settings(FEW, max_examples=15)
    @given(SEEDS, st.booleans(), st.integers(2, 3))
    def check(seed: int, sparse: bool, n_agents: int):
        game = random_game(seed, n_agents=n_agents, common=True, initial_observation=True, sparse=sparse)
        full, one_way, late = (solve(game, 2, sharing, "team").values[0] for sharing in FIT_ALL)
        assert full >= one_way - VALUE_TOL
        assert one_way >= late - VALUE_TOL
        strict.append(full > late + 1e-3)

    check()
    assert sum(strict) >= 5  # sharing matters in many of them, so the order is put to the test


@settings(FEW, max_examples=6)
@given(SEEDS)
def test_a_shorter_delay_never_lowers_the_value_of_a_team(seed: int):
    game = random_game(seed, common=True, initial_observation=True, controlled_by=0)
    values = [solve(game, 3, sharing, "team").values[0] for sharing in ("full", "uncontrolled:1", "uncontrolled:2")]
    assert values[0] >= values[1] - VALUE_TOL
    assert values[1] >= values[2] - VALUE_TOL


@pytest.mark.parametrize(("sharing", "controlled_by"), ADMISSIBLE)
def test_all_concepts_agree_on_a_zero_sum_game(sharing: str, controlled_by: int | None):
    @settings(FEW, max_examples=6)
    @given(SEEDS, st.booleans())
    def check(seed: int, sparse: bool):
        game = random_game(seed, zero_sum=True, initial_observation=True, controlled_by=controlled_by, sparse=sparse)
        values = [solve(game, 2, sharing, concept).values for concept in ("ne", "ce", "interim-cce", "cce")]
        assert len(values) == 4
        for found in values:
            np.testing.assert_allclose(found, values[0], rtol=0, atol=ZERO_SUM_TOL)
            assert found.sum() == pytest.approx(0.0, abs=ZERO_SUM_TOL)

    check()


@pytest.mark.parametrize("name", ["noisy-pennies", "matching-pennies"])
def test_all_concepts_agree_on_the_catalogues_zero_sum_games(name: str):
    game = catalog(name)
    values = [solve(game, 2, "one-step-delay", c).values[0] for c in ("ne", "ce", "interim-cce", "cce")]
    assert game.is_zero_sum
    np.testing.assert_allclose(values, [values[0]] * 4, rtol=0, atol=ZERO_SUM_TOL)


# ---- discount and memory ----------------------------------------------------------------------


@pytest.mark.parametrize("concept", ["team", "ce", "cce", "interim-cce"])
@FEW
@given(seed=SEEDS, discount=st.floats(0.05, 1.0), sharing=st.sampled_from(FIT_ALL))
def test_discount_of_a_game_that_nobody_influences(concept: str, seed: int, discount: float, sharing: str):
    game = random_game(seed, n_states=3, controlled_by=0, common=concept == "team")
    reward = np.broadcast_to(game.reward[:, :, :1, :1], game.reward.shape)
    chain, gain = game.transition[:, 0, 0], game.reward[:, :, 0, 0]
    # One action's rewards at every action: mu r + d mu T r + d^2 mu T T r.
    law = [game.initial, game.initial @ chain, game.initial @ chain @ chain]
    fixed = with_reward(game, reward)
    for horizon in (2, 3):
        expected = sum(discount**h * gain @ law[h] for h in range(horizon))
        found = solve(fixed, horizon, sharing, concept, discount=discount).values
        np.testing.assert_allclose(found, expected, atol=VALUE_TOL)
        np.testing.assert_allclose(solve(fixed.with_discount(discount), horizon, sharing, concept).values, found)


@settings(FEW, max_examples=10)
@given(SEEDS, st.floats(0.1, 1.0))
def test_the_value_of_a_team_is_linear_in_the_discount_of_a_game_it_cannot_influence(seed: int, discount: float):
    # Actions matter for rewards but move nothing, so the value is v1 + d (v2 - v1) with v at discount 1.
    game = random_game(seed, common=True, controlled_by=0)
    one, two = (solve(game, h, "one-step-delay", "team").values for h in (1, 2))
    found = solve(game, 2, "one-step-delay", "team", discount=discount).values
    np.testing.assert_allclose(found, one + discount * (two - one), atol=VALUE_TOL)


@pytest.mark.parametrize("sharing", FIT_ALL)
@pytest.mark.parametrize(("concept", "options"), [("team", {"common": True}), ("ce", {}), ("cce", {})])
def test_values_add_up_over_steps_without_memory(concept: str, options: dict, sharing: str):
    """The state is drawn anew at every step and seen as at the first, so every step is the first again."""

    @settings(FEW, max_examples=5)
    @given(SEEDS, st.floats(0.3, 1.0))
    def check(seed: int, discount: float):
        game = random_game(seed, initial_observation=True, **options)
        memoryless = Game(
            np.broadcast_to(game.initial, game.transition.shape),
            np.broadcast_to(game.initial_observation, game.observation.shape),
            game.reward,
            game.initial,
            game.initial_observation,
        )
        one = solve(memoryless, 1, sharing, concept).values
        np.testing.assert_allclose(solve(memoryless, 3, sharing, concept).values, 3 * one, atol=VALUE_TOL)
        discounted = solve(memoryless, 3, sharing, concept, discount=discount).values
        np.testing.assert_allclose(discounted, (1 + discount + discount**2) * one, atol=VALUE_TOL)

    check()


# ---- degenerate sizes -------------------------------------------------------------------------


@pytest.mark.parametrize("concept", ["ce", "cce", "interim-cce", "team"])
@FEW
@given(seed=SEEDS)
def test_an_agent_with_one_action_leaves_a_decision_of_the_other(concept: str, seed: int):
    """Agent 2 can do nothing and both see all, so agent 1 solves a POMDP: its value is that of the one-agent game."""
    game = random_game(seed, common=concept == "team")
    alone = game.observation[:, 0].sum(axis=-1)  # agent 2's observation is left out
    tied = np.stack([alone, np.zeros_like(alone)], axis=-1)  # and is always 0 in the game of two
    two = Game(game.transition[:, :, :1], tied[:, None], game.reward[..., :1], game.initial)
    one = Game(game.transition[:, :, 0], alone, game.reward[:1, ..., 0], game.initial)
    assert (two.n_actions, one.n_actions) == ((2, 1), (2,))
    # One-directional is full sharing here: agent 2's observation says nothing.
    for sharing in ("full", "one-directional"):
        found = solve(two, 3, sharing, concept).values[0]
        assert found == pytest.approx(best_alone(one, 3), abs=VALUE_TOL)
    assert solve(one, 3, "full", concept).values[0] == pytest.approx(best_alone(one, 3), abs=VALUE_TOL)


def best_alone(game: Game, horizon: int) -> float:
    """Return the optimum of a one-agent game by running over all histories."""

    def best(weight: np.ndarray, left: int) -> float:
        options = []
        for action in range(game.n_actions[0]):
            value = float(weight @ game.reward[0, :, action])
            if left > 1:
                moved = weight @ game.transition[:, action]
                law = game.observation[action]
                value += sum(best(moved * law[:, seen], left - 1) for seen in range(game.n_observations[0]))
            options.append(value)
        return max(options)

    return best(game.initial, horizon)


@pytest.mark.parametrize("concept", ["ce", "cce", "interim-cce"])
@FEW
@given(seed=SEEDS, sharing=st.sampled_from(FIT_ALL))
def test_one_state_is_a_repeated_stage_game(concept: str, seed: int, sharing: str):
    # The observations say nothing of a state that is always the same, so each step is the first again.
    game = random_game(seed, n_states=1)
    one, three = (solve(game, h, sharing, concept) for h in (1, 3))
    np.testing.assert_allclose(three.values, 3 * one.values, atol=VALUE_TOL)


@FEW
@given(seed=SEEDS)
def test_one_state_without_choices_for_a_team_is_the_largest_reward(seed: int):
    game = random_game(seed, n_states=1, n_actions=3, common=True)
    found = solve(game, 2, "one-step-delay", "team").values
    np.testing.assert_allclose(found, 2 * game.reward[0].max(), atol=VALUE_TOL)


@pytest.mark.parametrize(
    ("concept", "options"), [("team", {"common": True}), ("ce", {}), ("cce", {}), ("ne", {"zero_sum": True})]
)
def test_an_action_given_twice_leaves_the_welfare(concept: str, options: dict):
    @FEW
    @given(SEEDS, st.sampled_from([0, 1]), st.sampled_from([0, 1]), st.sampled_from(FIT_ALL))
    def check(seed: int, agent: int, action: int, sharing: str):
        game = random_game(seed, **options)
        twice = Game(
            *(
                np.concatenate([part, part.take([action], axis=axis + agent)], axis=axis + agent)
                for part, axis in ((game.transition, 1), (game.observation, 0), (game.reward, 2))
            ),
            game.initial,
        )
        assert twice.n_actions[agent] == 3
        before, after = (solve(g, 2, sharing, concept) for g in (game, twice))
        assert after.welfare == pytest.approx(before.welfare, abs=VALUE_TOL)

    check()


@pytest.mark.parametrize(("concept", "options"), [("team", {"common": True}), ("cce", {}), ("ne", {"zero_sum": True})])
def test_an_observation_that_says_nothing_leaves_the_values(concept: str, options: dict):
    @settings(FEW, max_examples=5)
    @given(SEEDS, st.sampled_from(["full", "one-step-delay"]))
    def check(seed: int, sharing: str):
        game = random_game(seed, n_observations=1, **options)
        # Tossing a coin for agent 1 beside the single observation: it is independent of all else.
        coin = np.concatenate([0.5 * game.observation] * 2, axis=-2)
        tossed = Game(game.transition, coin, game.reward, game.initial)
        assert tossed.n_observations == (2, 1)
        before, after = (solve(g, 2, sharing, concept).values for g in (game, tossed))
        np.testing.assert_allclose(after, before, atol=VALUE_TOL)

    check()
