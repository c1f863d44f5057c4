"""Limits, checkpoints and backends from the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from lp_posg.cli.application import app

runner = CliRunner()


def test_a_limit_is_one_line_and_the_checkpoint_goes_on(tmp_path):
    call = ["solve", "dectiger", "--horizon", "5", "--checkpoint", str(tmp_path / "c")]
    stopped = runner.invoke(app, [*call, "--max-states", "10"])
    assert stopped.exit_code == 1
    assert "more than 10 common-information states" in stopped.output
    assert "states by depth so far" in stopped.output
    again = runner.invoke(app, call)
    assert again.exit_code == 0
    assert "values: 26.8103248" in again.output
    other = runner.invoke(app, [*call, "--sharing", "one-step-delay"])
    assert other.exit_code == 1
    assert "its sharing is 'full'" in other.output


@pytest.mark.parametrize("limit", [["--time-limit", "0.000001"], ["--memory-limit", "1"]], ids=" ".join)
def test_time_and_memory_end_in_one_line(limit):
    result = runner.invoke(app, ["solve", "dectiger", "--horizon", "5", *limit])
    assert result.exit_code == 1
    assert "limit" in result.output


@pytest.mark.parametrize(
    "bad",
    [["--max-states", "0"], ["--time-limit", "-1"], ["--time-limit", "nan"], ["--memory-limit", "0"]],
    ids=" ".join,
)
def test_limits_that_are_none_are_wrong_usage(bad):
    assert runner.invoke(app, ["solve", "dectiger", "--horizon", "2", *bad]).exit_code == 2


def test_a_backend_is_passed_on():
    good = runner.invoke(app, ["solve", "dectiger", "--horizon", "3", "--workers", "2", "--backend", "threading"])
    assert "values: 13.0154875" in good.output
    assert runner.invoke(app, ["solve", "dectiger", "--horizon", "3", "--backend", "nowhere"]).exit_code == 2


def test_a_comparison_that_meets_a_limit_shows_the_rest_and_exits_with_1():
    call = ["compare", "dectiger", "--horizon", "2", "--concept", "team"]
    result = runner.invoke(app, [*call, "--max-states", "3"])
    assert result.exit_code == 1
    assert "stopped at a limit [1]" in result.output
    assert "1 of 2 rows stopped at a limit" in result.output
    assert runner.invoke(app, [*call, "--max-states", "4"]).exit_code == 0


def test_reading_a_game_tree_counts_for_the_time_limit(run, tmp_path):
    path = tmp_path / "coin.efg"
    path.write_text('EFG 2 R "coin" { "a" "b" }\np "" 1 1 "" { "l" "r" } 0\nt "" 1 "" { 1, -1 }\nt "" 2 "" { 0, 0 }\n')
    assert run("solve", str(path), "--method", "sequence-form")[0] == 0
    code, out, err = run("solve", str(path), "--method", "sequence-form", "--time-limit", "1e-9")
    assert (code, out) == (1, "")
    assert "the time limit was met while reading a game tree; allow more time with --time-limit" in err


def test_info_takes_a_time_limit(run):
    code, out, _ = run("info", "dectiger", "--sharing", "full", "--time-limit", "1e-9")
    assert code == 0
    assert "the time limit was met at step 1" in out
