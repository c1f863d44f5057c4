"""The error ledger: errors by hand and by recursion over histories, and the bound on the gap it proves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from random_games import STRUCTURES, random_game

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate import error_ledger, pairs_of
from lp_posg.evaluate.belief_errors import errors_at
from lp_posg.evaluate.exact_gaps import reach_of
from lp_posg.information import FiniteMemory, reachable_states, sharing_structure
from lp_posg.planning.ledgers import ledger_of

CONCEPTS = ("ce", "cce", "team", "ne")
COMPRESSIONS = ("finite-memory:0", "finite-memory:1", "finite-memory:1:prior", "merge:0.1", "merge:0.4")


def guessing_game():
    """One agent; a state drawn once and seen after the first step; 1 for naming it."""
    stay = np.broadcast_to(np.eye(2)[:, None], (2, 2, 2))
    seen = np.broadcast_to(np.eye(2), (2, 2, 2))
    return posg.Game(stay, seen, np.eye(2)[None], [0.5, 0.5])


def test_forgetting_everything_by_hand():
    """At step 2 the state is known, but the attached belief is (1/2, 1/2): D = (1/2, -1/2).

    Reward error 1/2, belief error 1; no increment follows. The model's plan is worth 1/2 + 1/2,
    the optimum 1/2 + 1, the bound is 2 * 1/2, the paper's form 2 * 2 * 1/2.
    """
    found = posg.solve(guessing_game(), 2, "full", compression="finite-memory:0")
    costs = found.ledger
    np.testing.assert_allclose(costs.reward_error, [0, 0.5], atol=1e-12)
    np.testing.assert_allclose(costs.transition_error, [0, 0], atol=1e-12)
    np.testing.assert_allclose(costs.belief_error, [0, 1], atol=1e-12)
    assert (costs.gap, costs.bound, costs.paper_bound) == pytest.approx((0.5, 1.0, 2.0))
    assert found.values[0] == pytest.approx(1.0)
    # Three steps: at step 2 the next observation is certain under b, even under b~: e_z = |1 - 1/2| + |0 - 1/2| = 1,
    # with one reward of range 1 to come: 2 * (1/2 + 1/2 * 1 * 1) at step 2, 2 * 1/2 at step 3.
    longer = posg.solve(guessing_game(), 3, "full", compression="finite-memory:0").ledger
    np.testing.assert_allclose(longer.transition_error, [0, 1, 0], atol=1e-12)
    assert longer.bound == pytest.approx(3.0)


def recursion(game, horizon):
    """Return worst-policy errors (H, 3) of finite memory 1 under full sharing, by recursion over all histories."""
    n, actions = game.n_states, list(itertools.product(*(range(a) for a in game.n_actions)))
    move, law = game.transition, game.observation
    reward = game.reward
    occupied = [game.initial]
    for _ in range(horizon - 1):
        occupied.append(np.mean([occupied[-1] @ move[(slice(None), *a)] for a in actions], axis=0))

    def step(belief, a):
        return np.einsum("s,st,t...->t...", belief, move[(slice(None), *a)], law[a]).reshape(n, -1)

    def attached(time, a, o):
        before = (occupied[time - 1] > 0) / np.count_nonzero(occupied[time - 1]) if time > 1 else game.initial
        joint = step(before, a)[:, o]
        return joint / joint.sum()

    def most(time, belief, memory, aim, kind):
        """Return the largest expectation, over what is done from here on, of one error at step `aim`."""
        if time == aim:
            apart = belief - (game.initial if time == 0 else attached(time, *memory))
            if kind == 0:
                return max(abs(apart @ reward[(i, slice(None), *a)]) for i in range(game.n_agents) for a in actions)
            if kind == 1:
                return max(np.abs(step(apart, a).sum(axis=0)).sum() for a in actions) if time < horizon - 1 else 0.0
            return np.abs(apart).sum()
        worth = []
        for a in actions:
            joint = step(belief, a)
            mass = joint.sum(axis=0)
            worth.append(
                sum(
                    mass[o] * most(time + 1, joint[:, o] / mass[o], (a, o), aim, kind) for o in np.flatnonzero(mass > 0)
                )
            )
        return max(worth)

    return np.array([[most(0, game.initial, None, aim, kind) for kind in range(3)] for aim in range(horizon)])


def test_worst_policy_errors_by_recursion_over_histories():
    for seed in range(4):
        game = random_game(seed, n_states=3, sparse=seed % 2 == 1)
        costs = posg.solve(game, 3, "full", "cce", compression="finite-memory:1").ledger
        expected = recursion(game, 3)
        assert expected[2].min(initial=1, where=np.array([True, False, True])) > 1e-3
        found = np.stack([costs.reward_error, costs.transition_error, costs.belief_error], axis=1)
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_gap_measured_is_within_the_bound(concept, sharing):
    """15 games for each of 20 pairs of concept and structure: 300 games."""
    compared, missed = 0, 0
    for seed in range(15):
        kind = STRUCTURES[sharing] | {"zero_sum": concept == "ne", "initial_observation": seed % 2 == 1}
        game = random_game(seed, n_states=2 + seed % 2, sparse=seed % 3 == 1, **kind)
        game = game.with_discount(0.8) if seed % 4 == 3 else game
        found = posg.solve(game, 3, sharing, concept, compression=COMPRESSIONS[seed % 5])
        costs = found.ledger
        assert costs.gap <= costs.bound + 1e-9
        assert costs.bound <= costs.paper_bound + 1e-9
        assert costs.model_gap <= 1e-6
        compared += 1
        missed += costs.gap > 1e-3
    assert compared == 15
    assert missed >= 1  # compression does cost something somewhere


def test_errors_are_zero_for_exact_planning_and_shrink_with_memory():
    game = posg.catalog("dectiger")
    bounds = [posg.solve(game, 4, "full", compression=f"finite-memory:{m}").ledger.bound for m in range(4)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > 100
    assert bounds[-1] <= 1e-9
    exact = posg.solve(game, 4, "full").ledger
    assert max(exact.bound, exact.paper_bound, exact.gap) <= 1e-9


def test_rows_and_summary_say_the_same():
    costs = posg.solve(posg.catalog("dectiger"), 3, "full", compression="finite-memory:1").ledger
    assert [row["step"] for row in costs.rows()] == [1, 2, 3]
    assert costs.summary()["steps"] == costs.rows()
    assert costs.rows()[2]["belief_error"] == pytest.approx(costs.belief_error[2])


def test_the_model_must_be_the_one_planned_in():
    game = posg.catalog("dectiger")
    found = posg.solve(game, 3, "full", compression="finite-memory:1")
    structure = sharing_structure("full", 2)
    with pytest.raises(ModelError, match="planned in another"):
        error_ledger(game, structure, found.policy, reachable_states(game, structure, 3), "team")
    drawn = FiniteMemory(1, "prior", exploration=np.eye(9)[0])
    own = posg.solve(game, 3, "full", compression=drawn)
    assert own.ledger.gap == pytest.approx(own.certificate.gap)


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "uncontrolled:2"])
def test_estimated_errors_are_those_that_the_strategy_meets(sharing):
    """Means over 4000 runs against exact expectations under the strategy; five standard errors, so 1 in 10^6 fails."""
    game = random_game(3, n_states=3, initial_observation=True, **STRUCTURES[sharing])
    found = posg.solve(game, 3, sharing, "cce", compression="finite-memory:0", certificate="bounded")
    costs = ledger_of(found, n_runs=4000, seed=1)
    assert (costs.status, costs.bound, costs.n_runs) == ("estimated", None, 4000)
    structure = sharing_structure(sharing, 2)
    pairs = pairs_of(game, structure, found.policy)
    model = reachable_states(game, structure, 3, compression=FiniteMemory(0))
    reach = reach_of(game, found.policy, pairs)
    expected = np.array([reach[t] @ errors_at(game, t, pairs.depths[t], model.depths[t], False) for t in range(3)])
    estimate = np.stack([costs.reward_error, costs.transition_error, costs.belief_error], axis=1)
    assert expected[2, 2] > 0.05
    assert (np.abs(estimate - expected) <= 5 / 1.96 * costs.half_widths + 1e-9).all()
    assert (costs.half_widths[2] < 0.05)[[0, 2]].all()
