"""The forward pass: common-information states depth by depth, as arrays.

The same pass serves planning (states as a compression has them) and certification (pairs of exact
belief and the state of a strategy, which a *tag* distinguishes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import whole_number
from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.game import Game, game_of_steps, takes
from lp_posg.information.compression import Children, Compression, Step
from lp_posg.information.describe import dependence_text
from lp_posg.information.independence import Counterexample, find_dependence
from lp_posg.information.levels import (
    Expansion,
    Level,
    batches,
    entry_load,
    expand,
    expansion_bytes,
    first_rows,
    level_from_rows,
)
from lp_posg.information.merge_within import Exact
from lp_posg.information.resources import Resources
from lp_posg.information.sharing import SharingStructure
from lp_posg.information.state_space import Arcs, Depth, Front, StateSpace, front_of, packed_step, unpacked_step
from lp_posg.information.tables import SplitTable, tables_digest
from lp_posg.information.tabulation import Tabulation
from lp_posg.types import FloatArray, IntArray, SparseMatrix

Follow = Callable[[int, IntArray, IntArray], IntArray]
"""(time, tags of the parents, increments) to the tags of the children."""


def check_horizon(game: Game, horizon: int) -> int:
    """Return `horizon` as an int of at least 1 that the game's time-varying arrays cover.

    Raises
    ------
    ModelError
        Otherwise.
    """
    game = game_of_steps(game)
    whole_number("horizon", horizon)
    if game.max_horizon is not None and horizon > game.max_horizon:
        raise ModelError(
            f"horizon is {horizon}, but the time-varying arrays of game {game.name!r} cover {game.max_horizon} steps"
        )
    return int(horizon)


@takes
def reachable_states(
    game: Game,
    structure: SharingStructure,
    horizon: int,
    *,
    follow: Follow | None = None,
    compression: Compression | None = None,
    merge: bool = True,
    on_depth: Callable[[int, int], None] | None = None,
    resources: Resources | None = None,
) -> StateSpace:
    """Return the common-information states of each depth, checked for strategy independence.

    Parameters
    ----------
    follow : callable, optional
        Gives each child a tag from its parent's tag and the increment; states with different tags
        are never merged. At the start the parent's tag is -1 and the time is -1.
    compression : Compression, optional
        Decides what the states are; `Exact` by default. With `follow` only `Exact` makes sense.
    merge : bool
        False gives every common history its own state (for cross-checks; exponential in the horizon).
    on_depth : callable, optional
        Called with (time, number of states) when a depth is complete.
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
    whole_number("horizon", horizon)
    pass_ = _Pass(game, structure, horizon, follow, compression or Exact(), merge, resources or Resources())
    for time in range(horizon):
        if on_depth is not None:
            on_depth(time, pass_.n_states[-1])
        if time < horizon - 1:
            pass_.step(time)
    return pass_.result()


class _Pass:
    """One forward pass: the depths done, and the front."""

    def __init__(
        self,
        game: Game,
        structure: SharingStructure,
        horizon: int,
        follow: Follow | None,
        compression: Compression,
        merge: bool,
        resources: Resources,
    ) -> None:
        self.game, self.structure, self.horizon, self.follow = game, structure, horizon, follow
        self.compression, self.merge, self.resources = compression, merge, resources
        self.depths: list[Depth] = []
        self.tabulation = Tabulation(game, structure)
        table = self.start_table = self.tabulation.tables[0]
        increment, self.start_prob, rows = first_rows(game, table)
        tag = self._tags(-1, np.full(len(increment), -1), increment)
        children = Children(np.zeros_like(increment), increment, rows, self.start_prob, self._label(tag, 0))
        states = compression.first(Step(game, -1, table, horizon), children)
        self.start = Arcs(children.parent, increment, states.member_of)
        self.private = table.next_private
        self.front = front_of(states, tag, self.start_prob, 0.0)

    @property
    def n_states(self) -> tuple[int, ...]:
        """Number of states of each depth so far."""
        return (*(depth.level.n_nodes for depth in self.depths), len(self.front.tag))

    def step(self, time: int) -> None:
        """Expand the front by one step."""
        depth = self._front_depth(self.tabulation.step())
        assert depth.table is not None
        self.private = depth.table.next_private
        store = self.resources.store
        digest = "" if store is None else tables_digest([*self._space().tables, depth.table])
        kept = None if store is None else store.load(f"depth-{time}", digest)
        if kept is None:
            arcs, edges, self.front = self._expanded(time, depth, depth.table)
            if store is not None:
                store.save(f"depth-{time}", digest, packed_step(arcs, edges, self.front))
        else:
            arcs, edges, self.front = unpacked_step(kept)
        self.depths.append(replace(depth, arcs=arcs, edges=edges))
        self.resources.check_states(time + 1, self.n_states)

    def result(self) -> StateSpace:
        """Return all depths, the front as the last."""
        return self._space(self._front_depth(None))

    def _space(self, *last: Depth) -> StateSpace:
        return StateSpace(self.start_table, self.start, self.start_prob, (*self.depths, *last))

    def _front_depth(self, table: SplitTable | None) -> Depth:
        front, n_private = self.front, tuple(map(len, self.private))
        level = level_from_rows(front.states.belief, n_private, self.game.n_states)
        return Depth(level, front.tag, self.private, table, None, None, front.states.representative, front.distance)

    def _tags(self, time: int, parent_tag: IntArray, increment: IntArray) -> IntArray:
        if self.follow is None:
            return np.zeros(len(increment), dtype=np.int64)
        return self.follow(time, parent_tag, increment)

    def _label(self, tag: IntArray, first: int) -> IntArray:
        """Return the labels of children; `first` is the number of the first."""
        return tag if self.merge else first + np.arange(len(tag))

    def _expanded(self, time: int, depth: Depth, table: SplitTable) -> tuple[Arcs, SparseMatrix, Front]:
        """Return what leads from a depth to the next, and the next."""
        entries = float(entry_load(self.game, time, depth.level).sum())
        self.resources.check_memory(self.resources.phase, time, self.n_states, expansion_bytes(entries))
        kept: list[tuple[IntArray, IntArray, IntArray, FloatArray, SparseMatrix, float]] = []
        step = Step(self.game, time, table, self.horizon, partial(self._watch, time))
        states = self.compression.update(step, self.front.states.state, self._children(time, depth, table, kept))
        *parts, edges, spread = zip(*kept, strict=True)
        parent, increment, tag, weight = map(np.concatenate, parts)
        arcs = Arcs(parent, increment, states.member_of)
        front = front_of(states, tag, weight, max(spread))
        return arcs, _stacked(edges, states.member_of, states.belief.shape[0]), front

    def _children(self, time: int, depth: Depth, table: SplitTable, kept: list[Any]) -> Iterator[Children]:
        """Yield the children of a depth, part by part; add to `kept` what arcs, edges and the front are made of."""
        n_children = 0
        work = partial(_expand, self.game, time, table, depth.level)
        for part, (example, spread) in self.resources.run_local(work, batches(self.game, time, depth.level)):
            if example is not None:
                self._raise_dependence(time, depth, table, example)
            tag = self._tags(time, depth.tag[part.parent], part.increment)
            weight = self.front.weight[part.parent] * part.mass / self.game.n_joint_actions
            kept.append((part.parent, part.increment, tag, weight, part.edges, spread))
            yield Children(part.parent, part.increment, part.rows, weight, self._label(tag, n_children))
            n_children += len(tag)

    def _watch(self, time: int, n_states: int) -> None:
        """Raise LimitError if there is no time left, or too many states with `n_states` of the next depth."""
        self.resources.check_clock(self.resources.phase, time, self.n_states)
        self.resources.check_states(time, (*self.n_states, n_states))

    def _raise_dependence(self, time: int, depth: Depth, table: SplitTable, example: Counterexample) -> None:
        history = self._space(depth).history(time, example.node)
        raise StrategyDependenceError(
            dependence_text(self.game, self.structure.name, time, table, example, history, self.compression.name),
            time=time,
            common_info=history,
            increment=table.increment_label(example.increment),
            prescriptions=example.switches,
            beliefs=example.beliefs,
            table=table,
        )


def _expand(
    game: Game, time: int, table: SplitTable, level: Level, nodes: slice
) -> tuple[Expansion, tuple[Counterexample | None, float]]:
    """Return one batch of children, without the entries they are made of, and the answer of `find_dependence`."""
    part = expand(game, time, table, level, nodes)
    dependence = find_dependence(level, part, game.n_actions)
    return replace(part, entries=None), dependence


def _stacked(edges: Sequence[SparseMatrix], member_of: IntArray, n_children: int) -> SparseMatrix:
    """Return the edges of all batches below each other, children replaced by their classes."""
    counts = np.concatenate([np.diff(part.indptr) for part in edges])
    ends = np.cumsum([part.shape[1] for part in edges])
    columns = [member_of[end - part.shape[1] + part.indices] for end, part in zip(ends, edges, strict=True)]
    data, start = np.concatenate([part.data for part in edges]), np.concatenate([[0], np.cumsum(counts)])
    merged = sp.csr_array((data, np.concatenate(columns), start), shape=(len(counts), n_children))
    merged.sum_duplicates()
    return merged
