"""Team optimum: the pure prescription profile with the largest sum of the agents' values.

    max over g of  sum_p W[p, g(p)]   with W the sum of the agents' weighted payoffs

All agents' prescriptions but those of the agent with the most are enumerated; that agent then chooses for each of its
private informations alone, which is exact. Beyond ``ENUMERATION_LIMIT`` the same problem is a mixed-integer program:
x_i(p_i, .) is 0/1, and z(p, .) a distribution on joint actions with marginals x_i(p_i, .).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from lp_posg.evaluate.kinds import KINDS
from lp_posg.game.protocols import Payoffs
from lp_posg.lp import LinearProgram, solve_program
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, by_agent, largest_agent, prescriptions_but, welfare_optimum
from lp_posg.stage.strategy import BlockStrategy, joined, one_atom
from lp_posg.types import FloatArray

ENUMERATION_LIMIT = 100_000  # most joint prescriptions of all agents but one that are enumerated
BATCH_ENTRIES = 5_000_000  # most numbers (stage game, prescription, private information, action) held at a time


class Team:
    """The best the agents can do together; with a common reward this is also a Nash equilibrium."""

    name = "team"
    deviations = KINDS["team"]

    def check_game(self, game: Payoffs) -> None:
        """Accept every game; with different rewards the sum of the values is maximised."""

    def check_objective(self, objective: Objective) -> None:
        """Accept every objective; it is not used."""

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return an optimal pure prescription profile for each stage game; the objective is not used."""
        welfare = block.payoff.sum(axis=1)
        free = largest_agent(block.n_private, block.n_actions)
        count = prescriptions_but(block.n_private, block.n_actions, free)
        if count > ENUMERATION_LIMIT:
            return joined([_by_integer_program(block, welfare[b], block.where(b)) for b in range(len(block))])
        width = count * block.n_private[free] * block.n_actions[free]
        step = max(1, int(BATCH_ENTRIES // width))
        return joined([_by_enumeration(block, welfare[b : b + step], free) for b in range(0, len(block), step)])


def _by_enumeration(block: StageBlock, welfare: FloatArray, free: int) -> BlockStrategy:
    block.check_deadline()
    pure = welfare_optimum(welfare, block.n_private, block.n_actions, free)
    return one_atom([np.eye(a)[own] for own, a in zip(pure, block.n_actions, strict=True)], 0, "enumeration")


def _by_integer_program(block: StageBlock, welfare: FloatArray, where: str) -> BlockStrategy:
    program = compile_team_program(welfare, block.n_private, block.n_actions)
    x = solve_program(program, f"team program at {where}", block.deadline).x
    parts = by_agent(x, block.n_private, block.n_actions)
    return one_atom([np.eye(part.shape[2])[part.argmax(axis=2)] for part in parts], 1, "program")


def compile_team_program(welfare: FloatArray, n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> LinearProgram:
    """Return the mixed-integer program of one stage game: columns x_1, ..., x_n, then z(p, a).

    `welfare`: shape (k_1, ..., k_n, A_1, ..., A_n).
    """
    top = float(np.abs(welfare).max()) or 1.0
    n_x = int(np.dot(n_private, n_actions))
    each = [np.ones((1, n)) for k, n in zip(n_private, n_actions, strict=True) for _ in range(k)]
    simplex = sp.block_diag(each, format="csc")
    simplex.resize(simplex.shape[0], n_x + welfare.size)
    matrix = sp.vstack([simplex, *_marginal_rows(n_private, n_actions)], format="csc")
    bound = np.concatenate([np.ones(simplex.shape[0]), np.zeros(matrix.shape[0] - simplex.shape[0])])
    cost = np.concatenate([np.zeros(n_x), -welfare.ravel() / top])
    return LinearProgram.of(matrix, cost, (0.0, 1.0), (bound, bound), np.arange(len(cost)) < n_x)


def _marginal_rows(n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> Iterator[sp.csr_array]:
    """Yield, per agent, the rows ``sum over others' actions of z(p, a) - x_i(p_i, a_i) = 0``."""
    n_x = [k * n for k, n in zip(n_private, n_actions, strict=True)]
    grid = np.indices((*n_private, *n_actions)).reshape(2 * len(n_x), -1)
    profile = np.ravel_multi_index(tuple(grid[: len(n_x)]), n_private)
    column = sum(n_x) + np.arange(grid.shape[1])
    first = 0
    for i, (k, n) in enumerate(zip(n_private, n_actions, strict=True)):
        row = profile * n + grid[len(n_x) + i]
        pairs = np.unique(np.stack([row, grid[i] * n + grid[len(n_x) + i]]), axis=1)
        number = np.repeat([1.0, -1.0], [len(row), pairs.shape[1]])
        at = np.concatenate([row, pairs[0]]), np.concatenate([column, first + pairs[1]])
        yield sp.csr_array((number, at), shape=(int(np.prod(n_private)) * n, sum(n_x) + grid.shape[1]))
        first += k * n
