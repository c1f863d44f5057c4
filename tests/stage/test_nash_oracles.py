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
from lp_posg.stage.nash import extreme_equilibria, nash_concept
from lp_posg.stage.nash import two_agents as nash_general

AGENTS = ("a", "b")


def block_of(payoff, deadline=None) -> StageBlock:
    return StageBlock(payoff.reshape(1, 2, 1, 1, *payoff.shape[1:]), 0, np.array([0]), deadline)


@pytest.mark.parametrize("way", ["exact", "program"])
def test_the_best_and_worst_of_all_equilibria_as_nashpy_lists_them(way, monkeypatch):
    if way == "program":
        monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)
        monkeypatch.setattr(extreme_equilibria, "MOST_SYSTEMS", 0)
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


@pytest.mark.parametrize("objective", ["welfare", "egalitarian"])
def test_a_stopped_search_hands_over_the_best_equilibrium_it_found(monkeypatch, objective):
    """So small a search ends at once: here it is told to have been stopped, for leximin in its second part."""
    payoff = np.array([[[4.0, 0.0], [3.0, 2.0]], [[3.0, 1.0], [0.0, 2.0]]])
    real = nash_general.solve_program

    def stopped(program, what, deadline):
        found = real(program, what, deadline)
        if objective == "egalitarian" and not hasattr(stopped, "first"):
            stopped.first = found
            return found
        x = np.empty(0) if objective == "egalitarian" else found.x
        raise LimitError("stopped", limit="time", bound=-np.inf, incumbent=np.nan, x=x)

    monkeypatch.setattr(nash_general, "solve_program", stopped)
    with pytest.raises(LimitError, match="the best found has 7") as caught:
        nash_general.selected_nash(block_of(payoff), parse_objective(objective, AGENTS))
    error = caught.value
    law = joint_law(error.strategy, 0, (1, 1), (2, 2))
    assert law.ravel() == pytest.approx([1, 0, 0, 0])  # (4, 3), an equilibrium: no stage of the search beats it
    assert error.incumbent == pytest.approx(7)
    assert error.bound >= 7
    assert set(error.facts) == {"limit", "bound", "incumbent", "strategy"}  # no programs, which may be large


def test_the_bound_of_a_search_that_had_no_time_is_that_of_coarse_correlated_equilibria():
    """Nearly zero-sum: the best of all joint actions bounds little, the best cce much."""
    payoff = slow_payoffs(2)
    objective = parse_objective("welfare", AGENTS)
    coarse = concept_named("cce").solve(block_of(payoff), objective)
    most = values(block_of(payoff).payoff[0], joint_law(coarse, 0, (1, 1), (40, 40))).sum()
    with pytest.raises(LimitError) as caught:
        concept_named("ne").solve(block_of(payoff, clock.time() + 3.0), objective)
    assert caught.value.bound <= most + 1e-7
    assert most < payoff.sum(axis=0).max() / 1.5


@pytest.mark.parametrize("stakes", [1e-9, 1e3, 1e9, 1e10, 1e12])
@pytest.mark.parametrize("objective", ["agent:1", "agent:2", "weighted:0,1e-12", "weighted:1e20,0"])
def test_units_of_an_agents_payoffs_and_of_weights_change_no_selection(stakes, objective):
    """Each game in small numbers against the same with agent 1's payoffs in other units."""
    games = [
        [[[2, 1]], [[2, 0]]],  # zero-sum polymatrix: agent 1 has no choice
        [[[0, 1, -1], [1, -1, -1], [-1, -1, 2]], [[-1, 2, -1], [1, 2, -1], [-1, 0, 0]]],
        [[[6, 2], [7, 0]], [[6, 7], [2, 0]]],
    ]
    unit = np.array([stakes, 1.0])
    for concept in ("ne", "ce", "cce"):
        for game in games:
            payoff = np.array(game, dtype=float)
            goal, shape = parse_objective(objective, AGENTS), payoff.shape[1:]
            found = concept_named(concept).solve(block_of(payoff * unit[:, None, None]), goal)
            plain = concept_named(concept).solve(block_of(payoff), goal)
            own, expected = (
                values(block_of(payoff).payoff[0], joint_law(one, 0, (1, 1), shape)) for one in (found, plain)
            )
            selected = goal.weights > 0
            assert own[selected] == pytest.approx(expected[selected], abs=1e-6)


def test_weights_beyond_all_bounds_overflow_nowhere():
    payoff = np.array([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for listed in ("1e308,1e308", "1e-320,1e-320"):
            for concept, most in (("ne", 28 / 3), ("ce", 10.5)):
                found = concept_named(concept).solve(block_of(payoff), parse_objective(f"weighted:{listed}", AGENTS))
                assert values(payoff[:, None, None], joint_law(found, 0, (1, 1), (2, 2))).sum() == pytest.approx(most)
