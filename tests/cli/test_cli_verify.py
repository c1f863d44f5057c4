"""Stored solutions: what `solve --save` wrote is certified anew, and what was touched is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lp_posg as posg


@pytest.fixture
def stored(run):
    assert run("solve", "dectiger", "-H", "4", "--sharing", "one-step-delay", "--save", "tiger.npz")[0] == 0
    return "tiger.npz"


@pytest.mark.parametrize("game", [(), ("dectiger",)])
def test_verify_finds_the_same_values(run, stored, game):
    status, out, err = run("verify", stored, *game)
    assert (status, err) == (0, "")
    assert "values: 11.0154875 11.0154875\n" in out
    assert "certificate: exact\n" in out
    assert "gaps: 0 0\n" in out
    found = json.loads(run("verify", stored, *game, "--json", "-")[1])
    assert found["values"] == pytest.approx([11.0154875, 11.0154875])
    assert (found["certificate"]["status"], found["within_tolerance"]) == ("exact", True)


def test_verify_refuses_another_game(run, stored):
    status, out, err = run("verify", stored, "recycling")
    assert (status, out) == (1, "")
    assert "computed for another game" in err


def test_verify_refuses_the_game_with_other_numbers(run, stored, tmp_path):
    game = posg.catalog("dectiger")
    other = posg.Game(
        game.transition, game.observation, game.reward + 1.0, game.initial,
        agents=game.agents, states=game.states, actions=game.actions, observations=game.observations,
    )  # fmt: skip
    posg.save(other, tmp_path / "other.posg")
    status, out, err = run("verify", stored, "other.posg")
    assert (status, out) == (1, "")
    assert "the strategy is worth 15.0154875" in err


def turn_round(arrays: dict) -> None:
    """Turn agent 1's actions round at the first step, so that it opens a door at once."""
    arrays["step.0.block.0.prescription.0"] = arrays["step.0.block.0.prescription.0"][..., ::-1]


def test_verify_holds_a_gap_against_the_tolerance_given(run, stored, tmp_path):
    with np.load(tmp_path / stored) as file:
        arrays = dict(file)
    turn_round(arrays)
    np.savez_compressed(tmp_path / "poor.npz", **arrays)
    poor = posg.load(tmp_path / "poor.npz")
    structure = posg.information.sharing_structure("one-step-delay", 2)
    arrays["certificate.values"] = posg.evaluate.certify(poor.game, structure, poor.policy, "team").values
    np.savez_compressed(tmp_path / "poor.npz", **arrays)
    status, out, err = run("verify", "poor.npz")
    assert (status, out) == (1, "")
    assert "gains" in err
    status, out, _ = run("verify", "poor.npz", "--tolerance", "5")
    assert status == 0
    assert "within_tolerance: yes (at most 605: 5 of the reward range)\n" in out


@pytest.mark.parametrize("part", ["values", "prescription", "prob", "truncated"])
def test_verify_refuses_a_tampered_file(run, stored, tmp_path, part):
    path = tmp_path / stored
    if part == "truncated":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        with np.load(path) as file:
            arrays = dict(file)
        if part == "values":
            arrays["certificate.values"] = arrays["certificate.values"] + 1.0
        elif part == "prob":
            arrays["step.0.block.0.atom_prob"] = arrays["step.0.block.0.atom_prob"] * 0.5
        else:
            turn_round(arrays)
        np.savez_compressed(path, **arrays)
    status, out, err = run("verify", stored)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_an_approximate_solution_is_verified_if_that_is_allowed(run):
    command = ("solve", "dectiger", "-H", "4", "--sharing", "one-step-delay", "--compression", "finite-memory:1")
    assert run(*command, "--save", "rough.npz", "--json", "rough.json")[0] == 0
    rough = json.loads(Path("rough.json").read_text())
    # A team's gap is what is left to the optimum, 11.0154875; the model need not be right about its value.
    assert rough["values"][0] + rough["certificate"]["gaps"][0] == pytest.approx(11.0154875)
    assert rough["values"][0] < 11
    assert rough["compression"] == "finite-memory:1"
    status, out, err = run("verify", "rough.npz")
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    status, out, err = run("verify", "rough.npz", "dectiger", "--approximate", "--json", "-")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["values"] == pytest.approx(rough["values"])
    assert found["certificate"]["gaps"] == pytest.approx(rough["certificate"]["gaps"])
    assert found["within_tolerance"] is False
