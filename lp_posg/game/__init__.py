"""The immutable game, its validation and its joint indices."""

from lp_posg.game.arguments import takes
from lp_posg.game.arrays import (
    GAME_FORMAT,
    SOLUTION_FORMAT,
    checked_csr,
    game_arrays,
    game_from_arrays,
    game_labels,
    promised_arrays,
)
from lp_posg.game.model import Game
from lp_posg.game.opening import game_of_steps, opened
from lp_posg.game.tolerance import (
    allowed_gaps,
    checked_tolerance,
    has_large_gap,
    usual_rewards,
    warn_of_large_gap,
    warn_of_offset,
    warn_of_selection,
)

__all__ = [
    "GAME_FORMAT",
    "SOLUTION_FORMAT",
    "Game",
    "allowed_gaps",
    "checked_csr",
    "checked_tolerance",
    "game_arrays",
    "game_from_arrays",
    "game_labels",
    "game_of_steps",
    "has_large_gap",
    "opened",
    "promised_arrays",
    "takes",
    "usual_rewards",
    "warn_of_large_gap",
    "warn_of_offset",
    "warn_of_selection",
]
