"""Strategic-form correlated equilibria of stage games: every reaction to whole prescriptions, and what they exclude."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from stage_games import joint_law, random_block, values, worth

from lp_posg.errors import UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated.semi_compact import form_of
from lp_posg.stage.correlated.whole_program import layout_of

TOL = 1e-7
NARROWER = ("ne", "strategic-ce", "ce", "interim-cce", "cce")


def solved(block, concept, objective="welfare"):
    return concept_named(concept).solve(block, parse_objective(objective, tuple("abc"[: block.n_agents])))


def welfare(block, concept):
    """Return the largest welfare of each game."""
    found = solved(block, concept)
    return np.array([
        values(block.payoff[b], joint_law(found, b, block.n_private, block.n_actions)).sum() for b in range(len(block))
    ])  # fmt: skip


def pure_atoms(strategy, row):
    """Return (probability, profile of pure prescriptions) of each atom of one game."""
    found = []
    for atom in range(strategy.atom_start[row], strategy.atom_start[row + 1]):
        for own in strategy.prescription:
            assert set(np.unique(own[atom])) <= {0.0, 1.0}
        profile = tuple(tuple(own[atom].argmax(axis=1).tolist()) for own in strategy.prescription)
        found.append((strategy.atom_prob[atom], profile))
    return found


def matching(weight=1.0) -> StageBlock:
    """Return the game in which hearing an action for the other private information matters.

    Agent 1 has two private informations, equally likely. At the first the two play matching pennies (agent 1
    wants to match), at the second agent 1 does not care and agent 2 gets `weight` if they match.
    """
    same = np.eye(2)
    payoff = np.zeros((1, 2, 2, 1, 2, 2))
    payoff[0, 0, 0, 0], payoff[0, 1, 0, 0] = 2 * same - 1, 1 - 2 * same
    payoff[0, 1, 1, 0] = weight * same
    return StageBlock(payoff / 2, 0, np.array([0]))


def test_by_hand_what_is_recommended_elsewhere_gives_the_other_agent_away():
    """As a ce, the second private information can always match, and agent 2 has 1/2: told its action at the first
    alone, drawn by itself, agent 1 learns nothing of agent 2's.

    As a strategic-ce, let S be the chance of a match at the first minus that of none, M the chance of a match at
    the second. Agent 1 at the first plays a best reply to all it heard, its action at the second included, so
    S >= 2 M - 1. Agent 2's two incentives (play the other action) add up to (-2 S + 2 M - 1) / 2 >= 0. Together
    -S >= 0 and, as S >= 0, M <= 1/2: agent 2 has at most 1/4, which independent uniform draws give it.
    """
    assert welfare(matching(), "ce") == pytest.approx([0.5], abs=TOL)
    assert welfare(matching(), "strategic-ce") == pytest.approx([0.25], abs=TOL)
    found = solved(matching(), "strategic-ce")
    assert values(matching().payoff[0], joint_law(found, 0, (2, 1), (2, 2))) == pytest.approx([0, 0.25], abs=TOL)


def test_by_hand_who_gains_enough_by_matching_lets_itself_be_known():
    """With weight w = 4 the second incentive is (-2 S + 4 (2 M - 1)) / 2 >= 0: S = M = 1 will do, and agent 2 has
    -1/2 + 2, agent 1 has 1/2: all of the welfare there is, by a Nash equilibrium.
    """
    found = solved(matching(4.0), "strategic-ce")
    assert values(matching(4.0).payoff[0], joint_law(found, 0, (2, 1), (2, 2))) == pytest.approx([0.5, 1.5], abs=TOL)


@pytest.mark.parametrize(
    ("n_private", "n_actions"), [((2, 2), (2, 2)), ((3, 1), (2, 3)), ((2, 1, 2), (2, 2, 2)), ((1, 2), (3, 2))], ids=str
)
def test_no_map_from_prescription_and_private_information_to_an_action_gains(n_private, n_actions):
    """Every such map of every agent, one by one: each replaces the action at each prescription and information."""
    for seed in range(4):
        block = random_block(seed, n_private, n_actions, integers=seed > 1)
        payoff = block.payoff[0]
        for objective in ("welfare", "worst", "egalitarian"):
            atoms = pure_atoms(solved(block, "strategic-ce", objective), 0)
            assert sum(prob for prob, _ in atoms) == pytest.approx(1.0)
            for i in range(len(n_private)):
                own = sorted({profile[i] for _, profile in atoms})  # what is never heard is never reacted to
                places = [(whole, p) for whole in own for p in range(n_private[i])]
                gain = {
                    (whole, p, a): sum(
                        prob * (worth(payoff, g, i, only=p, instead=a) - worth(payoff, g, i, only=p))
                        for prob, g in atoms
                        if g[i] == whole
                    )
                    for whole, p in places
                    for a in range(n_actions[i])
                }
                if n_actions[i] ** len(places) > 5000:  # the best map is the best action at each place
                    best = sum(max(gain[(*place, a)] for a in range(n_actions[i])) for place in places)
                else:
                    best = max(
                        sum(gain[(*place, a)] for place, a in zip(places, chosen, strict=True))
                        for chosen in product(range(n_actions[i]), repeat=len(places))
                    )
                assert best <= TOL


@pytest.mark.parametrize(
    ("n_private", "n_actions"), [((2, 2), (2, 2)), ((3, 1), (2, 2)), ((2, 3), (3, 2)), ((1, 1), (3, 3))], ids=str
)
def test_the_largest_welfare_grows_with_the_concept(n_private, n_actions):
    block = random_block(3, n_private, n_actions, size=30)
    found = np.array([welfare(block, concept) for concept in NARROWER])
    assert (np.diff(found, axis=0) >= -TOL).all()
    if n_private == (1, 1):  # with nothing private, a prescription is an action
        np.testing.assert_allclose(found[1], found[2], atol=TOL)
    elif n_private == (2, 2):  # and else it is often less
        assert (found[2] - found[1] > 1e-4).sum() >= 1


def test_atoms_are_distinct_profiles_of_pure_prescriptions():
    block = random_block(2, (2, 3), (2, 2), size=20)
    for objective in ("worst", "entropy"):
        found = solved(block, "strategic-ce", objective)
        for row in range(20):
            profiles = [profile for _, profile in pure_atoms(found, row)]
            assert len(set(profiles)) == len(profiles)
        assert np.diff(found.atom_start).max() > 4


def test_a_program_too_large_is_refused_with_its_size():
    """9 private informations and 2 actions each: 2^18 columns of 1 + 2 * 9 entries, 4.98 million."""
    payoff = np.random.default_rng(0).normal(size=(1, 2, 9, 9, 2, 2))  # zero sums would take one small program
    block = StageBlock(payoff, 0, np.array([7]))
    with pytest.raises(UnsupportedError, match=r"'strategic-ce' at step 1, state 8: .* 4\.98e\+06 entries .*'ce'"):
        solved(block, "strategic-ce", "worst")
    with pytest.raises(UnsupportedError, match=r"4\.98e\+06 entries"):
        solved(block, "strategic-ce", "entropy")
    with pytest.raises(UnsupportedError, match=r"4\.98e\+06 entries"):
        form_of(block.n_private, block.n_actions, "prescription").check_size("strategic-ce", block)
    wide = StageBlock(np.random.default_rng(0).normal(size=(1, 2, 1, 1200, 1, 2)), 0, np.array([0]))  # 2^1200: no float
    with pytest.raises(UnsupportedError, match="inf entries"):
        solved(wide, "strategic-ce", "worst")


def test_entries_are_counted_as_they_are():
    for n_private, n_actions in (((2, 2), (2, 3)), ((2, 1, 2), (2, 2, 2)), ((3,), (2,))):
        form = form_of(n_private, n_actions, "prescription")
        assert len(layout_of(form).frame.index) == form.n_entries
