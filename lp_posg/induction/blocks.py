"""Stage games of a depth, grouped by shape, and the networkx DAG of these groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lp_posg.game.protocols import Payoffs
from lp_posg.information.levels import Level
from lp_posg.information.state_space import Depth, StateSpace
from lp_posg.stage import StageBlock
from lp_posg.types import FloatArray, IntArray

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Block:
    """The states of one depth that have the same numbers of private informations."""

    time: int
    shape: tuple[int, ...]  # k_i per agent
    nodes: IntArray  # shape (B,); ascending


def blocks_of(time: int, level: Level) -> list[Block]:
    """Return the blocks of one depth, smallest shape first."""
    shapes, group = np.unique(level.counts, axis=0, return_inverse=True)
    return [
        Block(time, tuple(int(k) for k in shape), np.flatnonzero(group.ravel() == g)) for g, shape in enumerate(shapes)
    ]


def block_graph(space: StateSpace) -> nx.DiGraph:
    """Return the DAG of blocks: node (time, number) with attribute ``block``, edge where a state leads to a state."""
    import networkx as nx

    graph = nx.DiGraph()
    owner: list[IntArray] = []
    for time, depth in enumerate(space.depths):
        owner.append(np.empty(depth.level.n_nodes, dtype=np.int64))
        for number, block in enumerate(blocks_of(time, depth.level)):
            graph.add_node((time, number), block=block)
            owner[-1][block.nodes] = number
    for time, depth in enumerate(space.depths[:-1]):
        assert depth.arcs is not None
        pairs = np.unique(np.stack([owner[time][depth.arcs.parent], owner[time + 1][depth.arcs.child]]), axis=1)
        graph.add_edges_from(((time, int(a)), (time + 1, int(b))) for a, b in pairs.T)
    return graph


def backward_order(space: StateSpace) -> Iterator[list[Block]]:
    """Yield blocks that can be solved together, a depth's at a time, every block after all that it leads to."""
    import networkx as nx

    graph = block_graph(space)
    for generation in reversed(list(nx.topological_generations(graph))):
        yield [graph.nodes[key]["block"] for key in sorted(generation)]


def cell_payoffs(game: Payoffs, time: int, depth: Depth, continuation: FloatArray, cells: slice) -> FloatArray:
    """Return each agent's weighted payoff in a range of cells, shape (n, C, A).

    `continuation`: shape (N', n); values of the states of the next depth; empty at the last depth.
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
