"""Words on figures: labels as they can be shown, titles, notes and legends that fit their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lp_posg.plot.looks import GREY
from lp_posg.wording import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

TITLE, LABEL, LEGEND, NOTE = 11.0, 10.0, 8.0, 7.5
"""Sizes of letters, in points."""

MARK = 7.0
"""Largest mark of a legend, in points: its rows are hardly farther from each other."""

LARGE = 10
"""How many times as large as they are drawn texts are measured."""

GAP = 0.08
"""Between a legend and what is beside it, inches."""

WIDEST = 0.97
"""Share of the figure's width that a line of a title may take."""

HIGHEST = 0.68
"""Share of the figure's height that a label beside an axis may take: a title of three lines leaves so much."""


def plain(text: str) -> str:
    """Return a label as it is to be shown: one line, and nothing in it read as a formula.

    >>> plain("cost in $")
    'cost in \\\\$'
    """
    return clean(text).replace("$", r"\$")


def short(text: str, most: int) -> str:
    """Return a label cut to at most so many characters: its head and its tail, with an ellipsis between.

    >>> short("open-the-left-door", 10), short("listen", 10)
    ('open-…door', 'listen')
    """
    tail = (most - 1) // 2
    return text if len(text) <= most else text[: most - 1 - tail] + "…" + text[len(text) - tail :]


def distinct(texts: Sequence[str], most: int) -> list[str]:
    """Return labels as they are to be shown beside each other, as `named`: different ones stay different.

    >>> distinct(["left", "right"], 8), distinct(["the old left door there", "the old right door there"], 11)
    (['left', 'right'], ['1: the …ere', '2: the …ere'])
    """
    cut = [short(text, most) for text in texts]
    if len(set(cut)) < len(set(texts)):
        places = [f"{texts.index(text) + 1}: " for text in texts]
        cut = [place + short(text, most - len(place)) for place, text in zip(places, texts, strict=True)]
    return [plain(text) for text in cut]


def named(text: str, most: int = 32) -> str:
    """Return a name as it is to be shown in a title or beside an axis: `plain`, and not too long for its place."""
    return plain(short(text, most))


def title(figure: Figure, text: str) -> None:
    """Put a title above everything else, broken into lines where the figure is too narrow for it."""
    figure.suptitle(_broken(figure, text, TITLE, WIDEST * figure.bbox.width), fontsize=TITLE)


def note(figure: Figure, text: str) -> None:
    """Put what has to be known to read a picture below everything else, broken like a title."""
    figure.supxlabel(_broken(figure, text, NOTE, WIDEST * figure.bbox.width), fontsize=NOTE, color=GREY)


def upright(figure: Figure, axes: Axes, text: str) -> None:
    """Put a label beside the vertical axis, broken into lines where the drawing is too low for it."""
    axes.set_ylabel(_broken(figure, text, LABEL, HIGHEST * figure.bbox.height), fontsize=LABEL)


def legend_beside(figure: Figure, axes: Axes, *, spacing: float = 0.5) -> None:
    """Put a legend of what `axes` shows to the right of everything, below the title, which has to be there already."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="upper right", labelspacing=spacing, fontsize=LEGEND, frameon=False, borderaxespad=0
    )
    _alike(legend)
    box, gap = legend.get_window_extent(), GAP * figure.dpi
    above = _extent(figure, figure.get_suptitle(), TITLE)[1] + 2 * gap
    figure.set_figheight(max(figure.get_figheight(), (above + box.height + gap) / figure.dpi))
    width, height = figure.bbox.width, figure.bbox.height
    legend.set_bbox_to_anchor((0, 0, 1 - gap / width, 1 - above / height), transform=figure.transFigure)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)  # `new_figure` gave it
    # matplotlib keeps room for a legend in the corner alone, where the title would run into it.
    engine.set(rect=(0, 0, 1 - (box.width + 2 * gap) / width, 1))


def legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    """Put a legend of what `axes` shows below it, in at most so many columns; then there can be no `note`."""
    for n in range(columns, 0, -1):
        legend = figure.legend(
            *axes.get_legend_handles_labels(), loc="outside lower center", ncols=n, fontsize=LEGEND, frameon=False
        )
        _alike(legend)
        if n == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def _alike(legend: Legend) -> None:
    """Let no mark of a legend be so large that it covers another row's."""
    from matplotlib.lines import Line2D

    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set_markersize(min(handle.get_markersize(), MARK))


def _extent(figure: Figure, text: str, size: float) -> tuple[float, float]:
    """Return width and height of a text in pixels, measured large: small letters are rounded to whole pixels."""
    probe = figure.text(0, 0, text, fontsize=LARGE * size)
    box = probe.get_window_extent()
    probe.remove()
    return float(box.width) / LARGE, float(box.height) / LARGE


def _broken(figure: Figure, text: str, size: float, room: float) -> str:
    """Return a text with line breaks where it would be wider than so many pixels, within a word if need be."""

    def fits(line: str) -> bool:
        return _extent(figure, line, size)[0] <= room

    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if fits(longer):
                line = longer
                continue
            lines += [line] if line else []
            pieces, line = re.findall(r"\\\$|.", word), ""
            for piece in pieces:
                if line and not fits(line + piece):
                    lines.append(line)
                    line = ""
                line += piece
        lines.append(line)
    return "\n".join(lines)


def amount(value: float, scale: float = 0.0) -> str:
    """Return a number in four digits; 0 if it is rounding beside `scale`.

    >>> amount(11.0154875), amount(1e-15, 1.0)
    ('11.02', '0')
    """
    return "0" if abs(value) <= 1e-12 * scale else f"{value:.4g}"
