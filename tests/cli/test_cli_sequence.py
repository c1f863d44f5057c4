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
    assert set(found) == set(usual) | {"method"}
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
    [("--objective", "worst"), ("--concept", "cce"), ("--save", "x.npz"), ("--compression", "exact"), ("--ledger",)],
)
def test_options_of_the_other_method_are_wrong_usage(run, more):
    status, out, err = run(*ARGUMENTS, *more)
    assert (status, out) == (2, "")
    assert "does not apply to --method sequence-form" in " ".join(err.split())


def test_an_unknown_method_is_wrong_usage(run):
    status, _, err = run(*ARGUMENTS[:-1], "magic")
    assert status == 2
    assert "'magic' is not one of common-information, sequence-form" in " ".join(err.split())


def test_games_and_sizes_it_cannot_do_are_errors(run):
    status, out, err = run("solve", "dectiger", *ARGUMENTS[2:])
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "common reward" in err
    status, out, err = run("solve", "competitive-tiger", *ARGUMENTS[2:], "--memory-limit", "1")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "--memory-limit" in err


def test_a_refusal_names_the_options_of_the_command(run):
    status, _, err = run("solve", "chicken", "-H", "1", "--sharing", "none", "--method", "sequence-form")
    assert status == 1
    assert all(option in err for option in ("leave --method out", "--concept", "--sharing"))
