"""The learning algorithm from simulators: one run at a time, and with faults in between."""

from __future__ import annotations

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import SimulatorError
from lp_posg.learning import SimulatorEnvironment, learn


class Guess:
    """A coin is thrown every step, and agent 1 sees it; then agent 2 guesses, and both are paid a right guess."""

    n_actions, n_observations = (1, 2), (2, 1)

    def __init__(self, breaks_at_run=None):
        self.runs, self.breaks_at_run = 0, breaks_at_run

    def reset(self, seed):
        self.runs += 1
        self.rng = np.random.default_rng(seed)
        self.coin = int(self.rng.integers(2))
        return [self.coin, 0]

    def step(self, actions):
        if self.runs == self.breaks_at_run:
            raise ConnectionError("lost")
        reward = float(actions[1] == self.coin)
        self.coin = int(self.rng.integers(2))
        return [self.coin, 0], [reward, reward], False


@pytest.mark.parametrize(("sharing", "value"), [("full", 2.0), ("one-step-delay", 1.0)])
def test_a_team_learns_what_it_is_told_in_time(sharing, value):
    """Two coins; told of each before its guess it is right twice, told after it, half the time."""
    env = SimulatorEnvironment(*(Guess() for _ in range(40)))
    found = learn(env, 2, sharing, "team", memory=1, episodes=400, rounds=1, evaluation_episodes=400)
    # Two fair coins have standard deviation sqrt(1/2): 0.035 for the mean of 400, times 4.
    assert found.best.values == pytest.approx([value, value], abs=0.0 if value == 2 else 0.15)


def test_a_simulator_alone_is_enough():
    found = learn(Guess(), 2, "full", "team", memory=1, episodes=100, rounds=2, evaluation_episodes=20)
    np.testing.assert_array_equal(found.best.values, [2, 2])


def test_a_fault_in_the_second_round_keeps_the_model_of_the_first():
    """The fault is in run 131: one run to look, 100 of the first round, then the second."""
    with pytest.raises(SimulatorError, match="ConnectionError: lost") as caught:
        learn(Guess(breaks_at_run=131), 2, "full", "team", memory=1, episodes=100, rounds=2)
    assert caught.value.model.n_episodes == 100
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert caught.value.episodes.first.shape[1:] == (2,)


def test_pettingzoo_environments_are_learnt_from():
    pytest.importorskip("pettingzoo")
    game = posg.catalog("matching-pennies")
    env = posg.interop.parallel_env(game, 1)
    found = learn(env, 1, "full", "cce", episodes=400, rounds=1, evaluation_episodes=100)
    # Rewards are certain, so the model is the game; in zero-sum games all coarse correlated equilibria have the value.
    np.testing.assert_allclose(found.best.model_values, [0, 0], atol=1e-9)
