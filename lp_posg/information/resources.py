"""What a computation may use: workers, time, memory, states, and a place to keep finished parts."""

from __future__ import annotations

import os
import sys
import time as clock
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lp_posg.deadline import current_deadline
from lp_posg.errors import LimitError

SHOWN = 10
"""Depths of which a message tells the first and the last."""

Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Applies a function to every item and gives the results in order, perhaps on several workers."""


class Store(Protocol):
    """Keeps finished parts of a computation, so that it can be resumed."""

    def load(self, name: str, digest: str) -> Mapping[str, Any] | None:
        """Return the arrays kept under a name, or None; called before a part is computed.

        `digest` stands for everything that the part depends on beside the game and the options; arrays kept
        with another one belong to another run, which is an error.
        """

    def save(self, name: str, digest: str, arrays: Mapping[str, Any]) -> None:
        """Keep arrays under a name, whole or not at all; called when a part is complete."""


@dataclass(frozen=True)
class Resources:
    """Limits and helpers of one computation.

    Attributes
    ----------
    run : callable
        As `Run`, for stage games; the built-in `map` by default. Its results may come in any order.
    run_local : callable
        As `Run`, for parts of large arrays, which are not worth sending away.
    store : Store or None
    max_states : int or None
        Most common-information states of all depths together.
    deadline : float or None
        Value of ``time.time()`` (a cluster's machines share it) after which to stop; by default that of the call
        that is running.
    memory_limit : int or None
        Most bytes of resident memory of this process.
    phase : str
        What the forward pass is for, for messages.
    """

    run: Run = map
    run_local: Run = map
    store: Store | None = None
    max_states: int | None = None
    deadline: float | None = field(default_factory=current_deadline)
    memory_limit: int | None = None
    phase: str = "expand"

    def within_share(self, share: float) -> Resources:
        """Return the same with a deadline after that share of the time left."""
        if self.deadline is None:
            return self
        now = clock.time()
        return replace(self, deadline=now + share * max(self.deadline - now, 0.0))

    def check_clock(self, phase: str, time: int, states: tuple[int, ...]) -> None:
        """Raise LimitError if the deadline has passed."""
        if self.deadline is not None and clock.time() > self.deadline:
            raise self._limit("time", "the time limit was met", phase, time, states, "allow more time with time_limit")

    def check_states(self, time: int, states: tuple[int, ...]) -> None:
        """Raise LimitError if there are more states than allowed."""
        if self.max_states is not None and sum(states) > self.max_states:
            reason = f"more than {self.max_states} common-information states"
            raise self._limit("states", reason, self.phase, time, states, "allow more with max_states")

    def check_memory(self, phase: str, time: int, states: tuple[int, ...], more: float) -> None:
        """Raise LimitError if `more` bytes beside those held would be more than allowed."""
        held = 0 if self.memory_limit is None else resident_bytes()
        if self.memory_limit is not None and held + more > self.memory_limit:
            reason = (
                f"the next step needs about {more / 2**20:.0f} MiB beside the {held / 2**20:.0f} MiB held, more than"
                f" the memory limit of {self.memory_limit / 2**20:.0f} MiB"
            )
            raise self._limit("memory", reason, phase, time, states, "allow more with memory_limit")

    def limit_met(self, error: LimitError, phase: str, time: int, states: tuple[int, ...]) -> LimitError:
        """Return a LimitError from inside a program, with how far the computation has come."""
        limit = self._limit("time", str(error), phase, time, states, "allow more time with time_limit")
        for key, value in error.facts.items():
            if key not in limit.facts:
                limit.facts[key] = value
                setattr(limit, key, value)
        return limit

    def _limit(self, kind: str, reason: str, phase: str, time: int, states: tuple[int, ...], advice: str) -> LimitError:
        kept = "; what is finished is in the checkpoint" if self.store is not None else ""
        shown = str(list(states)) if len(states) <= 2 * SHOWN else f"{list(states[:SHOWN])} ... {list(states[-SHOWN:])}"
        message = (
            f"{reason}, in phase {phase!r} at step {time + 1}; states by depth so far: {shown}{kept};"
            f" {advice}, plan fewer steps, or share more"
        )
        return LimitError(message, limit=kind, phase=phase, time=time, states_by_depth=states)


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes (its peak where the system tells no more)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
