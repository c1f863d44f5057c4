"""The pictures by name, for the command line too: to add one, write a file with its function and list it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A picture and its name.

    Attributes
    ----------
    name : str
        Of its function too.
    module : str
        The file in this room.
    of : {"solution", "tables", "runs", "filters"}
        What its function takes: a `Solution`; a `Comparison` or several; a `Learnt` (or its JSON) or several; what
        `lp_posg.bounds.belief_contraction` returns.
    help : str
        One line.
    horizons : {"given", "each", "first"}
        Of tables: one of the whole horizon, one of each horizon up to it, or one of a single step.
    sharing : tuple of str
        Of tables: the rules to compare if none are given.
    """

    name: str
    module: str
    of: Literal["solution", "tables", "runs", "filters"]
    help: str
    horizons: Literal["given", "each", "first"] = "given"
    sharing: tuple[str, ...] = ("full",)

    @property
    def draw(self) -> Callable[..., Figure]:
        """The function that draws it."""
        function: Callable[..., Any] = getattr(import_module(f"lp_posg.plot.{self.module}"), self.name)
        return function


_DELAYS = ("full", "one-step-delay", "delay:2", "delay:3")

PICTURES: dict[str, Picture] = {
    picture.name: picture
    for picture in (
        Picture("dag", "state_dag", "solution", "states and what leads where"),
        Picture("values", "value_curves", "tables", "welfare by horizon and sharing rule", "each"),
        Picture("delays", "delay_curves", "tables", "welfare by delay of sharing", sharing=_DELAYS),
        Picture("payoffs", "payoff_polygons", "tables", "what equilibria of one step can give two agents", "first"),
        Picture("deviations", "deviation_map", "solution", "why no one gains by deviating"),
        Picture("ledger", "ledger_bars", "solution", "the errors of a compression"),
        Picture("beliefs", "belief_simplex", "solution", "beliefs, of games with 2 or 3 states"),
        Picture("learning", "learning_curves", "runs", "how the gap falls with the episodes learnt from"),
        Picture("contraction", "contraction_curves", "filters", "how fast old news stops to matter"),
    )
}
"""All pictures by name."""
