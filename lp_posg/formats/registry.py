"""What a file format has to offer, and the choice of one by a file's extension."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lp_posg.errors import UnsupportedError
from lp_posg.files import PACKED
from lp_posg.formats.source import Source
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
    packs : bool
        Whether a file may be packed, with ``.gz`` after its extension: it is read by `reader` and written by
        `lp_posg.files.write_lines`.
    """

    name: str
    extensions: tuple[str, ...]
    read: Callable[[Path], Game | Tree | Solution]
    write_game: Callable[[Game, Path], None] | None = None
    write_tree: Callable[[Tree, Path], None] | None = None
    describe: Callable[[Game | Tree], str] | None = None
    packs: bool = False

    @property
    def is_written(self) -> bool:
        """Whether anything can be written in this format."""
        return self.write_game is not None or self.write_tree is not None


def reader(parse: Callable[[Source], Game | Tree], *, extended: bool = True) -> Callable[[Path], Game | Tree]:
    """Return what reads a text file by `parse`; whatever is wrong is a FormatError that names file and line."""

    def read(path: Path) -> Game | Tree:
        source = Source(path, extended=extended)
        with source.making_a_game():
            return parse(source)

    return read


def check_holds(path: Path, problem: str | None, advice: str = "save it as .posg") -> None:
    """Raise UnsupportedError if there is a `problem`: a part of the game that a file of this kind cannot hold."""
    if problem is not None:
        message = f"{path}: {problem}, which a {extension_of(path)} file cannot hold; {advice}"
        raise UnsupportedError(message, path=str(path))


def choose(formats: Mapping[str, Format], path: Path, *, writing: bool) -> Format:
    """Return the format of `path`.

    Raises UnsupportedError if no format has that extension, or it cannot be written; the message lists those that can.
    """
    known = [extension for extension, entry in formats.items() if entry.is_written or not writing]
    extension = extension_of(path)
    is_packed = path.suffix.lower() == PACKED
    if extension not in known or (is_packed and not formats[extension].packs):
        found = f"extension {path.suffix!r}" if path.suffix else "no extension"
        if is_packed:
            found = f"extension {extension + PACKED!r}"
            known = [extension for extension in known if formats[extension].packs]
        what = f"{'before .gz, ' if is_packed else ''}what can be {'written' if writing else 'read'}"
        raise UnsupportedError(
            f"{path}: found {found}, expected one of {', '.join(known)} ({what}); rename the file or convert it",
            path=str(path),
            known=tuple(known),
        )
    return formats[extension]


def extension_of(path: Path) -> str:
    """Return the extension of a file in lower case, that before ``.gz`` if it is packed."""
    return (path.with_suffix("") if path.suffix.lower() == PACKED else path).suffix.lower()


def within(lines: Iterable[str], most: int, path: Path) -> Iterator[str]:
    """Yield the lines of a file, or raise UnsupportedError where it has more characters than its reader takes."""
    size = 0
    for line in lines:
        size += len(line) + 1
        problem = f"the game takes over {most} characters, the most that are read" if size > most else None
        check_holds(path, problem, "save it as .npz or .posg")
        yield line
