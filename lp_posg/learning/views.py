"""Views: what an independent learner conditions its action on, as one number per agent and run.

A *view* follows many runs at once. It remembers what became known in the last L steps, and up to step L all of it
with the start's, as the windows of `windows` do, which number shared information here too.
"""

from __future__ import annotations

from math import prod
from typing import Protocol

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.game.protocols import AgentSizes
from lp_posg.information import SharingStructure
from lp_posg.learning.windows import CODE_LIMIT, Frame, WindowTracker, frame_of
from lp_posg.types import IntArray


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


def _check_size(view: View, n_values: int) -> None:
    if n_values > CODE_LIMIT:
        raise UnsupportedError(f"{view.name}: more values than this package numbers; remember fewer steps")


class SharedView:
    """The last L joint increments of common information, and all private information.

    Parameters
    ----------
    structure : SharingStructure
    memory, horizon : int
        L, and the number of steps of the runs.
    n_actions, n_observations : tuple of int
    """

    def __init__(
        self,
        structure: SharingStructure,
        memory: int,
        horizon: int,
        n_actions: tuple[int, ...],
        n_observations: tuple[int, ...],
    ) -> None:
        self.structure, self.memory, self._horizon = structure, memory, horizon
        self._n_actions, self._n_observations = n_actions, n_observations
        self.frame: Frame | None = None

    @property
    def name(self) -> str:
        """Says the sharing and the memory."""
        return f"sharing {self.structure.name}, memory {self.memory}"

    def begin(self, n_runs: int, first: IntArray | None) -> None:
        """Split the observations before the first action; only now is it known whether there are any."""
        if self.frame is None:
            sizes = AgentSizes(self._n_actions, self._n_observations, first is not None)
            self.frame = frame_of(sizes, self.structure, self._horizon, self.memory)
            for time, table in enumerate(self.frame.tables):
                _check_size(self, prod(self.frame.radices(time)) * max(table.n_next))
        self._tracker = WindowTracker(self.frame, n_runs, first)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Split a step's actions and observations."""
        self._tracker.observe(actions, observations)

    def keys(self) -> list[IntArray]:
        """Return memory times P_i plus private information."""
        counts = self._tracker.tables[self._tracker.time].n_next
        return [self._tracker.window * k + private for private, k in zip(self._tracker.private, counts, strict=True)]


class OwnView:
    """The last L (action, observation) pairs of each agent alone; nothing is shared.

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
        """Record the observations before the first action."""
        start = np.zeros((n_runs, len(self._n_actions)), dtype=np.int64) if first is None else first
        # Items since the start, each with how many there can be.
        self._items = [[(start[:, i], 1 if first is None else o)] for i, o in enumerate(self._n_observations)]

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Record the actions and observations of a step."""
        for i, (items, a, o) in enumerate(zip(self._items, self._n_actions, self._n_observations, strict=True)):
            items.append((actions[:, i] * o + observations[:, i], a * o))

    def keys(self) -> list[IntArray]:
        """Return what each agent remembers."""
        return [self._number(items) for items in self._items]

    def _number(self, items: list[tuple[IntArray, int]]) -> IntArray:
        kept = items if len(items) <= self.memory + 1 else items[len(items) - self.memory :]
        _check_size(self, prod(width for _, width in kept))
        key = np.zeros_like(items[0][0])
        for item, width in kept:
            key = key * width + item
        return key
