"""Every format passes the checks of formats, and formats broken on purpose do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_games import random_game

from lp_posg.errors import ConformanceError, FormatError, UnsupportedError
from lp_posg.formats import FORMATS
from lp_posg.testing import check_format

ONE_SIDED = """3 2 2 2 2 7 2 0.9
cellar 0
attic 0
yard 1
search
walk
sneak
stay
quiet
noise
0 1
1
0 1
0
1
0 0 0 0 1 1
0 0 1 0 0 0.75
0 0 1 1 2 0.25
1 0 1 1 2 0.5
1 0 1 0 1 0.5
2 1 0 0 0 1
2 1 1 0 1 1
0 0 1 -2.5
1 0 1 4
0 0.5 0.5
"""


@pytest.mark.parametrize("extension", sorted(set(FORMATS) - {".osposg"}))
def test_every_format_passes(extension):
    check_format(FORMATS[extension])


def test_a_format_of_special_games_passes_with_samples(tmp_path):
    """Player 2 sees the state, player 1 only what it hears: the form that `.osposg` files have."""
    path = tmp_path / "house.osposg"
    path.write_text(ONE_SIDED)
    check_format(FORMATS[".osposg"], [FORMATS[".osposg"].read(path)])
    with pytest.raises(ConformanceError, match="writes none of the sample games"):
        check_format(FORMATS[".osposg"])


JSON = FORMATS[".json"]


def lossy(game, path: Path):
    JSON.write_game(game.with_discount(0.5), path)


def dated(game, path: Path):
    JSON.write_game(game, path)
    path.write_text(path.read_text() + " " * len(path.stem))


def messy(game, path: Path):
    path.write_text("begun")
    raise UnsupportedError("this game is not for us")


def careless(path: Path):
    return JSON.read(path) if path.read_bytes().startswith(b"{") else np.load(path)


def trusting(path: Path):
    try:
        return JSON.read(path)
    except FormatError:
        return random_game(0)


def crashing(game, path: Path):
    raise ZeroDivisionError("no agents")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"write_game": lossy}, "not the game that was written"),
        ({"write_game": dated}, "writing twice gives two files"),
        ({"write_game": messy}, "a file is left behind"),
        ({"write_game": crashing}, "writing: ZeroDivisionError"),
        ({"read": careless}, r"reading the first 0% of a file fails with|a file of nonsense fails with"),
        ({"read": trusting}, "is read as a game"),
    ],
)
def test_a_broken_format_is_found_out(changed, message):
    with pytest.raises(ConformanceError, match=message):
        check_format(replace(JSON, **changed), [random_game(0)])
