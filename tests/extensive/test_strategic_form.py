"""The reduced strategic form against plain enumeration, and what is counted before it is built."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from tree_enumeration import possible_choices, pure_strategies, pure_value, random_tree

import lp_posg as posg
from lp_posg.errors import ImperfectRecallError, LimitError, ModelError
from lp_posg.extensive import Chance, End, Move, game_from_rules


def word_of(game, choices):
    own = sorted(choices)
    many = sum(s.agent == game.sets[own[0]].agent for s in game.sets) > 1 if own else False
    lead = [f"{game.sets[k].label}: " if many else "" for k in own]
    return ", ".join(w + game.sets[k].actions[choices[k]] for k, w in zip(own, lead, strict=True)) or "nothing"


TREES = [
    (4, 1, 3),
    (2, 2, 3),
    (4, 2, 4),
    (11, 2, 3),
    (2, 3, 4),
    (8, 3, 3),
    (9, 3, 4),
    (12, 3, 4),
]  # seed, agents, moves


@pytest.mark.parametrize(("seed", "n_agents", "moves"), TREES)
def test_every_pure_profile_pays_what_its_reduced_plans_pay(seed, n_agents, moves):
    game = random_tree(seed, n_agents, moves, zero_sum=False)
    form = posg.strategic_form(game)
    pures = [pure_strategies(game, agent) for agent in range(n_agents)]
    words = [[word_of(game, possible_choices(game, own)) for own in every] for every in pures]
    assert [set(own) for own in words] == [set(own) for own in form.actions]
    profiles = list(product(*(range(len(every)) for every in pures)))
    assert len(profiles) > 20
    for chosen in profiles[:: max(1, len(profiles) // 200)]:
        place = tuple(form.actions[i].index(words[i][k]) for i, k in enumerate(chosen))
        expected = pure_value(game, [pures[i][k] for i, k in enumerate(chosen)])
        assert form.reward[(slice(None), 0, *place)] == pytest.approx(expected, abs=1e-12)


def test_the_trees_tried_have_plans_that_reduce_and_several_agents_with_a_choice():
    # Else the test above would not tell a reduced form from a full one.
    reduced, choosers = 0, 0
    for seed, n_agents, moves in TREES:
        game = random_tree(seed, n_agents, moves, zero_sum=False)
        form = posg.strategic_form(game)
        reduced += form.n_joint_actions < np.prod([len(pure_strategies(game, i)) for i in range(n_agents)])
        choosers += sum(count > 1 for count in form.n_actions) > 1
    assert reduced >= 6
    assert choosers >= 6


def test_kuhn_poker_has_the_plans_of_the_literature_and_its_value():
    # Player 1 has, per card, bet, pass and then pass or bet: 3 ** 3 reduced plans. Player 2 has two sets per card.
    form = posg.strategic_form(posg.extensive_catalog("kuhn-poker-tree"))
    assert form.n_actions == (27, 64)
    for concept in ("ne", "ce", "cce"):
        assert posg.solve(form, 1, "full", concept).values == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)


def test_size_is_counted_before_it_is_built():
    # Kuhn: 27 * 64 = 1728 joint plans.
    game = posg.extensive_catalog("kuhn-poker-tree")
    with pytest.raises(LimitError, match=r"1728 joint plans.*'player1' 27, 'player2' 64.*max_profiles") as caught:
        posg.strategic_form(game, max_profiles=1727)
    assert caught.value.profiles == 1728
    assert posg.strategic_form(game, max_profiles=1728).n_joint_actions == 1728


def test_a_hopeless_size_is_told_too():
    # 2000 information sets of two actions each: 2 ** 2000 plans, beyond the largest float.
    game = game_from_rules(
        "wide",
        ["only"],
        "start",
        lambda at: (
            Chance([(str(k), Fraction(1, 2000), k) for k in range(2000)])
            if at == "start"
            else Move(0, at, [("a", "end"), ("b", "end")])
            if at != "end"
            else End([0])
        ),
    )
    with pytest.raises(LimitError, match="over 1e308"):
        posg.strategic_form(game)


def test_an_agent_that_never_moves_has_one_plan():
    game = game_from_rules("alone", ["one", "idle"], 0, lambda at: End([at, -at]) if at else Move(0, "", [("go", 1)]))
    form = posg.strategic_form(game)
    assert form.actions == (("go",), ("nothing",))
    assert form.reward.ravel().tolist() == [1, -1]


def test_labels_that_are_not_unique_get_numbers():
    def rules(done):
        return End([len(done)]) if len(done) == 2 else Move(0, ("", ""), [("", (*done, 0)), ("", (*done, 1))])

    with pytest.raises(ImperfectRecallError, match="absent-mindedness"):
        posg.strategic_form(game_from_rules("twice", ["one"], (), rules))
    once = game_from_rules("once", ["one"], 0, lambda at: End([at]) if at else Move(0, "", [("", 1), ("", 2)]))
    assert posg.strategic_form(once).actions == (("action [1]", "action [2]"),)


def test_a_posg_is_no_tree():
    with pytest.raises(ModelError, match="expected an ExtensiveGame"):
        posg.strategic_form(posg.catalog("chicken"))
