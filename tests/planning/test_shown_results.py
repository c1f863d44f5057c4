"""What Python prints of results is what the command line shows of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import lp_posg as posg
from lp_posg.cli.application import COMMANDS, WITHOUT_DIGITS, command_named
from lp_posg.wording import shown_digits


def timeless(text: str) -> str:
    """Return a text without wall times, and without the width that they take."""
    return re.sub(r" +\d+\.\d{3}$|(?<=seconds: )\S+", " #", text, flags=re.MULTILINE)


@pytest.fixture
def shown(capsys, monkeypatch):
    """Return what a command writes to a stdout that is no terminal."""
    from lp_posg.cli import main

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["lp-posg", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(("game", "rules"), [("chicken", "full"), ("dectiger", "none,one-step-delay")])
def test_a_printed_comparison_is_the_table_of_the_command(shown, game, rules):
    table = posg.compare(game, 1, rules.split(","), ["team", "cce"])
    there = shown("compare", game, "--horizon", "1", "--sharing", rules, "--concept", "team,cce")
    assert timeless(f"{table}\n") == timeless(there)
    assert "sharing " in there


def test_a_printed_solution_is_what_the_command_shows(shown):
    solution = posg.solve("dectiger", 2, compression="merge:0.1")
    there = shown("solve", "dectiger", "--horizon", "2", "--compression", "merge:0.1")
    assert timeless(f"{solution}\n") == timeless(there)
    assert "model_values: " in there


def test_a_common_reward_has_one_column_of_values():
    lines = str(posg.compare("dectiger", 2, "full", "team")).splitlines()
    head = next(line for line in lines if line.startswith("sharing  "))
    assert head.split() == ["sharing", "concept", "status", "value", "gap", "states", "LPs", "seconds"]
    assert lines[lines.index(head) + 1].split()[:4] == ["full", "team", "exact", "10.815"]
    head = next(line for line in str(posg.compare("chicken", 1, "full", "ce")).splitlines() if "smallest" in line)
    assert head.split()[3:7] == ["driver1", "driver2", "welfare", "smallest"]


def test_labels_are_escaped_in_a_notebook():
    game = posg.catalog("chicken")
    bad = "<script>alert(1)</script>"
    table = replace(posg.compare(game, 1, "full", "ce"), objective=bad, note=bad)
    html = table._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "10.5" in html
    assert ">10.815 10.815<" in posg.solve("dectiger", 2)._repr_html_()


def test_digits_are_those_of_all_numbers(shown):
    text = shown("compare", "dectiger", "--horizon", "3", "--sharing", "full", "--concept", "team", "--digits", "3")
    row = next(line.split() for line in text.splitlines() if line.startswith("full  "))
    assert row[3] == "13"
    text = shown("solve", "dectiger", "--horizon", "3", "--sharing", "one_step_delay", "--digits", "2")
    assert "values: 8.8 8.8\n" in text
    assert "8.815" in str(posg.solve("dectiger", 3, "one-step-delay"))
    with shown_digits(2):
        assert "values: 8.8 8.8\n" in str(posg.solve("dectiger", 3, "one-step-delay"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_prints_numbers_takes_digits(name):
    options = {option for entry in command_named(name).params for option in entry.opts}
    assert ("--digits" in options) == (name not in WITHOUT_DIGITS)


@pytest.mark.parametrize(
    ("game", "horizon", "sharing", "discount"),
    [("dectiger", 3, "one-step-delay", 0.9), ("recycling", 5, "one-step-delay", 0.95)],
)
def test_what_rounding_gains_is_no_deviation(game, horizon, sharing, discount):
    solution = posg.solve(game, horizon, sharing, "team", discount=discount)
    assert 0 < solution.certificate.gap < 1e-14
    assert solution.certificate.deviation is None
    assert "deviation: none\n" in str(solution)
