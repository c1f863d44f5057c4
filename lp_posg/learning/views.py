"""What an independent learner conditions its action on, as one number per agent and run.

A *view* follows many runs at once. What became known at each step is an *item*, a number; of the items
only the last L are remembered (up to step L all of them, with the start's), in mixed radix, the newest
the last digit. This is the memory of the compression ``finite-memory:L``.
"""

from __future__ import annotations

from math import prod
from typing import Protocol

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.information import SharingStructure
from lp_posg.information.tables import AgentSizes, SplitTable, first_table, next_table
from lp_posg.types import IntArray

LARGEST_KEY = 2**62
"""Numbers of memories are below this, so that they fit an int64."""


class View(Protocol):
    """Follows runs and says what every agent conditions on."""

    @property
    def name(self) -> str:
        """Shown in results."""

    def begin(self, n_runs: int, first: IntArray | None) -> None:
        """Start new runs, given the observations before the first action (N, n), if there are any."""

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Take in a 0-based step: what was done and what was seen after it, both (N, n)."""

    def keys(self) -> list[IntArray]:
        """Return, per agent, a number (N,) for what it conditions on now."""


class Window:
    """The last items of many runs."""

    def __init__(self, memory: int, item: IntArray, width: int) -> None:
        self._memory, self._items, self._widths = memory, [item], [width]

    def add(self, item: IntArray, width: int) -> None:
        """Take in an item below `width` per run."""
        self._items.append(item)
        self._widths.append(width)

    @property
    def kept(self) -> int:
        """How many items are remembered."""
        return n_kept(len(self._items) - 1, self._memory)

    @property
    def size(self) -> int:
        """Number of memories there can be."""
        return prod(self._widths[len(self._widths) - self.kept :])

    def key(self) -> IntArray:
        """Return the memory of each run as a number below `size`."""
        if self.size > LARGEST_KEY:
            raise UnsupportedError(
                f"a memory of {self._memory} steps has {self.size:.3g} values at one step, more than this package"
                " numbers; remember fewer steps"
            )
        key = np.zeros_like(self._items[0])
        for back in range(self.kept, 0, -1):
            key = key * self._widths[-back] + self._items[-back]
        return key


def n_kept(time: int, memory: int) -> int:
    """Return how many of the items 0..time are remembered at a step: all up to step L, then the last L."""
    return time + 1 if time <= memory else memory


class SharedView:
    """The last L joint increments of common information, and all private information.

    Parameters
    ----------
    structure : SharingStructure
    memory : int
        L.
    n_actions, n_observations : tuple of int
    """

    def __init__(
        self, structure: SharingStructure, memory: int, n_actions: tuple[int, ...], n_observations: tuple[int, ...]
    ) -> None:
        self.structure, self.memory = structure, memory
        self._n_actions, self._n_observations = n_actions, n_observations
        self.tables: list[SplitTable] = []

    @property
    def name(self) -> str:
        """Says the sharing and the memory."""
        return f"sharing {self.structure.name}, memory {self.memory}"

    def begin(self, n_runs: int, first: IntArray | None) -> None:
        """Split the observations before the first action."""
        self._sizes = AgentSizes(self._n_actions, self._n_observations, first is not None)
        if not self.tables:
            self.tables = [first_table(self._sizes, self.structure)]
        nothing = np.zeros((n_runs, len(self._n_actions)), dtype=np.int64)
        self._private = nothing
        self._window = Window(self.memory, *self._split(0, nothing, nothing if first is None else first))

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Split a step's actions and observations."""
        if len(self.tables) == time + 1:
            self.tables.append(next_table(self._sizes, self.structure, self.tables[-1].next_private))
        self._window.add(*self._split(time + 1, actions, observations))

    def keys(self) -> list[IntArray]:
        """Return memory times P_i plus private information."""
        common, counts = self._window.key(), self.tables[self._window_time].n_next
        if self._window.size * max(counts) > LARGEST_KEY:
            raise UnsupportedError(f"{self.name}: more values than this package numbers; remember fewer steps")
        return [common * count + self._private[:, i] for i, count in enumerate(counts)]

    def _split(self, when: int, actions: IntArray, observations: IntArray) -> tuple[IntArray, int]:
        """Return the joint increment that leads into step `when`, and how many there are; keep what is private."""
        table, self._window_time = self.tables[when], when
        increment, private = np.zeros(len(actions), dtype=np.int64), np.empty_like(self._private)
        for i, count in enumerate(table.n_increments):
            where = (self._private[:, i], actions[:, i], observations[:, i])
            increment = increment * count + table.increment_index[i][where]
            private[:, i] = table.next_index[i][where]
        self._private = private
        return increment, prod(table.n_increments)


class OwnView:
    """The last L of an agent's own (action, observation) pairs; nothing is shared.

    Parameters
    ----------
    memory : int
        L.
    n_actions, n_observations : tuple of int
    """

    def __init__(self, memory: int, n_actions: tuple[int, ...], n_observations: tuple[int, ...]) -> None:
        self.memory = memory
        self._n_actions, self._n_observations = n_actions, n_observations

    @property
    def name(self) -> str:
        """Says the memory."""
        return f"nothing shared, memory {self.memory}"

    def begin(self, n_runs: int, first: IntArray | None) -> None:
        """Take in own observations before the first action."""
        if first is None:
            self._windows = [Window(self.memory, np.zeros(n_runs, dtype=np.int64), 1) for _ in self._n_actions]
        else:
            self._windows = [Window(self.memory, first[:, i], o) for i, o in enumerate(self._n_observations)]

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Take in own actions and observations."""
        for i, (window, a, o) in enumerate(zip(self._windows, self._n_actions, self._n_observations, strict=True)):
            window.add(actions[:, i] * o + observations[:, i], a * o)

    def keys(self) -> list[IntArray]:
        """Return own memories."""
        return [window.key() for window in self._windows]
