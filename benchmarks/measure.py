"""How things are measured: minimum of several runs, taken in turn, in one process."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).parent / "history"


def in_turn(cases: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Return the least seconds of each case; the cases take turns, so that a slow moment hits them all."""
    best = dict.fromkeys(cases, float("inf"))
    for run in cases.values():
        run()
    for _ in range(rounds):
        for name, run in cases.items():
            begun = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - begun)
    return best


def in_own_process(code: str) -> dict[str, Any]:
    """Return what `code` puts into ``result``, with its peak memory (MiB), from a fresh interpreter."""
    script = (
        "import json, resource, sys\nresult = {}\n"
        + code
        + "\nresult['peak_mib'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\nprint(json.dumps(result))"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root, env=None
    )
    return dict(json.loads(done.stdout))


def machine() -> dict[str, str]:
    """Return what the numbers depend on."""
    packages = {}
    for name in ("numpy", "scipy", "highspy", "networkx", "lp-posg"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "unknown"
    return {"python": platform.python_version(), "processor": platform.machine(), **packages}


def record(name: str, rows: list[dict[str, Any]]) -> Path:
    """Write the rows of one benchmark into the history, stamped with time and versions."""
    HISTORY.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%S")
    target = HISTORY / f"{stamp}-{name}.json"
    target.write_text(json.dumps({"benchmark": name, "when": stamp, "machine": machine(), "rows": rows}, indent=1))
    return target


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as aligned text; the columns are the keys of all rows in order of appearance."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns] + [[_text(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in cells)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
