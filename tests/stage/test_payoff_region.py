"""Payoff regions: by hand, against plain programs over all joint prescriptions, and degenerate ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog
from stage_games import joint_prescriptions, random_block, worth

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.stage import CONCEPTS, Correlated, Efficiency, StageBlock, efficiency_of, payoff_region_of

CONCEPT_NAMES = ["strategic-ce", "ce", "interim-cce", "cce"]
SHAPES = [((1, 1), (2, 2)), ((1, 1), (2, 3)), ((1, 1), (3, 3)), ((2, 1), (2, 2)), ((2, 2), (2, 2))]


def region_of(payoff, concept):
    """Return the region of a game given by payoffs, shape (2, A_1, A_2) or with private informations."""
    payoff = np.asarray(payoff, dtype=float)
    if payoff.ndim == 3:
        payoff = payoff[:, None, None]
    found = CONCEPTS[concept]
    assert isinstance(found, Correlated)
    return payoff_region_of(found, [StageBlock(payoff[None], 0, np.array([0]))])


def rotated_to_match(vertices, expected):
    """Return the vertices from that nearest to the first of `expected` on."""
    first = int(np.linalg.norm(vertices - np.asarray(expected[0]), axis=1).argmin())
    return np.roll(vertices, -first, axis=0)


class Plain:
    """The program over distributions on joint pure prescriptions, straight from the definitions."""

    def __init__(self, payoff, concept):
        n_private, n_actions = payoff.shape[1:3], payoff.shape[3:]
        profiles = joint_prescriptions(n_private, n_actions)
        self.value = np.array([[worth(payoff, g, i) for g in profiles] for i in range(2)])
        rows, ties = [], []
        for i in range(2):
            for p in range(n_private[i]):
                here = np.array([worth(payoff, g, i, only=p) for g in profiles])
                for a in range(n_actions[i]):
                    gain = np.array([worth(payoff, g, i, only=p, instead=a) for g in profiles]) - here
                    if concept == "ce":
                        for told in range(n_actions[i]):
                            rows.append(gain * np.array([g[i][p] == told for g in profiles]))
                            ties.append(None)
                    elif concept == "strategic-ce":
                        for whole in sorted({g[i] for g in profiles}):
                            rows.append(gain * np.array([g[i] == whole for g in profiles]))
                            ties.append(None)
                    else:
                        rows.append(gain)
                        ties.append((i, p) if concept == "cce" else None)
        # Ex ante a gain at one private information may be made up for at another: gain(p, a) <= s(p), sum of s(p) = 0.
        slacks = sorted({tie for tie in ties if tie is not None})
        extra = np.zeros((len(rows), len(slacks)))
        for k, tie in enumerate(ties):
            if tie is not None:
                extra[k, slacks.index(tie)] = -1.0
        self.size = np.abs(rows).max(axis=1, initial=0, keepdims=True)
        if concept == "cce":  # slack is in units of payoffs, one scale for all rows of an agent
            for i in range(2):
                own = [k for k, tie in enumerate(ties) if tie[0] == i]
                self.size[own] = self.size[own].max()
        self.size[self.size == 0] = 1
        self.upper = np.hstack([np.array(rows) / self.size, extra])
        sums = [[float(slack[0] == i) for slack in slacks] for i in range(2)] if slacks else []
        self.equal = np.vstack([np.r_[np.ones(len(profiles)), np.zeros(len(slacks))]] + [
            np.r_[np.zeros(len(profiles)), own] for own in sums
        ])  # fmt: skip
        self.bounds = [(0, None)] * len(profiles) + [(None, None)] * len(slacks)

    def support(self, direction):
        cost = direction @ self.value
        size = np.abs(cost).max() or 1.0
        result = linprog(
            np.r_[-cost / size, np.zeros(len(self.bounds) - len(cost))],
            A_ub=self.upper,
            b_ub=np.zeros(len(self.upper)),
            A_eq=self.equal,
            b_eq=np.r_[1.0, np.zeros(len(self.equal) - 1)],
            bounds=self.bounds,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        assert result.status == 0
        return -result.fun * size


def random_payoff(seed):
    """Return payoffs of one of many kinds, and each agent's unit: ties, duplicates, one interest, tiny and huge."""
    n_private, n_actions = SHAPES[seed % len(SHAPES)]
    kind = seed // len(SHAPES) % 8
    block = random_block(seed, n_private, n_actions, zero_sum=kind == 1, common=kind == 2, integers=kind >= 3)
    payoff = block.payoff[0].copy()
    if kind == 4:  # duplicated actions
        payoff[..., -1, :] = payoff[..., 0, :]
        payoff[..., -1] = payoff[..., 0]
    if kind == 5:  # an agent that does not care
        payoff[1] = 0.0
    unit = np.array([(1, 1), (1e-6, 1e-6), (1e6, 1e6), (1e-6, 1e6)][seed // 3 % 4] if kind > 5 else (1, 1), dtype=float)
    return payoff * unit.reshape(2, 1, 1, 1, 1), unit


def check_region(seed, concept=None):
    payoff, unit = random_payoff(seed)
    concept = concept or CONCEPT_NAMES[1 + seed % 3]
    region, plain = region_of(payoff, concept), Plain(payoff / unit.reshape(2, 1, 1, 1, 1), concept)
    vertices = region.vertices / unit
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False) + 0.1 * seed:
        direction = np.array([np.cos(angle), np.sin(angle)])
        assert (vertices @ direction).max() == pytest.approx(plain.support(direction), abs=1e-7), (seed, angle)
    # What proves it complete: the half-planes touch the vertices, and are those of the plain program.
    slack = 1e-8 * region.scale
    assert region.supports == pytest.approx((region.normals @ region.vertices.T).max(axis=1), abs=slack)
    normals = region.normals * unit
    length = np.linalg.norm(normals, axis=1)
    for normal, support, size in zip(normals, region.supports, length, strict=True):
        assert support / size == pytest.approx(plain.support(normal / size), abs=1e-7)
    assert len(region.normals) == {"point": 4, "segment": 4}.get(region.kind, len(vertices))
    if region.kind == "polygon":
        along = np.roll(vertices, -1, axis=0) - vertices
        after = np.roll(along, -1, axis=0)
        assert (along[:, 0] * after[:, 1] - along[:, 1] * after[:, 0] > 0).all()
    return region.kind


def test_regions_have_the_supports_of_the_plain_program():
    kinds = [check_region(seed) for seed in range(40)]
    assert set(kinds) == {"point", "segment", "polygon"}


def test_regions_of_prescriptions_heard_whole_have_the_supports_of_the_plain_program():
    kinds = [check_region(seed, "strategic-ce") for seed in range(0, 40, 2)]
    assert set(kinds) == {"point", "segment", "polygon"}


@pytest.mark.slow
def test_regions_of_many_games_have_the_supports_of_the_plain_program():
    for seed in range(40, 200):
        check_region(seed)


# ---- by hand ----------------------------------------------------------------------------------------

CHICKEN = [[[6, 2], [7, 0]], [[6, 7], [2, 0]]]


@pytest.mark.parametrize("concept", CONCEPT_NAMES)
def test_chicken(concept: str):
    # With x, m, n, z on (yield, yield), (yield, dare), (dare, yield), (dare, dare), obedience asks x <= 2m, x <= 2n,
    # z <= m/2, z <= n/2. Corners: the pure equilibria (2, 7) and (7, 2), the best one x = 1/2, m = n = 1/4, and the
    # worst one x = 0, m = n = 2/5, z = 1/5. With two actions a CE and a CCE are the same: whoever deviates to an
    # action whatever it is told changes what it does after the other recommendation only.
    expected = [(2, 7), (3.6, 3.6), (7, 2), (5.25, 5.25)]
    region = region_of(CHICKEN, concept)
    assert rotated_to_match(region.vertices, expected) == pytest.approx(np.array(expected), abs=1e-9)
    assert region.kind == "polygon"
    # The team optimum is 12, the best equilibrium has 21/2 and the worst 36/5.
    assert region.efficiency.price_of_anarchy == pytest.approx(5 / 3)
    assert region.efficiency.price_of_stability == pytest.approx(8 / 7)
    assert region.efficiency.reason == ""
    assert region.contains((14 / 3, 14 / 3))  # the mixed equilibrium
    assert not region.contains((5.26, 5.25))
    assert not region.contains((3.6, 3.59))


def test_dominance_leaves_a_point_and_costs_have_prices():
    # Prisoner's dilemma in years: both confess, 5 each, where silence would cost 1 each.
    region = region_of([[[-1, -10], [0, -5]], [[-1, 0], [-10, -5]]], "cce")
    assert region.vertices.tolist() == [[-5.0, -5.0]]
    assert region.kind == "point"
    assert (region.efficiency.price_of_anarchy, region.efficiency.price_of_stability) == (5.0, 5.0)
    assert region.contains((-5, -5))
    assert not region.contains((-5, -4.99))


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_one_interest_leaves_a_segment(concept: str):
    # Both get 1 in one meeting place, 2 in the other. Worst: the mixed equilibrium, 2/3; the programs' corner has
    # weights 4/9, 1/9 on meeting and 2/9 on each way of missing.
    region = region_of([[[1, 0], [0, 2]]] * 2, concept)
    assert region.kind == "segment"
    assert sorted(region.vertices.tolist()) == [pytest.approx([2 / 3, 2 / 3]), pytest.approx([2, 2])]
    assert region.efficiency.price_of_anarchy == pytest.approx(3)
    assert region.efficiency.price_of_stability == pytest.approx(1)
    assert region.contains((1, 1))
    assert not region.contains((1, 1.001))
    assert not region.contains((2.001, 2.001))


def test_who_does_not_care_gives_the_other_everything_and_nothing():
    # Agent 2 has payoff 0 throughout; agent 1 gets between its security level 1/2 and 1 from matching or not.
    region = region_of([[[1, 0], [0, 1]], [[0, 0], [0, 0]]], "ce")
    assert region.kind == "segment"
    assert sorted(region.vertices.tolist()) == [pytest.approx([0.5, 0], abs=1e-9), pytest.approx([1, 0], abs=1e-9)]


def test_payoffs_that_no_action_changes_are_a_point():
    region = region_of(np.array([3.0, -1.0]).reshape(2, 1, 1) * np.ones((2, 2, 2)), "ce")
    assert region.vertices.tolist() == [[3.0, -1.0]]
    assert region.efficiency.price_of_anarchy == pytest.approx(1)


def test_shapleys_game_is_better_correlated():
    # Shapley (1964): one Nash equilibrium, 1 each; correlated equally over the six cells that pay, 3/2 each.
    payoff = [[[0, 1, 2], [2, 0, 1], [1, 2, 0]], [[0, 2, 1], [1, 0, 2], [2, 1, 0]]]
    for concept in ("ce", "cce"):
        found = region_of(payoff, concept).efficiency
        assert (found.optimum, found.best, found.worst) == pytest.approx((3, 3, 2), abs=1e-9)


def test_regions_grow_with_the_concept():
    for seed in range(12):
        payoff, _ = random_payoff(seed)
        regions = [region_of(payoff, concept) for concept in CONCEPT_NAMES]
        for inner, outer in pairwise(regions):
            assert all(outer.contains(v) for v in inner.vertices)


def test_games_drawn_by_chance_add_up():
    # Chicken and the dilemma, each with probability 1/2 and seen by both: half the sum of the polygons.
    games = [np.array(CHICKEN), np.array([[[-1, -10], [0, -5]], [[-1, 0], [-10, -5]]])]
    payoff = np.array(games, dtype=float)[:, :, None, None] / 2
    region = payoff_region_of(CONCEPTS["ce"], [StageBlock(payoff, 0, np.arange(2))])
    expected = (np.array([(2, 7), (3.6, 3.6), (7, 2), (5.25, 5.25)]) - 5) / 2
    assert rotated_to_match(region.vertices, expected) == pytest.approx(expected, abs=1e-9)
    assert region.optimum == pytest.approx((12 - 2) / 2)


@pytest.mark.parametrize(
    ("optimum", "best", "worst", "anarchy", "stability", "reason"),
    [
        (12, 10, 6, 2, 1.2, ""),
        (-2, -3, -10, 5, 1.5, ""),
        (2, 1, -1, None, 2, "worst"),
        (2, 1, 0, None, 2, "worst"),
        (2, -1, -1, None, None, "positive"),
        (0, -1, -1, None, None, "optimum is 0"),
        (1e-12, 1e-12, -1e-12, None, None, "optimum is 0"),
    ],
)
def test_prices(optimum, best, worst, anarchy, stability, reason):
    found = Efficiency(optimum, best, worst, scale=12.0)
    assert (found.price_of_anarchy, found.price_of_stability) == pytest.approx((anarchy, stability))
    assert reason in found.reason
    assert bool(found.reason) == (anarchy is None or stability is None)


def test_two_programs_find_the_efficiency_of_the_whole_region():
    for seed in range(24):
        payoff, _ = random_payoff(seed)
        concept = CONCEPTS[CONCEPT_NAMES[seed % 3]]
        block = StageBlock(payoff[None], 0, np.array([0]))
        quick, whole = efficiency_of(concept, [block]), payoff_region_of(concept, [block]).efficiency
        slack = 1e-8 * whole.scale
        assert (quick.best, quick.worst) == pytest.approx((whole.best, whole.worst), abs=slack)
        assert quick.optimum == pytest.approx(whole.optimum, abs=slack)
        assert whole.worst - slack <= whole.best <= whole.optimum + slack


def test_three_agents_have_no_polygon():
    block = random_block(0, (1, 1, 1), (2, 2, 2))
    with pytest.raises(UnsupportedError, match="two agents, not for 3"):
        payoff_region_of(CONCEPTS["ce"], [block])


def test_a_point_has_two_values():
    with pytest.raises(ModelError, match="one per agent"):
        region_of(CHICKEN, "ce").contains((1, 2, 3))
