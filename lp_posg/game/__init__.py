"""The immutable game, its validation and its joint indices."""

from lp_posg.game.model import Game

__all__ = ["Game"]
