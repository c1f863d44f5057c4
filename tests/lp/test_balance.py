"""Programs of numbers of very different sizes."""

from dataclasses import replace

import numpy as np
import pytest

from lp_posg.lp import LinearProgram, Status, attempt_program, attempts, is_wide
from lp_posg.lp.balance import Balanced, balanced, correction
from lp_posg.lp.program import unsolved


def program(cost, matrix, row_lower, row_upper, lower=0.0):
    matrix = np.asarray(matrix, dtype=float)
    column, index = np.nonzero(matrix.T)
    n = matrix.shape[1]
    return LinearProgram(
        np.asarray(cost, dtype=float),
        np.broadcast_to(np.asarray(lower, dtype=float), n).copy(),
        np.full(n, np.inf),
        np.asarray(row_lower, dtype=float),
        np.asarray(row_upper, dtype=float),
        np.searchsorted(column, np.arange(n + 1)).astype(np.int32),
        index.astype(np.int32),
        matrix.T[column, index],
    )


def test_wide_is_told_from_zeros_and_from_what_rounding_leaves():
    rows = np.array([[1.0, 1e-9, 0.0], [1.0, 0.0, 1e-5], [1.0, 1e-16, 0.0], [1e300, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert is_wide(rows).tolist() == [True, False, False, False, False]
    assert is_wide(-rows * 1e6).tolist() == [True, False, False, False, False]
    assert not is_wide(np.array([np.inf, 1.0]))


def test_units_bring_entries_together_and_round_nothing():
    given = program([1, 2], [[1e12, 1.0], [1.0, 1.0]], [1, 1], [np.inf, 1])
    found = balanced(given)
    size = np.abs(found.program.value)
    assert size.max() / size.min() < 1e7 < 1e12
    assert (np.log2(found.row) % 1 == 0).all()
    assert (np.log2(found.column) % 1 == 0).all()
    of_column = np.repeat(np.arange(2), np.diff(given.start))
    again = found.program.value[:4] / found.row[given.index] / found.column[of_column]
    assert (again == given.value).all()


@pytest.mark.parametrize("big", [1e9, 1e11, 1e13])
def test_a_matrix_game_that_mixes_with_tiny_probabilities_has_primal_and_dual_of_full_accuracy(big):
    """max v with v <= M b and v <= a - 4 b: b = a / (M + 4), a + b = 1. The dual: y = 5 / (M + 5) on the first row."""
    given = program(
        [0, 0, -1], [[0, big, -1], [1, -4, -1], [1, 1, 0]], [0, 0, 1], [np.inf, np.inf, 1], lower=[0, 0, -np.inf]
    )
    found = attempt_program(given, balance=True)
    assert found.status is Status.OPTIMAL
    assert found.x == pytest.approx([(big + 4) / (big + 5), 1 / (big + 5), big / (big + 5)], rel=1e-9)
    assert found.dual[:2] == pytest.approx([5 / (big + 5), big / (big + 5)], rel=1e-9)
    assert found.objective == pytest.approx(-big / (big + 5), rel=1e-12)


def test_infeasible_and_unbounded_programs_are_told_when_wide():
    infeasible = program([1, 1], [[1e12, 1.0], [1e12, 1.0]], [1, -np.inf], [np.inf, 0.5])
    unbounded = program([-1, 0], [[1e-12, -1.0]], [-np.inf], [1.0])
    assert attempt_program(infeasible).status is Status.INFEASIBLE
    assert attempt_program(unbounded).status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED)


# ---- what is done where a balanced program does not end well --------------------------------------


def pennies(big):
    """Return the program of the matrix game above, whose solution has all digits only if balanced."""
    return program(
        [0, 0, -1], [[0, big, -1], [1, -4, -1], [1, 1, 0]], [0, 0, 1], [np.inf, np.inf, 1], lower=[0, 0, -np.inf]
    )


@pytest.fixture
def ways(monkeypatch):
    """Return the ways tried, as numbers of balanced ones or "plain"; a way in `ways.failing` ends without an answer."""

    class Ways(list):
        failing = frozenset()

    tried, sound = Ways(), attempts.run

    def run(program, options, *rest, **more):
        name = next((b for b, way in enumerate(attempts._BALANCED_WAYS) if way is options), "plain")
        tried.append(name)
        return unsolved() if name in tried.failing else sound(program, options, *rest, **more)

    monkeypatch.setattr(attempts, "run", run)
    return tried


def test_where_the_first_balanced_way_fails_the_next_is_taken(ways):
    ways.failing = {0}
    found = attempt_program(pennies(1e9), balance=True)
    assert ways == [0, 1]  # which leaves nothing to correct
    assert found.x[1] == pytest.approx(1 / (1e9 + 5), rel=1e-9)


def test_where_no_balanced_way_ends_the_plain_ones_are_taken(ways):
    ways.failing = {0, 1, 2}
    found = attempt_program(pennies(100.0), balance=True)
    assert ways == [0, 1, 2] * 3 + ["plain"]
    assert found.status is Status.OPTIMAL
    assert found.x == pytest.approx([104 / 105, 1 / 105, 100 / 105], abs=1e-9)


@pytest.mark.parametrize("failing", ["middle", "given", "mean"])
def test_units_in_which_a_program_fails_are_given_up_for_others(failing, ways, monkeypatch):
    sound, used = attempts._in_turn, []

    def in_turn(program, end):
        used.append(units[len(used)])
        return unsolved() if used[-1] == failing else sound(program, end)

    units = ("middle", "given", "mean")
    monkeypatch.setattr(attempts, "_in_turn", in_turn)
    monkeypatch.setattr(attempts, "REFINED", 0.0)  # so that all are tried
    found = attempt_program(pennies(1e9), balance=True)
    assert used == list(units)
    assert "plain" not in ways
    assert found.x == pytest.approx([(1e9 + 4) / (1e9 + 5), 1 / (1e9 + 5), 1e9 / (1e9 + 5)], rel=1e-9)


def test_of_all_units_the_answer_that_misses_least_is_kept(ways, monkeypatch):
    sound, missed = attempts._refined, iter([1e-3, 1e-9, 1e-6])
    shifts = iter([3e-8, 0.0, 2e-8])

    def refined(program, result, end):
        result, _ = sound(program, result, end)
        return replace(result, x=result.x * (1 + next(shifts))), next(missed)

    monkeypatch.setattr(attempts, "_refined", refined)
    found = attempt_program(pennies(10.0), balance=True)
    assert found.x == pytest.approx([14 / 15, 1 / 15, 10 / 15], rel=1e-12)


@pytest.mark.parametrize("fault", ["x", "dual"])
def test_a_balanced_answer_that_is_wrong_in_the_program_given_is_dropped(fault, ways, monkeypatch):
    sound = Balanced.restored

    def restored(self, result, cost):
        found = sound(self, result, cost)
        return replace(found, **{fault: getattr(found, fault) + 1e-3})

    monkeypatch.setattr(Balanced, "restored", restored)
    found = attempt_program(pennies(10.0), balance=True)
    assert ways[-1] == "plain"
    assert found.x == pytest.approx([14 / 15, 1 / 15, 10 / 15], rel=1e-9)


def test_a_correction_that_fails_leaves_the_answer_as_it_was(monkeypatch):
    tried, sound = [], attempts.run

    def run(program, options, *rest, violation=1e-7, **more):
        tried.append(violation)
        return unsolved() if violation == np.inf else sound(program, options, *rest, violation=violation, **more)

    monkeypatch.setattr(attempts, "run", run)
    monkeypatch.setattr(attempts, "ROUNDING", -1.0)  # so that a correction is wanted
    found = attempt_program(pennies(10.0), balance=True)
    assert tried.count(np.inf) > 0
    assert found.x == pytest.approx([14 / 15, 1 / 15, 10 / 15], rel=1e-9)


def test_corrections_make_up_for_what_is_missing():
    given = balanced(pennies(1e6)).program
    exact = attempt_program(given)
    rough = replace(exact, x=exact.x * (1 + 1e-6), dual=exact.dual * (1 - 1e-6))
    found, missed = attempts._refined(given, rough, np.inf)
    assert correction(given, rough, 1.0).missed > 1e-8
    assert missed <= attempts.REFINED
    assert found.x[:3] == pytest.approx(exact.x[:3], rel=1e-12)
