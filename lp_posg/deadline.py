"""The time limit of the call that is running: set once where a call begins, asked by whatever may take long below it.

It is no argument, since it would be one of nearly every function; threads and processes do not see it, and so each call
asks in its own thread, between the parts that it hands out.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lp_posg.errors import LimitError

_RUNNING: ContextVar[float | None] = ContextVar("deadline", default=None)


def current_deadline() -> float | None:
    """Return the value of ``time.time()`` after which to stop, or None."""
    return _RUNNING.get()


@contextmanager
def until(latest: float | None) -> Iterator[None]:
    """Stop what runs inside after a value of ``time.time()``, or sooner if that was asked for outside."""
    known = [when for when in (latest, _RUNNING.get()) if when is not None]
    before = _RUNNING.set(min(known, default=None))
    try:
        yield
    finally:
        _RUNNING.reset(before)


def check_time(doing: str, **facts: object) -> None:
    """Raise LimitError if the time is over; the message says what was being done, in the form 'reading a file'."""
    latest = _RUNNING.get()
    if latest is not None and clock.time() > latest:
        message = f"the time limit was met while {doing}; allow more time with time_limit"
        raise LimitError(message, limit="time", **facts)
