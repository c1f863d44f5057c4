"""Game trees on the command line: `solve`, `info`, `convert` and `models`."""

from __future__ import annotations

import csv
import html
import json

import pytest

import lp_posg as posg
from lp_posg.catalogue import catalog_entry


def facts(out: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)


@pytest.fixture
def efg(run, tmp_path):
    """Kuhn poker unrolled, chicken and the tree of Leduc poker, as files of the working directory."""
    assert run("convert", "kuhn-poker", "kuhn.efg", "-H", "3", "--sharing", "none")[0] == 0
    assert run("convert", "chicken", "chicken.efg", "--horizon", "1")[0] == 0
    assert run("convert", "leduc-poker", "leduc.efg")[0] == 0
    return tmp_path


def test_leduc_poker_from_its_file(run, efg):
    status, out, err = run("solve", "leduc.efg", "--export", "play.csv", "--json", "found.json")
    assert (status, err) == (0, "")
    shown = facts(out)
    assert [float(x) for x in shown["values"].split()] == pytest.approx([-0.085606424078, 0.085606424078], abs=1e-9)
    chosen = "sequence-form (a zero-sum game tree of two agents is one linear program)"
    assert (shown["method"], shown["concept"], shown["certificate"]) == (chosen, "ne", "exact")
    assert shown["within_tolerance"].startswith("yes")
    assert shown["information_sets"] == "144 144"
    found = json.loads((efg / "found.json").read_text())
    assert found["values"][0] == pytest.approx(-0.085606424078, abs=1e-9)
    assert found["method"] == "sequence-form"
    with (efg / "play.csv").open() as stream:
        assert len(list(csv.reader(stream))) == 1 + 2 * 336


def test_kuhn_poker_unrolled_converted_and_solved(run, efg):
    found = json.loads(run("solve", "kuhn.efg", "--json", "-")[1])
    assert found["values"] == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)
    assert (found["horizon"], found["sharing"]) == (None, None)
    usual = json.loads(run("solve", "matching-pennies", "-H", "1", "--json", "-")[1])
    assert set(found) == set(usual)
    assert set(found["stats"]) >= set(usual["stats"])


@pytest.mark.parametrize("method", [(), ("--method", "strategic-form")])
def test_other_concepts_are_solved_in_strategic_form_and_say_so(run, method):
    status, out, err = run("solve", "kuhn-poker-tree", "--concept", "cce", *method)
    assert (status, err) == (0, "")
    shown = facts(out)
    assert (shown["method"].split(" (")[0], shown["concept"], shown["plans"]) == ("strategic-form", "cce", "27 64")
    assert ("(" in shown["method"]) == (method == ())
    assert [float(x) for x in shown["values"].split()] == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)


def test_a_general_sum_tree_is_solved_as_its_game(run, efg):
    # Chicken's best correlated equilibrium has 5.25 for both: 1/2 of (6, 6), 1/4 of each of (2, 7) and (7, 2).
    found = json.loads(run("solve", "chicken.efg", "--concept", "ce", "--json", "-", "--export", "play.json")[1])
    assert found["values"] == pytest.approx([5.25, 5.25])
    assert (found["method"], found["stats"]["plans"], found["horizon"]) == ("strategic-form", [2, 2], None)
    assert json.loads((efg / "play.json").read_text())["concept"] == "ce"
    status, out, _ = run("solve", "chicken.efg")
    assert (status, facts(out)["concept"]) == (0, "cce")
    status, out, err = run("solve", "chicken.efg", "--method", "sequence-form")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "do not always sum to a constant" in err
    assert "concept 'ne'" in err


def test_a_tree_becomes_its_strategic_form_as_nfg(run):
    assert run("convert", "kuhn-poker-tree", "kuhn.nfg")[0] == 0
    shown = facts(run("solve", "kuhn.nfg", "-H", "1", "--concept", "ne")[1])
    assert [float(x) for x in shown["values"].split()] == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)


def test_a_file_is_the_game_that_was_written(run, efg):
    game, read = posg.catalog("leduc-poker"), posg.load("leduc.efg")
    assert (read.n_nodes, read.agents, sorted(map(str, read.sets))) == (1939, game.agents, sorted(map(str, game.sets)))
    unrolled = posg.trees.unroll(posg.catalog("kuhn-poker"), 3)
    assert posg.load("kuhn.efg").n_nodes == unrolled.n_nodes


def test_info_tells_sizes(run, efg):
    shown = facts(run("info", "kuhn-poker-tree")[1])
    assert (shown["nodes"], shown["chance_nodes"], shown["terminal_nodes"]) == ("55", "1", "30")
    assert (shown["sequences"], shown["reduced_plans"], shown["depth"]) == ("12 12", "27 64", "4")
    assert (shown["kind"], shown["payoffs"]) == ("zero-sum", "-2 to 2, -2 to 2")
    found = json.loads(run("info", "chicken.efg", "--json", "-")[1])
    assert (found["form"], found["kind"], found["nodes"]) == ("tree", "general-sum", 7)
    assert found["payoffs"] == [[0, 7], [0, 7]]


def test_check_and_other_commands_take_a_tree_of_the_catalogue(run):
    # Kuhn poker has three moves at most; as a POSG it has a state per node where someone moves, and the end.
    status, out, _ = run("check", "kuhn-poker-tree")
    assert (status, out.endswith("perfect recall, 3 steps as a POSG\n")) == (0, True)
    assert run("convert", "kuhn-poker-tree", "kuhn.posg")[0] == 0
    solved = run("solve", "kuhn.posg", "-H", "3", "--sharing", "none", "--method", "sequence-form")[1]
    assert [float(x) for x in facts(solved)["values"].split()] == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)


def test_models_tells_of_a_tree(run):
    shown = facts(run("models", "leduc hold'em")[1])
    assert (shown["name"], shown["nodes"], shown["parameters"]) == ("leduc-poker", "1939", "suits=False")
    found = json.loads(run("models", "leduc-poker", "--json", "-")[1])
    assert found["known_values"][0]["values"][0] == pytest.approx(-0.085606424078)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("solve", "leduc-poker", "-H", "3"), "--horizon does not apply to a game tree, which is played to its end"),
        (("solve", "dectiger"), "--horizon: a POSG is planned for a number of steps"),
        (("solve", "leduc-poker", "--sharing", "full"), "does not apply to a game tree"),
        (("solve", "leduc-poker", "--objective", "worst"), "--objective does not apply to method 'sequence-form'"),
        (("solve", "leduc-poker", "--method", "common-information"), "is for POSGs"),
        (("solve", "leduc-poker", "--method", "sequence-form", "--concept", "ce"), "which finds a Nash equilibrium"),
        (("solve", "leduc-poker", "--save", "x.json"), "how to play as a table is written by --export"),
        (("solve", "leduc-poker", "--export", "x.npz"), "store it with --save"),
        (("solve", "leduc-poker", "--export", "x.txt"), "ends in '.txt'"),
        (("solve", "leduc-poker", "--ledger"), "does not apply"),
        (("info", "leduc-poker", "-H", "3"), "played to its end"),
        (("info", "leduc-poker", "--sharing", "full"), "does not apply to a game tree"),
        (("convert", "kuhn-poker", "kuhn.efg"), "--horizon N"),
        (("convert", "leduc-poker", "x.efg", "--sharing", "full"), "does not apply to a game tree"),
        (("convert", "dectiger", "x.posg", "-H", "2"), "applies to game trees"),
        (("solve", "leduc-poker", "--json", "x.efg"), "is a game or a solution"),
        # Leduc: check, bet, raise and its answer in each of two rounds: 8 moves.
        (("compare", "leduc-poker", "-H", "2"), "'leduc-poker' takes 8 steps and has no meaning cut after 2"),
        (("learn", "leduc-poker", "-H", "2"), "give --horizon 8"),
        (("solve", "dectiger", "-H", "2", "--method", "strategic-form"), "is for game trees"),
    ],
)
def test_what_does_not_fit_is_wrong_usage(run, arguments, told):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert told in " ".join(err.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("solve", "leduc-poker", "--concept", "ce"), "joint plans"),
        (("solve", "nowhere.efg", "-H", "2"), "no such file"),
        (("solve", "leduc-pokr", "-H", "2"), "did you mean 'leduc-poker'?"),
        (("compare", "leduc.efg", "-H", "2"), "'leduc-poker'"),
        (("convert", "competitive-tiger", "x.efg", "-H", "9"), "nodes, more than the limit"),
        (("solve", "leduc-poker", "--time-limit", "1e-6"), "time"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, arguments, told):
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert told in err


def test_a_tree_of_imperfect_recall_is_refused_by_name(run, tmp_path):
    tree = ['EFG 2 R "forgets" { "driver" }', 'p "" 1 1 "junction" { "exit" "on" } 0', 't "" 1 "" { 0 }']
    tree += ['p "" 1 1 0', 't "" 2 "" { 4 }', 't "" 3 "" { 1 }']
    (tmp_path / "driver.efg").write_text("\n".join(tree) + "\n")
    for command in ("solve", "info"):
        status, out, err = run(command, "driver.efg")
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "driver.efg:4" in err
        assert "'junction'" in err


def test_a_tree_is_compared_in_strategic_form(run, efg):
    # Chicken: ne 28/3 in sum (mixed), ce and cce 21/2; one choice of plans, so there are no steps and no rule.
    status, out, err = run("compare", "chicken.efg", "--concept", "ne,ce,cce", "--json", "found.json")
    assert (status, err) == (0, "")
    rows = json.loads((efg / "found.json").read_text())["rows"]
    assert [(row["sharing"], row["horizon"]) for row in rows] == [(None, None)] * 3
    assert [row["welfare"] for row in rows] == pytest.approx([28 / 3, 10.5, 10.5])
    assert "price of anarchy" in out


def test_rules_of_sharing_need_steps(run, efg):
    status, _, err = run("compare", "chicken.efg", "--sharing", "full")
    assert status == 2
    assert "give --horizon N too" in " ".join(err.split())
    assert run("compare", "chicken.efg", "--horizon", "2", "--sharing", "none")[0] == 0
    status, _, err = run("compare", "chicken")
    assert status == 2
    assert "--horizon: a POSG is planned for a number of steps" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("report", "leduc-poker", "-H", "7", "-o", "x.html"), "give --horizon 8"),
        # Kuhn: check, bet, answer.
        (("plot", "dag", "kuhn-poker-tree", "-H", "2", "-o", "x.png"), "takes 3 steps"),
        (("plot", "values", "kuhn-poker-tree", "-H", "2", "-o", "x.png"), "takes 3 steps"),
        (("plot", "payoffs", "kuhn-poker-tree", "-H", "3", "-o", "x.png"), "payoffs are of one step"),
        (("plot", "payoffs", "kuhn-poker-tree", "-H", "1", "-o", "x.png"), "takes 3 steps"),
    ],
)
def test_pages_and_pictures_cut_no_tree(run, arguments, told):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert told in " ".join(err.split())


def test_a_tree_is_compared_over_its_steps_or_more(run):
    for horizon in ("3", "4"):
        status, out, _ = run("compare", "kuhn-poker-tree", "-H", horizon, "--sharing", "full", "--concept", "team")
        assert (status, facts(out)["horizon"]) == (0, horizon)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "posg.catalog('kuhn-poker-tree')"),
        (("-H", "3", "--sharing", "full"), "posg.trees.to_game(posg.catalog('kuhn-poker-tree'))"),
    ],
)
def test_the_page_of_a_tree_tells_its_entry_and_the_game(run, tmp_path, arguments, code):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    call = ("report", "kuhn-poker-tree", "--concept", "cce", "-o", "kuhn.html")
    assert run(*call, *arguments)[0] == 0
    from lp_posg.report.reproducing import digest_of

    text = html.unescape((tmp_path / "kuhn.html").read_text())
    assert catalog_entry("kuhn-poker-tree").source in text
    assert f"game = {code}\n" in text
    # What the page says makes the game that the page is of.
    assert digest_of(eval(code, {"posg": posg})) in text


def test_the_page_of_a_tree_file_reads_the_file(run, tmp_path):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    assert run("convert", "kuhn-poker-tree", "kuhn.efg")[0] == 0
    assert run("report", "kuhn.efg", "--concept", "cce", "-o", "kuhn.html")[0] == 0
    text = (tmp_path / "kuhn.html").read_text()
    assert "game = posg.load(FILE)\n" in text


@pytest.mark.parametrize("command", ["solve", "compare"])
def test_a_file_that_is_not_there_is_told_before_the_horizon(run, tmp_path, command):
    status, _, err = run(command, "nothing.efg")
    assert status == 1
    assert "there is no such file" in err
    (tmp_path / "half.json").write_text("{")
    status, _, err = run(command, "half.json")
    assert status == 1
    assert err.startswith("error: half.json:1: ")


@pytest.mark.parametrize("concept", ["ne", "ce"])
def test_the_solution_of_a_tree_is_stored_certified_played_and_shown(run, efg, concept):
    """Chicken's best correlated equilibrium has 5.25 for both; Kuhn poker is worth -1/18 to the first agent."""
    game, value = ("kuhn-poker-tree", -1 / 18) if concept == "ne" else ("chicken.efg", 5.25)
    assert run("solve", game, "--concept", concept, "--save", "s.npz")[0] == 0
    for arguments in (("verify", "s.npz"), ("verify", "s.npz", game)):
        status, out, err = run(*arguments)
        assert (status, err) == (0, "")
        assert float(facts(out)["values"].split()[0]) == pytest.approx(value)
        assert facts(out)["within_tolerance"].startswith("yes")
    played = json.loads(run("simulate", "s.npz", "--runs", "20000", "--json", "-")[1])
    low, high = played["intervals"]["bernstein"][0]
    assert low < value < high
    status, _, err = run("simulate", "s.npz", "--traces", "1")
    assert status == 2
    assert err.startswith("error: --traces does not apply to a solution of a game tree")
    again = json.loads(run("simulate", "s.npz", game, "--runs", "20000", "--json", "-")[1])
    assert again["mean"] == played["mean"]
    found = json.loads(run("policy", "s.npz", "--json", "-")[1])
    assert found["n_information_sets"] == (12 if concept == "ne" else 2)
    chances = [[atom["probability"] for atom in entry["atoms"]] for entry in found["information_sets"]]
    # Correlated play of chicken: nobody, or one of the two, dares. That needs a draw that both follow.
    assert {len(own) > 1 for own in chances} == {concept == "ce"}
    assert [sum(own) for own in chances] == pytest.approx([1] * len(chances))
    out = run("policy", "s.npz", "--max", "1")[1]
    assert out.splitlines()[-1].startswith(f"{found['n_information_sets'] - 1} more information sets; ")
    assert run("policy", "s.npz", "--step", "1")[2].startswith("error: --step does not apply to a game tree")
