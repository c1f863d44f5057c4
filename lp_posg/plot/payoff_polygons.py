"""What equilibria can give two agents: the polygons of the correlated concepts, and the points selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.information import SharingStructure
from lp_posg.planning import Comparison, PayoffRegion, Row, Solution, payoff_region
from lp_posg.plot.canvas import Axes, Figure, Style, new_axes
from lp_posg.plot.captions import distinct, legend_beside, named, plain, title, upright
from lp_posg.plot.inputs import rule_of, rules_of
from lp_posg.plot.looks import BLACK, Look, looks_of
from lp_posg.stage import CONCEPTS, Correlated
from lp_posg.types import FloatArray
from lp_posg.wording import counted


def payoffs(
    regions: Sequence[PayoffRegion] | Comparison, comparison: Comparison | None = None, sharing: str | None = None
) -> Figure:
    """Return a picture of payoff regions, of what was selected in them, and of the team optimum.

    Parameters
    ----------
    regions : sequence of PayoffRegion, or Comparison
        Of the correlated concepts of one stage game, from `lp_posg.payoff_region`; or a comparison, whose correlated
        concepts have their regions drawn.
    comparison : Comparison, optional
        The values of its solutions are drawn as points; of one step or of a game tree, as the regions are.
    sharing : str, optional
        Whose rows are drawn, if the comparison has several rules.

    Raises
    ------
    ModelError
        If there is no region, they are of different stage games, or the comparison does not belong to them.
    MissingExtraError
        If matplotlib is not installed.
    """
    if isinstance(regions, Comparison):
        comparison = regions
    rows = [] if comparison is None else _rows(comparison, sharing)
    shown = _regions(regions, rows) if isinstance(regions, Comparison) else regions
    _check(shown)
    points = [row.solution for row in rows if row.solution is not None]
    looks = looks_of([*(region.concept for region in shown), *(row.concept for row in rows)])
    figure, axes = new_axes(6.6, 5.0)
    for region in sorted(shown, key=lambda region: -looks[region.concept].width):
        _draw_region(axes, region, looks[region.concept])
    for solution in sorted(points, key=lambda solution: -looks[solution.concept.name].size):
        _draw_point(axes, solution, looks[solution.concept.name])
    _frame(axes, shown, [solution.values for solution in points])
    agents = ("first agent", "second agent") if comparison is None else comparison.game.agents
    first, second = distinct(agents, 32)
    axes.set_xlabel(f"value of {first}")
    upright(figure, axes, f"value of {second}")
    name = "" if comparison is None else f"{named(comparison.game.name)}: "
    title(figure, f"{name}values of equilibria\n{shown[0].of}")
    legend_beside(figure, axes, spacing=0.9)
    return figure


def _check(regions: Sequence[PayoffRegion]) -> None:
    if not isinstance(regions, Sequence) or not all(isinstance(region, PayoffRegion) for region in regions):
        raise ModelError(
            f"regions is {regions!r}, expected a Comparison or a list of what `lp_posg.payoff_region` returns"
        )
    if not regions:
        raise ModelError("there is no region to draw; `lp_posg.payoff_region` returns one of a correlated concept")
    optima, scale = [region.optimum for region in regions], max(region.scale for region in regions)
    if len({region.of for region in regions}) > 1 or np.ptp(optima) > 1e-6 * scale:
        raise ModelError("the regions are of different stage games; draw one at a time")


def _rows(comparison: Comparison, sharing: str | None) -> list[Row]:
    """Return the rows of one sharing rule."""
    if not isinstance(comparison, Comparison):
        raise ModelError(f"comparison is {comparison!r}, expected a Comparison; lp_posg.compare returns one")
    if comparison.game.n_agents != 2 or comparison.horizon not in (1, None):
        steps = "" if comparison.horizon is None else f" and {counted(comparison.horizon, 'step')}"
        raise ModelError(
            f"the comparison is of {counted(comparison.game.n_agents, 'agent')}{steps}; its values are points of a"
            " region only for 2 agents and 1 step"
        )
    rules = rules_of([comparison])
    if sharing is None and len(rules) > 1:
        raise ModelError(f"the comparison has several sharing rules, {', '.join(rules)}; name the one to draw")
    return [row for row in comparison.rows if rule_of(row) == (sharing or rules[0])]


def _regions(comparison: Comparison, rows: Sequence[Row]) -> list[PayoffRegion]:
    """Return the regions of the correlated concepts among the rows, which need not be solved for that."""
    found = []
    for row in rows:
        rule: str | SharingStructure | None = row.sharing
        concept = CONCEPTS.get(row.concept)
        if row.solution is not None:
            rule, concept = row.solution.sharing, row.solution.concept
        if isinstance(concept, Correlated):
            found.append(payoff_region(comparison.game, concept, rule))
    return found


def _draw_point(axes: Axes, solution: Solution, look: Look) -> None:
    """Draw the values of a solution, two agents'."""
    concept = solution.concept.name
    style: Style = {"marker": look.marker, "markersize": look.size, "color": look.colour, "linestyle": "none"}
    filled = {"markerfacecolor": look.colour, "markeredgewidth": 0.8}
    style |= filled if solution.certificate.kind.together else {"markerfacecolor": "none", "markeredgewidth": 1.4}
    label = "team optimum" if concept == "team" else f"{plain(concept)} selected"
    axes.plot(*map(float, solution.values), label=label, zorder=5, **style)


def _draw_region(axes: Axes, region: PayoffRegion, look: Look) -> None:
    style: Style = {"color": look.colour, "label": f"all {plain(region.concept)}"}
    if region.kind == "point":
        axes.plot(*region.vertices.T, linestyle="none", marker=".", markersize=6, **style)
        return
    style |= {"linewidth": look.width, "linestyle": look.style}
    if region.kind == "segment":
        axes.plot(*region.vertices.T, **style)
        return
    closed = np.concatenate([region.vertices, region.vertices[:1]])
    axes.fill(*region.vertices.T, color=look.colour, alpha=0.18, linewidth=0)
    axes.plot(*closed.T, **style)


def _frame(axes: Axes, regions: Sequence[PayoffRegion], points: Sequence[FloatArray]) -> None:
    """Draw the line of the team optimum's welfare, in a square that holds it and everything else with room."""
    shown = np.concatenate([*(region.vertices for region in regions), np.reshape(points, (-1, 2))])
    middle, optimum = (shown.min(axis=0) + shown.max(axis=0)) / 2, regions[0].optimum
    nearest = middle + (optimum - middle.sum()) / 2
    shown = np.concatenate([shown, nearest[None]])
    low, high = shown.min(axis=0), shown.max(axis=0)
    # A point has no size; then the rewards say what is near it.
    half = 0.62 * float((high - low).max()) or 0.1 * regions[0].scale or 1.0
    x, y = (low + high) / 2
    # Not fixed limits: one of them has to give way to equal scales.
    axes.margins(0)
    axes.update_datalim([(x - half, y - half), (x + half, y + half)])
    axes.autoscale_view()
    axes.axline(tuple(nearest), slope=-1, color=BLACK, linewidth=1.0, linestyle=":", label="welfare of the optimum")
    axes.set_aspect("equal", adjustable="datalim")
