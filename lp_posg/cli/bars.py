"""How far a computation has come: on stderr, and only if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lp_posg.planning import Progress

PHASES = {"expand": "expanding states", "solve": "solving stage games", "certify": "certifying"}


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def status_line(first: str) -> Iterator[Callable[[str], None] | None]:
    """Give a function that shows a line in place of the one before, or None without a terminal."""
    if not _is_terminal():
        yield None
        return
    from rich.console import Console

    with Console(file=sys.stderr, markup=False).status(first) as status:
        yield status.update


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None] | None]:
    """Give what `solve` takes as ``progress``: a bar that vanishes at the end, or None without a terminal."""
    if not _is_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(now: Progress) -> None:
            phase = f"{PHASES[now.phase]}, {now.states} states"
            if now.phase == "solve" and now.seconds > 0:
                phase += f", {now.programs} LPs, {now.done / now.seconds:.0f} states/s"
                phase += f", {now.seconds_left or 0:.0f} s left"
            bar.update(task, description=phase, completed=now.done, total=now.total)
            if now.phase == "solve" and now.done == now.total:
                bar.update(task, description=PHASES["certify"], total=None)

        yield show
