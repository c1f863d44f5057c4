"""Whole solves by game, sharing, concept and horizon, with phases, beside the peer where it has a figure.

The peer is MADP's GMAA-ICE with full backward induction in C++: CPU seconds measured on a machine
of the same kind. Ours is CPU seconds of the solve, parsing and imports aside, in one process; and
of its certificate, which the peer has no like of.
"""

from __future__ import annotations

import time
from typing import Any

import lp_posg as posg

# (game, sharing, horizon, peer's CPU seconds; None: no figure)
LINES: list[tuple[str, str, int, float | None]] = [
    ("dectiger", "full", 5, 1.66),
    ("dectiger", "full", 6, 60.0),
    ("dectiger", "one-step-delay", 5, 9.65),
    ("recycling", "full", 6, 30.9),
    ("broadcast-channel", "full", 7, 22.9),
    ("box-pushing", "full", 3, 0.18),
    ("box-pushing", "full", 4, 2.3),
    ("box-pushing", "one-step-delay", 2, 5.9),
    ("dectiger", "full", 100, None),
    ("box-pushing", "full", 5, None),
    ("box-pushing", "full", 7, None),
    ("box-pushing", "one-step-delay", 5, None),
    ("general-tiger", "full", 10, None),
    ("competitive-tiger", "one-step-delay", 10, None),
]


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return CPU seconds by phase of each line, the least of three runs."""
    found = []
    for name, sharing, horizon, peer in LINES[:8] if quick else LINES:
        game = posg.catalog(name)
        posg.solve(game, 1, sharing)
        best: dict[str, Any] = {}
        for _ in range(3):
            begun = time.process_time()
            solution = posg.solve(game, horizon, sharing, discount=1)
            cpu = time.process_time() - begun
            if not best or cpu < best["cpu_s"]:
                phases = solution.stats.phases
                best = {
                    "game": name,
                    "sharing": sharing,
                    "H": horizon,
                    "concept": solution.concept.name,
                    "states": solution.stats.states,
                    "LPs": solution.stats.stage_lps,
                    "value": float(solution.values[0]),
                    **{f"{phase}_s": seconds for phase, seconds in phases.items()},
                    "cpu_s": cpu,
                    "plan_s": phases["expand"] + phases["solve"],
                    "peer_s": peer,
                }
        if peer is not None:
            best["peer/ours"] = peer / best["cpu_s"]
            best["peer/plan"] = peer / best["plan_s"]
        found.append(best)
    return found
