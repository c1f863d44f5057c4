"""Column generation against all joint prescriptions, on games easy and degenerate, and large ones by their bounds."""

from __future__ import annotations

import time

import numpy as np
import pytest
from full_enumeration import FullProgram
from stage_games import random_block

from lp_posg.errors import LimitError, UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated import generation, pricing
from lp_posg.stage.correlated.column_entries import StageIncentives
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.incentives import IncentiveRows

TOL = 1e-7
AGENTS = ("a", "b", "c", "d", "e")
KINDS = {"cce": "ex-ante", "interim-cce": "interim", "ce": "action"}
OBJECTIVES = ["welfare", "worst", "egalitarian", "agent:1"]


def generated(block, concept, objective):
    """Return strategies by column generation, whatever the size."""
    rows = IncentiveRows(block.n_private, block.n_actions, KINDS[concept])
    goal = parse_objective(objective, AGENTS[: block.n_agents])
    return by_generation(block, goal, rows, "game {}".format)


def values_of(block, found):
    """Return the agents' values (B, n)."""
    law = found.joint().reshape(len(block), -1)
    return np.einsum("bia,ba->bi", block.payoff.reshape(len(block), block.n_agents, -1), law)


def achieved(value, objective):
    weights = parse_objective(objective, AGENTS[: len(value)]).weights
    return value.min() if weights is None else weights @ value


def regret(full, weight, concept):
    """Return the largest gain of a deviation of this concept, in the agent's unit, for weights of profiles."""
    gains = []
    for i in range(full.n):
        follow, leave = full.stay[i] @ weight, full.leave[i] @ weight  # (k,), (k, A)
        if concept == "cce":
            gains.append(leave.max(axis=1).sum() - follow.sum())
        elif concept == "interim-cce":
            gains.append((leave - follow[:, None]).max())
        else:
            for told in range(full.a[i]):
                hears = weight * (full.told[i] == told)  # (k, G)
                apart = np.einsum("pag,pg->pa", full.leave[i], hears) - (full.stay[i] * hears).sum(axis=1)[:, None]
                gains.append(apart.max())
    return max(gains)


def weights_of(block, found, full):
    """Return the strategy of a block's only game as weights of all profiles, in their order."""
    number = np.zeros(len(found.atom_prob), dtype=np.int64)
    for own, k, a in zip(found.prescription, block.n_private, block.n_actions, strict=True):
        assert set(np.unique(own)) <= {0.0, 1.0}
        for p in range(k):
            number = number * a + own[:, p].argmax(axis=1)
    return np.bincount(number, found.atom_prob, full.value.shape[1])


SHAPES = [
    ((2, 2), (2, 2)),
    ((1, 1), (3, 4)),
    ((3, 1), (2, 3)),
    ((2, 2), (3, 2)),
    ((2, 3), (2, 2)),
    ((2, 2), (1, 3)),
    ((2, 1, 2), (2, 2, 2)),
    ((1, 1, 1), (2, 3, 2)),
    ((1, 2, 1, 1), (2, 2, 1, 2)),
    ((2,), (3,)),
]

# What is hard for a simplex method and for a proof: many ties, twins, profiles that never come, and extreme units.
HARD = {
    "plain": lambda payoff: payoff,
    "ties": lambda payoff: np.round(8 * payoff),
    "twin actions": lambda payoff: payoff[..., [0] * payoff.shape[-1]],
    "impossible profiles": lambda payoff: (
        payoff * (np.arange(payoff[0, 0, ..., 0].size) % 3 > 0).reshape(1, 1, *payoff.shape[2:-1], 1)
    ),
    "an improbable private information": lambda payoff: np.concatenate(
        [1e-7 * payoff[:, :, :1], payoff[:, :, 1:]], axis=2
    ),
    "common": lambda payoff: np.repeat(payoff[:, :1], payoff.shape[1], axis=1),
    "zero sum": lambda payoff: payoff - payoff.mean(axis=1, keepdims=True),
    "units of 1e-6": lambda payoff: 1e-6 * payoff,
    "units of 1e6": lambda payoff: 1e6 * payoff,
    "agents of 1e-6 and 1e6": lambda payoff: (
        payoff * np.array([1e-6, 1e6, 1.0, 1.0])[: payoff.shape[1]].reshape(-1, *(1,) * (payoff.ndim - 2))
    ),
}


@pytest.mark.parametrize("concept", KINDS)
@pytest.mark.parametrize("hard", HARD)
def test_the_optimum_is_that_of_the_full_enumeration(hard, concept):
    """Ten shapes, two games each, in each of 30 kinds: 600 games; every one's equilibrium is checked too."""
    checked = 0
    for number, (n_private, n_actions) in enumerate(SHAPES):
        payoff = HARD[hard](random_block(number, n_private, n_actions, size=2).payoff)
        for b in range(2):
            block = StageBlock(payoff[b : b + 1], 0, np.array([b]))
            objective = OBJECTIVES[(number + 2 * b) % 4]
            found = generated(block, concept, objective)
            full = FullProgram(payoff[b])
            unit = np.abs(payoff[b]).max() or 1.0
            assert found.methods == {"columns": 1}
            mine, theirs = achieved(values_of(block, found)[0], objective), full.optimum(concept, objective)
            assert mine / unit == pytest.approx(theirs / unit, abs=TOL)
            assert regret(full, weights_of(block, found, full), concept) <= 1e-9
            checked += 1
    assert checked == 20


@pytest.mark.parametrize("concept", KINDS)
@pytest.mark.parametrize("way", ["ascent, then enumeration", "ascent, then integer program", "chunks"])
def test_every_way_of_pricing_leads_to_the_same_optimum(way, concept, monkeypatch):
    if way == "chunks":
        monkeypatch.setattr(pricing, "CHUNK_ENTRIES", 50)
    else:
        monkeypatch.setattr(pricing, "ALWAYS_ENUMERATED", 0)
        monkeypatch.setattr(pricing, "STARTS", (1,))  # so few that the exact way has something left to find
        monkeypatch.setattr(generation, "FIRST_STARTS", 1)
    if way == "ascent, then integer program":
        monkeypatch.setattr(pricing, "ENUMERATION_WORK", 0)
    for number, (n_private, n_actions) in enumerate([((2, 3), (2, 3)), ((3, 3), (2, 2)), ((2, 1, 2), (2, 3, 2))]):
        for objective in ("worst", "egalitarian"):
            block = random_block(40 + number, n_private, n_actions)
            mine = achieved(values_of(block, generated(block, concept, objective))[0], objective)
            assert mine == pytest.approx(FullProgram(block.payoff[0]).optimum(concept, objective), abs=TOL)


@pytest.mark.parametrize(("n_private", "n_actions"), [((3, 2), (2, 3)), ((2, 2, 2), (2, 2, 3)), ((4,), (2,))], ids=str)
def test_exact_pricing_by_both_ways_is_the_maximum_over_all_profiles(n_private, n_actions):
    shape = pricing.Shape(n_private, n_actions)
    welfare = random_block(3, n_private, n_actions).payoff[0, 0]
    full = FullProgram(welfare[None].repeat(len(n_private), axis=0))
    best = (full.value[0] * full.unit[0]).max()
    for found in (
        pricing.by_enumeration(shape, welfare, 5),
        pricing.by_integer_program(shape, welfare, best - 0.5, "team", None),
    ):
        assert found.value.max() == pytest.approx(best, abs=1e-9)
        assert best <= found.bound + 1e-12
        assert found.bound == pytest.approx(best, abs=1e-8)


@pytest.mark.parametrize("concept", KINDS)
def test_any_multipliers_bound_the_optimum(concept):
    """Minus the largest P(g) is below the cost of every equilibrium."""
    rng = np.random.default_rng(0)
    above = []
    for seed in range(8):
        block = random_block(seed, (2, 3), (2, 2))
        rows = IncentiveRows((2, 3), (2, 2), KINDS[concept])
        game = StageIncentives(rows, pricing.Shape((2, 3), (2, 2)), block.payoff[0])
        best = FullProgram(block.payoff[0]).optimum(concept, "welfare")
        for size in (0.0, 0.1, 1.0, 10.0, 10.0, 10.0):
            some = rng.random(len(game.size)) < 0.3
            given = size * some * rng.random(len(game.size))
            multiplier = game.admissible(given)
            assert (multiplier >= given).all()
            if concept == "cce":  # one sum at each private information, or the slack between them is unbounded
                sums = multiplier[:4].reshape(2, 2).sum(axis=1), multiplier[4:].reshape(3, 2).sum(axis=1)
                assert max(np.ptp(own) for own in sums) <= 1e-12 * max(1.0, size)
            else:
                np.testing.assert_array_equal(multiplier, given)
            welfare = game.dual_welfare(multiplier, np.ones(2))
            above.append(pricing.by_enumeration(game.shape, welfare, 1).bound - best)
    assert len(above) == 48
    assert min(above) >= -1e-9
    assert max(above) > 1e-3


@pytest.mark.parametrize(("concept", "objective"), [("cce", "worst"), ("ce", "welfare")])
def test_six_private_informations_and_four_actions_each(concept, objective):
    """4 ** 12 joint prescriptions. Proven optimal by its bound inside; here: an equilibrium, and in good time."""
    block = random_block(0, (6, 6), (4, 4))
    begun = time.perf_counter()
    found = concept_named(concept).solve(block, parse_objective(objective, ("a", "b")))
    assert time.perf_counter() - begun < 30  # about a second on an idle core
    assert found.methods == {"columns": 1}
    payoff, k, a = block.payoff[0], 6, 4
    law = found.joint()[0]
    for i in (0, 1):
        # deviation[p, told, instead]: what playing `instead` when told `told` at p is worth
        deviation = np.einsum("pqab,pqcb->pac" if i == 0 else "pqab,pqac->qbc", law, payoff[i])
        stay = np.einsum("paa->pa", deviation)
        assert deviation.shape == (k, a, a)
        if concept == "ce":
            assert (deviation - stay[:, :, None]).max() <= 1e-9
        else:
            assert deviation.sum(axis=1).max(axis=1).sum() - stay.sum() <= 1e-9


@pytest.mark.parametrize("concept", KINDS)
def test_just_above_the_threshold_both_methods_agree(concept, monkeypatch):
    block = random_block(2, (4, 4), (3, 3), size=2)
    solver, found = concept_named(concept), {}
    for limit in (0, 10**9):
        monkeypatch.setattr("lp_posg.stage.correlated.semi_compact.SMALL_ENTRIES", limit)
        for objective in ("worst", "egalitarian"):
            one = solver.solve(block, parse_objective(objective, ("a", "b")))
            assert one.methods == {"program" if limit else "columns": 2}
            found[limit, objective] = [achieved(value, objective) for value in values_of(block, one)]
    for objective in ("worst", "egalitarian"):
        np.testing.assert_allclose(found[0, objective], found[10**9, objective], atol=TOL)


def test_one_agent_with_all_the_prescriptions_is_written_down_whole():
    """8 ** 8 prescriptions of one agent alone need few equations: the whole program is small."""
    block = random_block(0, (1, 8), (8, 8))
    found = concept_named("ce").solve(block, parse_objective("worst", ("a", "b")))
    assert found.methods == {"program": 1}


def test_the_same_game_gives_the_same_strategy():
    block = random_block(7, (4, 4), (4, 4))
    first, second = (generated(block, "ce", "worst") for _ in range(2))
    np.testing.assert_array_equal(first.atom_prob, second.atom_prob)
    for mine, theirs in zip(first.prescription, second.prescription, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_deadline_stops_it():
    block = random_block(0, (6, 6), (4, 4))
    late = StageBlock(block.payoff, 0, block.nodes, deadline=time.time() - 1)
    with pytest.raises(LimitError, match="game 0"):
        generated(late, "ce", "worst")


def test_a_game_too_large_to_price_is_refused_before_any_work():
    payoff = np.random.default_rng(0).normal(size=(1, 2, 80, 80, 2, 2))  # zero sums would take one small program
    block = StageBlock(payoff, 4, np.array([7]))
    with pytest.raises(UnsupportedError, match=r"step 5, state 8.*share more"):
        concept_named("cce").solve(block, parse_objective("worst", ("a", "b")))


def test_the_integer_program_proves_that_nothing_is_above_the_optimum():
    """Asked for more than the maximum over all profiles it finds nothing, and bounds by what was asked."""
    shape = pricing.Shape((2, 3), (3, 2))
    welfare = random_block(4, (2, 3), (3, 2)).payoff[0, 0]
    best = pricing.by_enumeration(shape, welfare, 1).bound
    for above, found in ((best - 1e-3, 1), (best + 1e-6, 0), (welfare.max(axis=(2, 3)).sum() + 1e-6, 0)):
        answer = pricing.by_integer_program(shape, welfare, above, "team", None)
        assert (answer.value > above).sum() == found
        assert max(above, best) <= answer.bound <= max(above, best) + 1e-7


@pytest.mark.parametrize("seed", [156995, 858638, 393051])
def test_games_on_which_an_integer_program_without_cut_off_left_a_doubt(seed, monkeypatch):
    monkeypatch.setattr(pricing, "ALWAYS_ENUMERATED", 0)
    monkeypatch.setattr(pricing, "ENUMERATION_WORK", 0)
    monkeypatch.setattr(pricing, "STARTS", (8,))
    hard, n_private, n_actions, concept, objective = {
        156995: ("an improbable private information", (4, 4), (2, 3), "cce", "worst"),
        858638: ("twin actions", (2, 2, 2, 2), (2, 2, 2, 2), "interim-cce", "welfare"),
        393051: ("units of 1e6", (4, 4), (2, 3), "ce", "worst"),
    }[seed]
    payoff = HARD[hard](random_block(seed, n_private, n_actions).payoff)
    block = StageBlock(payoff, 0, np.array([0]))
    mine = achieved(values_of(block, generated(block, concept, objective))[0], objective)
    unit = np.abs(payoff).max()
    assert mine / unit == pytest.approx(FullProgram(payoff[0]).optimum(concept, objective) / unit, abs=TOL)
