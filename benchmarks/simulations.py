"""Simulated steps per second: strategies of several shapes played by `Solution.simulate` on one core."""

from __future__ import annotations

from functools import partial
from typing import Any

import lp_posg as posg
from benchmarks.measure import in_turn

# (game, sharing, concept, horizon, runs)
LINES = [
    ("dectiger", "one-step-delay", "team", 4, 100_000),
    ("dectiger", "full", "team", 100, 10_000),
    ("general-tiger", "one-step-delay", "cce", 4, 100_000),
    ("box-pushing", "one-step-delay", "team", 5, 100_000),
]


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return steps per second of each line, the best of three, and how far the mean is from the exact value."""
    found = []
    for name, sharing, concept, horizon, runs in LINES[:1] if quick else LINES:
        solution = posg.solve(posg.catalog(name), horizon, sharing, concept, discount=1)
        seconds = in_turn({"simulate": partial(solution.simulate, runs)}, rounds=3)["simulate"]
        played = solution.simulate(runs)
        found.append(
            {
                "game": name,
                "sharing": sharing,
                "concept": concept,
                "H": horizon,
                "states": solution.stats.states,
                "runs": runs,
                "seconds": seconds,
                "Msteps/s": runs * horizon / seconds / 1e6,
                "errors": float(abs((played.mean - solution.values) / played.standard_error).max()),
            }
        )
    return found
