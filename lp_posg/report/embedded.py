"""The pictures of the page, inlined; one that cannot be drawn is named with the reason."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lp_posg import plot
from lp_posg.errors import LpPosgError, MissingExtraError
from lp_posg.planning import Comparison, Solution, StatePlan, StateSolution
from lp_posg.planning.gains import advantages_of
from lp_posg.plot.canvas import write
from lp_posg.plot.inputs import measure_of, plan_of
from lp_posg.report.contents import which
from lp_posg.stage import Correlated

MOST_DRAWN = 30
"""States to draw one by one: more would be several screens high."""

if TYPE_CHECKING:
    from lp_posg.plot.canvas import Figure


@dataclass(frozen=True)
class Picture:
    """A picture, or the reason why there is none; `alt` says what it shows, and `source` is a data URI of SVG."""

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
    return [] if main is None else [_drawn(*drawing) for drawing in (*_of_table(table, main), *_of_solution(main))]


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


def _of_table(table: Comparison, main: Solution) -> Iterator[Drawing]:
    rule, measure = None if main.sharing is None else main.sharing.name, measure_of(table.game)
    title = measure[0].upper() + measure[1:]
    yield (
        f"{title} by concept" if rule is None else f"{title} by sharing rule and concept",
        f"Bars of {measure}, grouped by sharing rule, a colour for each concept. The numbers are in the comparison.",
        lambda: plot.values(table),
    )
    if any(":" in solution.sharing.name for solution in table.solutions if solution.sharing is not None):
        yield (
            f"{title} by delay of sharing",
            f"Lines of {measure} against the delay of sharing, one for each concept. The numbers are in the"
            " comparison.",
            lambda: plot.delays(table),
        )
    solved = (row.solution for row in table.rows if row.solution is not None and row.sharing == rule)
    correlated = any(isinstance(solution.concept, Correlated) for solution in solved)
    if table.horizon in (1, None) and table.game.n_agents == 2 and table.compression == "exact" and correlated:
        yield (
            "What equilibria can give" + ("" if rule is None else f", {rule}"),
            "The polygon of the two agents' values in each correlated concept, with the equilibria selected as"
            " points and the line of the team optimum's welfare.",
            lambda: plot.payoffs(table, sharing=rule),
        )


def _gains_title(main: Solution) -> str:
    """Return what the heat map shows: in a compressed model there may be gains where nobody comes who follows."""
    if not main.certificate.is_within(main.allowed_gaps):
        return "What is gained by deviating"
    try:
        plan = plan_of(main, "deviations", strategic_form=True)
        gains = plan.advantages if isinstance(plan, StateSolution) else advantages_of(plan)
    except LpPosgError:  # it is not drawn then, and the reason stands in its place
        return "Why no one gains by deviating"
    if any(float(step.best.max(initial=0.0)) > plan.allowed_gaps[step.agent] for step in gains):
        return "What deviating gains (something only where those who follow hardly ever come, or never)"
    return "Why no one gains by deviating"


def _of_solution(main: Solution) -> Iterator[Drawing]:
    if isinstance(main, StatePlan):
        yield (
            f"Common-information states, {which(main)}",
            "The states step by step with the values there and what leads where; if there are many, their number at"
            " each step.",
            lambda: plot.dag(main, most=MOST_DRAWN),
        )
    yield (
        f"{_gains_title(main)}, {which(main)}",
        "A table of colours: a row for each place where an agent decides, a column for each action, and in each"
        " cell what the action gains over following. Where no deviation gains, the column of the best one is 0.",
        lambda: plot.deviations(main),
    )
    if isinstance(main, StatePlan) and not main.is_exact:
        yield (
            f"What the compression costs, {which(main)}",
            "The errors of the compression step by step on a logarithmic scale, with the bound that they prove.",
            lambda: plot.ledger(main),
        )
