"""A game where a function takes one: the game itself, or the name or file that it goes by."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from lp_posg.checks import instance
from lp_posg.game.model import Game


def opened(given: Any) -> Any:
    """Return the game that a text or a path names, as the command line finds it; anything else as it is.

    Raises
    ------
    FormatError
        If there is no such file and no such model, or it is not a game.
    """
    if not isinstance(given, (str, os.PathLike)):
        return given
    # By its name, since the catalogue and the readers of files stand above every room that takes a game.
    return import_module("lp_posg.catalogue.finding").game_named(given)


def game_of_steps(given: Any) -> Game:
    """Return a POSG: as it is, or the one of a name or a file; raise ModelError for anything else."""
    game = opened(given)
    instance("game", game, Game, "a Game; load a file with lp_posg.load(path)")
    return game  # type: ignore[no-any-return]
