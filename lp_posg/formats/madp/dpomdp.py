"""The ``.dpomdp`` format (MADP, after Cassandra's POMDP files): agents with a common reward."""

from __future__ import annotations

from pathlib import Path

from lp_posg.formats.madp.reader import read_game
from lp_posg.formats.madp.writer import write_dpomdp
from lp_posg.formats.registry import Format
from lp_posg.game import Game


def read(path: Path) -> Game:
    """Return the game in a ``.dpomdp`` file; raise FormatError where it is wrong."""
    return read_game(path, extended=False)


FORMAT = Format(name="dpomdp", extensions=(".dpomdp",), read=read, write_game=write_dpomdp)
