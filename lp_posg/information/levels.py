"""Beliefs of all common-information states of one depth, and their expansion by one step.

The belief of a state is P(s, p | c), over the game's state and the profile of private
informations. A level holds them as *cells*: one sparse row over s for each (state, p) of positive
probability. A step is one sparse product with the transition and one look-up per entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from lp_posg.game import Game
from lp_posg.information.lookup import row_sums, rows_of, sums_by
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import split_first, split_flat
from lp_posg.types import FloatArray, IntArray, SparseMatrix

NEGLIGIBLE = 1e-290
"""Products of probabilities below this are treated as 0, before they lose their digits to underflow."""

BATCH_ENTRIES = 1_000_000
"""Most entries (cell, action, next state, observation) expanded at a time; bounds the memory."""

BYTES_PER_ENTRY, BYTES_KEPT = 200, 24
"""Memory that an entry takes while it is expanded, and what at most remains of it in edges and beliefs (measured)."""


@dataclass(frozen=True)
class Level:
    """The beliefs of N common-information states at one depth.

    Attributes
    ----------
    n_nodes : int
        N.
    n_private : tuple of int
        P_i, the number of private informations of each agent at this depth.
    cell_node : int array, shape (C,)
        The state each cell belongs to, ascending.
    cell_private : int array, shape (C,)
        Flat index of the cell's private profile (last agent fastest), ascending within a state.
    belief : CSR array, shape (C, S)
        P(s, p | c); the cells of one state sum to 1.
    """

    n_nodes: int
    n_private: tuple[int, ...]
    cell_node: IntArray
    cell_private: IntArray
    belief: SparseMatrix

    @property
    def n_cells(self) -> int:
        """Number of (state, private profile) pairs of positive probability."""
        return len(self.cell_node)

    @cached_property
    def cell_profile(self) -> IntArray:
        """Private information of each agent in each cell, shape (n, C)."""
        return np.array(np.unravel_index(self.cell_private, self.n_private), dtype=np.int64)

    @cached_property
    def supports(self) -> tuple[Support, ...]:
        """The private informations of positive probability, one entry per agent."""
        pairs = zip(self.cell_profile, self.n_private, strict=True)
        return tuple(_support(self.cell_node, private, self.n_nodes, count) for private, count in pairs)

    @cached_property
    def cells_per_node(self) -> FloatArray:
        """Number of cells of each state, shape (N,)."""
        return np.bincount(self.cell_node, minlength=self.n_nodes).astype(np.float64)

    @cached_property
    def counts(self) -> IntArray:
        """Number of private informations of positive probability, shape (N, n)."""
        return np.stack([np.diff(s.start) for s in self.supports], axis=1)

    def cells_of(self, nodes: slice) -> slice:
        """Return the cells of a range of states."""
        bounds = np.searchsorted(self.cell_node, [nodes.start, nodes.stop])
        return slice(int(bounds[0]), int(bounds[1]))

    def part(self, nodes: slice) -> Level:
        """Return the level of a range of states, numbered from 0."""
        cells, n_nodes = self.cells_of(nodes), nodes.stop - nodes.start
        cell_node, cell_private = self.cell_node[cells] - nodes.start, self.cell_private[cells]
        return Level(n_nodes, self.n_private, cell_node, cell_private, self.belief[cells])


def ranges_of(load: FloatArray, most: float) -> list[slice]:
    """Return ranges of states whose `load` (N,) sums to at most `most` each, or that hold one state."""
    total = np.cumsum(load)
    bounds = [0]
    while bounds[-1] < len(load):
        done = total[bounds[-1] - 1] if bounds[-1] else 0.0
        bounds.append(max(bounds[-1] + 1, int(np.searchsorted(total, done + most, side="right"))))
    return [slice(a, b) for a, b in pairwise(bounds)]


@dataclass(frozen=True)
class Support:
    """One agent's private informations of positive probability, state by state: K (state, information) pairs."""

    start: IntArray  # (N + 1,), the pairs of state v are start[v]:start[v + 1]
    node: IntArray  # (K,), the state of each pair, ascending
    private: IntArray  # (K,), the index of its private information, ascending within a state
    group: IntArray  # (C,), the pair of each cell
    cell_rank: IntArray  # (C,), its position among the pairs of its state


def _support(cell_node: IntArray, private: IntArray, n_nodes: int, count: int) -> Support:
    keys, group = np.unique(cell_node * count + private, return_inverse=True)
    start = np.searchsorted(keys, np.arange(n_nodes + 1) * count)
    return Support(start, keys // count, keys % count, group, group - start[cell_node])


def level_from_rows(rows: SparseMatrix, n_private: tuple[int, ...], n_states: int) -> Level:
    """Return the level whose state v has the belief ``rows[v]``.

    Parameters
    ----------
    rows : CSR array with sorted indices, shape (N, P * S)
        Column ``p * S + s`` with p the flat private profile.
    """
    node = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    private, state = np.divmod(rows.indices.astype(np.int64), n_states)
    key = node * int(np.prod(n_private)) + private
    first = np.flatnonzero(np.diff(key, prepend=-1))
    indptr = np.append(first, len(key))
    belief = sp.csr_array((rows.data, state, indptr), shape=(len(first), n_states))
    return Level(rows.shape[0], n_private, node[first], private[first], belief)


def rows_of_level(level: Level, n_states: int) -> SparseMatrix:
    """Return one row per state, the inverse of `level_from_rows`: CSR, shape (N, P * S)."""
    length = np.diff(level.belief.indptr)
    column = np.repeat(level.cell_private, length) * n_states + level.belief.indices
    start = level.belief.indptr[np.searchsorted(level.cell_node, np.arange(level.n_nodes + 1))]
    return sp.csr_array(
        (level.belief.data, column, start), shape=(level.n_nodes, int(np.prod(level.n_private)) * n_states)
    )


@dataclass(frozen=True)
class Entries:
    """Every way the step can go: weight P(s, p | c) T O summed over s, one of E rows per entry."""

    cell: IntArray
    action: IntArray  # joint
    child: IntArray  # (state, increment)
    column: IntArray  # p' * S + s'
    weight: FloatArray  # probability of s', p' and the increment jointly with p, given c and the joint action


@dataclass(frozen=True)
class Expansion:
    """The M children of a range of states, before merging.

    Beliefs are those under uniformly drawn actions: under strategy independence they do not depend on play.
    """

    parent: IntArray  # (M,), the state that leads to each child
    increment: IntArray  # (M,), the flat joint increment that leads there
    rows: SparseMatrix  # CSR (M, P' * S), normalised beliefs
    mass: FloatArray  # (M,), probability of the increment given the state, summed over joint actions
    edges: SparseMatrix  # CSR (C * A, M), P(p, increment | c, a)
    entries: Entries | None  # the same before the sum, until strategy independence is checked


def first_rows(game: Game, table: SplitTable) -> tuple[IntArray, FloatArray, SparseMatrix]:
    """Return the increments possible at the start (M,), their probabilities (M,), and the beliefs then (M, P * S)."""
    seen = game.initial_observation_matrix
    if seen is None:
        seen = sp.csr_array(np.ones((game.n_states, 1)))
    joint = sp.coo_array(seen.multiply(game.initial[:, None]))
    possible = joint.data >= NEGLIGIBLE
    state, observation, weight = joint.row[possible], joint.col[possible], joint.data[possible]
    z, p = split_first(table, observation.astype(np.int64))
    increment, child = np.unique(z, return_inverse=True)
    rows, mass = _normalised(child, p * game.n_states + state, weight, len(increment), table, game.n_states)
    return increment, mass, rows


def expand(game: Game, time: int, table: SplitTable, level: Level, nodes: slice) -> Expansion:
    """Return all children of a range of states, by every joint action and observation possible.

    Parameters
    ----------
    time : int
        0-based step that is taken.
    table : SplitTable
        Of this step.
    nodes : slice
        States to expand (start and stop given).

    Notes
    -----
    Time and memory are proportional to the number of (cell, action, next state, observation)
    entries of positive probability, times a logarithm for sorting.
    """
    cells = level.cells_of(nodes)
    moved = sp.csr_array(level.belief[cells] @ game.transition_matrix(time))
    moved_cell = np.repeat(np.arange(cells.start, cells.stop), np.diff(moved.indptr))
    law = game.observation_matrix(time)
    take, observation, chance = rows_of(law, moved.indices)
    cell = moved_cell[take]
    action, state = np.divmod(moved.indices[take].astype(np.int64), game.n_states)
    weight = moved.data[take] * chance
    if weight.min(initial=1.0) < NEGLIGIBLE:
        possible = weight >= NEGLIGIBLE
        cell, action, state, observation, weight = (x[possible] for x in (cell, action, state, observation, weight))

    z, p = split_flat(table, level.cell_profile[:, cell], action, observation, game)
    n_increments = int(np.prod(table.n_increments))
    key, child = np.unique(level.cell_node[cell] * n_increments + z, return_inverse=True)
    parent, increment = np.divmod(key, n_increments)

    column = p * game.n_states + state
    rows, mass = _normalised(child, column, weight, len(key), table, game.n_states)
    source = (cell - cells.start) * game.n_joint_actions + action
    n_sources = (cells.stop - cells.start) * game.n_joint_actions
    edges = sp.csr_array(sp.coo_array((weight, (source, child)), shape=(n_sources, len(key))))
    return Expansion(parent, increment, rows, mass, edges, Entries(cell, action, child, column, weight))


def entry_load(game: Game, time: int, level: Level) -> FloatArray:
    """Return about how many entries expanding each state takes, shape (N,)."""
    spread = np.diff(game.transition_matrix(time).indptr)
    law = game.observation_matrix(time)
    branching = max(1.0, law.nnz / max(1, law.shape[0]))
    return sums_by(level.cell_node, (abs(level.belief) > 0).astype(np.float64) @ spread * branching, level.n_nodes)


def expansion_bytes(n_entries: float) -> float:
    """Return about how much memory expanding so many entries takes: one batch of them, and what is kept of all."""
    return BYTES_PER_ENTRY * min(n_entries, BATCH_ENTRIES) + BYTES_KEPT * n_entries


def batches(game: Game, time: int, level: Level) -> list[slice]:
    """Return ranges of states small enough to be expanded at once."""
    return ranges_of(entry_load(game, time, level), BATCH_ENTRIES)


def _normalised(
    child: IntArray, column: IntArray, weight: FloatArray, n_children: int, table: SplitTable, n_states: int
) -> tuple[SparseMatrix, FloatArray]:
    """Return the rows of summed weights scaled to sum to 1, and their sums."""
    width = int(np.prod(table.n_next)) * n_states
    rows = sp.csr_array(sp.coo_array((weight, (child, column)), shape=(n_children, width)))
    rows.sum_duplicates()
    mass = row_sums(rows)
    rows.data /= np.repeat(mass, np.diff(rows.indptr))
    return rows, mass
