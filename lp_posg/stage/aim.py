"""What the programs of stage games maximise, in one form for linear objectives and the leximin, whatever the concept.

With the agents' scaled values v (see `Scaled`),

    max  weight . v + t    s.t.   row . v - along t >= lower  for an active row,   row . v >= lower  for another

with the largest entry of a row 1, so that each agent is judged in its own units, and t = 0 where no row is active. A
linear objective has the weight alone. The leximin makes the smallest value as large as can be, then the second
smallest, and so on, by one program after another:

- Over a convex set of values t is first the smallest value. In every optimum the row of an agent whose multiplier is
  positive is tight, so that agent has what it can have: it is held there, and t is maximised over the rest (`then`).
  Multipliers of active agents, times `along`, sum to 1, so one at least is held each time, and the values found are the
  only ones.
- Over any set of values the sum of the r smallest is the least of all sums of r values, and is maximised for r = 1, 2
  and so on while the sums before are held (`aims_in_turn`, `Aim.holding`).

Source: Ogryczak, Pióro and Tomaszewski (2005), J. Telecommunications and Information Technology 3 (lexicographic
max-min by linear programs and their duals; leximin by sums of the smallest).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled
from lp_posg.types import BoolArray, FloatArray, IntArray

FARTHEST = 1e-8  # t counts in units of at least this share of the largest payoff, so that it has digits left
HELD_SHARE = 1e-7  # an agent is held if its multiplier is more than this part of the largest
# What an agent, or a sum of the smallest values, may lose once held, in its own units: for rounding.
HELD_SLACK, HELD_SUM_SLACK = 1e-9, 1e-8


@dataclass(frozen=True, eq=False)
class Aim:
    """What the programs of B games maximise."""

    weight: FloatArray  # shape (B, n)
    rows: FloatArray  # shape (B, R, n)
    along: FloatArray  # shape (B, R); positive
    active: BoolArray  # shape (B, R)
    lower: FloatArray  # shape (B, R); -inf for a row that can never be the least
    # unit, shift: shape (B,); in reward units the objective is ``shift + unit * (weight . v + t)``
    unit: FloatArray
    shift: FloatArray
    name: str  # what is maximised, for messages

    @staticmethod
    def of(objective: Objective, game: Scaled) -> Aim:
        """Return what a linear objective, or the first program of the leximin, maximises."""
        size, n = game.size.shape
        if objective.weights is not None:
            weight, none = scaled_weights(objective.weights, game), np.zeros((size, 0))
            with np.errstate(over="ignore", invalid="ignore"):  # of payoffs near the largest number
                unit = _or_one(np.abs(objective.weights * game.size).max(axis=1))
                shift = game.best @ objective.weights
            return Aim(weight, np.zeros((size, 0, n)), none, none > 0, none, unit, shift, objective.maximises)
        unit, every = _least_size(game), np.ones((size, n), dtype=bool)
        own = np.where(game.size > 0, game.size, unit[:, None])
        rows, (lower, least) = np.eye(n) * (game.size > 0)[:, None], _shortfalls(game, every)
        along, none = unit[:, None] / own, np.zeros((size, n))
        return Aim(none, rows, along, every, lower / own, unit, least[:, 0], objective.maximises)

    def part(self, games: IntArray) -> Aim:
        """Return what is maximised in some of the games."""
        first = self.weight[games], self.rows[games], self.along[games], self.active[games], self.lower[games]
        return Aim(*first, self.unit[games], self.shift[games], self.name)

    def then(self, game: Scaled, share: FloatArray, t: FloatArray) -> Aim:
        """Return what comes next over a convex set, after multipliers (B, R) and t (B,); without active rows, nothing.

        For `Aim.of` and what follows it: the i-th row is the i-th agent's.
        """
        if not self.active.size:
            return self
        share = np.where(self.active, share * self.along, 0.0)
        held = share > HELD_SHARE * share.max(axis=1, keepdims=True)
        active = self.active & ~held
        lower = np.where(held, self.lower + self.along * t[:, None] - HELD_SLACK, self.lower)
        bounds, least = _shortfalls(game, np.where(active.any(axis=1, keepdims=True), active, True))
        lower = np.where(active, bounds * self.along / self.unit[:, None], lower)
        return replace(self, active=active, lower=lower, shift=least[:, 0])

    def holding(self, before: Sequence[Aim], value: FloatArray) -> Aim:
        """Return the aim with those before it held at what scaled values (n,) have; all of one game."""
        least = [aim.lower + aim.along * aim.score(value) - HELD_SUM_SLACK for aim in before]
        rows = np.concatenate([self.rows, *(aim.rows for aim in before)], axis=1)
        lower = np.concatenate([self.lower, *least], axis=1)
        along = np.concatenate([self.along, *(aim.along for aim in before)], axis=1)
        more = np.zeros((1, rows.shape[1] - self.active.shape[1]), dtype=bool)
        return replace(self, rows=rows, along=along, lower=lower, active=np.concatenate([self.active, more], axis=1))

    def score(self, value: FloatArray) -> float:
        """Return ``weight . v + t`` of scaled values (n,) in the first game; -inf where a row is not kept."""
        above, active = self.rows[0] @ value - self.lower[0], self.active[0]
        if (above[~active] < 0).any():
            return -np.inf
        t = (above[active] / self.along[0, active]).min() if active.any() else 0.0
        return float(self.weight[0] @ value + t)

    def in_reward(self, score: float) -> float:
        """Return what the first game's objective is in reward units."""
        return float(self.shift[0] + self.unit[0] * score)

    def most(self, largest: Callable[[FloatArray], float]) -> float:
        """Return a bound on the first game's ``weight . v + t``, given the largest ``row . v`` of any row (n,)."""
        used = self.active[0] & np.isfinite(self.lower[0])
        if not used.any():
            return largest(self.weight[0])
        rows, lower = self.rows[0, used] / self.along[0, used, None], self.lower[0, used] / self.along[0, used]
        every = [*zip(rows, lower, strict=True), (rows.mean(axis=0), lower.mean())]
        return min(largest(self.weight[0] + row) - float(lower) for row, lower in every)


def aims_in_turn(objective: Objective, game: Scaled) -> list[Aim]:
    """Return what is maximised in turn over a set of values of one game that need not be convex.

    Each has those before it to hold, by `Aim.holding`.
    """
    first, n = Aim.of(objective, game), game.size.shape[1]
    if objective.weights is not None:
        return [first]
    offset = (game.best[0] - first.shift) / first.unit
    found = []
    for r in range(1, n):
        chosen = np.array([np.isin(np.arange(n), group) for group in combinations(range(n), r)])
        rows, lower = chosen * (game.size / first.unit[:, None]), -(chosen @ offset)
        # A sum that cannot fall below the best of another is never the least, and may be large beside the rest.
        kept = -lower - game.n_profiles * rows.sum(axis=1) <= (-lower).min()
        name = first.name if r == 1 else f"{first.name}, sum of the {r} smallest values"
        active, shift = np.ones((1, int(kept.sum())), dtype=bool), r * first.shift
        along = 1.0 / np.where(rows.max(axis=1) > 0, rows.max(axis=1), 1.0)
        rows, lower = rows * along[:, None], lower * along
        rows, along, lower = rows[None, kept], along[None, kept], lower[None, kept]
        found.append(Aim(first.weight, rows, along, active, lower, first.unit, shift, name))
    return [*found, Aim.of(Objective(f"{objective.name}, sum of values", np.ones(n)), game)]


def scaled_weights(weights: FloatArray, game: Scaled) -> FloatArray:
    """Return the weights (n,) of the agents' values as weights of their scaled values, the largest 1, (B, n).

    So an objective counts as much in a program as its rows do, whatever the units of weights and payoffs; an agent
    whose values hardly count beside another's leaves what selects to the other. Zeros if nothing is at stake.
    """
    weighed = weights / np.abs(weights).max() * (game.size / _or_one(game.size.max(axis=1))[:, None])
    return np.asarray(weighed / _or_one(np.abs(weighed).max(axis=1))[:, None])


def _least_size(game: Scaled) -> FloatArray:
    """Return the smallest size of an agent's payoffs that is not 0 nor far below the largest; 1 if all are 0; (B,)."""
    least = np.where(game.size > 0, game.size, np.inf).min(axis=1)
    return np.where(np.isfinite(least), np.maximum(least, FARTHEST * game.size.max(axis=1)), 1.0)


def _or_one(size: FloatArray) -> FloatArray:
    return np.where(size > 0, size, 1.0)


def _shortfalls(game: Scaled, active: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return how far each agent may fall below its best before it has less than the least best, negated, and that.

    The smallest value of the active agents (B, n) is at most the least of their bests, shape (B, 1); -inf for an agent
    that can never fall so far, whose row would only bring large numbers into the program.
    """
    least = np.where(active, game.best, np.inf).min(axis=1, keepdims=True)
    free = (game.best - game.n_profiles * game.size >= least) & (game.best > least)
    return np.where(free, -np.inf, least - game.best), least
