"""Published matrix games: welfare to the decimals published, and Nash equilibria in closed form.

Sources: Nau, Gomez Canovas and Hansen (2004), Int. J. Game Theory 32, 443-453; Shapley (1974), Mathematical
Programming Study 1, 175-189.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lp_posg as posg
from lp_posg import Solution
from lp_posg.evaluate import certify
from lp_posg.information import sharing_structure

LP_TOL = 1e-7
"""What a linear program's optimum may be off by."""

ROUNDING = 1e-12
"""What a closed form evaluated in floating point may be off by, relative to the largest payoff."""

ROOT = np.sqrt(601)
SECTION_4 = np.array([(53 - ROOT) / 46, (ROOT - 13) / 24, (ROOT - 23) / 4])
"""P(first action) of row, column and matrix in the only Nash equilibrium of section 4."""

PUBLISHED = {
    ("nau-section-4", "team"): 5.0,
    ("nau-section-4", "ne"): 2.2914,
    ("nau-section-4", "ce"): 3.8667,
    ("nau-section-4", "cce"): 3.8667,
    ("shapley-figure-3", "team"): 5.0,
    ("shapley-figure-3", "ne"): 4.0,
    ("shapley-figure-3", "ce"): 4.8,
    ("shapley-figure-3", "cce"): 5.0,
}


def certificate_of(name: str, first: np.ndarray, rest: tuple = ()):
    """Return the certificate of a profile: each agent's P(first action), or the whole distribution of the last."""
    game = posg.catalog(name)
    solution: Solution = posg.solve(game, 1, "full", "team")
    mixes = [np.array([p, 1 - p]) for p in first] + [np.asarray(own) for own in rest]
    step = solution.policy.steps[0]
    (block,) = step.blocks
    changed = replace(
        block, atom_start=np.array([0, 1]), atom_prob=np.ones(1), prescription=tuple(mix[None, None] for mix in mixes)
    )
    policy = replace(solution.policy, steps=(replace(step, blocks=(changed,)),))
    return certify(game, sharing_structure("full", game.n_agents), policy, "ne")


@pytest.mark.parametrize(("name", "concept"), list(PUBLISHED), ids="-".join)
def test_best_welfare_is_as_published(name, concept):
    welfare = float(posg.solve(posg.catalog(name), 1, "full", concept).values.sum())
    assert round(welfare, 4) == pytest.approx(PUBLISHED[name, concept], abs=1e-9)


def test_best_welfare_in_fractions():
    """58/15 and 24/5 are the fractions that the published decimals round."""
    for name, concept, value in (("nau-section-4", "ce", 58 / 15), ("shapley-figure-3", "ce", 24 / 5)):
        welfare = float(posg.solve(posg.catalog(name), 1, "full", concept).values.sum())
        assert welfare == pytest.approx(value, abs=LP_TOL)


def test_the_irrational_equilibrium_of_section_4_is_one_and_its_neighbours_are_not():
    """With x, y, z = P(first action): row gets y(1 + 2z), column x(1 + z), matrix 2xy.

    The equilibrium is mixed by all, so at a distance d from it somebody gains in proportion to d.
    """
    certificate = certificate_of("nau-section-4", SECTION_4)
    x, y, z = SECTION_4
    assert certificate.gap <= 3 * ROUNDING
    np.testing.assert_allclose(certificate.values, [y * (1 + 2 * z), x * (1 + z), 2 * x * y], rtol=0, atol=ROUNDING)
    assert round(float(certificate.values.sum()), 4) == pytest.approx(2.2914, abs=1e-9)
    for agent in range(3):
        for step in (-1e-4, 1e-4):
            moved = SECTION_4 + step * np.eye(3)[agent]
            assert certificate_of("nau-section-4", moved).gap > 1e-5
    # The decimals as published are off in the fourth place, and so is the gap.
    assert 1e-6 < certificate_of("nau-section-4", np.array([0.619, 0.480, 0.379])).gap < 1e-3


@pytest.mark.parametrize("p", [0.55, 3 - np.sqrt(6), 0.75, 0.95])
def test_the_completely_mixed_equilibria_of_section_5_are_a_curve(p):
    """Matrix's first action has probability 1/4, and 2pq = 3(1 - p)(1 - q), that is q (3 - p) = 3 - 3p."""
    q = 3 * (1 - p) / (3 - p)
    certificate = certificate_of("nau-section-5", np.array([p, q, 0.25]))
    assert certificate.gap <= 3 * ROUNDING
    np.testing.assert_allclose(certificate.values, [0.75 * q, 0.75 * p, 2 * p * q], rtol=0, atol=ROUNDING)
    assert certificate_of("nau-section-5", np.array([p, q, 0.26])).gap > 1e-3


@pytest.mark.parametrize("t", [0.0, 0.125, 0.25, 0.5])
def test_the_equilibria_of_section_6_are_a_segment(t):
    mix = (t, t, 0.5 - t, 0.5 - t)
    certificate = certificate_of("nau-section-6", np.array([0.5, 0.5]), (mix,))
    assert certificate.gap <= 2 * ROUNDING
    np.testing.assert_allclose(certificate.values, [0.75, 0.75, 1.0], rtol=0, atol=ROUNDING)
    assert certificate_of("nau-section-6", np.array([0.5, 0.51]), (mix,)).gap > 1e-3


@pytest.mark.parametrize(
    ("concept", "welfare"), [("ne", 2.5), ("ce", 2.5), ("cce", 3.0), ("team", 3.0)]
)  # cce: agents get (1, 1, 1) in sum 3, the most of any profile
def test_best_welfare_of_section_6(concept, welfare):
    found = posg.solve(posg.catalog("nau-section-6"), 1, "full", concept)
    assert float(found.values.sum()) == pytest.approx(welfare, abs=LP_TOL)


@pytest.mark.parametrize(
    ("name", "welfare"), [("battle-of-the-sexes", 5.0), ("nau-section-5", 3.0), ("shapley-figure-2", 6.0)]
)
def test_games_whose_best_profile_is_an_equilibrium(name, welfare):
    game = posg.catalog(name)
    for concept in ("team", "ne", "ce", "interim-cce", "cce"):
        assert float(posg.solve(game, 1, "full", concept).values.sum()) == pytest.approx(welfare, abs=LP_TOL)
