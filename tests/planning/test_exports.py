"""Strategies written for other programs: a player that knows only the file and the game's arrays earns the values."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from functools import partial
from itertools import product

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import lp_posg as posg
from lp_posg.errors import FormatError, ModelError

CASES = [
    ("dectiger", "full", "team"),
    ("dectiger", "one-step-delay", "team"),
    ("general-tiger", "one-step-delay", "ce"),
    ("general-tiger", "full", "cce"),
    # Several atoms per state; and what was seen is known from what was done, so one private information of two is left.
    ("chicken", "one-step-delay", "ce"),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def solution(request):
    name, sharing, concept = request.param
    return posg.solve(posg.catalog(name), 3, sharing, concept)


def full(game, agent, private, action, seen):
    """Everything is told at once: the news of an agent is its action and observation, and nothing is left."""
    return f"{game.agents[agent]} did {action} and saw {seen}", "nothing"


def delayed(game, agent, private, action, seen):
    """What was private until now is told with the action; the new observation stays private for one step."""
    told = f"{game.agents[agent]} did {action}"
    return (told if private == "nothing" else f"{told} and {private}"), f"saw {seen}"


RULES = {"full": full, "one-step-delay": delayed}


def played(game, sharing, start, play, follow, horizon):
    """Return the exact values of a strategy, by enumeration of everything that can happen.

    `play(time, state)` gives (probability, agent -> private words -> action -> probability) per atom,
    `follow(time, state, news)` the next state.
    """
    split = partial(RULES[sharing], game)
    n, values = game.n_agents, np.zeros(game.n_agents)
    now = {(s, start, ("nothing",) * n): p for s, p in enumerate(game.initial) if p}
    for time in range(horizon):
        after = defaultdict(float)
        for (s, state, private), weight in now.items():
            for chance, prescriptions in play(time, state):
                drawn = [prescriptions[agent][own].items() for agent, own in zip(game.agents, private, strict=True)]
                for acts in product(*drawn):
                    index = tuple(game.actions[i].index(action) for i, (action, _) in enumerate(acts))
                    w = weight * chance * np.prod([prob for _, prob in acts])
                    values += w * game.discount**time * game.reward[(slice(None), s, *index)]
                    if time < horizon - 1:
                        _moved(game, split, follow, after, (time, s, state, private), acts, index, w)
        now = after
    return values


def _moved(game, split, follow, after, where, acts, index, weight):
    time, s, state, private = where
    for s2, o in product(range(game.n_states), product(*map(range, game.n_observations))):
        p = game.transition[(s, *index, s2)] * game.observation[(*index, s2, *o)]
        if p == 0:
            continue
        seen = [game.observations[i][k] for i, k in enumerate(o)]
        parts = [split(i, private[i], acts[i][0], seen[i]) for i in range(game.n_agents)]
        news = [told for told, _ in parts]
        after[s2, follow(time, state, news), tuple(kept for _, kept in parts)] += weight * p


def player(content):
    """Return the `play` and `follow` of a JSON file."""
    steps = [{own["state"]: own for own in step["states"]} for step in content["steps"]]

    def play(time, state):
        return [(atom["probability"], atom["prescriptions"]) for atom in steps[time][state]["atoms"]]

    def follow(time, state, news):
        (found,) = [arc["state"] for arc in steps[time][state]["next"] if arc["news"] == news]
        return found

    return play, follow


def test_the_json_file_is_enough_to_play(solution, tmp_path):
    solution.export(tmp_path / "s.json")
    content = json.loads((tmp_path / "s.json").read_text())
    (start,) = content["start"]
    assert start["news"] == ["", ""]
    play, follow = player(content)
    found = played(solution.game, solution.sharing.name, start["state"], play, follow, 3)
    assert found == pytest.approx(solution.values, abs=1e-8)
    assert content["values"] == solution.values.tolist()
    assert (content["concept"], content["horizon"]) == (solution.concept.name, 3)
    assert content["to_play"] == solution.to_play


def test_the_table_has_the_same_strategy(solution, tmp_path):
    solution.export(tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = ["time", "state", "atom", "atom_probability", "agent", "private_information", "action", "probability"]
    assert list(rows[0]) == expected
    atoms = defaultdict(dict)
    for row in rows:
        own = atoms[int(row["time"]), int(row["state"])].setdefault(
            int(row["atom"]), (float(row["atom_probability"]), defaultdict(lambda: defaultdict(dict)))
        )
        own[1][row["agent"]][row["private_information"]][row["action"]] = float(row["probability"])
    assert set(atoms) == set(solution.graph.nodes)
    solution.export(tmp_path / "s.json")
    _, follow = player(json.loads((tmp_path / "s.json").read_text()))
    found = played(solution.game, solution.sharing.name, 0, lambda t, v: atoms[t, v].values(), follow, 3)
    assert found == pytest.approx(solution.values, abs=1e-8)


def gain_of_hearing(solution, hears):
    """Return what driver 2 gains at the first state by a best reply to what `hears` makes of (atom, own action)."""
    reward, (own, other) = solution.game.reward[1, 0], solution.game.actions
    worth, obeyed = defaultdict(lambda: np.zeros(2)), 0.0
    for k, atom in enumerate(solution.strategy(0, 0)):
        (first,), (second,) = (atom.prescriptions[agent].values() for agent in solution.game.agents)
        for (a, p), (b, q) in product(first.items(), second.items()):
            weight = atom.prob * p * q
            worth[hears(k, b)] += weight * reward[own.index(a)]
            obeyed += weight * reward[own.index(a), other.index(b)]
    return sum(own.max() for own in worth.values()) - obeyed


def test_who_hears_the_atom_of_a_correlated_equilibrium_may_gain():
    """Why the files say who hears what: hearing the action is no use, hearing the atom is."""
    solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
    assert gain_of_hearing(solution, lambda atom, action: action) == pytest.approx(0, abs=1e-8)
    # One atom mixes: there daring pays 7 instead of 6 against one who swerves for sure.
    assert gain_of_hearing(solution, lambda atom, action: atom) == pytest.approx(1 / 2, abs=1e-8)
    assert "never the atom" in solution.to_play


@pytest.mark.parametrize(
    ("concept", "said"),
    [
        ("team", "no mediator is needed"),
        ("ne", "no mediator is needed"),
        ("strategic-ce", "its own prescription and nothing else"),
        ("ce", "that action and nothing else"),
        ("interim-cce", "when it knows its private information and before anything is drawn"),
        ("cce", "before it knows its private information of the step and before anything is drawn"),
    ],
)
def test_every_file_but_the_table_says_how_it_is_played(concept, said, tmp_path):
    solution = posg.solve(posg.catalog("chicken"), 1, "full", concept)
    for suffix in ("json", "graphml", "dot"):
        solution.export(tmp_path / f"s.{suffix}")
        text = (tmp_path / f"s.{suffix}").read_text()
        assert said in text
        assert "to_play" in text


def test_the_table_is_sorted_and_its_rows_are_distinct(solution, tmp_path):
    solution.export(tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(int(row["time"]), int(row["state"]), int(row["atom"])) for row in rows]
    assert keys == sorted(keys)
    assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_graphml_has_the_states_values_strategies_and_news(solution, tmp_path):
    solution.export(tmp_path / "s.graphml")
    found = nx.read_graphml(tmp_path / "s.graphml")
    assert set(found.nodes) == {f"{t}.{v}" for t, v in solution.graph.nodes}
    assert set(found.edges) == {(f"{a}.{b}", f"{c}.{d}") for (a, b), (c, d) in solution.graph.edges}
    for (t, v), values in solution.graph.nodes(data="values"):
        own = found.nodes[f"{t}.{v}"]
        assert [own[f"value {agent}"] for agent in solution.game.agents] == pytest.approx(list(values))
        atoms = json.loads(own["strategy"])
        expected = [{"probability": a.prob, "prescriptions": a.prescriptions} for a in solution.strategy(t, v)]
        assert atoms == expected
    (first, second), news = next(((a, b), news) for a, b, news in solution.graph.edges(data="increments"))
    assert found.edges[f"{first[0]}.{first[1]}", f"{second[0]}.{second[1]}"]["news"] == " | ".join(news)


def test_dot_names_every_state_and_edge(solution, tmp_path):
    solution.export(tmp_path / "s.dot")
    lines = (tmp_path / "s.dot").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("digraph strategy {", "}")
    nodes = [line for line in lines if re.match(r'  "\d+\.\d+" \[', line)]
    edges = [re.match(r'  "(\d+)\.(\d+)" -> "(\d+)\.(\d+)" \[', line) for line in lines]
    assert len(nodes) == solution.graph.number_of_nodes()
    assert {tuple(map(int, m.groups())) for m in edges if m} == {(*a, *b) for a, b in solution.graph.edges}
    for line in lines[3:-1]:
        # Every quotation mark inside a string is escaped, so the others pair up.
        assert line.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 0


def odd_labels():
    stay = np.ones((1, 2, 1))
    reward = np.array([[0.0, 1.0]])
    names = {"actions": [['say "no"\\', "b,c\nd"]], "agents": ["<x> & y"]}
    return posg.Game(transition=stay, observation=np.ones((2, 1, 1)), reward=reward[:, None], initial=[1.0], **names)


@pytest.mark.parametrize("suffix", ["csv", "json", "graphml", "dot"])
def test_labels_of_any_kind_survive(suffix, tmp_path):
    path = tmp_path / f"odd.{suffix}"
    posg.solve(odd_labels(), 2, "full").export(path)
    text = path.read_text()
    if suffix == "csv":
        rows = list(csv.DictReader(path.open(newline="")))
        assert {(row["agent"], row["action"]) for row in rows} == {("<x> & y", "b,c\nd")}
    elif suffix == "json":
        (atom,) = json.loads(text)["steps"][0]["states"][0]["atoms"]
        assert atom["prescriptions"] == {"<x> & y": {"nothing": {"b,c\nd": 1.0}}}
    elif suffix == "graphml":
        play = nx.read_graphml(path).nodes["0.0"]["strategy"]
        assert json.loads(play)[0]["prescriptions"] == {"<x> & y": {"nothing": {"b,c\nd": 1.0}}}
    else:
        assert 'news="<x> & y did say \\"no\\"\\\\' in text
        assert "b,c\\nd" in text


@pytest.mark.parametrize("odd", ["\u00a0", "\x7f", "\u202e", "\x01", "\u2028", "\U0001f600"], ids=ascii)
def test_labels_that_cannot_be_printed_survive_in_graphml(odd, tmp_path):
    stay = np.ones((1, 2, 1))
    names = {"actions": [[f"no{odd}", f"{odd}yes"]], "agents": [f"a{odd}b"]}
    reward = np.array([[[0.0, 1.0]]])
    game = posg.Game(transition=stay, observation=np.ones((2, 1, 1)), reward=reward, initial=[1.0], **names)
    posg.solve(game, 2, "full").export(tmp_path / "odd.graphml")
    nodes = nx.read_graphml(tmp_path / "odd.graphml").nodes
    assert json.loads(nodes["0.0"]["strategy"])[0]["prescriptions"] == {f"a{odd}b": {"nothing": {f"{odd}yes": 1.0}}}


def test_dot_has_all_digits_of_probabilities(tmp_path):
    solution = posg.solve(posg.catalog("shapley-game"), 1, "full", "ne")
    solution.export(tmp_path / "s.dot")
    told = {float(x) for x in re.findall(r"\((0\.[0-9]+)\)", (tmp_path / "s.dot").read_text())}
    drawn = {
        p for a in solution.strategy(0, 0) for own in a.prescriptions.values() for d in own.values() for p in d.values()
    }
    assert told == drawn
    assert any(p != float(f"{p:.6g}") for p in drawn)


def test_a_history_leads_to_its_state(solution):
    """Each news of it is on an edge of a path from the start to the state."""
    graph = solution.graph
    for time, node in graph.nodes:
        told = solution.history(time, node)
        assert len(told) == time + 1
        reached = {v for v, news in graph.nodes(data="news") if news and told[0] in news}
        for news in told[1:]:
            reached = {b for a in reached for b in graph.successors(a) if news in graph.edges[a, b]["increments"]}
        assert (time, node) in reached


def test_a_state_that_there_is_not_has_no_history(solution):
    for time, node in ((3, 0), (-1, 0), (0, 1), (0, -1)):
        with pytest.raises(ModelError, match="there is no state"):
            solution.history(time, node)


def test_an_unknown_suffix_is_refused_before_anything_is_written(solution, tmp_path):
    for name in ("s.txt", "s", "s.csv.gz"):
        with pytest.raises(FormatError, match=r"a strategy is written as \.csv, \.json, \.graphml, \.dot"):
            solution.export(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(FormatError, match="it is a directory"):
        solution.export(tmp_path / "d.csv")


FORMULAS = {
    '=HYPERLINK("http://x","y")': '\'=HYPERLINK("http://x","y")',
    "+1+1": "'+1+1",
    "-2+3": "'-2+3",
    "@SUM(1)": "'@SUM(1)",
    "\uff1d1+1": "'\uff1d1+1",
    " =1+1": "' =1+1",
    "\n=1+1": "'\n=1+1",
    "\t=1+1": "\\t=1+1",
    "\r=1+1": "\\r=1+1",
    "\x1b[31mred": "\\x1b[31mred",
    "nul\x00l": "nul\\x00l",
    "\x9b31m": "\\x9b31m",
    "-1": "-1",
    "+2.5e3": "+2.5e3",
    "a=b": "a=b",
    "a-b": "a-b",
    "two\nlines": "two\nlines",
}


def test_no_cell_of_a_table_is_run_or_controls_a_terminal(tmp_path):
    """Every label of a game, in the tables of all kinds of solutions."""
    labels = list(FORMULAS)
    payoff, n = np.eye(len(labels)).reshape(1, -1), len(labels)
    names = {"actions": [labels, labels], "agents": ["=1", "-x"]}
    once = np.ones((n * n, 1))
    matrix = posg.Game.from_matrices(
        n_actions=(n, n),
        n_observations=(1, 1),
        transitions=[sp.csr_array(once)],
        observation_laws=[sp.csr_array(once)],
        rewards=[np.stack([payoff, -payoff])],
        initial=np.ones(1),
        **names,
    )
    for name, method in (("states", "common-information"), ("sets", "sequence-form")):
        sharing = "full" if method == "common-information" else "none"
        path = tmp_path / f"{name}.csv"
        posg.solve(matrix, 1, sharing, "ne", method=method).export(path)
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["agent"] for row in rows} == {"'=1", "'-x"}
        assert {row["action"] for row in rows} == set(FORMULAS.values())
        assert all(float(row["probability"]) == pytest.approx(1 / len(labels)) for row in rows)
        assert all(char.isprintable() or char == "\n" for char in path.read_text())
