"""The correlated concepts against cvxpy over all joint prescriptions, and against published games."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest
from stage_games import joint_law, joint_prescriptions, random_block, values, worth

from lp_posg.lp import solve_block, solve_program
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated import semi_compact
from lp_posg.stage.correlated.semi_compact import Form, form_of
from lp_posg.stage.correlated.whole_program import _losses, compile_programs, decode
from lp_posg.stage.payoffs import scaled

TOL = 1e-7
SHAPES = [
    ((1, 1), (2, 2)),
    ((1, 1), (3, 2)),
    ((2, 2), (2, 2)),
    ((2, 1), (2, 3)),
    ((1, 3), (3, 2)),
    ((3, 2), (2, 2)),
    ((1, 1, 1), (2, 2, 2)),
    ((2, 1, 2), (2, 2, 2)),
    ((1, 2, 1), (2, 2, 3)),
    ((2, 2, 2), (2, 2, 2)),
    ((1, 3), (2, 3)),  # from here on cells are pairs, except for the last
    ((3, 1), (3, 2)),
    ((1,), (3,)),
]
CONCEPTS = ["cce", "interim-cce", "ce", "strategic-ce"]


def by_cvxpy(payoff, n_private, n_actions, concept, objective):
    """Return the optimal objective over distributions on joint pure prescriptions, straight from the definitions."""
    profiles = joint_prescriptions(n_private, n_actions)
    n = len(n_private)
    w = cp.Variable(len(profiles), nonneg=True)
    constraints = [cp.sum(w) == 1]
    value = [np.array([worth(payoff, g, i) for g in profiles]) for i in range(n)]
    for i in range(n):
        if concept == "cce":
            t = cp.Variable(n_private[i])
            constraints.append(cp.sum(t) <= value[i] @ w)
        for p in range(n_private[i]):
            here = np.array([worth(payoff, g, i, only=p) for g in profiles])
            for a in range(n_actions[i]):
                there = np.array([worth(payoff, g, i, only=p, instead=a) for g in profiles])
                if concept == "cce":
                    constraints.append(t[p] >= there @ w)
                elif concept == "interim-cce":
                    constraints.append(here @ w >= there @ w)
                elif concept == "strategic-ce":
                    for whole in sorted({g[i] for g in profiles}):
                        hears = np.array([g[i] == whole for g in profiles], dtype=float)
                        constraints.append((hears * (here - there)) @ w >= 0)
                else:
                    for told in range(n_actions[i]):
                        hears = np.array([g[i][p] == told for g in profiles], dtype=float)
                        constraints.append((hears * (here - there)) @ w >= 0)
    totals = [v @ w for v in value]
    goal = cp.min(cp.hstack(totals)) if objective == "egalitarian" else None
    if objective == "welfare":
        goal = sum(totals)
    elif objective == "worst":
        goal = -sum(totals)
    elif objective.startswith("agent:"):
        goal = totals[int(objective[-1]) - 1]
    problem = cp.Problem(cp.Maximize(goal), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    assert problem.status == cp.OPTIMAL
    return problem.value


def achieved(value, objective):
    """Return the objective at the values found."""
    weights = parse_objective(objective, tuple("abc"[: len(value)])).weights
    return value.min() if weights is None else weights @ value


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
def test_every_objective_has_the_value_of_the_full_enumeration(n_private, n_actions, concept):
    agents = tuple("abc"[: len(n_private)])
    for seed, objective in enumerate(["welfare", "egalitarian", f"agent:{len(agents)}", "worst"]):
        block = random_block(seed, n_private, n_actions, size=2)
        found = concept_named(concept).solve(block, parse_objective(objective, agents))
        for row in range(2):
            law = joint_law(found, row, n_private, n_actions)
            mine = achieved(values(block.payoff[row], law), objective)
            theirs = by_cvxpy(block.payoff[row], n_private, n_actions, concept, objective)
            assert mine == pytest.approx(theirs, abs=TOL)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES, ids=str)
def test_no_deviation_gains_in_the_strategy_handed_back(n_private, n_actions, concept):
    """Regrets by plain loops over P(a | p), ties and impossible profiles included."""
    agents = tuple("abc"[: len(n_private)])
    n = len(agents)
    for seed in range(4):
        block = random_block(seed, n_private, n_actions, integers=seed > 1)
        found = concept_named(concept).solve(block, parse_objective("welfare", agents))
        law = joint_law(found, 0, n_private, n_actions)
        np.testing.assert_allclose(law.sum(axis=tuple(range(n, 2 * n))), 1.0, atol=TOL)
        checked = 0
        for i in range(n):
            total = 0.0
            for p in range(n_private[i]):
                gains = np.zeros((n_actions[i], n_actions[i]))  # recommended, played instead
                for index in np.ndindex(*n_private, *n_actions):
                    if index[i] != p:
                        continue
                    told = index[n + i]
                    for instead in range(n_actions[i]):
                        other = (*index[: n + i], instead, *index[n + i + 1 :])
                        gain = block.payoff[(0, i, *other)] - block.payoff[(0, i, *index)]
                        gains[told, instead] += law[index] * gain
                checked += 1
                if concept in ("ce", "strategic-ce"):
                    assert gains.max() <= TOL
                elif concept == "interim-cce":
                    assert gains.sum(axis=0).max() <= TOL
                total += gains.sum(axis=0).max()
            assert total <= TOL or concept != "cce"
        assert checked == sum(n_private)


# Payoffs hard for a simplex method without perturbation: many ties, twins of actions, and extreme units.
HARD = {
    "ties": lambda payoff: np.round(8 * payoff),
    "two kinds of cell": lambda payoff: (payoff > 0).astype(float),
    "nothing at stake": np.zeros_like,
    "twin actions": lambda payoff: payoff[..., [0] * payoff.shape[-1]],
    "units of 1e-6": lambda payoff: 1e-6 * payoff,
    "units of 1e6": lambda payoff: 1e6 * payoff,
    "agents of 1e-6 and 1e6": lambda payoff: payoff * np.array([1e-6, 1e6]).reshape(-1, *(1,) * (payoff.ndim - 2)),
}


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize(("n_private", "n_actions"), [((1, 1), (4, 3)), ((2, 2), (3, 2)), ((2, 3), (2, 3))], ids=str)
def test_groups_of_hard_games_have_duals_that_prove_them_optimal(n_private, n_actions, hard, concept):
    """Joined in groups, by the dual objective (the total's dual: every other bound is 0) and alone."""
    payoff = HARD[hard](random_block(5, n_private, n_actions, size=20).payoff)
    block = StageBlock(payoff, 0, np.arange(20))
    form = form_of(n_private, n_actions, concept_named(concept).kind)
    game = scaled(block)
    programs = compile_programs(form, game, Aim.of(parse_objective("welfare", ("a", "b")), game))
    x, dual = solve_block(programs)
    mine = np.einsum("bj,bj->b", programs.cost, x)
    np.testing.assert_allclose(dual[:, -1], mine, atol=1e-9)
    alone = [solve_program(programs.program(b)).objective for b in range(20)]
    np.testing.assert_allclose(mine, alone, atol=1e-9)


@pytest.mark.parametrize("concept", CONCEPTS[:3])  # pairs do not tell what is heard in a strategic-ce
@pytest.mark.parametrize(
    ("n_private", "n_actions"), [((2, 2), (2, 3)), ((2, 1, 2), (2, 2, 2)), ((3, 2), (2, 2))], ids=str
)
@pytest.mark.parametrize("objective", ["welfare", "egalitarian", "worst"])
def test_cells_of_pairs_and_of_prescriptions_have_one_optimum(n_private, n_actions, objective, concept, monkeypatch):
    agents = tuple("abc"[: len(n_private)])
    block = random_block(6, n_private, n_actions, size=30)
    kind, game = concept_named(concept).kind, scaled(block)
    found = []
    for factor, joint in ((0.0, False), (100.0, True)):
        monkeypatch.setattr(semi_compact, "JOINT_FACTOR", factor)
        form = Form(n_private, n_actions, kind)
        assert form.joint == joint
        x, _ = solve_block(compile_programs(form, game, Aim.of(parse_objective(objective, agents), game)))
        strategy = decode(form, x[:, : form.n_y], 30, "program")
        laws = [joint_law(strategy, b, n_private, n_actions) for b in range(30)]
        found.append([achieved(values(block.payoff[b], laws[b]), objective) for b in range(30)])
    np.testing.assert_allclose(found[0], found[1], atol=1e-9)


def test_losses_are_costs_with_a_best_action_at_no_loss():
    """By hand, two g and three private informations of three actions (27 prescriptions for 9 pairs: pairs).

    g = 0: rows (1 2 3), (4 4 5), (0 1 2): their least 1, 4, 0 make 5 together. g = 1: all 2, so 6, which
    is 1 more than g = 0 and is spread as 1/3 to each p.
    """
    form = Form((1, 3), (2, 3), "action")
    cost = np.array([[1, 2, 3, 4, 4, 5, 0, 1, 2] + [2] * 9], dtype=float)
    expected = [[0, 1, 2, 0, 0, 1, 0, 1, 2] + [1 / 3] * 9]
    np.testing.assert_allclose(_losses(form, cost), expected, atol=1e-15)


def single(payoff) -> StageBlock:
    """Return a bimatrix game, payoffs (n, A_1, ..., A_n), as a block of one."""
    payoff = np.asarray(payoff, dtype=float)
    n = len(payoff)
    return StageBlock(payoff.reshape(1, n, *(1,) * n, *payoff.shape[1:]), 0, np.array([0]))


# Chicken as in Aumann (1974): C C = (6, 6), C D = (2, 7), D C = (7, 2), D D = (0, 0).
CHICKEN = [[[6, 2], [7, 0]], [[6, 7], [2, 0]]]


@pytest.mark.parametrize(
    ("concept", "welfare"),
    # Team 12 at C C. Best CE: 1/2 on C C, 1/4 on C D and D C: 6 + 9/2 = 21/2, and no CCE is better.
    # NE: 9 at C D and D C; mixed C with 2/3 each: 2 * 14/3 = 28/3.
    [("team", 12.0), ("ne", 28 / 3), ("strategic-ce", 10.5), ("ce", 10.5), ("interim-cce", 10.5), ("cce", 10.5)],
)
def test_best_welfare_in_chicken(concept, welfare):
    found = concept_named(concept).solve(single(CHICKEN), parse_objective("welfare", ("a", "b")))
    law = joint_law(found, 0, (1, 1), (2, 2))
    assert values(single(CHICKEN).payoff[0], law).sum() == pytest.approx(welfare, abs=TOL)


def test_a_cce_can_be_better_than_every_ce():
    """Agent 1 gets 1 on the diagonal, 3 one to its right, -2 else; agent 2 the same with sides exchanged.

    Drawing the diagonal uniformly gives (1, 1); a fixed action instead gives (1 + 3 - 2) / 3 = 2/3, so
    it is a CCE, and no cell has more welfare than 2. Told its diagonal action, an agent would move to
    its 3, so it is no CE; the best CE is the mixed equilibrium with 2/3 each.
    """
    game = [[[1, 3, -2], [-2, 1, 3], [3, -2, 1]], [[1, -2, 3], [3, 1, -2], [-2, 3, 1]]]
    welfare = {}
    for concept in ("ce", "cce"):
        found = concept_named(concept).solve(single(game), parse_objective("welfare", ("a", "b")))
        welfare[concept] = values(single(game).payoff[0], joint_law(found, 0, (1, 1), (3, 3))).sum()
    assert welfare == pytest.approx({"ce": 4 / 3, "cce": 2.0}, abs=TOL)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_unit_of_payoffs_does_not_matter(concept, unit):
    block = random_block(5, (2, 2), (2, 2))
    scaled = StageBlock(block.payoff * unit, 0, block.nodes)
    objective = parse_objective("welfare", ("a", "b"))
    value = [
        values(b.payoff[0], joint_law(concept_named(concept).solve(b, objective), 0, (2, 2), (2, 2))).sum()
        for b in (block, scaled)
    ]
    assert value[1] / unit == pytest.approx(value[0], abs=1e-9)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("payoff", [np.zeros((2, 2, 2)), np.ones((2, 1, 3)), np.zeros((2, 1, 1))], ids=str)
def test_games_without_incentives_are_solved(concept, payoff):
    """All payoffs equal, and agents with one action: every row of the program is empty."""
    found = concept_named(concept).solve(single(payoff), parse_objective("egalitarian", ("a", "b")))
    law = joint_law(found, 0, (1, 1), payoff.shape[1:])
    assert law.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_private_information_of_tiny_probability_still_counts(concept):
    """The incentives of an agent at an information of probability 1e-10 hold relative to that probability."""
    payoff = np.zeros((2, 2, 1, 2, 2))
    payoff[:, 0, 0] = (1 - 1e-10) * np.array(CHICKEN)
    payoff[:, 1, 0] = 1e-10 * np.array([[[0, 0], [1, 1]], [[0, 0], [0, 0]]])  # the second action dominates
    block = StageBlock(payoff[None], 0, np.array([0]))
    found = concept_named(concept).solve(block, parse_objective("welfare", ("a", "b")))
    law = joint_law(found, 0, (2, 1), (2, 2))
    if concept != "cce":  # ex ante the loss of 1e-10 is within rounding
        assert law[1, 0, 1].sum() == pytest.approx(1.0, abs=1e-6)
    assert values(payoff, law).sum() == pytest.approx(10.5, abs=1e-6)


def test_a_block_is_solved_as_its_parts_are():
    block = random_block(11, (2, 2), (2, 2), size=7)
    objective = parse_objective("welfare", ("a", "b"))
    whole = concept_named("ce").solve(block, objective)
    for row in range(7):
        part = concept_named("ce").solve(block.part(slice(row, row + 1)), objective)
        np.testing.assert_array_equal(joint_law(whole, row, (2, 2), (2, 2)), joint_law(part, 0, (2, 2), (2, 2)))


@pytest.mark.parametrize("concept", ["ne", *CONCEPTS])
@pytest.mark.parametrize("apart", [0.0, 3.0, 1e3, 1e6])
def test_egalitarian_when_one_agent_is_far_better_off(concept, apart):
    """With chicken in units of 1e-6 and agent 2 better off by `apart`, only agent 1's value counts."""
    payoff = 1e-6 * np.array(CHICKEN, dtype=float)
    payoff[1] += apart
    found = concept_named(concept).solve(single(payoff), parse_objective("egalitarian", ("a", "b")))
    mine = values(single(payoff).payoff[0], joint_law(found, 0, (1, 1), (2, 2)))
    best_for_one = 7e-6  # agent 1 dares, agent 2 yields: an equilibrium of every concept
    equal = {"ne": 14e-6 / 3}.get(concept, 5.25e-6)
    assert mine.min() == pytest.approx(best_for_one if apart else equal, rel=1e-6)
