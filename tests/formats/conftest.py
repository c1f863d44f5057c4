"""Tiny game files for the tests of the readers and writers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fence_text import HEADER, LAWS

from lp_posg.formats import load
from lp_posg.game import Game

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
