"""The forward pass: common-information states depth by depth, as arrays.

The same pass serves planning (states merged by belief) and certification (pairs of exact belief
and the state of a strategy, told apart by a *tag*).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.game import Game
from lp_posg.information.describe import dependence_text
from lp_posg.information.independence import Counterexample, find_dependence
from lp_posg.information.levels import Expansion, Level, batches, entry_load, expand, first_rows, level_from_rows
from lp_posg.information.merging import Gathering
from lp_posg.information.resources import Resources
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
        Largest total variation distance over which two beliefs of this depth became one, by merging
        or by the averaging over ways to play that strategy independence allows up to rounding.
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
    resources: Resources | None = None,
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
    resources : Resources, optional
        Limits, workers, and where to keep finished depths.

    Raises
    ------
    StrategyDependenceError
        If the next belief depends on how the agents play, with a counterexample.
    ModelError
        If the structure has imperfect recall.
    UnsupportedError
        If private information grows beyond what is tabulated.
    LimitError
        If a limit is met.

    Notes
    -----
    Time grows as the entries (cell, action, next state, observation), times a logarithm; memory as
    the states, the edges, and one batch of entries.
    """
    pass_ = _Pass(game, structure, follow, tolerance, merge, resources or Resources())
    for time in range(horizon):
        if on_depth is not None:
            on_depth(time, pass_.n_states[-1])
        if time < horizon - 1:
            pass_.step(time)
    return pass_.result()


@dataclass(frozen=True)
class _Front:
    """The states of the deepest depth so far, before they are expanded."""

    rows: SparseMatrix
    tag: IntArray
    origin: IntArray
    distance: float


class _Pass:
    """One forward pass: the depths done, and the front."""

    def __init__(
        self,
        game: Game,
        structure: SharingStructure,
        follow: Follow | None,
        tolerance: float,
        merge: bool,
        resources: Resources,
    ) -> None:
        self.game, self.structure, self.follow = game, structure, follow
        self.tolerance, self.merge, self.resources = tolerance, merge, resources
        self.depths: list[Depth] = []
        table = self.start_table = first_table(game, structure)
        increment, self.start_prob, rows = first_rows(game, table)
        tag = self._tags(-1, np.full(len(increment), -1), increment)
        gathering = Gathering(tolerance)
        gathering.add(rows, self._label(tag, 0))
        found, merged = gathering.result()
        self.start = Arcs(np.zeros_like(increment), increment, merged.member_of)
        self.private = table.next_private
        self.front = _Front(found, tag[merged.representative], merged.representative, merged.distance)

    @property
    def n_states(self) -> tuple[int, ...]:
        """Number of states of each depth so far."""
        return (*(depth.level.n_nodes for depth in self.depths), len(self.front.tag))

    def step(self, time: int) -> None:
        """Expand the front by one step."""
        depth = self._front_depth(next_table(self.game, self.structure, self.private))
        assert depth.table is not None
        self.private = depth.table.next_private
        store = self.resources.store
        kept = None if store is None else store.load(f"depth-{time}")
        if kept is None:
            arcs, edges, self.front = self._expanded(time, depth, depth.table)
            if store is not None:
                store.save(f"depth-{time}", _packed(arcs, edges, self.front))
        else:
            arcs, edges, self.front = _unpacked(kept)
        self.depths.append(replace(depth, arcs=arcs, edges=edges))
        self.resources.check_states(time + 1, self.n_states)

    def result(self) -> Unrolled:
        """Return all depths, the front as the last."""
        return Unrolled(self.start_table, self.start, self.start_prob, (*self.depths, self._front_depth(None)))

    def _front_depth(self, table: SplitTable | None) -> Depth:
        front = self.front
        n_private = tuple(len(own) for own in self.private)
        level = level_from_rows(front.rows, n_private, self.game.n_states)
        return Depth(level, front.tag, self.private, table, None, None, front.origin, front.distance)

    def _tags(self, time: int, parent_tag: IntArray, increment: IntArray) -> IntArray:
        if self.follow is None:
            return np.zeros(len(increment), dtype=np.int64)
        return self.follow(time, parent_tag, increment)

    def _label(self, tag: IntArray, first: int) -> IntArray:
        """Return what tells children apart whatever their beliefs; `first` is the number of the first."""
        return tag if self.merge else first + np.arange(len(tag))

    def _expanded(self, time: int, depth: Depth, table: SplitTable) -> tuple[Arcs, SparseMatrix, _Front]:
        """Return what leads from a depth to the next, and the next."""
        self.resources.check_memory(time, self.n_states, float(entry_load(self.game, time, depth.level).sum()))
        ranges = batches(self.game, time, depth.level)
        gathering = Gathering(self.tolerance)
        parents, increments, tags, edges = [], [], [], []
        n_children, spread = 0, 0.0
        for part, (found, apart) in self.resources.run_local(
            partial(_expand, self.game, time, table, depth.level), ranges
        ):
            if found is not None:
                self._raise_dependence(time, depth, table, found)
            spread = max(spread, apart)
            tag = self._tags(time, depth.tag[part.parent], part.increment)
            gathering.add(part.rows, self._label(tag, n_children))
            n_children += len(tag)
            parents.append(part.parent)
            increments.append(part.increment)
            tags.append(tag)
            edges.append(part.edges)
            self.resources.check_clock(self.resources.phase, time, self.n_states)
            self.resources.check_states(time, (*self.n_states, gathering.n_classes))
        rows, merged = gathering.result()
        arcs = Arcs(np.concatenate(parents), np.concatenate(increments), merged.member_of)
        front = _Front(
            rows, np.concatenate(tags)[merged.representative], merged.representative, merged.distance + spread
        )
        return arcs, _stacked(edges, merged.member_of, len(merged.representative)), front

    def _raise_dependence(self, time: int, depth: Depth, table: SplitTable, found: Counterexample) -> None:
        history = _history(self.start_table, self.start, [*self.depths, depth], time, found.node)
        raise StrategyDependenceError(
            dependence_text(self.game, self.structure.name, time, table, found, history),
            time=time,
            common_info=history,
            increment=table.increment_label(found.increment),
            prescriptions=found.switches,
            beliefs=found.beliefs,
            table=table,
        )


def _expand(
    game: Game, time: int, table: SplitTable, level: Level, nodes: slice
) -> tuple[Expansion, tuple[Counterexample | None, float]]:
    """Return one batch of children, without the entries they are made of, and what `find_dependence` says."""
    part = expand(game, time, table, level, nodes)
    found = find_dependence(level, part, game.n_actions)
    return replace(part, entries=None), found


def _stacked(edges: list[SparseMatrix], member_of: IntArray, n_children: int) -> SparseMatrix:
    """Return the edges of all batches below each other, children replaced by their classes."""
    counts = np.concatenate([np.diff(part.indptr) for part in edges])
    ends = np.cumsum([part.shape[1] for part in edges])
    columns = [member_of[end - part.shape[1] + part.indices] for end, part in zip(ends, edges, strict=True)]
    merged = sp.csr_array(
        (
            np.concatenate([part.data for part in edges]),
            np.concatenate(columns),
            np.concatenate([[0], np.cumsum(counts)]),
        ),
        shape=(len(counts), n_children),
    )
    merged.sum_duplicates()
    return merged


def _packed(arcs: Arcs, edges: SparseMatrix, front: _Front) -> dict[str, Any]:
    """Return a finished step as plain arrays."""
    packed = {f"arcs.{part}": getattr(arcs, part) for part in ("parent", "increment", "child")}
    for name, matrix in (("edges", edges), ("rows", front.rows)):
        packed |= {f"{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
        packed[f"{name}.shape"] = np.array(matrix.shape)
    return packed | {"tag": front.tag, "origin": front.origin, "distance": np.array(front.distance)}


def _unpacked(kept: Mapping[str, Any]) -> tuple[Arcs, SparseMatrix, _Front]:
    """Return the step that `_packed` took apart."""
    arcs = Arcs(*(kept[f"arcs.{part}"] for part in ("parent", "increment", "child")))
    edges, rows = (
        sp.csr_array(
            tuple(kept[f"{name}.{part}"] for part in ("data", "indices", "indptr")), shape=tuple(kept[f"{name}.shape"])
        )
        for name in ("edges", "rows")
    )
    return arcs, edges, _Front(rows, kept["tag"], kept["origin"], float(kept["distance"]))


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
