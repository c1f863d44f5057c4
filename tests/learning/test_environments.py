"""Environments play by the game's law, whole episodes counted against exact probabilities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from random_games import random_game
from scipy.stats import chisquare

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate import GameSampler
from lp_posg.learning import Environment, Episodes, GameEnvironment, Simulator, SimulatorEnvironment, environment
from lp_posg.trees import to_game

CHANCE = 1e-4
"""Seeds are fixed; a right environment would fail a test with a fresh seed with this chance."""


class GameSimulator:
    """A game as a user's simulator would play it, one run at a time; over after `stop` steps if given."""

    def __init__(self, game: posg.Game, stop: int | None = None) -> None:
        self.n_actions, self.n_observations = game.n_actions, game.n_observations
        self.game, self.sampler, self.stop, self.steps = game, GameSampler(game), stop, 0

    def reset(self, seed):
        self.rng, self.time = np.random.default_rng(seed), 0
        self.state, seen = self.sampler.reset(1, self.rng)
        return None if seen is None else self.own(seen)

    def step(self, actions):
        joint = np.array([np.ravel_multi_index(actions, self.n_actions)])
        self.state, seen, rewards = self.sampler.step(self.time, self.state, joint, self.rng)
        self.time, self.steps = self.time + 1, self.steps + 1
        over = self.time == self.stop
        return None if over else self.own(seen), rewards[0].tolist(), over

    def own(self, seen):
        return [int(o) for o in np.unravel_index(int(seen[0]), self.n_observations)]


class Uniform:
    """Everybody draws actions uniformly; notes how it was begun and told."""

    def __init__(self, n_actions: tuple[int, ...]) -> None:
        self.n_actions, self.begun, self.told = n_actions, [], 0

    def begin(self, n_runs, first, rng):
        self.n_runs, self.rng = n_runs, rng
        self.begun.append((n_runs, first))

    def act(self, time):
        return np.stack([self.rng.integers(n, size=self.n_runs) for n in self.n_actions], axis=1)

    def observe(self, time, actions, observations):
        assert actions.shape == observations.shape == (self.n_runs, len(self.n_actions))
        self.told += 1


def episode_probabilities(game: posg.Game, horizon: int) -> dict[tuple, float]:
    """Probability of every (first, actions, observations, rewards) under uniform actions, from dense arrays.

    A forward recursion over (what was seen so far, state), in plain Python; no code of the package.
    """
    n, joint_actions = game.n_agents, list(product(*map(range, game.n_actions)))
    joint_seen = list(product(*map(range, game.n_observations)))
    start: dict[tuple, dict[int, float]] = {}
    for s in range(game.n_states):
        if game.initial_observation is None:
            start.setdefault(((), (), (), ()), {})[s] = game.initial[s]
        else:
            for o in joint_seen:
                start.setdefault((o, (), (), ()), {})[s] = game.initial[s] * game.initial_observation[s][o]
    for time in range(horizon):
        grown: dict[tuple, dict[int, float]] = {}
        for (first, done, seen, paid), states in start.items():
            for (s, mass), a in product(states.items(), joint_actions):
                gain = tuple(round(float(game.reward[(i, s, *a)]), 9) for i in range(n))
                share = mass / len(joint_actions)
                if time == horizon - 1:
                    cell = grown.setdefault((first, done + a, seen, paid + gain), {})
                    cell[0] = cell.get(0, 0.0) + share
                    continue
                for s2, o in product(range(game.n_states), joint_seen):
                    p = share * game.transition[(s, *a, s2)] * game.observation[(*a, s2, *o)]
                    cell = grown.setdefault((first, done + a, seen + o, paid + gain), {})
                    cell[s2] = cell.get(s2, 0.0) + p
        start = grown
    return {key: sum(states.values()) for key, states in start.items() if sum(states.values()) > 0}


def counted(episodes: Episodes) -> dict[tuple, int]:
    counts: dict[tuple, int] = {}
    for run in range(len(episodes)):
        key = (
            () if episodes.first is None else tuple(episodes.first[run].tolist()),
            tuple(episodes.actions[run].ravel().tolist()),
            tuple(episodes.observations[run].ravel().tolist()),
            tuple(round(r, 9) for r in episodes.rewards[run].ravel().tolist()),
        )
        counts[key] = counts.get(key, 0) + 1
    return counts


def assert_law(episodes: Episodes, prob: dict[tuple, float]) -> None:
    """Chi-square over whole episodes; those expected fewer than five times are one class."""
    counts = counted(episodes)
    assert set(counts) <= set(prob), "an impossible episode was played"
    keys = sorted(prob)
    expected = np.array([prob[key] for key in keys]) * len(episodes)
    found = np.array([counts.get(key, 0) for key in keys])
    rare = expected < 5
    expected = np.append(expected[~rare], expected[rare].sum())
    found = np.append(found[~rare], found[rare].sum())
    keep = expected > 0
    assert keep.sum() > 20
    assert chisquare(found[keep], expected[keep] * found.sum() / expected.sum()).pvalue > CHANCE


GAMES = [
    random_game(5, initial_observation=True, sparse=True),
    random_game(6, n_agents=1, n_actions=3, sparse=True),
]


@pytest.mark.parametrize("game", GAMES, ids=["two agents", "one agent"])
def test_a_game_is_played_by_its_law(game):
    episodes = GameEnvironment(game).play(Uniform(game.n_actions), 60_000, 2, np.random.default_rng(1))
    assert_law(episodes, episode_probabilities(game, 2))


@pytest.mark.parametrize("game", GAMES, ids=["two agents", "one agent"])
@pytest.mark.parametrize("copies", [0, 2])
def test_a_simulator_is_played_by_the_law_of_its_game(game, copies):
    simulators = [GameSimulator(game) for _ in range(copies + 1)]
    actor = Uniform(game.n_actions)
    episodes = SimulatorEnvironment(*simulators).play(actor, 6001, 2, np.random.default_rng(2))
    assert len(episodes) == 6001
    assert_law(episodes, episode_probabilities(game, 2))
    # 6001 runs by threes: 2000 batches of three and one of one.
    assert [n for n, _ in actor.begun] == ([1] * 6001 if not copies else [3] * 2000 + [1])
    assert actor.told == len(actor.begun)


def test_the_law_test_notices_a_wrong_law():
    """The oracle itself: a game with another observation law does not pass for this one."""
    game = GAMES[0]
    blurred = 0.9 * game.observation + 0.1 * game.observation[..., ::-1]
    other = posg.Game(game.transition, blurred, game.reward, game.initial, game.initial_observation)
    episodes = GameEnvironment(other).play(Uniform(game.n_actions), 60_000, 2, np.random.default_rng(1))
    with pytest.raises(AssertionError, match=r"pvalue|impossible"):
        assert_law(episodes, episode_probabilities(game, 2))


def test_episodes_have_their_shapes_and_repeat_by_the_seed():
    game = GAMES[0]
    for env in (GameEnvironment(game), SimulatorEnvironment(GameSimulator(game))):
        for horizon in (1, 3):
            played = [env.play(Uniform((2, 2)), 4, horizon, np.random.default_rng(seed)) for seed in (3, 3, 4)]
            one = played[0]
            assert one.first.shape == (4, 2)
            assert one.actions.shape == one.rewards.shape == (4, horizon, 2)
            assert one.observations.shape == (4, horizon - 1, 2)
            assert [counted(one) == counted(other) for other in played[1:]] == [True, False]


def test_a_run_that_is_over_stays_where_it_is():
    """Stopped after step 2 of 4, observations left out: from there on index O - 1 = 2 and reward 0."""
    simulator = GameSimulator(random_game(8, n_observations=3), stop=2)
    episodes = SimulatorEnvironment(simulator).play(Uniform((2, 2)), 50, 4, np.random.default_rng(0))
    assert simulator.steps == 100
    assert (episodes.observations[:, 1:] == 2).all()
    assert not (episodes.observations[:, 0] == 2).all()
    assert (episodes.rewards[:, 2:] == 0).all()
    assert (episodes.rewards[:, :2] != 0).all()


def test_no_runs_are_no_episodes():
    env = SimulatorEnvironment(GameSimulator(GAMES[0]))
    assert len(env.play(Uniform((2, 2)), 0, 3, np.random.default_rng(0))) == 0


def test_whatever_can_be_played_becomes_an_environment():
    game, simulator = GAMES[0], GameSimulator(GAMES[0])
    assert isinstance(simulator, Simulator)
    made = environment(game)
    assert isinstance(made, GameEnvironment)
    assert environment(made) is made
    assert isinstance(environment(simulator), SimulatorEnvironment)
    assert isinstance(environment(simulator), Environment)
    assert environment(simulator).n_actions == (2, 2)
    assert environment(simulator).n_observations == (2, 2)


class Turns:
    possible_agents = ("a",)
    agent_iter = last = step = reset = observation_space = action_space = None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (3, "cannot learn from 3"),
        (GameSimulator, "cannot learn from"),
        (Turns(), "aec_to_parallel"),
    ],
)
def test_what_cannot_be_played_is_refused(source, words):
    with pytest.raises(ModelError, match=words):
        environment(source)


def test_a_game_tree_is_named_and_the_way_out_told():
    tree = posg.trees.unroll(posg.catalog("chicken"), 1)
    with pytest.raises(ModelError, match=rf"^'{tree.name}' is a game tree, .*lp_posg\.trees\.to_game\(tree\)"):
        environment(tree)
    assert environment(to_game(tree)).n_actions
