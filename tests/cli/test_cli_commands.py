"""Every command on good input: values, keys of the JSON, and text that a script can read.

Values of dectiger are the published ones of this benchmark (one-step delay, horizon 4: 11.0154875;
full sharing, horizon 2: 10.815); chicken's best correlated equilibrium is Aumann's, 21/4 each.
"""

from __future__ import annotations

import json
import re
from importlib import import_module

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.catalogue import catalog_entries, catalog_entry
from lp_posg.cli import screen
from lp_posg.cli.application import COMMANDS
from lp_posg.cli.commands import info as info_command
from lp_posg.planning import Check

SOLVE_KEYS = {
    "game", "agents", "horizon", "discount", "sharing", "concept", "objective", "method", "method_chosen_because",
    "compression", "model_values",
    "values", "welfare", "certificate", "stats", "version",
}  # fmt: skip


def facts(text: str) -> dict[str, str]:
    """Return the ``key: value`` lines of a piped screen."""
    return dict(line.split(": ", 1) for line in text.splitlines() if re.match(r"^[a-z_]+: ", line))


def table(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with `first`, header included."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(f"{first}  "))
    end = next((i for i, line in enumerate(lines) if i > begin and not line), len(lines))
    return [re.split(r"\s{2,}", line.strip()) for line in lines[begin:end]]


def strict_json(text: str) -> dict:
    """Return the object, refusing NaN and infinities, which are not JSON."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("horizon", "sharing", "value"), [("4", "one-step-delay", 11.0154875), ("2", "full", 10.815), ("3", "none", None)]
)
def test_solve_shows_the_published_value(run, horizon, sharing, value):
    status, out, err = run("solve", "dectiger", "--horizon", horizon, "--sharing", sharing)
    if value is None:
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "not strategy-independent" in err
        return
    assert (status, err) == (0, "")
    shown = facts(out)
    assert shown["values"] == f"{value} {value}"
    assert float(shown["welfare"]) == pytest.approx(2 * value)
    assert (shown["certificate"], shown["gaps"], shown["deviation"]) == ("exact", "0 0", "none")
    assert (shown["concept"], shown["horizon"], shown["sharing"]) == ("team", horizon, sharing)
    assert shown["within_tolerance"].startswith("yes")


def test_solve_options_reach_the_solver(run):
    status, out, _ = run(
        "solve", "chicken", "-H", "2", "--concept", "ce", "--objective", "agent:1", "--discount", "0.5"
    )
    expected = posg.solve(posg.catalog("chicken"), 2, "full", "ce", "agent:1", discount=0.5)
    assert status == 0
    shown = facts(out)
    np.testing.assert_allclose([float(x) for x in shown["values"].split()], expected.values, atol=1e-9)
    assert (shown["discount"], shown["objective"], shown["concept"]) == ("0.5", "agent:1", "ce")


def test_solve_json_to_stdout_is_all_there_is(run):
    status, out, err = run("solve", "dectiger", "-H", "4", "--sharing", "one-step-delay", "--json", "-")
    found = strict_json(out)
    assert (status, err) == (0, "")
    assert set(found) == SOLVE_KEYS
    assert found["values"] == pytest.approx([11.0154875, 11.0154875])
    assert set(found["certificate"]) >= {"status", "gaps"}
    assert set(found["stats"]) >= {"states", "stage_lps", "seconds"}
    bare = strict_json(run("solve", "dectiger", "-H", "4", "--sharing", "one-step-delay", "--json")[1])
    assert bare["values"] == found["values"]


def test_solve_json_to_a_file_replaces_it_and_still_shows_the_result(run, tmp_path):
    (tmp_path / "out.json").write_text("old")
    status, out, _ = run("solve", "dectiger", "-H", "2", "--json", "out.json")
    assert status == 0
    assert facts(out)["values"] == "10.815 10.815"
    assert strict_json((tmp_path / "out.json").read_text())["values"] == pytest.approx([10.815, 10.815])
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_file_wins_over_a_catalogue_name(run, tmp_path):
    posg.save(posg.catalog("chicken"), tmp_path / "x.posg")
    (tmp_path / "x.posg").rename(tmp_path / "dectiger")
    status, _, err = run("check", "dectiger")
    assert status == 1  # the file is taken, and its name has no extension to tell its format
    assert err.startswith("error: dectiger: found no extension")
    (tmp_path / "dectiger").unlink()
    (tmp_path / "dectiger").mkdir()
    assert run("check", "dectiger")[0] == 0  # a directory is no file


def test_compare_shows_every_row_check_and_reason(run):
    status, out, err = run("compare", "chicken", "-H", "1", "--sharing", "full", "--sharing", "one-step-delay",
                           "--concept", "team,ce", "--concept", "cce")  # fmt: skip
    assert (status, err) == (0, "")
    header, *rows = table(out, "sharing")
    assert header == [
        "sharing",
        "concept",
        "status",
        "driver1",
        "driver2",
        "welfare",
        "smallest",
        "gap",
        "states",
        "LPs",
        "seconds",
    ]
    assert [row[:2] for row in rows] == [[s, c] for s in ("full", "one-step-delay") for c in ("team", "ce", "cce")]
    assert [row[5] for row in rows] == ["12", "10.5", "10.5"] * 2
    assert [row[6] for row in rows] == ["6", "5.25", "5.25"] * 2
    assert len(re.findall(r"^holds  ", out, re.MULTILINE)) >= 4
    assert facts(out)["certificates"] == "6 of 6 exact"
    assert "Values are of the selected equilibrium." in out


def test_compare_shows_the_smallest_payoff(run):
    # The best correlated equilibrium for driver 1 is the pure one in which it dares: 7 and 2.
    out = run("compare", "chicken", "-H", "1", "--sharing", "full", "--concept", "ce", "--objective", "agent:1")[1]
    assert table(out, "sharing")[1][3:7] == ["7", "2", "9", "2"]


def test_compare_gives_the_reason_for_a_row_without_solution_once(run):
    status, out, _ = run("compare", "dectiger", "-H", "2", "--sharing", "delay:2", "--concept", "team,cce")
    assert status == 0
    rows = table(out, "sharing")[1:]
    assert [row[2:4] for row in rows] == [["not strategy-independent [1]", "-"]] * 2
    assert out.count("[1] sharing 'delay:2' is not strategy-independent in game 'dectiger'") == 1


def test_compare_json_has_one_object_per_row(run):
    found = strict_json(
        run("compare", "dectiger", "-H", "2", "--sharing", "full,delay:2", "--concept", "team", "--json", "-")[1]
    )
    assert set(found) >= {"rows", "checks", "note"}
    solved, unsolved = found["rows"]
    assert set(solved) == SOLVE_KEYS
    assert solved["values"] == pytest.approx([10.815, 10.815])
    assert unsolved["error"]["kind"] == "StrategyDependenceError"


def test_compare_fails_when_a_check_fails(run, monkeypatch):
    original = posg.compare

    def spoiled(*arguments, **options):
        found = original(*arguments, **options)
        object.__setattr__(found, "checks", (*found.checks, Check("one is two", False, "1 = 2")))
        return found

    monkeypatch.setattr(posg, "compare", spoiled)
    status, out, err = run("compare", "chicken", "-H", "1", "--sharing", "full")
    assert status == 1
    assert "FAILS  one is two (1 = 2)\n" in out
    assert re.fullmatch(r"error: 1 of \d+ checks fail: one is two \(1 = 2\)\n", err)


def test_info_tells_sizes_and_which_structures_fit(run):
    status, out, err = run("info", "dectiger")
    assert (status, err) == (0, "")
    shown = facts(out)
    assert (shown["kind"], shown["game_states"], shown["actions"]) == ("common reward", "2", "3 3")
    assert (shown["rewards"], shown["initial_observation"]) == ("-101 to 20, -101 to 20", "no")
    rows = {row[0]: row[1:] for row in table(out, "sharing")}
    assert rows["full"] == ["yes", "1 3 5", "-"]
    assert rows["delay:2"][0] == "no"
    assert rows["delay:2"][2].endswith("depends on how the agents played")
    found = strict_json(run("info", "dectiger", "-H", "2", "--sharing", "full,none", "--json", "-")[1])
    assert [(f["sharing"], f["admissible"], f["states"]) for f in found["sharing"]] == [
        ("full", True, [1, 3]),
        ("none", False, [1]),
    ]
    assert (found["horizon"], found["reward_range"], found["max_horizon"]) == (2, 121.0, None)


def test_info_tells_observability_with_its_witness(run):
    """Opening a door makes what is heard useless; each of the signals is right with 0.8, so |2 * 0.8 - 1|."""
    assert "observability: 0 (exact; every step, joint action (listen, open-left))" in run("info", "dectiger")[1]
    out = run("info", "chicken-signals", "-H", "1")[1]
    assert "observability: 0.6 (exact; every step, joint action (swerve, swerve))" in out
    assert "observability_initial: 0.6 (exact; before the first action)" in out
    found = strict_json(run("info", "dectiger", "-H", "1", "--json", "-")[1])["observability"]
    assert found["beliefs"] in (
        [{"tiger-left": 1.0}, {"tiger-right": 1.0}],
        [{"tiger-right": 1.0}, {"tiger-left": 1.0}],
    )
    assert (found["value"], found["lower"], found["upper"], found["status"]) == (0.0, 0.0, 0.0, "exact")
    assert (found["step"], found["joint_action"], found["initial"]) == (None, ["listen", "open-left"], None)
    assert strict_json(run("info", "chicken", "-H", "1", "--json", "-")[1])["observability"]["beliefs"] is None


def test_info_shows_bounds_of_observability_when_time_is_up(run, tmp_path, monkeypatch):
    rows = np.random.default_rng(0).dirichlet(np.ones(9), size=5)
    game = posg.Game(np.full((5, 1, 5), 0.2), rows[None], np.zeros((1, 5, 1)), np.full(5, 0.2))
    posg.save(game, tmp_path / "many.posg")
    monkeypatch.setattr(info_command, "OBSERVABILITY_SECONDS", 0.0)
    out = run("info", str(tmp_path / "many.posg"), "-H", "1")[1]
    assert re.search(r"observability: 0\.\d+ to 0\.\d+ \(bounded; every step, joint action \(0\)\)", out)


def test_info_takes_no_more_steps_than_a_time_varying_game_has(run, tmp_path):
    chicken = posg.catalog("chicken")
    game = posg.Game(
        np.stack([chicken.transition] * 2), chicken.observation, chicken.reward, chicken.initial, name="short"
    )
    posg.save(game, tmp_path / "short.posg")
    status, out, _ = run("info", "short.posg")
    assert status == 0
    assert facts(out)["time_varying"] == "yes, 2 steps"
    assert "over 2 steps" in out
    assert "cover 2 steps" in run("info", "short.posg", "-H", "3")[2]


def test_check_says_what_a_file_is(run):
    assert run("check", "dectiger") == (
        0,
        "ok: dectiger: common reward, 2 agents, 2 states, actions 3 3, observations 2 2, discount 1\n",
        "",
    )


def test_convert_writes_the_same_game(run, tmp_path):
    assert run("convert", "dectiger", "tiger.dpomdp")[0] == 0
    assert run("convert", "tiger.dpomdp", "again.posg")[0] == 0
    assert posg.load(tmp_path / "again.posg") == posg.catalog("dectiger")
    assert facts(run("solve", "again.posg", "-H", "2")[1])["values"] == "10.815 10.815"


def test_models_lists_all_and_tells_of_one(run):
    status, out, _ = run("models")
    rows = table(out, "name")[1:]
    entries = [entry for entry in catalog_entries() if not entry.is_tree]
    assert status == 0
    assert [row[0] for row in rows] == [entry.name for entry in entries]
    assert [row[-1] for row in rows] == [entry.source for entry in entries]
    listed = strict_json('{"all": ' + run("models", "--json", "-")[1] + "}")["all"]
    assert [model["states"] for model in listed if model["form"] == "posg"] == [entry.n_states for entry in entries]
    trees = [model["name"] for model in listed if model["form"] == "tree"]
    assert (
        trees
        == [entry.name for entry in catalog_entries() if entry.is_tree]
        == [row[0] for row in table(out, "tree")[1:]]
    )
    status, out, _ = run("models", "Dec-Tiger")
    assert (status, facts(out)["name"]) == (0, "dectiger")
    assert ["one-step-delay", "team", "4", "1", "11.0154875"] in [row[:5] for row in table(out, "sharing")]
    known = strict_json(run("models", "dectiger", "--json")[1])["known_values"]
    assert len(known) == len(catalog_entry("dectiger").known_values)


def test_version_and_help(run):
    assert run("--version") == (0, f"lp-posg {posg.__version__}\n", "")
    commands = ("solve", "compare", "info", "check", "verify", "simulate", "policy", "plot", "convert", "models")
    overview = run("--help")[1]
    for command in commands:
        assert re.search(rf"^  {command} +[A-Z].*\.$", overview, re.MULTILINE), command
        status, out, _ = run(command, "--help")
        assert status == 0
        assert f"Example: lp-posg {command} " in out


def examples():
    return [import_module(f"lp_posg.cli.commands.{name}").EXAMPLE for name in COMMANDS]


def test_the_overview_has_the_first_line_of_each_command_whole(run):
    """The overview is made without loading any command."""
    overview = run("--help")[1]
    for name, summary in COMMANDS.items():
        assert import_module(f"lp_posg.cli.commands.{name}").run.__doc__.splitlines()[0] == summary
        assert re.search(rf"^  {name} +{re.escape(summary)}$", overview, re.MULTILINE), name


@pytest.mark.parametrize("example", examples())
def test_the_example_of_each_command_runs(run, example):
    program, *arguments = example.split()
    assert program == "lp-posg"
    if "tiger.npz" in arguments:
        assert run("solve", "dectiger", "-H", "2", "--save", "tiger.npz")[0] == 0
    assert run(*arguments)[0] == 0


@pytest.mark.parametrize("columns", ["20", "80", "500"])
def test_piped_text_is_plain_and_whole_whatever_the_width(run, monkeypatch, columns):
    expected = run("compare", "chicken", "-H", "1", "--sharing", "full,delay:2")[1]
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in (
        ("compare", "chicken", "-H", "1", "--sharing", "full,delay:2"),
        ("solve", "dectiger", "-H", "2"),
        ("info", "dectiger", "-H", "2"),
        ("models",),
        ("models", "dectiger"),
    ):
        status, out, _ = run(*arguments)
        assert status == 0
        assert out.isascii()
        assert "\x1b" not in out
    without_seconds = re.compile(r"[ ]+\d+\.\d+$", re.MULTILINE)
    again = run("compare", "chicken", "-H", "1", "--sharing", "full,delay:2")[1]
    assert without_seconds.sub("", again) == without_seconds.sub("", expected)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_shows_all_of_a_table_within_its_width(run, monkeypatch, columns):
    monkeypatch.setattr(screen, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    status, out, _ = run("compare", "chicken", "-H", "2", "--sharing", "full,one-step-delay", "--concept", "ce,cce")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert status == 0
    assert max(map(len, plain.splitlines())) <= columns
    assert "…" not in plain
    for word in ("driver1", "driver2", "welfare", "smallest", "seconds", "one-step-delay", "10.5", "21"):
        assert word in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", out)  # bold may be, colour not


def test_labels_are_shown_as_they_are_and_never_as_markup_or_control_codes(run, tmp_path, monkeypatch):
    chicken = posg.catalog("chicken")
    game = posg.Game(
        chicken.transition, chicken.observation, chicken.reward, chicken.initial,
        agents=["[red]a[/red]", "b\n\x1b[31mc"],
    )  # fmt: skip
    posg.save(game, tmp_path / "odd.posg")
    for at_terminal in (False, True):
        monkeypatch.setattr(screen, "is_terminal", lambda answer=at_terminal: answer)
        status, out, _ = run("solve", "odd.posg", "-H", "1")
        assert status == 0
        assert "[red]a[/red], b\\n\\x1b[31mc" in out
