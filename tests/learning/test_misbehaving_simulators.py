"""Every way a simulator can go wrong ends in one error that says where, and keeps what was played before."""

from __future__ import annotations

import numpy as np
import pytest

from lp_posg.errors import LpPosgError, ModelError, SimulatorError
from lp_posg.learning import SimulatorEnvironment

RUN, HORIZON = 2, 3
"""The third run goes wrong, at its second step."""


class Fine:
    """Two agents with two actions, two and three observations; reward is the step number."""

    n_actions, n_observations = (2, 2), (2, 3)

    def __init__(self, start=(0, 2)):
        self.run, self.start = -1, start

    def reset(self, seed):
        self.run, self.time = self.run + 1, -1
        return self.start

    def step(self, actions):
        self.time += 1
        return [1, 2], [self.time, -self.time], False


class Bad(Fine):
    """Returns something else, or raises it, once."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def step(self, actions):
        fine = super().step(actions)
        if (self.run, self.time) != (RUN, 1):
            return fine
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


class First:
    """Everybody plays the first action."""

    def begin(self, n_runs, first, rng):
        self.n_runs = n_runs

    def act(self, time):
        return np.zeros((self.n_runs, 2), dtype=np.int64)

    def observe(self, time, actions, observations):
        pass


def play(simulator, n_runs=4):
    return SimulatorEnvironment(simulator).play(First(), n_runs, HORIZON, np.random.default_rng(0))


GOOD = ([1, 2], [0.0, 0.0], False)

BAD_STEPS = {
    "raises": (ZeroDivisionError("by zero"), "step raised ZeroDivisionError: by zero on actions", None),
    "raises one of ours": (ModelError("no"), "step raised ModelError", None),
    "nothing": (None, "step returned None", None),
    "gymnasium's five": ((*GOOD, False, {}), r"\(observations, rewards, done\)", None),
    "a list of three": (list(GOOD), r"\(observations, rewards, done\)", None),
    "too few observations": (([1], [0.0, 0.0], False), "1 observations", None),
    "too many observations": (([1, 1, 1], [0.0, 0.0], False), "3 observations", None),
    "no observations": ((None, [0.0, 0.0], False), "observations are None", None),
    "one number for all": ((1, [0.0, 0.0], False), "observations are 1", None),
    "an array without axes": ((np.array(1), [0.0, 0.0], False), "observations are", None),
    "a dict": (({0: 1, 1: 1}, [0.0, 0.0], False), "observations are", None),
    "an observation too high": (([2, 0], [0.0, 0.0], False), "observation 2 .* from 0 to 1", 0),
    "a negative observation": (([0, -1], [0.0, 0.0], False), "observation -1 .* from 0 to 2", 1),
    "a float observation": (([0, 1.0], [0.0, 0.0], False), "observation 1.0 of type float", 1),
    "a truth value observed": (([True, 0], [0.0, 0.0], False), "observation True", 0),
    "a text observed": (([0, "left"], [0.0, 0.0], False), "observation 'left'", 1),
    "observations in rows": ((np.zeros((2, 1), dtype=int), [0.0, 0.0], False), "observation array", 0),
    "too few rewards": (([1, 2], [0.0], False), "1 rewards", None),
    "one reward for all": (([1, 2], 1.0, False), "rewards are 1.0", None),
    "no reward": (([1, 2], [0.0, None], False), "reward None", 1),
    "a reward that is no number": (([1, 2], [float("nan"), 0.0], False), "reward nan", 0),
    "an infinite reward": (([1, 2], [0.0, np.inf], False), "reward inf", 1),
    "a reward too large for a float": (([1, 2], [10**400, 0.0], False), "reward 1000", 0),
    "a complex reward": (([1, 2], [0.0, 1j], False), "reward 1j", 1),
    "done is a number": (([1, 2], [0.0, 0.0], 1), "done is 1", None),
    "done is None": (([1, 2], [0.0, 0.0], None), "done is None", None),
}


@pytest.mark.parametrize("case", BAD_STEPS)
def test_a_bad_step_is_told_with_its_place_and_what_was_played_before(case):
    result, words, agent = BAD_STEPS[case]
    with pytest.raises(SimulatorError, match=words) as caught:
        play(Bad(result))
    error = caught.value
    assert isinstance(error, LpPosgError)
    assert f"run {RUN + 1} (seed {error.seed}), step 2" in str(error)
    assert ", expected " in str(error)
    assert (f"agent {agent + 1}" if agent is not None else "step 2:") in str(error)
    assert (error.run, error.time, error.agent) == (RUN, 1, agent)
    assert error.__cause__ is (result if isinstance(result, Exception) else None)
    # Two whole runs: rewards 0, 1, 2 and their negatives; observations as fixed.
    assert len(error.episodes) == RUN
    np.testing.assert_array_equal(error.episodes.rewards[..., 0], [[0, 1, 2]] * RUN)
    np.testing.assert_array_equal(error.episodes.rewards[..., 1], [[0, -1, -2]] * RUN)
    np.testing.assert_array_equal(error.episodes.first, [[0, 2]] * RUN)
    np.testing.assert_array_equal(error.episodes.observations, [[[1, 2]] * 2] * RUN)


class BadStart(Fine):
    def __init__(self, results):
        super().__init__()
        self.results = results

    def reset(self, seed):
        super().reset(seed)
        result = self.results[self.run]
        if isinstance(result, Exception):
            raise result
        return result


@pytest.mark.parametrize(
    ("results", "words", "agent"),
    [
        ([[0, 0], OSError("gone")], "reset raised OSError: gone", None),
        ([[0, 0], None], "reset returned None", None),
        ([None, [0, 0]], "reset returned some", None),
        ([[0, 0], ([0, 0], {})], "observation \\[0, 0\\]", 0),
        ([[0, 0], [0, 3]], "observation 3", 1),
    ],
)
def test_a_bad_start_is_told_too(results, words, agent):
    with pytest.raises(SimulatorError, match=words) as caught:
        play(BadStart(results))
    error = caught.value
    assert "run 2 " in str(error)
    assert "reset" in str(error)
    assert (error.run, error.time, error.agent, len(error.episodes)) == (1, -1, agent, 1)


def test_a_simulator_that_fails_at_once_leaves_no_episodes_of_the_right_shape():
    with pytest.raises(SimulatorError) as caught:
        play(BadStart([OSError("gone")]))
    episodes = caught.value.episodes
    assert (len(episodes), episodes.actions.shape, episodes.observations.shape) == (0, (0, 3, 2), (0, 2, 2))


def test_with_copies_the_right_one_is_named_and_whole_batches_are_kept():
    """Runs 0, 1, 2 go to three simulators, then 3, 4, 5; the second fails in its own second run, which is run 4."""
    bad = BadStart([[0, 0], [0, 9]])
    env = SimulatorEnvironment(Fine(), bad, Fine())
    with pytest.raises(SimulatorError, match=r"run 5 .*agent 2") as caught:
        env.play(First(), 9, HORIZON, np.random.default_rng(0))
    assert len(caught.value.episodes) == 3


def test_numbers_of_numpy_and_done_before_the_horizon_are_no_faults():
    result = (np.array([1, 2], dtype=np.int8), np.array([1, 2], dtype=np.float32), np.True_)
    episodes = play(Bad(result))
    np.testing.assert_array_equal(episodes.rewards[RUN], [[0, 0], [1, 2], [0, 0]])
    assert len(play(Bad((None, (0, 1), True)))) == 4


def test_an_interrupt_is_not_the_simulators_fault():
    with pytest.raises(KeyboardInterrupt):
        play(Bad(KeyboardInterrupt()))


def test_an_actors_own_error_is_not_the_simulators_fault():
    class Broken(First):
        def act(self, time):
            raise RuntimeError("the actor's own")

    with pytest.raises(RuntimeError, match="the actor's own"):
        SimulatorEnvironment(Fine()).play(Broken(), 1, 2, np.random.default_rng(0))


def _with(**parts):
    return type("Odd", (Fine,), parts)()


@pytest.mark.parametrize(
    ("simulator", "words"),
    [
        (_with(n_actions=2), "n_actions cannot be read"),
        (_with(n_actions=()), "number of at least 1 per agent"),
        (_with(n_actions=(2, 0)), "number of at least 1 per agent"),
        (_with(n_observations=(2, 2.0)), "number of at least 1 per agent"),
        (_with(n_observations=(2, 2, 2)), "n_actions has 2 entries and n_observations 3"),
        (_with(step=None), "lacks \\['step'\\]"),
        (Fine, "is a class"),
        (object(), "n_actions cannot be read"),
    ],
)
def test_what_is_no_simulator_is_refused_before_it_is_played(simulator, words):
    with pytest.raises(ModelError, match=words):
        SimulatorEnvironment(simulator)


def test_copies_have_to_be_different_objects_of_one_game():
    one = Fine()
    with pytest.raises(ModelError, match="different objects of one game"):
        SimulatorEnvironment(one, one)
    with pytest.raises(ModelError, match="different objects of one game"):
        SimulatorEnvironment(one, _with(n_actions=(3, 2)))
