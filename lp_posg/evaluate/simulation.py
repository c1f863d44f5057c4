"""Playing a strategy in the original game, many runs at once.

In each run nature draws the true state and the joint observations; at the strategy's state an atom
is drawn, and each agent's action from its prescription at its own private information. All follow,
so what they would hear of these draws does not matter. Who knows what follows from the tables of
the sharing structure. Nothing here uses a belief, so a simulation checks values, the certificate's
too, by other means; and it needs no strategy independence.

Randomness: run r uses the uniform numbers r * D to (r + 1) * D of one stream (PCG64 of the seed),
D per run, whatever happens in it. So a run depends on the seed and its number alone: not on how
many runs go at a time, nor on how many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from lp_posg.brevity import brief
from lp_posg.checks import confidence, whole_numbers
from lp_posg.deadline import check_time
from lp_posg.errors import ModelError
from lp_posg.evaluate.playing import Player, PolicyPlayer
from lp_posg.evaluate.sampling import DRAWS_PER_MOVE, GameSampler
from lp_posg.evaluate.traces import Moment, Trace, traces_of
from lp_posg.game import Game, takes
from lp_posg.information import Policy, SharingStructure, check_horizon
from lp_posg.information.tracking import Tracker, tables_of
from lp_posg.types import FloatArray, IntArray, read_only

Interval = Literal["normal", "hoeffding", "bernstein"]

ROUNDING_SHARE = 1e-12
"""Of the larger bound: what sums of a run's rewards, and other ways to the same value, may differ by."""

BATCH_RUNS = 8192
"""Runs played at a time: enough to make array operations worth while, few enough to stay in the cache."""

BATCH_DRAWS = 2_000_000
"""Most uniform numbers held at a time; bounds the memory of long horizons."""


@brief()
@dataclass(frozen=True, eq=False)
class Simulation:
    """Returns of independent runs.

    Attributes
    ----------
    returns : float array, shape (n_runs, n)
        Discounted sum of each agent's rewards in each run, in reward units.
    bounds : float array, shape (n, 2)
        Smallest and largest return that the rewards of the game's steps allow.
    level : float
        Confidence of the intervals.
    seed : int
    traces : tuple of Trace
        What happened in the first runs.
    """

    returns: FloatArray
    bounds: FloatArray
    level: float
    seed: int
    traces: tuple[Trace, ...] = ()

    def __post_init__(self) -> None:
        read_only(self.returns, self.bounds)

    @property
    def n_runs(self) -> int:
        """Number of runs."""
        return len(self.returns)

    @cached_property
    def mean(self) -> FloatArray:
        """Mean return of each agent, shape (n,)."""
        # Within the bounds too when rounding says otherwise.
        return np.asarray(np.clip(self.returns.mean(axis=0), self.bounds[:, 0], self.bounds[:, 1]))

    @cached_property
    def standard_error(self) -> FloatArray:
        """Standard error of each mean, shape (n,); infinite for one run, which says nothing of it."""
        if self.n_runs < 2:
            return np.full(self.returns.shape[1], np.inf)
        return np.asarray(self.returns.std(axis=0, ddof=1) / math.sqrt(self.n_runs))

    def interval(self, kind: Interval = "normal") -> FloatArray:
        """Return a confidence interval of each agent's value, shape (n, 2), at `level` per agent.

        Parameters
        ----------
        kind : {"normal", "hoeffding", "bernstein"}
            ``normal``: by the central limit theorem, right for many runs only; nothing is proven of
            it, and rare outcomes that no run met make it too narrow. ``hoeffding`` and
            ``bernstein`` (empirical, from the sample variance) hold for any number of runs, since
            returns are bounded; ``bernstein`` is the narrower one where the variance is small
            beside the bounds. These two allow for rounding, a share of 1e-12 of the larger bound, so
            that they hold where every run has the same return too.

        Raises
        ------
        ModelError
            If the kind is unknown.

        Notes
        -----
        Sources: Hoeffding (1963), J. American Statistical Association 58, 13-30; Maurer and Pontil
        (2009), COLT, the empirical Bernstein bound, used for both sides.
        """
        miss, width, n = 1.0 - self.level, self.bounds[:, 1] - self.bounds[:, 0], self.n_runs
        if kind == "normal":
            radius = NormalDist().inv_cdf(1.0 - miss / 2) * self.standard_error
        elif kind == "hoeffding":
            radius = width * math.sqrt(math.log(2 / miss) / (2 * n))
        elif kind == "bernstein":
            # Two sides, each missed with half the chance.
            log = math.log(4 / miss)
            rest = 7 * log / (3 * (n - 1)) if n > 1 else math.inf
            radius = math.sqrt(2 * log) * self.standard_error + np.where(width > 0, rest, 0.0) * width
        else:
            raise ModelError(f"unknown interval {kind!r}; expected normal, hoeffding or bernstein")
        slack = np.zeros_like(width) if kind == "normal" else ROUNDING_SHARE * np.abs(self.bounds).max(axis=1)
        reach = radius + slack
        ends = np.stack([self.mean - reach, self.mean + reach], axis=1)
        return np.asarray(np.clip(ends, self.bounds[:, :1] - slack[:, None], self.bounds[:, 1:] + slack[:, None]))

    def summary(self) -> dict[str, Any]:
        """Return the simulation as a JSON-ready object; single returns are left out."""
        return {
            "runs": self.n_runs,
            "seed": self.seed,
            "mean": self.mean.tolist(),
            "standard_error": self.standard_error.tolist(),
            "level": self.level,
            "intervals": {kind: self.interval(kind).tolist() for kind in ("normal", "hoeffding", "bernstein")},
            "bounds": self.bounds.tolist(),
            "traces": [trace.summary() for trace in self.traces],
        }


@takes
def simulate(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    n_runs: int,
    seed: int = 0,
    *,
    level: float = 0.95,
    traces: int = 0,
    batch_runs: int = BATCH_RUNS,
) -> Simulation:
    """Return what following a strategy brings in independent runs of the game.

    Parameters
    ----------
    game : Game
        Its discount counts.
    structure : SharingStructure
        The one the strategy was computed for.
    policy : Policy
    n_runs : int
    seed : int
        At least 0. The answer depends on it and on nothing else; the first runs are the same
        whatever `n_runs`.
    level : float
        Confidence of the intervals, between 0 and 1.
    traces : int
        How many runs, from the first on, to trace in the game's labels.
    batch_runs : int
        Most runs played at a time; changes speed and memory only.

    Raises
    ------
    ModelError
        If the strategy does not fit the game (actions, horizon, increments or private information; the last
        two only if a run meets them, while `certify` checks all), or an argument is not valid.
    UnsupportedError
        If private information grows beyond what is tabulated.

    Notes
    -----
    Time grows as runs times steps, whatever the number of states; memory is that of the strategy,
    one batch, and the returns.
    """
    policy.check(game.n_actions)
    player = PolicyPlayer(policy, tables_of(game, structure, policy.horizon))
    return simulate_player(game, player, n_runs, seed, level=level, traces=traces, batch_runs=batch_runs)


@takes
def simulate_player(
    game: Game, player: Player, n_runs: int, seed: int, *, level: float, traces: int, batch_runs: int = BATCH_RUNS
) -> Simulation:
    """Return what following any strategy that is a `Player` brings; arguments and errors as of `simulate`."""
    check_simulation(n_runs, seed, level, traces, batch_runs)
    horizon = check_horizon(game, len(player.tables))
    runs = _Runs(game, player)
    rng = np.random.Generator(np.random.PCG64(seed))
    size = max(1, min(batch_runs, BATCH_DRAWS // runs.n_draws))
    returns = np.empty((n_runs, game.n_agents))
    first_traces: tuple[Trace, ...] = ()
    for first in range(0, n_runs, size):
        count = min(size, n_runs - first)
        uniform = np.ascontiguousarray(rng.random((count, runs.n_draws)).T)
        returns[first : first + count], moments = runs.play(uniform, min(count, max(0, traces - first)))
        first_traces += traces_of(game, player.tables, moments)
    return Simulation(returns, _bounds(game, horizon), level, int(seed), first_traces)


def played(game: Game, structure: SharingStructure, policy: Policy, n_runs: int, seed: int = 0) -> list[Moment]:
    """Return what happened at every step of the runs that `simulate` plays with this seed, as arrays.

    Raises
    ------
    ModelError, UnsupportedError
        As `simulate`.
    """
    check_simulation(n_runs, seed, 0.5, 0, n_runs)
    policy.check(game.n_actions)
    runs = _Runs(game, PolicyPlayer(policy, tables_of(game, structure, policy.horizon)))
    uniform = np.random.Generator(np.random.PCG64(seed)).random((n_runs, runs.n_draws)).T
    return runs.play(np.ascontiguousarray(uniform), n_runs)[1]


class _Runs:
    """A strategy and a game made ready for runs."""

    def __init__(self, game: Game, player: Player) -> None:
        self.game, self.player = game, player
        self.sampler = GameSampler(game)
        self.own_observation = tuple(
            np.array(part) for part in np.unravel_index(np.arange(game.n_joint_observations), game.n_observations)
        )

    @property
    def n_draws(self) -> int:
        """D, the uniform numbers per run, for the start, then atom, actions and move of every step."""
        return DRAWS_PER_MOVE + len(self.player.tables) * (1 + self.game.n_agents + DRAWS_PER_MOVE)

    def play(self, uniform: FloatArray, kept: int) -> tuple[FloatArray, list[Moment]]:
        """Return the returns of the runs with the given uniform numbers (D, N), and the moments of the first `kept`."""
        game, n = self.game, self.game.n_agents
        states, seen = self.sampler.start(uniform[:DRAWS_PER_MOVE])
        known = Tracker(self.player.tables, len(states), None if seen is None else self._seen(seen))
        memory, total, weight, row = None, np.zeros((len(states), n)), 1.0, DRAWS_PER_MOVE
        moments: list[Moment] = []
        for time in range(len(self.player.tables)):
            check_time("playing runs")
            memory, atom, actions = self.player.act(memory, known, uniform[row : row + 1 + n])
            joint = np.ravel_multi_index(actions, game.n_actions)
            rewards = self.sampler.rewards(time, states, joint)
            total += weight * rewards
            if kept:
                node = self.player.node(memory)
                moment = Moment(states, seen, known.increment, known.private, node, atom, joint, rewards)
                moments.append(moment.first(kept))
            if time + 1 < len(self.player.tables):
                row += 1 + n
                states, seen = self.sampler.move(time, states, joint, uniform[row : row + DRAWS_PER_MOVE])
                assert seen is not None
                known.step(actions, self._seen(seen))
                row += DRAWS_PER_MOVE
                weight *= game.discount
        return total, moments

    def _seen(self, observations: IntArray) -> tuple[IntArray, ...]:
        """Return what each agent saw of joint observations."""
        return tuple(part[observations] for part in self.own_observation)


def _bounds(game: Game, horizon: int) -> FloatArray:
    """Return the smallest and the largest return of each agent, shape (n, 2)."""
    steps = [game.discount**h * game.reward_array(h) for h in range(horizon)]
    ends = np.stack([np.stack([own.min(axis=(1, 2)), own.max(axis=(1, 2))], axis=1) for own in steps])
    return np.asarray(ends.sum(axis=0))


def check_simulation(n_runs: int, seed: int, level: float, traces: int = 0, batch_runs: int = 1) -> None:
    """Raise ModelError unless the arguments of a simulation are valid."""
    whole_numbers(1, n_runs=n_runs, batch_runs=batch_runs)
    whole_numbers(0, seed=seed, traces=traces)
    confidence("level", level)
