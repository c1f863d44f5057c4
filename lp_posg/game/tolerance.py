"""What a tolerance means for a game at hand."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game.model import Game
from lp_posg.types import ROUNDING, FloatArray


def checked_tolerance(tolerance: object) -> float:
    """Return the tolerance.

    Raises
    ------
    ModelError
        If it is not a finite number of at least 0.
    """
    number = isinstance(tolerance, (int, float, np.integer, np.floating)) and not isinstance(tolerance, bool)
    if not number or not 0 <= float(tolerance) < np.inf:  # type: ignore[arg-type]
        raise ModelError(f"tolerance is {tolerance!r}, expected a finite number of at least 0")
    return float(tolerance)  # type: ignore[arg-type]


def allowed_gaps(game: Game, tolerance: float, deviations: str) -> FloatArray:
    """Return the largest gap accepted of each agent, in reward units, shape (n,).

    That is the tolerance times the agent's own reward range (for a team, that of the common reward, or
    of the sum of the rewards), and no less than what rounding can make of one reward in double
    precision: with rewards of 1e9 a gain of 1e-7 is not to be told from none.
    """
    rewards = game.parts()[2]
    if deviations == "team" and not game.is_common_reward:
        rewards = tuple(np.broadcast_to(reward.sum(axis=0), reward.shape) for reward in rewards)
    span = np.max([np.ptp(reward, axis=(1, 2)) for reward in rewards], axis=0)
    largest = np.max([np.abs(reward).max(axis=(1, 2)) for reward in rewards], axis=0)
    return np.asarray(tolerance * span + ROUNDING * largest)
