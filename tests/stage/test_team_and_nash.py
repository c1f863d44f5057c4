"""Team optimum and Nash equilibrium of stage games against enumeration."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog
from stage_games import joint_law, joint_prescriptions, random_block, values, worth

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.stage import StageBlock, concept_named, parse_objective, team
from lp_posg.stage.nash import extreme_equilibria, nash_concept

TOL = 1e-8
SHAPES = [
    ((1, 1), (2, 3)),
    ((2, 2), (2, 2)),
    ((3, 1), (2, 3)),
    ((1, 2, 2), (2, 2, 2)),
    ((2, 2, 2), (2, 2, 2)),
    ((2,), (3,)),
]
AGENTS = ("a", "b", "c")


def regrets(payoff, law):
    """Return each agent's gain from its best reply at each private information, by plain loops."""
    n = len(payoff)
    gain = []
    for i in range(n):
        for p in range(payoff.shape[1 + i]):
            worths = np.zeros(payoff.shape[1 + n + i])
            stay = 0.0
            for index in np.ndindex(*law.shape):
                if index[i] != p:
                    continue
                stay += law[index] * payoff[(i, *index)]
                for a in range(len(worths)):
                    worths[a] += law[index] * payoff[(i, *index[: n + i], a, *index[n + i + 1 :])]
            gain.append(worths.max() - stay)
    return np.array(gain)


@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
@pytest.mark.parametrize("limit", [team.ENUMERATION_LIMIT, 0], ids=["enumeration", "integer program"])
def test_team_optimum_is_the_best_of_all_profiles(n_private, n_actions, limit, monkeypatch):
    monkeypatch.setattr(team, "ENUMERATION_LIMIT", limit)
    n = len(n_private)
    for seed in range(3):
        block = random_block(seed, n_private, n_actions, size=2, integers=seed == 2)
        found = concept_named("team").solve(block, parse_objective("welfare", AGENTS[:n]))
        for row in range(2):
            best = max(
                sum(worth(block.payoff[row], g, i) for i in range(n)) for g in joint_prescriptions(n_private, n_actions)
            )
            law = joint_law(found, row, n_private, n_actions)
            assert set(np.unique(law)) <= {0.0, 1.0}
            assert values(block.payoff[row], law).sum() == pytest.approx(best, abs=TOL)
        assert found.n_programs == (0 if limit else 2)


def test_team_ties_are_broken_by_the_first_prescription():
    found = concept_named("team").solve(StageBlock(np.zeros((1, 2, 1, 1, 2, 2)), 0, np.array([0])), None)
    assert joint_law(found, 0, (1, 1), (2, 2))[0, 0, 0, 0] == 1.0


@pytest.mark.parametrize(
    ("n_private", "n_actions"), [((1, 1), (2, 2)), ((1, 1), (4, 3)), ((2, 3), (2, 2)), ((3, 2), (3, 2))]
)
def test_zero_sum_value_is_the_minimax_over_pure_prescriptions(n_private, n_actions):
    """The matrix game over whole prescriptions, solved by scipy from either side."""
    pures = [list(product(range(a), repeat=k)) for k, a in zip(n_private, n_actions, strict=True)]
    for seed in range(5):
        block = random_block(seed, n_private, n_actions, zero_sum=True)
        payoff = block.payoff[0]
        matrix = np.array([[worth(payoff, (g, h), 0) for h in pures[1]] for g in pures[0]])
        rows, columns = matrix.shape
        scipy_value = -linprog(
            np.append(np.zeros(rows), -1.0),
            A_ub=np.hstack([-matrix.T, np.ones((columns, 1))]),
            b_ub=np.zeros(columns),
            A_eq=[np.append(np.ones(rows), 0.0)],
            b_eq=[1.0],
            bounds=[(0, None)] * rows + [(None, None)],
        ).fun
        found = concept_named("ne").solve(block, parse_objective("welfare", ("a", "b")))
        law = joint_law(found, 0, n_private, n_actions)
        assert values(payoff, law)[0] == pytest.approx(scipy_value, abs=TOL)
        assert regrets(payoff, law).max() <= TOL


def test_constant_sum_is_solved_as_zero_sum():
    block = random_block(1, (2, 2), (2, 2), zero_sum=True)
    moved = block.payoff.copy()
    moved[:, 1] += np.random.default_rng(0).uniform(0, 1, (1, 2, 2, 1, 1))  # depends on the private profile only
    found = concept_named("ne").solve(StageBlock(moved, 0, block.nodes), parse_objective("welfare", ("a", "b")))
    assert found.n_programs == 1
    assert regrets(moved[0], joint_law(found, 0, (2, 2), (2, 2))).max() <= TOL


def equilibria(payoff):
    """Return the values of all equilibria of a nondegenerate bimatrix game (2, A_1, A_2), by support enumeration."""
    found = []
    rows, columns = payoff.shape[1:]
    for size in range(1, min(rows, columns) + 1):
        for own, other in product(combinations(range(rows), size), combinations(range(columns), size)):
            sub = payoff[:, own][:, :, other]
            system = [
                np.block([[sub[0], -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]]),
                np.block([[sub[1].T, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]]),
            ]
            if min(abs(np.linalg.det(s)) for s in system) < 1e-9:
                continue
            right = np.append(np.zeros(size), 1.0)
            y, x = np.linalg.solve(system[0], right), np.linalg.solve(system[1], right)
            full_x, full_y = np.zeros(rows), np.zeros(columns)
            full_x[list(own)], full_y[list(other)] = x[:-1], y[:-1]
            if min(full_x.min(), full_y.min()) < -1e-12:
                continue
            if (payoff[0] @ full_y).max() <= y[-1] + 1e-9 and (full_x @ payoff[1]).max() <= x[-1] + 1e-9:
                found.append((y[-1], x[-1]))
    return np.array(found)


@pytest.mark.parametrize("objective", ["welfare", "worst", "egalitarian", "agent:1", "agent:2"])
@pytest.mark.parametrize("way", ["exact", "program"])
def test_the_selected_nash_equilibrium_is_the_best_of_all(objective, way, monkeypatch):
    if way == "program":
        monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)
        monkeypatch.setattr(extreme_equilibria, "MOST_SYSTEMS", 0)
    several = 0
    for seed in range(12):
        payoff = np.random.default_rng(seed).uniform(-1, 1, (2, 3, 3))
        all_values = equilibria(payoff)
        several += len(all_values) > 1
        score = {
            "welfare": all_values.sum(axis=1),
            "worst": -all_values.sum(axis=1),
            "egalitarian": all_values.min(axis=1),
            "agent:1": all_values[:, 0],
            "agent:2": all_values[:, 1],
        }[objective]
        block = StageBlock(payoff.reshape(1, 2, 1, 1, 3, 3), 0, np.array([0]))
        found = concept_named("ne").solve(block, parse_objective(objective, ("a", "b")))
        law = joint_law(found, 0, (1, 1), (3, 3))
        mine = values(block.payoff[0], law)
        assert regrets(block.payoff[0], law).max() <= TOL
        achieved = {"welfare": mine.sum(), "worst": -mine.sum(), "egalitarian": mine.min(),
                    "agent:1": mine[0], "agent:2": mine[1]}[objective]  # fmt: skip
        assert achieved == pytest.approx(score.max(), abs=1e-7)
    assert several >= 3


def test_nash_with_private_information_is_an_equilibrium():
    for seed in range(8):
        block = random_block(seed, (2, 2), (2, 3), size=2, integers=seed > 5)
        found = concept_named("ne").solve(block, parse_objective("welfare", ("a", "b")))
        for row in range(2):
            assert regrets(block.payoff[row], joint_law(found, row, (2, 2), (2, 3))).max() <= 1e-7


def test_common_payoff_nash_is_the_team_optimum_for_any_number_of_agents():
    block = random_block(3, (2, 1, 2), (2, 2, 2), common=True)
    laws = [
        joint_law(concept_named(c).solve(block, parse_objective("welfare", AGENTS)), 0, (2, 1, 2), (2, 2, 2))
        for c in ("ne", "team")
    ]
    np.testing.assert_array_equal(*laws)


def test_the_worst_nash_of_a_common_payoff_game_is_not_the_team_optimum():
    # Two agents meet at place 1 (worth 1) or place 2 (worth 3); mixed 3/4, 1/4 they get 3/4.
    block = StageBlock(np.array([[[1, 0], [0, 3.0]]] * 2).reshape(1, 2, 1, 1, 2, 2), 0, np.array([0]))
    found = concept_named("ne").solve(block, parse_objective("worst", ("a", "b")))
    assert values(block.payoff[0], joint_law(found, 0, (1, 1), (2, 2)))[0] == pytest.approx(0.75, abs=1e-9)


def test_three_agents_with_own_payoffs_and_many_actions_are_refused_by_name():
    block = random_block(0, (1, 1, 1), (7, 7, 7))
    with pytest.raises(UnsupportedError, match=r"'ne'.*3 agents.*343 pairs.*'ce'"):
        concept_named("ne").solve(block, parse_objective("worst", AGENTS))


@pytest.mark.parametrize("name", ["agent:0", "agent:4", "agent:x", "agent:", "best", "", "agent:-1", "agent:²"])
def test_bad_objectives_are_named(name):
    with pytest.raises(ModelError, match="objective"):
        parse_objective(name, AGENTS)


def test_unknown_concepts_are_named():
    with pytest.raises(ModelError, match=r"unknown concept 'cee'.*interim-cce"):
        concept_named("cee")


@pytest.mark.parametrize("way", ["exact", "program"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("other", [0, 1])
def test_the_better_off_of_two_agents_gets_what_it_can_have(way, turned, other, monkeypatch):
    """Two equilibria on the diagonal, worth 5, 5 and 5, 7 (or 7, 5): the same minimum, and the second is the better."""
    if way == "program":
        monkeypatch.setattr(nash_concept, "FEW_SYSTEMS", 0)
        monkeypatch.setattr(extreme_equilibria, "MOST_SYSTEMS", 0)
    payoff = np.stack([np.diag([5.0, 5.0])] * 2)
    payoff[other, 1, 1] = 7.0
    payoff = payoff[:, ::-1, ::-1] if turned else payoff
    block = StageBlock(payoff.reshape(1, 2, 1, 1, 2, 2), 0, np.array([0]))
    found = concept_named("ne").solve(block, parse_objective("egalitarian", ("a", "b")))
    expected = [5.0, 5.0]
    expected[other] = 7.0
    assert found.values(block.payoff)[0] == pytest.approx(expected, abs=1e-6)
