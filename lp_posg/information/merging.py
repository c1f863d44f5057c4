"""Merging of equal beliefs: common informations with one belief share one continuation game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.types import MERGE_TOL, FloatArray, IntArray, SparseMatrix


@dataclass(frozen=True)
class Merged:
    """Result of `merge_rows`.

    Attributes
    ----------
    representative : int array, shape (N,)
        The rows that stand for the classes, ascending: the first of each class.
    member_of : int array, shape (M,)
        The class of every row.
    distance : float
        Largest total variation distance between a row and the one that stands for it.
    """

    representative: IntArray
    member_of: IntArray
    distance: float


def merge_rows(
    rows: SparseMatrix,
    label: IntArray,
    n_private: tuple[int, ...],
    n_states: int,
    tolerance: float = MERGE_TOL,
) -> Merged:
    """Return classes of rows with equal `label`, equal supports and nearly equal beliefs.

    Rows of one class have the same private informations of positive probability, agent by agent,
    so that a strategy for the one is a strategy for the other.

    Parameters
    ----------
    rows : CSR array, shape (M, P * S)
        Beliefs, column ``p * S + s``.
    label : int array, shape (M,)
        Rows with different labels are never merged.
    tolerance : float
        Largest total variation distance within a class to its first row.

    Notes
    -----
    A random projection sorts nearly equal rows next to each other; every merge is then decided by
    the exact distance, so no class depends on where a grid of roundings lies. O(M log M + nnz).
    """
    n_rows = rows.shape[0]
    support = _support_hash(rows, n_private, n_states)
    position = rows @ np.random.default_rng(0).random(rows.shape[1])
    order = np.lexsort((np.arange(n_rows), position, support, label))
    new_run = np.ones(n_rows, dtype=bool)
    new_run[1:] = (
        (label[order][1:] != label[order][:-1])
        | (support[order][1:] != support[order][:-1])
        | (np.diff(position[order]) > 2 * tolerance + 1e-15)
    )
    run = np.empty(n_rows, dtype=np.int64)
    run[order] = np.cumsum(new_run) - 1
    leader, distance = _leaders(rows, run, tolerance)
    representative, member_of = np.unique(leader, return_inverse=True)
    return Merged(representative, member_of, distance)


def _leaders(rows: SparseMatrix, run: IntArray, tolerance: float) -> tuple[IntArray, float]:
    """Return for every row the first row of its run within `tolerance`, and the largest distance met."""
    n_rows = len(run)
    leader = np.arange(n_rows)
    waiting = np.flatnonzero(np.bincount(run)[run] > 1)
    worst = 0.0
    while len(waiting):
        _, first, inverse = np.unique(run[waiting], return_index=True, return_inverse=True)
        candidate = waiting[first][inverse]
        apart = 0.5 * _row_sums(abs(rows[waiting] - rows[candidate]))
        near = apart <= tolerance
        leader[waiting[near]] = candidate[near]
        worst = max(worst, float(apart[near].max(initial=0.0)))
        waiting = waiting[~near]
    return leader, worst


def _row_sums(matrix: SparseMatrix) -> FloatArray:
    return np.asarray(matrix.sum(axis=1)).ravel()


def _support_hash(rows: SparseMatrix, n_private: tuple[int, ...], n_states: int) -> IntArray:
    """Return a 64-bit fingerprint of each row's supported private informations, agent by agent."""
    node = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    profile = np.unravel_index(rows.indices // n_states, n_private)
    rng = np.random.default_rng(1)
    fingerprint = np.zeros(rows.shape[0], dtype=np.int64)
    for own, count in zip(profile, n_private, strict=True):
        if count == 1:
            continue
        code = rng.integers(-(2**63), 2**63 - 1, size=count, dtype=np.int64)
        held = sp.csr_array(sp.coo_array((np.ones(len(node)), (node, own)), shape=(rows.shape[0], count)))
        held.sum_duplicates()
        held_node = np.repeat(np.arange(rows.shape[0]), np.diff(held.indptr))
        np.add.at(fingerprint, held_node, code[held.indices])  # wraps around on purpose
    return fingerprint
