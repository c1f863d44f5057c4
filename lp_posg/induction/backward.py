"""The backward sweep over the DAG: the paper's planning algorithm.

Every stage game of the last depth is solved first; a state's value vector is the continuation of the states that lead
to it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lp_posg.checks import called
from lp_posg.errors import LimitError, LpPosgError, ModelError, UnsupportedError
from lp_posg.game.protocols import Payoffs
from lp_posg.induction.blocks import Block, backward_order, private_rows, stage_block
from lp_posg.induction.kept_parts import Piece, Solved
from lp_posg.information import Policy, PolicyBlock, PolicyStep, StateSpace
from lp_posg.information.resources import Resources
from lp_posg.information.state_space import Depth
from lp_posg.information.tables import tables_digest
from lp_posg.stage import BlockStrategy, Concept, Objective, StageBlock, added, joined, solves_apart
from lp_posg.types import FloatArray, IntArray

# Payoffs, and at most games, handed to a worker at a time: some tens of milliseconds of work.
PART_ENTRIES, PART_MOST = 80_000, 4096
LAST_SHARE = 0.9  # of the time left for the game that everything begins with: a certificate needs some too
APART_MOST = 16  # games, where each may take long
PIECE_PARTS = 64  # parts made at a time: bounds the memory


@dataclass(frozen=True)
class Swept:
    """What the sweep found."""

    policy: Policy
    node_values: tuple[FloatArray, ...]  # per depth, shape (N, n)
    programs: int  # linear and mixed-integer programs solved
    methods: Mapping[str, int]  # how many stage games were solved how; see `METHODS`
    # Why the search of the last stage game was stopped, if it was; what it had found is then part of the policy.
    stopped: LpPosgError | None = None


def sweep(
    game: Payoffs,
    space: StateSpace,
    sharing: str,
    concept: Concept,
    objective: Objective,
    *,
    resources: Resources | None = None,
    on_block: Callable[[Block, int], None] | None = None,
) -> Swept:
    """Return strategies and values of all states, by backward induction.

    `resources`: workers that solve the stage games of a block, in parts whose size the shape decides, whatever the
    number of workers, so that the answer does not depend on it; the deadline; where to keep finished depths.
    `on_block`: called with each block that is solved and how many programs that took.

    Raises SolveError, UnsupportedError as the concept's `solve`; LimitError if the deadline passes. A search that is
    stopped in the one game that everything begins with raises nothing if it has found something: see `Swept`.
    """
    use = resources or Resources()
    sizes = tuple(depth.level.n_nodes for depth in space.depths)
    values = [np.zeros((size, game.n_agents)) for size in sizes]
    solved: list[tuple[PolicyBlock, ...]] = [() for _ in sizes]
    programs, methods, stopped = 0, list[Mapping[str, int]](), None
    for blocks in backward_order(space):
        time, found = blocks[0].time, list[PolicyBlock]()
        depth, is_last = space.depths[time], time == 0 and sizes[0] == 1
        ahead = values[time + 1] if time + 1 < len(values) else np.zeros((0, game.n_agents))
        digest = "" if use.store is None else tables_digest(space.tables[: time + 1])
        for number, block in enumerate(blocks):
            parts, step = [], PIECE_PARTS * part_size(_entries(game, block))
            for first in range(0, len(block.nodes), step):
                own = replace(block, nodes=block.nodes[first : first + step])
                name = f"solved-{time}-{number}-{first // step}"
                piece = Piece(use.store, name, digest, len(own.nodes), game.n_agents)
                try:
                    if not piece.is_solved:
                        within = use.within_share(LAST_SHARE) if is_last else use
                        _solved(game, own, depth, ahead, concept, objective, within, sizes, piece)
                    part = piece.whole()
                except (LimitError, UnsupportedError) as error:
                    if not is_last or error.facts.get("strategy") is None:
                        raise
                    part, stopped = _best_found(error, stage_block(game, own, depth, ahead)), error
                parts.append(part)
                if on_block is not None:
                    on_block(own, part.atoms.n_programs)
            atoms = joined([part.atoms for part in parts])
            found.append(PolicyBlock.of(atoms, block.nodes, private_rows(block, depth.level)))
            values[time][block.nodes] = np.concatenate([part.values for part in parts])
            programs += atoms.n_programs
            methods.append(atoms.methods)
        solved[time] = tuple(found)
    steps = tuple(_step(space, time, blocks) for time, blocks in enumerate(solved))
    policy = Policy(sharing, space.start.increment, space.start.child, steps)
    return Swept(policy, tuple(values), programs, added(methods), stopped)


def part_size(n_entries: float) -> int:
    """Return how many stage games with so many payoffs each make a part; the shape alone decides."""
    return int(min(PART_MOST, max(1, PART_ENTRIES // n_entries)))


def _solved(
    game: Payoffs,
    block: Block,
    depth: Depth,
    ahead: FloatArray,
    concept: Concept,
    objective: Objective,
    use: Resources,
    sizes: tuple[int, ...],
    piece: Piece,
) -> None:
    """Solve what a piece lacks; a limit met on the way says how far the sweep has come."""
    use.check_clock("solve", block.time, sizes)
    entries = _entries(game, block)
    size, needed = part_size(entries), 3 * 8 * len(block.nodes) * entries  # bytes: payoffs, dense payoffs, and a copy
    use.check_memory("solve", block.time, sizes, needed)
    games = stage_block(game, block, depth, ahead, use.deadline)
    size = min(size, APART_MOST) if solves_apart(concept, games, objective) else size
    ranges = [slice(first, first + size) for first in range(0, len(games), size)]
    missing = [(rows, games.part(rows)) for rows in ranges if piece.lacks(rows)]
    ended = use.run(partial(_solve_rows, concept, objective), missing)
    try:
        for rows, found in ended:
            if isinstance(found, LimitError):
                raise found
            piece.add(rows, found)
    except LimitError as error:
        raise use.limit_met(error, "solve", block.time, sizes) from error
    finally:
        if isinstance(ended, Generator):
            ended.close()  # ends workers, whatever went wrong here
        piece.save()


def _best_found(error: LpPosgError, games: StageBlock) -> Solved:
    """Return what a stopped search found in its game."""
    strategy: BlockStrategy = error.facts["strategy"]
    return Solved(strategy, strategy.values(games.payoff))


def _entries(game: Payoffs, block: Block) -> float:
    """Return the number of payoffs of one stage game of a block."""
    return game.n_agents * float(np.prod(block.shape)) * game.n_joint_actions


def _solve_rows(
    concept: Concept, objective: Objective, rows_games: tuple[slice, StageBlock]
) -> tuple[slice, Solved | LimitError]:
    """Return where in their piece some games stand, and these solved, or the limit that was met; what a worker does.

    A limit is an answer there: of what a worker raises, some clusters write a traceback into their log.
    """
    rows, games = rows_games
    try:
        return rows, Solved(*_solve_part(concept, objective, games))
    except LimitError as error:
        return rows, error.with_traceback(None)


def _solve_part(concept: Concept, objective: Objective, games: StageBlock) -> tuple[BlockStrategy, FloatArray]:
    """Return strategies and their values (B, n)."""
    games.check_deadline()
    what = f"concept {concept.name!r} at {games.where(0)}: solve"
    found = called(what, concept.solve, games, objective)
    if not isinstance(found, BlockStrategy) or len(found.atom_start) != len(games) + 1:
        raise ModelError(
            f"{what} returned {type(found).__name__}, expected a BlockStrategy of {len(games)} stage games"
        )
    return found, found.values(games.payoff)


def _step(space: StateSpace, time: int, blocks: tuple[PolicyBlock, ...]) -> PolicyStep:
    depth = space.depths[time]
    none: IntArray = np.empty(0, dtype=np.int64)
    arcs = (none, none, none) if depth.arcs is None else (depth.arcs.parent, depth.arcs.increment, depth.arcs.child)
    return PolicyStep(depth.level.n_nodes, blocks, *arcs)
