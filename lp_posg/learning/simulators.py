"""Simulators, which a user writes and which play one run at a time, as environments to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from lp_posg.errors import ModelError, SimulatorError
from lp_posg.game import Game, opened
from lp_posg.interop.pettingzoo import from_parallel_env, looks_like_aec_env, looks_like_parallel_env
from lp_posg.learning.environments import Actor, Environment, Episodes, GameEnvironment, record
from lp_posg.learning.simulator_runs import Place, Run, Simulator, sizes_of
from lp_posg.trees import Tree
from lp_posg.trees.as_game import checked_posg
from lp_posg.types import FloatArray, IntArray

SEEDS = 2**31
"""Seeds of runs are below this, which every common library takes."""


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
        sizes = [sizes_of(one) for one in self._simulators]
        if len(set(sizes)) > 1 or len({id(one) for one in self._simulators}) < len(sizes):
            raise ModelError(
                f"simulators with (actions, observations) {sorted(set(sizes))}, expected different objects of one game"
            )
        self.n_actions, self.n_observations = sizes[0]
        self._has_first: bool | None = None

    def play(self, actor: Actor, n_runs: int, horizon: int, rng: np.random.Generator) -> Episodes:
        """Return episodes; the actor begins anew for every run (with k simulators, for every k runs).

        Raises
        ------
        SimulatorError
            If the simulator fails or returns something invalid; its attribute `episodes` holds the episodes
            finished until then.
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
        runs = [
            Run(simulator, Place(start + k, seed), self.n_observations)
            for k, (simulator, seed) in enumerate(zip(self._simulators, seeds, strict=False))
        ]
        starts = [self._begin(run) for run in runs]

        def step(time: int, actions: IntArray) -> tuple[IntArray, FloatArray]:
            results = [run.step(time, tuple(chosen)) for run, chosen in zip(runs, actions.tolist(), strict=True)]
            return np.array([seen for seen, _ in results]), np.array([rewards for _, rewards in results])

        first = np.array(starts, dtype=np.int64) if self._has_first else None
        return record(actor, (len(seeds), horizon, len(self.n_actions)), first, rng, step)

    def _begin(self, run: Run) -> list[int] | None:
        """Return the observations that a run starts with, which all runs have or none."""
        seen = run.begin()
        if self._has_first is None:
            self._has_first = seen is not None
        if self._has_first != (seen is not None):
            given, expected = ("None", "some") if seen is None else ("some", "None")
            run.place.fail(
                f"reset returned {given} for the observations before the first action", f"{expected} as ever"
            )
        return seen

    def _joined(self, parts: list[Episodes], horizon: int) -> Episodes:
        n = len(self.n_actions)
        if not parts:
            none = np.empty((0, horizon, n), dtype=np.int64)
            first = none[:, 0] if self._has_first and horizon else None
            return Episodes(first, none, none[:, 1:], np.empty((0, horizon, n)))
        firsts = [part.first for part in parts if part.first is not None]
        rest = (
            np.concatenate([getattr(part, key) for part in parts]) for key in ("actions", "observations", "rewards")
        )
        return Episodes(np.concatenate(firsts) if firsts else None, *rest)


def environment(source: Any) -> Environment:
    """Return the environment that learning plays with, from anything that can be played.

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
    source = opened(source)
    if isinstance(source, (Game, Tree)):
        return GameEnvironment(checked_posg(source))
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
