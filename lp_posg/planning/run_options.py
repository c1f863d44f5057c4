"""How a run works: workers, limits, progress and checkpoint; declared once for every function that plans."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from lp_posg.checks import positive_number, whole_number
from lp_posg.deadline import current_deadline, until
from lp_posg.errors import ModelError, OptionError
from lp_posg.game import Game
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.induction.workers import THREADS, runner
from lp_posg.information.resources import Resources


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    phase : {"expand", "solve", "certify"}
    done, total : int
        Depths done in ``expand``; states solved in ``solve``; in ``certify`` depths done, forward and backward.
    states : int
        Common-information states known so far.
    programs : int
        Programs solved so far.
    seconds : float
        Wall time since the phase began; with `done` and `total` it gives rate and time left.
    """

    phase: str
    done: int
    total: int
    states: int
    programs: int = 0
    seconds: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of the phase at the rate so far; None if that is not known, as while states grow."""
        known = self.done and self.total and self.phase != "expand"
        return self.seconds * (self.total - self.done) / self.done if known else None


class RunOptions(TypedDict, total=False):
    """How a run works; nothing here changes the answer.

    Keys
    ----
    progress : callable
        Called with a `Progress`.
    workers : int
        How many processes (or threads, or workers of a cluster); 1 by default.
    backend : str
        Where stage games are solved: ``loky`` (processes, the default), ``threading``, ``dask``, ``ray``, or any
        backend registered with joblib.
    checkpoint : path
        A folder that keeps what is finished; the same call takes a stopped run up again.
    max_states : int
        Most common-information states of all depths together.
    time_limit : float
        Seconds of wall time.
    memory_limit : float
        Bytes of resident memory; a step that is estimated to need more is not begun.
    """

    progress: Callable[[Progress], None] | None
    workers: int
    backend: str | None
    checkpoint: str | PathLike[str] | None
    max_states: int | None
    time_limit: float | None
    memory_limit: float | None


RUN_OPTIONS = tuple(RunOptions.__annotations__)


@dataclass(frozen=True)
class Run:
    """`RunOptions`, checked.

    Attributes
    ----------
    progress, workers, backend, checkpoint, max_states, time_limit, memory_limit
        As in `RunOptions`; None, or 1 worker, if not given.
    deadline : float or None
        Value of ``time.time()`` after which to stop.
    """

    progress: Callable[[Progress], None] | None = None
    workers: int = 1
    backend: str | None = None
    checkpoint: Path | None = None
    max_states: int | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    deadline: float | None = None

    def resources(self, store: Checkpoint | None = None) -> Resources:
        """Return limits and workers as the passes over states take them."""
        runners = runner(self.workers, self.backend, self.deadline, ordered=False), runner(self.workers, THREADS)
        return Resources(*runners, store, self.max_states, self.deadline, self.memory_limit)

    def store(self, game: Game, options: Mapping[str, Any]) -> Checkpoint | None:
        """Return the checkpoint of a run with these options, if one is wanted."""
        return None if self.checkpoint is None else Checkpoint(self.checkpoint, game, options)

    def within(self, folder: str) -> Run:
        """Return the run with a folder of its checkpoint as its checkpoint."""
        return self if self.checkpoint is None else replace(self, checkpoint=self.checkpoint / folder)

    def tell(self, phase: str, begun: float, done: int, total: int, states: int, programs: int = 0) -> None:
        """Call `progress`, if there is one; `begun` is a value of ``time.perf_counter()``."""
        if self.progress is not None:
            self.progress(Progress(phase, done, total, states, programs, clock.perf_counter() - begun))


def checked_run(options: Mapping[str, Any]) -> Run:
    """Return `RunOptions`, checked; the time limit begins now.

    Raises
    ------
    ModelError
        If a value is not valid.
    OptionError
        If there is no such option or backend.
    TypeError
        If an option does not exist.
    """
    unknown = [name for name in options if name not in RUN_OPTIONS]
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; options of a run are {', '.join(RUN_OPTIONS)}")
    given = {name: value for name, value in options.items() if value is not None}
    progress, backend, checkpoint = given.get("progress"), given.get("backend"), given.get("checkpoint")
    if progress is not None and not callable(progress):
        raise ModelError(f"progress is {progress!r}, expected a function of one Progress, or None")
    if backend is not None and not isinstance(backend, str):
        raise OptionError(f"backend is {backend!r}, expected a name such as 'loky', 'threading' or 'dask'")
    for name in ("workers", "max_states"):
        if name in given:
            given[name] = whole_number(name, given[name])
    for name in ("time_limit", "memory_limit"):
        if name in given:
            given[name] = positive_number(name, given[name])
    if checkpoint is not None and (not isinstance(checkpoint, (str, PathLike)) or not str(checkpoint)):
        raise ModelError(f"checkpoint is {checkpoint!r}, expected the name of a folder")
    if checkpoint is not None:
        given["checkpoint"] = Path(checkpoint)
    if "memory_limit" in given:
        given["memory_limit"] = int(given["memory_limit"])
    if "time_limit" in given:
        given["deadline"] = clock.time() + given["time_limit"]
    with until(given.get("deadline")):
        given["deadline"] = current_deadline()  # the caller may have begun its own limit before
    run = Run(**given)
    runner(run.workers, run.backend)  # raises if there is no such backend
    return run
