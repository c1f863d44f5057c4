"""`lp-posg solve --method sequence-form`."""

from __future__ import annotations

import json

import pytest

ARGUMENTS = ("solve", "kuhn-poker", "-H", "3", "--sharing", "none", "--method", "sequence-form")


def test_json_has_the_keys_of_solve_and_the_method(run):
    status, out, err = run(*ARGUMENTS, "--json", "-")
    assert (status, err) == (0, "")
    found = json.loads(out)
    usual = json.loads(run("solve", "matching-pennies", "-H", "1", "--json", "-")[1])
    assert set(found) == set(usual)
    assert set(found["stats"]) >= set(usual["stats"])
    assert set(found["certificate"]) == set(usual["certificate"])
    assert (found["method"], found["concept"], found["sharing"]) == ("sequence-form", "ne", "none")
    assert found["values"] == pytest.approx([-1 / 18, 1 / 18])
    assert found["certificate"]["gaps"] == pytest.approx([0, 0], abs=1e-9)
    # All that happens by step 3: see the sizes on the screen.
    assert sum(found["stats"]["states_by_depth"]) == found["stats"]["states"] == sum(found["stats"]["information_sets"])


def test_screen(run):
    status, out, err = run(*ARGUMENTS, "--discount", "1", "--concept", "ne", "--tolerance", "1e-8")
    assert (status, err) == (0, "")
    shown = dict(line.split(": ", 1) for line in out.splitlines())
    assert [float(value) for value in shown["values"].split()] == pytest.approx([-1 / 18, 1 / 18])
    assert (shown["method"], shown["certificate"]) == ("sequence-form", "exact")
    assert shown["within_tolerance"].startswith("yes")


@pytest.mark.parametrize(
    "more",
    [
        ("--objective", "worst"),
        ("--concept", "cce"),
        ("--compression", "merge:0.1"),
        ("--workers", "2"),
        ("--max-states", "9"),
        ("--ledger",),
    ],
)
def test_options_of_the_other_method_are_wrong_usage(run, more):
    status, out, err = run(*ARGUMENTS, *more)
    assert (status, out) == (2, "")
    where = "where there are no states" if more == ("--ledger",) else "to method 'sequence-form'"
    assert err.startswith(f"error: {more[0]} does not apply {where}")


def test_an_unknown_method_is_wrong_usage(run):
    status, _, err = run(*ARGUMENTS[:-1], "magic")
    assert status == 2
    assert err == (
        "error: --method: unknown method 'magic'; expected one of auto, sequence-form, strategic-form,"
        " common-information\n"
    )


def test_games_and_sizes_it_cannot_do_are_errors(run):
    status, out, err = run("solve", "dectiger", *ARGUMENTS[2:])
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "common reward" in err
    status, out, err = run("solve", "competitive-tiger", *ARGUMENTS[2:], "--memory-limit", "1")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "--memory-limit" in err


def test_a_refusal_says_what_works(run):
    status, _, err = run("solve", "chicken", "-H", "1", "--sharing", "none", "--method", "sequence-form")
    assert status == 1
    assert all(advice in err for advice in ("use method 'common-information'", "concept 'ne'", "'one-step-delay'"))


def test_the_solution_is_stored_certified_played_and_shown(run, tmp_path):
    """One third of jack's bets are bluffs: the value to the first agent is -1/18 in any equilibrium."""
    assert run(*ARGUMENTS, "--save", "kuhn.npz", "--export", "kuhn.csv")[0] == 0
    assert (tmp_path / "kuhn.csv").read_text().startswith("agent,information_set,")
    for arguments in (("verify", "kuhn.npz"), ("verify", "kuhn.npz", "kuhn-poker")):
        status, out, err = run(*arguments)
        assert (status, err) == (0, "")
        shown = dict(line.split(": ", 1) for line in out.splitlines())
        assert [float(value) for value in shown["values"].split()] == pytest.approx([-1 / 18, 1 / 18])
        assert (shown["method"], shown["certificate"]) == ("sequence-form", "exact")
    played = json.loads(run("simulate", "kuhn.npz", "kuhn-poker", "-n", "20000", "--traces", "1", "--json", "-")[1])
    low, high = played["intervals"]["bernstein"][0]
    assert low < -1 / 18 < high
    assert len(played["traces"][0]) == 3


def test_policy_shows_information_sets_by_step(run):
    assert run(*ARGUMENTS, "--save", "kuhn.npz")[0] == 0
    found = json.loads(run("policy", "kuhn.npz", "--step", "1", "--json", "-")[1])
    assert (found["concept"], found["sharing"], found["horizon"]) == ("ne", "none", 3)
    sets = found["information_sets"]
    assert found["n_information_sets"] == len(sets) > 0
    assert all(entry["information_set"].startswith("step 1; ") for entry in sets)
    assert [sum(entry["atoms"][0]["actions"].values()) for entry in sets] == pytest.approx([1] * len(sets))
    # At the first step every set is reached by its owner; of one agent's sets exactly one is.
    assert {entry["atoms"][0]["own_reach"] for entry in sets} == {1.0}
    for agent in found["agents"]:
        reach = [entry["atoms"][0]["reach_probability"] for entry in sets if entry["agent"] == agent]
        assert sum(reach) == pytest.approx(1)
    out = run("policy", "kuhn.npz", "--step", "1", "--max", "2")[1]
    assert out.splitlines()[-1].startswith(f"{len(sets) - 2} more information sets; ")
    status, _, err = run("policy", "kuhn.npz", "--step", "1", "--state", "1")
    assert (status, err) == (2, "error: --state does not apply to a solution over information sets\n")
    assert run("policy", "kuhn.npz", "--step", "4")[2] == "error: there is no step 4: the solution has 3 steps\n"
