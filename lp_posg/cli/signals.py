"""Signals that ask a process to end do what Ctrl-C does, with a word and an exit status of their own."""

from __future__ import annotations

import signal
from types import FrameType

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}


class Stopped(KeyboardInterrupt):
    """A signal asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def end_as_interrupted() -> None:
    """From now on end in an orderly way when asked to; a second signal of the kind ends the process at once."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # ignored, as by nohup, it stays so
            signal.signal(number, _stop)


def told(stop: KeyboardInterrupt) -> tuple[str, int]:
    """Return the word for what stopped a command and the exit status: as in shells, 128 plus the signal's number."""
    number = signal.Signals(stop.number if isinstance(stop, Stopped) else signal.SIGINT)
    return WORDS[number.name], 128 + number


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Stopped(number)
