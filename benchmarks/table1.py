"""The paper's comparison: planning with sharing, exact and with finite memory, beside no sharing and no memory.

The decentralized tiger and box pushing, team optimum, undiscounted. `value` is the exact expected
common reward of the strategy found, run in the original game; `mean` and `±` are of 10,000 simulated
runs (95 %, normal). The paper's own figures, for finite memory with sharing, are beside ours; see
docs/explanation/compression.md for what differs in the protocol.
"""

from __future__ import annotations

import time
from typing import Any

import lp_posg as posg
from benchmarks.baselines import best_memoryless, best_open_loop

GAMES = ("dectiger", "box-pushing")
HORIZONS = (3, 4, 5, 6, 7)
SHARING = ("full", "one-step-delay")
COMPRESSIONS = ("exact", "finite-memory:1", "finite-memory:2", "finite-memory:3")
RUNS = 10_000
PAPER = {
    "box-pushing": (62.78, 81.44, 98.73, 98.76, 145.35),
    "dectiger": (13.06, 20.89, 27.95, 36.03, 37.72),
}
"""Liu and Zhang (2023), finite memory with sharing, horizons 3 to 7; simulated means."""


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return one line per game, horizon and method."""
    found = []
    for name in GAMES:
        game = posg.catalog(name).with_discount(1)
        for horizon in HORIZONS[:2] if quick else HORIZONS:
            for sharing in SHARING:
                found += [_planned(game, horizon, sharing, compression) for compression in COMPRESSIONS]
            found += _unshared(game, horizon)
    return found


def _planned(game: posg.Game, horizon: int, sharing: str, compression: str) -> dict[str, Any]:
    begun = time.perf_counter()
    solution = posg.solve(game, horizon, sharing, "team", compression=compression)
    seconds = time.perf_counter() - begun
    runs = solution.simulate(RUNS, seed=0)
    low, high = runs.interval("normal")[0]
    return {
        "game": game.name,
        "H": horizon,
        "method": compression,
        "sharing": sharing,
        "value": float(solution.values[0]),
        "mean": float(runs.mean[0]),
        "±": float(high - low) / 2,
        "gap": solution.certificate.gap,
        "gap is": solution.certificate.status,
        "states": solution.stats.states,
        "LPs": solution.stats.stage_lps,
        "seconds": seconds,
        "paper": PAPER[game.name][horizon - HORIZONS[0]] if compression != "exact" else None,
    }


def _unshared(game: posg.Game, horizon: int) -> list[dict[str, Any]]:
    lines = []
    for find in (best_open_loop, best_memoryless):
        best = find(game, horizon)
        lines.append(
            {
                "game": game.name,
                "H": horizon,
                "method": f"{best.name} ({best.kind})",
                "sharing": "none",
                "value": best.value,
                "seconds": best.seconds,
            }
        )
    return lines
