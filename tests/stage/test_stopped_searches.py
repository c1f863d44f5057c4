"""What a stopped search for the best Nash equilibrium tells: what it has found, and what none exceeds."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import LimitError, UnsupportedError
from lp_posg.lp import Status
from lp_posg.lp.program import unsolved
from lp_posg.stage import StageBlock, parse_objective
from lp_posg.stage.nash import box_search, two_agents

AGENTS = ("a", "b", "c")
CHICKEN = posg.catalog("chicken").reward[:, 0].reshape(2, 2, 2)
# What the objectives are at the best equilibrium of this game, at the best of the interim-cce, and at the best play.
BEST = {
    "welfare": (28 / 3, 10.5, 12.0),
    "agent:2": (7.0, 7.0, 7.0),
    "worst": (-9.0, -7.2, 0.0),
    "weighted:3,1": (23.0, 23.0, 24.0),
}


def block_of(payoff, deadline=None) -> StageBlock:
    n = len(payoff)
    return StageBlock(payoff.reshape(1, n, *(1,) * n, *payoff.shape[1:]), 0, np.array([0]), deadline)


def stop(monkeypatch, bound, found=True):
    """Stop the mixed-integer program with a bound: that of its optimum, or a number."""
    real = two_agents.solve_program

    def solve_program(program, what, deadline):
        x = real(program, what, deadline).x
        told = program.cost @ x if bound == "optimum" else bound
        raise LimitError("stopped", limit="time", bound=told, incumbent=np.nan, x=x if found else np.empty(0))

    monkeypatch.setattr(two_agents, "solve_program", solve_program)


def told_by(objective, deadline=None):
    with pytest.raises(LimitError) as caught:
        two_agents.selected_nash(block_of(CHICKEN, deadline), parse_objective(objective, AGENTS[:2]))
    return caught.value


@pytest.mark.parametrize("objective", BEST)
def test_the_bound_of_two_agents_is_the_least_that_is_known(monkeypatch, objective):
    """That of the program, of the coarse correlated equilibria if there is a time limit, and of the best play."""
    best, coarse, play = BEST[objective]
    with monkeypatch.context() as within:
        stop(within, "optimum")
        error = told_by(objective)
        assert (error.incumbent, error.bound) == pytest.approx((best, best), abs=1e-7)
    for nothing in (-np.inf, np.nan, -1e9):
        with monkeypatch.context() as within:
            stop(within, nothing)
            assert told_by(objective).bound == pytest.approx(play, abs=1e-9)
            assert told_by(objective, time.time() + 1e6).bound == pytest.approx(coarse, abs=1e-7)


def test_without_an_equilibrium_there_is_a_bound_all_the_same(monkeypatch):
    stop(monkeypatch, "optimum", found=False)
    error = told_by("welfare")
    assert np.isnan(error.incumbent)
    assert error.strategy is None
    assert error.bound == pytest.approx(28 / 3)
    assert "no equilibrium was found" in str(error)


def test_the_second_part_of_a_lexicographic_search_is_bounded_by_itself(monkeypatch):
    """The bound of its first part, of the smaller value, says nothing of the sum that the second maximises."""
    real, calls = two_agents.solve_program, []

    def solve_program(program, what, deadline):
        found = real(program, what, deadline)
        calls.append(found)
        if len(calls) < 2:
            return found
        raise LimitError("stopped", limit="time", bound=-np.inf, incumbent=np.nan, x=found.x)

    monkeypatch.setattr(two_agents, "solve_program", solve_program)
    payoff = np.array([[[5.0, 0.0], [0.0, 5.0]], [[5.0, 0.0], [0.0, 7.0]]])
    with pytest.raises(LimitError) as caught:
        two_agents.selected_nash(block_of(payoff, time.time() + 1e6), parse_objective("egalitarian", AGENTS[:2]))
    assert len(calls) == 2
    assert caught.value.incumbent == pytest.approx(12)
    assert caught.value.bound >= 12


def section_4():
    game = posg.catalog("nau-section-4")
    return block_of(game.reward[:, 0].reshape(3, *game.n_actions))


def searched(monkeypatch, programs, objective="welfare"):
    """Return what a search over boxes tells that is stopped after so many programs, or None if it ends before."""
    monkeypatch.setattr(box_search, "NODE_LIMIT", programs)
    try:
        box_search.best_nash(section_4(), parse_objective(objective, AGENTS))
    except UnsupportedError as error:
        return error.facts
    return None


@pytest.mark.parametrize("objective", ["welfare", "agent:1", "worst"])
def test_bounds_of_a_search_over_boxes_close_in_on_the_best(monkeypatch, objective):
    """At every number of programs: no bound is below the best, none grows, and the last is far below the first."""
    game = section_4()
    aim = parse_objective(objective, AGENTS)
    found = box_search.best_nash(game, aim).values(game.payoff)[0]
    best = {"welfare": found.sum(), "agent:1": found[0], "worst": -found.sum()}[objective]
    told = []
    for programs in (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32):
        facts = searched(monkeypatch, programs, objective)
        if facts is None:
            break
        told.append((facts["bound"], facts["incumbent"]))
    bounds, incumbents = np.array(told).T
    assert len(bounds) >= 3
    assert (bounds >= best - 1e-9).all()
    assert (np.diff(bounds) <= 1e-9).all()
    assert bounds[-1] < bounds[0]
    known = incumbents[~np.isnan(incumbents)]
    assert (known <= best + 1e-6).all()
    assert (np.diff(known) >= 0).all()


def test_the_best_of_a_stopped_search_over_boxes_is_handed_over(monkeypatch):
    facts = next(told for n in range(1, 400) if not np.isnan((told := searched(monkeypatch, n))["incumbent"]))
    game = section_4()
    assert facts["strategy"].values(game.payoff).sum() == pytest.approx(facts["incumbent"], abs=1e-9)


def test_a_search_over_boxes_without_time_has_the_bound_of_the_best_play(monkeypatch):
    block = replace(section_4(), deadline=time.time() - 1)
    with pytest.raises(LimitError) as caught:
        box_search.best_nash(block, parse_objective("welfare", AGENTS))
    most = section_4().payoff.max(axis=tuple(range(2, section_4().payoff.ndim))).sum()
    best = section_4().payoff.sum(axis=1).max()
    assert best - 1e-9 <= caught.value.bound <= most + 1e-9
    assert caught.value.strategy is None


def test_boxes_whose_program_was_stopped_stay_open(monkeypatch):
    """Of the second half of the first box: what is known of the whole still bounds it."""
    calls, real = [], box_search.Relaxation.solve

    def solve(self, box, left):
        calls.append(box)
        return unsolved(Status.LIMIT) if len(calls) == 3 else real(self, box, left)

    whole = searched(monkeypatch, 1)["bound"]
    monkeypatch.setattr(box_search, "NODE_LIMIT", 400)
    monkeypatch.setattr(box_search.Relaxation, "solve", solve)
    with pytest.raises(LimitError) as caught:
        box_search.best_nash(replace(section_4(), deadline=time.time() + 1e6), parse_objective("welfare", AGENTS))
    assert len(calls) == 3
    assert caught.value.bound == pytest.approx(whole)
