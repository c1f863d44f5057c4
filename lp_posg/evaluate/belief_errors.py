"""Errors of attached beliefs: at every state, and the most that can be expected of them."""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp

from lp_posg.game import Game
from lp_posg.information import StateSpace
from lp_posg.information.levels import Level, entry_load, expand, level_from_rows, ranges_of, rows_of_level
from lp_posg.information.lookup import row_sums, sums_by
from lp_posg.information.resources import Resources
from lp_posg.information.state_space import Depth
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray

RANGE_ENTRIES = 200_000
"""Most numbers (cell, joint action, step aimed at) worked on at a time."""


def errors_at(game: Game, time: int, pairs: Depth, model: Depth, team: bool) -> FloatArray:
    """Return e_r, e_z and e_b at the pairs of one step, shape (N, 3); ``pairs.tag`` are states of the model."""
    n_nodes, n_states = pairs.level.n_nodes, game.n_states
    change = sp.csr_array(rows_of_level(pairs.level, n_states) - rows_of_level(model.level, n_states)[pairs.tag])
    change.eliminate_zeros()
    change.sort_indices()
    level = level_from_rows(change, pairs.level.n_private, n_states)
    most = [np.abs(level.belief @ reward).max(axis=1) for reward in payoffs(game, time, team)]
    e_r = np.max([sums_by(level.cell_node, cell_values, n_nodes) for cell_values in most], axis=0)
    e_b = row_sums(abs(change))
    e_z = np.zeros(n_nodes) if pairs.table is None else _increment_error(game, time, pairs.table, level)
    return np.stack([e_r, e_z, e_b], axis=1)


def _increment_error(game: Game, time: int, table: SplitTable, change: Level) -> FloatArray:
    """Return e_z at each state whose belief difference is given."""
    signed = _by_sign(change)
    load = entry_load(game, time, signed).reshape(-1, 2).sum(axis=1)
    error = np.zeros(change.n_nodes)
    for nodes in ranges_of(load, RANGE_ENTRIES):
        error[nodes] = _range_error(game, time, table, signed, nodes)
    return error


def _by_sign(change: Level) -> Level:
    """Return a level with two states for each: first the positive part of its difference, then the negative."""
    parts = [change.belief.maximum(0), (-change.belief).maximum(0)]
    node = np.concatenate([2 * change.cell_node, 2 * change.cell_node + 1])
    private = np.tile(change.cell_private, 2)
    rows = sp.csr_array(sp.vstack(parts, format="csr"))
    rows.eliminate_zeros()
    order = np.lexsort((private, node))
    order = order[np.diff(rows.indptr)[order] > 0]
    return Level(2 * change.n_nodes, change.n_private, node[order], private[order], rows[order])


def _range_error(game: Game, time: int, table: SplitTable, signed: Level, nodes: slice) -> FloatArray:
    """Return e_z at a range of states of the level before `_by_sign`."""
    both = slice(2 * nodes.start, 2 * nodes.stop)
    cells = signed.cells_of(both)
    after = expand(game, time, table, signed, both)
    edges = sp.coo_array(after.edges)
    cell, action = np.divmod(edges.row, game.n_joint_actions)
    node, sign = np.divmod(signed.cell_node[cells], 2)
    profile, group = np.unique(node * int(np.prod(signed.n_private)) + signed.cell_private[cells], return_inverse=True)
    weight, row = edges.data * (1 - 2 * sign[cell]), group[cell] * game.n_joint_actions + action
    shape = (len(profile) * game.n_joint_actions, int(np.prod(table.n_increments)))
    change = sp.csr_array(sp.coo_array((weight, (row, after.increment[edges.col])), shape=shape))
    most = row_sums(abs(change)).reshape(len(profile), game.n_joint_actions).max(axis=1, initial=0.0)
    return sums_by(profile // int(np.prod(signed.n_private)) - nodes.start, most, nodes.stop - nodes.start)


def payoffs(game: Game, time: int, team: bool) -> FloatArray:
    """Return the rewards whose errors count, shape (n or 1, S, A): each agent's, or for a team their mean."""
    reward = game.reward_array(time)
    return reward.mean(axis=0, keepdims=True) if team else reward


def worst_expectations(game: Game, pairs: StateSpace, here: list[FloatArray], resources: Resources) -> FloatArray:
    """Return the largest expected error at each step over all policies, shape (H, E).

    Parameters
    ----------
    here : list of float arrays, shape (N, E)
        E errors at the pairs of each step.

    Notes
    -----
    Backward over the exact states, one column per error and step aimed at: what can be expected
    from a state is, per private profile, the most that a joint action leads to.
    """
    horizon = len(here)
    ahead = np.empty((0, 0))
    for time in reversed(range(horizon)):
        depth = pairs.depths[time]
        resources.check_clock("ledger", time, pairs.sizes)
        later = np.empty((depth.level.n_nodes, 0))
        if depth.edges is not None:
            load = depth.level.cells_per_node * game.n_joint_actions * ahead.shape[1]
            work = partial(_reached, game.n_joint_actions, depth, ahead)
            later = np.concatenate(list(resources.run_local(work, ranges_of(load, RANGE_ENTRIES))))
        ahead = np.concatenate([here[time], later], axis=1)
    return np.asarray(pairs.first_prob @ ahead).reshape(horizon, -1)


def _reached(n_joint: int, depth: Depth, ahead: FloatArray, nodes: slice) -> FloatArray:
    """Return the most that can be expected of each column of `ahead` from a range of states."""
    level, cells = depth.level, depth.level.cells_of(nodes)
    assert depth.edges is not None
    worth = depth.edges[cells.start * n_joint : cells.stop * n_joint] @ ahead
    most = worth.reshape(-1, n_joint, ahead.shape[1]).max(axis=1)
    first = np.searchsorted(level.cell_node, np.arange(nodes.start, nodes.stop))
    return np.add.reduceat(most, first - cells.start, axis=0)
