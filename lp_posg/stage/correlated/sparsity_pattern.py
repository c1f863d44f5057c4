"""Where the numbers of a whole program stand in its matrix, once for all stage games of one shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lp_posg.stage.correlated.semi_compact import Form
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class Layout:
    """Sparsity pattern and bounds of all programs of one form."""

    # source, incentive_row: of each incentive entry, by row: its position in the gains, and its row
    source: IntArray
    incentive_row: IntArray
    row_first: IntArray  # first entry of each incentive row
    order: IntArray  # positions, by column, in the concatenation (incentive entries, constants)
    start: IntArray
    index: IntArray
    constants: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray


def layout_of(form: Form) -> Layout:
    """Return where every number of the constraint matrix goes."""
    return _layout(form, form.joint)


@lru_cache(maxsize=64)
def _layout(form: Form, joint: bool) -> Layout:
    incentive, column, source = _incentive_layout(form)
    n_incentive = int(form.row_start[-1])
    row, slack, sign = form.slack_entries
    parts = [(incentive, column, np.empty(0)), (row, form.n_y + slack, sign), _equation_entries(form, n_incentive)]
    rows, columns = (np.concatenate([part[axis] for part in parts]) for axis in (0, 1))
    order = np.lexsort((rows, columns))
    n_columns = form.n_y + form.n_slack
    n_rows = n_incentive + 1 + (0 if joint else form.n_g * (form.k - 1))
    row_lower, row_upper = np.zeros(n_rows), np.zeros(n_rows)
    row_upper[:n_incentive] = np.inf
    row_lower[-1] = row_upper[-1] = 1.0
    return Layout(
        source,
        incentive,
        np.searchsorted(incentive, np.arange(n_incentive)),
        order,
        np.searchsorted(columns[order], np.arange(n_columns + 1)).astype(np.int32),
        rows[order].astype(np.int32),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([np.zeros(form.n_y), np.full(form.n_slack, -np.inf)]),
        np.full(n_columns, np.inf),
        row_lower,
        row_upper,
    )


def _incentive_layout(form: Form) -> tuple[IntArray, IntArray, IntArray]:
    """Return row, column and position in all the gains of every incentive entry, by row."""
    parts, before = [], 0
    for i, first in enumerate(form.row_start[:-1]):
        row, column, source = form.incentive_places(i)
        parts.append((row + first, column, source + before))
        own = form.k * form.a**2 if i == form.free else form.n_private[i] * form.n_actions[i] * len(form.cells)
        before += form.n_g * own
    row, column, source = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((column, row))
    return row[order], column[order], source[order]


def _equation_entries(form: Form, first: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return rows, columns and numbers of consistency (w(g) is the same for every p_j), then of the total."""
    mass = form.cells.sum(axis=2).T  # (k_j, C)
    unequal = np.kron(np.eye(form.n_g), mass[1:] - mass[0])[: 0 if form.joint else None]
    equations = np.concatenate([unequal, np.tile(mass[:1], form.n_g)])
    row, column = np.nonzero(equations)
    return first + row, column, equations[row, column]
