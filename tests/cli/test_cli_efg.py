"""Gambit's extensive games on the command line."""

from __future__ import annotations

import pytest

import lp_posg as posg
from lp_posg.errors import RoundedProbabilityWarning
from lp_posg.trees import to_game

# Matching pennies told one after the other: Bob does not see what Ann chose.
PENNIES = """EFG 2 R "Pennies" { "Ann" "Bob" }
p "" 1 1 "a" { "heads" "tails" } 0
p "" 2 1 "b" { "heads" "tails" } 0
t "" 1 "same" { 1/3, -1/3 }
t "" 2 "other" { -1/3, 1/3 }
p "" 2 1 0
t "" 2
t "" 1
"""
# Each of Ann's and Bob's sets comes first after one face of the coin and second after the other.
NO_CLOCK = """EFG 2 R "Who was first" { "Ann" "Bob" }
c "" 1 "" { "heads" 1/2 "tails" 1/2 } 0
p "" 1 1 "Ann's" { "go" } 0
p "" 2 1 "Bob's" { "go" } 0
t "" 0
p "" 2 1 0
p "" 1 1 0
t "" 0
"""


@pytest.fixture(autouse=True)
def _pennies(tmp_path):
    (tmp_path / "game.efg").write_text(PENNIES)
    (tmp_path / "first.efg").write_text(NO_CLOCK)


def test_check(run):
    said = "zero-sum, 2 agents, 7 nodes, information sets 1 1, actions 2 2, perfect recall, 2 steps as a POSG"
    assert run("check", "game.efg") == (0, f"ok: game.efg: {said}\n", "")
    status, out, _ = run("check", "first.efg")
    assert status == 0
    assert "perfect recall, no clock" in out


def test_solve(run):
    status, out, _ = run("solve", "game.efg")
    assert status == 0
    assert ["values", "0", "0"] in [line.replace(":", " ").split() for line in out.splitlines()]


def test_convert(run, tmp_path):
    assert run("convert", "game.efg", "again.efg")[0] == 0
    tree = posg.load(tmp_path / "game.efg")
    assert posg.load(tmp_path / "again.efg") == tree
    assert run("convert", "game.efg", "game.posg")[0] == 0
    assert posg.load(tmp_path / "game.posg") == to_game(posg.load(tmp_path / "game.efg")) == to_game(tree)


def test_a_posg_is_not_unrolled_without_a_horizon(run, tmp_path):
    status, _, err = run("convert", "dectiger", "tiger.efg")
    assert status == 2
    assert "give --horizon N, and --sharing" in " ".join(err.split())
    assert not (tmp_path / "tiger.efg").exists()


def test_what_has_no_clock_is_no_posg(run):
    status, _, err = run("convert", "first.efg", "first.posg")
    assert status == 1
    assert "first.efg: game 'Who was first' cannot be run by a clock" in err
    assert "after 0 and after 1 moves" in err
    assert "lp_posg.load" in err


def test_errors_and_warnings_name_the_line(run, tmp_path):
    (tmp_path / "wrong.efg").write_text(PENNIES + "t")
    status, _, err = run("check", "wrong.efg")
    assert status == 1
    assert "wrong.efg:9: found the end of the file" in err
    rounded = NO_CLOCK.replace("1/2", "0.50000000001", 1)
    (tmp_path / "rounded.efg").write_text(rounded)
    with pytest.warns(RoundedProbabilityWarning, match=r"^rounded\.efg:2: 1 chance event has"):
        status, out, _ = run("check", "rounded.efg")
    assert (status, out[:3]) == (0, "ok:")
