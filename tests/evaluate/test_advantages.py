"""What single actions gain, place by place: by hand on small games, and against the certificate on others."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import random_game
from random_strategies import with_random_strategy

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate import advantages, certify
from lp_posg.information import sharing_structure

TOL = 1e-9


def of(solution, kind):
    structure = solution.sharing
    return advantages(solution.game, structure, solution.policy, kind)


def test_chicken_by_hand():
    """The best correlated equilibrium: both swerve with 1/2, one dares with 1/4 each.

    Told to dare, the other swerves: swerving gets 6 instead of 7. Told to swerve, the other swerves with 2/3:
    either action gets 14/3.
    """
    found = of(posg.solve(posg.catalog("chicken"), 1, "full", "ce"), "ce")
    assert [(own.time, own.agent) for own in found] == [(0, 0), (0, 1)]
    for own in found:
        assert own.recommended.tolist() == [0, 1]
        assert own.words[own.private[0]] == "nothing"
        np.testing.assert_allclose(own.chance, [3 / 4, 1 / 4], atol=TOL)
        np.testing.assert_allclose(own.gain, [[0, 0], [-1, 0]], atol=TOL)
        np.testing.assert_allclose(own.following, [14 / 3, 7], atol=TOL)
        np.testing.assert_array_equal(own.played, np.eye(2))
        np.testing.assert_allclose(own.best, [0, 0], atol=TOL)


def test_a_team_counts_all_rewards():
    """Both swerve for 6 + 6; if one dares, 7 + 2."""
    for own in of(posg.solve(posg.catalog("chicken"), 1, "full", "team"), "team"):
        np.testing.assert_allclose(own.gain, [[0, -3]], atol=TOL)
        np.testing.assert_allclose(own.following, [12], atol=TOL)
    # The tiger's reward is one: listening costs 2; to open alone is (9 - 101) / 2.
    for own in of(posg.solve(posg.catalog("dectiger"), 1, "full", "team"), "team"):
        np.testing.assert_allclose(own.gain, [[0, -46 + 2, -46 + 2]], atol=TOL)


def test_what_one_sees_is_a_place_of_its_own():
    """Under one-step delay each has heard something: the places of a state share out its probability."""
    found = of(posg.solve(posg.catalog("dectiger"), 2, "one-step-delay"), "team")
    own = next(one for one in found if (one.time, one.agent) == (1, 0))
    assert {own.words[p] for p in own.private} == {"saw hear-left", "saw hear-right"}
    np.testing.assert_allclose([own.chance[own.private == p].sum() for p in (0, 1)], [0.5, 0.5], atol=TOL)


def summed(found, kind, agent):
    """Return the gap that the places add up to: at each, the best deviation, weighted by its chance.

    The best deviation's value exceeds that of following by what it gains at each state on the way of following.
    """
    total = 0.0
    for own in (one for one in found if one.agent == agent):
        top = own.chance * own.gain.max(axis=1)
        if kind == "cce":
            top = np.bincount(own.state, weights=top)
        total += float(np.maximum(top, 0.0).sum())
    return total


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
@pytest.mark.parametrize("kind", ["interim-cce", "cce", "ce"])
def test_the_places_add_up_to_the_gap_of_the_certificate(kind, sharing):
    """For strategies that are no equilibria."""
    game = random_game(7, n_actions=3)
    solution = with_random_strategy(posg.solve(game, 3, sharing, "cce"), seed=3)
    found = of(solution, kind)
    certificate = certify(game, sharing_structure(sharing, 2), solution.policy, kind)
    assert certificate.gap > 0.01
    for agent in range(2):
        assert summed(found, kind, agent) == pytest.approx(certificate.gaps[agent], abs=TOL)
    for own in found:
        np.testing.assert_allclose(own.played.sum(axis=1), 1, atol=TOL)
    for time in range(3):
        assert [own.chance.sum() for own in found if own.time == time] == pytest.approx([1, 1], abs=TOL)


@pytest.mark.parametrize("kind", ["team", "strategic-ce"])
def test_where_more_is_heard_the_best_deviations_of_states_add_up(kind):
    game = random_game(5)
    solution = with_random_strategy(posg.solve(game, 2, "one-step-delay", "cce"), seed=1)
    certificate = certify(game, sharing_structure("one-step-delay", 2), solution.policy, kind)
    for agent in range(2):
        total = sum(float(own.chance @ own.best) for own in of(solution, kind) if own.agent == agent)
        assert total == pytest.approx(certificate.gaps[agent], abs=TOL)


def test_actions_that_are_never_told_are_no_places():
    found = of(posg.solve(posg.catalog("prisoners-dilemma"), 1, "full", "ce"), "ce")
    assert [own.recommended.tolist() for own in found] == [[1], [1]]


def test_an_unknown_kind_is_refused():
    solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
    with pytest.raises(ModelError, match="unknown kind of deviation 'blackmail'"):
        of(solution, "blackmail")
