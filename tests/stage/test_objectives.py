"""Selection rules beyond the linear ones: weights, leximin, entropy, and concave functions of the values."""

from __future__ import annotations

import time

import cvxpy as cp
import numpy as np
import pytest
from full_enumeration import FullProgram
from stage_games import random_block

from lp_posg.errors import LimitError, ModelError, OptionError, SolveError, UnsupportedError
from lp_posg.lp import conic, tangents
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated import exact_program, semi_compact
from lp_posg.stage.correlated.concept import concave_optima
from lp_posg.stage.correlated.whole_program import incentive_programs
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import scaled

TOL = 1e-7
AGENTS = ("a", "b", "c", "d")
CONCEPTS = ["cce", "interim-cce", "ce"]
ALL = [*CONCEPTS, "strategic-ce"]
"""The last is always solved whole: its columns are not generated."""


def values_of(block, concept, objective):
    """Return the agents' values (B, n) in the equilibria selected, and their strategies."""
    goal = objective if isinstance(objective, Objective) else parse_objective(objective, AGENTS[: block.n_agents])
    found = concept_named(concept).solve(block, goal)
    law = found.joint().reshape(len(block), -1)
    return np.einsum("bia,ba->bi", block.payoff.reshape(len(block), block.n_agents, -1), law), found


def chooser(*outcomes):
    """Return a game in which the last agent, who gets nothing, chooses among outcomes for the others."""
    n = len(outcomes[0]) + 1
    payoff = np.zeros((1, n, *(1,) * n, *(1,) * (n - 1), len(outcomes)))
    payoff[0, : n - 1, ..., :] = np.array(outcomes).T.reshape(n - 1, *(1,) * (2 * n - 1), len(outcomes))
    return StageBlock(payoff, 0, np.array([0]))


@pytest.fixture(params=["whole", "columns"])
def method(request, monkeypatch):
    monkeypatch.setattr(exact_program, "EXACT_ENTRIES", 0)
    if request.param == "columns":
        monkeypatch.setattr(semi_compact, "SMALL_ENTRIES", 0)
        monkeypatch.setattr(semi_compact, "FEW_EQUATIONS", -1.0)
    return request.param


# ---- weights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("concept", ["ne", *ALL])
def test_weights_are_those_of_the_objectives_they_equal(concept):
    block = random_block(3, (2, 1), (2, 2), size=5)
    for weights, same, by in (("1,0", "agent:1", [1, 0]), ("2,2", "welfare", [1, 1])):
        mine, theirs = (values_of(block, concept, name)[0] @ by for name in (f"weighted:{weights}", same))
        np.testing.assert_allclose(mine, theirs, atol=TOL)


@pytest.mark.parametrize("concept", ALL)
def test_weights_give_the_optimum_of_the_full_enumeration(concept, method):
    block = random_block(8, (2, 2), (2, 3))
    value, _ = values_of(block, concept, "weighted:1,2.5")
    assert value[0] @ [1, 2.5] == pytest.approx(
        FullProgram(block.payoff[0]).optimum(concept, np.array([1, 2.5])), abs=TOL
    )


@pytest.mark.parametrize("listed", ["", "1", "1,2,3", "1,-1", "0,0", "1,nan", "1,inf", "1,x", "1,,2"])
def test_other_weights_are_refused(listed):
    with pytest.raises(ModelError, match=r"2 numbers of at least 0.*\(a, b\), as in weighted:1,2"):
        parse_objective(f"weighted:{listed}", ("a", "b"))


# ---- objectives of the user --------------------------------------------------------------------


@pytest.mark.parametrize("concept", ["ne", *ALL])
def test_an_objective_of_the_user_has_the_optimum_of_the_one_it_equals(concept):
    block = random_block(9, (2, 1), (2, 2), size=3)
    for mine, same in (
        (Objective("mine", np.array([1.0, 0.0])), "agent:1"),
        (Objective("lowest", np.array([-2.0, -2.0])), "worst"),
        (Objective("fair"), "egalitarian"),
    ):
        given = parse_objective(mine, AGENTS[:2])
        assert given.name == f"own:{mine.name}"
        weights = parse_objective(same, AGENTS[:2]).weights
        found, expected = (values_of(block, concept, goal)[0] for goal in (given, same))
        by = (lambda v: v.min(axis=1)) if weights is None else (lambda v, w=weights: v @ w)
        np.testing.assert_allclose(by(found), by(expected), atol=TOL)


def test_an_objective_keeps_its_name_only_if_it_is_the_one_of_that_name():
    for name in ("welfare", "worst", "egalitarian", "entropy", "agent:2", "weighted:1,2"):
        built_in = parse_objective(name, AGENTS[:2])
        assert parse_objective(built_in, AGENTS[:2]) is built_in
    assert parse_objective(Objective("welfare", np.array([1.0, 2.0])), AGENTS[:2]).name == "own:welfare"
    for wrong in (np.ones(3), np.zeros(2), np.array([1.0, np.nan])):
        with pytest.raises(OptionError, match="objective 'mine': expected 2 finite weights"):
            parse_objective(Objective("mine", wrong), AGENTS[:2])
    with pytest.raises(OptionError, match="expected one of weights, concave and of_law"):
        parse_objective(Objective("mine", np.ones(2), cp.sum), AGENTS[:2])


# ---- leximin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("concept", CONCEPTS)
def test_leximin_by_hand(concept, method):
    """The chooser's 0 is smallest whatever it does. With q on the first of two outcomes, besides 1 for agent a,
    b has 3 - 2 q and c has 1 + 4 q: equal at q = 1/3, 7/3 each. The outcome with less for a is not touched.
    """
    block = chooser([1, 1, 5], [1, 3, 1], [0.5, 9, 9])
    value, found = values_of(block, concept, "egalitarian")
    assert value[0] == pytest.approx([1, 7 / 3, 7 / 3, 0], abs=1e-6)
    assert found.methods == {"program" if method == "whole" else "columns": 1}


@pytest.mark.parametrize("concept", ["ne", *ALL])
def test_leximin_of_two_agents_looks_at_the_better_off_too(concept):
    """Agent a has 1 whatever happens and chooses what b has above that: 3 rather than 2."""
    payoff = np.array([[[1.0], [1.0]], [[2.0], [3.0]]]).reshape(1, 2, 1, 1, 2, 1)
    value, _ = values_of(StageBlock(payoff, 0, np.array([0])), concept, "egalitarian")
    assert value[0] == pytest.approx([1, 3], abs=1e-6)


@pytest.mark.parametrize("concept", ALL)
def test_leximin_of_two_agents_is_the_largest_sum_above_the_largest_minimum(concept, method):
    """One of the two has the minimum, so the other's value is the rest of the sum; ties and all."""
    for seed in range(12):
        block = random_block(seed, (2, 2), (2, 2), integers=seed % 2 > 0)
        value, _ = values_of(block, concept, "egalitarian")
        full = FullProgram(block.payoff[0])
        smallest = full.optimum(concept, "egalitarian")
        assert value[0].min() == pytest.approx(smallest, abs=TOL)
        assert value[0].sum() == pytest.approx(full.optimum(concept, "welfare", floor=smallest - 1e-9), abs=1e-6)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_both_methods_find_the_one_leximin_of_three_agents(concept, monkeypatch):
    block = random_block(4, (2, 1, 2), (2, 2, 2), size=10)
    monkeypatch.setattr(exact_program, "EXACT_ENTRIES", 0)
    whole, _ = values_of(block, concept, "egalitarian")
    monkeypatch.setattr(semi_compact, "SMALL_ENTRIES", 0)
    monkeypatch.setattr(semi_compact, "FEW_EQUATIONS", -1.0)
    columns, found = values_of(block, concept, "egalitarian")
    assert found.methods == {"columns": 10}
    np.testing.assert_allclose(whole, columns, atol=1e-6)
    assert np.ptp(whole, axis=1).max() > 0.01  # not all values are equal, so later programs mattered


# ---- entropy ---------------------------------------------------------------------------------------


def test_without_incentives_the_largest_entropy_is_that_of_the_uniform_law():
    block = StageBlock(np.zeros((1, 2, 2, 1, 2, 3)), 0, np.array([0]))
    _, found = values_of(block, "cce", "entropy")
    law = found.joint()
    np.testing.assert_allclose(law, 1 / 6, atol=1e-6)
    assert found.methods == {"conic": 1}


def test_where_one_profile_is_the_only_equilibrium_there_is_no_entropy():
    prisoners = np.array([[[3.0, 0], [4, 1]], [[3, 4], [0, 1]]]).reshape(1, 2, 1, 1, 2, 2)
    _, found = values_of(StageBlock(prisoners, 0, np.array([0])), "ce", "entropy")
    law = found.joint()[0, 0, 0]
    np.testing.assert_allclose(law, [[0, 0], [0, 1]], atol=1e-6)


@pytest.mark.parametrize("concept", ALL)
@pytest.mark.parametrize(
    ("n_private", "n_actions"), [((1, 1), (3, 2)), ((2, 1), (2, 2)), ((1, 2, 1), (2, 2, 2))], ids=str
)
def test_no_equilibrium_has_more_entropy(n_private, n_actions, concept):
    """Entropy is concave: w is optimal exactly if no equilibrium v has (v - w) . grad H(w) = -(v - w) . log w > 0."""
    solver, entropies = concept_named(concept), []
    form = semi_compact.form_of(n_private, n_actions, solver.kind, True)
    order, goal = profile_order(form), parse_objective("entropy", AGENTS)
    # With many rows the interior-point solver leaves some 1e-6 to weights that should be 0, at 20 each in -log.
    slack = 1e-4 if concept == "strategic-ce" else 1e-5
    for seed in range(6):
        block = random_block(seed, n_private, n_actions, integers=True)
        game = scaled(block)
        w = np.maximum(concave_optima(*incentive_programs(form, game), game, goal, "{}".format, None)[0][0], 0)
        gradient = np.empty(len(w))
        gradient[order] = -np.log(np.maximum(w, 1e-9))
        entropies.append(-(w[w > 0] * np.log(w[w > 0])).sum())
        assert FullProgram(block.payoff[0]).optimum(concept, "", reward=gradient) <= entropies[-1] + slack
    assert max(entropies) > 0.5


def profile_order(form):
    """Return the number of each y's profile where all agents' prescriptions are enumerated in the order of agents."""
    cells = form.cells.argmax(axis=2)  # action of agent j at each of its private informations
    own = np.zeros(len(cells), dtype=np.int64)
    for p in range(form.k):
        own = own * form.a + cells[:, p]
    sizes = [a**k for k, a in zip(form.n_private, form.n_actions, strict=True)]
    digits = [None] * len(sizes)
    g, c = np.divmod(np.arange(form.n_y), len(cells))
    for place, i in enumerate(form.fixed):
        digits[i] = form.digit[place][g]
    digits[form.free] = own[c]
    return np.ravel_multi_index(tuple(digits), sizes)


# ---- functions of the values -----------------------------------------------------------------------


def nash_product(values):
    return cp.sum(cp.log(values[:2]))


def test_the_nash_product_by_hand():
    """With q on (4, 0) and the rest on (0, 2): log 4 q + log 2 (1 - q) is largest at q = 1/2: 2 and 1."""
    value, found = values_of(chooser([4, 0], [0, 2]), "cce", nash_product)
    assert value[0] == pytest.approx([2, 1, 0], abs=1e-5)
    assert found.methods == {"conic": 1}


@pytest.mark.parametrize("concept", ALL)
@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_no_equilibrium_improves_a_concave_function(concept, unit):
    """f is optimal at v exactly if no equilibrium with values v' has (v' - v) . grad f(v) > 0; f = sum log(v + 2)."""
    for seed in range(3):
        block = random_block(seed, (2, 2), (2, 2))
        block = StageBlock(unit * block.payoff, 0, block.nodes)
        value, _ = values_of(block, concept, lambda v: cp.sum(cp.log(v / unit + 2)))
        gradient = 1 / (value[0] / unit + 2)
        best = FullProgram(block.payoff[0] / unit).optimum(concept, gradient)
        assert gradient @ value[0] / unit == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("concept", ALL)
@pytest.mark.parametrize("objective", ["entropy", lambda v: -cp.sum_squares(v)], ids=["entropy", "squares"])
def test_what_an_interior_point_solver_found_is_an_equilibrium_to_the_last_digits(concept, objective):
    for seed in range(4):
        block = random_block(seed, (2, 2), (2, 2), zero_sum=seed == 3)
        _, found = values_of(block, concept, objective)
        law = found.joint()[0]
        for i in (0, 1):
            payoff = block.payoff[0, i]
            worth = np.einsum("pqab,pqcb->pac" if i == 0 else "pqab,pqac->qbc", law, payoff)
            stay = np.einsum("paa->pa", worth)
            if concept in ("ce", "strategic-ce"):
                assert (worth - stay[:, :, None]).max() <= 1e-8
            elif concept == "interim-cce":
                assert (worth.sum(axis=1) - stay.sum(axis=1)[:, None]).max() <= 1e-8
            else:
                assert worth.sum(axis=1).max(axis=1).sum() - stay.sum() <= 1e-8


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda v: cp.sum_squares(v), ModelError, "concave scalar"),
        (lambda v: v, ModelError, "concave scalar"),
        (lambda v: 1.0, ModelError, "returned float, expected a cvxpy expression"),
        (lambda v: cp.sum(cp.log(v - 100)), SolveError, "at no feasible point"),
    ],
    ids=["convex", "vector", "number", "nowhere defined"],
)
def test_a_function_that_is_not_what_it_has_to_be_is_told_so(function, error, message):
    with pytest.raises(error, match=f"step 1, state 1.*{message}"):
        values_of(random_block(0, (2, 2), (2, 2)), "ce", function)


def test_limits_of_concave_objectives():
    for objective, size in (("entropy", "conic program"), (nash_product, "generate columns")):
        with pytest.raises(UnsupportedError, match=rf"step 1, state 1.*{size}"):
            values_of(random_block(0, (5, 5), (3, 3)), "ce", objective)
    block = random_block(0, (2, 2), (2, 2))
    late = StageBlock(block.payoff, 0, block.nodes, deadline=time.time() - 1)
    with pytest.raises(LimitError, match="time limit"):
        values_of(late, "ce", "entropy")


def test_nash_says_which_objectives_work():
    with pytest.raises(UnsupportedError, match=r"'ne'.*'entropy'.*egalitarian, or concept 'ce'"):
        values_of(random_block(0, (1, 1), (2, 2)), "ne", "entropy")


def test_a_saddle_point_is_no_shortcut_to_entropy():
    """All payoffs 0: a zero-sum game with a saddle point everywhere, yet the uniform law has more entropy."""
    _, found = values_of(StageBlock(np.zeros((1, 2, 1, 1, 2, 2)), 0, np.array([0])), "ce", "entropy")
    np.testing.assert_allclose(found.joint(), 0.25, atol=1e-6)


CHICKEN = np.array([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]]).reshape(1, 2, 1, 1, 2, 2)
FUNCTIONS = {
    "squares": lambda v: -cp.sum_squares(v - 3),
    "logarithms": lambda v: cp.log(v[0] - 1) + 2 * cp.log(v[1] - 1),
    "smallest": lambda v: cp.minimum(2 * v[0], v[1]),
    "roots": lambda v: cp.sum(cp.sqrt(v)),
    "constant": lambda v: cp.Constant(2.0),
    "no point in the middle": lambda v: cp.log(v[0] - 6.5),
    "a variable of its own": lambda v: -cp.sum_squares(v - cp.Variable(nonneg=True) - 5),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("unit", [1e-8, 1e-3, 1e6, 1e9])
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_units_of_rewards_and_of_the_function_change_no_selection(function, unit, shift):
    """Chicken in other units and with other zeros, with the function to match, in units of its own."""
    f = FUNCTIONS[function]
    if function == "a variable of its own" and (unit != 1e-3 or shift):
        return  # such a function is left to the interior-point solver, in the units it is given in
    plain, _ = values_of(StageBlock(CHICKEN, 0, np.array([0])), "ce", f)
    block = StageBlock(unit * (CHICKEN + shift), 0, np.array([0]))
    value, found = values_of(block, "ce", lambda v: 1e6 * f(v / unit - shift))
    own = value[0] / unit - shift
    reached = [cp.Constant(0.0) + f(cp.Constant(v)) for v in (own, plain[0])]
    if function != "a variable of its own":
        assert reached[0].value == pytest.approx(reached[1].value, abs=1e-6)
    if function in ("squares", "logarithms", "smallest", "roots"):
        assert own == pytest.approx(plain[0], abs=2e-3 if function == "roots" else 1e-3)
    assert found.methods == {"conic": 1}


def test_known_optima_of_functions_of_the_values():
    """The correlated equilibria of chicken: the quadrangle (2, 7), (3.6, 3.6), (7, 2), (5.25, 5.25)."""
    block = StageBlock(CHICKEN, 0, np.array([0]))
    for function, expected in (
        ("squares", [3.6, 3.6]),
        # On the edge from (2, 7) to (5.25, 5.25), v2 = 7 - (v1 - 2) 7/13: there 1 / (v1 - 1) > (14 / 13) / (v2 - 1).
        ("smallest", [(7 + 14 / 13) / (2 + 7 / 13), 2 * (7 + 14 / 13) / (2 + 7 / 13)]),
        ("no point in the middle", [7, 2]),
    ):
        assert values_of(block, "ce", FUNCTIONS[function])[0][0] == pytest.approx(expected, abs=1e-5), function


def test_where_the_bound_is_not_met_no_solution_is_returned(monkeypatch):
    monkeypatch.setattr(tangents, "MOST_ROUNDS", 1)
    monkeypatch.setattr(tangents, "solve_concave", lambda program, *rest, **more: tangents.solve_program(program).x)
    with pytest.raises(SolveError, match=r"step 1, state 1.*'own:<lambda>'.*accuracy was not reached"):
        values_of(StageBlock(CHICKEN, 0, np.array([0])), "ce", FUNCTIONS["logarithms"])


def test_a_function_that_fails_is_named_and_the_cause_kept():
    def fails(values):
        raise ZeroDivisionError("one too many")

    block = StageBlock(CHICKEN, 0, np.array([0]))
    with pytest.raises(
        ModelError, match="objective 'own:fails': the objective raised ZeroDivisionError: one"
    ) as caught:
        values_of(block, "ce", fails)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(ModelError, match="'own:<lambda>': the objective has a Parameter without a value"):
        values_of(block, "ce", lambda v: v[0] * cp.Parameter(nonneg=True))
    with pytest.raises(ModelError, match="'own:<lambda>': the objective has a number that is not finite"):
        values_of(block, "ce", lambda v: v[0] * float("nan"))


def test_what_an_interior_point_solver_calls_inaccurate_is_no_entropy(monkeypatch):
    monkeypatch.setattr(conic, "ACCURACY", (1e-30,))
    with pytest.raises(SolveError, match=r"state 1.*'entropy': the interior-point solver did not reach"):
        values_of(StageBlock(CHICKEN, 0, np.array([0])), "ce", "entropy")


def test_an_improbable_private_information_keeps_no_solver_at_work_for_ever():
    """The point of largest entropy is moved inside by a program on which an interior-point method never ended."""
    belief = np.array([2.631885520126207e-09, 0.9999999973681144]).reshape(2, 1, 1, 1)
    first = [[[100624.35923723296, 138426.52744132178], [34459.8728117182, -32412.468234509866]],
             [[62575.37682734967, -115004.28543436628], [16580.738690805527, 131797.7064254477]]]  # fmt: skip
    second = [[[-7178.310304527526, -404.21868444985523], [-4095.2093373117877, -19037.39818446728]],
              [[-12338.680689552939, 7934.0487012134945], [487.2794541302399, -26346.75363070522]]]  # fmt: skip
    payoff = np.array([first, second]).reshape(2, 2, 1, 2, 2) * belief
    _, found = values_of(StageBlock(payoff[None], 0, np.array([0])), "cce", "entropy")
    assert found.atom_prob.sum() == pytest.approx(1)
