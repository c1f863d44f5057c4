"""Renaming agents, actions, states or observations renames the answer and changes nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_games import random_game

from lp_posg import Game, solve

VALUE_TOL = 1e-6  # twice the tolerance of the LPs, over three steps of rewards of size 1
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=8, derandomize=True, deadline=None)

# Concept, and the kind of game whose value it determines.
CONCEPTS = [
    ("team", {"common": True}),
    ("ce", {}),
    ("cce", {}),
    ("ne", {"zero_sum": True}),
]


@dataclass(frozen=True)
class Renaming:
    """What each new number stands for: new agent k is old agent ``agents[k]``, and so on (old agents' axes)."""

    agents: tuple[int, ...]
    states: tuple[int, ...]
    actions: tuple[tuple[int, ...], ...]
    observations: tuple[tuple[int, ...], ...]


def renaming(draw, game: Game, *, agents: bool) -> Renaming:
    def order(count: int) -> tuple[int, ...]:
        return tuple(draw(st.permutations(range(count))))

    return Renaming(
        order(game.n_agents) if agents else tuple(range(game.n_agents)),
        order(game.n_states),
        tuple(order(count) for count in game.n_actions),
        tuple(order(count) for count in game.n_observations),
    )


def renamed(game: Game, new: Renaming) -> Game:
    """Return the game under other names; the old game must not vary with time."""
    n = game.n_agents
    acts, sights = [list(own) for own in new.actions], [list(own) for own in new.observations]
    states, agents = list(new.states), list(new.agents)
    first = game.initial_observation
    transition = game.transition[np.ix_(states, *acts, states)]
    observation = game.observation[np.ix_(*acts, states, *sights)]
    reward = game.reward[np.ix_(range(n), states, *acts)]
    to_actions = [1 + k for k in agents]
    return Game(
        transition.transpose(0, *to_actions, n + 1),
        observation.transpose(*agents, n, *(n + 1 + k for k in agents)),
        reward.transpose(0, 1, *(2 + k for k in agents))[agents],
        game.initial[states],
        None if first is None else first[np.ix_(states, *sights)].transpose(0, *to_actions),
        discount=game.discount,
    )


def assert_renamed(game: Game, new: Renaming, sharing: str, concept: str, horizon: int) -> None:
    before = solve(game, horizon, sharing, concept)
    after = solve(renamed(game, new), horizon, sharing, concept)
    assert after.stats.states == before.stats.states
    assert after.welfare == pytest.approx(before.welfare, abs=VALUE_TOL)
    np.testing.assert_allclose(after.values, before.values[list(new.agents)], atol=VALUE_TOL)


def test_renaming_moves_what_it_should():
    game = random_game(0, n_agents=3)
    new = Renaming((2, 0, 1), (1, 0), ((0, 1), (1, 0), (0, 1)), ((1, 0), (0, 1), (0, 1)))
    other = renamed(game, new)
    assert other != game
    # New agents (1, 2, 3) are old (3, 1, 2); new joint action (0, 1, 0) is old 1: 1, 2: 0 renamed 1, 3: 0.
    assert other.reward[0, 0, 0, 1, 0] == game.reward[2, 1, 1, 1, 0]
    assert other.transition[0, 0, 1, 0, 1] == game.transition[1, 1, 1, 0, 0]
    assert other.observation[0, 1, 0, 0, 1, 0, 0] == game.observation[1, 1, 0, 1, 1, 0, 1]


@pytest.mark.parametrize("sharing", ["full", "one-step-delay"])
@pytest.mark.parametrize(("concept", "options"), CONCEPTS)
def test_agents_and_all_else_renamed(concept: str, options: dict, sharing: str):
    @FEW
    @given(SEEDS, st.booleans(), st.data())
    def check(seed: int, first: bool, data: st.DataObject):
        game = random_game(seed, initial_observation=first, **options)
        assert_renamed(game, renaming(data.draw, game, agents=True), sharing, concept, 2)

    check()


@pytest.mark.parametrize("sharing", ["one-directional", "controller:2", "uncontrolled:2"])
@pytest.mark.parametrize(("concept", "options"), CONCEPTS)
def test_all_but_the_agents_renamed(concept: str, options: dict, sharing: str):
    controlled_by = {"one-directional": None, "controller:2": 1, "uncontrolled:2": 0}[sharing]

    @settings(FEW, max_examples=5)
    @given(SEEDS, st.data())
    def check(seed: int, data: st.DataObject):
        game = random_game(seed, initial_observation=True, controlled_by=controlled_by, **options)
        assert_renamed(game, renaming(data.draw, game, agents=False), sharing, concept, 2)

    check()


@pytest.mark.parametrize("concept", ["team", "cce"])
def test_three_agents_renamed(concept: str):
    @settings(FEW, max_examples=4)
    @given(SEEDS, st.data())
    def check(seed: int, data: st.DataObject):
        game = random_game(seed, n_agents=3, common=concept == "team")
        assert_renamed(game, renaming(data.draw, game, agents=True), "one-step-delay", concept, 2)

    check()


@settings(FEW, max_examples=5)
@given(SEEDS, st.data())
def test_unequal_numbers_of_states_actions_and_observations(seed: int, data: st.DataObject):
    # Agent 2 has one action and one observation more than agent 1: an axis mixed up does not go unnoticed.
    game = random_game(seed, n_states=3, n_actions=3, n_observations=3, common=True)
    transition = game.transition[:, :2]
    observation = game.observation[:2, :, :, :2] + np.eye(2)[0][:, None] * game.observation[:2, :, :, 2:]
    game = Game(transition, observation, game.reward[:, :, :2], game.initial)
    assert (game.n_actions, game.n_observations) == ((2, 3), (2, 3))
    assert_renamed(game, renaming(data.draw, game, agents=True), "one-step-delay", "team", 2)
