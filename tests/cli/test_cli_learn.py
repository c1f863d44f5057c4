"""Learning from the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import lp_posg as posg
from lp_posg.cli.application import app

runner = CliRunner()
CALL = ["learn", "dectiger", "--horizon", "2", "--memory", "1", "--episodes", "2000", "--rounds", "2"]


def test_what_was_learnt_is_shown_stored_and_verified(tmp_path):
    stored = tmp_path / "learnt.npz"
    shown = runner.invoke(app, [*CALL, "--save", str(stored)])
    assert shown.exit_code == 0
    assert "values: 10.815 10.815" in shown.output
    assert "samples: explore 4000, evaluate 4000" in shown.output
    assert "memory: 1 (theory: inf at observability 0, constant 1)" in shown.output
    solution = posg.load(stored)
    assert solution.compression.name == "learnt:1"
    assert posg.verify(solution, posg.catalog("dectiger")).gap <= 1e-9
    assert runner.invoke(app, ["verify", str(stored), "dectiger"]).exit_code == 0
    assert runner.invoke(app, ["simulate", str(stored), "--runs", "100"]).exit_code == 0


def test_json_is_all_there_is_and_the_seed_repeats_it(tmp_path):
    once, twice = (json.loads(runner.invoke(app, [*CALL, "--json", "-"]).stdout) for _ in range(2))
    assert {"game", "candidates", "errors", "theory", "samples", "chosen"} <= set(once)
    assert [candidate["round"] for candidate in once["candidates"]] == [1, 2]
    assert once["theory"]["memory"] is None
    once.pop("seconds"), twice.pop("seconds")
    assert once == twice


@pytest.mark.parametrize(
    ("more", "status", "word"),
    [
        (["--exploration", "bold"], 2, "expected one of spanner, uniform"),
        (["--episodes", "0"], 2, "episodes"),
        (["--concept", "nash"], 2, "nash"),
        (["--sharing", "none"], 1, "not strategy-independent"),
        (["--time-limit", "0.0000001"], 1, "time limit"),
        (["--memory-limit", "1"], 1, "the memory limit of 1 MiB"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_calls_end_in_one_line(more, status, word):
    result = runner.invoke(app, [*CALL, *more])
    assert result.exit_code == status
    assert word in result.output
    if status == 1:
        assert len(result.output.strip().splitlines()) == 1
