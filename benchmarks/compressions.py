"""What compressions cost for how many states: finite memory against merging within a distance.

Every line is a strategy planned in an approximate model and certified in the original game. `loss` is
the exact gap relative to the largest reward range of a step. `merge no worse`: for finite memory, whether
some merging distance tried has at most as many states and at most its gap.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import lp_posg as posg

CASES: list[tuple[str, str, int]] = [
    ("dectiger", "full", 6),
    ("dectiger", "one-step-delay", 6),
    ("box-pushing", "full", 5),
    ("box-pushing", "one-step-delay", 5),
    ("recycling", "one-step-delay", 6),
    ("broadcast-channel", "full", 6),
    ("general-tiger", "full", 5),
    ("competitive-tiger", "full", 5),
    ("competitive-tiger", "one-step-delay", 4),
    ("noisy-pennies", "full", 5),
    ("chicken-signals", "one-step-delay", 5),
    ("uncontrolled", "uncontrolled:2", 4),
]
MEMORIES = tuple(f"finite-memory:{m}{law}" for m in (1, 2, 3) for law in ("", ":prior"))
DISTANCES = tuple(f"merge:{0.8 * 0.8**k:.3g}" for k in range(28))
TIE = 1e-9


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return one line per game, structure and compression."""
    found = []
    for name, sharing, horizon in CASES[:3] if quick else CASES:
        own = [_row(name, sharing, horizon, compression) for compression in ("exact", *MEMORIES, *DISTANCES)]
        merges = [row for row in own if row["compression"].startswith("merge")]
        for row in own:
            if row["compression"].startswith("finite"):
                rivals = [m["gap"] for m in merges if m["states"] <= row["states"]]
                row["merge no worse"] = bool(rivals) and min(rivals) <= row["gap"] + TIE
        found += own
    return found


def _row(name: str, sharing: str, horizon: int, compression: str) -> dict[str, Any]:
    game = posg.catalog(name).with_discount(1)
    begun = time.perf_counter()
    solution = posg.solve(game, horizon, sharing, compression=compression)
    return {
        "game": name,
        "sharing": sharing,
        "H": horizon,
        "concept": solution.concept.name,
        "compression": compression,
        "states": solution.stats.states,
        "gap": solution.certificate.gap,
        "loss": solution.certificate.gap / game.reward_range,
        "seconds": time.perf_counter() - begun,
    }


def plot(rows: list[dict[str, Any]], path: str | Path) -> None:
    """Draw gap against states, one panel per game and structure; needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    cases = list(dict.fromkeys((r["game"], r["sharing"], r["H"]) for r in rows))
    n_columns = 4
    n_rows = -(-len(cases) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(13, 2.6 * n_rows), squeeze=False)
    kinds = (
        ("finite memory, uniform", "o", "#0072B2", lambda c: c.startswith("finite") and not c.endswith("prior")),
        ("finite memory, prior", "s", "#D55E00", lambda c: c.endswith("prior")),
        ("merge within a distance", "^", "#009E73", lambda c: c.startswith("merge")),
    )
    for axis, case in zip(axes.flat, cases, strict=False):
        own = [r for r in rows if (r["game"], r["sharing"], r["H"]) == case]
        exact = next(r for r in own if r["compression"] == "exact")
        for label, marker, colour, chosen in kinds:
            points = sorted((r["states"], r["loss"]) for r in own if chosen(r["compression"]))
            states, losses = zip(*points, strict=True)
            axis.plot(states, losses, marker, color=colour, label=label, markersize=4)
            axis.step(states, np.minimum.accumulate(losses), where="post", color=colour, linewidth=1)
        axis.axvline(exact["states"], color="0.6", linestyle=":", linewidth=1)
        if exact["states"] > 200:
            axis.set_xscale("log")
            axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title(f"{case[0]}, {case[1]}, H = {case[2]}", fontsize=9)
        axis.tick_params(labelsize=8)
    for axis in axes.flat[len(cases) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("gap / reward range", fontsize=8)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=3, fontsize=9, frameon=False)
    figure.supxlabel("states of the model, all steps (dotted: exact)", fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    figure.savefig(path, dpi=130)
    plt.close(figure)
