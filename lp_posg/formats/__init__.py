"""Game files: one registry, one function to read and one to write.

A new format is one module that defines ``FORMAT``, imported and listed here.
"""

from __future__ import annotations

import os
from pathlib import Path

from lp_posg.errors import FormatError
from lp_posg.formats import dpomdp, json_game, nfg, npz, osposg, posg
from lp_posg.formats.catalog import CatalogEntry, catalog, catalog_entries
from lp_posg.formats.json_game import game_schema
from lp_posg.formats.registry import Format, by_extension, choose
from lp_posg.game import Game

FORMATS: dict[str, Format] = by_extension(
    dpomdp.FORMAT,
    posg.FORMAT,
    nfg.FORMAT,
    osposg.FORMAT,
    json_game.FORMAT,
    npz.FORMAT,
)

__all__ = ["FORMATS", "CatalogEntry", "Format", "catalog", "catalog_entries", "game_schema", "load", "save"]


def load(path: str | os.PathLike[str]) -> Game:
    """Return the game in a file; the extension says what format it has.

    Parameters
    ----------
    path : path
        The game is named after the file, without its extension.

    Raises
    ------
    UnsupportedError
        If no reader knows the extension.
    FormatError
        If there is no such file, it cannot be read, or its content is wrong. The message and the
        attributes ``path`` and ``line`` say where; no file is half read.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise FormatError(f"{path!r} is not a path; give the name of a game file", path=str(path), line=None)
    file = Path(path)
    return choose(FORMATS, file, writing=False).read(file)


def save(game: Game, path: str | os.PathLike[str]) -> None:
    """Write `game` to a file; the extension says in what format.

    The file is replaced as a whole or, after an error, left as it was.

    Raises
    ------
    UnsupportedError
        If no writer knows the extension, or the format cannot hold this game.
    FormatError
        If the file cannot be written.
    """
    file = Path(path)
    write = choose(FORMATS, file, writing=True).write
    assert write is not None  # what `choose` has made sure of
    write(game, file)
