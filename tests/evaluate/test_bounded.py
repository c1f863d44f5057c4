"""Bounds on gaps from hidden states alone: around the exact gap, and exact where nothing is hidden late."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from oracles import Oracle, Play
from random_games import STRUCTURES, random_game
from random_strategies import with_random_strategy

import lp_posg as posg
from lp_posg.errors import CertificateError, LimitError, ModelError
from lp_posg.evaluate import certify, certify_bounds
from lp_posg.information import compression_named, reachable_states, sharing_structure
from lp_posg.planning import certifying, load_solution

CONCEPTS = ("ne", "ce", "interim-cce", "cce", "team")
COMPRESSIONS = ("exact", "finite-memory:0", "finite-memory:1", "merge:0.2", "finite-memory:1:stationary")


def bounds_of(game, solution, structure, compression):
    model = reachable_states(game, structure, solution.horizon, compression=compression_named(compression))
    return certify_bounds(game, solution.policy, model, solution.concept.deviations)


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_bounds_stand_around_the_exact_gap(concept, sharing):
    """Ten games each, half of them with strategies that are no equilibria."""
    inside = 0
    for seed in range(10):
        kind = STRUCTURES[sharing] | {"zero_sum": concept == "ne", "initial_observation": seed % 2 == 1}
        game = random_game(seed, n_states=3, sparse=seed % 3 == 1, **kind).with_discount(0.9 if seed % 4 else 1.0)
        compression = COMPRESSIONS[seed % 5]
        solution = posg.solve(game, 3, sharing, concept, compression=compression)
        if seed >= 5:
            atoms = 1 if concept in ("ne", "team") else 2
            solution = with_random_strategy(solution, seed, atoms=atoms)
        structure = sharing_structure(sharing, 2)
        exact = certify(game, structure, solution.policy, concept)
        bounds = bounds_of(game, solution, structure, compression)
        assert bounds.status == "bounded"
        np.testing.assert_allclose(bounds.values, exact.values, atol=1e-10)
        assert (bounds.found_gains <= exact.gaps + 1e-9).all()
        assert (exact.gaps <= bounds.gaps + 1e-9).all()
        inside += bool((bounds.found_gains > 1e-6).any())
    assert concept == "team" or inside >= 3


@pytest.mark.parametrize("concept", ["ne", "ce", "cce"])
def test_where_the_state_is_seen_at_once_the_bounds_are_exact(concept):
    """Everybody sees the state and all actions, so being told them one step late is no news."""
    for seed in range(5):
        plain = random_game(seed, n_states=2, zero_sum=concept == "ne")
        seen = np.zeros((2, 2, 2, 2, 2))
        seen[:, :, 0, 0, 0] = seen[:, :, 1, 1, 1] = 1
        game = posg.Game(plain.transition, seen, plain.reward, [1.0, 0.0])
        solution = with_random_strategy(posg.solve(game, 3, "full", concept), seed, atoms=1)
        exact = certify(game, sharing_structure("full", 2), solution.policy, concept)
        bounds = bounds_of(game, solution, sharing_structure("full", 2), "exact")
        assert exact.gap > 0.1
        np.testing.assert_allclose(bounds.gaps, exact.gaps, atol=1e-10)
        np.testing.assert_allclose(bounds.found_gains, exact.gaps, atol=1e-10)


def informed_gaps(solution, structure, kind: str) -> np.ndarray:
    """Return the upper bounds by their definition: plain recursion over (c^, p, s), one at a time."""
    oracle, game = Oracle(solution, structure), solution.game
    together = kind == "team"

    def law_at(time, play):
        law = defaultdict(float)
        for chance, _, actions in oracle.atoms(time, play):
            for action, prob in actions.items():
                law[action] += chance * prob
        return law

    def options(agent, law, worth):
        """Return what each option is worth, (recommendations, options), given what each joint action is worth."""
        if together:
            return worth.reshape(1, -1)
        table = np.zeros((game.n_actions[agent],) * 2)
        for action, prob in law.items():
            for own in range(game.n_actions[agent]):
                table[action[agent], own] += prob * worth[*action[:agent], own, *action[agent + 1 :]]
        follow = sum(prob * worth[action] for action, prob in law.items())
        return table if kind == "ce" else np.append(table.sum(axis=0), follow)[None]

    def spread(play):
        for state in np.flatnonzero(play.weight):
            yield play.weight[state], play.node, play.private, int(state)

    def known(agent, plays):
        groups = defaultdict(list)
        for play in plays:
            groups[play.own[0][-1][2], play.private if together else play.private[agent]].append(play)
        return groups.values()

    def paid(agent, time, state):
        reward = oracle.reward(time)[:, state]
        return reward.mean(axis=0) if together else reward[agent]

    @cache
    def ahead(agent, time, node, private, state):
        """Return the value of following and what the options of an informed deviator are worth."""
        play = Play(np.eye(game.n_states)[state], private, node, ((),) * game.n_agents)
        followed, informed = paid(agent, time, state).copy(), paid(agent, time, state).copy()
        for action in np.ndindex(*game.n_actions) if time + 1 < solution.horizon else ():
            for group in known(agent, oracle.children(time, play, action)):
                parts = [(w, ahead(agent, time + 1, *at)) for child in group for w, *at in spread(child)]
                followed[action] += game.discount * sum(w * value for w, (value, _) in parts)
                best = sum(w * worth for w, (_, worth) in parts).max(axis=1).sum()
                informed[action] += game.discount * best
        law = law_at(time, play)
        return sum(p * followed[a] for a, p in law.items()), options(agent, law, informed)

    gaps = []
    for agent in range(1 if together else game.n_agents):
        gap = 0.0
        for group in known(agent, oracle.roots()):
            parts = [(w, ahead(agent, 0, *at)) for play in group for w, *at in spread(play)]
            gap += sum(w * worth for w, (_, worth) in parts).max(axis=1).sum() - sum(w * v for w, (v, _) in parts)
        gaps.append(gap)
    scale = game.n_agents if together and not game.is_common_reward else 1
    return np.array(gaps * game.n_agents)[: game.n_agents] * scale


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("kind", ["ne", "ce", "interim-cce", "cce", "team"])
def test_the_upper_bounds_are_those_of_their_definition(kind, sharing):
    """Not a number above: a bound that is looser than its definition proves less than it could."""
    for seed in range(3):
        own = STRUCTURES[sharing] | {"initial_observation": seed % 2 == 1, "common": kind == "team" and seed > 0}
        game = random_game(seed, n_states=2, **own).with_discount(0.9)
        compression = ("exact", "finite-memory:1", "merge:0.2")[seed]
        solved = posg.solve(game, 3, sharing, kind if kind == "team" else "cce", compression=compression)
        solution = with_random_strategy(solved, seed, atoms=1 if kind in ("ne", "team") else 2)
        structure = sharing_structure(sharing, 2)
        model = reachable_states(game, structure, 3, compression=compression_named(compression))
        found = certify_bounds(game, solution.policy, model, kind)
        expected = informed_gaps(solution, structure, kind)
        assert expected.min() > 1e-3
        np.testing.assert_allclose(found.gaps, expected, atol=1e-10)


def test_what_is_told_late_by_hand():
    """A coin is hidden from the only agent for ever; naming it pays 1 at each of two steps.

    Not knowing it is worth 1/2 + 1/2. Told the coin after the first step, the agent gains 1/2 at the second.
    """
    stay = np.broadcast_to(np.eye(2)[:, None], (2, 2, 2))
    game = posg.Game(stay, np.ones((2, 2, 1)), np.eye(2)[None], [0.5, 0.5])
    solution = posg.solve(game, 2, "full", "cce", certificate="bounded", approximate=True)
    assert solution.certificate.values == pytest.approx([1.0])
    assert solution.certificate.gaps == pytest.approx([0.5])
    assert solution.certificate.found_gains == pytest.approx([0.0])


class ForgetsTheStart:
    """One state, whatever was shared."""

    name = "nothing"

    def first_state(self, increment):
        return 0

    def next_state(self, time, state, increment):
        return 0


@pytest.mark.parametrize("compression", ["merge:1", ForgetsTheStart()], ids=["merge", "rule"])
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_what_is_shown_before_the_first_action_and_forgotten(compression, horizon):
    """A coin shown at the start; naming it pays 1 at each step. A deviator regains the 1/2 that forgetting costs."""
    stay = np.broadcast_to(np.eye(2)[:, None], (2, 2, 2))
    game = posg.Game(stay, np.ones((2, 2, 2)) / 2, np.eye(2)[None], [0.5, 0.5], np.eye(2))
    exact, bounded = (
        posg.solve(game, horizon, "full", "cce", compression=compression, certificate=kind).certificate
        for kind in ("exact", "bounded")
    )
    assert exact.gaps == pytest.approx([horizon / 2])
    assert bounded.gaps[0] >= horizon / 2 - 1e-12


def test_games_that_vary_with_time_have_no_observation_after_the_last_step():
    for seed in range(4):
        game = random_game(seed, horizon=3, initial_observation=seed % 2 == 1)
        found = [
            posg.solve(game, 3, "full", "cce", compression="finite-memory:1", certificate=kind).certificate
            for kind in ("exact", "bounded")
        ]
        np.testing.assert_allclose(found[0].values, found[1].values, atol=1e-10)
        assert (found[1].found_gains <= found[0].gaps + 1e-9).all()
        assert (found[0].gaps <= found[1].gaps + 1e-9).all()


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_bounds_hold_when_the_start_is_merged(sharing):
    """Observations before the first action under every compression that may join them."""
    for seed in range(6):
        game = random_game(seed, n_states=3, initial_observation=True, sparse=seed % 2 == 1, **STRUCTURES[sharing])
        for compression in ("merge:0.2", "merge:0.6", "merge:1", "finite-memory:0"):
            call = {"concept": ("ce", "cce")[seed % 2], "compression": compression}
            exact, bounded = (
                posg.solve(game, 2, sharing, **call, certificate=kind).certificate for kind in ("exact", "bounded")
            )
            assert (exact.gaps <= bounded.gaps + 1e-9).all()


def test_solve_falls_back_to_bounds_and_says_so(monkeypatch):
    game = posg.catalog("general-tiger")
    call = {"horizon": 4, "sharing": "full", "concept": "cce", "compression": "finite-memory:1"}
    exact = posg.solve(game, **call)
    assert exact.certificate.status == "exact"
    monkeypatch.setattr(certifying, "PAIR_LIMIT", 10)
    bounded = posg.solve(game, **call)
    assert bounded.certificate.status == "bounded"
    np.testing.assert_allclose(bounded.values, exact.values, atol=1e-10)
    assert (exact.certificate.gaps <= bounded.certificate.gaps + 1e-9).all()
    with pytest.raises(LimitError):
        posg.solve(game, **call | {"horizon": 5}, time_limit=1e-9)
    assert posg.solve(game, **call, certificate="exact").certificate.status == "exact"
    assert posg.solve(game, **call | {"compression": "exact"}).certificate.status == "exact"
    with pytest.raises(CertificateError, match="not proven"):
        posg.solve(game, **call, approximate=False)
    with pytest.raises(ModelError, match="expected one of auto, exact, bounded"):
        posg.solve(game, 1, certificate="proven")


def test_bounded_solutions_are_stored_and_verified(tmp_path):
    game = posg.catalog("general-tiger")
    found = posg.solve(game, 3, "full", "cce", compression="finite-memory:1", certificate="bounded")
    found.save(tmp_path / "s.npz")
    again = load_solution(tmp_path / "s.npz")
    np.testing.assert_array_equal(again.certificate.found_gains, found.certificate.found_gains)
    verified = posg.verify(again, approximate=True)
    np.testing.assert_allclose(verified.gaps, found.certificate.gaps, atol=1e-12)
    with pytest.raises(CertificateError, match="not proven"):
        posg.verify(again)
    wrong = replace(again.certificate, found_gains=again.certificate.found_gains + 1.0)
    with pytest.raises(CertificateError, match="it is damaged"):
        posg.verify(replace(again, certificate=wrong), approximate=True)


def test_a_model_that_leaves_something_out_is_refused():
    game = posg.catalog("dectiger")
    found = posg.solve(game, 3, "full", compression="finite-memory:1")
    model = reachable_states(game, sharing_structure("full", 2), 3)
    with pytest.raises(ModelError, match=r"no prescription|bound nothing"):
        certify_bounds(game, found.policy, model, "team")
