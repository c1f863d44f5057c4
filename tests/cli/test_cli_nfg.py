"""Gambit's strategic games on the command line."""

from __future__ import annotations

import numpy as np
import pytest

import lp_posg as posg

CHICKEN = 'NFG 1 R "Chicken" { "row" "column" } { { "swerve" "dare" } { "swerve" "dare" } }\n6 6 7 2 2 7 0 0\n'


@pytest.fixture(autouse=True)
def _chicken(tmp_path):
    (tmp_path / "game.nfg").write_text(CHICKEN)


def test_check(run):
    assert run("check", "game.nfg") == (
        0,
        "ok: game.nfg: general-sum, 2 agents, 1 state, actions 2 2, observations 1 1, discount 1\n",
        "",
    )


def test_solve(run):
    # 21/2 is the largest sum of a correlated equilibrium of chicken: half (swerve, swerve), a quarter each mixed pair.
    status, out, _ = run("solve", "game.nfg", "--horizon", "1", "--concept", "ce")
    assert status == 0
    assert ["values", "5.25", "5.25"] in [line.replace(":", " ").split() for line in out.splitlines()]


def test_convert_there_and_back(run, tmp_path):
    assert run("convert", "game.nfg", "game.posg")[0] == 0
    assert run("convert", "game.posg", "again.nfg")[0] == 0
    assert posg.load(tmp_path / "again.nfg") == posg.load(tmp_path / "game.posg") == posg.load(tmp_path / "game.nfg")
    assert run("convert", "chicken", "stage.nfg")[0] == 0
    assert np.array_equal(posg.load(tmp_path / "stage.nfg").reward, posg.catalog("chicken").reward)


def test_convert_refuses_a_game_of_several_states(run, tmp_path):
    status, _, err = run("convert", "dectiger", "tiger.nfg")
    assert status == 1
    assert "2 states" in err
    assert "save it as .posg" in err
    assert not (tmp_path / "tiger.nfg").exists()


def test_a_wrong_file_names_the_line(run, tmp_path):
    (tmp_path / "wrong.nfg").write_text(CHICKEN + "1\n")
    status, _, err = run("check", "wrong.nfg")
    assert status == 1
    assert "wrong.nfg:3: found 9 payoffs, expected 8" in err


def test_what_was_written_is_told_not_what_was_there(run):
    # The catalogue's chicken has two observations each; one step of it has none.
    told = "wrote: c.nfg: general-sum, 2 agents, actions 2 2, one step"
    assert run("convert", "chicken", "c.nfg") == (0, f"{told}; observations are not in it\n", "")
    assert run("convert", "game.nfg", "c.nfg") == (0, f"{told}\n", "")
    assert run("convert", "kuhn-poker-tree", "k.nfg") == (
        0,
        "wrote: k.nfg: zero-sum, 2 agents, actions 27 64, one step of whole plans\n",
        "",
    )
