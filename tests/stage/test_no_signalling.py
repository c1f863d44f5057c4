"""The no-signalling bound: above every optimum, equal where nothing is private, and above it in Bell's example."""

from __future__ import annotations

import numpy as np
import pytest
from full_enumeration import FullProgram
from stage_games import random_block

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.stage import StageBlock, no_signalling_bound, parse_objective

TOL = 1e-7
AGENTS = ("a", "b", "c")
CONCEPTS = ["cce", "interim-cce", "ce", "strategic-ce"]
OBJECTIVES = ["welfare", "worst", "egalitarian", "agent:1"]


def bound(block, concept, objective):
    return no_signalling_bound(block, concept, parse_objective(objective, AGENTS[: block.n_agents]))


def chsh() -> StageBlock:
    """Both get 1/2 if ``a_1 xor a_2 = p_1 and p_2``, of four private profiles of probability 1/4."""
    payoff = np.zeros((1, 2, 2, 2, 2, 2))
    for p in np.ndindex(2, 2):
        for a in np.ndindex(2, 2):
            payoff[0, :, *p, *a] = 0.25 * 0.5 * ((a[0] ^ a[1]) == (p[0] & p[1]))
    return StageBlock(payoff, 0, np.array([0]))


@pytest.mark.parametrize("concept", ["team", "ne", *CONCEPTS])
def test_in_the_game_of_clauser_horne_shimony_and_holt_it_is_one(concept):
    """By hand. The four sums a_1(p_1) + a_2(p_2) of pure prescriptions add up to an even number, the four demands 0, 0,
    0, 1 to an odd one, so at most three are met: 3/4. Drawing a uniform pair with a_1 xor a_2 = p_1 and p_2 meets all,
    and each agent's own action is uniform whatever is known: 1. With a common payoff at its largest no one deviates.
    """
    assert bound(chsh(), concept, "welfare") == pytest.approx([1.0], abs=TOL)
    if concept in CONCEPTS:
        assert FullProgram(chsh().payoff[0]).optimum(concept, "welfare") == pytest.approx(0.75, abs=TOL)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize(
    ("n_private", "n_actions"),
    [((2, 2), (2, 2)), ((2, 3), (2, 2)), ((3, 1), (2, 3)), ((2, 1, 2), (2, 2, 2)), ((2, 2), (3, 1))],
    ids=str,
)
def test_no_optimum_is_above_it(n_private, n_actions, concept):
    gaps = []
    for seed, objective in enumerate(OBJECTIVES * 2):
        block = random_block(seed, n_private, n_actions, integers=seed > 5)
        exact = FullProgram(block.payoff[0]).optimum(concept, objective)
        gaps.append(bound(block, concept, objective)[0] - exact)
    assert len(gaps) == 8
    assert min(gaps) >= -TOL


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 2), (2, 2, 2), (1, 3)], ids=str)
def test_with_one_private_information_each_it_is_the_optimum(n_actions, concept):
    block = random_block(2, (1,) * len(n_actions), n_actions, size=4)
    for row, objective in enumerate(OBJECTIVES):
        exact = FullProgram(block.payoff[row]).optimum(concept, objective)
        assert bound(block, concept, objective)[row] == pytest.approx(exact, abs=TOL)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_where_one_agent_alone_knows_something_it_is_the_optimum(concept):
    """With q(a_-i) fixed by no signalling, agent i's prescription can be drawn given a_-i at each p_i alone."""
    block = random_block(3, (3, 1), (2, 3))
    for objective in OBJECTIVES:
        exact = FullProgram(block.payoff[0]).optimum(concept, objective)
        assert bound(block, concept, objective)[0] == pytest.approx(exact, abs=TOL)


def test_of_a_team_it_is_above_the_best_profile_and_below_knowing_everything():
    block = random_block(5, (2, 2), (2, 2))
    full = FullProgram(block.payoff[0])
    welfare = (full.value * full.unit[:, None]).sum(axis=0).max()
    everything = block.payoff[0].sum(axis=0).max(axis=(2, 3)).sum()
    assert welfare - TOL <= bound(block, "team", "welfare")[0] <= everything + TOL


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_units_do_not_matter(unit):
    block = random_block(4, (2, 2), (2, 2))
    other = StageBlock(unit * block.payoff, 0, block.nodes)
    for objective in ("welfare", "egalitarian"):
        assert bound(other, "ce", objective)[0] / unit == pytest.approx(bound(block, "ce", objective)[0], abs=TOL)


def test_what_it_cannot_bound_is_refused():
    with pytest.raises(UnsupportedError, match=r"'entropy'.*use welfare"):
        bound(chsh(), "ce", "entropy")
    with pytest.raises(ModelError, match="unknown concept 'best'"):
        bound(chsh(), "best", "welfare")
