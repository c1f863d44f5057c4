"""A pytest plugin that writes how long each passed test took, as JSON, to the file that MUTATION_SECONDS names."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

_SECONDS: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add a phase of a test; one that fails or is skipped without a fault can notice none."""
    _SECONDS[report.nodeid] += report.duration if report.passed else float("inf")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write once, where all reports come together."""
    if not hasattr(session.config, "workerinput"):
        passed = {name: round(seconds, 4) for name, seconds in _SECONDS.items() if seconds < float("inf")}
        Path(os.environ["MUTATION_SECONDS"]).write_text(json.dumps(passed))
