"""The programs of stage games written down whole, in the form of `semi_compact`, and what their solutions stand for.

Where the numbers stand in the matrix is worked out once for all stage games of one shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from lp_posg.lp import ProgramBlock
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated.semi_compact import Form
from lp_posg.stage.payoffs import Scaled, indicator, pure_prescriptions, summed_over
from lp_posg.stage.strategy import BlockStrategy, as_distribution
from lp_posg.types import ATOM_TOL, FloatArray, IntArray


@dataclass(frozen=True)
class Layout:
    """Where the numbers of all programs of one form stand."""

    # source, incentive_row: of each incentive entry, by row: its position in the gains, and its row
    source: IntArray
    incentive_row: IntArray
    row_first: IntArray  # first entry of each incentive row
    order: IntArray  # positions, by column, in the concatenation (incentive entries, constants)
    constants: FloatArray
    frame: ProgramBlock  # sparsity pattern and bounds, without programs


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
    bounds = np.repeat([0.0, -np.inf], [form.n_y, form.n_slack]), np.full(n_columns, np.inf), row_lower, row_upper
    start: IntArray = np.searchsorted(columns[order], np.arange(n_columns + 1)).astype(np.int32)
    none = np.empty((0, 0))
    frame = ProgramBlock(none, *bounds, start, rows[order].astype(np.int32), none)
    row_first, constants = (
        np.searchsorted(incentive, np.arange(n_incentive)),
        np.concatenate([part[2] for part in parts]),
    )
    return Layout(source, incentive, row_first, order, constants, frame)


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
    unequal = (mass[1:] - mass[0])[: 0 if form.joint else None]
    parts = []
    for each, start, step in ((unequal, 0, len(unequal)), (mass[:1], form.n_g * len(unequal), 0)):
        row, column = np.nonzero(each)
        g = np.repeat(np.arange(form.n_g), len(row))
        at = np.tile(row, form.n_g) + start + step * g, np.tile(column, form.n_g) + each.shape[1] * g
        parts.append((first + at[0], at[1], np.tile(each[row, column], form.n_g)))
    row, column, number = (np.concatenate(part) for part in zip(*parts, strict=True))
    return row, column, number


def compile_programs(form: Form, game: Scaled, aim: Aim) -> ProgramBlock:
    """Return the programs of all stage games.

    Columns are y, then s_i(p) if the concept is ex ante, then t if the aim has rows. Rows are incentives, consistency
    of w, the total of 1, then those of the aim.
    """
    if aim.rows.shape[1]:
        block, value = incentive_programs(form, game)
        return _with_rows(block, aim.rows @ value, aim)
    return incentive_programs(form, game, aim.weight)[0]


def incentive_programs(form: Form, game: Scaled, weight: FloatArray | None = None) -> tuple[ProgramBlock, FloatArray]:
    """Return the programs, and the agents' values in scaled units by y, shape (B, n, n_y).

    They maximise the sum of values by `weight` (B, n); without it they have no costs.
    """
    layout = layout_of(form)
    gains, value = gains_and_values(form, game.payoff)
    entries = gains.take(layout.source, axis=1)
    size = form.units(np.maximum.reduceat(np.abs(entries), layout.row_first, axis=1))
    entries /= size.take(layout.incentive_row, axis=1)
    constants = np.broadcast_to(layout.constants, (len(entries), len(layout.constants)))
    numbers = np.concatenate([entries, constants], axis=1)
    numbers = numbers.take(layout.order, axis=1)  # in C order, which [:, order] would not be
    cost = np.zeros((len(entries), layout.frame.n_columns))
    if weight is not None:
        cost[:, : form.n_y] = _losses(form, -np.einsum("bi,biy->by", weight, value))
    return replace(layout.frame, cost=cost, value=numbers), value


def gains_and_values(form: Form, payoff: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what following gains over deviating, and the agents' values, where g and a cell are drawn.

    Returns
    -------
    gains : float array, shape (B, total)
        Of every agent in turn: of agent j by (G, k_j, A_j, deviation), of another agent i by (G, k_i, deviation, C).
    value : float array, shape (B, n, n_y)
    """
    both = [
        _free_gains(form, payoff[:, i]) if i == form.free else _fixed_gains(form, payoff[:, i], i)
        for i in range(len(form.n_private))
    ]
    gains, value = ([part.reshape(len(payoff), -1) for part in parts] for parts in zip(*both, strict=True))
    return np.concatenate(gains, axis=1), np.stack(value, axis=1)


def _free_gains(form: Form, payoff: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return agent j's gains, shape (B, G, k_j, A_j, deviation), and its value, shape (B, G, C)."""
    worth = summed_over(payoff, form.n_private, form.n_actions, form.fixed)
    worth = worth.reshape(len(payoff), form.n_g, form.k, form.a)
    return worth[..., :, None] - worth[..., None, :], _by_cell(form, worth)


def _fixed_gains(form: Form, payoff: FloatArray, agent: int) -> tuple[FloatArray, FloatArray]:
    """Return another agent's gains, shape (B, G, k_i, deviation, C), and its value, shape (B, G, C)."""
    size, k, a = len(payoff), form.n_private[agent], form.n_actions[agent]
    place = form.fixed.index(agent)
    rest = tuple(i for i in form.fixed if i != agent)
    worth = summed_over(payoff, form.n_private, form.n_actions, rest)
    if form.free < agent:  # the axes of agent and j come in the order of agents
        worth = worth.swapaxes(-4, -2).swapaxes(-3, -1)
    worth = _by_cell(form, worth.reshape(size, -1, k, a, form.k, form.a))
    others = np.delete(form.digit, place, axis=0)
    n_rest = tuple(np.delete(form.n_each, place).tolist())
    row = np.ravel_multi_index(tuple(others), n_rest) if n_rest else np.zeros(form.n_g, dtype=np.int64)
    advised = pure_prescriptions(k, a)[form.digit[place]]  # (G, k)
    follow = worth[:, row[:, None], np.arange(k), advised]  # (B, G, k, C)
    return follow[:, :, :, None] - worth[:, row], follow.sum(axis=2)


def _by_cell(form: Form, worth: FloatArray) -> FloatArray:
    """Return what is given by pair, shape (..., k_j, A_j), summed over each cell's pairs, shape (..., C)."""
    flat = worth.reshape(*worth.shape[:-2], form.k * form.a)
    return np.asarray(flat @ form.cells.reshape(len(form.cells), -1).T) if form.joint and form.k > 1 else flat


def _losses(form: Form, cost: FloatArray) -> FloatArray:
    """Return the costs (B, n_y) with multiples of the equations added, so that the least are 0 (see the top)."""
    if form.joint:
        return np.asarray(cost - cost.min(axis=1, keepdims=True))
    by_g = cost.reshape(len(cost), form.n_g, form.k, form.a)
    least = by_g.min(axis=3, keepdims=True)
    bound = least.sum(axis=2, keepdims=True)
    bound -= bound.min(axis=1, keepdims=True)
    return np.asarray(by_g - least + bound / form.k).reshape(len(cost), -1)


def _with_rows(block: ProgramBlock, weighted: FloatArray, aim: Aim) -> ProgramBlock:
    """Return the programs that maximise t; `weighted` (B, R, n_y) are the aim's rows by y."""
    size, n, n_y = weighted.shape
    rows = block.n_rows + np.arange(n, dtype=np.int32)
    position = np.repeat(block.start[1 : n_y + 1], n)
    start = block.start.astype(np.int64) + n * np.minimum(np.arange(len(block.start)), n_y)
    numbers = np.insert(block.value, position, weighted.swapaxes(1, 2).reshape(size, -1), axis=1)
    fixed = [np.broadcast_to(r, (size, block.n_rows)) for r in (block.row_lower, block.row_upper)]
    return ProgramBlock(
        cost=np.concatenate([block.cost, np.full((size, 1), -1.0)], axis=1),
        lower=np.append(block.lower, -np.inf),
        upper=np.append(block.upper, np.inf),
        row_lower=np.concatenate([fixed[0], aim.lower], axis=1),
        row_upper=np.concatenate([fixed[1], np.full((size, n), np.inf)], axis=1),
        start=np.append(start, start[-1] + n).astype(np.int32),
        index=np.concatenate([np.insert(block.index, position, np.tile(rows, n_y)), rows]).astype(np.int32),
        value=np.concatenate([numbers, np.where(aim.active, -aim.along, 0.0)], axis=1),
    )


def decode(form: Form, y: FloatArray, n_programs: int, method: str, least: float = ATOM_TOL) -> BlockStrategy:
    """Return the strategies that solutions y, shape (B, n_y), stand for, and how they were found.

    An atom is a g; of a strategic-ce, a g and a pure prescription of j, which is heard whole. What is no more probable
    than `least` is left out.
    """
    by_cell, size = y.reshape(len(y), form.n_g, -1), len(y)
    if form.kind == "prescription":
        game, g, cell = np.nonzero(by_cell > least)
        weight, free = by_cell[game, g, cell], form.cells[cell]
    else:
        mass = (by_cell @ form.cells.reshape(len(form.cells), -1)).reshape(size, form.n_g, form.k, form.a)
        total = mass.sum(axis=3).mean(axis=2)
        game, g = np.nonzero(total > least)
        weight, free = total[game, g], as_distribution(mass[game, g])
    start = np.searchsorted(game, np.arange(size + 1))
    prob = weight / np.repeat(np.add.reduceat(weight, start[:-1]), np.diff(start))
    digit = dict(zip(form.fixed, form.digit, strict=True))
    prescription = tuple(
        free if i == form.free else indicator(k, a)[digit[i][g]]
        for i, (k, a) in enumerate(zip(form.n_private, form.n_actions, strict=True))
    )
    return BlockStrategy(start, prob, prescription, n_programs, {method: size})
