"""Colours, marks and lines: one look for all pictures, and for each concept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, RED, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
"""The colours of Okabe and Ito (2008), which colour-blind readers can distinguish, without the yellow: too pale."""

LINES = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
"""Colours for lines in turn."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINE_STYLES = ("-", "--", "-.", ":")

BROWN, GREY, PALE = "#7A5230", "#777777", "#DDDDDD"


@dataclass(frozen=True)
class Look:
    """How a concept is drawn: colour, marker and size of what was selected, width and style of a region's edges.

    Markers and edges of wider concepts lie below and are larger, or thinner, so that all are seen where they coincide.
    """

    colour: str
    marker: str = "P"
    size: float = 15
    width: float = 1.2
    style: Any = ":"


LOOKS = {
    "cce": Look(ORANGE, "s", 19, 1.6, (0, (4, 3))),
    "interim-cce": Look(PURPLE, "D", 16, 2.2, "-."),
    "ne": Look(GREEN, "^", 13),
    "strategic-ce": Look(SKY, "v", 11, 5.5, "-"),
    "ce": Look(BLUE, "o", 9, 3.5, "-"),
    "team": Look(BLACK, "*", 8),
}
"""By concept; others, such as a user's, have the defaults and `SPARE` colours."""

SPARE = (RED, BROWN, GREY)


def looks_of(concepts: Sequence[str]) -> dict[str, Look]:
    """Return the look of each concept of a picture.

    >>> [look.colour for look in looks_of(["ce", "mine"]).values()] == [BLUE, RED]
    True
    """
    others = [concept for concept in dict.fromkeys(concepts) if concept not in LOOKS]
    return {concept: LOOKS.get(concept) or Look(SPARE[others.index(concept) % len(SPARE)]) for concept in concepts}


def ring(place: int, total: int) -> dict[str, Any]:
    """Return the style of a line among several, of which those that coincide show: each is around the next one."""
    step = (total - 1 - place) / max(1, total - 1)
    return {
        "marker": MARKERS[place % len(MARKERS)],
        "markersize": 5 + min(9.0, 2.5 * (total - 1)) * step,
        "markerfacecolor": "none",
        "linestyle": LINE_STYLES[place % len(LINE_STYLES)],
        "linewidth": 1.3 + min(2.0, 0.5 * (total - 1)) * step,
    }
