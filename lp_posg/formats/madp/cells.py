"""The cells of tables as a file assigns them, the last entry wins, and expected rewards over T and O."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.information.lookup import places
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


class RewardLog:
    """Rewards R(a, s, s', o), last assignment wins.

    Rules for every s' and every o make a dense base, r(s, a); rules that name s' lie over it, rules that
    name o over both. A row is ``s * A + a``; cells of ``by_next`` are ``row * S + s'`` and cells of
    ``by_observation`` are ``(row * S + s') * O + o``.
    """

    def __init__(self, n_states: int, n_joint_actions: int, n_joint_observations: int) -> None:
        self._sizes = (n_states, n_joint_actions, n_joint_observations)
        n_rows = n_states * n_joint_actions
        self._base = np.zeros(n_rows)
        self.by_next = CellLog(n_rows, n_states, keep_zeros=True)
        self.by_observation = CellLog(n_rows, n_states * n_joint_observations, keep_zeros=True)

    @property
    def n_stored(self) -> int:
        """Number of cells held for rules that name a next state or an observation."""
        return self.by_next.n_stored + self.by_observation.n_stored

    def put_rows(self, rows: IntArray | int, value: float, line: int) -> None:
        """Assign `value` for every s' and o at some rows."""
        self._base[rows] = value
        for log in (self.by_next, self.by_observation):
            if log.n_stored:
                where = np.atleast_1d(np.asarray(rows))
                log.clear_rows(where, line, np.full(len(where), line))

    def named_observation(self) -> int:
        """Return the last line whose rule names an observation and still counts, 0 if there is none."""
        lines = self.by_observation.settle()[2]
        return int(lines.max()) if len(lines) else 0

    def copy(self) -> RewardLog:
        """Return a log that holds the same and goes its own way from here."""
        twin = RewardLog(*self._sizes)
        twin._base = self._base.copy()
        twin.by_next = self.by_next.copy()
        twin.by_observation = self.by_observation.copy()
        return twin

    def expected(self, moves: SparseMatrix, law: SparseMatrix | None) -> FloatArray:
        """Return r(s, a), the sum over s' and o of T(s' | s, a) O(o | a, s') R(a, s, s', o).

        The result has shape (S, A). `moves` is CSR, shape (S * A, S); `law` is CSR, shape (A * S, O), or None, which is
        allowed while no rule names an observation.
        """
        n_states, n_joint, n_seen = self._sizes
        keys, values, lines = self.by_next.settle()
        rows, nexts = np.divmod(keys, n_states)
        gain = probability_at(moves, rows, nexts) * (values - self._base[rows])
        total = self._base + np.bincount(rows, gain, minlength=len(self._base))
        fine, fine_values, fine_lines = self.by_observation.settle()
        if len(fine) and law is not None:
            pair, seen = np.divmod(fine, n_seen)
            rows, nexts = np.divmod(pair, n_states)
            below, since = self._base[rows], np.zeros(len(fine), dtype=np.int64)
            if len(keys):
                at, known = places(keys, pair)
                below, since = np.where(known, values[at], below), np.where(known, lines[at], since)
            prob = probability_at(moves, rows, nexts)
            prob *= probability_at(law, (rows % n_joint) * n_states + nexts, seen)
            gain = np.where(fine_lines > since, prob * (fine_values - below), 0.0)
            total += np.bincount(rows, gain, minlength=len(self._base))
        return total.reshape(n_states, n_joint)


def probability_at(matrix: SparseMatrix, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return the entries of a CSR array with sorted indices at (rows[k], columns[k])."""
    matrix = sp.csr_array(matrix)
    width = matrix.shape[1]
    owner = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys = owner * width + matrix.indices
    if not len(keys) or not len(rows):
        return np.zeros(len(rows))
    at, known = places(keys, rows * width + columns)
    return np.where(known, matrix.data[at], 0.0)
