"""What a sharing rule is worth: welfare against horizon, one panel per concept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lp_posg.errors import ModelError
from lp_posg.planning import Comparison
from lp_posg.plot.canvas import light, new_figure, whole_numbers
from lp_posg.plot.captions import amount, distinct, legend_beside, named, note, plain, title
from lp_posg.plot.comparisons import as_tables, concepts_of, over, rule_of, rules_of, steps_of, unsolved
from lp_posg.plot.looks import GREY, LINE_STYLES, LINES, MARKERS, looks_of, ring

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LETTER = 0.085
"""Width of a letter below the axis, inches."""

Rows = dict[tuple[int, str, str], float]
"""(horizon, sharing, concept) to welfare."""


def values(comparisons: Comparison | Sequence[Comparison]) -> Figure:
    """Return a picture of welfare (the sum of the agents' values) by horizon, sharing rule and concept.

    Comparisons of several horizons give lines against the horizon, one panel per concept and one line per
    sharing rule; a single horizon gives bars. What could not be solved is named below.

    Parameters
    ----------
    comparisons : Comparison or sequence of Comparison
        Of one game, each of another horizon; or one of a game tree.

    Raises
    ------
    ModelError
        If there is none, they are of different games or have equal horizons, or no row has a solution.
    MissingExtraError
        If matplotlib is not installed.
    """
    tables = as_tables(comparisons)
    rows = [(steps_of(table), row) for table in tables for row in table.rows]
    found: Rows = {
        (steps, rule_of(row), row.concept): row.solution.welfare for steps, row in rows if row.solution is not None
    }
    rules, concepts = rules_of(tables), concepts_of(tables)
    missing = unsolved(tables)
    if not found:
        raise ModelError(f"no row of the comparison has a value; the first says why: {rows[0][1].error}")
    horizons = [steps_of(table) for table in tables]
    draw = _lines if len(horizons) > 1 else _bars
    figure = draw(found, horizons, rules, concepts)
    what = "concept" if tables[0].horizon is None else "sharing rule"
    span = over(horizons[0]) if len(horizons) == 1 else ""
    title(figure, f"{named(tables[0].game.name)}: welfare by {what}{span}")
    legend_beside(figure, figure.axes[0])
    if missing:
        where = "not solved" if len(horizons) == 1 else "not solved at some horizon"
        note(figure, f"{where}: " + plain("; ".join(missing)))
    return figure


def _lines(found: Rows, horizons: list[int], rules: list[str], concepts: list[str]) -> Figure:
    figure = new_figure(max(5.0, 0.8 + 2.9 * len(concepts)), 3.9)
    panels = figure.subplots(1, len(concepts), sharex=True, sharey=True, squeeze=False)[0]
    for axes, concept in zip(panels, concepts, strict=True):
        light(axes)
        axes.set_title(named(concept, 24), fontsize=10)
        axes.set_xlabel("horizon")
        whole_numbers(axes)
        for k, (rule, name) in enumerate(zip(rules, distinct(rules, 24), strict=True)):
            known = [h for h in horizons if (h, rule, concept) in found]
            axes.plot(
                known,
                [found[h, rule, concept] for h in known],
                label=name,
                color=LINES[k % len(LINES)],
                marker=MARKERS[k % len(MARKERS)],
                linestyle=LINE_STYLES[k % len(LINE_STYLES)],
                markerfacecolor="none",
                **ring(k, len(rules)),
            )
    panels[0].set_ylabel("welfare")
    return figure


def _bars(found: Rows, horizons: list[int], rules: list[str], concepts: list[str]) -> Figure:
    horizon = horizons[0]
    names = distinct(rules, 24)
    wide = max(0.62 * len(concepts), 1.4, 0.3 + LETTER * max(map(len, names)))
    figure = new_figure(max(5.0, 1.8 + wide * len(rules)), 3.9)
    axes = figure.add_subplot()
    light(axes)
    axes.grid(False, axis="x")
    looks = looks_of(concepts)
    for k, concept in enumerate(concepts):
        places = {place: found.get((horizon, rule, concept)) for place, rule in enumerate(rules)}
        _bar_row(axes, places, looks[concept].colour, plain(concept), k, len(concepts))
    axes.axhline(0, color="black", linewidth=0.8)
    for place, rule in enumerate(rules):
        if not any((horizon, rule, concept) in found for concept in concepts):
            axes.annotate(
                "not solved", (place, 0), (0, 4), textcoords="offset points", ha="center", fontsize=8, color=GREY
            )
    axes.set_xlim(-0.5, len(rules) - 0.5)
    axes.set_xticks(range(len(rules)), names)
    axes.set_ylabel("welfare")
    axes.margins(y=0.12)
    return figure


def _bar_row(axes: Axes, places: dict[int, float | None], colour: str, concept: str, k: int, n: int) -> None:
    """Draw the bars of concept k of n, one at each place that has a value."""
    known = [(place, value) for place, value in places.items() if value is not None]
    width = 0.8 / n
    bars = axes.bar(
        [place + (k - (n - 1) / 2) * width for place, _ in known],
        [value for _, value in known],
        width * 0.92,
        label=concept,
        color=colour,
    )
    axes.bar_label(bars, [amount(value) for _, value in known], fontsize=7.5, padding=2)
