"""Where work runs: this thread, threads or processes here, or a cluster, all through joblib."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lp_posg.errors import MissingExtraError, OptionError, SolveError
from lp_posg.information.resources import Run
from lp_posg.lp import cancel_running

PROCESSES, THREADS = "loky", "threading"
# Stage games go to processes by default: two threads solve them no faster than one (measured), since handing numbers to
# HiGHS and back holds the interpreter lock. Array kernels release it and use threads.
LOCAL = (PROCESSES, THREADS)
# Backends that need an optional dependency, and the extra that brings it.
EXTRAS = {"dask": "distributed", "ray": "ray"}


def runner(workers: int, backend: str | None) -> Run:
    """Return how to apply a function to many items, results in order.

    `workers`: 1: in this thread. `backend`: ``loky`` for processes, ``threading``, ``dask`` or ``ray`` for a cluster
    that is already connected, or any backend registered with joblib.

    Raises OptionError if joblib knows no such backend; MissingExtraError if it needs a package that is not installed.
    """
    if workers == 1 and backend in (None, *LOCAL):
        return map
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    backend = backend or PROCESSES
    _check_backend(backend, workers)

    def run(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        listed = list(items)
        if len(listed) < 2 and backend in LOCAL:
            return map(function, listed)
        try:
            with joblib.parallel_config(backend=backend, n_jobs=workers):
                return iter(joblib.Parallel()(joblib.delayed(function)(item) for item in listed))
        except TerminatedWorkerError as error:
            raise SolveError(
                f"a worker died: {str(error).partition('.')[0]}; if memory ran out, use fewer workers"
            ) from None
        except BaseException:
            # Threads of this process do not see an interrupt, so their programs are stopped here.
            cancel_running()
            raise

    return run


def _check_backend(backend: str, workers: int) -> None:
    import joblib

    try:
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
