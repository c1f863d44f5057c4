"""Zero-sum game trees: known values, plain enumeration, what is refused, what is told."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tree_enumeration import matrix_value, pure_strategies, pure_value, random_tree, value

import lp_posg as posg
from lp_posg.catalogue import catalog_entries
from lp_posg.errors import (
    CertificateError,
    FormatError,
    ImperfectRecallError,
    LimitError,
    ModelError,
    UnsupportedError,
)
from lp_posg.trees import CHANCE, TERMINAL, Chance, End, InformationSet, Move, from_rules
from lp_posg.trees.sequence import equilibrium


def law_of(solution):
    return solution.sets.law


# ---- known values ----------------------------------------------------------------------------------


def test_kuhn_poker():
    game = posg.catalog("kuhn-poker-tree")
    solution = posg.solve(game)
    assert solution.values == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)
    assert solution.certificate.gap <= 1e-12
    # Kuhn (1950): the second player has one equilibrium strategy.
    bets = {"jack p": 1 / 3, "jack b": 0, "queen p": 0, "queen b": 1 / 3, "king p": 1, "king b": 1}
    assert {k: solution.at("player2", k).actions.get("bet", 0.0) for k in bets} == pytest.approx(bets, abs=1e-9)
    # The first player's: bets a jack with some a up to 1/3, a king with 3a, never a queen, and calls with a queen
    # with a + 1/3.
    a = solution.at(0, "jack").actions.get("bet", 0.0)
    assert -1e-12 <= a <= 1 / 3 + 1e-9
    expected = {"king": 3 * a, "queen": 0, "queen pb": a + 1 / 3, "jack pb": 0}
    assert {k: solution.at(0, k).actions.get("bet", 0.0) for k in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("suits", [False, True])
def test_leduc_poker(suits):
    game = posg.catalog("leduc-poker", suits=suits)
    # The sizes that the literature gives: 936 information sets with suits, 288 without.
    assert (game.n_nodes, len(game.sets)) == ((9457, 936) if suits else (1939, 288))
    solution = posg.solve(game)
    assert solution.values == pytest.approx([-0.085606424078, 0.085606424078], abs=1e-9)
    assert solution.certificate.values + solution.certificate.gaps == pytest.approx(solution.values, abs=1e-12)


@pytest.mark.parametrize("entry", [e for e in catalog_entries() if e.is_tree], ids=lambda entry: entry.name)
def test_catalogue_entries_are_what_they_say(entry):
    game = posg.catalog(entry.name)
    agents = [own.agent for own in game.sets]
    assert (game.name, game.n_nodes) == (entry.name, entry.n_nodes)
    assert entry.n_sets == tuple(agents.count(i) for i in range(game.n_agents))
    assert entry.known_values
    for known in entry.known_values:
        assert posg.solve(game).values == pytest.approx(known.values, abs=1e-9)
    readme = (entry.path.parent.parent / "README.md").read_text()
    assert f"- `{entry.name}`: {entry.kind}, {entry.n_nodes} nodes, {' + '.join(map(str, entry.n_sets))} inf" in readme


def test_names_of_trees_are_matched_and_suggested():
    assert posg.catalog("Leduc Hold'em").name == "leduc-poker"
    with pytest.raises(ModelError, match=r"did you mean 'leduc-poker'\?"):
        posg.catalog("leduc-pokr")
    with pytest.raises(ModelError, match="no parameter 'ante'; it takes 'suits'"):
        posg.catalog("leduc-poker", ante=2)
    with pytest.raises(ModelError, match="suits is 1, expected False or True"):
        posg.catalog("leduc-poker", suits=1)


# ---- against plain enumeration -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_value_and_certificate_are_those_of_the_normal_form(seed):
    game = random_tree(seed, moves=4 if seed % 3 else 3, inner=seed % 4 > 0)
    pures = [pure_strategies(game, agent)[:400] for agent in range(2)]
    solution = posg.solve(game)
    law = law_of(solution)
    followed = value(game, law)
    assert solution.values == pytest.approx(followed, abs=1e-9)
    for agent in range(2):
        best = -np.inf
        for own in pures[agent]:
            best = max(
                best,
                value(game, lambda k, own=own: np.eye(len(game.sets[k].actions))[own[k]] if k in own else law(k))[
                    agent
                ],
            )
        assert len(pures[agent]) == 400 or (solution.certificate.values + solution.certificate.gaps)[
            agent
        ] == pytest.approx(best, abs=1e-9)
        assert best <= followed[agent] + 1e-9
    if len(pures[0]) * len(pures[1]) <= 400:
        matrix = np.array([[pure_value(game, [one, two])[0] for two in pures[1]] for one in pures[0]])
        assert solution.values[0] == pytest.approx(matrix_value(matrix), abs=1e-9)


def test_the_trees_tried_are_small_enough_for_the_normal_form():
    sizes = [[len(pure_strategies(random_tree(s, moves=4 if s % 3 else 3), i)) for i in range(2)] for s in range(12)]
    assert sum(one * two <= 400 and min(one, two) > 1 for one, two in sizes) >= 3
    assert sum(one <= 400 and two <= 400 for one, two in sizes) >= 6


def test_gaps_of_what_is_no_equilibrium_are_those_by_enumeration(monkeypatch):
    game = posg.catalog("kuhn-poker-tree")
    monkeypatch.setattr(
        equilibrium, "equilibrium_plans", lambda form, *_, **__: tuple(np.ones(t.n_sequences) for t in form.trees)
    )
    solution = posg.solve(game, tolerance=100.0)
    assert solution.values == pytest.approx(value(game, lambda k: np.array([0.5, 0.5])), abs=1e-12)
    best = max(
        value(game, lambda k, own=own: np.eye(2)[own[k]] if k in own else np.array([0.5, 0.5]))[0]
        for own in pure_strategies(game, 0)
    )
    assert best > solution.values[0] + 0.1
    assert (solution.certificate.values + solution.certificate.gaps)[0] == pytest.approx(best, abs=1e-12)
    with pytest.raises(CertificateError, match="gains"):
        posg.solve(game)


# ---- kinds of games ----------------------------------------------------------------------------------


def split_sums(end: int):
    """Outcomes (1, 0) on the way left and (0, 4) at its end, (2, end) right: sums are 5 and 2 + end."""
    return posg.Tree(
        "sums", ("one", "two"), np.array([-1, 0, 1, 0]), np.array([0, CHANCE, TERMINAL, TERMINAL]),
        np.array([0, -1, -1, -1]), (InformationSet(0, "root", ("left", "right")),), (Fraction(1),) * 4,
        np.array([-1, 0, 1, 2]), tuple(tuple(map(Fraction, row)) for row in ((1, 0), (0, 4), (2, end))),
        ("", "left", "on", "right"),
    )  # fmt: skip


def test_a_constant_sum_is_that_of_complete_paths():
    solution = posg.solve(split_sums(3), method="sequence-form")
    assert solution.values == pytest.approx([2, 3])
    assert solution.at("one", "root").actions == {"right": 1.0}
    with pytest.raises(UnsupportedError, match=r"do not always sum to a constant.*'strategic-form'"):
        posg.solve(split_sums(4), method="sequence-form")


def test_paths_that_chance_excludes_do_not_count():
    game = from_rules(
        "never", ["a", "b"], 0,
        lambda at: End([at, 1 - at]) if at else Chance([("yes", 1, 1), ("no", 0, 7)]),
    )  # fmt: skip
    spoilt = replace(game, outcomes=((Fraction(1), Fraction(0)), (Fraction(9), Fraction(9))))
    assert posg.solve(spoilt).values == pytest.approx([1, 0])


@pytest.mark.parametrize("n_agents", [1, 3])
def test_other_numbers_of_agents_are_refused_with_what_works(n_agents):
    with pytest.raises(UnsupportedError, match=f"{n_agents} agent.*strategic-form"):
        posg.solve(random_tree(1, n_agents, zero_sum=False), method="sequence-form")


def test_imperfect_recall_is_refused_by_name():
    # The driver forgets whether it has passed an exit (Piccione and Rubinstein 1997).
    def rules(done):
        if done == "xx" or done.endswith("e"):
            return End([len(done), -len(done)])
        return Move(0, "junction", [("exit", done + "e"), ("on", done + "x")])

    game = from_rules("driver", ["driver", "nobody"], "", rules)
    with pytest.raises(ImperfectRecallError, match="'driver' has imperfect recall: at information set 'junction'"):
        posg.solve(game)


def test_a_deep_tree_needs_no_recursion():
    # One agent may stop at any of 3000 moves and gets the number of the move; the other has none.
    def rules(at):
        return End([at, -at]) if at < 0 or at == 3000 else Move(0, at, [("stop", -at - 1), ("on", at + 1)])

    solution = posg.solve(from_rules("long", ["a", "b"], 0, rules), method="sequence-form")
    assert solution.values == pytest.approx([3000, -3000])


@pytest.mark.parametrize("unit", [Fraction(1, 10**6), Fraction(10**6)])
def test_units_of_payoffs_do_not_matter(unit):
    game = posg.catalog("kuhn-poker-tree")
    scaled = replace(game, outcomes=tuple(tuple(unit * x for x in row) for row in game.outcomes))
    assert posg.solve(scaled).values[0] / float(unit) == pytest.approx(-1 / 18, abs=1e-9)


def test_payoffs_that_floats_have_few_digits_for_are_refused():
    game = posg.catalog("kuhn-poker-tree")
    scaled = replace(game, outcomes=tuple(tuple(x / 10**320 for x in row) for row in game.outcomes))
    with pytest.raises(ModelError, match=r"at most 3\.33e-321.*rescale the payoffs"):
        posg.solve(scaled)


# ---- what is told ------------------------------------------------------------------------------------


def test_strategies_and_reaches_by_label_and_number():
    solution = posg.solve(posg.catalog("kuhn-poker-tree"), method="sequence-form")
    names = solution.information_sets("player1")
    assert sorted(names) == sorted(f"{card}{more}" for card in ("jack", "queen", "king") for more in ("", " pb"))
    assert solution.at("player1", 0) == solution.at(0, names[0])
    passed = solution.at(0, "jack").actions.get("pass", 0.0)
    assert solution.at(0, "jack").own_reach == 1
    assert solution.at(0, "jack pb").own_reach == pytest.approx(passed)
    # Jack against queen or king, a sixth each; of these only the king bets after a pass.
    assert solution.at(0, "jack").reach == pytest.approx(1 / 3)
    assert solution.at(0, "jack pb").reach == pytest.approx(passed / 6, abs=1e-9)
    for wrong in ((2, 0), ("nobody", 0), (0, 6), (0, -1), (0, "ace"), (True, 0), (0, True), (0, 1.5)):
        with pytest.raises(ModelError, match="no "):
            solution.at(*wrong)
    with pytest.raises(ValueError, match="read-only"):
        solution.sets.behaviour[0] = 1


def test_export_and_summary(tmp_path):
    solution = posg.solve(posg.catalog("kuhn-poker-tree"), method="sequence-form")
    solution.export(tmp_path / "play.csv")
    solution.export(tmp_path / "play.json")
    with (tmp_path / "play.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24
    found = json.loads((tmp_path / "play.json").read_text())
    assert len(found["information_sets"]) == 12
    for own in found["information_sets"]:
        agent, name = own["agent"], own["information_set"]
        played = {a: p for a, p in own["actions"].items() if p > 0}
        assert played == solution.at(agent, name).actions
        lines = {
            r["action"]: float(r["probability"]) for r in rows if (r["agent"], r["information_set"]) == (agent, name)
        }
        assert lines == own["actions"]
        assert own["own_reach"] == solution.at(agent, name).own_reach
    with pytest.raises(FormatError, match=r"ends in '.txt'.*\.csv, \.json"):
        solution.export(tmp_path / "play.txt")
    told = json.loads(json.dumps(solution.summary(), allow_nan=False))
    assert told["method"] == "sequence-form"
    assert told["values"] == pytest.approx([-1 / 18, 1 / 18])
    assert (told["stats"]["nodes"], told["stats"]["information_sets"]) == (55, [6, 6])


@pytest.mark.parametrize(
    "options", [{"tolerance": -1}, {"time_limit": 0}, {"tolerance": float("nan")}, {"tolerance": True}]
)
def test_options_are_checked(options):
    with pytest.raises(ModelError):
        posg.solve(posg.catalog("kuhn-poker-tree"), method="sequence-form", **options)


def test_time_is_limited():
    with pytest.raises(LimitError):
        posg.solve(posg.catalog("leduc-poker", suits=True), time_limit=1e-4, method="sequence-form")


def test_a_posg_is_no_tree_here_either():
    with pytest.raises(ModelError, match="give a horizon"):
        posg.solve(posg.catalog("kuhn-poker"), method="sequence-form")


# ---- games from rules --------------------------------------------------------------------------------


def broken(kind):
    def rules(at):
        if at:
            return End([0] if kind == "payoffs" else [0, 0])
        if kind == "chance":
            return Chance([("a", Fraction(1, 3), 1), ("b", Fraction(1, 3), 1)])
        return Move(5 if kind == "agent" else 0, "", [] if kind == "actions" else [("a", 1)])

    return rules


@pytest.mark.parametrize(
    ("kind", "told"), [("payoffs", "1 payoffs"), ("chance", "sum to 2/3"), ("agent", "agent 5"), ("actions", "0 act")]
)
def test_rules_are_checked(kind, told):
    with pytest.raises(ModelError, match=told):
        from_rules("broken", ["a", "b"], 0, broken(kind))


def test_one_information_set_has_the_same_actions_everywhere():
    def rules(at):
        if at in (1, 2):
            return Move(1, "same", [("x", 3)] if at == 1 else [("y", 3)])
        return End([0, 0]) if at else Move(0, "start", [("one", 1), ("two", 2)])

    with pytest.raises(ModelError, match="'b' knows 'same'"):
        from_rules("broken", ["a", "b"], 0, rules)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "rules returned None after '', expected a Chance, Move or End"),
        (Move(0, "k", ["xy", "zw"]), r"Move has among its actions 'xy', expected \(label, next position\)"),
        (Move(0, "k", None), "Move has actions None"),
        (Move("a", "k", [("x", 1)]), "agent 'a' moves"),
        (Move(0, {}, [("x", 1)]), "knows {}, expected something hashable"),
        (Move(0, "k", [("x", 1), ("x", 2)]), "two actions of the same label"),
        (Chance([("x", 1)]), r"Chance has among its branches .* expected \(label, probability, next position\)"),
        (Chance([("x", 0.25, 1), ("y", 0.75, 2)]), "probability 0.25 is not an exact number.* such as '1/4'"),
        (Chance([]), "sum to 0"),
        (End(3), r"End has payoffs 3.*End\(\[1, -1\]\)"),
        (End([0.1, -0.1]), "payoff 0.1 is not an exact number"),
        (End(["one", 2]), "payoff 'one' is not an exact number"),
        (End([float("inf"), 2]), "payoff inf is not an exact number"),
    ],
)
def test_rules_that_return_something_else_are_told_what_is_expected(found, told):
    with pytest.raises(ModelError, match=told):
        from_rules("broken", ["a", "b"], 0, lambda at: End([0, 0]) if at else found)


def test_texts_and_whole_floats_are_exact_numbers():
    def rules(at):
        return End([at, 2.0]) if at else Chance([("x", "1/4", "0.1"), ("y", "0.75", np.int64(3))])

    tree = from_rules("exact", ["a", "b"], 0, rules)
    assert posg.solve(tree, concept="team").values == pytest.approx([0.025 + 2.25, 2])


def test_rules_without_end_meet_the_limit():
    with pytest.raises(LimitError, match="more than 100 nodes"):
        from_rules("endless", ["a"], 0, lambda at: Move(0, at, [("on", at + 1)]), max_nodes=100)
