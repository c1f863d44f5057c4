"""Games in every format on the command line: converted, told from solutions, listed from the registry."""

from __future__ import annotations

import json

import pytest

import lp_posg as posg
from lp_posg.formats import FORMATS, game_schema

ANY_GAME = (".posg", ".json", ".npz")


def test_a_chain_of_conversions(run, tmp_path):
    before = "kuhn-poker"
    for ending in ANY_GAME:
        status, out, err = run("convert", before, f"game{ending}")
        assert (status, err) == (0, "")
        assert out.startswith(f"wrote: game{ending}: zero-sum, 2 agents, 25 states")
        before = f"game{ending}"
    assert posg.load(tmp_path / "game.npz") == posg.catalog("kuhn-poker")
    for ending in ANY_GAME:
        assert run("check", f"game{ending}")[0] == 0


@pytest.mark.parametrize("command", ["convert", "solve", "info", "check"])
def test_help_lists_the_formats_of_the_registry(run, command):
    status, out, _ = run(command, "--help")
    assert status == 0
    assert [ending for ending in FORMATS if ending not in out] == []


def test_the_first_help_lists_them_too(run):
    assert [ending for ending in FORMATS if ending not in run("--help")[1]] == []


def test_schema(run):
    status, out, err = run("convert", "--schema")
    assert (status, err) == (0, "")
    assert json.loads(out) == game_schema()


def test_a_solution_given_as_a_game_and_a_game_as_a_solution(run, tmp_path):
    assert run("solve", "matching-pennies", "-H", "1", "--save", "solution.npz")[0] == 0
    assert run("convert", "matching-pennies", "game.npz")[0] == 0
    for command in (
        ("solve", "solution.npz", "-H", "1"),
        ("check", "solution.npz"),
        ("convert", "solution.npz", "x.posg"),
    ):
        status, _, err = run(*command)
        assert status == 1
        assert "solution.npz: found a stored solution, expected a game" in err
    for command in (("verify", "game.npz", "matching-pennies"), ("simulate", "game.npz"), ("policy", "game.npz")):
        status, _, err = run(*command)
        assert status == 1
        assert "game.npz: found a game, expected a stored solution; solve it" in err
    # The right way round both work.
    assert run("solve", "game.npz", "-H", "1")[0] == 0
    assert run("verify", "solution.npz", "game.npz")[0] == 0
    assert run("convert", "game.npz", "x.posg")[0] == 0


def test_a_picture_of_a_game_and_of_a_solution(run, tmp_path):
    pytest.importorskip("matplotlib")
    run("solve", "matching-pennies", "-H", "1", "--save", "solution.npz")
    run("convert", "matching-pennies", "game.npz")
    assert run("plot", "dag", "solution.npz", "--out", "a.svg")[0] == 0
    assert run("plot", "dag", "game.npz", "-H", "1", "--sharing", "full", "--out", "b.svg")[0] == 0
    assert run("plot", "payoffs", "game.npz", "--out", "c.svg")[0] == 0
    assert run("plot", "payoffs", "solution.npz", "--out", "d.svg")[0] == 2


def test_results_go_to_json_files_but_not_over_the_game(run, tmp_path):
    run("convert", "matching-pennies", "game.json")
    assert run("solve", "game.json", "-H", "1", "--json", "out.json")[0] == 0
    assert json.loads((tmp_path / "out.json").read_text())["horizon"] == 1
    assert run("solve", "game.json", "-H", "1", "--json", "game.json")[0] == 2
    assert run("solve", "game.json", "-H", "1", "--json", "out.osposg")[0] == 2
    status, _, err = run("check", "out.json")
    assert status == 1
    assert "out.json:1: found no field 'format', expected" in err
