"""What a sharing rule is worth: welfare against horizon, one panel per concept."""

from __future__ import annotations

from collections.abc import Sequence

from lp_posg.errors import ModelError
from lp_posg.planning import Comparison
from lp_posg.plot.canvas import Figure, Style, light, new_axes, new_figure, whole_numbers
from lp_posg.plot.captions import amount, distinct, legend_beside, named, note, plain, title
from lp_posg.plot.inputs import (
    Measured,
    as_tables,
    concepts_of,
    measure_of,
    measured,
    over,
    rules_of,
    steps_of,
    unsolved,
)
from lp_posg.plot.looks import GREY, LINES, looks_of, ring

LETTER = 0.085
"""Width of a letter below the axis, inches."""


def values(comparisons: Comparison | Sequence[Comparison]) -> Figure:
    """Return a picture of welfare (the sum of the agents' values) by horizon, sharing rule and concept.

    Of a zero-sum game, whose welfare is 0, the first agent's value is drawn; of a common reward its value.

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
    found = measured(tables)
    if not found:
        raise ModelError(f"no row of the comparison has a value; the first says why: {tables[0].reasons[0]}")
    rules, concepts, horizons = rules_of(tables), concepts_of(tables), [steps_of(table) for table in tables]
    measure = measure_of(tables[0].game)
    figure = (_lines if len(horizons) > 1 else _bars)(found, horizons, rules, concepts, measure)
    what = "concept" if tables[0].horizon is None else "sharing rule"
    title(figure, f"{named(tables[0].game.name)}: {measure} by {what}{over(tables)}")
    legend_beside(figure, figure.axes[0])
    if missing := unsolved(tables):
        where = "not solved" if len(horizons) == 1 else "not solved at some horizon"
        note(figure, f"{where}: " + plain("; ".join(missing)))
    return figure


def _lines(found: Measured, horizons: list[int], rules: list[str], concepts: list[str], measure: str) -> Figure:
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
                **ring(k, len(rules)),
            )
    panels[0].set_ylabel(measure)
    return figure


def _bars(found: Measured, horizons: list[int], rules: list[str], concepts: list[str], measure: str) -> Figure:
    horizon = horizons[0]
    names = distinct(rules, 24)
    wide = max(0.62 * len(concepts), 1.4, 0.3 + LETTER * max(map(len, names)))
    figure, axes = new_axes(max(5.0, 1.8 + wide * len(rules)), 3.9)
    axes.grid(False, axis="x")
    looks = looks_of(concepts)
    for k, concept in enumerate(concepts):
        worth = {place: found[horizon, r, concept] for place, r in enumerate(rules) if (horizon, r, concept) in found}
        width = 0.8 / len(concepts)
        left = [place + (k - (len(concepts) - 1) / 2) * width for place in worth]
        style: Style = {"label": plain(concept), "color": looks[concept].colour}
        bars = axes.bar(left, list(worth.values()), width * 0.92, **style)
        axes.bar_label(bars, list(map(amount, worth.values())), fontsize=7.5, padding=2)
    axes.axhline(0, color="black", linewidth=0.8)
    for place, rule in enumerate(rules):
        if not any((horizon, rule, concept) in found for concept in concepts):
            above: Style = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center"}
            axes.annotate("not solved", (place, 0), fontsize=8, color=GREY, **above)
    axes.set_xlim(-0.5, len(rules) - 0.5)
    axes.set_xticks(range(len(rules)), names)
    axes.set_ylabel(measure)
    axes.margins(y=0.12)
    return figure
