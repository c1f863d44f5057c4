"""Work on a Dask cluster, by its own futures, so that whatever becomes of a task is seen."""

from __future__ import annotations

import time as clock
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lp_posg.errors import SolveError
from lp_posg.induction.pools import POLL, Ended, Work

if TYPE_CHECKING:
    from distributed import Client

WITHOUT_WORKERS = 8.0  # seconds for which a cluster may have no worker at all, as while one is started again


def connected() -> Client:
    """Return the client of the cluster to which this process is connected.

    Raises ValueError if there is none; ImportError if `distributed` is not installed.
    """
    from distributed import get_client

    return get_client()


def on_dask(work: Work) -> Ended:
    """Apply the function on the connected cluster, which does tasks of a dead worker again as often as it is set to.

    Raises SolveError if the cluster gives a task up, has no workers or is lost; LimitError past the deadline.
    """
    from distributed import CancelledError, KilledWorker

    client = connected()
    futures = {client.submit(work.function, item, pure=False): n for n, item in enumerate(work.items)}
    try:
        yield from _ended(client, futures, work)
    except KilledWorker as error:
        raise SolveError(
            f"workers of the cluster died over a task, which it gave up (distributed.scheduler.allowed-failures is"
            f" {error.allowed_failures}): {_name(error.last_worker)} was the last; if memory ran out, give each worker"
            " more"
        ) from None
    except (CancelledError, OSError) as error:
        raise SolveError(f"the cluster was lost ({type(error).__name__}); connect to it again") from None
    finally:
        with suppress(Exception):  # there may be no cluster left to tell
            client.cancel(list(futures))  # type: ignore[no-untyped-call]


def _ended(client: Client, futures: dict[Any, int], work: Work) -> Ended:
    """Yield results as they come, and look between them whether more can come."""
    from distributed import CancelledError, wait
    from distributed import TimeoutError as NothingYet

    pending, seen = set(futures), clock.monotonic()
    while pending:
        seconds = min(POLL, work.seconds_left())
        with suppress(NothingYet, ValueError):  # the latter if no client is left; the tasks are cancelled then
            wait(pending, timeout=seconds, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
        ended = []
        for future in sorted((one for one in pending if one.done()), key=futures.__getitem__):
            # A result that died with its worker is computed again, and waited for with the others.
            with suppress(NothingYet):
                ended.append((futures[future], future.result(timeout=max(seconds, POLL))))
                pending.discard(future)
        yield from ended
        if not ended and client.status not in ("running", "connecting"):
            raise CancelledError
        if ended or client.nthreads():  # type: ignore[no-untyped-call]
            seen = clock.monotonic()
        elif clock.monotonic() - seen > WITHOUT_WORKERS:
            raise SolveError("the cluster has had no workers for some time; start some and run this again")


def _name(worker: Any) -> str:
    """Return the address of a worker."""
    return str(getattr(worker, "address", worker))
