"""Runs killed at random end soon, leave nothing behind, and resume to the same answer."""

from __future__ import annotations

import importlib.util
import os

import pytest
from kills import CASES, campaign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="processes and shared memory are looked up as in Linux"),
]
needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="the extra lp-posg[distributed] is not installed"
)


@needs_dask
def test_fifty_kills_leave_nothing_behind(tmp_path):
    report = campaign(tmp_path, 50, CASES)
    assert report.faults == []
    assert sum(report.kills.values()) == 50
    assert {case for case, kills in report.kills.items() if kills >= 5} == set(CASES)
    assert report.ends["processes", "error"] >= 5


@needs_dask
@pytest.mark.parametrize("failures", [0, 3])
def test_workers_of_dask_killed_twenty_times_cost_an_error_or_nothing(tmp_path, failures):
    report = campaign(tmp_path, 20, [("dask", "worker")], seed=1, failures=failures)
    assert report.faults == []
    assert sum(report.kills.values()) == 20
    assert sum(report.ends.values()) >= 20
