"""Programs of numbers of very different sizes."""

import numpy as np
import pytest

from lp_posg.lp import LinearProgram, Status, attempt_program, is_wide
from lp_posg.lp.balance import balanced


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
