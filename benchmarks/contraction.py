"""How fast two filters that started apart come together, against observability; and the memory this asks for.

The truth starts at the game's first law, concentrated on its first possible state; the other filter at the uniform
law; both see the same L joint actions and observations. `worst` is the largest expected total variation distance that
any choice of actions can reach, `uniform` that under uniformly drawn ones. `measured L` is the least memory with which
`worst` is at most EPSILON, `theory L` the formula with constant 1 (theory does not say the constant).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import lp_posg as posg
from lp_posg.bounds import belief_contraction
from lp_posg.plot.canvas import light, new_figure
from lp_posg.plot.looks import GREY, LINES, MARKERS

MEMORIES = 8
EPSILON = 0.05
HORIZON = 8


def games() -> Iterator[tuple[str, posg.Game]]:
    """Yield the games: one family with observability as a parameter, and some of the catalogue."""
    for accuracy in (0.0, 0.2, 0.4, 0.6, 0.8, 0.95):
        name = "hard-unobservable" if accuracy == 0 else "easy-observable"
        options = {} if accuracy == 0 else {"observability": accuracy}
        yield f"vault, {accuracy:g}", posg.catalog(name, horizon=HORIZON + 2, **options)
    for name in ("dectiger", "recycling", "broadcast-channel", "uncontrolled", "noisy-pennies"):
        yield name, posg.catalog(name)


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return one line per game and L."""
    found = []
    for label, game in games():
        seen = posg.bounds.observability(game, time_limit=10)
        prior = np.eye(game.n_states)[int(np.flatnonzero(game.initial)[0])]
        curve = belief_contraction(game, 4 if quick else MEMORIES, prior=prior, max_pairs=70_000)
        more = {
            "game": label,
            "observability": seen.upper,
            "measured L": posg.bounds.measured_memory(curve, EPSILON),
            "theory L": posg.bounds.theoretical_memory(seen.lower, game.n_states, HORIZON, EPSILON),
        }
        found += [row | more for row in curve.rows()]
    return found


def plot(rows: list[dict[str, Any]], path: str | Path) -> None:
    """Draw the curves, one panel for the family and one for the catalogue; needs matplotlib."""
    figure = new_figure(11, 5)
    axes = figure.subplots(1, 2, sharey=True)
    labels = list(dict.fromkeys(row["game"] for row in rows))
    parts = ([x for x in labels if x.startswith("vault")], [x for x in labels if not x.startswith("vault")])
    for axis, names in zip(axes, parts, strict=True):
        light(axis)
        for colour, marker, name in zip(LINES, MARKERS, names, strict=False):
            own = [row for row in rows if row["game"] == name]
            exact = [row for row in own if row["worst_status"] == "exact"]
            style = {"color": colour, "marker": marker, "markersize": 4}
            label = f"{name} ($\\gamma$ = {own[0]['observability']:.2g})"
            axis.plot(
                [row["memory"] for row in exact], [max(row["worst"], 1e-6) for row in exact], label=label, **style
            )
            beyond = own[len(exact) - 1 :]
            uniform = [max(row["uniform"], 1e-6) for row in beyond]
            axis.plot([row["memory"] for row in beyond], uniform, linestyle="--", linewidth=1, **style)
        axis.axhline(EPSILON, color=GREY, linestyle=":", linewidth=1)
        axis.set_yscale("log")
        axis.set_ylim(1e-3, 1.2)
        axis.set_xlabel("L, steps both filters have seen")
        # Below, where no curve is.
        axis.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    axes[0].set_ylabel("expected total variation distance")
    figure.suptitle("solid: under the worst actions (exact); dashed: under uniform actions (simulated)", fontsize=10)
    axes[0].set_title("one family, by observability", fontsize=10)
    axes[1].set_title("catalogue", fontsize=10)
    figure.savefig(path, dpi=130)
