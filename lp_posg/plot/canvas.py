"""Figures of one look, and files of them. matplotlib is imported when something is drawn, never before."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO

from lp_posg.errors import FormatError, MissingExtraError
from lp_posg.files import path_of, write_whole
from lp_posg.plot.looks import PALE

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
else:
    Axes = Figure = Any  # other files need the names for annotations only

Style = dict[str, Any]
"""Arguments by name of what draws a line or a text."""

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
    """Return the suffix of a picture's file in lower case, or raise FormatError if no picture is written with it."""
    suffix = path_of(path).suffix.lower()
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
    """Return an empty figure, sizes in inches, that pyplot knows nothing of; raise as `check_available`."""
    check_available()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure as `new_figure` does, and axes that fill it."""
    figure = new_figure(width, height)
    axes = figure.add_subplot()
    light(axes)
    return figure, axes


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
