"""Correlated concepts of zero-sum games, which their Nash equilibria answer, and which way large games are solved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from stage_games import joint_law, random_block, values

import lp_posg as posg
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.semi_compact import Form
from lp_posg.stage.correlated.whole_program import layout_of

CORRELATED = ("strategic-ce", "ce", "interim-cce", "cce")
AGENTS = ("a", "b")


def all_values(found, block):
    """Return the agents' values in each game of a block, shape (B, n)."""
    laws = [joint_law(found, row, block.n_private, block.n_actions) for row in range(len(block))]
    return np.array([values(payoff, law) for payoff, law in zip(block.payoff, laws, strict=True)])


def matrix_game(first, second):
    """Return the game of one step with these payoffs."""
    rows, columns = first.shape
    still, blind = np.ones((1, rows, columns, 1)), np.ones((rows, columns, 1, 1, 1))
    return posg.Game(still, blind, np.stack([first, second])[:, None], [1.0])


def matrix_value(payoff):
    """Return the value of a matrix game, by a program of its own."""
    rows, columns = payoff.shape
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.column_stack([-payoff.T, np.ones(columns)]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * rows + [(None, None)],
    )
    return -found.fun


@pytest.mark.parametrize("concept", CORRELATED)
def test_a_large_zero_sum_matrix_is_one_program_with_a_row_per_action(concept):
    payoff = np.random.default_rng(0).normal(size=(60, 60))
    found = posg.solve(matrix_game(payoff, 3.0 - payoff), 1, "full", concept, "worst")
    value = matrix_value(payoff)
    assert found.values == pytest.approx([value, 3.0 - value], abs=1e-9)
    assert found.certificate.gap == pytest.approx(0.0, abs=1e-9)
    (block,) = found.policy.steps[0].blocks
    assert len(block.atom_prob) == 1  # drawn independently: no other way gives one atom with many actions
    assert (block.prescription[0] > 0).sum() > 1


@pytest.mark.parametrize("concept", CORRELATED)
@pytest.mark.parametrize("objective", ["welfare", "worst", "agent:2", "egalitarian"])
def test_a_block_of_both_kinds_has_the_values_of_each(concept, objective):
    zero = random_block(0, (2, 3), (2, 2), size=3, zero_sum=True)
    other = random_block(1, (2, 3), (2, 2), size=3)
    mixed = StageBlock(
        np.stack([zero.payoff, other.payoff], axis=1).reshape(6, *zero.payoff.shape[1:]), 0, np.arange(6)
    )
    goal = parse_objective(objective, AGENTS)
    found = all_values(concept_named(concept).solve(mixed, goal), mixed)
    nash = all_values(concept_named("ne").solve(zero, goal), zero)
    assert found[::2] == pytest.approx(nash, abs=1e-9)
    assert found[1::2] == pytest.approx(all_values(concept_named(concept).solve(other, goal), other), abs=1e-9)


def test_entropy_still_selects_among_the_equilibria_of_a_zero_sum_game():
    """Agent 1's rows are alike, so every mixture is an equilibrium: the one of most entropy is uniform."""
    payoff = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = posg.solve(matrix_game(payoff, -payoff), 1, "full", "cce", "entropy")
    (block,) = found.policy.steps[0].blocks
    law = np.einsum("m,mi,mj->ij", block.atom_prob, block.prescription[0][:, 0], block.prescription[1][:, 0])
    assert law == pytest.approx(np.array([[0.0, 0.5], [0.0, 0.5]]), abs=1e-5)


@pytest.mark.parametrize(
    ("n", "kind", "whole"), [(30, "ex-ante", True), (31, "ex-ante", False), (100, "interim", False)]
)
def test_coarse_equilibria_of_large_matrices_take_columns(n, kind, whole):
    assert Form((1, 1), (n, n), kind).written_down is whole


@pytest.mark.parametrize(("n", "whole"), [(10, True), (37, True), (38, True), (100, True), (130, False)])
def test_a_program_is_limited_by_the_numbers_in_it(n, whole):
    """Of n by n actions n^2 (2 n - 1) numbers: 2 million for n = 100. All cells of a dense matrix: 4 million at 38."""
    form = Form((1, 1), (n, n), "action")
    assert form.n_nonzeros == n**2 * (2 * n - 1)
    assert form.written_down is whole


@pytest.mark.parametrize("kind", ["ex-ante", "interim", "action"])
@pytest.mark.parametrize(("n_private", "n_actions"), [((1, 1), (5, 4)), ((2, 5), (3, 2)), ((3, 2, 4), (2, 2, 3))])
def test_the_numbers_counted_are_those_written_down(n_private, n_actions, kind):
    form = Form(n_private, n_actions, kind)
    assert form.k == 1 or not form.joint
    equations = form.n_g * form.a * (1 + 2 * (form.k - 1))  # of consistency and the total
    written = len(layout_of(form).frame.index) - len(form.slack_entries[0])
    assert written - equations == form.n_nonzeros - form.n_g * form.k * form.a


@pytest.mark.parametrize("objective", ["welfare", "agent:1"])
def test_both_ways_agree_beyond_the_old_limit(objective):
    block = StageBlock(np.random.default_rng(0).normal(size=(1, 2, 1, 1, 38, 38)), 0, np.arange(1))
    goal, concept = parse_objective(objective, AGENTS), concept_named("ce")
    whole = concept.solve(block, goal)
    assert dict(whole.methods) == {"program": 1}
    columns = by_generation(block, goal, Form((1, 1), (38, 38), "action"), "game {}".format)
    goals = [all_values(found, block)[0] @ goal.weights for found in (whole, columns)]
    assert goals[0] == pytest.approx(goals[1], abs=1e-7)
