"""What is learnt from: an environment that plays whole episodes, many at a time.

The learner sees what the agents and the organiser of training see: observations, actions, rewards. The
true state and the laws stay inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from lp_posg.evaluate import GameSampler
from lp_posg.game import Game
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class Episodes:
    """N episodes of H steps.

    Attributes
    ----------
    first : int array, shape (N, n), or None
        Observations before the first action.
    actions : int array, shape (N, H, n)
    observations : int array, shape (N, H - 1, n)
        After each step but the last.
    rewards : float array, shape (N, H, n)
        In reward units, undiscounted.
    weight : float array, shape (N,), or None
        How much each counts; all alike if None. With every possible episode, weighted by its
        probability, counting gives the true model.
    """

    first: IntArray | None
    actions: IntArray
    observations: IntArray
    rewards: FloatArray
    weight: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.actions)


class Actor(Protocol):
    """Chooses all agents' actions in many runs at once; holds what it knows of them between calls."""

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        """Start new runs; `first` (N, n) are the observations before the first action, if there are any."""

    def act(self, time: int) -> IntArray:
        """Return everybody's actions at a 0-based step, shape (N, n)."""

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Take in what was done at a step, and what was seen after it, both (N, n); not called after the last."""


@runtime_checkable
class Environment(Protocol):
    """Plays episodes for an actor."""

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""

    def play(self, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
        """Return so many independent episodes; all randomness comes from `rng`."""


class GameEnvironment:
    """A `Game` whose laws are not looked at, only drawn from; all runs go at once.

    Parameters
    ----------
    game : Game
    """

    def __init__(self, game: Game) -> None:
        self._game, self._sampler = game, GameSampler(game)
        self._own = np.stack(np.unravel_index(np.arange(game.n_joint_observations), game.n_observations), axis=1)

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return self._game.n_actions

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""
        return self._game.n_observations

    def play(self, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
        """Return episodes, all played at once."""
        n = self._game.n_agents
        states, seen = self._sampler.reset(n_runs, rng)
        first = None if seen is None else self._own[seen]
        actions = np.empty((n_runs, horizon, n), dtype=np.int64)
        observations = np.empty((n_runs, max(horizon - 1, 0), n), dtype=np.int64)
        rewards = np.empty((n_runs, horizon, n))
        actor.begin(n_runs, first, rng)
        for time in range(horizon):
            actions[:, time] = done = actor.act(time)
            joint = np.ravel_multi_index(tuple(done.T), self._game.n_actions)
            states, seen, rewards[:, time] = self._sampler.step(time, states, joint, rng)
            if time < horizon - 1:
                assert seen is not None
                observations[:, time] = self._own[seen]
                actor.observe(time, done, observations[:, time])
        return Episodes(first, actions, observations, rewards)
