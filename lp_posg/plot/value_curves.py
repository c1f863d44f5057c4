"""What a sharing rule is worth: welfare against horizon, one panel per concept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lp_posg.errors import ModelError
from lp_posg.planning import Comparison
from lp_posg.plot.canvas import (
    CONCEPT_COLOURS,
    GREY,
    LINE_STYLES,
    LINES,
    MARKERS,
    amount,
    apart,
    legend_beside,
    light,
    named,
    new_figure,
    note,
    plain,
    ring,
    times,
    title,
    whole_numbers,
)

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
        Of one game, each of another horizon.

    Raises
    ------
    ModelError
        If there is none, they are of different games or have equal horizons, or no row has a solution.
    MissingExtraError
        If matplotlib is not installed.
    """
    tables = [comparisons] if isinstance(comparisons, Comparison) else list(comparisons)
    check_tables(tables)
    rows = [(table.horizon, row) for table in tables for row in table.rows]
    found: Rows = {(h, row.sharing, row.concept): row.solution.welfare for h, row in rows if row.solution is not None}
    rules = list(dict.fromkeys(row.sharing for _, row in rows))
    concepts = list(dict.fromkeys(row.concept for _, row in rows))
    missing = unsolved(tables)
    if not found:
        raise ModelError(f"no row of the comparison has a value; the first says why: {rows[0][1].error}")
    horizons = sorted({table.horizon for table in tables})
    draw = _lines if len(horizons) > 1 else _bars
    figure = draw(found, horizons, rules, concepts)
    span = f", {times(horizons[0], 'step')}" if len(horizons) == 1 else ""
    title(figure, f"{named(tables[0].game.name)}: welfare by sharing rule{span}")
    legend_beside(figure, figure.axes[0])
    if missing:
        where = "not solved" if len(horizons) == 1 else "not solved at some horizon"
        note(figure, f"{where}: " + plain("; ".join(missing)))
    return figure


def unsolved(tables: Sequence[Comparison]) -> list[str]:
    """Return the rules, or rules with their concepts, that have no solution in some comparison."""
    found: dict[str, dict[str, None]] = {}
    for row in (row for table in tables for row in table.rows if row.solution is None):
        found.setdefault(row.sharing, {})[row.concept] = None
    concepts = {row.concept for table in tables for row in table.rows}
    named = []
    for rule, missing in found.items():
        named += [rule] if set(missing) == concepts else [f"{rule} {concept}" for concept in missing]
    return named


def check_tables(tables: list[Comparison]) -> None:
    """Raise ModelError unless these are comparisons of one game, each of another horizon."""
    if not tables or not any(table.rows for table in tables):
        raise ModelError("there is no row to draw; give at least one comparison")
    names = {table.game.name for table in tables}
    horizons = [table.horizon for table in tables]
    if len(names) > 1:
        raise ModelError(f"the comparisons are of different games, {', '.join(sorted(names))}; draw one at a time")
    if len(set(horizons)) < len(horizons):
        raise ModelError(f"several comparisons have one horizon (found {horizons}); give one of each")


def _lines(found: Rows, horizons: list[int], rules: list[str], concepts: list[str]) -> Figure:
    figure = new_figure(max(5.0, 0.8 + 2.9 * len(concepts)), 3.9)
    panels = figure.subplots(1, len(concepts), sharex=True, sharey=True, squeeze=False)[0]
    for axes, concept in zip(panels, concepts, strict=True):
        light(axes)
        axes.set_title(concept, fontsize=10)
        axes.set_xlabel("horizon")
        whole_numbers(axes)
        for k, (rule, name) in enumerate(zip(rules, apart(rules, 24), strict=True)):
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
    names = apart(rules, 24)
    wide = max(0.62 * len(concepts), 1.4, 0.3 + LETTER * max(map(len, names)))
    figure = new_figure(max(5.0, 1.8 + wide * len(rules)), 3.9)
    axes = figure.add_subplot()
    light(axes)
    axes.grid(False, axis="x")
    for k, concept in enumerate(concepts):
        _bar_row(axes, found, horizon, rules, concept, k, len(concepts))
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


def _bar_row(axes: Axes, found: Rows, horizon: int, rules: list[str], concept: str, k: int, n: int) -> None:
    known = [
        (place, found[horizon, rule, concept]) for place, rule in enumerate(rules) if (horizon, rule, concept) in found
    ]
    width = 0.8 / n
    bars = axes.bar(
        [place + (k - (n - 1) / 2) * width for place, _ in known],
        [value for _, value in known],
        width * 0.92,
        label=concept,
        color=CONCEPT_COLOURS.get(concept, GREY),
    )
    axes.bar_label(bars, [amount(value) for _, value in known], fontsize=7.5, padding=2)
