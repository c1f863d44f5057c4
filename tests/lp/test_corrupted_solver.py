"""A solver that maximises what it is to minimise, and says that all is well, is not believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lp_posg.errors import SolveError
from lp_posg.lp import (
    ColumnProgram,
    CostSweep,
    LinearProgram,
    ProgramBlock,
    Status,
    WarmProgram,
    attempt_program,
    highs,
    solve_block,
    solve_program,
    warm,
)
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated import exact_program

SOUND_LOAD, SOUND_SOLVER = highs.load, highs.solver_for


def corrupt_load(solver, program):
    return SOUND_LOAD(solver, replace(program, cost=-program.cost))


class CorruptSolver:
    """A solver with all costs negated on their way in."""

    def __init__(self, way, large=False):
        self.__dict__["solver"] = SOUND_SOLVER(way, large)

    def __getattr__(self, name):
        return getattr(self.solver, name)

    def addCols(self, number, cost, *rest):
        return self.solver.addCols(number, -cost, *rest)

    def changeColsCost(self, number, columns, cost):
        return self.solver.changeColsCost(number, columns, -cost)


@pytest.fixture
def corrupt(monkeypatch):
    monkeypatch.setattr(highs, "load", corrupt_load)
    monkeypatch.setattr(warm, "load", corrupt_load)
    monkeypatch.setattr(warm, "solver_for", CorruptSolver)


def program(integer=None):
    """Minimise x - 2 y over the triangle x + y <= 1: -2."""
    return LinearProgram.of(np.array([[1.0, 1.0]]), np.array([1.0, -2.0]), (0.0, 1.0), (-np.inf, 1.0), integer)


def block(size=3):
    one = program()
    return ProgramBlock(
        np.tile(one.cost, (size, 1)), one.lower, one.upper, one.row_lower, one.row_upper, one.start, one.index,
        np.tile(one.value, (size, 1)),
    )  # fmt: skip


@pytest.mark.parametrize("integer", [None, np.array([True, True])])
def test_no_way_of_a_corrupt_solver_is_believed(integer, corrupt):
    with pytest.raises(SolveError, match="ended as: failed"):
        solve_program(program(integer))
    assert attempt_program(program(integer)).status is Status.FAILED


def test_a_balanced_program_is_not_believed_either(corrupt):
    with pytest.raises(SolveError, match="ended as: failed"):
        solve_program(program(), balance=True)


def test_of_a_block_the_first_program_is_named(corrupt):
    with pytest.raises(SolveError, match=r"program 0 .* ended as: failed"):
        solve_block(block())


def test_where_only_joined_programs_go_wrong_they_are_solved_one_by_one(monkeypatch):
    calls = []

    def load(solver, program):
        calls.append(program.n_columns)
        return corrupt_load(solver, program) if program.n_columns > 2 else SOUND_LOAD(solver, program)

    monkeypatch.setattr(highs, "load", load)
    x, dual = solve_block(block())
    assert x == pytest.approx(np.tile([0.0, 1.0], (3, 1)))
    assert calls == [6, 2, 2, 2]
    assert dual.shape == (3, 1)


def test_where_one_way_goes_wrong_the_next_is_tried(monkeypatch):
    seen = []

    def load(solver, program):
        seen.append(program.n_columns)
        return corrupt_load(solver, program) if len(seen) == 1 else SOUND_LOAD(solver, program)

    monkeypatch.setattr(highs, "load", load)
    for integer in (None, np.array([True, True])):
        seen.clear()
        found = solve_program(program(integer))
        assert found.x == pytest.approx([0.0, 1.0])
        assert found.objective == pytest.approx(-2.0)
        assert len(seen) == 2


def test_programs_that_are_solved_again_are_not_believed(corrupt):
    sweep = CostSweep(program())
    with pytest.raises(SolveError, match="ended as: failed"):
        sweep.solve(np.array([1.0, -2.0]))
    one = program()
    found, _ = WarmProgram(one).solve(one.lower, one.upper, one.row_lower, one.row_upper)
    assert found.status is Status.FAILED
    columns = ColumnProgram(np.array([-np.inf]), np.array([1.0]))
    columns.add(np.array([[1.0], [1.0]]), np.array([1.0, -2.0]), upper=1.0)
    with pytest.raises(SolveError, match="ended as: failed"):
        columns.solve()
    columns.set_cost(np.array([3.0, -1.0]))
    with pytest.raises(SolveError, match="ended as: failed"):
        columns.solve()


ENDINGS = {"ne": "unbounded", "ce": "failed", "interim-cce": "failed", "cce": "failed", "strategic-ce": "failed"}


@pytest.mark.parametrize(("concept", "ending"), ENDINGS.items())
def test_no_equilibrium_comes_of_a_corrupt_solver(concept, ending, corrupt, monkeypatch):
    """Of pennies with value 1/3 no `ne`; of chicken, where welfare selects, no correlated equilibrium."""
    monkeypatch.setattr(exact_program, "EXACT_ENTRIES", 0)
    first = np.array([[3.0, -1.0], [-1.0, 1.0]])
    payoff = np.stack([first, -first]) if concept == "ne" else np.array([[[6.0, 2], [7, 0]], [[6, 7], [2, 0]]])
    stage = StageBlock(payoff[None, :, None, None], 0, np.array([0]))
    with pytest.raises(SolveError, match=f"ended as: {ending}"):
        concept_named(concept).solve(stage, parse_objective("welfare", ("a", "b")))


def test_a_proof_takes_both_the_right_point_and_the_right_multipliers():
    one = program()
    assert one.is_proven(np.array([0.0, 1.0]), np.array([-2.0]))
    assert one.is_proven(np.array([0.0, 1.0]), np.array([-1.5]))  # the bound y <= 1 takes the rest
    assert not one.is_proven(np.array([0.0, 1.0 - 1e-8]), np.array([-1.0]))
    assert not one.is_proven(np.array([0.0, 1.0]), np.array([-2.1]))
    assert not one.is_proven(np.array([0.0, 1.0]), np.array([1e-6]))  # the row has no lower bound to be at
    free = LinearProgram.of(np.array([[1.0, -1.0]]), np.array([0.0, 1.0]), (0.0, np.inf), (0.0, np.inf))
    assert free.is_proven(np.zeros(2), np.zeros(1))
    assert not free.is_proven(np.zeros(2), np.full(1, 1e-6))  # x would be worth more without end
