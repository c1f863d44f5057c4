"""Runs as shared information shows them: increments, private informations, windows of memory.

A *window* is what finite memory L keeps at a step: all increments until L steps have passed, then the
last L. It is coded as one number, the newest increment in the lowest digit, so that the window of a
shorter memory is a remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.game.protocols import AgentSizes
from lp_posg.information import SharingStructure
from lp_posg.information.lookup import places
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import Tracker, tables_of
from lp_posg.learning.environments import Episodes, check_range
from lp_posg.types import FloatArray, IntArray

CODE_LIMIT = 2**62
"""Largest number of windows of one step that can be coded."""

PROFILE_LIMIT = 2**40
"""Largest number of private profiles of one step: a number of a seen window and one of a profile make one number."""


@dataclass(frozen=True)
class Frame:
    """Sizes, sharing and memory: what turns observations into windows."""

    sizes: AgentSizes
    tables: tuple[SplitTable, ...]  # those that lead into each step, the start's first; one per step
    memory: int  # L

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return len(self.tables)

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions."""
        return prod(self.sizes.n_actions)

    @property
    def n_joint_observations(self) -> int:
        """Number of joint observations."""
        return prod(self.sizes.n_observations)

    @cached_property
    def n_increments(self) -> tuple[int, ...]:
        """Number of joint increments that lead into each step."""
        return tuple(prod(table.n_increments) for table in self.tables)

    def length(self, time: int) -> int:
        """Return how many increments the window of a step holds."""
        return time + 1 if time <= self.memory else self.memory

    def radices(self, time: int) -> tuple[int, ...]:
        """Return the number of increments at each place of a step's window, oldest first."""
        return self.n_increments[time + 1 - self.length(time) : time + 1]

    def next_window(self, time: int, window: IntArray, increment: IntArray) -> IntArray:
        """Return the windows of step `time`, from those of the step before and the increments in between."""
        radices = self.radices(time)
        if not radices:
            return np.zeros_like(increment)
        return (window % prod(radices[:-1])) * radices[-1] + increment


def frame_of(sizes: AgentSizes, structure: SharingStructure, horizon: int, memory: int) -> Frame:
    """Return the frame of a structure.

    Raises
    ------
    ModelError
        If the structure has imperfect recall.
    UnsupportedError
        If there are more private informations, or more windows, than this package codes.
    """
    tables = tables_of(sizes, structure, horizon)
    frame = Frame(sizes, tables, memory)
    for time in range(horizon):
        if prod(frame.radices(time)) > CODE_LIMIT:
            raise UnsupportedError(
                f"memory {memory} has more than {CODE_LIMIT:.0e} windows at step {time + 1}; remember less"
            )
        if prod(tables[time].n_next) > PROFILE_LIMIT:
            raise UnsupportedError(
                f"sharing {structure.name!r} leaves more than {PROFILE_LIMIT:.0e} profiles of private information at"
                f" step {time + 1}; share more, or plan fewer steps"
            )
    return frame


class WindowTracker(Tracker):
    """Common and private information in runs as they go on, with the windows of memory, `window` (N,).

    Parameters
    ----------
    frame : Frame
    n_runs : int
    first : int array, shape (N, n), or None
        Observations before the first action.

    Raises
    ------
    SimulatorError
        At the start or at a step, if an observation or an action is not valid.
    """

    def __init__(self, frame: Frame, n_runs: int, first: IntArray | None) -> None:
        self.frame = frame
        if first is not None:
            check_range("the environment", "observations", first, frame.sizes.n_observations)
        super().__init__(frame.tables, n_runs, None if first is None else first.T)
        self.window = self.increment

    def observe(self, actions: IntArray, observations: IntArray) -> None:
        """Take in what all did at the step and what they saw after it, both (N, n)."""
        check_range("the environment", "observations", observations, self.frame.sizes.n_observations)
        check_range("the environment", "actions", actions, self.frame.sizes.n_actions)
        self.step(actions.T, observations.T)
        self.window = self.frame.next_window(self.time, self.window, self.increment)


@dataclass(frozen=True)
class Seen:
    """Episodes as the learner counts them."""

    window: IntArray  # (N, H)
    profile: IntArray  # (N, H), flat
    action: IntArray  # (N, H), joint
    observation: IntArray  # (N, H - 1), joint, after each step but the last


def seen(frame: Frame, episodes: Episodes) -> Seen:
    """Return episodes in terms of windows and private profiles."""
    n_runs, horizon = episodes.actions.shape[:2]
    tracker = WindowTracker(frame, n_runs, episodes.first)
    window, profile = (np.empty((n_runs, horizon), dtype=np.int64) for _ in range(2))
    for time in range(horizon):
        window[:, time], profile[:, time] = tracker.window, tracker.profile
        if time < horizon - 1:
            tracker.observe(episodes.actions[:, time], episodes.observations[:, time])
    action = np.ravel_multi_index(tuple(np.moveaxis(episodes.actions, 2, 0)), frame.sizes.n_actions)
    observation = np.ravel_multi_index(tuple(np.moveaxis(episodes.observations, 2, 0)), frame.sizes.n_observations)
    return Seen(window, profile, action, observation)


class WindowIndex:
    """The windows of one step that were seen, as numbered states; any other window goes to the nearest.

    Nearest is the window most often seen among those with the longest equal run of newest increments.

    Parameters
    ----------
    windows : int array, shape (N,)
        As they were seen, repeated.
    weight : float array, shape (N,)
        How much each counts.
    radices : tuple of int
        As in `Frame.radices`.
    """

    def __init__(self, windows: IntArray, weight: FloatArray, radices: tuple[int, ...]) -> None:
        self.codes, inverse = np.unique(windows, return_inverse=True)
        self.counts: FloatArray = np.bincount(inverse, weights=weight).astype(np.float64)
        # Per length of the newest run, longest first: codes of the runs, and the state that stands for each.
        self._shorter: list[tuple[int, IntArray, IntArray]] = []
        often = np.argsort(-self.counts, kind="stable")
        for length in range(len(radices) - 1, -1, -1):
            size = prod(radices[len(radices) - length :])
            runs, first = np.unique(self.codes[often] % size, return_index=True)
            self._shorter.append((size, runs, often[first]))

    def __len__(self) -> int:
        return len(self.codes)

    def find(self, windows: IntArray) -> IntArray:
        """Return the state of each window."""
        state, met = places(self.codes, windows)
        missing = np.flatnonzero(~met)
        for size, runs, stands_for in self._shorter:
            if not len(missing):
                break
            place, met = places(runs, windows[missing] % size)
            state[missing[met]] = stands_for[place[met]]
            missing = missing[~met]
        return state

    def group(self, length: int, radices: tuple[int, ...]) -> IntArray:
        """Return the newest run of `length` increments of each state, coded."""
        return self.codes % prod(radices[len(radices) - length :])
