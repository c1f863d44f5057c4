"""Work in processes and threads of this machine, and through joblib: what has ended, as it ends.

Workers never outlive their work. A failure, an interrupt or a time limit ends them at once; processes look for
themselves whether the one that started them still runs, since nothing tells them when that is killed.
"""

from __future__ import annotations

import os
import signal
import threading
import time as clock
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import TimeoutError as NothingYet
from multiprocessing.pool import ThreadPool
from typing import Any

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import cancel_running

Ended = Generator[tuple[int, Any], None, None]
"""Numbers of items with their results, in the order in which they end."""

POLL = 0.5  # seconds from one look at the clock, or at the parent, to the next
# Seconds after a deadline in which workers may still say how far they came; they look at the clock themselves.
GRACE = 1.0
IDLE = 300.0  # seconds after which processes without work end
NOT_FOR_WORKERS = ("SIGINT", "SIGTERM", "SIGHUP")
INNER_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
                 "VECLIB_MAXIMUM_THREADS")  # fmt: skip


@dataclass(frozen=True)
class Work:
    """A function, the items to apply it to, and how many workers until when (a value of ``time.time()``)."""

    function: Callable[[Any], Any]
    items: Sequence[Any]
    workers: int
    deadline: float | None = None

    def seconds_left(self) -> float:
        """Return how long workers may still be waited for, or raise LimitError if no longer."""
        if self.deadline is None:
            return float("inf")
        left = self.deadline + GRACE - clock.time()
        if left <= 0:
            raise late()
        return left


def late() -> LimitError:
    """Return the error that workers did not end in time."""
    return LimitError("the time limit was met while workers were at work", limit="time")


def in_processes(work: Work) -> Ended:
    """Apply the function in processes; they are kept for the next work.

    Raises SolveError if one of them dies; LimitError past the deadline.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        with _pool(work.workers) as pool:
            yield from _ended(pool, work)
    except TerminatedWorkerError as error:
        raise SolveError(
            f"a worker died: {str(error).partition('.')[0]}; if memory ran out, use fewer workers"
        ) from None


def _ended(pool: Any, work: Work) -> Ended:
    """Yield results as they come; the pool gets no more than it passes on at once, or it would not end tidily."""
    left, given = iter(enumerate(work.items)), dict[Future[Any], int]()
    try:
        while True:
            with _deaf():
                for number, item in islice(left, 2 * work.workers - len(given)):
                    given[pool.submit(work.function, item)] = number
            if not given:
                return
            done = wait(given, min(POLL, work.seconds_left()), FIRST_COMPLETED).done
            for future in sorted(done, key=given.__getitem__):
                yield given.pop(future), future.result()
    except BaseException:
        wait([future for future in given if future.cancel()], 1.0)
        raise


def in_threads(work: Work) -> Ended:
    """Apply the function in threads of this process.

    Raises LimitError past the deadline.
    """
    pool = ThreadPool(work.workers)
    try:
        ended = pool.imap_unordered(partial(_numbered, work.function), list(enumerate(work.items)))
        for _ in work.items:
            yield _next(ended, work)
    except BaseException:
        # Threads do not see an interrupt, so their programs are stopped here.
        cancel_running()
        raise
    finally:
        pool.terminate()


def through_joblib(backend: str, work: Work) -> Ended:
    """Apply the function by a backend of joblib.

    Raises LimitError past the deadline, where the backend can be waited for so long only.
    """
    import joblib

    left = None if work.deadline is None else work.seconds_left()
    try:
        with joblib.parallel_config(backend=backend, n_jobs=work.workers):
            tasks = (joblib.delayed(work.function)(item) for item in work.items)
            yield from enumerate(joblib.Parallel(timeout=left)(tasks))
    except (TimeoutError, NothingYet):
        raise late() from None
    except BaseException:
        cancel_running()
        raise


def _numbered(function: Callable[[Any], Any], item: tuple[int, Any]) -> tuple[int, Any]:
    return item[0], function(item[1])


def _next(ended: Any, work: Work) -> tuple[int, Any]:
    while True:
        with suppress(NothingYet):
            found: tuple[int, Any] = ended.next(min(POLL, work.seconds_left()))
            return found


_idle: dict[tuple[int, int], Any] = {}
"""Pools without work, by process and size; one at work is not here, so that no two runs share it."""


@contextmanager
def _pool(workers: int) -> Iterator[Any]:
    """Lend a pool of processes; if its work does not end well, they are killed."""
    key = os.getpid(), workers
    pool = _idle.pop(key, None)
    pool = _processes(workers) if pool is None or _is_broken(pool) else pool
    try:
        yield pool
    except BaseException:
        pool.shutdown(kill_workers=True)
        raise
    if _idle.setdefault(key, pool) is not pool:
        pool.shutdown()


def _is_broken(pool: Any) -> bool:
    """Whether a process of the pool died while it had no work."""
    try:
        with _deaf():
            pool.submit(int)
    except RuntimeError:
        return True
    return False


def _processes(workers: int) -> Any:
    """Return a pool of processes: joblib's loky, without joblib's folders of shared memory."""
    from joblib.externals.loky import ProcessPoolExecutor

    with _deaf():
        return ProcessPoolExecutor(
            workers, timeout=IDLE, initializer=_watch, initargs=(os.getpid(),), env=_inner_threads(workers)
        )


def _inner_threads(workers: int) -> Mapping[str, str]:
    """Return the environment in which the processes' array libraries share the cores."""
    import joblib

    share = str(max(joblib.cpu_count() // workers, 1))
    return {name: os.environ.get(name, share) for name in INNER_THREADS}


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that are started inside inherit that signals to the whole group are not for them.

    The first process gets these too, and ends the others in an orderly way.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in NOT_FOR_WORKERS])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(parent: int) -> None:
    """Begin to look whether the process that started this one still runs; if not, end this one."""

    def look() -> None:
        while os.getppid() == parent:
            clock.sleep(POLL)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
