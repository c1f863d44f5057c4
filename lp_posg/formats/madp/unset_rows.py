"""Rows of probabilities that no line of a file assigns to: those that can never matter are filled, with a warning.

A row of T matters if its state may be reached from the start; a row of O if a reached state may lead there by its
joint action; a row of the start's observations if the start may be in its state.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import UnsetRowsWarning
from lp_posg.formats.madp.cells import CellLog
from lp_posg.formats.source import Source, clip
from lp_posg.types import BoolArray, FloatArray, IntArray, SparseMatrix

_LISTED = 6

RowText = Callable[[int], str]


class UnsetRows:
    """The rows of a file's tables that no line assigns to, and whether they can matter."""

    def __init__(self, source: Source, moves: Sequence[CellLog], initial: FloatArray) -> None:
        self._source, self._moves, self._initial = source, moves, initial
        self._filled: list[str] = []
        self._known: tuple[BoolArray, BoolArray] | None = None

    def moves(self, log: CellLog, row_text: RowText) -> SparseMatrix:
        """Return a table of T as a matrix in which states stay as they are in rows that cannot matter."""
        n_joint = log.n_rows // log.width
        return self._table(log, row_text, lambda rows: self._reach()[0][rows // n_joint], lambda rows: rows // n_joint)

    def law(self, log: CellLog, row_text: RowText) -> SparseMatrix:
        """Return a table of O as a matrix in which the first observation is certain in rows that cannot matter."""
        return self._table(log, row_text, lambda rows: self._reach()[1][rows], np.zeros_like)

    def first(self, log: CellLog, row_text: RowText) -> SparseMatrix:
        """Return the table of the start's observations, likewise."""
        return self._table(log, row_text, lambda rows: self._initial[rows] > 0, np.zeros_like)

    def warn(self) -> None:
        """Warn once of all rows that were filled."""
        if self._filled:
            more = len(self._filled) - _LISTED
            named = "; ".join(map(clip, self._filled[:_LISTED])) + (f"; and {more} more" if more > 0 else "")
            warnings.warn(
                f"{self._source.path.name}: no line assigns to rows that can never matter, which are taken as if"
                f" nothing happened there: {named}",
                UnsetRowsWarning,
                stacklevel=2,
            )

    def _table(
        self,
        log: CellLog,
        row_text: RowText,
        matters: Callable[[IntArray], BoolArray],
        column: Callable[[IntArray], IntArray],
    ) -> SparseMatrix:
        matrix = log.matrix()
        rows = log.unset_rows()
        if len(rows):
            rows = rows[~matters(rows)]
            self._filled += map(row_text, rows.tolist())
            certain = sp.coo_array((np.ones(len(rows)), (rows, column(rows))), shape=matrix.shape)
            matrix = sp.csr_array(matrix + certain)
        return matrix

    def _reach(self) -> tuple[BoolArray, BoolArray]:
        """Return which states can be reached, and which rows of O are of a state entered by a joint action."""
        if self._known is None:
            n_states = self._moves[0].width
            n_joint = self._moves[0].n_rows // n_states
            entries = [log.settle()[0] for log in self._moves]
            rows, nexts = np.divmod(np.unique(np.concatenate(entries)), n_states)
            starts = np.flatnonzero(self._initial)
            before = np.concatenate([rows // n_joint, np.full(len(starts), n_states)])
            after = np.concatenate([nexts, starts])
            graph = sp.csr_array((np.ones(len(before)), (before, after)), shape=(n_states + 1, n_states + 1))
            reached = np.zeros(n_states + 1, dtype=bool)
            from scipy.sparse.csgraph import breadth_first_order  # costs as much to import as a small game to solve

            reached[breadth_first_order(graph, n_states, return_predecessors=False)] = True
            entered = np.zeros(n_joint * n_states, dtype=bool)
            own = reached[rows // n_joint]
            entered[(rows[own] % n_joint) * n_states + nexts[own]] = True
            self._known = reached[:-1], entered
        return self._known
