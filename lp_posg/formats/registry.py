"""What a file format has to offer, and the choice of one by a file's extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lp_posg.errors import UnsupportedError
from lp_posg.game import Game
from lp_posg.trees import Tree

if TYPE_CHECKING:
    from lp_posg.planning import Solution


@dataclass(frozen=True)
class Format:
    """One file format.

    Parameters
    ----------
    name : str
        What it is called in messages.
    extensions : tuple of str
        File name endings in lower case, each with its dot.
    read : callable
        Returns the game, game tree or solution in a file; raises FormatError when there is none.
    write_game, write_tree : callable, optional
        Write a game, or a game tree, to a file, all of it or nothing; None where the format holds none.
    describe : callable, optional
        Says in words what a file of this format holds of a game or tree, where that is not all of it.
    """

    name: str
    extensions: tuple[str, ...]
    read: Callable[[Path], Game | Tree | Solution]
    write_game: Callable[[Game, Path], None] | None = None
    write_tree: Callable[[Tree, Path], None] | None = None
    describe: Callable[[Game | Tree], str] | None = None

    @property
    def is_written(self) -> bool:
        """Whether anything can be written in this format."""
        return self.write_game is not None or self.write_tree is not None


def by_extension(*formats: Format) -> dict[str, Format]:
    """Return the `formats` keyed by each of their extensions."""
    return {extension: entry for entry in formats for extension in entry.extensions}


def choose(formats: Mapping[str, Format], path: Path, *, writing: bool) -> Format:
    """Return the format of `path`.

    Raises
    ------
    UnsupportedError
        If no format has that extension, or it cannot be written; the message lists those that can.
    """
    known = [extension for extension, entry in formats.items() if entry.is_written or not writing]
    if path.suffix.lower() not in known:
        found = f"extension {path.suffix!r}" if path.suffix else "no extension"
        raise UnsupportedError(
            f"{path}: found {found}, expected one of {', '.join(known)} (what can be"
            f" {'written' if writing else 'read'}); rename the file or convert it",
            path=str(path),
            known=tuple(known),
        )
    return formats[path.suffix.lower()]


def write(formats: Mapping[str, Format], game: Game | Tree, path: Path) -> None:
    """Write a game or a game tree to a file, in the format that its extension says.

    Raises
    ------
    UnsupportedError
        If no writer knows the extension, or the format cannot hold this game; the message says what to do.
    FormatError
        If the file cannot be written.
    """
    entry = choose(formats, path, writing=True)
    if isinstance(game, Tree):
        if entry.write_tree is None:
            known = tuple(extension for extension, other in formats.items() if other.write_tree is not None)
            raise UnsupportedError(
                f"{path}: found a game tree, expected {' or '.join(known)} for it; rename the file, or save the POSG"
                " lp_posg.trees.to_game(tree)",
                path=str(path),
                known=known,
            )
        entry.write_tree(game, path)
        return
    if entry.write_game is None:
        raise UnsupportedError(
            f"{path}: game {game.name!r} is a POSG, which unrolls into a game tree only once a horizon and a sharing"
            " rule are chosen: lp_posg.save(lp_posg.trees.unroll(game, horizon, sharing), path); or save it as .posg",
            path=str(path),
        )
    entry.write_game(game, path)
