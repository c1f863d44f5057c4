"""What equilibria can give two agents: the polygons of the correlated concepts, and the points selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.evaluate import kind_named
from lp_posg.planning import Comparison, PayoffRegion, Solution
from lp_posg.plot.canvas import (
    BLACK,
    CONCEPT_COLOURS,
    GREY,
    apart,
    legend_beside,
    light,
    named,
    new_figure,
    times,
    title,
    upright,
)
from lp_posg.types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class _Look:
    """Marker and size of a concept's selected values, width and style of its edges.

    Markers and edges of wider concepts lie below and are larger, or thinner, so that all are seen where they coincide.
    """

    marker: str = "P"
    size: float = 15
    width: float = 1.2
    style: Any = ":"


LOOKS = {
    "cce": _Look("s", 19, 1.6, (0, (4, 3))),
    "interim-cce": _Look("D", 16, 2.2, "-."),
    "ne": _Look("^", 13),
    "strategic-ce": _Look("v", 11, 5.5, "-"),
    "ce": _Look("o", 9, 3.5, "-"),
    "team": _Look("*", 8),
}
"""By concept; one of the user's own has the defaults."""


def payoffs(
    regions: Sequence[PayoffRegion], comparison: Comparison | None = None, sharing: str | None = None
) -> Figure:
    """Return a picture of payoff regions, of what was selected in them, and of the team optimum.

    Parameters
    ----------
    regions : sequence of PayoffRegion
        Of the correlated concepts of one stage game, from `lp_posg.payoff_region`.
    comparison : Comparison, optional
        Its solutions' values are drawn as points; of one step, as the regions are.
    sharing : str, optional
        Whose rows are drawn, if the comparison has several rules.

    Raises
    ------
    ModelError
        If there is no region, they are of different stage games, or the comparison does not belong to them.
    MissingExtraError
        If matplotlib is not installed.
    """
    _check(regions, comparison)
    points = {} if comparison is None else _selected(comparison, sharing)
    figure = new_figure(6.6, 5.0)
    axes = figure.add_subplot()
    light(axes)
    for region in sorted(regions, key=lambda own: kind_named(own.concept).width):
        _draw_region(axes, region)
    for concept in sorted(points, key=lambda own: -LOOKS.get(own, _Look()).size):
        _draw_point(axes, points[concept])
    _frame(axes, regions, [own.values for own in points.values()])
    agents = ("first agent", "second agent") if comparison is None else comparison.game.agents
    first, second = apart(agents, 32)
    axes.set_xlabel(f"value of {first}")
    upright(figure, axes, f"value of {second}")
    name = "" if comparison is None else f"{named(comparison.game.name)}: "
    title(figure, f"{name}values of equilibria\n{regions[0].of}")
    legend_beside(figure, axes, spacing=0.9)
    return figure


def _check(regions: Sequence[PayoffRegion], comparison: Comparison | None) -> None:
    if not regions:
        raise ModelError("there is no region to draw; `lp_posg.payoff_region` returns one")
    if len({region.of for region in regions}) > 1 or np.ptp([region.optimum for region in regions]) > 1e-6 * max(
        region.scale for region in regions
    ):
        raise ModelError("the regions are of different stage games; draw one at a time")
    if comparison is not None and (comparison.game.n_agents != 2 or comparison.horizon != 1):
        raise ModelError(
            f"the comparison is of {times(comparison.game.n_agents, 'agent')} and"
            f" {times(comparison.horizon, 'step')}; its values are points of a region only for 2 agents and 1 step"
        )


def _selected(comparison: Comparison, sharing: str | None) -> dict[str, Solution]:
    """Return each concept's solution under one sharing rule."""
    rules = list(dict.fromkeys(row.sharing for row in comparison.rows))
    if sharing is None and len(rules) > 1:
        raise ModelError(f"the comparison has several sharing rules, {', '.join(rules)}; say which to draw")
    return {
        row.concept: row.solution
        for row in comparison.rows
        if row.solution is not None and row.sharing == (sharing or rules[0])
    }


def _draw_point(axes: Axes, solution: Solution) -> None:
    """Draw the values of a solution, two agents'."""
    concept, together = solution.concept, solution.certificate.kind.together
    look, colour = LOOKS.get(concept, _Look()), CONCEPT_COLOURS.get(concept, GREY)
    axes.plot(
        *map(float, solution.values),
        linestyle="none",
        marker=look.marker,
        markersize=look.size,
        color=colour,
        markerfacecolor=colour if together else "none",
        markeredgewidth=0.8 if together else 1.4,
        label="team optimum" if concept == "team" else f"{concept} selected",
        zorder=5,
    )


def _draw_region(axes: Axes, region: PayoffRegion) -> None:
    colour, label = CONCEPT_COLOURS[region.concept], f"all {region.concept}"
    width, style = LOOKS[region.concept].width, LOOKS[region.concept].style
    if region.kind == "point":
        axes.plot(*region.vertices.T, linestyle="none", marker=".", color=colour, markersize=6, label=label)
        return
    if region.kind == "segment":
        axes.plot(*region.vertices.T, color=colour, linewidth=width, linestyle=style, label=label)
        return
    closed = np.concatenate([region.vertices, region.vertices[:1]])
    axes.fill(*region.vertices.T, color=colour, alpha=0.18, linewidth=0)
    axes.plot(*closed.T, color=colour, linewidth=width, linestyle=style, label=label)


def _frame(axes: Axes, regions: Sequence[PayoffRegion], points: Sequence[FloatArray]) -> None:
    """Draw the line of the team optimum's welfare, in a square that holds it and everything else with room."""
    shown = np.concatenate([*(region.vertices for region in regions), np.reshape(points, (-1, 2))])
    middle, optimum = (shown.min(axis=0) + shown.max(axis=0)) / 2, regions[0].optimum
    nearest = middle + (optimum - middle.sum()) / 2
    shown = np.concatenate([shown, nearest[None]])
    low, high = shown.min(axis=0), shown.max(axis=0)
    # A point has no size of its own; then the rewards say what is near it.
    half = 0.62 * float((high - low).max()) or 0.1 * regions[0].scale or 1.0
    x, y = (low + high) / 2
    # Not fixed limits: one of them has to give way to equal scales.
    axes.margins(0)
    axes.update_datalim([(x - half, y - half), (x + half, y + half)])
    axes.autoscale_view()
    axes.axline(tuple(nearest), slope=-1, color=BLACK, linewidth=1.0, linestyle=":", label="welfare of the optimum")
    axes.set_aspect("equal", adjustable="datalim")
