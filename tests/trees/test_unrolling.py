"""A POSG as a tree: the same values, information and numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from random_games import random_game
from tree_enumeration import value

import lp_posg as posg
from lp_posg.errors import LimitError, ModelError
from lp_posg.trees.exact_laws import exact, exact_law
from lp_posg.trees.unrolling import node_count

CASES = [
    ("kuhn-poker", 3, "none"),
    ("competitive-tiger", 1, "none"),
    ("competitive-tiger", 2, "none"),
    ("competitive-tiger", 2, "one-step-delay"),
    ("matching-pennies", 1, "none"),
    ("matching-pennies", 2, "full"),
    ("noisy-pennies", 2, "none"),
    ("noisy-pennies", 2, "delay:2"),
    ("noisy-pennies", 2, "full"),
    ("noisy-pennies", 3, "one-directional"),
]


def both(game, horizon, sharing, discount=None):
    game = game if discount is None else game.with_discount(discount)
    tree = posg.trees.unroll(game, horizon, sharing)
    return tree, posg.solve(tree), posg.solve(game, horizon, sharing, method="sequence-form")


@pytest.mark.parametrize(("name", "horizon", "sharing"), CASES)
def test_the_tree_has_the_value_and_the_sets_of_the_sequence_form(name, horizon, sharing):
    tree, solved, expected = both(posg.catalog(name), horizon, sharing)
    assert solved.values == pytest.approx(expected.values, abs=1e-9)
    for size in ("information_sets", "sequences"):
        assert solved.stats.sizes[size] == expected.stats.sizes[size]
    texts = expected.information_sets(1, horizon - 1)
    labels = [own.label for own in tree.sets if own.agent == 1]
    assert set(texts) == set(labels[-len(texts) :])


@pytest.mark.parametrize("seed", range(6))
def test_random_zero_sum_games(seed):
    game = random_game(
        seed, zero_sum=True, initial_observation=seed % 2 == 0, sparse=seed % 3 == 0, horizon=2 if seed == 4 else None
    )
    _, solved, expected = both(game, 2, ["none", "one-step-delay", "delay:2"][seed % 3], discount=0.7)
    assert solved.values == pytest.approx(expected.values, abs=1e-8)


def uniform_value(game, horizon):
    """Return the agents' values when all draw actions uniformly: a walk over laws of states alone."""
    law, total = game.initial, np.zeros(game.n_agents)
    axes = tuple(range(1, 1 + game.n_agents))
    for time in range(horizon):
        total += game.discount**time * game.reward.mean(axis=tuple(a + 1 for a in axes)) @ law
        law = law @ game.transition.mean(axis=axes)
    return total


@pytest.mark.parametrize(("seed", "n_agents"), [(0, 1), (1, 2), (2, 3), (3, 3)])
def test_uniform_play_is_worth_the_same_for_any_number_of_agents(seed, n_agents):
    game = random_game(seed, n_agents=n_agents, initial_observation=seed == 3).with_discount(0.9)
    tree = posg.trees.unroll(game, 2)
    found = value(tree, lambda k: np.full(len(tree.sets[k].actions), 1 / len(tree.sets[k].actions)))
    assert found == pytest.approx(uniform_value(game, 2), abs=1e-12)


@pytest.mark.parametrize("concept", ["ne", "ce", "cce", "team"])
def test_chicken_keeps_its_equilibria(concept):
    game = posg.catalog("chicken")
    form = posg.trees.strategic_form(posg.trees.unroll(game, 1))
    assert form.actions == game.actions
    expected = posg.solve(game, 1, "full", concept)
    assert posg.solve(form, 1, "full", concept).values == pytest.approx(expected.values, abs=1e-9)


def test_three_agents_keep_their_coarse_correlated_equilibria():
    game = random_game(8, n_agents=3)
    form = posg.trees.strategic_form(posg.trees.unroll(game, 1))
    for concept in ("ce", "cce"):
        expected = posg.solve(game, 1, "full", concept)
        assert posg.solve(form, 1, "full", concept).welfare == pytest.approx(expected.welfare, abs=1e-8)


@pytest.mark.parametrize(("name", "horizon", "sharing"), [*CASES, ("dectiger", 2, "none"), ("recycling", 2, "full")])
def test_nodes_are_counted_and_probabilities_exact(name, horizon, sharing):
    game = posg.catalog(name)
    tree = posg.trees.unroll(game, horizon, sharing)
    assert tree.n_nodes == node_count(game, horizon)
    total: dict[int, Fraction] = {}
    for node in range(1, tree.n_nodes):
        assert tree.parent[node] < node
        if tree.owner[tree.parent[node]] == -1:
            total[int(tree.parent[node])] = total.get(int(tree.parent[node]), Fraction(0)) + tree.probability[node]
    assert set(total.values()) <= {Fraction(1)}
    assert len(total) == int((tree.owner == -1).sum())
    # Nothing but decisions of agents, chance and ends, and each decision has its set's agent.
    moves = tree.owner >= 0
    assert [tree.sets[k].agent for k in tree.information[moves]] == tree.owner[moves].tolist()


def test_sizes_by_hand():
    # Matching pennies: 1 + 2 + 4 nodes a step; its one state and one sight lead on without a node of chance.
    assert posg.trees.unroll(posg.catalog("matching-pennies"), 1).n_nodes == 7
    # With two sights each, seen after both acted... noisy-pennies: the root, 2 states, and 2 + 4 after each.
    assert posg.trees.unroll(posg.catalog("noisy-pennies"), 1).n_nodes == 1 + 2 + 2 * (2 + 4)
    # Kuhn's poker deals six ways, and is deterministic from then on: 6 times 4 + 16 + 64 pairs of moves and half-moves.
    halves = 6 * (2 + 4) * (1 + 4 + 16)
    assert posg.trees.unroll(posg.catalog("kuhn-poker"), 3).n_nodes == 1 + 6 + halves


def test_numbers_are_those_that_were_meant():
    for number in (1 / 3, 1 / 6, 0.85, 0.1 + 0.2, 1e-9, -7.25, 0.0, 1e50):
        assert float(exact(number)) == number
    assert exact_law([0.1 + 0.2, 1 - 0.3]) == [Fraction(3, 10), Fraction(7, 10)]
    odd = exact_law([0.123456789012, 0.876543210988])
    assert odd == [Fraction("0.123456789012"), Fraction("0.876543210988")]
    # Not to be told from 1/3, 1/3 and 1/3 with denominators up to a million, but these do not sum to 1.
    forced = exact_law([0.333333, 0.333333, 0.333334 - 1e-10])
    assert (sum(forced), forced[:2]) == (1, [Fraction(333333, 10**6)] * 2)
    tree = posg.trees.unroll(posg.catalog("competitive-tiger"), 2)
    assert max(p.denominator for p in tree.probability) <= 10**6
    tree = posg.trees.unroll(posg.catalog("matching-pennies").with_discount(0.9), 2)
    assert set(tree.outcomes) == {(s * r, -s * r) for s in (1, -1) for r in (Fraction(1), Fraction(9, 10))}


def test_size_is_told_before_it_is_built():
    game = posg.catalog("competitive-tiger")
    with pytest.raises(LimitError, match="max_nodes") as caught:
        posg.trees.unroll(game, 30)
    assert caught.value.nodes > 1e9
    assert posg.trees.unroll(game, 1, max_nodes=27).n_nodes == 27
    with pytest.raises(LimitError, match="27 nodes, more than the limit of 26"):
        posg.trees.unroll(game, 1, max_nodes=26)


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"horizon": 1, "max_nodes": 0}, {"horizon": 1, "sharing": "gossip"}])
def test_unrolling_checks_its_options(wrong):
    with pytest.raises(ModelError):
        posg.trees.unroll(posg.catalog("chicken"), **wrong)


def test_a_number_is_no_posg():
    with pytest.raises(ModelError, match="game is int, expected a Game"):
        posg.trees.unroll(3, 1)


def test_a_tree_beyond_any_size_is_refused_at_once():
    for horizon in (300, 10**9):
        with pytest.raises(LimitError, match=r"nodes, more than the limit of 1000000; plan fewer steps"):
            posg.trees.unroll("dectiger", horizon, "none")
