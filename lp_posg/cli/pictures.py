"""The pictures that ``lp-posg plot`` draws: what each shows, and of what it is drawn.

A picture has the name of the function of `lp_posg.plot` that draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["solution", "comparisons", "runs", "game"]


@dataclass(frozen=True)
class Picture:
    """One kind of picture.

    Attributes
    ----------
    name, shows : str
    source : {"solution", "comparisons", "runs", "game"}
        Of what it is drawn: one solution, comparisons of several, the JSON of learning runs, or a game that is not
        solved.
    """

    name: str
    shows: str
    source: Source


PICTURES = {
    picture.name: picture
    for picture in (
        Picture("dag", "states and what leads where", "solution"),
        Picture("values", "welfare by horizon and sharing rule", "comparisons"),
        Picture("delays", "welfare by delay of sharing", "comparisons"),
        Picture("payoffs", "what equilibria of one step can give two agents", "comparisons"),
        Picture("deviations", "why no one gains by deviating", "solution"),
        Picture("ledger", "the errors of a compression", "solution"),
        Picture("beliefs", "of games with 2 or 3 states", "solution"),
        Picture("learning", "what `lp-posg learn --json` wrote", "runs"),
        Picture("contraction", "how fast old news stops to matter", "game"),
    )
}
"""All pictures by name."""


def named(source: Source) -> str:
    """Return the names of the pictures that are drawn of a source, with commas."""
    return ", ".join(name for name, picture in PICTURES.items() if picture.source == source)
