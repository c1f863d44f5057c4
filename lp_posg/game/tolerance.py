"""What a tolerance means for a game at hand."""

from __future__ import annotations

import numpy as np

from lp_posg.game.model import Game
from lp_posg.types import ROUNDING


def allowed_gap(game: Game, tolerance: float) -> float:
    """Return the largest gap accepted, in reward units.

    That is the tolerance times the largest reward range, and no less than what rounding can make of
    one reward in double precision: with rewards of 1e9 a gain of 1e-7 is not to be told from none.
    """
    largest = max(float(np.abs(reward).max()) for reward in game.parts()[2])
    return tolerance * game.reward_range + ROUNDING * largest
