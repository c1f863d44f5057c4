"""Tiny game files for the tests of the readers and writers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lp_posg.formats import load
from lp_posg.game import Game

# Two states, two agents with two actions and two observations: line 12 is the first after the header.
HEADER = """agents: 2
discount: 0.5
values: reward
states: north south
start: uniform
actions:
wait jam
go stop
observations:
quiet loud
dark light
"""
# Always stay where you are, see anything, lines 12 and 13.
LAWS = """T: * : identity
O: * : uniform
"""

LoadText = Callable[..., Game]


@pytest.fixture
def load_text(tmp_path: Path) -> LoadText:
    """Return a function that writes text to a file and loads it."""

    def load_it(text: str | bytes, name: str = "fence.dpomdp") -> Game:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path)

    return load_it


@pytest.fixture
def load_body(load_text: LoadText) -> LoadText:
    """Return a function that loads what it is given after the common header and laws (from line 14)."""

    def load_it(body: str, name: str = "fence.dpomdp") -> Game:
        return load_text(HEADER + LAWS + body, name)

    return load_it


@pytest.fixture
def header() -> str:
    return HEADER


@pytest.fixture
def laws() -> str:
    return LAWS
