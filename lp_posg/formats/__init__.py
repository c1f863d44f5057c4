"""Files of games, game trees and solutions: one registry, one function to read and one to write.

A new format is one module that defines ``FORMAT``, imported and listed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lp_posg.errors import FormatError, ModelError, OptionError, UnsupportedError
from lp_posg.files import path_of
from lp_posg.formats import npz
from lp_posg.formats.gambit import efg, nfg
from lp_posg.formats.json import json_game
from lp_posg.formats.json.json_game import game_schema
from lp_posg.formats.madp import madp_files
from lp_posg.formats.osposg import osposg_file
from lp_posg.formats.registry import Format, choose
from lp_posg.game import Game
from lp_posg.trees import Tree

if TYPE_CHECKING:
    from lp_posg.information import Compression, CompressionRule, SharingStructure
    from lp_posg.planning import Solution
    from lp_posg.stage import Concept

_OTHERS = (nfg, efg, osposg_file, json_game, npz)

FORMATS: dict[str, Format] = {
    extension: entry
    for entry in (madp_files.DPOMDP, madp_files.POSG, *(module.FORMAT for module in _OTHERS))
    for extension in entry.extensions
}
"""The formats by each of their extensions, in the order in which messages name them."""

__all__ = ["FORMATS", "Format", "game_schema", "load", "load_game", "save", "stored_solution"]


def load(
    path: str | os.PathLike[str],
    *,
    sharing: SharingStructure | None = None,
    concept: Concept | None = None,
    objective: Callable[[Any], Any] | None = None,
    compression: Compression | CompressionRule | None = None,
) -> Game | Tree | Solution:
    """Return what a file holds: a game, a game tree or a stored solution; the extension says what format it has.

    A ``.efg`` file holds a game tree, a ``.npz`` file a game or a solution, every other a game.

    Parameters
    ----------
    path : path
        The game is named after the file, without its extension, unless a .json or .npz file has a name in it, or a
        .efg file a title.
    sharing, concept, objective, compression : objects, optional
        Your own ones that a stored solution was computed with: its file can only name them.

    Raises
    ------
    OptionError
        If an object is given that a solution was not computed with, or the file holds none.
    UnsupportedError
        If no reader knows the extension.
    FormatError
        If there is no such file, it cannot be read, or its content is wrong. The message and the
        attributes ``path`` and ``line`` say where; no file is half read.
    ImperfectRecallError
        If an agent of a game tree forgets what it did or knew; attributes ``path``, ``line``.
    """
    file = path_of(path, "game file")
    entry = choose(FORMATS, file, writing=False)
    named = {"sharing": sharing, "concept": concept, "objective": objective, "compression": compression}
    objects = {name: value for name, value in named.items() if value is not None}
    if not objects:
        return entry.read(file)
    found = npz.read(file, **objects) if entry is npz.FORMAT else entry.read(file)
    if isinstance(found, (Game, Tree)):
        belong = "belongs" if len(objects) == 1 else "belong"
        raise OptionError(f"{path}: {', '.join(objects)} {belong} to a stored solution, and this file holds none")
    return found


def save(game: Game | Tree, path: str | os.PathLike[str]) -> None:
    """Write a game or a game tree to a file; the extension says in what format.

    The file is replaced as a whole or, after an error, left as it was. A game tree is written exactly to a ``.efg``
    file, and as its reduced strategic form to a ``.nfg`` file.

    Raises
    ------
    ModelError
        If `game` is neither.
    UnsupportedError
        If no writer knows the extension, or the format cannot hold this game.
    ImperfectRecallError, LimitError
        For a game tree as ``.nfg``, as `lp_posg.trees.strategic_form`.
    FormatError
        If the file cannot be written.
    """
    if not isinstance(game, (Game, Tree)):
        raise ModelError(f"game is {type(game).__name__}, expected a Game or a Tree; a solution has a method `save`")
    file = path_of(path, "game file")
    entry = choose(FORMATS, file, writing=True)
    if isinstance(game, Tree):
        if entry.write_tree is None:
            known = tuple(extension for extension, other in FORMATS.items() if other.write_tree is not None)
            raise UnsupportedError(
                f"{path}: found a game tree, expected {' or '.join(known)} for it; rename the file, or save the POSG"
                " lp_posg.trees.to_game(tree)",
                path=str(path),
                known=known,
            )
        entry.write_tree(game, file)
    elif entry.write_game is None:
        raise UnsupportedError(
            f"{path}: game {game.name!r} is a POSG, which unrolls into a game tree only once a horizon and a sharing"
            " rule are chosen: lp_posg.save(lp_posg.trees.unroll(game, horizon, sharing), path); or save it as .posg",
            path=str(path),
        )
    else:
        entry.write_game(game, file)


def load_game(path: str | os.PathLike[str]) -> Game | Tree:
    """Return the game or game tree in a file, as `load`.

    Raises
    ------
    FormatError
        Also if the file holds a stored solution.
    """
    found = load(path)
    if not isinstance(found, (Game, Tree)):
        raise stored_solution(path)
    return found


def stored_solution(path: str | os.PathLike[str]) -> FormatError:
    """Return the error that a file holds a stored solution where a game is needed."""
    return FormatError(
        f"{path}: found a stored solution, expected a game; `lp-posg verify`, `simulate`, `policy` and `plot` take it,"
        " and `lp_posg.load(path).game` is its game",
        path=str(path),
        line=None,
    )
