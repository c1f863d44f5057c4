"""The certificate against reactions to whole prescriptions: which atoms are told apart, and what that gains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles import Oracle
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import CertificateError, UnsupportedError
from lp_posg.evaluate import certify, exact_gaps
from lp_posg.information import sharing_structure
from lp_posg.stage import concept_named

TOL = 1e-9
SHARINGS = {
    "full": {},
    "one-step-delay": {},
    "one-directional": {},
    "controller:2": {"controlled_by": 1},
    "uncontrolled:2": {"controlled_by": 0},
}


def with_blocks(solution, change):
    """Return the solution's strategy with each of its blocks changed."""
    steps = tuple(replace(s, blocks=tuple(change(b) for b in s.blocks)) for s in solution.policy.steps)
    return replace(solution.policy, steps=steps)


def guessing_game(seed, **kind):
    """Return a random game in which no action is better than another against uniform draws: what is heard counts."""
    game = random_game(seed, **kind)
    reward = game.reward.copy()
    for i in range(game.n_agents):
        others = tuple(1 + j for j in range(game.n_agents) if j != i)
        reward[i] -= reward[i].mean(axis=others, keepdims=True)
    return posg.Game(game.transition, game.observation, reward, game.initial, game.initial_observation, discount=0.9)


def with_few_prescriptions(solution, seed, atoms=6, mixed=False):
    """Return a strategy of several atoms per state, in which each agent has three different prescriptions only.

    So the same prescription is heard at different atoms, and tells something of the others' but not all.
    """
    rng = np.random.default_rng(seed)

    def block(old):
        size, prescription = len(old.nodes), []
        for own in old.prescription:
            k, a = own.shape[1:]
            pure = np.eye(a)[rng.integers(a, size=(size, 3, k))]
            three = rng.dirichlet(np.ones(a), (size, 3, k)) if mixed else pure
            which = rng.integers(3, size=(size, atoms))
            prescription.append(np.take_along_axis(three, which[:, :, None, None], axis=1).reshape(-1, k, a))
        prob = rng.dirichlet(np.ones(atoms), size).ravel()
        start = np.arange(size + 1) * atoms
        return replace(old, atom_start=start, atom_prob=prob, prescription=tuple(prescription))

    return replace(solution, policy=with_blocks(solution, block))


@pytest.mark.parametrize("sharing", SHARINGS)
def test_gaps_are_those_of_all_maps_from_prescription_and_private_information(sharing):
    """Two steps, pure and mixed prescriptions; the oracle runs over histories and remembers what it was told."""
    told_more = 0
    for seed in range(5):
        three = seed == 4
        game = guessing_game(
            seed, n_agents=3 if three else 2, initial_observation=seed % 2 == 1, sparse=seed > 2, **SHARINGS[sharing]
        )
        structure = sharing_structure(sharing, game.n_agents)
        solution = with_few_prescriptions(posg.solve(game, 2, sharing, "cce"), seed, mixed=seed == 2)
        oracle = Oracle(solution, structure)
        found = certify(game, structure, solution.policy, "strategic-ce")
        np.testing.assert_allclose(found.values, oracle.values(), atol=TOL)
        best = [oracle.best_deviation(i, hears="prescription", may_follow=False) for i in range(game.n_agents)]
        np.testing.assert_allclose(found.gaps, np.array(best) - found.values, atol=TOL)
        action = certify(game, structure, solution.policy, "ce").gaps
        assert (found.gaps >= action - TOL).all()
        told_more += (found.gaps > action + 1e-4).any()
    # With everything shared a pure prescription is an action: then only mixed ones (one seed) tell more.
    assert told_more == 1 if sharing == "full" else told_more >= 2


def test_a_time_varying_game_is_certified_with_each_step_s_arrays():
    game = random_game(4, horizon=3)
    structure = sharing_structure("one-step-delay", 2)
    solution = with_few_prescriptions(posg.solve(game, 3, "one-step-delay", "ce"), 0, atoms=2)
    best = [Oracle(solution, structure).best_deviation(i, hears="prescription", may_follow=False) for i in (0, 1)]
    found = certify(game, structure, solution.policy, "strategic-ce")
    np.testing.assert_allclose(found.gaps, np.array(best) - found.values, atol=TOL)


def matching_game() -> posg.Game:
    """Return `matching` of tests/stage/test_strategic_ce.py: agent 1 sees one of two states, agent 2 nothing."""
    same = np.eye(2)
    reward = np.zeros((2, 2, 2, 2))
    reward[0, 0], reward[1, 0], reward[1, 1] = 2 * same - 1, 1 - 2 * same, same
    stay = np.broadcast_to(np.eye(2).reshape(2, 1, 1, 2), (2, 2, 2, 2)).copy()
    seen = np.eye(2).reshape(2, 2, 1)
    observation = np.broadcast_to(seen, (2, 2, 2, 2, 1)).copy()
    return posg.Game(stay, observation, reward, np.array([0.5, 0.5]), seen, name="matching")


def test_a_ce_that_gives_the_other_away_is_caught():
    """The best ce matches for certain at the second state. Told so, agent 1 matches at the first as well and has
    1/2, whatever the ce gives it, at most 1/4 (S <= 1/2 by agent 2's incentives, see tests/stage/test_strategic_ce.py).
    """
    game = matching_game()
    solution = posg.solve(game, 1, "one-step-delay", "ce")
    assert solution.values[1] + solution.values[0] == pytest.approx(0.5, abs=1e-7)
    found = certify(game, sharing_structure("one-step-delay", 2), solution.policy, "strategic-ce")
    assert found.gaps == pytest.approx([0.5 - solution.values[0], 0.0], abs=1e-7)
    assert found.gap >= 0.25 - 1e-7
    told = found.deviation
    assert (told.agent, told.time, told.private_info) == (game.agents[0], 0, f"saw {game.observations[0][0]}")
    other = game.observations[0][1]
    assert told.recommendation.endswith(f"; {told.action} when it saw {other}")  # it plays what it is to play there
    with pytest.raises(CertificateError, match="gains"):
        posg.verify(replace(solution, concept=concept_named("strategic-ce")))
    right = posg.solve(game, 1, "one-step-delay", "strategic-ce")
    assert right.values == pytest.approx([0, 0.25], abs=1e-7)


def test_random_ce_are_caught():
    caught = 0
    for seed in range(20):
        game = guessing_game(seed, n_states=3, initial_observation=True)
        solution = posg.solve(game, 1, "one-step-delay", "ce", "worst")
        structure = sharing_structure("one-step-delay", 2)
        found = certify(game, structure, solution.policy, "strategic-ce")
        best = [Oracle(solution, structure).best_deviation(i, hears="prescription", may_follow=False) for i in (0, 1)]
        np.testing.assert_allclose(found.gaps, np.array(best) - found.values, atol=TOL)
        if found.gap > 1e-4:  # one step and one common state: all is gained there
            caught += 1
            assert found.deviation.local_gain == pytest.approx(found.gap, abs=1e-9)
    assert caught >= 10


def test_without_correlation_there_is_nothing_to_hear():
    game = random_game(3, n_states=3, initial_observation=True)
    structure = sharing_structure("one-step-delay", 2)
    solution = with_few_prescriptions(posg.solve(game, 2, "one-step-delay", "ne"), 5, atoms=1, mixed=True)
    gaps = [certify(game, structure, solution.policy, kind).gaps for kind in ("ne", "strategic-ce", "ce")]
    assert gaps[0].max() > 1e-3
    np.testing.assert_allclose(gaps[1], gaps[0], atol=TOL)
    np.testing.assert_allclose(gaps[2], gaps[0], atol=TOL)


def test_an_atom_cut_in_two_is_heard_as_one_unless_its_prescriptions_differ():
    """Both halves of an atom in which only the last bits of the own prescription differ tell nothing; with 1e-6
    between them they are told apart. The cut is such that the other agent plays differently in the two halves.
    """
    game = matching_game()
    structure = sharing_structure("one-step-delay", 2)
    solution = posg.solve(game, 1, "one-step-delay", "strategic-ce")
    gaps = []
    for apart in (0.0, 1e-15, 1e-6):

        def cut(old, apart=apart):
            half = np.full((2, 2, 2), 0.5)
            half[1, :, 0] += apart
            half[1, :, 1] -= apart
            told = np.eye(2).reshape(2, 1, 2)
            return replace(old, atom_start=np.array([0, 2]), atom_prob=np.full(2, 0.5), prescription=(half, told))

        gaps.append(certify(game, structure, with_blocks(solution, cut), "strategic-ce").gaps[0])
    # Uniform draws give agent 1 nothing at the first state; knowing agent 2's action 1, half of the time.
    assert gaps == pytest.approx([0.0, 0.0, 0.5], abs=1e-6)


def test_the_answer_does_not_depend_on_ranges(monkeypatch):
    game = random_game(0, n_states=3)
    structure = sharing_structure("one-step-delay", 2)
    solution = with_few_prescriptions(posg.solve(game, 2, "one-step-delay", "cce"), 1)
    whole = certify(game, structure, solution.policy, "strategic-ce")
    monkeypatch.setattr(exact_gaps, "RANGE_ENTRIES", 20)
    parts = certify(game, structure, solution.policy, "strategic-ce")
    np.testing.assert_array_equal(whole.gaps, parts.gaps)
    assert whole.deviation == parts.deviation


def test_bounds_and_learning_are_refused_before_any_work():
    game = posg.catalog("chicken-signals")
    with pytest.raises(UnsupportedError, match=r"'strategic-ce' there are neither bounds"):
        posg.solve(game, 2, "one-step-delay", "strategic-ce", compression="finite-memory:1", certificate="bounded")
    with pytest.raises(UnsupportedError, match=r"'strategic-ce' there are neither bounds"):
        posg.learn(game, 2, "one-step-delay", "strategic-ce")
