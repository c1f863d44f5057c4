"""What a compression costs, step by step: the three errors of the ledger on a logarithmic scale."""

from __future__ import annotations

import numpy as np

from lp_posg.evaluate import Ledger
from lp_posg.planning import Solution, StateSolution
from lp_posg.planning.ledgers import ledger_of
from lp_posg.plot.canvas import Axes, Figure, Style, new_axes, whole_numbers
from lp_posg.plot.captions import legend_below, named, title
from lp_posg.plot.inputs import plan_of
from lp_posg.plot.looks import GREY, LINE_STYLES, LINES, MARKERS
from lp_posg.types import FloatArray

ERRORS = {
    "reward_error": "reward error (reward units)",
    "transition_error": "transition error (L1 distance)",
    "belief_error": "belief error (L1 distance)",
}

DEEPEST = 1e-12
"""Errors below are rounding, and drawn as 0."""


def ledger(costs: Ledger | Solution) -> Figure:
    """Return a picture of the errors by step, with the bound that they prove and the gap in the title.

    Errors of 0 stand, as hollow marks, on a separate line at the bottom. Estimated errors have their
    confidence intervals.

    Parameters
    ----------
    costs : Ledger or Solution
        The `ledger` of a solution over common-information states, or that solution.

    Raises
    ------
    UnsupportedError
        If the solution is over information sets.
    MissingExtraError
        If matplotlib is not installed.
    """
    if not isinstance(costs, Ledger):
        plan = plan_of(costs, "ledger")
        costs = plan.ledger if isinstance(plan, StateSolution) else ledger_of(plan)
    figure, axes = new_axes(6.6, 4.3)
    errors = np.stack([getattr(costs, name) for name in ERRORS])
    errors = np.where(errors > DEEPEST, errors, 0.0)
    floor = _floor(errors)
    for k, (by_step, label) in enumerate(zip(errors, ERRORS.values(), strict=True)):
        _draw_error(axes, by_step, None if costs.half_widths is None else costs.half_widths[:, k], label, k, floor)
    _scale(axes, errors, floor)
    axes.set(xlabel="step", ylabel="expected error")
    whole_numbers(axes)
    exact = costs.status == "exact"
    kind = "worst-policy errors" if exact else f"errors estimated from {costs.n_runs} runs"
    bound = "no bound is proven" if costs.bound is None else f"proven bound {costs.bound:.3g}"
    gap = f"gap {'' if exact else 'at most '}{costs.gap:.3g}"
    title(figure, f"{named(costs.compression, 30)}: {kind}\n{bound}, {gap}")
    legend_below(figure, axes, 3)
    return figure


def _floor(errors: FloatArray) -> float:
    """Return where errors of 0 are drawn: below all others."""
    positive = errors[errors > 0]
    return float(10.0 ** (np.floor(np.log10(positive.min())) - 1)) if positive.size else 1.0


def _draw_error(axes: Axes, errors: FloatArray, half: FloatArray | None, label: str, k: int, floor: float) -> None:
    steps, positive = np.arange(1, len(errors) + 1), errors > 0
    style: Style = {"color": LINES[k], "marker": MARKERS[k], "markersize": 6}
    axes.plot(steps, np.where(positive, errors, np.nan), linestyle=LINE_STYLES[k], label=label, **style)
    if half is not None and positive.any():
        # On a logarithmic scale an interval that reaches 0 ends at the floor.
        places, height = steps[positive], errors[positive]
        ends = [np.minimum(half[positive], height - floor), half[positive]]
        axes.errorbar(places, height, ends, fmt="none", ecolor=LINES[k], capsize=3, linewidth=1)
    # Side by side, or they would hide each other.
    zero = steps[~positive] + 0.08 * (k - 1)
    axes.plot(zero, np.full(len(zero), floor), linestyle="none", markerfacecolor="none", **style)


def _scale(axes: Axes, errors: FloatArray, floor: float) -> None:
    if not (errors > 0).any():
        axes.set_ylim(floor - 1, floor + 1)
        axes.set_yticks([floor], ["0"])
        return
    axes.set_yscale("log")
    highest = float(errors.max())
    axes.set_ylim(floor / 2, highest * 3)
    if (errors == 0).any():
        decades = np.arange(np.log10(floor) + 1, np.floor(np.log10(highest)) + 1)
        ticks = 10.0 ** decades[:: max(1, len(decades) // 6)]
        axes.set_yticks([floor, *ticks], ["0", *(f"{tick:g}" for tick in ticks)])
        axes.tick_params(axis="y", which="minor", length=0)
        axes.axhline(floor * 3, color=GREY, linewidth=0.6)
