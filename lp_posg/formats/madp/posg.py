"""The ``.posg`` format, our superset of ``.dpomdp``.

It adds rewards of one agent (``R[agent]:``), quoted names, the law of an observation made before the
first action (``start-observation:``) and games that vary with time (``horizon:``, ``T@h:``, ``O@h:``,
``R@h:``, ``R@h[agent]:`` with steps counted from 1).
"""

from __future__ import annotations

from pathlib import Path

from lp_posg.formats.madp.reader import read_game
from lp_posg.formats.madp.writer import write_posg
from lp_posg.formats.registry import Format
from lp_posg.game import Game


def read(path: Path) -> Game:
    """Return the game in a ``.posg`` file; raise FormatError where it is wrong."""
    return read_game(path, extended=True)


FORMAT = Format(name="posg", extensions=(".posg",), read=read, write_game=write_posg)
