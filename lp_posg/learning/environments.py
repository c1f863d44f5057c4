"""Environments: what learning plays with, whole episodes, many at a time, checked.

The learner sees what the agents and the organiser of training see: observations, actions, rewards. The
true state and the laws stay inside. What is learnt is no better than the episodes, so these are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from lp_posg.brevity import brief
from lp_posg.deadline import check_time
from lp_posg.errors import LpPosgError, SimulatorError
from lp_posg.evaluate import GameSampler
from lp_posg.game import Game
from lp_posg.types import REWARD_LIMIT, FloatArray, IntArray


@brief()
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

    def returns(self, discount: float) -> FloatArray:
        """Return the discounted sum of rewards of each episode, shape (N, n)."""
        weight = discount ** np.arange(self.rewards.shape[1])
        return np.asarray(np.einsum("h,nhi->ni", weight, self.rewards))


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
    """A `Game` as an environment that only draws from its laws; all runs go at once."""

    def __init__(self, game: Game) -> None:
        self._game, self._sampler = game, GameSampler(game)
        self.n_actions, self.n_observations = game.n_actions, game.n_observations
        self._per_agent = np.stack(np.unravel_index(np.arange(game.n_joint_observations), game.n_observations), axis=1)

    def play(self, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
        """Return episodes, all played at once."""
        states, seen = self._sampler.reset(n_runs, rng)

        def step(time: int, actions: IntArray) -> tuple[IntArray | None, FloatArray]:
            nonlocal states
            joint = np.ravel_multi_index(tuple(actions.T), self._game.n_actions)
            states, seen, rewards = self._sampler.step(time, states, joint, rng)
            return None if seen is None else self._per_agent[seen], rewards

        first = None if seen is None else self._per_agent[seen]
        return record(actor, (n_runs, horizon, self._game.n_agents), first, rng, step)


def record(
    actor: Actor,
    shape: tuple[int, int, int],
    first: IntArray | None,
    rng: np.random.Generator,
    step: Callable[[int, IntArray], tuple[IntArray | None, FloatArray]],
) -> Episodes:
    """Return the episodes (N, H, n) that an actor plays, given the observations before the first action (N, n), if any.

    `step` takes a step's actions, and returns observations (not used at the last step) and rewards, all (N, n).
    """
    n_runs, horizon, n = shape
    actions, rewards = np.empty(shape, dtype=np.int64), np.empty(shape)
    observations = np.empty((n_runs, max(horizon - 1, 0), n), dtype=np.int64)
    actor.begin(n_runs, first, rng)
    for time in range(horizon):
        check_time("playing episodes")
        actions[:, time] = chosen = actor.act(time)
        seen, rewards[:, time] = step(time, chosen)
        if time < horizon - 1:
            assert seen is not None
            observations[:, time] = seen
            actor.observe(time, chosen, observations[:, time])
    return Episodes(first, actions, observations, rewards)


def played(source: Environment, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
    """Return the episodes that an environment plays, checked.

    Raises
    ------
    SimulatorError
        If the episodes are of another number or length, or an action, observation or reward is not valid.
    """
    who, n = type(source).__name__, len(source.n_actions)
    try:
        episodes = source.play(actor, n_runs, horizon, rng)
    except LpPosgError:
        raise
    except Exception as error:
        raise SimulatorError(f"{who}.play raised {type(error).__name__}: {' '.join(str(error).split())}") from error
    if not isinstance(episodes, Episodes):
        raise SimulatorError(f"{who}.play returned {type(episodes).__name__}, expected Episodes")
    if episodes.weight is not None:
        raise SimulatorError(
            f"{who}.play returned weighted episodes; those that are played count alike: leave weight None"
        )
    _check_kinds(who, episodes)
    wanted = {"actions": (horizon, n), "observations": (horizon - 1, n), "rewards": (horizon, n), "first": (n,)}
    for name, shape in wanted.items():
        part = getattr(episodes, name)
        if part is not None and np.shape(part) != (n_runs, *shape):
            raise SimulatorError(
                f"{who}.play returned {name} of shape {np.shape(part)}, expected {(n_runs, *shape)}:"
                " runs, steps where there are any, agents"
            )
    for name, counts in (("actions", source.n_actions), ("observations", source.n_observations)):
        check_range(f"{who}.play", name, getattr(episodes, name), counts)
    if episodes.first is not None:
        check_range(f"{who}.play", "first", episodes.first, source.n_observations)
    bad = ~(np.abs(episodes.rewards) <= REWARD_LIMIT)
    if bad.any():
        run, time, agent = np.argwhere(bad)[0].tolist()
        raise SimulatorError(
            f"{who}.play returned reward {episodes.rewards[run, time, agent]} for agent {agent + 1} at step {time + 1}"
            f" of run {run + 1}, expected a finite number of size at most {REWARD_LIMIT:g}"
        )
    return episodes


def _check_kinds(who: str, episodes: Episodes) -> None:
    """Raise SimulatorError unless all parts are arrays of real numbers."""
    for name in ("first", "actions", "observations", "rewards"):
        part = getattr(episodes, name)
        if name == "first" and part is None:
            continue
        if not isinstance(part, np.ndarray) or part.dtype.kind not in "iuf":
            kind = f"an array of {part.dtype}" if isinstance(part, np.ndarray) else type(part).__name__
            raise SimulatorError(f"{who}.play returned {name} as {kind}, expected an array of real numbers")


def check_range(who: str, name: str, given: IntArray, counts: tuple[int, ...]) -> None:
    """Raise SimulatorError, blaming `who`, unless the last axis holds one index per agent, below its count."""
    if not np.issubdtype(np.asarray(given).dtype, np.integer):
        raise SimulatorError(f"{who} gave {name} of type {np.asarray(given).dtype}, expected whole numbers")
    outside = np.argwhere((given < 0) | (given >= np.asarray(counts)))
    if len(outside):
        place = tuple(outside[0].tolist())
        raise SimulatorError(
            f"{who} gave {name} with {given[place]} for agent {place[-1] + 1} in run {place[0] + 1},"
            f" expected an index from 0 to {counts[place[-1]] - 1}"
        )
