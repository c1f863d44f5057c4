"""One run of a simulator, and what it returns checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np

from lp_posg.checks import is_index, real_number
from lp_posg.errors import ModelError, SimulatorError
from lp_posg.types import REWARD_LIMIT


@runtime_checkable
class Simulator(Protocol):
    """A game that can only be played, as a user writes it.

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


@dataclass(frozen=True)
class Place:
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


class Run:
    """One run of a simulator, everything it returns checked."""

    def __init__(self, simulator: Simulator, place: Place, n_observations: tuple[int, ...]) -> None:
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
        self.place = Place(self.place.run, self.place.seed, time)
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
        indices, counts = [], self._n_observations
        for agent, (given, count) in enumerate(zip(self._one_each("observations", seen), counts, strict=True)):
            if not is_index(given, count):
                self.place.fail(f"observation {_shown(given)}", f"a whole number from 0 to {count - 1}", agent)
            indices.append(int(given))
        return indices

    def _rewards(self, rewards: Any) -> list[float]:
        numbers = [real_number(given) for given in self._one_each("rewards", rewards)]
        for agent, number in enumerate(numbers):
            if not abs(number) <= REWARD_LIMIT:
                given, expected = _shown(rewards[agent]), f"a finite number of size at most {REWARD_LIMIT:g}"
                self.place.fail(f"reward {given}", expected, agent)
        return numbers

    def _one_each(self, what: str, given: Any) -> list[Any]:
        """Return the entries of a sequence of one per agent."""
        n = len(self._n_observations)
        if not isinstance(given, list | tuple | np.ndarray) or (isinstance(given, np.ndarray) and not given.ndim):
            self.place.fail(f"{what} are {_shown(given)}", f"a list, tuple or array of {n}, one per agent")
        if len(given) != n:
            self.place.fail(f"{len(given)} {what}: {_shown(given)}", f"{n}, one per agent")
        return list(given)


def sizes_of(simulator: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of actions and of observations that a simulator states.

    Raises
    ------
    ModelError
        If they are not one positive whole number per agent, or a method is missing.
    """
    sizes = []
    for name in ("n_actions", "n_observations"):
        try:
            given = tuple(getattr(simulator, name))
        except Exception as error:
            raise ModelError(
                f"simulator {simulator!r}: {name} cannot be read ({_named(error)}), expected a tuple of numbers"
            ) from error
        if not given or not all(is_index(count) and count > 0 for count in given):
            raise ModelError(f"simulator {simulator!r}: {name} is {given!r}, expected a number of at least 1 per agent")
        sizes.append(tuple(map(int, given)))
    if len(sizes[0]) != len(sizes[1]):
        raise ModelError(
            f"simulator {simulator!r}: n_actions has {len(sizes[0])} entries and n_observations {len(sizes[1])},"
            " expected one per agent in both"
        )
    missing = [name for name in ("reset", "step") if not callable(getattr(simulator, name, None))]
    if missing or isinstance(simulator, type):
        raise ModelError(
            f"simulator {simulator!r} is a class or lacks {missing}, expected an object with reset and step"
        )
    return sizes[0], sizes[1]


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {_cut(str(error))}"


def _shown(value: Any) -> str:
    return _cut(f"{value!r} of type {type(value).__name__}")


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."
