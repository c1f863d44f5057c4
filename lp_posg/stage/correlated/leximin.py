"""The largest smallest value, then the largest second smallest, and so on, by one linear program after another.

    max t   s.t.   scale_i value_i - t >= lower_i  for an active agent i,   scale_i value_i >= lower_i  for another

In every optimum the row of an agent whose multiplier is positive is tight, so that agent has what it can have: it is
held there, and t is maximised over the rest. Multipliers of active agents sum to 1, so one at least is held each time.
The set of the equilibria's values being convex, the values found are the only ones.

Source: Ogryczak, Pióro and Tomaszewski (2005), J. Telecommunications and Information Technology 3
(lexicographic max-min by linear programs and their duals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.stage.payoffs import Scaled, egalitarian_bounds
from lp_posg.types import BoolArray, FloatArray, IntArray

HELD_SHARE = 1e-7
"""An agent is held if its multiplier is more than this part of the largest."""

HELD_SLACK = 1e-9
"""What a held agent may lose afterwards, in units of the largest payoff: room for rounding."""


@dataclass(frozen=True, eq=False)
class Leximin:
    """What the next programs of B games ask for.

    Attributes
    ----------
    scale : float array, shape (B, n)
        The agents' units; the largest of a game is 1.
    active : bool array, shape (B, n)
    lower : float array, shape (B, n)
        In units of the largest payoff; -inf for an agent that can never have the smallest value.
    """

    scale: FloatArray
    active: BoolArray
    lower: FloatArray

    @staticmethod
    def first(game: Scaled) -> Leximin:
        """Return the first programs: all agents are active."""
        unit = unit_of(game)
        return Leximin(game.size / unit, np.ones(game.size.shape, dtype=bool), egalitarian_bounds(game) / unit)

    def then(self, game: Scaled, share: FloatArray, smallest: FloatArray) -> Leximin:
        """Return the next programs, after multipliers (B, n) and t (B,); a game without active agents is done."""
        share = np.where(self.active, share, 0.0)
        held = share > HELD_SHARE * share.max(axis=1, keepdims=True)
        active = self.active & ~held
        lower = np.where(held, self.lower + smallest[:, None] - HELD_SLACK, self.lower)
        some = active.any(axis=1, keepdims=True)
        bounds = egalitarian_bounds(game, np.where(some, active, True)) / unit_of(game)
        return Leximin(self.scale, active, np.where(active, bounds, lower))

    def part(self, rows: IntArray) -> Leximin:
        """Return some of the games."""
        return Leximin(self.scale[rows], self.active[rows], self.lower[rows])


def unit_of(game: Scaled) -> FloatArray:
    """Return the largest agent's unit of each game, shape (B, 1); 1 if nothing is at stake."""
    unit = game.size.max(axis=1, keepdims=True)
    return np.where(unit > 0, unit, 1.0)
