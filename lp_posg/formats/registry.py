"""What a file format has to offer, and the choice of one by a file's extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lp_posg.errors import UnsupportedError
from lp_posg.game import Game


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
        Returns the game in a file; raises FormatError when there is none.
    write : callable or None
        Writes a game to a file, all of it or nothing; None if the format is only read.
    """

    name: str
    extensions: tuple[str, ...]
    read: Callable[[Path], Game]
    write: Callable[[Game, Path], None] | None


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
    entry = formats.get(path.suffix.lower())
    known = [e for e, f in formats.items() if f.write is not None or not writing]
    if entry is None or (writing and entry.write is None):
        found = f"extension {path.suffix!r}" if path.suffix else "no extension"
        raise UnsupportedError(
            f"{path}: found {found}, expected one of {', '.join(known)} (what can be"
            f" {'written' if writing else 'read'}); rename the file or convert it",
            path=str(path),
            known=tuple(known),
        )
    return entry
