"""What starting costs: CPU time of fresh interpreters, relative to that of importing scipy.sparse."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# (what, arguments of the interpreter, most times the first line)
LINES = [
    ("import scipy.sparse", ["-c", "import scipy.sparse"], None),
    ("import lp_posg", ["-c", "import lp_posg"], 1.7),
    ("lp-posg --version", ["-m", "lp_posg", "--version"], 2.2),
    ("lp-posg --help", ["-m", "lp_posg", "--help"], None),
    ("solve dectiger -H 4", ["-m", "lp_posg", "solve", "dectiger", "--horizon", "4"], 4.0),
    ("posg.solve", ["-c", "import lp_posg as posg; posg.solve(posg.catalog('dectiger'), 4)"], None),
]


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return the median CPU seconds (user and system) of each line, and how often it holds the first one's.

    The lines take turns, so that a slow moment hits them all; the first round, which may write compiled files, does
    not count.
    """
    spent: dict[str, list[float]] = {what: [] for what, _, _ in LINES}
    for _ in range(1 + (3 if quick else 11)):
        for what, arguments, _ in LINES:
            spent[what].append(_cpu_seconds(arguments))
    median = {what: statistics.median(times[1:]) for what, times in spent.items()}
    unit = median[LINES[0][0]]
    return [
        {"what": what, "cpu_s": median[what], "ratio": median[what] / unit, "at_most": most} for what, _, most in LINES
    ]


def _cpu_seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
