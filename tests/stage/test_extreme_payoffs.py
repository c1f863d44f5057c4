"""Stage games in which what is forbidden costs many orders of magnitude more than all else."""

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LargeGapWarning
from lp_posg.stage import StageBlock, concept_named, parse_objective

CONCEPTS = ("ne", "ce", "interim-cce", "cce", "strategic-ce")
AGENTS = ("A", "B")


def pennies(size):
    """3, -1, -1, 1 (value 1/3), and for either agent a third action that costs it `size`; both at once cost nothing."""
    first = np.array([[3.0, -1, size], [-1, 1, size], [-size, -size, 0]])
    return np.stack([first, -first])


def solved(payoff, concept, objective="welfare"):
    """Return values and the joint law of one stage game without private information."""
    block = StageBlock(payoff[None, :, None, None], 0, np.array([0]))
    found = concept_named(concept).solve(block, parse_objective(objective, AGENTS))
    law = found.joint()[0, 0, 0]
    return (payoff * law).sum(axis=(1, 2)), law


def regrets(payoff, law):
    """Return what each agent gains by the best fixed action, whatever it is told."""
    follow = (payoff * law).sum(axis=(1, 2))
    best = (payoff[0] @ law.sum(axis=0)).max(), (law.sum(axis=1) @ payoff[1]).max()
    return np.array(best) - follow


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("size", [1e6, 1e9, 1e10, 1e12, 1e13])
def test_penalties_of_any_size_leave_the_value_as_it_is(concept, size):
    payoff = pennies(size)
    values, law = solved(payoff, concept)
    assert values == pytest.approx([1 / 3, -1 / 3], abs=1e-6)
    assert regrets(payoff, law).max() <= 1e-6


@pytest.mark.parametrize("concept", CONCEPTS)
def test_an_extreme_game_among_others_changes_none_of_them(concept):
    rng = np.random.default_rng(3)
    plain = rng.normal(size=(4, 2, 1, 1, 3, 3))
    plain[:, 1] = -plain[:, 0]
    both = np.concatenate([plain[:2], pennies(1e12)[None, :, None, None], plain[2:]])
    alone, mixed = (
        concept_named(concept).solve(StageBlock(part, 0, np.arange(len(part))), parse_objective("welfare", AGENTS))
        for part in (plain, both)
    )
    laws = [found.joint() for found in (alone, mixed)]
    assert np.delete(laws[1], 2, axis=0) == pytest.approx(laws[0], abs=1e-9)
    value = (both[2, 0, 0, 0] * laws[1][2, 0, 0]).sum()
    assert value == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.parametrize("objective", ["welfare", "egalitarian", "agent:1"])
def test_a_general_sum_game_with_penalties_has_the_equilibrium_it_has_without(objective):
    """Battle of the sexes 2, 1 / 1, 2 / 0 else; both lose 1e12 by a third action. Welfare 3; the worse-off gets 1 in
    the pure equilibria, 2/3 in the mixed one; agent 1 has at most 2."""
    first = np.full((3, 3), -1e12)
    first[:2, :2] = [[2, 0], [0, 1]]
    second = np.full((3, 3), -1e12)
    second[:2, :2] = [[1, 0], [0, 2]]
    payoff = np.stack([first, second])
    values, law = solved(payoff, "ne", objective)
    assert regrets(payoff, law).max() <= 1e-6
    best = {"welfare": (values.sum(), 3), "egalitarian": (values.min(), 1), "agent:1": (values[0], 2)}[objective]
    assert best[0] == pytest.approx(best[1], abs=1e-6)


def test_a_gap_beyond_doubles_is_warned_of(tmp_path):
    """At 1e16 a payoff of 1 is rounding beside a penalty: whatever comes, nothing wrong comes without a word."""
    path = tmp_path / "game.nfg"
    payoffs = " ".join(f"{a} {b}" for a, b in pennies(1e16).transpose(2, 1, 0).reshape(-1, 2))
    path.write_text(f'NFG 1 R "t" {{ "A" "B" }} {{ 3 3 }}\n\n{payoffs}\n', encoding="utf-8")
    with pytest.warns(LargeGapWarning, match="large beside"):
        solution = posg.solve(posg.load(path), 1, "full", "ne")
    assert solution.certificate.gap > 0.1
