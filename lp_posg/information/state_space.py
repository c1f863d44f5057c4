"""What the forward pass returns: the states of every depth, as arrays."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from lp_posg.information.levels import Level
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray, SparseMatrix


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
        Their beliefs: exact, or those that the compression attaches to them.
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
        Largest total variation distance between a belief of this depth and the one that stands for it, by
        merging or by the averaging over ways to play that strategy independence allows up to rounding.
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
class StateSpace:
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
    def tables(self) -> tuple[SplitTable, ...]:
        """The tables that lead into each depth, the start's first."""
        return (self.start_table, *(depth.table for depth in self.depths if depth.table is not None))

    @property
    def n_states(self) -> int:
        """Number of common-information states of all depths."""
        return sum(depth.level.n_nodes for depth in self.depths)

    def history(self, time: int, node: int) -> tuple[tuple[Hashable, ...], ...]:
        """Return one common history that leads to a state: the joint increments, oldest first."""
        return history_of(self.start_table, self.start, list(self.depths), time, node)


def history_of(
    start_table: SplitTable, start: Arcs, depths: list[Depth], time: int, node: int
) -> tuple[tuple[Hashable, ...], ...]:
    """Return one common history that leads to a state of `depths`: the joint increments, oldest first."""
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
