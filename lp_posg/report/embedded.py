"""The pictures of the page, inlined; one that cannot be drawn is named with the reason."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lp_posg import plot
from lp_posg.errors import LpPosgError, MissingExtraError
from lp_posg.planning import Comparison, Solution, allowed_gaps, payoff_region
from lp_posg.plot.canvas import write
from lp_posg.report.contents import is_equilibrium
from lp_posg.stage import CONCEPTS, Correlated

MOST_DRAWN = 30
"""States to draw one by one: more would be several screens high."""

if TYPE_CHECKING:
    from lp_posg.plot.canvas import Figure


@dataclass(frozen=True)
class Picture:
    """A picture, or why there is none.

    Attributes
    ----------
    title : str
    alt : str
        What it shows, for those who cannot see it.
    source : str
        A data URI of SVG; empty if it was not drawn.
    reason : str
        Why not.
    """

    title: str
    alt: str
    source: str
    reason: str = ""


Drawing = tuple[str, str, Callable[[], "Figure"]]
"""Title, alternative text, and what draws it."""


def pictures(table: Comparison, main: Solution | None) -> list[Picture]:
    """Return the pictures of a comparison and of its main solution.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    drawings = [*_of_table(table, main), *([] if main is None else _of_solution(main))]
    return [_drawn(*drawing) for drawing in drawings]


def _drawn(title: str, alt: str, draw: Callable[[], Figure]) -> Picture:
    try:
        figure = draw()
    except MissingExtraError:
        raise
    except LpPosgError as error:
        # The page is worth reading without this picture, as long as it says so.
        return Picture(title, alt, "", str(error))
    stream = io.BytesIO()
    write(figure, stream, ".svg")
    return Picture(title, alt, "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode())


def _of_table(table: Comparison, main: Solution | None) -> Iterator[Drawing]:
    if main is None:
        return
    yield (
        "Welfare by sharing rule and concept",
        "Bars of welfare, grouped by sharing rule, a colour for each concept. The numbers are in the comparison.",
        lambda: plot.values(table),
    )
    if len({row.sharing for row in table.rows if ":" in row.sharing and row.solution is not None}) > 0:
        yield (
            "Welfare by delay of sharing",
            "Lines of welfare against the delay of sharing, one for each concept. The numbers are in the comparison.",
            lambda: plot.delays(table),
        )
    wanted = [
        row.concept
        for row in table.rows
        if row.sharing == main.sharing and isinstance(CONCEPTS.get(row.concept), Correlated)
    ]
    if table.horizon == 1 and table.game.n_agents == 2 and table.compression == "exact" and wanted:
        yield (
            f"What equilibria can give, {main.sharing}",
            "The polygon of the two agents' values in each correlated concept, with the equilibria selected as"
            " points and the line of the team optimum's welfare.",
            lambda: plot.payoffs([payoff_region(table.game, c, main.sharing) for c in wanted], table, main.sharing),
        )


def _gains_title(main: Solution) -> str:
    """Return what the heat map shows: in a compressed model there may be gains where nobody comes who follows."""
    if not is_equilibrium(main):
        return "What is gained by deviating"
    try:
        gains = main.advantages
    except LpPosgError:  # it is not drawn then, and the reason is told
        return "Why no one gains by deviating"
    allowed = allowed_gaps(main.game, main.tolerance, main.certificate.kind.together)
    somewhere = any(float(own.best.max(initial=0.0)) > allowed[own.agent] for own in gains)
    aside = "What deviating gains (something only where those who follow hardly ever come, or never)"
    return aside if somewhere else "Why no one gains by deviating"


def _of_solution(main: Solution) -> Iterator[Drawing]:
    which = f"{main.sharing}, {main.concept}"
    yield (
        f"Common-information states, {which}",
        "The states step by step with the values there and what leads where; if there are many, their number at"
        " each step.",
        lambda: plot.dag(main, most=MOST_DRAWN),
    )
    yield (
        f"{_gains_title(main)}, {which}",
        "A table of colours: a row for each place where an agent decides, a column for each action, and in each"
        " cell what the action gains over following. Where no deviation gains, the column of the best one is 0.",
        lambda: plot.deviations(main),
    )
    if main.compression != "exact":
        yield (
            f"What the compression costs, {which}",
            "The errors of the compression step by step on a logarithmic scale, with the bound that they prove.",
            lambda: plot.ledger(main.ledger),
        )
