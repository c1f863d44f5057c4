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

from lp_posg.checks import confidence, whole_number
from lp_posg.errors import ModelError
from lp_posg.evaluate.playing import StepPlayer
from lp_posg.evaluate.sampling import DRAWS_PER_MOVE, GameSampler
from lp_posg.evaluate.traces import Moment, Trace, traces_of
from lp_posg.game import Game
from lp_posg.information import Policy, SharingStructure, check_horizon
from lp_posg.information.tables import SplitTable, first_table, next_table
from lp_posg.types import FloatArray, IntArray, read_only

Interval = Literal["normal", "hoeffding", "bernstein"]

BATCH_RUNS = 8192
"""Runs played at a time: enough to make array operations worth while, few enough to stay in the cache."""

BATCH_DRAWS = 2_000_000
"""Most uniform numbers held at a time; bounds the memory of long horizons."""


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
            beside the bounds.

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
        ends = np.stack([self.mean - radius, self.mean + radius], axis=1)
        return np.asarray(np.clip(ends, self.bounds[:, :1], self.bounds[:, 1:]))

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
        How many runs, from the first on, to tell in the game's labels.
    batch_runs : int
        Most runs played at a time; changes speed and memory only.

    Raises
    ------
    ModelError
        If the strategy does not fit the game (actions, horizon, increments or private information;
        the last two only if a run comes upon them, `certify` looks at all), or an argument is not
        what it has to be.
    UnsupportedError
        If private information grows beyond what is tabulated.

    Notes
    -----
    Time grows as runs times steps, whatever the number of states; memory is that of the strategy,
    one batch, and the returns.
    """
    _check_arguments(n_runs, seed, level, traces, batch_runs)
    horizon = check_horizon(game, policy.horizon)
    policy.check(game.n_actions)
    player = _Player(game, structure, policy)
    rng = np.random.Generator(np.random.PCG64(seed))
    size = max(1, min(batch_runs, BATCH_DRAWS // player.n_draws))
    returns = np.empty((n_runs, game.n_agents))
    told: tuple[Trace, ...] = ()
    for first in range(0, n_runs, size):
        count = min(size, n_runs - first)
        uniform = np.ascontiguousarray(rng.random((count, player.n_draws)).T)
        returns[first : first + count], moments = player.play(uniform, min(count, max(0, traces - first)))
        told += traces_of(game, player.tables, moments)
    return Simulation(returns, _bounds(game, horizon), level, int(seed), told)


def played(game: Game, structure: SharingStructure, policy: Policy, n_runs: int, seed: int = 0) -> list[Moment]:
    """Return what happened at every step of the runs that `simulate` plays with this seed, as arrays.

    Raises
    ------
    ModelError, UnsupportedError
        As `simulate`.
    """
    _check_arguments(n_runs, seed, 0.5, 0, n_runs)
    policy.check(game.n_actions)
    player = _Player(game, structure, policy)
    uniform = np.random.Generator(np.random.PCG64(seed)).random((n_runs, player.n_draws)).T
    return player.play(np.ascontiguousarray(uniform), n_runs)[1]


class _Player:
    """A strategy, a game and a sharing structure made ready for play."""

    def __init__(self, game: Game, structure: SharingStructure, policy: Policy) -> None:
        self.game, self.policy = game, policy
        self.sampler = GameSampler(game)
        self.tables = _tables(game, structure, policy.horizon)
        self.steps = tuple(
            StepPlayer(step, table.n_next, time)
            for time, (step, table) in enumerate(zip(policy.steps, self.tables, strict=True))
        )
        self.own_observation = tuple(
            np.array(np.unravel_index(np.arange(game.n_joint_observations), game.n_observations))
        )

    @property
    def n_draws(self) -> int:
        """D, the uniform numbers per run, for the start, then atom, actions and move of every step."""
        return DRAWS_PER_MOVE + self.policy.horizon * (1 + self.game.n_agents + DRAWS_PER_MOVE)

    def play(self, uniform: FloatArray, told: int) -> tuple[FloatArray, list[Moment]]:
        """Return the returns of the runs with the given uniform numbers (D, N), and what the first `told` did."""
        game, n = self.game, self.game.n_agents
        states, seen = self.sampler.start(uniform[:DRAWS_PER_MOVE])
        nothing = np.zeros(len(states), dtype=np.int64)
        private: tuple[IntArray, ...] = (nothing,) * n
        actions: tuple[IntArray, ...] = private
        node, total, weight, row = nothing, np.zeros((len(states), n)), 1.0, DRAWS_PER_MOVE
        moments: list[Moment] = []
        for time, step in enumerate(self.steps):
            increment, private = self._split(time, private, actions, seen)
            node = self.policy.follow(time - 1, node, increment)
            atom, actions = step.draw(node, private, uniform[row : row + 1 + n])
            joint = np.ravel_multi_index(actions, game.n_actions)
            rewards = self.sampler.rewards(time, states, joint)
            total += weight * rewards
            if told:
                moments.append(Moment(states, seen, increment, private, node, atom, joint, rewards).first(told))
            if time + 1 < len(self.steps):
                row += 1 + n
                states, seen = self.sampler.move(time, states, joint, uniform[row : row + DRAWS_PER_MOVE])
                row += DRAWS_PER_MOVE
                weight *= game.discount
        return total, moments

    def _split(
        self, time: int, private: tuple[IntArray, ...], actions: tuple[IntArray, ...], seen: IntArray | None
    ) -> tuple[IntArray, tuple[IntArray, ...]]:
        """Return the joint increment and everybody's private information as step `time` begins."""
        table = self.tables[time]
        increment = np.zeros(len(private[0]), dtype=np.int64)
        kept = []
        for i, count in enumerate(table.n_increments):
            own_seen = np.zeros_like(increment) if seen is None else self.own_observation[i][seen]
            where = (private[i], actions[i], own_seen)
            increment = increment * count + table.increment_index[i][where]
            kept.append(table.next_index[i][where])
        return increment, tuple(kept)


def _tables(game: Game, structure: SharingStructure, horizon: int) -> tuple[SplitTable, ...]:
    """Return the table that leads into each step, the start's first."""
    tables = [first_table(game, structure)]
    for _ in range(horizon - 1):
        tables.append(next_table(game, structure, tables[-1].next_private))
    return tuple(tables)


def _bounds(game: Game, horizon: int) -> FloatArray:
    """Return the smallest and the largest return of each agent, shape (n, 2)."""
    steps = [game.discount**h * game.reward_array(h) for h in range(horizon)]
    ends = np.stack([np.stack([own.min(axis=(1, 2)), own.max(axis=(1, 2))], axis=1) for own in steps])
    return np.asarray(ends.sum(axis=0))


def _check_arguments(n_runs: int, seed: int, level: float, traces: int, batch_runs: int) -> None:
    whole_number("n_runs", n_runs)
    whole_number("seed", seed, 0)
    whole_number("traces", traces, 0)
    whole_number("batch_runs", batch_runs)
    confidence("level", level)
