"""Whatever becomes of workers, a run ends: with its answer, or with one error, and without anything left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import LimitError, OptionError, SolveError
from lp_posg.induction import backward, cluster, pools
from lp_posg.induction.workers import runner
from lp_posg.stage import CONCEPTS

PLACES = ["loky", "threading"]


def die(item):
    os.kill(os.getpid(), signal.SIGKILL)


def own_process(item):
    time.sleep(0.1)
    return os.getpid()


def late_first(item):
    time.sleep(0.3 if item == 0 else 0.0)
    return item


def fail_at_two(item):
    if item == 2:
        raise SolveError("two")
    return item


@pytest.mark.parametrize("backend", PLACES)
def test_results_come_in_order_or_as_they_end(backend):
    assert list(runner(2, backend)(late_first, range(6))) == list(range(6))
    early = list(runner(2, backend, ordered=False)(late_first, range(6)))
    assert sorted(early) == list(range(6))
    assert early[-1] == 0


@pytest.mark.parametrize("backend", [*PLACES, "multiprocessing"])
def test_an_error_of_a_worker_is_the_error_of_the_run(backend):
    with pytest.raises(SolveError, match=r"^two$"):
        list(runner(2, backend)(fail_at_two, range(6)))


def test_past_its_deadline_a_run_waits_for_no_worker():
    past = time.time() - 60
    for backend in (*PLACES, "multiprocessing"):
        with pytest.raises(LimitError, match="time limit was met while workers were at work") as caught:
            list(runner(2, backend, past)(own_process, range(20)))
        assert caught.value.limit == "time"


def test_workers_that_work_on_past_the_deadline_are_given_a_moment(monkeypatch):
    """The deadline is past, the moment is not: a limit that workers meet themselves says more."""
    monkeypatch.setattr(pools, "GRACE", 600.0)
    for backend in PLACES:
        assert list(runner(2, backend, time.time() - 60)(abs, range(4))) == [0, 1, 2, 3]


def test_a_process_that_dies_at_work_is_an_error_and_the_next_run_has_others():
    with pytest.raises(SolveError, match=r"a worker died: .*if memory ran out, use fewer workers"):
        list(runner(2, None)(die, range(3)))
    assert list(runner(2, None)(abs, range(3))) == [0, 1, 2]


def test_a_process_that_dies_without_work_is_no_error():
    idle = set(runner(2, None)(own_process, range(6)))
    assert os.getpid() not in idle
    for process in idle:
        os.kill(process, signal.SIGKILL)
    time.sleep(0.5)
    assert set(runner(2, None)(own_process, range(6))).isdisjoint(idle)


def test_a_run_that_is_given_up_takes_its_processes_with_it():
    results = runner(2, None, ordered=False)(own_process, range(200))
    worker = next(results)
    results.close()
    assert not os.path.exists(f"/proc/{worker}")


def test_a_run_uses_no_folder_of_shared_memory():
    if not os.path.isdir("/dev/shm"):
        pytest.skip("there is no /dev/shm here")
    before = set(os.listdir("/dev/shm"))
    large = [bytes(2_000_000)] * 4
    results = runner(2, None)(len, large)
    assert next(results) == 2_000_000
    assert not [name for name in set(os.listdir("/dev/shm")) - before if name.startswith("joblib")]
    results.close()


PARENT = """
import os, sys, time
sys.path[:0] = [sys.argv[1], os.path.dirname(sys.argv[1])]
from test_workers import stay
from lp_posg.induction.workers import runner
list(runner(2, None)(stay, range(2)))
"""


def stay(item):
    os.write(1, f"{os.getpid()}\n".encode())
    time.sleep(600)


def is_running(process):
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")
def test_processes_notice_that_their_parent_was_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, os.path.dirname(__file__)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    assert all(map(is_running, workers))
    parent.kill()
    parent.wait()
    until = time.monotonic() + 10
    while any(map(is_running, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(is_running, workers))
    parent.stdout.close()


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    import dask as settings

    with (
        settings.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True) as local,
        distributed.Client(local) as client,
    ):
        yield client


def test_a_task_that_dask_gives_up_is_an_error_within_seconds(dask):
    with pytest.raises(SolveError, match=r"which it gave up \(distributed.scheduler.allowed-failures is 0\)"):
        list(runner(2, "dask")(die, range(4)))


class Deadly:
    """Correlated equilibria, found by workers of which the first one dies at the second depth."""

    name, deviations = "deadly", CONCEPTS["ce"].deviations

    def __init__(self, mark):
        self.mark = mark

    def check_game(self, game):
        """Do nothing."""

    def check_objective(self, objective):
        """Do nothing."""

    def solve(self, block, objective):
        if block.time == 1 and not self.mark.exists():
            self.mark.touch()
            die(block)
        return CONCEPTS["ce"].solve(block, objective)


@pytest.mark.parametrize("backend", ["dask", "loky"])
def test_a_run_that_lost_a_worker_resumes_from_its_checkpoint(dask, tmp_path, backend, monkeypatch):
    monkeypatch.setattr(backward, "PART_MOST", 8)
    game, mark = random_game(0, n_states=3), tmp_path / "died"
    dask.wait_for_workers(2, timeout=60)
    how = {"workers": 2, "backend": backend, "checkpoint": tmp_path / "c"}
    with pytest.raises(SolveError, match="died"):
        posg.solve(game, 3, "full", Deadly(mark), **how)
    assert (tmp_path / "c" / "solved-2-0-0.npz").exists()
    serial = posg.solve(game, 3, "full", "ce")
    dask.wait_for_workers(1, timeout=60)
    found = posg.solve(game, 3, "full", Deadly(mark), **how)
    for mine, theirs in zip(found.node_values, serial.node_values, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_dask_gives_results_in_order_and_errors_as_they_are(dask):
    dask.wait_for_workers(2, timeout=60)
    assert list(runner(2, "dask")(late_first, range(6))) == list(range(6))
    with pytest.raises(SolveError, match=r"^two$"):
        list(runner(2, "dask")(fail_at_two, range(6)))


def test_past_its_deadline_a_run_waits_for_no_cluster(dask):
    with pytest.raises(LimitError, match="time limit was met while workers were at work"):
        list(runner(2, "dask", time.time() - 60)(late_first, range(6)))


def test_a_cluster_without_workers_or_none_at_all_is_an_error(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    monkeypatch.setattr(cluster, "WITHOUT_WORKERS", 0.0)
    monkeypatch.setattr(pools, "POLL", 0.1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", processes=False) as empty,
        distributed.Client(empty),
        pytest.raises(SolveError, match="the cluster has had no workers"),
    ):
        list(runner(2, "dask")(abs, range(4)))


def test_a_cluster_that_is_lost_is_an_error():
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", processes=False) as empty,
        distributed.Client(empty) as client,
    ):
        results = runner(2, "dask")(abs, range(4))
        threading.Timer(0.3, client.close).start()
        with pytest.raises(SolveError, match="the cluster was lost"):
            list(results)


def test_dask_without_a_client_is_a_wrong_option(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra lp-posg[distributed] is not installed")

    def none():
        raise ValueError("No global client found and no address provided")

    monkeypatch.setattr(distributed, "get_client", none)
    with pytest.raises(OptionError, match="backend 'dask' cannot be used: No global client"):
        runner(2, "dask")
