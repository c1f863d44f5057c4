"""The backward sweep over the DAG: the paper's planning algorithm.

Every stage game of the last depth is solved first; a state's value vector is the continuation of
the states that lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

from lp_posg.game import Game
from lp_posg.induction.blocks import Block, block_graph, cell_payoffs, private_rows, stage_block
from lp_posg.information import Policy, PolicyBlock, PolicyStep, Unrolled
from lp_posg.information.levels import Level
from lp_posg.information.policy import joint_law
from lp_posg.information.resources import Resources, Run
from lp_posg.stage import METHODS, BlockStrategy, Concept, Objective, StageBlock, added, joined
from lp_posg.types import FloatArray, IntArray

PART = 512
"""Stage games handed to a worker at a time."""


@dataclass(frozen=True)
class Swept:
    """What the sweep found.

    Attributes
    ----------
    policy : Policy
    node_values : tuple per depth of float arrays, shape (N, n)
    programs : int
        Linear and mixed-integer programs solved.
    methods : mapping of str to int
        How many stage games were solved how; see `METHODS`.
    """

    policy: Policy
    node_values: tuple[FloatArray, ...]
    programs: int
    methods: Mapping[str, int]


def sweep(
    game: Game,
    unrolled: Unrolled,
    sharing: str,
    concept: Concept,
    objective: Objective,
    *,
    resources: Resources | None = None,
    on_block: Callable[[Block, int], None] | None = None,
) -> Swept:
    """Return strategies and values of all states, by backward induction.

    Parameters
    ----------
    resources : Resources, optional
        Workers that solve the stage games of a block, in parts of ``PART`` games whatever their
        number, so that the answer does not depend on it; the deadline; where to keep finished depths.
    on_block : callable, optional
        Told each block that is solved and how many programs that took.

    Raises
    ------
    SolveError, UnsupportedError
        As the concept's `solve`.
    LimitError
        If the deadline passes.
    """
    use = resources or Resources()
    graph = block_graph(unrolled)
    sizes = tuple(depth.level.n_nodes for depth in unrolled.depths)
    values = [np.zeros((size, game.n_agents)) for size in sizes]
    solved: list[tuple[PolicyBlock, ...]] = [() for _ in sizes]
    programs, methods = 0, list[Mapping[str, int]]()
    for generation in reversed(list(nx.topological_generations(graph))):
        blocks: list[Block] = [graph.nodes[key]["block"] for key in sorted(generation)]
        time = blocks[0].time
        kept = None if use.store is None else use.store.load(f"solved-{time}")
        if kept is None:
            ahead = values[time + 1] if time + 1 < len(values) else np.zeros((0, game.n_agents))
            payoff = cell_payoffs(game, time, unrolled.depths[time], ahead)
            parts = []
            for block in blocks:
                games = stage_block(game, block, unrolled.depths[time].level, payoff, use.deadline)
                use.check_clock("solve", time, sizes)
                part = _solved(games, block, unrolled.depths[time].level, concept, objective, use.run)
                parts.append(part)
                if on_block is not None:
                    on_block(block, part.programs)
            if use.store is not None:
                use.store.save(f"solved-{time}", _packed(parts))
        else:
            parts = _unpacked(kept, blocks, game.n_agents)
            for block, part in zip(blocks, parts, strict=True):
                if on_block is not None:
                    on_block(block, part.programs)
        for block, part in zip(blocks, parts, strict=True):
            values[time][block.nodes] = part.values
            programs += part.programs
            methods.append(part.methods)
        solved[time] = tuple(part.strategy for part in parts)
    steps = tuple(_step(unrolled, time, blocks) for time, blocks in enumerate(solved))
    policy = Policy(sharing, unrolled.start.increment, unrolled.start.child, steps)
    return Swept(policy, tuple(values), programs, added(methods))


@dataclass(frozen=True)
class _Part:
    """A solved block."""

    strategy: PolicyBlock
    values: FloatArray
    programs: int
    methods: Mapping[str, int]


def _solved(games: StageBlock, block: Block, level: Level, concept: Concept, objective: Objective, run: Run) -> _Part:
    ranges = [slice(first, first + PART) for first in range(0, len(games), PART)]
    parts = list(run(partial(_solve_part, concept, objective), [games.part(rows) for rows in ranges]))
    found = joined([strategy for strategy, _ in parts])
    strategy = PolicyBlock(
        block.nodes, private_rows(block, level), found.atom_start, found.atom_prob, found.prescription
    )
    values = np.concatenate([own for _, own in parts])
    return _Part(strategy, values, found.n_programs, found.methods)


def _solve_part(concept: Concept, objective: Objective, games: StageBlock) -> tuple[BlockStrategy, FloatArray]:
    """Return strategies and their values (B, n); what a worker does."""
    found = concept.solve(games, objective)
    return found, _values(games, found)


def _values(games: StageBlock, found: BlockStrategy) -> FloatArray:
    """Return the values (B, n) of strategies in their stage games, from the strategies themselves."""
    size, n = games.payoff.shape[:2]
    joint = joint_law(found.atom_start, found.atom_prob, found.prescription).reshape(size, -1)
    return np.asarray(np.einsum("bia,ba->bi", games.payoff.reshape(size, n, -1), joint))


def _packed(parts: list[_Part]) -> dict[str, Any]:
    """Return the solved blocks of a depth as plain arrays."""
    packed: dict[str, Any] = {}
    for b, part in enumerate(parts):
        own = part.strategy
        packed |= {f"{b}.values": part.values, f"{b}.programs": np.array(part.programs)}
        packed |= {f"{b}.methods": np.array([part.methods.get(method, 0) for method in METHODS])}
        packed |= {f"{b}.atom_start": own.atom_start, f"{b}.atom_prob": own.atom_prob, f"{b}.nodes": own.nodes}
        packed |= {f"{b}.private.{i}": private for i, private in enumerate(own.private)}
        packed |= {f"{b}.prescription.{i}": rows for i, rows in enumerate(own.prescription)}
    return packed


def _unpacked(kept: Mapping[str, Any], blocks: list[Block], n_agents: int) -> list[_Part]:
    """Return the blocks that `_packed` took apart."""
    parts = []
    for b in range(len(blocks)):
        strategy = PolicyBlock(
            kept[f"{b}.nodes"],
            tuple(kept[f"{b}.private.{i}"] for i in range(n_agents)),
            kept[f"{b}.atom_start"],
            kept[f"{b}.atom_prob"],
            tuple(kept[f"{b}.prescription.{i}"] for i in range(n_agents)),
        )
        methods = added([dict(zip(METHODS, kept[f"{b}.methods"].tolist(), strict=True))])
        parts.append(_Part(strategy, kept[f"{b}.values"], int(kept[f"{b}.programs"]), methods))
    return parts


def _step(unrolled: Unrolled, time: int, blocks: tuple[PolicyBlock, ...]) -> PolicyStep:
    depth = unrolled.depths[time]
    none: IntArray = np.empty(0, dtype=np.int64)
    if depth.arcs is None:
        return PolicyStep(depth.level.n_nodes, blocks, none, none, none)
    return PolicyStep(depth.level.n_nodes, blocks, depth.arcs.parent, depth.arcs.increment, depth.arcs.child)
