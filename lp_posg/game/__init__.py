"""The immutable game, its validation and its joint indices."""

from lp_posg.game.model import Game
from lp_posg.game.tolerance import allowed_gaps, checked_tolerance

__all__ = ["Game", "allowed_gaps", "checked_tolerance"]
