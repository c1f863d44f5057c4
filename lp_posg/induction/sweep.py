"""The backward sweep over the DAG: the paper's planning algorithm.

Every stage game of the last depth is solved first; a state's value vector is the continuation of
the states that lead to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
from joblib import Parallel, delayed

from lp_posg.game import Game
from lp_posg.induction.blocks import Block, block_graph, cell_payoffs, private_rows, stage_block
from lp_posg.information import Policy, PolicyBlock, PolicyStep, Unrolled
from lp_posg.stage import BlockStrategy, Concept, Objective, StageBlock, joined
from lp_posg.types import FloatArray, IntArray

MIN_PART = 32
"""Fewest stage games worth handing to a worker."""


@dataclass(frozen=True)
class Swept:
    """What the sweep found.

    Attributes
    ----------
    policy : Policy
    node_values : tuple per depth of float arrays, shape (N, n)
    programs : int
        Linear and mixed-integer programs solved.
    """

    policy: Policy
    node_values: tuple[FloatArray, ...]
    programs: int


def sweep(
    game: Game,
    unrolled: Unrolled,
    sharing: str,
    concept: Concept,
    objective: Objective,
    *,
    workers: int = 1,
    on_block: Callable[[Block], None] | None = None,
) -> Swept:
    """Return strategies and values of all states, by backward induction.

    Parameters
    ----------
    workers : int
        Threads that solve the stage games of a block; the answer does not depend on it.

    Raises
    ------
    SolveError, UnsupportedError
        As the concept's `solve`.
    """
    graph = block_graph(unrolled)
    values = [np.zeros((depth.level.n_nodes, game.n_agents)) for depth in unrolled.depths]
    solved: list[list[PolicyBlock]] = [[] for _ in unrolled.depths]
    programs = 0
    for generation in reversed(list(nx.topological_generations(graph))):
        blocks: list[Block] = [graph.nodes[key]["block"] for key in sorted(generation)]
        time = blocks[0].time
        depth = unrolled.depths[time]
        ahead = values[time + 1] if time + 1 < len(values) else np.zeros((0, game.n_agents))
        payoff = cell_payoffs(game, time, depth, ahead)
        for block in blocks:
            games = stage_block(game, block, depth.level, payoff)
            strategy = _solve(games, concept, objective, workers)
            found = PolicyBlock(
                block.nodes,
                private_rows(block, depth.level),
                strategy.atom_start,
                strategy.atom_prob,
                strategy.prescription,
            )
            values[time][block.nodes] = _values(games, found)
            solved[time].append(found)
            programs += strategy.n_programs
            if on_block is not None:
                on_block(block)
    steps = tuple(_step(unrolled, time, tuple(blocks)) for time, blocks in enumerate(solved))
    policy = Policy(sharing, unrolled.start.increment, unrolled.start.child, steps)
    return Swept(policy, tuple(values), programs)


def _solve(games: StageBlock, concept: Concept, objective: Objective, workers: int) -> BlockStrategy:
    parts = min(workers, max(1, len(games) // MIN_PART))
    if parts == 1:
        return concept.solve(games, objective)
    bounds = np.linspace(0, len(games), parts + 1).astype(int)
    ranges = [slice(int(a), int(b)) for a, b in pairwise(bounds)]
    tasks = (delayed(concept.solve)(games.part(rows), objective) for rows in ranges)
    return joined(Parallel(n_jobs=parts, prefer="threads")(tasks))


def _values(games: StageBlock, found: PolicyBlock) -> FloatArray:
    """Return the values (B, n) of strategies in their stage games, from the strategies themselves."""
    size, n = games.payoff.shape[:2]
    joint = found.joint().reshape(size, 1, -1)
    return np.asarray((games.payoff.reshape(size, n, -1) * joint).sum(axis=2))


def _step(unrolled: Unrolled, time: int, blocks: tuple[PolicyBlock, ...]) -> PolicyStep:
    depth = unrolled.depths[time]
    none: IntArray = np.empty(0, dtype=np.int64)
    if depth.arcs is None:
        return PolicyStep(depth.level.n_nodes, blocks, none, none, none)
    return PolicyStep(depth.level.n_nodes, blocks, depth.arcs.parent, depth.arcs.increment, depth.arcs.child)
