"""The forward pass: common-information states depth by depth, as arrays.

The same pass serves planning (states merged by belief) and certification (pairs of exact belief
and the state of a strategy, told apart by a *tag*).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.game import Game
from lp_posg.information.describe import dependence_text
from lp_posg.information.independence import find_dependence
from lp_posg.information.levels import Level, batches, expand, first_rows, level_from_rows
from lp_posg.information.merging import merge_rows
from lp_posg.information.sharing import SharingStructure
from lp_posg.information.tables import SplitTable, first_table, next_table
from lp_posg.types import MERGE_TOL, FloatArray, IntArray, SparseMatrix

Follow = Callable[[int, IntArray, IntArray], IntArray]
"""(time, tags of the parents, increments) to the tags of the children."""


@dataclass(frozen=True)
class Arcs:
    """Transitions between states of successive depths.

    Attributes
    ----------
    parent, increment, child : int arrays, shape (E,)
        Sorted by parent, then increment; each (parent, increment) stands once.
    """

    parent: IntArray
    increment: IntArray
    child: IntArray


@dataclass(frozen=True)
class Depth:
    """All states of one depth.

    Attributes
    ----------
    level : Level
        Their beliefs.
    tag : int array, shape (N,)
        What `follow` made of their history; 0 without it.
    private : tuple per agent of tuples
        What the indices of private information stand for.
    table : SplitTable or None
        How the step from here splits private data; None at the last depth.
    arcs : Arcs or None
        To the next depth; None at the last depth.
    edges : CSR array or None, shape (C * A, N')
        P(p, child | c, a), row ``cell * A + a``; None at the last depth.
    origin : int array, shape (N,)
        For each state the arc of the previous depth (at the first: the start) that first led to it.
    merge_distance : float
        Largest total variation distance over which two beliefs of this depth became one.
    """

    level: Level
    tag: IntArray
    private: tuple[tuple[Hashable, ...], ...]
    table: SplitTable | None
    arcs: Arcs | None
    edges: SparseMatrix | None
    origin: IntArray
    merge_distance: float


@dataclass(frozen=True)
class Unrolled:
    """The states of every depth, reachable ones only.

    Attributes
    ----------
    start_table : SplitTable
        How the first observation is split.
    start : Arcs
        From nothing (parent 0) to the states of the first depth.
    start_prob : float array, shape (E,)
        Probability of each increment of the start.
    depths : tuple of Depth
    """

    start_table: SplitTable
    start: Arcs
    start_prob: FloatArray
    depths: tuple[Depth, ...]

    @property
    def n_states(self) -> int:
        """Number of common-information states of all depths."""
        return sum(depth.level.n_nodes for depth in self.depths)

    def history(self, time: int, node: int) -> tuple[tuple[Hashable, ...], ...]:
        """Return one common history that leads to a state: the joint increments, oldest first."""
        return _history(self.start_table, self.start, list(self.depths), time, node)


def check_horizon(game: Game, horizon: int) -> int:
    """Return `horizon` as an int of at least 1 that the game's time-varying arrays cover.

    Raises
    ------
    ModelError
        Otherwise.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, (int, np.integer)) or horizon < 1:
        raise ModelError(f"horizon is {horizon!r}, expected a whole number of steps, at least 1")
    if game.max_horizon is not None and horizon > game.max_horizon:
        raise ModelError(
            f"horizon is {horizon}, but the time-varying arrays of game {game.name!r} cover {game.max_horizon} steps"
        )
    return int(horizon)


def unroll(
    game: Game,
    structure: SharingStructure,
    horizon: int,
    *,
    follow: Follow | None = None,
    tolerance: float = MERGE_TOL,
    merge: bool = True,
    on_depth: Callable[[int, int], None] | None = None,
) -> Unrolled:
    """Return the common-information states of each depth, checked for strategy independence.

    Parameters
    ----------
    follow : callable, optional
        Gives each child a tag from its parent's tag and the increment; states with different tags
        are never merged. At the start the parent's tag is -1 and the time is -1.
    tolerance : float
        Total variation within which beliefs are one state.
    merge : bool
        False keeps every common history apart (for cross-checks; exponential in the horizon).
    on_depth : callable, optional
        Told (time, number of states) when a depth is complete.

    Raises
    ------
    StrategyDependenceError
        If the next belief depends on how the agents play, with a counterexample.
    ModelError
        If the structure has imperfect recall.
    UnsupportedError
        If private information grows beyond what is tabulated.
    """
    table = first_table(game, structure)
    increment, prob, rows = first_rows(game, table)
    tag = _tags(follow, -1, np.full(len(increment), -1), increment)
    label = tag if merge else np.arange(len(increment))
    merged = merge_rows(rows, label, table.n_next, game.n_states, tolerance)
    start = Arcs(np.zeros_like(increment), increment, merged.member_of)
    start_table, depths = table, []
    for time in range(horizon):
        level = level_from_rows(rows[merged.representative], table.n_next, game.n_states)
        tag = tag[merged.representative]
        origin, distance, private = merged.representative, merged.distance, table.next_private
        if on_depth is not None:
            on_depth(time, level.n_nodes)
        if time == horizon - 1:
            depths.append(Depth(level, tag, private, None, None, None, origin, distance))
            break
        table = next_table(game, structure, private)
        depths.append(Depth(level, tag, private, table, None, None, origin, distance))
        parent, increment, rows, edges = _children(game, structure, time, start_table, start, depths)
        next_tag = _tags(follow, time, tag[parent], increment)
        label = next_tag if merge else np.arange(len(parent))
        merged = merge_rows(rows, label, table.n_next, game.n_states, tolerance)
        depths[-1] = Depth(
            level,
            tag,
            private,
            table,
            Arcs(parent, increment, merged.member_of),
            _merged_columns(edges, merged.member_of, len(merged.representative)),
            origin,
            distance,
        )
        tag = next_tag
    return Unrolled(start_table, start, prob, tuple(depths))


def _tags(follow: Follow | None, time: int, parent_tag: IntArray, increment: IntArray) -> IntArray:
    if follow is None:
        return np.zeros(len(increment), dtype=np.int64)
    return follow(time, parent_tag, increment)


def _children(
    game: Game,
    structure: SharingStructure,
    time: int,
    start_table: SplitTable,
    start: Arcs,
    depths: list[Depth],
) -> tuple[IntArray, IntArray, SparseMatrix, SparseMatrix]:
    """Return parent, increment, beliefs and edges of all children of the last depth, before merging."""
    level, table = depths[-1].level, depths[-1].table
    assert table is not None
    parents, increments, rows, edges = [], [], [], []
    for nodes in batches(game, time, level):
        part = expand(game, time, table, level, nodes)
        found = find_dependence(level, part, game.n_actions)
        if found is not None:
            history = _history(start_table, start, depths, time, found.node)
            raise StrategyDependenceError(
                dependence_text(game, structure.name, time, table, found, history),
                time=time,
                common_info=history,
                increment=table.increment_label(found.increment),
                prescriptions=found.switches,
                beliefs=found.beliefs,
            )
        parents.append(part.parent)
        increments.append(part.increment)
        rows.append(part.rows)
        edges.append(part.edges)
    return (
        np.concatenate(parents),
        np.concatenate(increments),
        sp.csr_array(sp.vstack(rows, format="csr")),
        sp.csr_array(sp.block_diag(edges, format="csr")),
    )


def _merged_columns(edges: SparseMatrix, member_of: IntArray, n_children: int) -> SparseMatrix:
    merged = sp.csr_array((edges.data, member_of[edges.indices], edges.indptr), shape=(edges.shape[0], n_children))
    merged.sum_duplicates()
    return merged


def _history(
    start_table: SplitTable, start: Arcs, depths: list[Depth], time: int, node: int
) -> tuple[tuple[Hashable, ...], ...]:
    labels = []
    for earlier in range(time, 0, -1):
        arcs, table = depths[earlier - 1].arcs, depths[earlier - 1].table
        assert arcs is not None
        assert table is not None
        arc = depths[earlier].origin[node]
        labels.append(table.increment_label(int(arcs.increment[arc])))
        node = int(arcs.parent[arc])
    labels.append(start_table.increment_label(int(start.increment[depths[0].origin[node]])))
    return tuple(reversed(labels))
