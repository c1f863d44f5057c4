"""How cost grows: seconds, states and memory as one size of a random game changes, and the exponent.

Every line runs in a process of its own, so that its peak memory is its own. Full sharing of random
games merges nothing: each state has A * O children, the hardest case for the forward pass. The
workers' line is a run of a minute that solves 59,000 programs.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.measure import in_own_process

CODE = """
import sys, time
sys.path.insert(0, "tests")
from random_games import random_game
import lp_posg as posg
game = random_game(1, n_states={S}, n_actions={A}, n_observations={O})
posg.solve(game, 1)
begun, cpu = time.perf_counter(), time.process_time()
solution = posg.solve(game, {H}, "{sharing}", "{concept}", workers={workers})
stats = solution.stats
result = dict(seconds=time.perf_counter() - begun, cpu_s=time.process_time() - cpu, states=stats.states,
              LPs=stats.stage_lps, gap=solution.certificate.gap, **{{k + "_s": v for k, v in stats.phases.items()}})
"""
BASE = {"S": 4, "A": 2, "O": 2, "H": 4, "sharing": "full", "concept": "cce", "workers": 1}
LONG = {"S": 3, "A": 3, "O": 3, "H": 4, "sharing": "one-step-delay", "concept": "ce"}
LADDERS: dict[str, list[dict[str, Any]]] = {
    "states (H)": [{"H": h, "concept": "team", "S": 6} for h in (4, 5, 6)],
    "H": [{"H": h} for h in (3, 4, 5)],
    "S": [{"S": s, "concept": "team", "H": 5} for s in (5, 10, 20)],
    "A": [{"A": a, "H": 3} for a in (2, 4, 6)],
    "O": [{"O": o, "H": 3} for o in (2, 4, 6)],
    "workers": [LONG | {"workers": w} for w in (1, 2)],
}


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return one line per size; `exponent` is the slope of seconds against states on log scales."""
    found = []
    for ladder, changes in LADDERS.items():
        before: dict[str, Any] | None = None
        for change in changes[:2] if quick else changes:
            size = BASE | change
            line = {"varied": ladder, **size} | in_own_process(CODE.format(**size))
            line["us_per_state"] = 1e6 * line["seconds"] / line["states"]
            line["bytes_per_state"] = line["peak_mib"] * 2**20 / line["states"]
            if before is not None and line["states"] != before["states"]:
                line["exponent"] = math.log(line["seconds"] / before["seconds"]) / math.log(
                    line["states"] / before["states"]
                )
            if ladder == "workers" and before is not None:
                line["speed-up"] = before["seconds"] / line["seconds"]
            found.append(line)
            before = line
    return found
