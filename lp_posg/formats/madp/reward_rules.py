"""Rewards R(a, s, s', o) as the rules of a file, the last one that speaks of a cell wins, and their expectations.

A rule costs what it names and not the cells that it covers: rules that name the same axes are kept in one table with
one entry for each position named, and looked up at the cells that have a chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.formats.axes import Index
from lp_posg.formats.madp.cells import CellLog
from lp_posg.information.lookup import places
from lp_posg.types import BoolArray, FloatArray, IntArray, SparseMatrix

MAX_CHANCES = 40_000_000
"""Most cells of positive probability that rules which name an observation may concern."""

_CHUNK = 1 << 19

Named = tuple[bool, bool, bool, bool]
"""Whether a rule names the joint action, the state, the next state, the joint observation."""


class Place(NamedTuple):
    """Where a statement assigns rewards: which axes it names, and for the axes given their indices and strides."""

    named: Named
    indices: Sequence[Index]
    strides: Sequence[int]
    size: int  # of the table of all rules that name these axes


class _Table(NamedTuple):
    """The settled entries of rules that name the same axes."""

    named: Named
    strides: Sequence[int]
    keys: IntArray
    values: FloatArray
    lines: IntArray

    def at(self, where: Sequence[IntArray]) -> IntArray:
        """Return the key of each cell, given its position along each axis."""
        keys = np.zeros_like(where[0])
        for part, stride, is_named in zip(where, self.strides, self.named, strict=False):
            keys += part * stride * is_named
        return keys


class RewardRules:
    """Rules for rewards, by the axes that they name; `sizes` are those of (a, s, s', o)."""

    def __init__(self, sizes: tuple[int, int, int, int]) -> None:
        self._sizes = sizes
        self._logs: dict[Named, CellLog] = {}

    def place(self, indices: Sequence[Index]) -> Place:
        """Return the place of a statement that gives these axes, in the order of the file; those left out are named."""
        kept = [isinstance(i, int) or len(i) < size for i, size in zip(indices, self._sizes, strict=False)]
        a, s, n, o = kept + [True] * (4 - len(kept))
        named: Named = (a, s, n, o)
        strides = self._strides(named)
        pairs = [(index, stride) for index, stride, is_kept in zip(indices, strides, kept, strict=False) if is_kept]
        return Place(named, [index for index, _ in pairs], [stride for _, stride in pairs], prod(self._radix(named)))

    def log(self, named: Named) -> CellLog:
        """Return the table of the rules that name these axes."""
        found = self._logs.get(named)
        if found is None:
            found = self._logs[named] = CellLog(1, prod(self._radix(named)), keep_zeros=True)
        return found

    @property
    def n_stored(self) -> int:
        """Number of entries held for rules that name a next state or an observation."""
        return sum(log.n_stored for named, log in self._logs.items() if named[2] or named[3])

    def named_observation(self) -> int:
        """Return the last line whose rule names an observation and still counts, 0 if there is none."""
        last = 0
        for table in self._tables(lambda named: named[3]):
            over = self._base()[1]
            for axis, is_named in ((1, table.named[0]), (0, table.named[1])):
                over = over if is_named else over.min(axis=axis, keepdims=True)
            s, a = np.unravel_index(table.keys, self._radix(table.named))[:2]
            last = max(last, int(table.lines[table.lines > over[s, a]].max(initial=0)))
        return last

    def copy(self) -> RewardRules:
        """Return rules that say the same and go their own way from here."""
        twin = RewardRules(self._sizes)
        twin._logs = {named: log.copy() for named, log in self._logs.items()}
        return twin

    def expected(self, moves: SparseMatrix, law: SparseMatrix | None) -> FloatArray:
        """Return r(s, a), the sum over s' and o of T(s' | s, a) O(o | a, s') R(a, s, s', o).

        The result has shape (S, A). `moves` is CSR, shape (S * A, S); `law` is CSR, shape (A * S, O), or None, which is
        allowed while no rule names an observation. ModelError is raised if rules that name observations concern more
        than `MAX_CHANCES` cells.
        """
        n_joint, n_states = self._sizes[:2]
        base, base_line = self._base()
        value, line = base.ravel(), base_line.ravel()
        total, chances = value.copy(), 0
        coarse = self._tables(lambda named: named[2] and not named[3])
        fine = self._tables(lambda named: named[3])
        for rows, nexts, prob in _entries(moves) if coarse or fine else ():
            where = (rows % n_joint, rows // n_joint, nexts)
            known = _latest(coarse, where, value[rows], line[rows])
            gain = prob * (known[0] - value[rows])
            if fine and law is not None:
                seen_in = where[0] * n_states + nexts
                for some in _parts(_touched(fine, where, self._sizes[3]), law, seen_in):
                    chances += int(_counts(law, seen_in[some]).sum())
                    _check_chances(chances)
                    some_where, some_known = [part[some] for part in where], [part[some] for part in known]
                    gain[some] += prob[some] * _by_observation(fine, law, seen_in[some], some_where, some_known)
            total += np.bincount(rows, gain, minlength=len(total))
        return total.reshape(n_states, n_joint)

    def _radix(self, named: Named) -> tuple[int, ...]:
        """Return the sizes of a key's digits (s, a, s', o), 1 where an axis is not named."""
        n_a, n_s, n_next, n_o = (size if is_named else 1 for size, is_named in zip(self._sizes, named, strict=True))
        return n_s, n_a, n_next, n_o

    def _strides(self, named: Named) -> tuple[int, int, int, int]:
        _, n_a, n_next, n_o = self._radix(named)
        return n_next * n_o, n_a * n_next * n_o, n_o, 1

    def _tables(self, wanted: Callable[[Named], bool]) -> list[_Table]:
        logs = [(named, log) for named, log in self._logs.items() if wanted(named)]
        tables = [_Table(named, self._strides(named), *log.settle()) for named, log in logs]
        return [table for table in tables if len(table.keys)]

    def _base(self) -> tuple[FloatArray, IntArray]:
        """Return what the rules for every s' and every o say of (s, a), and the line of each, shape (S, A)."""
        n_a, n_s = self._sizes[:2]
        value, line = np.zeros((n_s, n_a)), np.zeros((n_s, n_a), dtype=np.int64)
        for table in self._tables(lambda named: not named[2] and not named[3]):
            shape = self._radix(table.named)[:2]
            own_value, own_line = np.zeros(shape), np.zeros(shape, dtype=np.int64)
            own_value.flat[table.keys], own_line.flat[table.keys] = table.values, table.lines
            later = own_line > line
            value = np.where(later, own_value, value).astype(np.float64)
            line = np.where(later, own_line, line).astype(np.int64)
        return value, line


def _entries(moves: SparseMatrix) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Yield (row, column, probability) of the entries of a CSR array, a part at a time."""
    starts = moves.indptr
    for first in range(0, moves.nnz, _CHUNK):
        last = min(first + _CHUNK, moves.nnz)
        rows = np.searchsorted(starts, np.arange(first, last), side="right") - 1
        yield rows, moves.indices[first:last].astype(np.int64), moves.data[first:last]


def _latest(
    tables: Sequence[_Table], where: Sequence[IntArray], value: FloatArray, line: IntArray
) -> tuple[FloatArray, IntArray]:
    """Return the value of the last rule for each cell, and its line, given those of the rules below."""
    for table in tables:
        at, known = places(table.keys, table.at(where))
        known &= table.lines[at] > line
        value, line = np.where(known, table.values[at], value), np.where(known, table.lines[at], line)
    return value, line


def _touched(tables: Sequence[_Table], where: Sequence[IntArray], n_seen: int) -> IntArray:
    """Return which transitions some rule that names an observation may concern."""
    found: BoolArray = np.zeros(len(where[0]), dtype=bool)
    for table in tables:
        found |= places(np.unique(table.keys // n_seen), table.at(where) // n_seen)[1]
    return np.flatnonzero(found)


def _check_chances(count: int) -> None:
    if count > MAX_CHANCES:
        raise ModelError(
            f"rewards that name an observation concern over {MAX_CHANCES} cells, the most worked out; use * for the"
            " observation, or name the actions and states that they are for"
        )


def _counts(law: SparseMatrix, rows: IntArray) -> IntArray:
    """Return the number of observations that have a chance in each row."""
    counts: IntArray = law.indptr[rows + 1].astype(np.int64) - law.indptr[rows]
    return counts


def _parts(touched: IntArray, law: SparseMatrix, rows: IntArray) -> list[IntArray]:
    """Return the transitions touched in parts of about as many observations."""
    ends = np.cumsum(_counts(law, rows[touched])) // _CHUNK
    return [part for part in np.split(touched, np.flatnonzero(np.diff(ends)) + 1) if len(part)]


def _by_observation(
    tables: Sequence[_Table],
    law: SparseMatrix,
    rows: IntArray,
    where: Sequence[IntArray],
    below: Sequence[Any],
) -> FloatArray:
    """Return what rules that name an observation add at each transition, weighed by its row of the law."""
    counts = _counts(law, rows)
    owner = np.repeat(np.arange(len(rows)), counts)
    entry = np.arange(len(owner)) + np.repeat(law.indptr[rows] - (np.cumsum(counts) - counts), counts)
    cells = [*(part[owner] for part in where), law.indices[entry].astype(np.int64)]
    value = _latest(tables, cells, below[0][owner], below[1][owner])[0]
    added: Any = np.bincount(owner, law.data[entry] * (value - below[0][owner]), minlength=len(rows))
    return np.asarray(added, dtype=np.float64)
