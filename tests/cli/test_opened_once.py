"""Each command reads a file once, and looks a name up once."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

import lp_posg as posg
from lp_posg.catalogue import catalog_entry
from lp_posg.catalogue.entries import CatalogEntry
from lp_posg.formats import FORMATS
from lp_posg.planning import load_solution

COMMANDS = {
    "solve": ("solve", "GAME", "-H", "3", "--sharing", "full", "--concept", "team"),
    "compare": ("compare", "GAME", "-H", "3", "--sharing", "full", "--concept", "team"),
    "report": ("report", "GAME", "-H", "3", "--sharing", "full", "--concept", "team", "-o", "r.html"),
    "plot": ("plot", "values", "GAME", "-H", "3", "--sharing", "full", "--concept", "team", "-o", "p.svg"),
    "info": ("info", "GAME"),
    "check": ("check", "GAME"),
    "convert": ("convert", "GAME", "out.npz"),
    "to a tree": ("convert", "GAME", "out.efg"),
    "to one step": ("convert", "GAME", "out.nfg"),
}
TREES = COMMANDS | {
    "solve": ("solve", "GAME"),
    "compare": ("compare", "GAME", "--concept", "team"),
    "report": ("report", "GAME", "--concept", "team", "-o", "r.html"),
    "compare by steps": COMMANDS["compare"],
}


@pytest.fixture
def counted(run):
    """Run a command, and count the files that were read, the look-ups, and the models that were built."""
    watched = {entry.read.__code__: "read" for entry in FORMATS.values()}
    watched |= {catalog_entry.__code__: "looked up", CatalogEntry.build.__code__: "built"}
    watched[load_solution.__code__] = "loaded"

    def call(*arguments: str) -> Counter[str]:
        counts: Counter[str] = Counter()

        def profile(frame, event, argument):
            if event == "call" and frame.f_code in watched:
                counts[watched[frame.f_code]] += 1

        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            status, _, err = run(*arguments)
        finally:
            sys.setprofile(before)
        assert status == 0, err
        return counts

    return call


def of(command: tuple[str, ...], game: str) -> tuple[str, ...]:
    """Return the command about a game."""
    for extra in ("jinja2", "matplotlib") if command[0] in ("report", "plot") else ():
        pytest.importorskip(extra)
    horizon = ("-H", "2") if "out.efg" in command and "tree" not in game else ()
    return tuple(game if word == "GAME" else word for word in (*command, *horizon))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_file_is_read_once(counted, tmp_path, command):
    posg.save(posg.catalog("chicken"), tmp_path / "game.posg")
    assert counted(*of(command, "game.posg")) == {"read": 1}


@pytest.mark.parametrize("command", TREES.values(), ids=TREES)
def test_the_file_of_a_tree_is_read_once(counted, tmp_path, command):
    posg.save(posg.catalog("kuhn-poker-tree"), tmp_path / "tree.efg")
    assert counted(*of(command, "tree.efg")) == {"read": 1}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_name_is_looked_up_once(counted, command):
    # This model of the catalogue is a file.
    assert counted(*of(command, "chicken")) == {"read": 1, "looked up": 1, "built": 1}


@pytest.mark.parametrize("command", TREES.values(), ids=TREES)
def test_the_name_of_a_tree_is_looked_up_once(counted, command):
    assert counted(*of(command, "kuhn-poker-tree")) == {"looked up": 1, "built": 1}


@pytest.mark.parametrize("arguments", [("chicken", "-H", "1"), ("kuhn-poker-tree",)], ids=lambda call: call[0])
@pytest.mark.parametrize("command", ["verify", "simulate", "policy"])
def test_a_stored_solution_is_read_once(counted, run, command, arguments):
    assert run("solve", *arguments, "--save", "s.npz")[0] == 0
    assert counted(command, "s.npz") == {"loaded": 1}


@pytest.mark.parametrize("command", [("verify", "s.npz"), ("simulate", "s.npz", "--runs", "10")], ids=lambda c: c[0])
def test_the_game_of_a_stored_solution_is_read_once(counted, tmp_path, run, command):
    posg.save(posg.catalog("chicken"), tmp_path / "game.posg")
    assert run("solve", "game.posg", "-H", "1", "--save", "s.npz")[0] == 0
    assert counted(*command, "game.posg") == {"read": 1, "loaded": 1}


def test_a_stored_solution_is_read_once_for_a_picture(counted, run):
    pytest.importorskip("matplotlib")
    assert run("solve", "chicken", "-H", "1", "--save", "s.npz")[0] == 0
    assert counted("plot", "dag", "s.npz", "-o", "p.svg") == {"read": 1, "loaded": 1}
