"""The mixed-integer program for Nash equilibria against another library, and what it says when stopped."""

from __future__ import annotations

import time as clock
import warnings

import numpy as np
import pytest
from stage_games import joint_law, values

import lp_posg as posg
from lp_posg.errors import LimitError
from lp_posg.game import Game
from lp_posg.stage import StageBlock, concept_named, parse_objective

AGENTS = ("a", "b")


def block_of(payoff, deadline=None) -> StageBlock:
    return StageBlock(payoff.reshape(1, 2, 1, 1, *payoff.shape[1:]), 0, np.array([0]), deadline)


def test_the_best_and_worst_of_all_equilibria_as_nashpy_lists_them():
    nashpy = pytest.importorskip("nashpy")
    several = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        shape = (2, *rng.integers(2, 5, 2))
        payoff = rng.uniform(-1, 1, shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # singular systems of supports without an equilibrium
            listed = list(nashpy.Game(*payoff).vertex_enumeration())
            # By supports nashpy 0.0.43 misses one equilibrium in 4 of these games.
            by_support = list(nashpy.Game(*payoff).support_enumeration())
        assert len(listed) % 2 == 1  # a nondegenerate game has an odd number of equilibria
        assert 0 < len(by_support) <= len(listed)
        several += len(listed) > 1
        welfare = [x @ payoff.sum(axis=0) @ y for x, y in listed]
        for objective, best in (("welfare", max(welfare)), ("worst", min(welfare))):
            found = concept_named("ne").solve(block_of(payoff), parse_objective(objective, AGENTS))
            law = joint_law(found, 0, (1, 1), shape[1:])
            assert values(block_of(payoff).payoff[0], law).sum() == pytest.approx(best, abs=1e-7)
    assert several >= 10


def slow_payoffs(seed: int) -> np.ndarray:
    """Nearly zero-sum payoffs: equilibria have large supports, and the relaxation says little."""
    payoff = np.random.default_rng(seed).uniform(-1, 1, (2, 40, 40))
    payoff[1] = -0.9 * payoff[0] + 0.1 * payoff[1]
    return payoff


@pytest.mark.parametrize("objective", ["welfare", "worst", "agent:2", "egalitarian"])
def test_a_stopped_search_reports_its_bound(objective):
    payoff = slow_payoffs(0)
    with pytest.raises(LimitError, match=r"step 1, .*no Nash equilibrium there exceeds") as caught:
        concept_named("ne").solve(block_of(payoff, clock.time() + 0.1), parse_objective(objective, AGENTS))
    error = caught.value
    best = {"welfare": payoff.sum(axis=0).max(), "worst": -payoff.sum(axis=0).min(), "agent:2": payoff[1].max(),
            "egalitarian": payoff.sum(axis=0).max() / 2}[objective]  # fmt: skip
    assert error.facts["limit"] == "time"
    assert error.facts["bound"] <= best + 1e-12
    assert np.isnan(error.facts["incumbent"]) or error.facts["incumbent"] <= error.facts["bound"] + 1e-9


def test_bound_and_incumbent_bracket_the_optimum():
    """Stopped in time after time, the search tells numbers on both sides of the answer it gives in the end."""
    payoff = np.random.default_rng(0).uniform(-1, 1, (2, 12, 12))
    payoff[1] = -0.9 * payoff[0] + 0.1 * payoff[1]
    objective = parse_objective("welfare", AGENTS)
    found = concept_named("ne").solve(block_of(payoff), objective)
    welfare = values(block_of(payoff).payoff[0], joint_law(found, 0, (1, 1), (12, 12))).sum()
    told = []
    for seconds in (0.0, 0.05, 0.1, 0.2, 0.3):
        try:
            concept_named("ne").solve(block_of(payoff, clock.time() + seconds), objective)
        except LimitError as error:
            told.append((error.facts["bound"], error.facts["incumbent"]))
    assert told  # with no time at all it is always stopped
    for bound, incumbent in told:
        assert bound >= welfare - 1e-7
        assert np.isnan(incumbent) or incumbent <= welfare + 1e-7


def test_solve_hands_the_bound_on():
    payoff = slow_payoffs(1)
    game = Game(np.ones((1, 40, 40, 1)), np.ones((40, 40, 1, 1, 1)), payoff[:, None], [1.0])
    with pytest.raises(LimitError, match=r"no Nash equilibrium there exceeds.*time_limit") as caught:
        posg.solve(game, 1, "full", "ne", time_limit=0.6)
    assert caught.value.facts["phase"] == "solve"
    assert caught.value.bound <= payoff.sum(axis=0).max() + 1e-12
    assert "incumbent" in caught.value.facts
