"""Who knows what, for many runs or histories at once: the increments and private informations that tables lead to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.game.protocols import Sizes
from lp_posg.information.sharing import SharingStructure
from lp_posg.information.tables import SplitTable, tables_digest
from lp_posg.information.tabulation import Tabulation
from lp_posg.types import IntArray

PerAgent = Sequence[IntArray] | IntArray
"""One int array (N,) per agent, or these stacked, (n, N)."""


def tables_of(game: Sizes, structure: SharingStructure, horizon: int) -> tuple[SplitTable, ...]:
    """Return the tables that lead into each step, the start's first.

    Raises
    ------
    ModelError, UnsupportedError
        As `Tabulation`.
    """
    tabulation = Tabulation(game, structure)
    for _ in range(horizon - 1):
        tabulation.step()
    return tuple(tabulation.tables)


def check_same_indices(own: Game, other: Game, structure: SharingStructure, horizon: int) -> None:
    """Raise ModelError if an index of private information or increment can stand for different things in two games.

    The games have equal sizes. Complete tables are then the same; others may list what can happen in one alone.
    """
    if own == other:
        return
    tables, others = (tables_of(game, structure, horizon) for game in (own, other))
    complete = all(table.is_complete for table in (*tables, *others))
    if not complete and tables_digest(tables) != tables_digest(others):
        raise ModelError(
            f"agents can see other things in game {other.name!r} than in {own.name!r}, and so many that only those are"
            f" numbered: the strategy is for {own.name!r} alone; solve {other.name!r}"
        )


def split(
    table: SplitTable, private: PerAgent | None, actions: PerAgent | None, observations: PerAgent
) -> tuple[IntArray, tuple[IntArray, ...]]:
    """Return the flat joint increment (N,), and each agent's next private information.

    Parameters
    ----------
    private, actions : one int array (N,) per agent, or None at the start
    observations : one int array (N,) per agent
    """
    size = len(observations[0])
    increment, nothing = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    kept = []
    for i, count in enumerate(table.n_increments):
        held, done = (nothing if part is None else part[i] for part in (private, actions))
        where = table.place(i, (held, done, observations[i]))
        increment = increment * count + table.increment_index[i][where]
        kept.append(table.next_index[i][where])
    return increment, tuple(kept)


def split_flat(
    table: SplitTable, profile: PerAgent, action: IntArray, observation: IntArray, game: Sizes
) -> tuple[IntArray, IntArray]:
    """Return the flat joint increment and the flat next private profile, given flat joint actions and observations."""
    done = np.unravel_index(action, game.n_actions)
    increment, kept = split(table, profile, done, np.unravel_index(observation, game.n_observations))
    return increment, _flat(table, kept)


def split_first(table: SplitTable, observation: IntArray) -> tuple[IntArray, IntArray]:
    """Return the flat joint increment and the flat private profile after the start, given flat joint observations."""
    counts = tuple(index.shape[2] for index in table.increment_index)
    increment, kept = split(table, None, None, np.unravel_index(observation, counts))
    return increment, _flat(table, kept)


def _flat(table: SplitTable, private: Sequence[IntArray]) -> IntArray:
    profile = np.zeros(len(private[0]), dtype=np.int64)
    for own, count in zip(private, table.n_next, strict=True):
        profile = profile * count + own
    return profile


class Tracker:
    """What is common and what is private in runs as they go on.

    Parameters
    ----------
    tables : sequence of SplitTable
        Those that lead into each step, the start's first.
    n_runs : int
    first : one int array (N,) per agent, or None
        The observations before the first action, if there are any.

    Attributes
    ----------
    time : int
        The 0-based step that has begun.
    increment : int array, shape (N,)
        The newest flat joint increment.
    private : tuple per agent of int arrays, shape (N,)
    """

    def __init__(self, tables: Sequence[SplitTable], n_runs: int, first: PerAgent | None) -> None:
        self.tables, self.time = tables, 0
        nothing = (np.zeros(n_runs, dtype=np.int64),) * len(tables[0].private)
        self.increment, self.private = split(tables[0], None, None, nothing if first is None else first)

    @property
    def profile(self) -> IntArray:
        """The flat private profile of each run, last agent fastest."""
        return _flat(self.tables[self.time], self.private)

    def step(self, actions: PerAgent, observations: PerAgent) -> None:
        """Take in what all did at the step, and what they saw after it; the next step begins."""
        self.time += 1
        self.increment, self.private = split(self.tables[self.time], self.private, actions, observations)
