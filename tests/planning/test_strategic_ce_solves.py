"""Strategic-form correlated equilibria of whole games: solved, stored, compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles import Oracle
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import CertificateError
from lp_posg.information import sharing_structure
from lp_posg.stage import concept_named

GAP = 1e-6
OBJECTIVES = ("welfare", "egalitarian", "agent:1", "worst", "weighted:1,3", "entropy")


@pytest.fixture(scope="module")
def game():
    return random_game(12, n_states=3, initial_observation=True)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_certified_and_none_gains_over_all_histories(game, objective):
    solution = posg.solve(game, 2, "one-step-delay", "strategic-ce", objective)
    assert (solution.certificate.status, solution.certificate.deviations) == ("exact", "strategic-ce")
    assert solution.certificate.gap <= GAP
    oracle = Oracle(solution, sharing_structure("one-step-delay", 2))
    value = oracle.values()
    np.testing.assert_allclose(solution.values, value, atol=1e-8)
    best = [oracle.best_deviation(i, hears="prescription", may_follow=False) for i in (0, 1)]
    assert (np.array(best) - value).max() <= GAP


def test_a_stored_one_comes_back_and_is_verified(game, tmp_path):
    solution = posg.solve(game, 2, "one-step-delay", "strategic-ce", "worst")
    solution.save(tmp_path / "s.npz")
    again = posg.load(tmp_path / "s.npz")
    assert (again.concept.name, again.certificate.deviations) == ("strategic-ce", "strategic-ce")
    assert again.summary() == solution.summary()
    np.testing.assert_array_equal(posg.verify(again).gaps, solution.certificate.gaps)
    run = again.simulate(2000, seed=1)
    assert (np.abs(run.mean - again.values) <= 5 * run.standard_error).all()


@pytest.mark.parametrize("seed", [8, 12, 25])
def test_what_is_only_a_ce_does_not_pass_for_one(seed, tmp_path):
    """The worst ce of each of these games tells some agent too much, which `verify` finds on disk too."""
    other = random_game(seed, n_states=3, initial_observation=True)
    false = replace(posg.solve(other, 1, "one-step-delay", "ce", "worst"), concept=concept_named("strategic-ce"))
    false.save(tmp_path / "f.npz")
    with pytest.raises(CertificateError, match=r"gains .* not an equilibrium \(strategic-ce\)"):
        posg.verify(posg.load(tmp_path / "f.npz"))


def test_a_comparison_orders_it_between_ne_and_ce(game):
    concepts = ["team", "ne", "strategic-ce", "ce", "interim-cce", "cce"]
    table = posg.compare(game, 1, ["one-step-delay"], concepts)
    texts = [check.text for check in table.checks]
    assert all(check.holds for check in table.checks)
    assert any("ne <= strategic-ce <= ce <= interim-cce <= cce" in text for text in texts)
    assert "one-step-delay: the ne found is also a strategic-ce and a ce and an interim-cce and a cce" in texts
    assert "one-step-delay: the strategic-ce found is also a ce and an interim-cce and a cce" in texts
    assert [spread.concept for spread in table.spreads] == ["strategic-ce", "ce", "interim-cce", "cce"]


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
def test_three_agents_and_time_variation(sharing):
    for other in (random_game(3, n_agents=3), random_game(5, horizon=2)):
        solution = posg.solve(other, 2, sharing, "strategic-ce", "worst")
        assert solution.certificate.gap <= GAP


def test_degenerate_games():
    """Nothing at stake; an agent without a choice; a common reward; rewards beside a large offset."""
    plain = random_game(6, initial_observation=True)
    laws = (plain.transition, plain.observation)
    still = posg.Game(*laws, np.zeros_like(plain.reward), plain.initial, plain.initial_observation)
    assert posg.solve(still, 2, "one-step-delay", "strategic-ce", "worst").values.tolist() == [0.0, 0.0]
    lone = posg.Game(
        plain.transition[:, :, :1], plain.observation[:, :1], plain.reward[..., :1], plain.initial,
        plain.initial_observation,
    )  # fmt: skip
    concepts = ("strategic-ce", "ce")
    found = [posg.solve(lone, 2, "one-step-delay", c, "egalitarian") for c in concepts]
    # Who alone has a choice replies to nobody, whatever it hears.
    assert found[0].values[0] == pytest.approx(found[1].values[0], abs=1e-7)
    assert found[0].certificate.gap <= GAP
    common = random_game(6, common=True, initial_observation=True)
    best = [posg.solve(common, 2, "one-step-delay", c).welfare for c in ("team", "strategic-ce")]
    assert best[0] == pytest.approx(best[1], abs=1e-7)
    far = posg.Game(*laws, plain.reward + 1e6, plain.initial, plain.initial_observation)
    assert posg.solve(far, 2, "one-step-delay", "strategic-ce", "worst").certificate.gap <= 2e-7


def test_under_a_compression_it_is_certified_exactly():
    other = posg.catalog("chicken-signals")
    solution = posg.solve(other, 3, "one-step-delay", "strategic-ce", compression="finite-memory:1")
    assert solution.certificate.status == "exact"
    assert solution.certificate.found_gains is None


def test_workers_change_nothing(game):
    one, two = (posg.solve(game, 2, "one-step-delay", "strategic-ce", "worst", workers=w) for w in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.certificate.gaps, two.certificate.gaps)
