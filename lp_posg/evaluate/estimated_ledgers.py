"""The error ledger by simulation, where exact states are out of reach.

Runs of the strategy are played, exact beliefs are filtered along each (one row per run), and the three errors
of `error_ledger` are averaged at every step. They are expectations under the strategy itself, not under the worst
policy, so they prove nothing about the gap; they say how far the attached beliefs are off where play goes.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import scipy.sparse as sp

from lp_posg.evaluate.belief_errors import errors_at
from lp_posg.evaluate.error_ledgers import Ledger, merge_distances, model_certificate
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.simulation import played
from lp_posg.game import Game
from lp_posg.information import Policy, SharingStructure, StateSpace
from lp_posg.information.levels import batches, expand, first_rows, level_from_rows
from lp_posg.information.resources import Resources
from lp_posg.information.tables import SplitTable
from lp_posg.types import IntArray, SparseMatrix


def estimated_ledger(
    game: Game,
    structure: SharingStructure,
    policy: Policy,
    model: StateSpace,
    deviations: str | Kind,
    gap: float,
    *,
    compression: str = "",
    n_runs: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    resources: Resources | None = None,
) -> Ledger:
    """Return the errors of the model along simulated runs of the strategy.

    Parameters
    ----------
    game, structure, policy, model, deviations, compression, resources
        As in `error_ledger`.
    gap : float
        The gap, or the bound on it, for the report.
    n_runs, seed : int
        As in `simulate`.
    level : float
        Confidence of the half-widths (normal).

    Raises
    ------
    ModelError
        If the strategy does not fit the game.
    LimitError
        If a limit is met.

    Notes
    -----
    Time grows as runs, times steps, times the entries of a belief and its successors.
    """
    use, kind = resources or Resources(), kind_named(deviations)
    moments = played(game, structure, policy, n_runs, seed)
    quantile = NormalDist().inv_cdf(0.5 + level / 2)
    means, widths = [], []
    sizes, tables = model.sizes, model.tables
    rows = _first_beliefs(game, tables[0], moments[0].shared)
    for time, moment in enumerate(moments):
        use.check_clock("ledger", time, sizes)
        if time:
            rows = _next_beliefs(game, time - 1, tables[time], rows, moment.shared)
        beliefs = level_from_rows(rows, tables[time].n_next, game.n_states)
        depth = replace(model.depths[time], level=beliefs, tag=moment.node)
        errors = errors_at(game, time, depth, model.depths[time], kind.together)
        means.append(errors.mean(axis=0))
        widths.append(quantile * errors.std(axis=0, ddof=1) / np.sqrt(n_runs) if n_runs > 1 else np.full(3, np.inf))
    inside, none = model_certificate(game, structure, policy, model, kind, use).gap, (0,) * len(moments)
    e_r, e_z, e_b = np.transpose(means)
    ledger = Ledger(compression, e_r, e_z, e_b, none, sizes, merge_distances(model), inside, None, None, gap)
    return replace(ledger, status="estimated", half_widths=np.array(widths), n_runs=n_runs)


def _first_beliefs(game: Game, table: SplitTable, shared: IntArray) -> SparseMatrix:
    """Return the belief of each run after the start, one row per run."""
    increment, _, rows = first_rows(game, table)
    return rows[np.searchsorted(increment, shared)]


def _next_beliefs(game: Game, time: int, table: SplitTable, rows: SparseMatrix, shared: IntArray) -> SparseMatrix:
    """Return the belief of each run one step later, given what became common in it."""
    level = level_from_rows(rows, table.n_private, game.n_states)
    width = int(np.prod(table.n_increments))
    parts = []
    for nodes in batches(game, time, level):
        after = expand(game, time, table, level, nodes)
        wanted = np.arange(nodes.start, nodes.stop) * width + shared[nodes]
        parts.append(after.rows[np.searchsorted(after.parent * width + after.increment, wanted)])
    return sp.csr_array(sp.vstack(parts, format="csr"))
