"""Beliefs about the game's state, for games with two or three states: on a line or in a triangle, by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.information import Compression, CompressionRule, SharingStructure
from lp_posg.planning import Solution
from lp_posg.planning.reaching import Reach, reach
from lp_posg.plot.canvas import (
    BLUE,
    GREY,
    apart,
    bare,
    light,
    named,
    new_figure,
    note,
    times,
    title,
    upright,
    whole_numbers,
)
from lp_posg.types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
"""Of the triangle, one per state of the game: shape (3, 2)."""

PER_ROW = 4
"""Triangles beside each other."""


def beliefs(
    solution: Solution,
    *,
    sharing: SharingStructure | None = None,
    compression: Compression | CompressionRule | None = None,
) -> Figure:
    """Return a picture of the beliefs of all common-information states about the game's state.

    Marks are as large as the state is likely under the strategy; crosses are states that only deviations reach.

    Parameters
    ----------
    solution : Solution
        Of a game with 2 states (belief against time) or 3 (a triangle for each time).
    sharing, compression : optional
        As in `lp_posg.ledger`, for those of the user's own.

    Raises
    ------
    UnsupportedError
        If the game has another number of states.
    ModelError
        If structure or compression cannot be told from their names.
    MissingExtraError
        If matplotlib is not installed.
    """
    game = solution.game
    if game.n_states not in (2, 3):
        raise UnsupportedError(
            f"game {game.name!r} has {times(game.n_states, 'state')}; beliefs are drawn for 2 or 3: see `dag`"
        )
    found = reach(solution, sharing=sharing, compression=compression)
    figure = _on_a_line(solution, found) if game.n_states == 2 else _in_triangles(solution, found)
    title(
        figure,
        f"{named(game.name)}: beliefs of the common-information states\n"
        f"{named(solution.sharing)}, {solution.concept}, {times(solution.horizon, 'step')}",
    )
    note(figure, "larger marks: likelier under the strategy; crosses: only after deviations")
    return figure


def _on_a_line(solution: Solution, found: Reach) -> Figure:
    figure = new_figure(max(5.0, 1.5 + 0.7 * solution.horizon), 4.3)
    axes = figure.add_subplot()
    light(axes)
    for time, (own, prob) in enumerate(zip(found.beliefs, found.prob, strict=True)):
        _scatter(axes, np.stack([np.full(len(own), float(time)), own[:, 0]], axis=1), prob)
    axes.set(xlabel="time", ylim=(-0.06, 1.06))
    upright(figure, axes, f"probability of {named(solution.game.states[0])}")
    axes.set_xlim(-0.5, solution.horizon - 0.5)
    whole_numbers(axes)
    return figure


def _in_triangles(solution: Solution, found: Reach) -> Figure:
    n = solution.horizon
    across = min(n, PER_ROW)
    down = -(-n // across)
    figure = new_figure(max(5.0, 2.6 * across), 1.0 + 2.6 * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels:
        bare(axes)
    for time, (axes, own, prob) in enumerate(zip(panels[:n], found.beliefs, found.prob, strict=True)):
        closed = CORNERS[[0, 1, 2, 0]]
        axes.plot(*closed.T, color=GREY, linewidth=0.8)
        for corner, name in zip(CORNERS, apart(solution.game.states, 14), strict=True):
            above = corner[1] > 0
            axes.annotate(
                name,
                corner,
                xytext=(0, 5 if above else -5),
                textcoords="offset points",
                ha="center",
                va="bottom" if above else "top",
                fontsize=7.5,
            )
        _scatter(axes, own @ CORNERS, prob)
        axes.set_title(f"time {time}", fontsize=9)
        axes.set_aspect("equal")
        axes.margins(0.12)
    return figure


def _scatter(axes: Axes, places: FloatArray, prob: FloatArray) -> None:
    on = prob > 0
    axes.scatter(places[~on, 0], places[~on, 1], marker="x", s=18, color=GREY, linewidths=0.9, zorder=3)
    axes.scatter(
        places[on, 0],
        places[on, 1],
        s=12 + 220 * prob[on],
        color=BLUE,
        alpha=0.55,
        edgecolors="black",
        linewidths=0.5,
        zorder=2,
    )
