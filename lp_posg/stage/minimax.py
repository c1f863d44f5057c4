"""Stage games of two agents whose payoffs sum to a constant at each private profile: one linear program.

    max  sum over p2 of v(p2)
    s.t. v(p2) <= sum over p1, a1 of x(a1 | p1) U_1[p1, p2, a1, a2]     for all p2, a2
         x(. | p1) a distribution for every p1

The duals on the first rows are agent 2's prescription. Both together are a Nash equilibrium, hence one of every
correlated concept, and no such equilibrium has other values: an agent who leaves its recommendation unheard gets at
least the value of the game from its optimal prescription, whatever the other is told, and the values sum to a constant.

Source: Ponssard and Sorin (1980), Int. J. Game Theory 9, 21-32 (games with incomplete information by linear
programming); von Neumann's minimax theorem; Moulin and Vial (1978), Int. J. Game Theory 7, 201-221 (correlation gains
nothing in zero-sum games).
"""

from __future__ import annotations

import numpy as np

from lp_posg.lp import ProgramBlock, solve_block
from lp_posg.stage.payoffs import StageBlock, scaled
from lp_posg.stage.strategy import BlockStrategy, as_distribution, one_atom
from lp_posg.types import BoolArray, FloatArray

# Payoffs that differ by at most this, relative to what is at stake in the stage game, count as equal.
SAME_PAYOFF = 1e-10


def constant_sum(block: StageBlock) -> BoolArray:
    """Return for each stage game whether the payoffs sum to a number that no action changes, shape (B,)."""
    shifted, size = below_best(block)
    total = shifted.sum(axis=1).reshape(len(block), int(np.prod(block.n_private)), -1)
    return np.asarray(np.ptp(total, axis=2).max(axis=1) <= SAME_PAYOFF * size)


def below_best(block: StageBlock) -> tuple[FloatArray, FloatArray]:
    """Return the payoffs less each agent's best at each private profile, and their size (B,)."""
    top = block.payoff.max(axis=tuple(range(2 + block.n_agents, block.payoff.ndim)), keepdims=True)
    shifted = block.payoff - top
    return shifted, np.abs(shifted).reshape(len(block), -1).max(axis=1)


def minimax_nash(block: StageBlock, concept: str) -> BlockStrategy:
    """Return a Nash equilibrium of each stage game, all of which are constant-sum; `concept`: its name in errors."""

    def what(row: int) -> str:
        return f"stage LP at {block.where(row)} (concept {concept!r}, zero-sum)"

    x, dual = solve_block(compile_minimax(scaled(block, from_top=False).payoff[:, 0]), what, block.deadline)
    (k1, k2), (n1, n2) = block.n_private, block.n_actions
    first = x[:, : k1 * n1].reshape(-1, k1, n1)
    second = dual[:, : k2 * n2].reshape(-1, k2, n2)
    return one_atom([as_distribution(first), as_distribution(second)], len(block), "program")


def compile_minimax(payoff: FloatArray) -> ProgramBlock:
    """Return the programs above for agent 1's payoffs, shape (B, k_1, k_2, A_1, A_2); columns x, then v."""
    size, k1, k2, n1, n2 = payoff.shape
    n_x, n_payoff_rows = k1 * n1, k2 * n2
    pattern = np.zeros((n_x + k2, n_payoff_rows + k1))  # by column of the program
    pattern[:n_x, :n_payoff_rows] = 1.0
    pattern[n_x:, :n_payoff_rows] = -np.repeat(np.eye(k2), n2, axis=1)
    pattern[:n_x, n_payoff_rows:] = np.repeat(np.eye(k1), n1, axis=0)
    column, index = np.nonzero(pattern)
    value = np.tile(pattern[column, index], (size, 1))
    value[:, (column < n_x) & (index < n_payoff_rows)] = payoff.transpose(0, 1, 3, 2, 4).reshape(size, -1)
    return ProgramBlock(
        cost=np.tile(np.concatenate([np.zeros(n_x), -np.ones(k2)]), (size, 1)),
        lower=np.concatenate([np.zeros(n_x), np.full(k2, -np.inf)]),
        upper=np.full(n_x + k2, np.inf),
        row_lower=np.concatenate([np.zeros(n_payoff_rows), np.ones(k1)]),
        row_upper=np.concatenate([np.full(n_payoff_rows, np.inf), np.ones(k1)]),
        start=np.searchsorted(column, np.arange(n_x + k2 + 1)).astype(np.int32),
        index=index.astype(np.int32),
        value=value,
    )
