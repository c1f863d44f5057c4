"""Checks of the numbers of a game; every error names the row in the user's labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.types import EXACT_ROW_TOL, PROB_TOL, FloatArray, SparseMatrix


def check_discount(discount: float) -> float:
    """Return `discount` as a float in (0, 1], or raise ModelError."""
    try:
        value = float(discount)
    except (TypeError, ValueError):
        raise ModelError(f"discount is {discount!r}, expected a number in (0, 1]") from None
    if not 0.0 < value <= 1.0:
        raise ModelError(f"discount is {value}, expected a number in (0, 1]")
    return value


def probability_rows(
    matrix: SparseMatrix, describe_row: Callable[[int], str], describe_column: Callable[[int], str]
) -> SparseMatrix:
    """Return `matrix` as a frozen CSR array whose rows are probability distributions.

    Rows that sum to 1 within ``PROB_TOL`` are normalised; explicit zeros are dropped.

    Raises ModelError if an entry is negative or not finite, or a row sums to something else; the message names the row
    by `describe_row`.
    """
    csr = sp.csr_array(matrix, dtype=np.float64, copy=True)
    csr.sum_duplicates()
    wrong = np.flatnonzero(~np.isfinite(csr.data) | (csr.data < 0) | (csr.data > 1 + PROB_TOL))
    if len(wrong):
        entry = int(wrong[0])
        row = int(np.searchsorted(csr.indptr, entry, side="right") - 1)
        raise ModelError(
            f"{describe_row(row)} gives {describe_column(int(csr.indices[entry]))} probability"
            f" {csr.data[entry]:.12g}, expected a number from 0 to 1; correct the entry",
            row=row,
        )
    csr.eliminate_zeros()
    sums = np.asarray(csr.sum(axis=1)).ravel()
    off = np.flatnonzero(np.abs(sums - 1.0) > PROB_TOL)
    if len(off):
        row = int(off[0])
        raise ModelError(
            f"{describe_row(row)} sums to {sums[row]:.12g}, expected 1 within {PROB_TOL:g};"
            " correct the row (an error this large is not rescaled)",
            row=row,
        )
    scale = np.where(np.abs(sums - 1.0) > EXACT_ROW_TOL, sums, 1.0)
    csr.data /= np.repeat(scale, np.diff(csr.indptr))
    return frozen_csr(csr)


def frozen_csr(csr: SparseMatrix) -> SparseMatrix:
    """Return `csr` with sorted indices and its arrays set read-only."""
    csr.sort_indices()
    for array in (csr.data, csr.indices, csr.indptr):
        array.flags.writeable = False
    return csr


def frozen(array: FloatArray) -> FloatArray:
    """Return a read-only C-contiguous copy of `array`."""
    copy = np.array(array, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy
