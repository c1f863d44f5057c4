"""Look numbers up among ascending ones, and sum arrays by group or by row, many at a time."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.types import BoolArray, FloatArray, IntArray, SparseMatrix


def places(known: IntArray, wanted: IntArray) -> tuple[IntArray, BoolArray]:
    """Return where each number wanted stands among the ascending `known`, and whether it does.

    Where it does not, the place is that of some other number, or 0 if none is known.

    Examples
    --------
    >>> at, met = places(np.array([2, 5, 9]), np.array([9, 5, 7]))
    >>> at[met].tolist(), met.tolist()
    ([2, 1], [True, True, False])
    """
    if not len(known):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def sums_by(group: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Return the sums over the entries of each group, shape (size, ...), given the group and value of each entry.

    >>> sums_by(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    if values.ndim == 1:
        return np.bincount(group, weights=values, minlength=size).astype(np.float64)
    sums = np.zeros((size, *values.shape[1:]))
    np.add.at(sums, group, values)
    return sums


def rows_of(matrix: SparseMatrix, rows: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return, for the stored entries of the given rows in turn: position in `rows`, column, value."""
    length = np.diff(matrix.indptr)[rows]
    take = np.repeat(np.arange(len(rows)), length)
    offset = np.arange(len(take)) - np.repeat(np.cumsum(length) - length, length)
    entry = matrix.indptr[rows[take]] + offset
    return take, matrix.indices[entry].astype(np.int64), matrix.data[entry]


def row_sums(rows: SparseMatrix) -> FloatArray:
    """Return the sum of each row of a sparse matrix."""
    return np.asarray(rows.sum(axis=1)).ravel()


def distances(rows: SparseMatrix, others: SparseMatrix) -> FloatArray:
    """Return the total variation distance of each row from that of `others`, both sparse."""
    return 0.5 * row_sums(abs(rows - others))


def divided_rows(rows: SparseMatrix, divisor: FloatArray) -> SparseMatrix:
    """Return a CSR array with each row divided by its number."""
    return sp.csr_array((rows.data / np.repeat(divisor, np.diff(rows.indptr)), rows.indices, rows.indptr), rows.shape)
