"""Which tests reach which line of the package, and how long each takes: coverage.py with a context per test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import coverage

CONFIG = "[run]\nsource = lp_posg\ndata_file = {data}\nrelative_files = true\n"


@dataclass(frozen=True)
class Reach:
    """Seconds of each test, and the tests that reach a line, by module and line."""

    seconds: dict[str, float]
    tests: dict[str, dict[int, list[str]]]

    def of(self, path: str, line: int) -> list[str]:
        """Return the tests that reach a line, of its own room first, quick ones first; at a constant, the module's."""
        lines = self.tests.get(path, {})
        tests = lines.get(line) or {test for each in lines.values() for test in each}
        room = "tests/" + path.split("/")[1]
        return sorted(tests, key=lambda test: (not test.startswith(room), self.seconds.get(test, 1.0), test))


def reach(root: Path, *, fresh: bool = False) -> Reach:
    """Return what is stored in build/mutants, or run all tests once to find out."""
    folder = root / "build" / "mutants"
    stored = folder / "reach.json"
    if fresh or not stored.exists():
        folder.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps(_measured(root, folder)))
    data = json.loads(stored.read_text())
    names = data["names"]
    tests = {
        path: {int(line): [names[k] for k in at] for line, at in lines.items()} for path, lines in data["lines"].items()
    }
    return Reach(dict(zip(names, data["seconds"], strict=True)), tests)


def _measured(root: Path, folder: Path) -> dict[str, object]:
    config, data, log = folder / "coveragerc", folder / "coverage", folder / "seconds.json"
    config.write_text(CONFIG.format(data=data))
    arguments = ["-n", "auto", "--maxprocesses", "4", "-m", "not slow", "--cov=lp_posg", f"--cov-config={config}",
                 "--cov-context=test", "--cov-report=", "-p", "tests.mutation.seconds"]  # fmt: skip
    environment = os.environ | {"MUTATION_SECONDS": str(log)}
    subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=root, check=False, env=environment)
    seconds: dict[str, float] = json.loads(log.read_text())
    names = sorted(seconds)
    number = {name: i for i, name in enumerate(names)}
    return {"names": names, "seconds": [seconds[name] for name in names], "lines": _lines(data, number)}


def _lines(data: Path, number: dict[str, int]) -> dict[str, dict[int, list[int]]]:
    store = coverage.CoverageData(str(data))
    store.read()
    lines: dict[str, dict[int, list[int]]] = {}
    for path in store.measured_files():
        tests: dict[int, set[int]] = defaultdict(set)
        for line, contexts in store.contexts_by_lineno(path).items():
            tests[line] = {number[name] for each in contexts if (name := each.rpartition("|")[0]) in number}
        lines[path] = {line: sorted(at) for line, at in tests.items() if at}
    return lines
