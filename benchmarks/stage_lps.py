"""Stage games per second: this package, the bare highspy loop, and other libraries, in turn.

`floor` is what HiGHS itself takes for the same programs one at a time: pass, run, read. The other
libraries solve a few of the same games each, with the same formulation where they take one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from benchmarks.measure import in_turn
from lp_posg.lp import ProgramBlock, attempts, highs
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.semi_compact import form_of
from lp_posg.stage.correlated.whole_program import compile_programs
from lp_posg.stage.minimax import compile_minimax
from lp_posg.stage.nash.nash_concept import Nash
from lp_posg.stage.payoffs import scaled

GAMES = 512
FEW = 24
SHAPES = [
    ((1, 1), (2, 2)),
    ((1, 1), (3, 3)),
    ((1, 1), (4, 4)),
    ((1, 1), (6, 6)),
    ((2, 2), (2, 2)),
    ((2, 2), (3, 3)),
    ((1, 1, 1), (2, 2, 2)),
]
QUICK = SHAPES[:3]
WELFARE = ("a", "b", "c")


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return microseconds per stage game, and ratios."""
    found = []
    for n_private, n_actions in QUICK if quick else SHAPES:
        for concept in ("ne", "ce", "interim-cce", "cce"):
            if concept == "ne" and len(n_actions) > 2:
                continue
            found.append(_row(n_private, n_actions, concept))
    return found


def _row(n_private: tuple[int, ...], n_actions: tuple[int, ...], concept: str) -> dict[str, Any]:
    block = random_block(n_private, n_actions, zero_sum=concept == "ne")
    objective = parse_objective("welfare", WELFARE[: len(n_actions)])
    solver = concept_named(concept)
    assert isinstance(solver, (Correlated, Nash))
    if isinstance(solver, Correlated):
        form, game = form_of(n_private, n_actions, solver.kind), scaled(block)
        programs = compile_programs(form, game, Aim.of(objective, game))
    else:
        programs = compile_minimax(scaled(block).payoff[:, 0])
    cases: dict[str, Callable[[], object]] = {
        "ours": lambda: solver._by_program(block, objective),
        "floor": lambda: bare_loop(programs),
    }
    seconds = {name: best / GAMES for name, best in in_turn(cases).items()}
    others = {"linprog": lambda: scipy_loop(programs, FEW), "cvxpy": lambda: cvxpy_loop(programs, FEW // 4)}
    counts = {"linprog": FEW, "cvxpy": FEW // 4}
    if concept == "ne" and n_private == (1, 1):
        for name, run in zero_sum_libraries(block, FEW).items():
            others[name], counts[name] = run, FEW
    seconds |= {name: best / counts[name] for name, best in in_turn(others, rounds=2).items()}
    row: dict[str, Any] = {"private": str(n_private), "actions": str(n_actions), "concept": concept}
    row |= {f"{name}_us": 1e6 * own for name, own in seconds.items()}
    row["ours/floor"] = seconds["ours"] / seconds["floor"]
    row["linprog/ours"] = seconds["linprog"] / seconds["ours"]
    return row


def random_block(
    n_private: tuple[int, ...], n_actions: tuple[int, ...], *, zero_sum: bool, size: int = GAMES
) -> StageBlock:
    """Return stage games with uniform payoffs and random beliefs."""
    rng, n = np.random.default_rng(0), len(n_private)
    payoff = rng.uniform(-1, 1, (size, n, *n_private, *n_actions))
    if zero_sum:
        payoff[:, 1] = -payoff[:, 0]
    belief = rng.dirichlet(np.ones(int(np.prod(n_private))), size)
    return StageBlock(payoff * belief.reshape(size, 1, *n_private, *(1,) * n), 0, np.arange(size))


def bare_loop(programs: ProgramBlock) -> None:
    """Solve every program by itself in one reused `Highs`: nothing but pass, run and read."""
    solver = _bare_solver()
    continuous = np.zeros(programs.n_columns, np.int32)
    for b in range(len(programs)):
        p = programs.program(b)
        solver.passModel(
            p.n_columns, p.n_rows, len(p.value), 1, 1, 0.0, p.cost, p.lower, p.upper, p.row_lower, p.row_upper,
            p.start, p.index, p.value, continuous,
        )  # fmt: skip
        solver.run()
        solver.getModelStatus()
        solution = solver.getSolution()
        np.array(solution.col_value)
        np.array(solution.row_dual)


def _bare_solver() -> highspy.Highs:
    solver = highspy.Highs()
    for key, value in (highs._ALWAYS | dict(attempts._JOINED_WAY)).items():
        solver.setOptionValue(key, value)
    return solver


def scipy_loop(programs: ProgramBlock, count: int) -> None:
    """Solve the first programs by `scipy.optimize.linprog`, which is HiGHS behind checks of its own."""
    for b in range(count):
        p = programs.program(b)
        matrix = sp.csc_array((p.value, p.index, p.start), shape=(p.n_rows, p.n_columns)).toarray()
        equal = p.row_lower == p.row_upper
        below = np.isfinite(p.row_lower) & ~equal
        above = np.isfinite(p.row_upper) & ~equal
        linprog(
            p.cost,
            A_ub=np.vstack([-matrix[below], matrix[above]]),
            b_ub=np.concatenate([-p.row_lower[below], p.row_upper[above]]),
            A_eq=matrix[equal],
            b_eq=p.row_lower[equal],
            bounds=np.stack([p.lower, p.upper], axis=1),
            method="highs",
        )


_dpp_cache: dict[tuple[int, int], Any] = {}


def cvxpy_loop(programs: ProgramBlock, count: int) -> None:
    """Solve the first programs by cvxpy with parameters (DPP), so that it compiles once per shape."""
    import cvxpy as cp

    key = (programs.n_rows, programs.n_columns)
    if key not in _dpp_cache:
        x = cp.Variable(programs.n_columns)
        matrix, cost = cp.Parameter(key), cp.Parameter(programs.n_columns)
        p = programs.program(0)
        constraints = [
            (matrix @ x)[np.isfinite(p.row_lower)] >= p.row_lower[np.isfinite(p.row_lower)],
            (matrix @ x)[np.isfinite(p.row_upper)] <= p.row_upper[np.isfinite(p.row_upper)],
            x[np.isfinite(p.lower)] >= p.lower[np.isfinite(p.lower)],
        ]
        _dpp_cache[key] = (cp.Problem(cp.Minimize(cost @ x), constraints), matrix, cost)
    problem, matrix, cost = _dpp_cache[key]
    for b in range(count):
        p = programs.program(b)
        matrix.value = sp.csc_array((p.value, p.index, p.start), shape=key).toarray()
        cost.value = p.cost
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            problem.solve(solver=cp.HIGHS)


def zero_sum_libraries(block: StageBlock, count: int) -> dict[str, Callable[[], object]]:
    """Return loops over other libraries' solvers for zero-sum matrix games, those that are installed."""
    games = block.payoff[:count, 0, 0, 0]
    loops: dict[str, Callable[[], object]] = {}
    try:
        import nashpy

        loops["nashpy"] = lambda: [nashpy.Game(game).linear_program() for game in games]
    except ImportError:
        pass
    try:
        import pygambit

        made = [pygambit.Game.from_arrays(game, -game) for game in games]
        loops["pygambit"] = lambda: [pygambit.nash.lp_solve(game, rational=False) for game in made]
    except ImportError:
        pass
    try:
        import ecos  # noqa: F401  what its solver of matrix games runs
        import pyspiel
        from open_spiel.python.algorithms import lp_solver

        tables = [pyspiel.create_matrix_game(game.tolist(), (-game).tolist()) for game in games]
        loops["open_spiel"] = lambda: [lp_solver.solve_zero_sum_matrix_game(table) for table in tables]
    except ImportError:
        pass
    return loops
