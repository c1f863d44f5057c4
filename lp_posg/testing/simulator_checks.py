"""Does a simulator play runs that depend on their seed and the actions alone?"""

from __future__ import annotations

from typing import Any

import numpy as np

from lp_posg.learning import Simulator
from lp_posg.learning.environments import Episodes
from lp_posg.learning.simulators import SEEDS, SimulatorEnvironment
from lp_posg.testing.conformance import expect
from lp_posg.types import IntArray


def check_simulator(simulator: Simulator, *, n_runs: int = 20, horizon: int = 5, seed: int = 0) -> None:
    """Play runs of a simulator with uniformly drawn actions, all of them twice, some of them left off in between.

    Parameters
    ----------
    simulator : Simulator
    n_runs, horizon : int
        How many runs, and of how many steps, at most.
    seed : int
        Decides the seeds of the runs and the actions.

    Raises
    ------
    ConformanceError
        If a run with the same seed and the same actions goes another way the second time, or if what it brings depends
        on the runs before it.
    SimulatorError
        If the simulator fails, or returns what it must not; the message says at which run, step and agent.
    ModelError
        If the object lacks a member.

    Examples
    --------
    >>> class Coin:
    ...     n_actions, n_observations = (2,), (2,)
    ...     def reset(self, seed):
    ...         self.rng = np.random.default_rng(seed)
    ...     def step(self, actions):
    ...         coin = int(self.rng.integers(2))
    ...         return [coin], [float(actions[0] == coin)], False
    >>> check_simulator(Coin())
    """
    who = f"simulator {type(simulator).__name__}"
    env = SimulatorEnvironment(simulator)
    first = env.play(_Uniform(env.n_actions), n_runs, horizon, np.random.default_rng(seed))
    again = env.play(_Uniform(env.n_actions), n_runs, horizon, np.random.default_rng(seed))
    _check_same(first, again, f"{who}: a run with the same seed and actions goes another way the second time")
    # Short runs first, which leave the simulator in the middle of one; then the same runs in another order.
    env.play(_Uniform(env.n_actions), 2, max(1, horizon // 2), np.random.default_rng(seed + 1))
    seeds = np.random.default_rng(seed).integers(SEEDS, size=n_runs).tolist()
    for run in reversed(range(n_runs)):
        begun = simulator.reset(seeds[run])
        problem = f"{who}: run {run + 1} (seed {seeds[run]}) depends on what was played before it"
        if first.first is not None:
            expect(begun is not None and list(map(int, begun)) == first.first[run].tolist(), problem)
        seen, rewards, _ = simulator.step(tuple(first.actions[run, 0].tolist()))
        expect(list(map(float, rewards)) == first.rewards[run, 0].tolist(), problem)
        if horizon > 1 and seen is not None:
            expect(list(map(int, seen)) == first.observations[run, 0].tolist(), problem)


def _check_same(first: Episodes, again: Episodes, problem: str) -> None:
    for name in ("actions", "first", "observations", "rewards"):
        one, other = getattr(first, name), getattr(again, name)
        same = (one is None) == (other is None) and (one is None or np.array_equal(one, other))
        expect(same, f"{problem} ({name})")


class _Uniform:
    """Draws all actions uniformly, run by run."""

    def __init__(self, n_actions: tuple[int, ...]) -> None:
        self._n_actions = n_actions

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        self._n_runs, self._rng = n_runs, rng

    def act(self, time: int) -> IntArray:
        return np.stack([self._rng.integers(count, size=self._n_runs) for count in self._n_actions], axis=1)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> Any:
        pass
