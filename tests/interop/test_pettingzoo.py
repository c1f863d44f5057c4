"""PettingZoo both ways: its own tests pass, the law of a game survives the round trip, other spaces are refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from random_games import random_game
from scipy.stats import chi2_contingency

import lp_posg as posg
from lp_posg.errors import ModelError, SimulatorError
from lp_posg.interop import from_parallel_env, parallel_env
from lp_posg.learning import GameEnvironment, Simulator, SimulatorEnvironment, environment

pettingzoo = pytest.importorskip("pettingzoo")
spaces = pytest.importorskip("gymnasium.spaces")
CHANCE = 1e-4


class Uniform:
    def __init__(self, n_actions):
        self.n_actions = n_actions

    def begin(self, n_runs, first, rng):
        self.n_runs, self.rng = n_runs, rng

    def act(self, time):
        return np.stack([self.rng.integers(n, size=self.n_runs) for n in self.n_actions], axis=1)

    def observe(self, time, actions, observations):
        pass


GAMES = {
    "initial observation": random_game(3, initial_observation=True),
    "none": posg.catalog("dectiger"),
    "three agents": random_game(4, n_agents=3),
    "one agent": random_game(5, n_agents=1, n_actions=3),
    "varies with time": random_game(6, horizon=3),
}


@pytest.mark.parametrize("case", GAMES)
def test_a_game_passes_the_tests_of_pettingzoo(case):
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(parallel_env(GAMES[case], 3), num_cycles=20)
        parallel_seed_test(lambda: parallel_env(GAMES[case], 3), num_cycles=20)


def test_what_is_no_game_is_told():
    with pytest.raises(ModelError, match="game is str, expected a Game"):
        parallel_env("x", 3)


def test_another_seed_is_another_run_and_none_goes_on():
    """Ten steps of random observations of three agents: 2 ** 30 ways, all about equally likely."""
    env = parallel_env(random_game(4, n_agents=3), 10)

    def run(seed):
        env.reset(seed=seed)
        return [env.step(dict.fromkeys(env.agents, 0))[0] for _ in range(10)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    once = [run(1), run(None)]
    assert once[0] != once[1]
    assert [run(1), run(None)] == once


def test_nothing_hidden_is_told():
    env = parallel_env(GAMES["none"], 2)
    _, infos = env.reset(seed=0)
    *_, later = env.step(dict.fromkeys(env.agents, 0))
    assert infos == later == {agent: {} for agent in env.possible_agents}
    with pytest.raises(NotImplementedError):
        env.state()


def test_a_game_that_is_over_is_terminated_and_refuses_to_go_on():
    env = parallel_env(GAMES["none"], 1)
    with pytest.raises(ModelError, match="not begun"):
        env.step({})
    observations, _ = env.reset(seed=0)
    assert set(observations.values()) == {0}
    listen = dict.fromkeys(env.agents, 0)
    _, rewards, terminated, truncated, _ = env.step(listen)
    # Listening costs the team 2, whatever the tiger does.
    assert set(rewards.values()) == {-2.0}
    assert set(terminated.values()) == {True}
    assert set(truncated.values()) == {False}
    assert env.agents == []
    with pytest.raises(ModelError, match="is over"):
        env.step(listen)


@pytest.mark.parametrize("change", [{"agent1": 3}, {"agent1": -1}, {"agent1": "listen"}, {"stranger": 0}])
def test_actions_that_are_none_are_refused(change):
    game = random_game(3, n_actions=3)
    env = parallel_env(game, 2)
    env.reset(seed=0)
    with pytest.raises(ModelError, match="expected"):
        env.step(dict.fromkeys(env.agents, 0) | change)


def test_a_horizon_the_game_does_not_have_is_refused():
    with pytest.raises(ModelError, match="cover 3 steps"):
        parallel_env(GAMES["varies with time"], 4)


@pytest.mark.parametrize("case", ["initial observation", "one agent"])
def test_the_law_survives_the_round_trip(case):
    """Game to parallel environment to simulator to environment, against the game itself: one table of counts."""
    game, horizon, n_runs = GAMES[case], 2, 4000
    simulator = from_parallel_env(parallel_env(game, horizon), initial_observation=game.has_initial_observation)
    assert isinstance(simulator, Simulator)
    assert simulator.agents == game.agents
    played = [
        SimulatorEnvironment(simulator).play(Uniform(game.n_actions), n_runs, horizon, np.random.default_rng(1)),
        GameEnvironment(game).play(Uniform(game.n_actions), n_runs, horizon, np.random.default_rng(2)),
    ]
    columns = []
    for episodes in played:
        assert (episodes.first is None) == (not game.has_initial_observation)
        parts = [episodes.actions, episodes.observations, episodes.rewards.round(9)]
        parts += [] if episodes.first is None else [episodes.first]
        columns.append(np.concatenate([part.reshape(n_runs, -1) for part in parts], axis=1))
    _, kind = np.unique(np.concatenate(columns), axis=0, return_inverse=True)
    table = np.stack([np.bincount(own, minlength=kind.max() + 1) for own in np.split(kind.ravel(), 2)])
    rare = table.sum(axis=0) < 20
    table = np.concatenate([table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)], axis=1)
    table = table[:, table.sum(axis=0) > 0]
    assert table.shape[1] > 20
    assert chi2_contingency(table).pvalue > CHANCE


class Leaving(pettingzoo.ParallelEnv):
    """Agent b leaves after the first step (with its last observation), a is truncated after the third.

    Actions are 5 and 6, observations 10 to 12 (10 plus the step); rewards are the action, so that offsets show.
    """

    metadata = {"name": "leaving"}  # noqa: RUF012
    possible_agents = ["a", "b"]  # noqa: RUF012

    def __init__(self):
        self.spaces = {
            "a": (spaces.Discrete(2, start=5), spaces.Discrete(4, start=10)),
            "b": (spaces.Discrete(2, start=5), spaces.Discrete(3)),
        }

    def action_space(self, agent):
        return self.spaces[agent][0]

    def observation_space(self, agent):
        return self.spaces[agent][1]

    def reset(self, seed=None, options=None):
        self.time, self.agents = 0, ["a", "b"]
        return {"a": np.int64(10), "b": np.array(0)}, {"a": {}, "b": {}}

    def step(self, actions):
        assert set(actions) == set(self.agents)
        self.time += 1
        here = list(self.agents)
        terminated = {agent: agent == "b" for agent in here}
        truncated = dict.fromkeys(here, self.time == 3)
        self.agents = [agent for agent in here if not (terminated[agent] or truncated[agent])]
        seen = {agent: 10 + self.time if agent == "a" else np.int64(0) for agent in here}
        return seen, {a: float(actions[a]) for a in here}, terminated, truncated, {a: {} for a in here}


def test_agents_that_leave_are_paid_nothing_and_see_their_last_observation():
    class Second:
        def begin(self, n_runs, first, rng):
            self.n_runs = n_runs

        def act(self, time):
            return np.array([[0, 1]] * self.n_runs)

        def observe(self, time, actions, observations):
            pass

    env = environment(Leaving())
    assert isinstance(env, SimulatorEnvironment)
    assert (env.n_actions, env.n_observations) == ((2, 2), (4, 3))
    episodes = env.play(Second(), 1, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(episodes.first, [[0, 0]])
    # Agent a sees steps 1, 2, 3 and then, when all is over, its last observation 3 as well; b's last is 2.
    np.testing.assert_array_equal(episodes.observations[0], [[1, 0], [2, 2], [3, 2], [3, 2]])
    # Action 0 of a is 5, action 1 of b is 6.
    np.testing.assert_array_equal(episodes.rewards[0], [[5, 6], [5, 0], [5, 0], [0, 0], [0, 0]])


def test_an_environments_own_failure_is_told_with_its_place():
    class Broken(Leaving):
        def step(self, actions):
            raise ValueError("out of order")

    with pytest.raises(SimulatorError, match=r"run 1 .*step 1: step raised ValueError: out of order") as caught:
        environment(Broken()).play(Uniform((2, 2)), 1, 2, np.random.default_rng(0))
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_observation_outside_its_space_is_told_with_its_agent():
    class Outside(Leaving):
        def reset(self, seed=None, options=None):
            super().reset()
            return {"a": 9, "b": 0}, {"a": {}, "b": {}}

    with pytest.raises(SimulatorError, match="agent 1: observation -1"):
        environment(Outside()).play(Uniform((2, 2)), 1, 2, np.random.default_rng(0))


def _other_spaces():
    box, pair = spaces.Box(0, 1, (2,)), spaces.MultiDiscrete([2, 3])
    masked = spaces.Dict({"observation": spaces.Discrete(2), "action_mask": spaces.MultiBinary(2)})
    return [(0, box, "action"), (0, pair, "action"), (1, box, "observation"), (1, masked, "observation")]


@pytest.mark.parametrize(("which", "space", "what"), _other_spaces(), ids=str)
def test_other_spaces_are_refused_with_the_agents_name(which, space, what):
    env = Leaving()
    own = list(env.spaces["b"])
    own[which] = space
    env.spaces["b"] = tuple(own)
    with pytest.raises(ModelError, match=f"agent 'b' has {what} space {type(space).__name__}"):
        from_parallel_env(env)


def test_agents_have_to_be_known_before_the_first_run():
    env = Leaving()
    env.possible_agents = []
    with pytest.raises(ModelError, match="possible_agents"):
        from_parallel_env(env)


def test_an_environment_of_turns_is_refused_with_the_way_out():
    from pettingzoo.utils.conversions import parallel_to_aec

    env = Leaving()
    env.render_mode = None
    with pytest.raises(ModelError, match="aec_to_parallel"):
        environment(parallel_to_aec(env))


SPOILT = {
    "an observation left out": lambda told: ({"a": told[0]["a"]}, *told[1:]),
    "a reward left out": lambda told: (told[0], {"b": 0.0}, *told[2:]),
    "all left out": lambda told: ({}, {}, *told[2:]),
    "other names": lambda told: ({k.upper(): v for k, v in told[0].items()}, *told[1:]),
    "four parts": lambda told: told[:4],
    "no dictionaries": lambda told: (*told[:2], False, *told[3:]),
}


class Complete(pettingzoo.ParallelEnv):
    """Two agents who stay to the end."""

    possible_agents = ("a", "b")

    def __init__(self, spoil=None):
        self.spoil = spoil or (lambda told: told)

    def action_space(self, agent):
        return spaces.Discrete(2)

    observation_space = action_space

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        return dict.fromkeys(self.agents, 0), {agent: {} for agent in self.agents}

    def step(self, actions):
        here = self.agents
        told = (
            dict(actions), dict.fromkeys(here, 1.0), dict.fromkeys(here, False), dict.fromkeys(here, False),
            {agent: {} for agent in here},
        )  # fmt: skip
        return self.spoil(told)


@pytest.mark.parametrize("way", SPOILT)
def test_agents_that_are_there_have_to_be_told_and_paid(way):
    quick = {"memory": 1, "episodes": 50, "rounds": 1, "evaluation_episodes": 20}
    assert posg.learn(Complete(), 2, "full", "cce", **quick).best.values.tolist() == [2.0, 2.0]
    with pytest.raises(SimulatorError, match=r"no entry for agent|no agent of it|five dictionaries"):
        posg.learn(Complete(SPOILT[way]), 2, "full", "cce", **quick)
