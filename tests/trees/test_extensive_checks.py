"""What an extensive game has to be, and perfect recall."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from game_trees import kuhn, random_tree, tree

from lp_posg.errors import ImperfectRecallError, ModelError
from lp_posg.trees import InformationSet, Tree, check_perfect_recall, has_perfect_recall


def changed(array, place, value):
    copy = np.array(array)
    copy[place] = value
    return copy


def put(values, place, value):
    return (*values[:place], value, *values[place + 1 :])


# Kuhn poker has 55 nodes: 0 is the deal, 1 its first branch JQ, 2 and 7 what follows pass and bet there.
WRONG = {
    "agents": ({"agents": ("one", "one")}, "different names"),
    "no agents": ({"agents": ()}, "agents: none"),
    "short": ({"owner": np.zeros(3, dtype=np.int64)}, r"owner has shape \(3,\).*expected \(55,\)"),
    "floats": ({"outcome": np.zeros(55)}, "outcome has shape .* of float64"),
    "labels": ({"labels": ("",)}, "labels has 1 entries, expected 55"),
    "root": (lambda g: {"parent": changed(g.parent, 0, 0)}, "parent of node 0 is 0"),
    "later parent": (lambda g: {"parent": changed(g.parent, 3, 5)}, "parent of node 3 is 5"),
    "owner": (lambda g: {"owner": changed(g.owner, 1, 2)}, "owner of node 1 is 2"),
    "no set": (lambda g: {"information": changed(g.information, 1, -1)}, "information of node 1 is -1"),
    "set of chance": (lambda g: {"information": changed(g.information, 0, 1)}, "information of node 0 is 1"),
    "other's set": (
        lambda g: {"information": changed(g.information, 1, g.information[2])},
        "node 1 is owned by agent 'first' but its information set 1 .* is of 'second'",
    ),
    "set's agent": (lambda g: {"sets": put(g.sets, 0, InformationSet(2, "", ("a",)))}, "information set 0 has agent 2"),
    "no actions": (lambda g: {"sets": put(g.sets, 0, InformationSet(0, "J", ()))}, "'J'. has no actions"),
    "unmet set": (lambda g: {"sets": (*g.sets, InformationSet(0, "never", ("a",)))}, "12 .'never'. has no node"),
    "childless": (lambda g: {"owner": changed(g.owner, 3, -1)}, "number of children of node 3 is 0"),
    "end with children": (
        lambda g: {"owner": changed(g.owner, 2, -2), "information": changed(g.information, 2, -1)},
        "number of children of node 2 is 2, expected 0",
    ),
    "branches": (
        lambda g: {"sets": put(g.sets, 0, InformationSet(0, "J", ("pass", "bet", "fold")))},
        "node 1 has 2 branches, expected 3",
    ),
    "label": (lambda g: {"labels": put(g.labels, 2, "bet")}, "label of node 2 is 'bet', expected 'pass'"),
    "root's label": (lambda g: {"labels": put(g.labels, 0, "x")}, "label of node 0"),
    "float": (lambda g: {"probability": put(g.probability, 1, 1 / 6)}, "entries of type float"),
    "sum": (lambda g: {"probability": put(g.probability, 1, Fraction(1, 7))}, "after the chance move at node 0 sum to"),
    "negative": (lambda g: {"probability": put(g.probability, 1, Fraction(-1, 6))}, "node 1 is -1/6"),
    "of a move": (lambda g: {"probability": put(g.probability, 2, Fraction(1, 2))}, "node 2 is 1/2, expected 1"),
    "outcome": (lambda g: {"outcome": changed(g.outcome, 4, 99)}, "outcome of node 4 is 99"),
    "payoffs": (lambda g: {"outcomes": put(g.outcomes, 0, (Fraction(1),))}, "outcome 0 has 1 payoffs, expected 2"),
    "huge": (lambda g: {"outcomes": put(g.outcomes, 0, (Fraction(10**101), Fraction(0)))}, "pays agent 'first'"),
    "float payoff": (lambda g: {"outcomes": put(g.outcomes, 0, (1.0, -1.0))}, "pays agent 'first' 1.0, expected a Fra"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_wrong_trees(change, says):
    game = kuhn()
    assert game.n_nodes == 55
    with pytest.raises(ModelError, match=says):
        replace(game, **(change(game) if callable(change) else change))


def test_equality_looks_at_everything_but_the_name():
    game, twin = kuhn(), kuhn()
    assert game == twin
    assert hash(game) == hash(twin)
    assert game == replace(game, name="other")
    changes = {
        "agents": ("a", "b"),
        "sets": tuple(replace(own, label="x") for own in game.sets),
        "outcomes": tuple((2 * a, 2 * b) for a, b in game.outcomes),
        "outcome": changed(game.outcome, 0, 0),
        "labels": put(game.labels, 1, "JK"),
    }
    assert {key for key in changes if replace(game, **{key: changes[key]}) == game} == set()
    assert {field.name for field in fields(Tree)} > set(changes)
    assert game != 3


def test_arrays_cannot_be_written_to():
    game = kuhn()
    for array in (game.parent, game.owner, game.information, game.outcome, game.depth, game.branch, game.payoff):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_zero_sum():
    assert kuhn().is_zero_sum
    pays = {("l", "l"): (1, 4), ("l", "r"): (3, 2), ("r",): (-1, 5)}

    def tell(path):
        if path in pays:
            return "end", pays[path]
        # The payment of (1, 0) on the way makes up for what is missing after r.
        return (len(path), "", ("l", "r")) if not path else (1, "", ("l", "r"), (0, 0))

    assert not tree("ab", tell).is_zero_sum
    pays["r",] = (-1, 6)
    assert tree("ab", tell).is_zero_sum
    pays["r",] = (0, 6)
    assert not tree("ab", tell).is_zero_sum


# ---- perfect recall ----------------------------------------------------------------------------------


def pasts(game, node):
    """Return what the agent at a node has seen and done, from the root on: the definition itself."""
    agent, found = game.owner[node], []
    while node:
        above = int(game.parent[node])
        if game.owner[above] == agent:
            found.append((game.information[above], game.branch[node]))
        node = above
    return tuple(found[::-1])


def remembers(game):
    """Whether all nodes of every set have equal pasts, compared pair by pair."""
    nodes = np.flatnonzero(game.owner >= 0).tolist()
    return all(
        pasts(game, a) == pasts(game, b)
        for a, b in itertools.combinations(nodes, 2)
        if game.information[a] == game.information[b]
    )


def test_kuhn_and_random_trees_remember():
    assert has_perfect_recall(kuhn())
    games = [random_tree(seed, n_agents=1 + seed % 3, clock=seed % 2 == 0, zero_sum=False) for seed in range(40)]
    assert sum(game.n_nodes > 10 for game in games) > 20
    assert [has_perfect_recall(game) for game in games] == [remembers(game) for game in games] == [True] * 40


def merged(game, rng):
    """Return the game with two information sets of one agent and of equal actions made one, or None."""
    pairs = [
        (a, b)
        for a, b in itertools.combinations(range(len(game.sets)), 2)
        if (game.sets[a].agent, len(game.sets[a].actions)) == (game.sets[b].agent, len(game.sets[b].actions))
    ]
    if not pairs:
        return None
    a, b = pairs[rng.integers(len(pairs))]
    information = np.where(game.information == b, a, game.information)
    information -= information > b
    labels = list(game.labels)
    for node in range(1, game.n_nodes):
        if game.information[game.parent[node]] == b:
            labels[node] = game.sets[a].actions[game.branch[node]]
    sets = game.sets[:b] + game.sets[b + 1 :]
    return replace(game, information=information, sets=sets, labels=tuple(labels))


def test_merged_sets_against_the_definition():
    rng = np.random.default_rng(3)
    games = [merged(random_tree(seed, n_agents=1 + seed % 3, zero_sum=False), rng) for seed in range(80)]
    games = [game for game in games if game is not None]
    verdicts = [remembers(game) for game in games]
    assert 5 < sum(verdicts) < len(verdicts) - 15
    assert [has_perfect_recall(game) for game in games] == verdicts
    for game in games:
        if has_perfect_recall(game):
            continue
        with pytest.raises(ImperfectRecallError) as caught:
            check_perfect_recall(game)
        first, second = caught.value.nodes
        assert game.information[first] == game.information[second] == caught.value.information_set
        assert game.owner[first] == caught.value.agent
        assert caught.value.pasts == (pasts(game, first), pasts(game, second))
        assert pasts(game, first) != pasts(game, second)


def test_absent_mindedness_is_named():
    # The absent-minded driver: the same set at both crossings.
    def tell(path):
        if path in (("exit",), ("on", "exit"), ("on", "on")):
            return "end", (len(path),)
        return 0, "crossing", ("exit", "on")

    with pytest.raises(ImperfectRecallError, match=r"'crossing'.*before any own move or after 'on'.*absent-minded"):
        check_perfect_recall(tree(("driver",), tell))


def test_sets_without_a_name_are_numbered_per_agent():
    def tell(path):
        if len(path) == 3:
            return "end", (0, 0)
        return (1, "", ("x", "y")) if not path else (0, str(len(path)), ("x", "y"))

    game = tree(("a", "b"), tell)
    with pytest.raises(ImperfectRecallError, match=r"'a' .* at information set '2' .* 'x' at '1' or after 'y' at '1'"):
        check_perfect_recall(game)
    nameless = replace(game, sets=tuple(replace(own, label="") for own in game.sets))
    with pytest.raises(ImperfectRecallError, match=r"agent 'a' .* at information set number 2 .* 'y' at number 1"):
        check_perfect_recall(nameless)
