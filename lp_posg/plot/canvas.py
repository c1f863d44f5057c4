"""Figures of one look, and files of them. The only file that imports matplotlib, and late."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lp_posg.errors import FormatError, MissingExtraError
from lp_posg.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Figure  # for other rooms too, which do not know matplotlib
    from matplotlib.legend import Legend

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""The colours of Okabe and Ito (2008), which the colour-blind tell apart."""

LINES = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
"""Colours for lines in turn: yellow is too pale for one."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINE_STYLES = ("-", "--", "-.", ":")

CONCEPT_COLOURS = {"team": BLACK, "ne": GREEN, "strategic-ce": SKY, "ce": BLUE, "interim-cce": PURPLE, "cce": ORANGE}

GREY, PALE = "#777777", "#DDDDDD"

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

# Without dates and random names, the same picture is the same file.
SUFFIXES: Mapping[str, Mapping[str, Any]] = {
    ".png": {"dpi": 150},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}
"""What a picture's file name may end in, and how it is then written."""


def check_available() -> None:
    """Raise MissingExtraError unless matplotlib can be imported."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "matplotlib is not installed, and pictures need it; install it with: pip install 'lp-posg[plot]'"
        ) from None


def check_suffix(path: str | PathLike[str]) -> str:
    """Return the suffix of a picture's file in lower case.

    Raises
    ------
    FormatError
        If no picture is written with it.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        found = repr(suffix) if suffix else "no suffix"
        raise FormatError(
            f"{str(path)!r} ends in {found}; a picture is written as {', '.join(SUFFIXES)}", path=str(path), line=None
        )
    return suffix


def save(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure as ``.png``, ``.svg`` or ``.pdf``, as the suffix says.

    Raises
    ------
    FormatError
        If the suffix is another one, or the file cannot be written; an older file is then left as it was.
    """
    suffix = check_suffix(path)
    write_whole(path, lambda stream: write(figure, stream, suffix))


def write(figure: Figure, stream: BinaryIO, suffix: str) -> None:
    """Write a figure to a stream, in the way of a key of ``SUFFIXES``."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "lp-posg"}):
        figure.savefig(stream, format=suffix[1:], **SUFFIXES[suffix])


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches, that pyplot knows nothing of.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    check_available()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def bare(axes: Axes) -> None:
    """Take away what stands around a drawing that has no scale."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def light(axes: Axes) -> None:
    """Leave only the axes that are read, over a pale grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def whole_numbers(axes: Axes) -> None:
    """Let the ticks below be whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def from_zero(axes: Axes) -> None:
    """Let the vertical axis begin just below 0, so that marks at 0 are whole."""
    top = max(axes.get_ylim()[1], 1e-12)
    axes.set_ylim(-0.03 * top, top)


def plain(text: str) -> str:
    """Return a label as it is to be shown: one line, and nothing in it read as a formula.

    >>> plain("cost in $")
    'cost in \\\\$'
    """
    whole = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return whole.replace("$", r"\$")


def short(text: str, most: int) -> str:
    """Return a label cut to at most so many characters: its head and its tail, with an ellipsis between.

    >>> short("open-the-left-door", 10), short("listen", 10)
    ('open-…door', 'listen')
    """
    tail = (most - 1) // 2
    return text if len(text) <= most else text[: most - 1 - tail] + "…" + text[len(text) - tail :]


def apart(texts: Sequence[str], most: int) -> list[str]:
    """Return labels as they are to be shown beside each other, as `named`: different ones stay different.

    >>> apart(["left", "right"], 8), apart(["the old left door there", "the old right door there"], 11)
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


def ring(place: int, total: int) -> dict[str, Any]:
    """Return sizes with which lines that coincide show: each around the next, which is drawn over it."""
    step = (total - 1 - place) / max(1, total - 1)
    return {"markersize": 5 + min(9.0, 2.5 * (total - 1)) * step, "linewidth": 1.3 + min(2.0, 0.5 * (total - 1)) * step}


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


def times(n: int, what: str) -> str:
    """Return a count and its noun.

    >>> times(1, "step"), times(2, "step")
    ('1 step', '2 steps')
    """
    return f"{n} {what}{'s' * (n != 1)}"
