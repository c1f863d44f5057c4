"""One mutant on trial: a copy of the tree with the change, and a forked process that runs the tests that reach it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutation.reach import Reach
from tests.mutation.sites import Mutant

PATIENCE = 3.0
"""A run that takes so many times what its tests take without the change, and a minute, hangs."""
MOST_SECONDS = 90.0
"""Tests run for one mutant, in seconds without it; where more reach the line, the quick ones of its room go first."""


class Trials:
    """Copies of the tree, one for each process at a time; a context that removes them."""

    def __init__(self, root: Path, reach: Reach) -> None:
        self._root, self._reach = root, reach
        self._folder = tempfile.TemporaryDirectory(prefix="mutants-")
        self._copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._forks = multiprocessing.get_context("fork")

    def __enter__(self) -> Trials:
        _load_libraries()
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def verdict(self, mutant: Mutant) -> str:
        """Return ``found``, ``hung`` or ``SURVIVED``."""
        tests, seconds = self._tests(mutant)
        if not tests:
            return "SURVIVED"
        with self._copy() as copy:
            module = copy / mutant.path
            source = module.read_text(encoding="utf-8")
            module.write_text(mutant.applied(source), encoding="utf-8")
            try:
                return self._run(copy, tests, 60 + PATIENCE * seconds)
            finally:
                module.write_text(source, encoding="utf-8")

    def _tests(self, mutant: Mutant) -> tuple[list[str], float]:
        chosen, total = [], 0.0
        for test in self._reach.of(mutant.path, mutant.line):
            seconds = self._reach.seconds[test] + 0.02
            if total + seconds <= MOST_SECONDS:
                chosen.append(test)
                total += seconds
        return chosen, total

    @contextlib.contextmanager
    def _copy(self):  # type: ignore[no-untyped-def]
        try:
            copy = self._copies.get_nowait()
        except queue.Empty:
            copy = Path(tempfile.mkdtemp(dir=self._folder.name))
            tracked = subprocess.run(["git", "ls-files", "-z"], cwd=self._root, check=True, capture_output=True)
            for name in filter(None, tracked.stdout.decode().split("\0")):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._root / name, copy / name)
        yield copy
        self._copies.put(copy)

    def _run(self, copy: Path, tests: list[str], patience: float) -> str:
        process = self._forks.Process(target=_test, args=(copy, tests))
        process.start()
        process.join(patience)
        hung = process.is_alive()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()
        if process.exitcode not in {0, 1, 2, -signal.SIGKILL}:
            raise RuntimeError(f"pytest ended with {process.exitcode}: have tests changed? Note anew with --fresh")
        return "hung" if hung else "SURVIVED" if process.exitcode == 0 else "found"


def _load_libraries() -> None:
    """What all tests import, so that a fork starts with it; nothing of the package."""
    import cvxpy  # noqa: F401
    import highspy  # noqa: F401
    import hypothesis  # noqa: F401
    import networkx  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.optimize
    import scipy.sparse.csgraph  # noqa: F401

    assert "lp_posg" not in sys.modules


def _test(copy: Path, tests: list[str]) -> None:
    os.setpgid(0, 0)
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    sys.path[:] = [str(copy), *(entry for entry in sys.path if entry not in {"", os.getcwd()})]
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    import pytest
    from hypothesis import Phase, settings

    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("mutants")
    os._exit(int(pytest.main(["-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests])))
