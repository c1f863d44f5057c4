"""The rewards of one agent at one step as a file assigns them, and their expectation over T and O."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.formats.madp.cells import CellLog
from lp_posg.information.lookup import places
from lp_posg.types import FloatArray, IntArray, SparseMatrix


class RewardLog:
    """Rewards R(a, s, s', o), last assignment wins.

    Rules for every s' and every o make a dense base, r(s, a); rules that name s' lie over it, rules that
    name o over both. A row is ``s * A + a``; cells of ``by_next`` are ``row * S + s'`` and cells of
    ``by_observation`` are ``(row * S + s') * O + o``.

    Parameters
    ----------
    n_states, n_joint_actions, n_joint_observations : int
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

        Parameters
        ----------
        moves : CSR, shape (S * A, S)
        law : CSR, shape (A * S, O), or None
            None is allowed while no rule names an observation.

        Returns
        -------
        float array, shape (S, A)
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
