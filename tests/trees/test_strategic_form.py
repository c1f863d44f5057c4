"""The reduced strategic form against plain enumeration, and what is counted before it is built."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest
from tree_enumeration import possible_choices, pure_strategies, pure_value, random_tree, value

import lp_posg as posg
from lp_posg.errors import ImperfectRecallError, LimitError, ModelError
from lp_posg.trees import Chance, End, Move, from_rules, reduced_form


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
    form = posg.trees.strategic_form(game)
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
        form = posg.trees.strategic_form(game)
        reduced += form.n_joint_actions < np.prod([len(pure_strategies(game, i)) for i in range(n_agents)])
        choosers += sum(count > 1 for count in form.n_actions) > 1
    assert reduced >= 6
    assert choosers >= 6


def test_kuhn_poker_has_the_plans_of_the_literature_and_its_value():
    # Player 1 has, per card, bet, pass and then pass or bet: 3 ** 3 reduced plans. Player 2 has two sets per card.
    form = posg.trees.strategic_form(posg.catalog("kuhn-poker-tree"))
    assert form.n_actions == (27, 64)
    for concept in ("ne", "ce", "cce"):
        assert posg.solve(form, 1, "full", concept).values == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)


def test_size_is_counted_before_it_is_built():
    # Kuhn: 27 * 64 = 1728 joint plans.
    game = posg.catalog("kuhn-poker-tree")
    with pytest.raises(LimitError, match=r"1728 joint plans.*'player1' 27, 'player2' 64.*max_profiles") as caught:
        posg.trees.strategic_form(game, max_profiles=1727)
    assert caught.value.profiles == 1728
    assert posg.trees.strategic_form(game, max_profiles=1728).n_joint_actions == 1728


def test_a_hopeless_size_is_told_too():
    # 2000 information sets of two actions each: 2 ** 2000 plans, beyond the largest float.
    game = from_rules(
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
        posg.trees.strategic_form(game)


def test_an_agent_that_never_moves_has_one_plan():
    game = from_rules("alone", ["one", "idle"], 0, lambda at: End([at, -at]) if at else Move(0, "", [("go", 1)]))
    form = posg.trees.strategic_form(game)
    assert form.actions == (("go",), ("nothing",))
    assert form.reward.ravel().tolist() == [1, -1]


def test_labels_that_are_not_unique_get_numbers():
    def rules(done):
        return End([len(done)]) if len(done) == 2 else Move(0, ("", ""), [("", (*done, 0)), ("", (*done, 1))])

    with pytest.raises(ImperfectRecallError, match="absent-mindedness"):
        posg.trees.strategic_form(from_rules("twice", ["one"], (), rules))
    once = from_rules("once", ["one"], 0, lambda at: End([at]) if at else Move(0, "", [("", 1), ("", 2)]))
    assert posg.trees.strategic_form(once).actions == (("action [1]", "action [2]"),)


def test_a_posg_is_no_tree():
    with pytest.raises(ModelError, match="expected a Tree"):
        posg.trees.strategic_form(posg.catalog("chicken"))


def tie(payoffs, chances):
    """One agent takes a lottery or its exact mean for sure."""
    mean = sum(p * x for p, x in zip(chances, payoffs, strict=True))

    def rules(at):
        if at == "start":
            return Move(0, "", [("lottery", "lottery"), ("sure", mean)])
        if at == "lottery":
            return Chance([(str(k), p, x) for k, (p, x) in enumerate(zip(chances, payoffs, strict=True))])
        return End([at])

    return from_rules("tie", ["one"], "start", rules)


def small_fractions(rng, count):
    return [Fraction(int(rng.integers(-99, 100)), int(rng.integers(1, 30))) for _ in range(count)]


def floats(rng, count):
    return [Fraction(float(x)) for x in rng.normal(size=count) * 10.0 ** rng.integers(-8, 8, count)]


# The common denominator is a product of primes below 30, below 2**53; of floats it is a power of two that is beyond.
@pytest.mark.parametrize("draw", [small_fractions, floats])
def test_a_lottery_and_its_mean_stay_tied(draw):
    apart = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(2, 9))
        weights = [int(x) for x in rng.integers(1, 50, count)]
        chances = [Fraction(x, sum(weights)) for x in weights]
        payoffs = draw(rng, count)
        found = posg.trees.strategic_form(tie(payoffs, chances)).reward.ravel()
        mean = float(sum(p * x for p, x in zip(chances, payoffs, strict=True)))
        assert found.tolist() == [mean, mean]
        apart += sum(float(p) * float(x) for p, x in zip(chances, payoffs, strict=True)) != mean
    assert apart > 10  # sums of floats would not do


def test_numbers_of_any_size_are_added_exactly():
    # 1e90 * 2/5 - 1e90 * 2/5 leaves what the third branch pays: in floats nothing would be left of it.
    big, tiny = Fraction(10) ** 90, Fraction(1, 3 * 10**200)
    form = reduced_form(tie([big, -big, tiny], [Fraction(2, 5), Fraction(2, 5), Fraction(1, 5)]))
    assert form.payoffs.exact(0) == form.payoffs.exact(1) == [tiny / 5]
    assert form.game.reward.ravel().tolist() == [float(tiny / 5)] * 2


def test_fractions_beyond_the_limit_are_summed_in_floats():
    # The common denominator is a product of hundreds of odd numbers below 4000, some 5700 binary digits.
    payoffs = [Fraction(1, k) for k in range(1, 4000, 2)]
    form = reduced_form(tie([*payoffs], [Fraction(1, 2000)] * 2000))
    assert form.payoffs.numerators is None
    assert form.game.reward.ravel() == pytest.approx([float(sum(payoffs)) / 2000] * 2, rel=1e-12)


@pytest.mark.parametrize(("seed", "n_agents", "moves"), TREES)
def test_payoffs_are_the_exact_ones_rounded_once(seed, n_agents, moves):
    game = random_tree(seed, n_agents, moves, zero_sum=False)
    form = reduced_form(game)
    for plan, rounded in enumerate(form.game.reward.reshape(n_agents, -1).T.tolist()):
        assert [float(x) for x in form.payoffs.exact(plan)] == rounded


def test_mixtures_of_plans_are_behaviour_by_kuhns_theorem():
    """The atoms of a strategic form, played as behaviour strategies, are worth what the form says."""
    game = posg.catalog("kuhn-poker-tree")
    for concept in ("ne", "ce", "cce"):
        solution = posg.solve(game, concept=concept, method="strategic-form")
        worth = sum(
            prob * np.array(value(game, partial(solution.sets.law, atom=m)))
            for m, prob in enumerate(solution.sets.atom_prob.tolist())
        )
        assert worth == pytest.approx(solution.values, abs=1e-9)
        reach = solution.sets.reach
        assert reach.shape == (len(solution.sets.atom_prob), 12)
        # The six deals reach the first player's three sets before anything else.
        assert [reach[0, k] for k in solution.sets_of(0).tolist()][::2] == pytest.approx([1 / 3] * 3)
