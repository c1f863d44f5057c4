"""The cells of tables as a file assigns them, the last entry wins."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.types import FloatArray, IntArray, SparseMatrix

_SMALL = 64
_FLUSH = 1 << 16
_SETTLE = 1 << 20


class CellLog:
    """Assignments to the cells of a table of `n_rows` rows and `width` columns, last one wins.

    A cell's key is ``row * width + column``. Assignments come in the order of the file, so that the line number tells
    which of two is the later one. Memory grows with the cells assigned, not with the table or repeated assignments.
    With `keep_zeros` a cell assigned 0 differs from one never assigned.
    """

    def __init__(self, n_rows: int, width: int, *, keep_zeros: bool = False) -> None:
        self.n_rows = n_rows
        self.width = width
        self._keep_zeros = keep_zeros
        self._keys: list[int] = []
        self._values: list[float] = []
        self._lines: list[int] = []
        self._chunks: list[tuple[IntArray, FloatArray, IntArray]] = []
        self._settled = 0
        self._pending = 0
        self._cleared: IntArray | None = None
        self._touched: IntArray | None = None

    def put(self, key: int, value: float, line: int) -> None:
        """Assign one cell."""
        self._keys.append(key)
        self._values.append(value)
        self._lines.append(line)
        if len(self._keys) >= _FLUSH:
            self._flush()

    def put_many(self, keys: IntArray, values: FloatArray, lines: IntArray) -> None:
        """Assign many different cells; arrays of one length, of type int64, float64 and int64."""
        if len(keys) <= _SMALL:
            self._keys += keys.tolist()
            self._values += values.tolist()
            self._lines += lines.tolist()
            if len(self._keys) >= _FLUSH:
                self._flush()
        else:
            self._flush()
            self._add(keys, values, lines)

    def clear_rows(self, rows: IntArray, line: int, last: IntArray) -> None:
        """Forget what lines before `line` assigned to `rows`; `last` is the line to blame per row."""
        if self._cleared is None:
            self._cleared = np.zeros(self.n_rows, dtype=np.int64)
        self._cleared[rows] = line
        self._touch(rows, last)

    def settle(self) -> tuple[IntArray, FloatArray, IntArray]:
        """Return keys in ascending order, each once, with its last value and the line of that."""
        self._flush()
        none = (np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.int64))
        keys, values, lines = (np.concatenate(column) for column in zip(none, *self._chunks, strict=True))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        keep = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        keys, order = keys[keep], order[keep]
        values, lines = values[order], lines[order]
        keep = np.ones(len(keys), dtype=bool) if self._keep_zeros else values != 0
        if self._cleared is not None:
            keep &= lines >= self._cleared[keys // self.width]
        chunk = keys[keep], values[keep], lines[keep]
        self._chunks, self._settled, self._pending = [chunk], len(chunk[0]), 0
        return chunk

    def row_line(self, row: int) -> int:
        """Return the line that last assigned to `row`, 0 if none did."""
        self._flush()
        return 0 if self._touched is None else int(self._touched[row])

    def unset_rows(self) -> IntArray:
        """Return the rows to which no line assigns."""
        self._flush()
        return np.arange(self.n_rows) if self._touched is None else np.flatnonzero(self._touched == 0)

    @property
    def n_stored(self) -> int:
        """Number of assignments held in memory, cells assigned more than once perhaps counted twice."""
        return self._settled + self._pending + len(self._keys)

    def matrix(self) -> SparseMatrix:
        """Return the table as a CSR array, cells never assigned being 0."""
        keys, values, _ = self.settle()
        counts = np.bincount(keys // self.width, minlength=self.n_rows)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return sp.csr_array((values, keys % self.width, starts), shape=(self.n_rows, self.width))

    def copy(self) -> CellLog:
        """Return a log that holds the same and goes its own way from here."""
        twin = CellLog(self.n_rows, self.width, keep_zeros=self._keep_zeros)
        twin._chunks, twin._settled = [self.settle()], self._settled
        twin._cleared = None if self._cleared is None else self._cleared.copy()
        twin._touched = None if self._touched is None else self._touched.copy()
        return twin

    def _touch(self, rows: IntArray, lines: IntArray) -> None:
        if self._touched is None:
            self._touched = np.zeros(self.n_rows, dtype=np.int64)
        self._touched[rows] = np.maximum(self._touched[rows], lines)

    def _flush(self) -> None:
        if self._keys:
            keys = np.array(self._keys, dtype=np.int64)
            values, lines = np.array(self._values), np.array(self._lines, dtype=np.int64)
            self._keys, self._values, self._lines = [], [], []
            self._add(keys, values, lines)

    def _add(self, keys: IntArray, values: FloatArray, lines: IntArray) -> None:
        self._touch(keys // self.width, lines)
        self._chunks.append((keys, values, lines))
        self._pending += len(keys)
        if self._pending > max(_SETTLE, self._settled):
            self.settle()
