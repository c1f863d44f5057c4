"""Stage games of a depth, grouped by shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.game.protocols import Payoffs
from lp_posg.information.levels import Level
from lp_posg.information.state_space import Depth
from lp_posg.stage import StageBlock
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class Block:
    """The states of one depth that have the same numbers of private informations.

    Attributes
    ----------
    time : int
    shape : tuple of int
        k_i per agent.
    nodes : int array, shape (B,)
        Ascending.
    """

    time: int
    shape: tuple[int, ...]
    nodes: IntArray


def blocks_of(time: int, level: Level) -> list[Block]:
    """Return the blocks of one depth, smallest shape first."""
    shapes, group = np.unique(level.counts, axis=0, return_inverse=True)
    return [
        Block(time, tuple(int(k) for k in shape), np.flatnonzero(group.ravel() == g)) for g, shape in enumerate(shapes)
    ]


def cell_payoffs(game: Payoffs, time: int, depth: Depth, continuation: FloatArray, cells: slice) -> FloatArray:
    """Return each agent's weighted payoff in a range of cells, shape (n, C, A).

    Parameters
    ----------
    continuation : float array, shape (N', n)
        Values of the states of the next depth; empty at the last depth.
    """
    reward, n_joint = game.reward_array(time), game.n_joint_actions
    belief = depth.level.belief[cells]
    payoff = np.stack([belief @ reward[i] for i in range(game.n_agents)])
    if depth.edges is not None:
        ahead = depth.edges[cells.start * n_joint : cells.stop * n_joint] @ continuation
        payoff += game.discount * ahead.T.reshape(payoff.shape)
    return payoff


def stage_block(
    game: Payoffs, block: Block, depth: Depth, continuation: FloatArray, deadline: float | None = None
) -> StageBlock:
    """Return the stage games of a block, or of part of one; `continuation` as in `cell_payoffs`."""
    level, first = depth.level, int(block.nodes[0])
    span = level.cells_of(slice(first, int(block.nodes[-1]) + 1))
    payoff = cell_payoffs(game, block.time, depth, continuation, span)
    row = np.full(int(block.nodes[-1]) + 1 - first, -1, dtype=np.int64)
    row[block.nodes - first] = np.arange(len(block.nodes))
    row = row[level.cell_node[span] - first]
    cells = np.flatnonzero(row >= 0)
    profile = np.ravel_multi_index(tuple(s.cell_rank[span][cells] for s in level.supports), block.shape)
    dense = np.zeros((len(block.nodes), int(np.prod(block.shape)), game.n_agents, game.n_joint_actions))
    dense[row[cells], profile] = payoff[:, cells].transpose(1, 0, 2)
    dense = dense.transpose(0, 2, 1, 3).reshape(len(block.nodes), game.n_agents, *block.shape, *game.n_actions)
    return StageBlock(np.ascontiguousarray(dense), block.time, block.nodes, deadline)


def private_rows(block: Block, level: Level) -> tuple[IntArray, ...]:
    """Return the private informations of positive probability of each state, (B, k_i) per agent."""
    return tuple(
        support.private[support.start[block.nodes][:, None] + np.arange(k)]
        for support, k in zip(level.supports, block.shape, strict=True)
    )
