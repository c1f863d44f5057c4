"""Game files: one registry, one function to read and one to write.

A new format is one module that defines ``FORMAT``, imported and listed here.
"""

from __future__ import annotations

import os
from pathlib import Path

from lp_posg.errors import FormatError, UnsupportedError
from lp_posg.formats import npz
from lp_posg.formats.gambit import efg, nfg
from lp_posg.formats.json import json_game
from lp_posg.formats.json.json_game import game_schema
from lp_posg.formats.madp import dpomdp, posg
from lp_posg.formats.osposg import osposg
from lp_posg.formats.registry import Format, by_extension, choose
from lp_posg.game import Game
from lp_posg.trees import Tree, reduced_form

FORMATS: dict[str, Format] = by_extension(
    dpomdp.FORMAT,
    posg.FORMAT,
    nfg.FORMAT,
    efg.FORMAT,
    osposg.FORMAT,
    json_game.FORMAT,
    npz.FORMAT,
)

__all__ = [
    "FORMATS",
    "Format",
    "game_schema",
    "load",
    "load_extensive",
    "save",
    "save_extensive",
]


def load(path: str | os.PathLike[str]) -> Game:
    """Return the game in a file; the extension says what format it has.

    Parameters
    ----------
    path : path
        The game is named after the file, without its extension, unless a .json or .npz file has a name in it, or a
        .efg file a title.

    Raises
    ------
    UnsupportedError
        If no reader knows the extension.
    FormatError
        If there is no such file, it cannot be read, or its content is wrong. The message and the
        attributes ``path`` and ``line`` say where; no file is half read.
    """
    file = _path(path)
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


def load_extensive(path: str | os.PathLike[str]) -> Tree:
    """Return the extensive game in a ``.efg`` file, with exact numbers.

    Parameters
    ----------
    path : path
        The game has the title in the file for its name, or the file's name if that is empty.

    Raises
    ------
    UnsupportedError
        If the extension is another one.
    FormatError
        If there is no such file, it cannot be read, or its content is wrong; attributes ``path``, ``line``.
    ImperfectRecallError
        If an agent forgets what it did or knew; attributes ``path``, ``line``.
    """
    return efg.read_tree(_extensive_path(path))


def save_extensive(game: Tree, path: str | os.PathLike[str]) -> None:
    """Write an extensive game to a ``.efg`` file, with exact numbers, or its reduced strategic form to a ``.nfg`` file.

    The file is replaced as a whole or, after an error, left as it was. Nodes are written in prefix order,
    information sets and outcomes numbered as they appear first; a game numbered so is read back equal. A ``.nfg``
    file has the payoffs that `strategic_form` rounds as exact fractions.

    Raises
    ------
    UnsupportedError
        If the extension is another one, or a name or number cannot be written.
    ImperfectRecallError, LimitError
        For ``.nfg``, as `strategic_form`.
    FormatError
        If the file cannot be written.
    """
    if _path(path).suffix.lower() == nfg.EXTENSION:
        nfg.write_form(reduced_form(game), Path(path))
        return
    efg.write_tree(game, _extensive_path(path))


def _path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise FormatError(f"{path!r} is not a path; give the name of a game file", path=str(path), line=None)
    return Path(path)


def _extensive_path(path: str | os.PathLike[str]) -> Path:
    file = _path(path)
    if file.suffix.lower() != efg.EXTENSION:
        found = f"extension {file.suffix!r}" if file.suffix else "no extension"
        message = f"{path}: found {found}, expected {efg.EXTENSION}, the format of extensive games; rename the file"
        raise UnsupportedError(message, path=str(path), known=(efg.EXTENSION,))
    return file
