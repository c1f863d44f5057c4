"""Strategies as OpenSpiel's policies: its NashConv is what certificates say of the gaps, of good strategies and bad."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_games import STRUCTURES, random_game
from random_strategies import with_random_strategy

import lp_posg as posg
from lp_posg.errors import LimitError, ModelError, UnsupportedError
from lp_posg.evaluate import certify
from lp_posg.interop import from_open_spiel, open_spiel_policy
from lp_posg.trees.sequence.from_tree import tree_form
from lp_posg.trees.sequence.histories import sequence_game
from lp_posg.trees.sequence.response import exploitability, plan_of

pytest.importorskip("pyspiel", reason="OpenSpiel is not installed (it has wheels up to Python 3.14)")
GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"
TOL = 1e-9


def improvements(policy):
    """What each agent gains by its best response, as OpenSpiel has it."""
    from open_spiel.python.algorithms.exploitability import nash_conv

    return nash_conv(policy.game, policy, return_only_nash_conv=False).player_improvements


def _with_behaviour(solution, behaviour):
    return replace(solution, sets=replace(solution.sets, behaviour=behaviour[None]))


# Values: Kuhn (1950); Leduc poker's is the one that public solvers agree on; the others are symmetric zero-sum games.
ZERO_SUM = {
    "kuhn_poker": (-1 / 18, 4),
    "leduc_poker": (-0.085606424078, 26),
    "matrix_mp": (0.0, 2),
    GOOFSPIEL: (0.0, 2),
}


@pytest.mark.parametrize("name", ZERO_SUM)
def test_openspiels_zero_sum_games_are_solved_and_it_agrees(name):
    value, span = ZERO_SUM[name]
    solution = posg.solve(from_open_spiel(name), method="sequence-form")
    np.testing.assert_allclose(solution.values, [value, -value], atol=TOL)
    for target in (None, name):
        gains = improvements(open_spiel_policy(solution, target))
        assert gains.sum() <= TOL * span
        np.testing.assert_allclose(gains, solution.certificate.gaps, atol=TOL)


@pytest.mark.parametrize("name", ["kuhn_poker", GOOFSPIEL])
@pytest.mark.parametrize("uniform", [True, False])
def test_a_spoilt_behaviour_in_a_tree_gains_there_what_it_gains_here(name, uniform):
    solution = posg.solve(from_open_spiel(name), method="sequence-form")
    form, rng = tree_form(solution.game), np.random.default_rng(4)
    laws = [np.ones(k) / k if uniform else rng.dirichlet(np.ones(k)) for k in np.diff(solution.sets.first)]
    behaviour = np.concatenate(laws)
    owner = np.repeat([own.agent for own in solution.game.sets], np.diff(solution.sets.first))
    plans = []
    for agent, tree in enumerate(form.trees):
        own = np.ones(tree.n_sequences)  # the empty sequence is certain
        own[form.number[:-1][owner == agent]] = behaviour[owner == agent]
        plans.append(plan_of(tree, own))
    found = exploitability(form, tuple(plans))
    assert found.gaps.min() > 1e-2
    for target in (None, name):
        gains = improvements(open_spiel_policy(_with_behaviour(solution, behaviour), target))
        np.testing.assert_allclose(gains, found.gaps, atol=TOL)


@pytest.mark.parametrize(
    ("name", "horizon", "sharing"),
    [
        ("chicken", 1, "none"),
        ("chicken-signals", 1, "full"),
        ("shapley-game", 1, "none"),
        ("matching-pennies", 2, "full"),
        ("general-tiger", 2, "one-step-delay"),
        ("competitive-tiger", 2, "one-step-delay"),
        ("uncontrolled", 2, "full"),
    ],
)
def test_nash_equilibria_of_games_are_equilibria_to_openspiel_too(name, horizon, sharing):
    solution = posg.solve(posg.catalog(name), horizon, sharing, concept="ne")
    policy = open_spiel_policy(solution)
    np.testing.assert_allclose(_values(policy), solution.values, atol=TOL)
    np.testing.assert_allclose(improvements(policy), solution.certificate.gaps, atol=TOL)


def _values(policy):
    from open_spiel.python.algorithms.expected_game_score import policy_value

    return policy_value(policy.game.new_initial_state(), [policy] * policy.game.num_players())


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("initial_observation", [False, True])
def test_a_random_strategy_gains_there_what_its_certificate_says(sharing, initial_observation):
    game = random_game(7, initial_observation=initial_observation, **STRUCTURES[sharing])
    _compare(posg.solve(game, 2, sharing, concept="ne"), 1)


def test_three_agents_and_three_steps_with_discount():
    game = random_game(8, n_agents=3, common=True, n_observations=2)
    _compare(posg.solve(game, 2, "one-step-delay", concept="team"), 2)
    _compare(posg.solve(random_game(9, n_observations=1), 3, "full", concept="ne", discount=0.8), 3)


def _compare(solution, seed):
    spoilt = with_random_strategy(solution, seed, atoms=1)
    found = certify(spoilt.game, spoilt.sharing, spoilt.policy, "ne")
    assert found.gaps.min() > 1e-3
    policy = open_spiel_policy(spoilt)
    np.testing.assert_allclose(improvements(policy), found.gaps, atol=TOL)
    np.testing.assert_allclose(_values(policy), found.values, atol=TOL)


def test_a_sequence_form_without_strategy_independence_is_handed_over_too():
    solution = posg.solve(posg.catalog("competitive-tiger"), 2, "delay:2", method="sequence-form")
    policy = open_spiel_policy(solution)
    np.testing.assert_allclose(_values(policy), solution.values, atol=TOL)
    np.testing.assert_allclose(improvements(policy), solution.certificate.gaps, atol=TOL)


def test_a_spoilt_sequence_form_gains_there_what_it_gains_here():
    solution = posg.solve(posg.catalog("kuhn-poker"), 3, "none", method="sequence-form")
    rng = np.random.default_rng(5)
    spoilt = tuple(rng.dirichlet(np.ones(own.shape[1]), len(own)) for own in solution.behaviour)
    form = sequence_game(solution.game, posg.information.sharing_structure("none", 2), 3, lambda *_: None)
    plans = tuple(plan_of(tree, own.ravel()) for tree, own in zip(form.trees, spoilt, strict=True))
    found = exploitability(form, plans)
    assert found.gaps.min() > 1e-2
    behaviour = np.concatenate([own.ravel() for own in spoilt])
    np.testing.assert_allclose(
        improvements(open_spiel_policy(_with_behaviour(solution, behaviour))), found.gaps, atol=TOL
    )


@pytest.mark.parametrize("concept", ["ce", "interim-cce", "cce", "strategic-ce"])
def test_correlated_concepts_are_refused_by_name(concept):
    solution = posg.solve(posg.catalog("chicken"), 1, "none", concept=concept)
    with pytest.raises(UnsupportedError, match=f"{concept!r} has a mediator draw for all agents"):
        open_spiel_policy(solution)


def test_a_strategy_that_is_correlated_after_all_is_refused():
    solution = with_random_strategy(posg.solve(posg.catalog("chicken"), 1, "none", concept="ne"), 1, atoms=2)
    with pytest.raises(UnsupportedError, match="among 2 profiles"):
        open_spiel_policy(solution)


def test_what_is_no_solution_and_trees_too_large_are_refused():
    with pytest.raises(ModelError, match="solution is str"):
        open_spiel_policy("kuhn_poker")
    solution = posg.solve(posg.catalog("general-tiger"), 2, "one-step-delay", concept="ne")
    with pytest.raises(LimitError, match="15939 nodes"):
        open_spiel_policy(solution, max_nodes=1000)
    with pytest.raises(ModelError, match="other information states"):
        open_spiel_policy(posg.solve(from_open_spiel("kuhn_poker"), method="sequence-form"), "leduc_poker")


def test_a_strategy_of_another_game_is_refused():
    ours = posg.solve(random_game(7), 2, "one-step-delay", concept="ne")
    other = posg.solve(random_game(7, n_observations=1), 2, "one-step-delay", concept="ne")
    with pytest.raises(ModelError):
        open_spiel_policy(replace(ours, policy=other.policy))


def test_a_rule_of_ones_own_and_plans_of_a_tree_are_handed_over():
    late = posg.DelayedSharing("late", (1, 1), (1, 1))
    ours = posg.solve(posg.catalog("general-tiger"), 2, late, concept="ne")
    plans = posg.solve(posg.trees.unroll(posg.catalog("chicken"), 1), concept="ne")
    assert plans.method == "strategic-form"
    for solution in (ours, plans):
        policy = open_spiel_policy(solution)
        np.testing.assert_allclose(_values(policy), solution.values, atol=TOL)
        np.testing.assert_allclose(improvements(policy), solution.certificate.gaps, atol=TOL)
