"""Merging of equal beliefs: common informations with one belief share one continuation game."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.information.lookup import distances
from lp_posg.types import MERGE_TOL, IntArray, SparseMatrix

PENDING_ROWS = 200_000
"""Rows that may wait before they are merged."""


@dataclass(frozen=True)
class Merged:
    """N classes of M rows."""

    representative: IntArray  # (N,), the first row of each class, ascending
    member_of: IntArray  # (M,), the class of every row
    distance: float  # largest total variation distance between a row and the first of its class


def merge_rows(rows: SparseMatrix, label: IntArray, tolerance: float = MERGE_TOL) -> Merged:
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
    support = _support_hash(rows)
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


class Gathering:
    """Rows that arrive in parts and are merged on the way, so that equal ones are not held for long.

    Parameters
    ----------
    tolerance : float
        As in `merge_rows`.
    measure : callable, optional
        Turns rows into those whose distance counts, with entries at the same places.
    """

    def __init__(
        self, tolerance: float = MERGE_TOL, measure: Callable[[SparseMatrix], SparseMatrix] | None = None
    ) -> None:
        self._tolerance, self._measure = tolerance, measure
        self._rows: list[SparseMatrix] = []
        self._labels: list[IntArray] = []
        self._members: list[IntArray] = []
        self._origins: list[IntArray] = []
        self._held = 0  # classes known
        self._waiting = 0  # rows not yet merged
        self._done = 0  # rows merged so far
        self._distance = 0.0

    @property
    def n_classes(self) -> int:
        """Number of classes among the rows merged so far."""
        return self._held

    def add(self, rows: SparseMatrix, label: IntArray) -> None:
        """Take in more rows; they are merged with the rest now and then, so that each is compared a few times."""
        self._rows.append(rows)
        self._labels.append(label)
        self._waiting += rows.shape[0]
        if self._waiting > max(PENDING_ROWS, self._held):
            self._merge()

    def result(self) -> tuple[SparseMatrix, Merged]:
        """Return one row per class, and the classes; `representative` counts all rows in the order they came."""
        self._merge()
        return self._rows[0], Merged(np.concatenate(self._origins), np.concatenate(self._members), self._distance)

    def _merge(self) -> None:
        if not self._waiting and self._members:
            return
        rows = sp.csr_array(sp.vstack(self._rows, format="csr")) if len(self._rows) > 1 else self._rows[0]
        label = np.concatenate(self._labels)
        measured = rows if self._measure is None else self._measure(rows)
        merged = merge_rows(measured, label, self._tolerance)
        # Known classes come first and are their own representatives, so they keep their numbers.
        new = merged.representative[self._held :]
        self._origins.append(new - self._held + self._done)
        self._members.append(merged.member_of[self._held :])
        self._done += self._waiting
        self._rows, self._labels = [rows[merged.representative]], [label[merged.representative]]
        self._held, self._waiting = len(merged.representative), 0
        self._distance = max(self._distance, merged.distance)


def _leaders(rows: SparseMatrix, run: IntArray, tolerance: float) -> tuple[IntArray, float]:
    """Return for every row the first row of its run within `tolerance`, and the largest distance met."""
    n_rows = len(run)
    leader = np.arange(n_rows)
    waiting = np.flatnonzero(np.bincount(run)[run] > 1)
    worst = 0.0
    while len(waiting):
        _, first, inverse = np.unique(run[waiting], return_index=True, return_inverse=True)
        candidate = waiting[first][inverse]
        distance = distances(rows[waiting], rows[candidate])
        near = (distance <= tolerance) | (waiting == candidate)
        leader[waiting[near]] = candidate[near]
        worst = max(worst, float(distance[near].max(initial=0.0)))
        waiting = waiting[~near]
    return leader, worst


def _support_hash(rows: SparseMatrix) -> IntArray:
    """Return a 64-bit fingerprint of the columns at which each row is positive."""
    code = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, size=rows.shape[1], dtype=np.int64)
    held = sp.csr_array((code[rows.indices], rows.indices, rows.indptr), shape=rows.shape)
    return np.asarray(held.sum(axis=1)).ravel()  # wraps around on purpose
