"""Upper bounds of observability: differences of two beliefs that observations tell apart badly.

A *difference* is a vector x over states that sums to 0; with the law O it has the ratio ``|O' x|_1 / |x|_1``, and
observability is the least ratio of all. Its positive and its negative part, scaled to sum to 1, are the two beliefs.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from scipy.spatial.distance import pdist

from lp_posg.lp import LinearProgram, Status, attempt_program
from lp_posg.types import FloatArray

ROUNDS = 50  # most programs of one local search; each but the last improves on the one before


def ratio(rows: FloatArray, difference: FloatArray) -> float:
    """Return ``|O' x|_1 / |x|_1``.

    `rows`: shape (S, m); P(observation | state). `difference`: shape (S,); not 0.
    """
    return float(np.abs(difference @ rows).sum() / np.abs(difference).sum())


def beliefs_of(difference: FloatArray) -> FloatArray:
    """Return the two beliefs whose difference is a multiple of `difference`, shape (2, S).

    >>> beliefs_of(np.array([0.5, -2.0, 1.5])).tolist()
    [[0.25, 0.0, 0.75], [0.0, 1.0, 0.0]]
    """
    parts = np.stack([np.maximum(difference, 0.0), np.maximum(-difference, 0.0)])
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))


def least(rows: FloatArray, differences: Iterable[FloatArray]) -> FloatArray:
    """Return the difference with the least ratio, made of two beliefs to the last digit (norm 2)."""
    best, found = np.inf, None
    for difference in differences:
        if difference.max(initial=0.0) > 0 and difference.min(initial=0.0) < 0:
            first, second = beliefs_of(difference)
            here = ratio(rows, first - second)
            if here < best:
                best, found = here, first - second
    if found is None:
        raise ValueError("no difference has a positive and a negative entry")
    return np.asarray(found)


def closest_states(rows: FloatArray) -> FloatArray:
    """Return the difference of the two states whose laws are closest; its ratio is half their L1 distance."""
    n_states = len(rows)
    first, second = np.triu_indices(n_states, 1)
    nearest = int(np.argmin(pdist(rows, "cityblock")))
    difference = np.zeros(n_states)
    difference[first[nearest]], difference[second[nearest]] = 1.0, -1.0
    return difference


def flattest(rows: FloatArray) -> FloatArray:
    """Return the difference that is least in the Euclidean norm; it has ratio 0 if any has.

    With more states than observations it is sought among one more state than there are observations: there must be one.
    """
    n_states, n_columns = rows.shape
    held = min(n_states, n_columns + 1)
    # Beside the observations, a column of ones: the difference has to sum to 0.
    left = np.linalg.svd(np.hstack([rows[:held], np.ones((held, 1))]), full_matrices=False)[0]
    difference = np.zeros(n_states)
    difference[:held] = left[:, -1]
    return difference


def descend(rows: FloatArray, difference: FloatArray, deadline: float) -> FloatArray:
    """Return a difference of a ratio at most that of `difference`, by local search.

    For a pattern of signs the x with ``|O' x|_1 = 1`` and the largest ``sign . x`` is a linear program; the signs of
    its solution make the next one, until the ratio no longer falls.
    """
    best = difference / np.abs(difference).sum()
    for _ in range(ROUNDS):
        left = deadline - clock.time()
        result = attempt_program(_largest_along(rows, np.where(best >= 0, 1.0, -1.0)), left)
        if result.status is not Status.OPTIMAL:
            break
        found = result.x[: len(rows)] - result.x[: len(rows)].mean()
        size = np.abs(found).sum()
        if not size > 0 or ratio(rows, found) >= ratio(rows, best) * (1 - 1e-12):
            break
        best = found / size
    return np.asarray(best)


def _largest_along(rows: FloatArray, signs: FloatArray) -> LinearProgram:
    """Return: maximise signs . x where O' x = p - q with p, q >= 0, sum p = sum q = 1/2 (so that x sums to 0)."""
    n_states, n_columns = rows.shape
    eye, ones = sp.eye_array(n_columns), sp.csr_array(np.ones((1, n_columns)))
    parts = [[sp.csr_array(rows.T), -eye, eye], [None, ones, None], [None, None, ones]]
    matrix = sp.block_array(parts, format="csc")
    none, right = np.zeros(2 * n_columns), np.append(np.zeros(n_columns), [0.5, 0.5])
    lower = np.concatenate([np.full(n_states, -np.inf), none])
    return LinearProgram.of(matrix, np.concatenate([-signs, none]), (lower, np.inf), (right, right))
