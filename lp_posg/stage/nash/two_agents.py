"""Nash equilibrium of a general-sum stage game of two agents, as a mixed-integer program.

With E_i(p, a) = sum over the other's (q, c) of x_j(c | q) U_i[p, q, a, c], linear in x_j:

    max  the objective in the values  sum over p of u_i(p)
    s.t. x_i(. | p) a distribution                         for all i, p
         0 <= u_i(p) - E_i(p, a) <= M_i(p) b_i(p, a)       b_i(p, a) is 0 or 1
         x_i(a | p) <= 1 - b_i(p, a)

so an action is used only if it is a best reply. The supports found (where b = 0) then fix a linear program that gives
the prescriptions to the accuracy of the simplex method.

Source: Sandholm, Gilpin and Conitzer (2005), AAAI-05, 495-501, formulation 1, here with one distribution per private
information.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.lp import LinearProgram, Status, attempt_program, solve_program
from lp_posg.stage.aim import Aim, aims_in_turn
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock, by_agent, scaled
from lp_posg.stage.strategy import BlockStrategy, as_distribution, one_atom
from lp_posg.types import FloatArray


def selected_nash(block: StageBlock, objective: Objective) -> BlockStrategy:
    """Return the Nash equilibrium of one stage game (a block of one) that the objective selects.

    Raises LimitError if the deadline passes; its facts are ``bound``, which no equilibrium exceeds, ``incumbent``,
    which the best so far has, in what the objective maximises (nan: there is none yet), and ``strategy``, that
    equilibrium as a `BlockStrategy` or None. Raises SolveError if the mixed-integer program cannot be solved.
    """
    game = scaled(block)
    aims, x, n_programs = aims_in_turn(objective, game), np.empty(0), 1  # one for the supports, in the end
    for place, aim in enumerate(aims):
        n_u = sum(block.n_private)
        if place:
            first = 2 * int(np.dot(block.n_private, block.n_actions))
            parts = np.split(x[first : first + n_u], [block.n_private[0]])
            aim = aim.holding(aims[:place], np.array([own.sum() for own in parts]))
        program = compile_nash(game, block.n_private, block.n_actions, aim)
        bound = np.inf if place else _coarse_bound(block, game, objective, aim)
        x = _solved(program, block, game, aim, bound, x[: program.n_columns])
        n_programs += 1
    return _strategy(program, block, x, n_programs)


def _strategy(program: LinearProgram, block: StageBlock, x: FloatArray, n_programs: int) -> BlockStrategy:
    """Return the prescriptions of a solution, to the accuracy of the simplex method where its supports allow."""
    n_x, lower, upper = int(np.dot(block.n_private, block.n_actions)), program.lower.copy(), program.upper.copy()
    lower[n_x : 2 * n_x] = upper[n_x : 2 * n_x] = x[n_x : 2 * n_x] > 0.5
    polished = attempt_program(replace(program, lower=lower, upper=upper, integer=None))
    if polished.status is Status.OPTIMAL:
        x = polished.x
    parts = by_agent(x, block.n_private, block.n_actions)
    return one_atom([as_distribution(part) for part in parts], n_programs, "program")


def _coarse_bound(block: StageBlock, game: Scaled, objective: Objective, aim: Aim) -> float:
    """Return the objective's optimum over the interim-cce, which hold all Nash equilibria, if there is a time limit.

    One small linear program says more than the search does in its first minutes; inf if even that takes too long.
    """
    if block.deadline is None:
        return np.inf
    try:
        found = Correlated("interim-cce", "interim").solve(block, objective)
    except (SolveError, UnsupportedError):
        return np.inf
    return aim.in_reward(aim.score(found.values(game.payoff)[0]))


def _solved(
    program: LinearProgram, block: StageBlock, game: Scaled, aim: Aim, bound: float, known: FloatArray
) -> FloatArray:
    """Return the solution; no equilibrium exceeds `bound`. Stopped before it has any, `known` is the best there is."""
    what = f"mixed-integer program at {block.where(0)} (concept 'ne')"
    try:
        return solve_program(program, what, block.deadline).x
    except LimitError as error:
        # Early in the search the program's bound is worse than the best of all joint actions.
        best_play = aim.most(lambda row: float(np.tensordot(row, game.payoff[0], axes=1).max(axis=(2, 3)).sum()))
        bound = float(np.fmin(aim.in_reward(-error.facts["bound"]), min(aim.in_reward(best_play), bound)))
        x = error.facts["x"] if len(error.facts["x"]) else known
        strategy = _strategy(program, block, x, 1) if len(x) else None
        found = aim.in_reward(-float(program.cost @ x)) if len(x) else float("nan")
        limit = f"no Nash equilibrium there exceeds {bound:.8g}"
        best = f"the best found has {found:.8g}" if len(x) else "no equilibrium was found"
        facts = {key: fact for key, fact in error.facts.items() if key != "x"}
        facts |= {"bound": bound, "incumbent": found, "strategy": strategy}
        raise LimitError(f"{error}; of objective {aim.name!r} {limit}, {best}", **facts) from None


def compile_nash(game: Scaled, n_private: tuple[int, ...], n_actions: tuple[int, ...], aim: Aim) -> LinearProgram:
    """Return the program of the first game: columns x_1, x_2, b_1, b_2, u_1, u_2, then t if the aim has one."""
    n_x = [k * a for k, a in zip(n_private, n_actions, strict=True)]
    total, n_u, n_t = sum(n_x), sum(n_private), int(aim.active.any())
    unit = np.eye(2 * total + n_u + n_t)
    columns = np.split(unit, np.cumsum([*n_x, *n_x, *n_private]))  # as rows of the program, of x_1, x_2, b_1, ...
    rows: list[tuple[FloatArray, FloatArray | float, float]] = []
    for i, (k, a) in enumerate(zip(n_private, n_actions, strict=True)):
        x, b, u = columns[i], columns[2 + i], np.repeat(columns[4 + i], a, axis=0)
        reply, size = _reply_values(game.payoff[0, i], i)
        regret = u - reply @ columns[1 - i]
        rows.append((x.reshape(k, a, -1).sum(axis=1), 1.0, 1.0))
        rows.append((regret, 0.0, np.inf))
        rows.append((regret - np.repeat(size, a)[:, None] * b, -np.inf, 0.0))
        rows.append((x + b, -np.inf, 1.0))
    t = np.where(aim.active[0, :, None], aim.along[0, :, None] * unit[-1], 0.0)
    rows.append((np.repeat(aim.rows[0], n_private, axis=1) @ np.concatenate(columns[4:6]) - t, aim.lower[0], np.inf))
    matrix = np.concatenate([part for part, _, _ in rows])
    low, high = (np.concatenate([np.full(len(part[0]), part[side]) for part in rows]) for side in (1, 2))
    cost = np.concatenate([np.zeros(2 * total), -np.repeat(aim.weight[0], n_private), -np.ones(n_t)])
    free = np.full(n_u + n_t, np.inf)
    bounds = np.concatenate([np.zeros(2 * total), -free]), np.concatenate([np.ones(2 * total), free])
    is_integer = np.repeat([False, True, False], [total, total, n_u + n_t])
    return LinearProgram.of(matrix, cost, bounds, (low, high), is_integer)


def _reply_values(payoff: FloatArray, agent: int) -> tuple[FloatArray, FloatArray]:
    """Return E_i as a matrix, shape (k_i A_i, k_j A_j), and M_i, shape (k_i,)."""
    own, other = (0, 1) if agent == 0 else (1, 0)
    turned = payoff.transpose(own, 2 + own, other, 2 + other)
    k, a = turned.shape[:2]
    spread = np.ptp(turned.reshape(k, a, turned.shape[2], -1), axis=(1, 3)).sum(axis=1)
    return turned.reshape(k * a, -1), spread
