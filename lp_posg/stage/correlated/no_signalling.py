"""A polynomial upper bound on correlated stage games: correlation that tells no agent what others know.

Instead of a distribution over joint prescriptions, the law of the joint action at every private profile is chosen,

    q(a | p) >= 0,   sum_a q(a | p) = 1,
    sum_{a_i} q(a | p) does not depend on p_i                          for all i, p_-i, a_-i   (no signalling)

and every incentive row of `correlated` is linear in q. Prescriptions drawn by a mediator give such a q, so no
equilibrium has more than the optimum. It has k_1 ... k_n A_1 ... A_n variables. There are q that no mediator who does
not know p can bring about (Bell's inequalities tell them apart), so the bound may be out of reach; with one private
information each it is the optimum. Such q are the belief-invariant solutions of the literature.

Sources: Forges (1993), Theory and Decision 35, 277-310, and (2006), Theory and Decision 61, 329-344 (belief-invariant
Bayesian solution); Liu (2015), J. Economic Theory 157, 49-75 (belief-invariant correlation); Popescu and Rohrlich
(1994), Foundations of Physics 24, 379-385 (no signalling beyond quantum correlation).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import unknown
from lp_posg.errors import UnsupportedError
from lp_posg.evaluate.kinds import KINDS
from lp_posg.evaluate.kinds import Kind as DeviationKind
from lp_posg.lp import LinearProgram, solve_program
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated.incentives import IncentiveRows, Kind
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock, place_of_others, scaled
from lp_posg.types import FloatArray


def _rows_of(kind: DeviationKind) -> Kind | None:
    """Return the incentive rows that q can keep of a kind of deviation; None if no agent deviates alone."""
    if kind.together:
        return None
    # A Nash equilibrium is a correlated one; and a strategic-ce is a ce, and q knows no prescriptions.
    if kind.independent or kind.hears != "nothing":
        return "action"
    return "interim" if kind.decides == "interim" else "ex-ante"


def no_signalling_bound(block: StageBlock, concept: str, objective: Objective) -> FloatArray:
    """Return what no equilibrium of each stage game exceeds in the objective, shape (B,).

    Parameters
    ----------
    concept : {"team", "ne", "strategic-ce", "ce", "interim-cce", "cce"}
        ``team`` has no incentives; its objective is used here, unlike in the concept.
    objective : Objective
        Linear (the bound is on ``weights . values``) or egalitarian (on the smallest value).

    Raises
    ------
    ModelError
        If there is no such concept.
    UnsupportedError
        If the objective is neither linear nor egalitarian.
    LimitError, SolveError
        As `solve_program`.
    """
    if concept not in KINDS:
        raise unknown("concept", concept, KINDS)
    rows = _rows_of(KINDS[concept])
    if objective.is_conic:
        raise UnsupportedError(
            f"the no-signalling bound is not available for objective {objective.name!r}; use welfare, worst, agent:k,"
            " weighted:... or egalitarian"
        )
    games, found = scaled(block), np.empty(len(block))
    for b in range(len(block)):
        game = games.part(np.array([b]))
        what = f"no-signalling program at {block.where(b)} (concept {concept!r})"
        aim = Aim.of(objective, game)
        result = solve_program(compile_bound(game, rows, aim), what, block.deadline)
        found[b] = aim.in_reward(-result.objective)
    return found


def compile_bound(game: Scaled, kind: Kind | None, aim: Aim) -> LinearProgram:
    """Return the program of one game: columns q, then s_i(p) if ex ante, then t if the aim has one."""
    payoff = game.payoff[0]
    n = len(payoff)
    n_private, n_actions, n_q = payoff.shape[1 : 1 + n], payoff.shape[1 + n :], payoff[0].size
    incentive = _incentives(payoff, IncentiveRows(n_private, n_actions, kind)) if kind else sp.csr_array((0, n_q))
    n_more, n_total = incentive.shape[1] - n_q, int(np.prod(n_private))
    totals = sp.csr_array(sp.kron(sp.eye_array(n_total), np.ones((1, int(np.prod(n_actions))))))
    equations = sp.vstack([totals, *_marginals(n_private, n_actions)])
    low = [np.zeros(incentive.shape[0]), np.ones(n_total), np.zeros(equations.shape[0] - n_total)]
    high = [np.full(incentive.shape[0], np.inf), *low[1:]]
    equations.resize(equations.shape[0], n_q + n_more)
    rows = [incentive, equations]
    by_value = payoff.reshape(n, -1)
    cost = np.concatenate([-(aim.weight[0] @ by_value), np.zeros(n_more)])
    if aim.active.any():
        weighted = sp.csr_array(aim.rows[0] @ by_value)
        weighted.resize(weighted.shape[0], n_q + n_more)
        rows = [sp.hstack([part, np.zeros((part.shape[0], 1))]) for part in rows]
        rows.append(sp.hstack([weighted, -1.0 * aim.active[0][:, None]]))
        cost = np.append(cost, -1.0)
        low, high = [*low, aim.lower[0]], [*high, np.full(len(aim.lower[0]), np.inf)]
    matrix = sp.csc_array(sp.vstack(rows))
    matrix.sum_duplicates()
    lower = np.concatenate([np.zeros(n_q), np.full(len(cost) - n_q, -np.inf)])
    return LinearProgram.of(matrix, cost, (lower, np.inf), (np.concatenate(low), np.concatenate(high)))


def _incentives(payoff: FloatArray, rows: IncentiveRows) -> sp.csr_array:
    """Return the incentive rows by q and slack; each divided by its largest entry, or the agent's with slack."""
    n = len(payoff)
    grid = np.indices(payoff.shape[1:]).reshape(2 * n, -1)
    row, column, number = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for i, own in enumerate(payoff):
        p, advised, a = grid[i], grid[n + i], payoff.shape[1 + n + i]
        for instead in range(a):
            deviate = np.take(own, [instead] * a, axis=n + i)
            other = np.flatnonzero(advised != instead)
            place = (
                (p * a + advised) * (a - 1) + instead - (instead > advised)
                if rows.kind == "action"
                else p * a + instead
            )
            row.append(rows.row_start[i] + place[other])
            column.append(other)
            number.append((own - deviate).ravel()[other])
    n_rows = int(rows.row_start[-1])
    at, entries = np.concatenate(row), np.concatenate(number)
    size = np.zeros(n_rows)
    np.maximum.at(size, at, np.abs(entries))
    where, shape = (at, np.concatenate(column)), (n_rows, payoff[0].size)
    matrix = sp.csr_array((entries / rows.units(size)[at], where), shape=shape)
    place, slack, sign = rows.slack_entries
    return sp.hstack([matrix, sp.csr_array((sign, (place, slack)), shape=(n_rows, rows.n_slack))], format="csr")


def _marginals(n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> Iterator[sp.csr_array]:
    """Yield, per agent, the rows ``sum_{a_i} q(a | p) - sum_{a_i} q(a | first p_i, p_-i) = 0`` for every other p_i."""
    n = len(n_private)
    grid = np.indices((*n_private, *n_actions)).reshape(2 * n, -1)
    for i, k in enumerate(n_private):
        rest, n_rest = place_of_others(grid, i)
        later, first = grid[i] > 0, np.flatnonzero(grid[i] == 0)
        rows = [(grid[i][later] - 1) * n_rest + rest[later], *(p * n_rest + rest[first] for p in range(k - 1))]
        columns = [np.flatnonzero(later), *[first] * (k - 1)]
        signs = np.repeat([1.0, -1.0], [len(columns[0]), (k - 1) * len(first)])
        at = np.concatenate(rows), np.concatenate(columns)
        yield sp.csr_array((signs, at), shape=((k - 1) * n_rest, grid.shape[1]))
