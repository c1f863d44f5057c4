"""Simulators: what a user writes to have learnt from, one run at a time, and how it becomes an environment.

What a simulator returns is checked at every step: what is learnt is no better than what it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np

from lp_posg.errors import ModelError, SimulatorError
from lp_posg.game import Game
from lp_posg.interop.pettingzoo import from_parallel_env, looks_like_aec_env, looks_like_parallel_env
from lp_posg.learning.environments import Actor, Environment, Episodes, GameEnvironment
from lp_posg.types import REWARD_LIMIT

SEEDS = 2**31
"""Seeds of runs are below this, which every common library takes."""


@runtime_checkable
class Simulator(Protocol):
    """A game that can be played but not looked into: what a user has to provide.

    Actions and observations are indices from 0. Runs must depend on the seed and the actions alone;
    then what is learnt depends on the learner's seed alone.
    """

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""

    def reset(self, seed: int) -> Sequence[int] | None:
        """Start a run; return one observation per agent before the first action, or None if there are none.

        Whether there are must not change from run to run. `seed` is a whole number below 2 ** 31.
        """

    def step(self, actions: tuple[int, ...]) -> tuple[Sequence[int] | None, Sequence[float], bool]:
        """Take one action per agent; return one observation and one reward per agent, and whether the run is over.

        A run that is over may return None for its observations. It is not stepped again until it is
        reset; one that is not over may be abandoned at any step.
        """


class SimulatorEnvironment:
    """A simulator whose runs are played one after the other.

    A run that is over before the horizon stays where it is: every further step brings reward 0, and
    every agent observes its last observation, index O_i - 1, whatever it does. (The same stands for
    observations that the last step of the run leaves out.) A simulator whose runs end early should
    reserve that observation, unless it ends where nothing further is observed anyway.

    Parameters
    ----------
    simulator : Simulator
    *copies : Simulator
        Others of the same game. With k in all, k runs step alongside each other, and the actor acts for
        all at once; that is faster if acting costs more than the simulator does.

    Raises
    ------
    ModelError
        If something is not a simulator, or the copies are not alike.

    Examples
    --------
    A coin is thrown at every step; its one agent sees it, and is paid for having guessed it.

    >>> class Coin:
    ...     n_actions, n_observations = (2,), (2,)
    ...     def reset(self, seed):
    ...         self.rng = np.random.default_rng(seed)
    ...     def step(self, actions):
    ...         coin = int(self.rng.integers(2))
    ...         return [coin], [float(actions[0] == coin)], False
    >>> coins = SimulatorEnvironment(Coin())
    >>> coins.n_actions
    (2,)
    """

    def __init__(self, simulator: Simulator, *copies: Simulator) -> None:
        self._simulators = (simulator, *copies)
        sizes = [_sizes(one) for one in self._simulators]
        if len(set(sizes)) > 1 or len({id(one) for one in self._simulators}) < len(sizes):
            raise ModelError(
                f"simulators with (actions, observations) {sorted(set(sizes))}, expected different objects of one game"
            )
        self._n_actions, self._n_observations = sizes[0]
        self._has_first: bool | None = None

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return self._n_actions

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""
        return self._n_observations

    def play(self, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
        """Return episodes; the actor begins anew for every run (with k simulators, for every k runs).

        Raises
        ------
        SimulatorError
            If the simulator fails or returns what it must not; the episodes finished until then are
            its attribute `episodes`.
        """
        seeds = rng.integers(SEEDS, size=n_runs).tolist()
        parts: list[Episodes] = []
        for start in range(0, n_runs, len(self._simulators)):
            try:
                parts.append(self._batch(actor, start, seeds[start : start + len(self._simulators)], horizon, rng))
            except SimulatorError as error:
                error.episodes = error.facts["episodes"] = self._joined(parts, horizon)
                raise
        return self._joined(parts, horizon)

    def _batch(self, actor: Actor, start: int, seeds: list[int], horizon: int, rng: np.random.Generator) -> Episodes:
        """Return as many runs as there are seeds, stepped alongside each other."""
        count, n = len(seeds), len(self._n_actions)
        runs = [
            _Run(simulator, _Place(start + k, seed), self._n_observations)
            for k, (simulator, seed) in enumerate(zip(self._simulators, seeds, strict=False))
        ]
        began = [self._begun(run) for run in runs]
        first = np.array(began, dtype=np.int64) if self._has_first else None
        actions = np.empty((count, horizon, n), dtype=np.int64)
        observations = np.empty((count, max(horizon - 1, 0), n), dtype=np.int64)
        rewards = np.empty((count, horizon, n))
        actor.begin(count, first, rng)
        for time in range(horizon):
            actions[:, time] = chosen = actor.act(time)
            for k, (run, own) in enumerate(zip(runs, chosen.tolist(), strict=True)):
                seen, rewards[k, time] = run.step(time, tuple(own))
                if time < horizon - 1:
                    observations[k, time] = seen
            if time < horizon - 1:
                actor.observe(time, chosen, observations[:, time])
        return Episodes(first, actions, observations, rewards)

    def _begun(self, run: _Run) -> list[int] | None:
        """Return the observations that a run starts with, which all runs have or none."""
        seen = run.begin()
        if self._has_first is None:
            self._has_first = seen is not None
        if self._has_first != (seen is not None):
            found, expected = ("None", "some") if seen is None else ("some", "None")
            run.place.fail(
                f"reset returned {found} for the observations before the first action", f"{expected} as ever"
            )
        return seen

    def _joined(self, parts: list[Episodes], horizon: int) -> Episodes:
        n = len(self._n_actions)
        if not parts:
            none = np.empty((0, horizon, n), dtype=np.int64)
            first = none[:, 0] if self._has_first and horizon else None
            return Episodes(first, none, none[:, 1:], np.empty((0, horizon, n)))
        firsts = [part.first for part in parts if part.first is not None]
        return Episodes(
            np.concatenate(firsts) if firsts else None,
            np.concatenate([part.actions for part in parts]),
            np.concatenate([part.observations for part in parts]),
            np.concatenate([part.rewards for part in parts]),
        )


def environment(source: Any) -> Environment:
    """Return what learning plays with, of whatever can be played.

    Parameters
    ----------
    source : Game, Simulator, PettingZoo ParallelEnv, or Environment

    Raises
    ------
    ModelError
        If it is none of these, or has spaces that are not finite.
    MissingExtraError
        If a PettingZoo environment is given and gymnasium is not installed.
    """
    if isinstance(source, Game):
        return GameEnvironment(source)
    if not isinstance(source, type):
        if isinstance(source, Environment):
            return source
        if looks_like_aec_env(source):
            raise ModelError(
                f"{source!r} is a PettingZoo environment of turns, expected a parallel one;"
                " convert it with pettingzoo.utils.conversions.aec_to_parallel"
            )
        if looks_like_parallel_env(source):
            return SimulatorEnvironment(from_parallel_env(source))
        if all(hasattr(source, name) for name in ("n_actions", "n_observations", "reset", "step")):
            return SimulatorEnvironment(source)
    raise ModelError(
        f"cannot learn from {source!r}; expected a Game, a PettingZoo ParallelEnv, or an object with n_actions,"
        " n_observations, reset(seed) and step(actions) (see lp_posg.learning.Simulator)"
    )


@dataclass(frozen=True)
class _Place:
    """Where a simulator is, for messages: run and time from 0, time -1 while it is reset."""

    run: int
    seed: int
    time: int = -1

    def fail(self, found: str, expected: str, agent: int | None = None, cause: Exception | None = None) -> NoReturn:
        """Raise SimulatorError."""
        when = "reset" if self.time < 0 else f"step {self.time + 1}"
        whose = "" if agent is None else f", agent {agent + 1}"
        message = f"simulator at run {self.run + 1} (seed {self.seed}), {when}{whose}: {found}, expected {expected}"
        raise SimulatorError(
            message, run=self.run, seed=self.seed, time=self.time, agent=agent, episodes=None, model=None
        ) from cause


class _Run:
    """One run of a simulator, everything it returns checked."""

    def __init__(self, simulator: Simulator, place: _Place, n_observations: tuple[int, ...]) -> None:
        self.place = place
        self._simulator, self._n_observations = simulator, n_observations
        self._gone = [count - 1 for count in n_observations]
        self._over = False

    def begin(self) -> list[int] | None:
        """Return the observations before the first action."""
        try:
            seen = self._simulator.reset(self.place.seed)
        except Exception as error:
            self.place.fail(f"reset raised {_named(error)}", "it to start a run", cause=error)
        return None if seen is None else self._observations(seen)

    def step(self, time: int, actions: tuple[int, ...]) -> tuple[list[int], list[float]]:
        """Return observations and rewards, those of a run that stays where it is once it is over."""
        if self._over:
            return self._gone, [0.0] * len(self._gone)
        self.place = _Place(self.place.run, self.place.seed, time)
        try:
            result = self._simulator.step(actions)
        except Exception as error:
            self.place.fail(f"step raised {_named(error)} on actions {actions}", "it to take every action", cause=error)
        if not isinstance(result, tuple) or len(result) != 3:
            self.place.fail(f"step returned {_shown(result)}", "the tuple (observations, rewards, done)")
        seen, rewards, done = result
        if not isinstance(done, bool | np.bool_):
            self.place.fail(f"done is {_shown(done)}", "True or False")
        self._over = bool(done)
        if seen is None and done:
            return self._gone, self._rewards(rewards)
        return self._observations(seen), self._rewards(rewards)

    def _observations(self, seen: Any) -> list[int]:
        found = []
        for agent, (given, count) in enumerate(
            zip(self._one_each("observations", seen), self._n_observations, strict=True)
        ):
            index = _whole(given)
            if index is None or not 0 <= index < count:
                self.place.fail(f"observation {_shown(given)}", f"a whole number from 0 to {count - 1}", agent)
            found.append(index)
        return found

    def _rewards(self, rewards: Any) -> list[float]:
        found = []
        for agent, given in enumerate(self._one_each("rewards", rewards)):
            reward = _number(given)
            if reward is None or not abs(reward) <= REWARD_LIMIT:
                self.place.fail(f"reward {_shown(given)}", f"a finite number of size at most {REWARD_LIMIT:g}", agent)
            found.append(reward)
        return found

    def _one_each(self, what: str, given: Any) -> list[Any]:
        """Return the entries of a sequence of one per agent."""
        n = len(self._n_observations)
        if not isinstance(given, list | tuple | np.ndarray) or (isinstance(given, np.ndarray) and not given.ndim):
            self.place.fail(f"{what} are {_shown(given)}", f"a list, tuple or array of {n}, one per agent")
        if len(given) != n:
            self.place.fail(f"{len(given)} {what}: {_shown(given)}", f"{n}, one per agent")
        return list(given)


def _sizes(simulator: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of actions and of observations that a simulator says.

    Raises
    ------
    ModelError
        If they are not one positive whole number per agent, or a method is missing.
    """
    found = []
    for name in ("n_actions", "n_observations"):
        try:
            own = tuple(getattr(simulator, name))
        except Exception as error:
            raise ModelError(
                f"simulator {simulator!r}: {name} cannot be read ({_named(error)}), expected a tuple of numbers"
            ) from error
        counts = tuple(_whole(k) or 0 for k in own)
        if not own or min(counts) < 1:
            raise ModelError(f"simulator {simulator!r}: {name} is {own!r}, expected a number of at least 1 per agent")
        found.append(counts)
    if len(found[0]) != len(found[1]):
        raise ModelError(
            f"simulator {simulator!r}: n_actions has {len(found[0])} entries and n_observations {len(found[1])},"
            " expected one per agent in both"
        )
    missing = [name for name in ("reset", "step") if not callable(getattr(simulator, name, None))]
    if missing or isinstance(simulator, type):
        raise ModelError(
            f"simulator {simulator!r} is a class or lacks {missing}, expected an object with reset and step"
        )
    return found[0], found[1]


def _whole(value: Any) -> int | None:
    """Return a whole number as an int; None if it is none (a truth value is none)."""
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    """Return a real number as a float; None if it is none (a truth value is none)."""
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    except OverflowError:
        return float("inf")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {_cut(str(error))}"


def _shown(value: Any) -> str:
    return _cut(f"{value!r} of type {type(value).__name__}")


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."
