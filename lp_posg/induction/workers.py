"""Where work runs: this thread, threads or processes here, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from lp_posg.errors import MissingExtraError, OptionError
from lp_posg.information.resources import Run

if TYPE_CHECKING:
    from lp_posg.induction.pools import Ended, Work

PROCESSES, THREADS, DASK = "loky", "threading", "dask"
# Stage games go to processes by default: two threads solve them no faster than one (measured), since handing numbers to
# HiGHS and back holds the interpreter lock. Array kernels release it and use threads.
LOCAL = (PROCESSES, THREADS)
# Backends that need an optional dependency, and the extra that brings it.
EXTRAS = {DASK: "distributed", "ray": "ray"}


def runner(workers: int, backend: str | None, deadline: float | None = None, *, ordered: bool = True) -> Run:
    """Return how to apply a function to many items.

    `workers`: 1: in this thread. `backend`: ``loky`` for processes, ``threading``, ``dask`` or ``ray`` for a cluster
    that is already connected, or any backend registered with joblib. `deadline`: a value of ``time.time()`` shortly
    after which workers are no longer waited for. `ordered`: False gives results as they come.

    The results are an iterator. Whatever ends it early stops the workers: an error, an interrupt, or its ``close``.

    Raises OptionError if there is no such backend; MissingExtraError if it needs a package that is not installed.
    """
    if workers == 1 and backend in (None, *LOCAL):
        return map
    backend = backend or PROCESSES
    _check_backend(backend, workers)

    def run(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        from lp_posg.induction.pools import Work

        listed = list(items)
        if len(listed) < 2 and backend in LOCAL:
            return map(function, listed)
        ended = _at_work(backend, Work(function, listed, workers, deadline))
        return _in_order(ended) if ordered else _as_they_end(ended)

    return run


def _at_work(backend: str, work: Work) -> Ended:
    # Late, as all that it takes to have workers: a run without them starts sooner.
    from lp_posg.induction import cluster, pools

    own = {PROCESSES: pools.in_processes, THREADS: pools.in_threads, DASK: cluster.on_dask}
    return own[backend](work) if backend in own else pools.through_joblib(backend, work)


def _as_they_end(ended: Ended) -> Iterator[Any]:
    with closing(ended):
        for _, result in ended:
            yield result


def _in_order(ended: Ended) -> Iterator[Any]:
    early: dict[int, Any] = {}
    wanted = 0
    with closing(ended):
        for number, result in ended:
            early[number] = result
            while wanted in early:
                yield early.pop(wanted)
                wanted += 1


def _check_backend(backend: str, workers: int) -> None:
    try:
        if backend == DASK:
            from lp_posg.induction.cluster import connected

            connected()
        elif backend not in LOCAL:
            import joblib

            if backend == "ray":
                from ray.util.joblib import register_ray

                register_ray()
            with joblib.parallel_config(backend=backend, n_jobs=workers):
                pass
    except ImportError:
        extra = EXTRAS.get(backend, backend)
        raise MissingExtraError(
            f"backend {backend!r} needs a package that is not installed; pip install 'lp-posg[{extra}]'"
        ) from None
    except ValueError as error:
        raise OptionError(f"backend {backend!r} cannot be used: {error}") from None
