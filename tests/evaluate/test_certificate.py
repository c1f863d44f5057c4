"""The certificate against deviations enumerated over full histories, for strategies good and bad."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles import Oracle
from random_games import random_game
from random_strategies import with_random_strategy

import lp_posg as posg
from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import best_deviations as team_module
from lp_posg.evaluate import certify, exact_gaps, joint_search
from lp_posg.induction.backward import sweep
from lp_posg.information import Exact, reachable_states, sharing_structure
from lp_posg.stage import concept_named, parse_objective

TOL = 1e-9
SHARINGS = [
    ("full", {}),
    ("one-step-delay", {}),
    ("one-directional", {}),
    ("controller:2", {"controlled_by": 1}),
    ("uncontrolled:2", {"controlled_by": 0}),
]


@pytest.mark.parametrize(("sharing", "kind"), SHARINGS, ids=[s for s, _ in SHARINGS])
def test_gaps_of_arbitrary_strategies_are_those_of_enumerated_deviations(sharing, kind):
    compared = 0
    for seed in range(6):
        three = seed == 5
        game = random_game(
            seed, n_agents=3 if three else 2, n_states=2, initial_observation=bool(seed % 2), sparse=seed > 2, **kind
        ).with_discount(0.9)
        structure = sharing_structure(sharing, game.n_agents)
        solved = posg.solve(game, 2, sharing, "cce")
        solution = with_random_strategy(solved, seed)
        oracle = Oracle(solution, structure)
        value = oracle.values()
        kinds = (("interim-cce", False, True), ("ce", True, False), ("strategic-ce", "prescription", False))
        for concept, hears, may_follow in kinds:
            certificate = certify(game, structure, solution.policy, concept)
            np.testing.assert_allclose(certificate.values, value, atol=TOL)
            best = [oracle.best_deviation(i, hears=hears, may_follow=may_follow) for i in range(game.n_agents)]
            np.testing.assert_allclose(certificate.gaps, best - value, atol=TOL)
            assert certificate.gaps.max() > 1e-3
            compared += 1
        # Ex ante an agent may at best never follow, and is allowed no more than interim.
        ante = certify(game, structure, solution.policy, "cce").gaps
        never = [oracle.best_deviation(i, hears=False, may_follow=False) for i in range(game.n_agents)]
        interim = certify(game, structure, solution.policy, "interim-cce").gaps
        assert (ante >= np.array(never) - value - TOL).all()
        assert (ante <= interim + TOL).all()
    assert compared == 18


@pytest.mark.parametrize(("sharing", "kind"), SHARINGS, ids=[s for s, _ in SHARINGS])
def test_gaps_of_independent_strategies_are_those_of_best_replies(sharing, kind):
    for seed in range(3):
        game = random_game(seed, n_states=3, initial_observation=bool(seed % 2), **kind)
        structure = sharing_structure(sharing, 2)
        solution = with_random_strategy(posg.solve(game, 3, sharing, "team"), seed, atoms=1)
        oracle = Oracle(solution, structure)
        value = oracle.values()
        best = [oracle.best_deviation(i, hears=False, may_follow=False) for i in (0, 1)]
        certificate = certify(game, structure, solution.policy, "ne")
        np.testing.assert_allclose(certificate.gaps, best - value, atol=TOL)


def test_a_time_varying_game_is_certified_with_each_step_s_arrays():
    game = random_game(4, horizon=3)
    structure = sharing_structure("one-step-delay", 2)
    solution = with_random_strategy(posg.solve(game, 3, "one-step-delay", "ce"), 0)
    oracle = Oracle(solution, structure)
    certificate = certify(game, structure, solution.policy, "ce")
    np.testing.assert_allclose(certificate.values, oracle.values(), atol=TOL)
    best = [oracle.best_deviation(i, hears=True, may_follow=False) for i in (0, 1)]
    np.testing.assert_allclose(certificate.gaps, best - oracle.values(), atol=TOL)


def test_team_gap_is_the_distance_to_the_optimum():
    game = posg.catalog("dectiger")
    structure = sharing_structure("one-step-delay", 2)
    best = posg.solve(game, 3, "one-step-delay", "team")
    other = with_random_strategy(best, 1, atoms=1)
    certificate = certify(game, structure, other.policy, "team")
    assert certificate.gap == pytest.approx(8.815 - certificate.values[0], abs=1e-9)
    assert certificate.deviation.agent == "team"


def test_team_gap_of_own_rewards_is_in_the_sum_of_rewards():
    game = random_game(7, n_agents=3)
    structure = sharing_structure("full", 3)
    best = posg.solve(game, 2, "full", "team")
    other = with_random_strategy(best, 1, atoms=1)
    certificate = certify(game, structure, other.policy, "team")
    assert certificate.gap == pytest.approx(best.welfare - certificate.values.sum(), abs=1e-9)


def test_a_team_too_large_to_search_is_bounded_and_says_so(monkeypatch):
    monkeypatch.setattr(team_module, "ENUMERATION_LIMIT", 1)
    monkeypatch.setattr(joint_search, "WORK_LIMIT", 0)
    game = posg.catalog("dectiger")
    with pytest.raises(CertificateError, match=r"at most 2\.93.* not proven .*approximate") as caught:
        posg.solve(game, 3, "one-step-delay", "team")
    assert caught.value.certificate.deviation is None
    solution = posg.solve(game, 3, "one-step-delay", "team", approximate=True)
    assert solution.certificate.status == "bounded"
    # The bound is the value where at each step one agent hears what the other sees: one-directional sharing, 11.7475.
    assert solution.certificate.gap == pytest.approx(11.7475 - 8.815)


@pytest.mark.parametrize("amount", [1e-2, 1e-4])
@pytest.mark.parametrize("concept", ["ne", "strategic-ce", "ce", "interim-cce", "cce"])
def test_a_perturbed_equilibrium_is_caught(concept, amount):
    small = {"ne": "competitive-tiger", "strategic-ce": "chicken-signals"}
    game = posg.catalog(small.get(concept, "general-tiger"))
    solution = with_random_strategy(posg.solve(game, 2, "one-step-delay", concept), 3, amount=amount)
    with pytest.raises(CertificateError, match="gains") as caught:
        posg.verify(solution)
    found = caught.value.certificate.deviation
    assert found.agent in game.agents
    assert found.action in game.actions[game.agents.index(found.agent)]
    assert (found.recommendation is not None) == (concept in ("ce", "strategic-ce"))
    assert found.gain == pytest.approx(caught.value.certificate.gap)
    assert found.local_gain > 0


def test_the_deviation_names_who_where_and_what():
    """Chicken, one stage: with dare dare always recommended either agent gains 2 by yielding."""
    game = posg.catalog("chicken")
    solution = posg.solve(game, 1, "full", "ne")
    block = solution.policy.steps[0].blocks[0]
    dare = np.zeros((1, 1, 2))
    dare[0, 0, int(np.argmin(game.reward[0, 0].diagonal()))] = 1.0
    steps = (replace(solution.policy.steps[0], blocks=(replace(block, prescription=(dare, dare)),)),)
    certificate = certify(game, sharing_structure("full", 2), replace(solution.policy, steps=steps), "ne")
    np.testing.assert_allclose(certificate.gaps, [2, 2])
    found = certificate.deviation
    assert (found.agent, found.time, found.gain) == (game.agents[0], 0, 2.0)
    assert found.action == game.actions[0][int(np.argmax(game.reward[0, 0].diagonal()))]
    assert f"agent {game.agents[0]!r} gains 2 by deviating, most at step 1" in str(found)


def test_a_strategy_for_another_game_is_refused():
    solution = posg.solve(posg.catalog("chicken"), 2, "full", "ce")
    with pytest.raises(ModelError, match=r"another game|actions"):
        certify(posg.catalog("dectiger"), sharing_structure("full", 2), solution.policy, "ce")
    with pytest.raises(ModelError, match="unknown kind of deviation 'nash'"):
        certify(posg.catalog("chicken"), sharing_structure("full", 2), solution.policy, "nash")


def test_what_is_no_distribution_gets_no_certificate():
    game = random_game(1)
    found = posg.solve(game, 2, "full", "ce")
    block = found.policy.steps[0].blocks[0]
    for wrong in (
        replace(block, prescription=(1.5 * block.prescription[0], block.prescription[1])),
        replace(block, atom_prob=1.01 * block.atom_prob),
    ):
        steps = (replace(found.policy.steps[0], blocks=(wrong,)), *found.policy.steps[1:])
        with pytest.raises(ModelError, match="do not sum to 1"):
            certify(game, sharing_structure("full", 2), replace(found.policy, steps=steps), "ce")


def test_merge_error_bounds_what_merging_can_change():
    game = posg.catalog("dectiger")
    short, long = (posg.solve(game, h, "full").certificate.merge_error for h in (5, 40))
    assert short <= 1e-10  # rounding only
    assert 0 < long <= 1e-4


def test_merging_leaves_values_within_the_stated_error():
    """A strategy on coarse states, run on coarse and on exact beliefs: values differ by at most the bound."""
    game = posg.catalog("dectiger")
    structure = sharing_structure("full", 2)
    coarse = reachable_states(game, structure, 6, compression=Exact(0.02))
    policy = sweep(game, coarse, "full", concept_named("team"), parse_objective("welfare", game.agents)).policy
    exact = certify(game, structure, policy, "team")
    rough = certify(
        game,
        structure,
        policy,
        "team",
        space=reachable_states(game, structure, 6, follow=policy.follow, compression=Exact(0.02)),
    )
    assert rough.states < exact.states
    assert 0 < abs(rough.values - exact.values).max() <= rough.merge_error
    assert abs(rough.gap - exact.gap) <= rough.merge_error


def test_a_strategy_correlated_in_any_block_of_a_step_is_no_nash_equilibrium():
    """Each block in turn: two atoms at its first state, all else as it was."""
    game = random_game(1, sparse=True, zero_sum=True, initial_observation=True)
    solution = posg.solve(game, 3, "one-step-delay", "ne")
    structure = sharing_structure("one-step-delay", 2)
    sizes = [len(step.blocks) for step in solution.policy.steps]
    assert min(sizes[1:]) >= 2
    for time, step in enumerate(solution.policy.steps):
        for k, block in enumerate(step.blocks):
            rows = np.sort(np.append(np.arange(len(block.nodes)), 0))
            double = block.taken(rows)
            prob = np.where(np.arange(len(rows)) < 2, 0.5, double.atom_prob)
            start = np.concatenate([[0], np.arange(2, len(rows) + 1)])
            doubled = replace(double, nodes=block.nodes, private=block.private, atom_prob=prob, atom_start=start)
            blocks = (*step.blocks[:k], doubled, *step.blocks[k + 1 :])
            steps = list(solution.policy.steps)
            steps[time] = replace(step, blocks=blocks)
            with pytest.raises(ModelError, match=f"correlates the agents' prescriptions at step {time + 1}, "):
                certify(game, structure, replace(solution.policy, steps=tuple(steps)), "ne")


@pytest.mark.parametrize("time", [-1, 0, 1])
def test_pairs_of_another_strategy_are_refused_wherever_it_leads_elsewhere(time):
    """One transition of the strategy, at the start or at a step, leads to another state than the pairs say."""
    game = random_game(0, initial_observation=True)
    solution = posg.solve(game, 3, "full", "cce", compression="finite-memory:1")
    structure, policy = sharing_structure("full", 2), solution.policy
    pairs = exact_gaps.pairs_of(game, structure, policy)
    assert certify(game, structure, policy, "cce", space=pairs).gaps == pytest.approx(solution.certificate.gaps)
    if time < 0:
        moved = policy.start_node.copy()
        moved[0] = policy.start_node[policy.start_node != moved[0]][0]
        other = replace(policy, start_node=moved)
    else:
        step = policy.steps[time]
        child = step.child.copy()
        child[0] = step.child[step.child != child[0]][0]
        other = replace(policy, steps=(*policy.steps[:time], replace(step, child=child), *policy.steps[time + 1 :]))
    with pytest.raises(ModelError, match="pairs of belief and state are not those of the strategy"):
        certify(game, structure, other, "cce", space=pairs)
