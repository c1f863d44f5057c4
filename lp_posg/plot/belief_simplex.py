"""Beliefs about the game's state, for games with two or three states: on a line or in a triangle, by step."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.planning import Solution, StatePlan
from lp_posg.planning.reaching import Reach, reach
from lp_posg.plot.canvas import Axes, Figure, Style, bare, new_axes, new_figure, whole_numbers
from lp_posg.plot.captions import distinct, named, note, title, upright
from lp_posg.plot.inputs import facts, plan_of
from lp_posg.plot.looks import BLUE, GREY
from lp_posg.types import FloatArray
from lp_posg.wording import counted

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
"""Of the triangle, one per state of the game: shape (3, 2)."""

PER_ROW = 4
"""Triangles beside each other."""


def beliefs(solution: Solution) -> Figure:
    """Return a picture of the beliefs of all common-information states about the game's state.

    Marks are as large as the state is likely under the strategy; crosses are states that only deviations reach.

    Parameters
    ----------
    solution : Solution
        Over common-information states, of a game with 2 states (belief by step) or 3 (a triangle for each step).

    Raises
    ------
    UnsupportedError
        If the game has another number of states, or the solution is over information sets.
    ModelError
        If the solution was loaded without a rule or compression that is not built in.
    MissingExtraError
        If matplotlib is not installed.
    """
    plan = plan_of(solution, "beliefs")
    game = plan.game
    if game.n_states not in (2, 3):
        raise UnsupportedError(
            f"game {game.name!r} has {counted(game.n_states, 'state')}; beliefs are drawn for 2 or 3: see `dag`"
        )
    found = reach(plan)
    figure = _on_a_line(plan, found) if game.n_states == 2 else _in_triangles(plan, found)
    title(figure, f"{named(game.name)}: beliefs of the common-information states\n{facts(plan)}")
    note(figure, "larger marks: likelier under the strategy; crosses: only after deviations")
    return figure


def _on_a_line(plan: StatePlan, found: Reach) -> Figure:
    figure, axes = new_axes(max(5.0, 1.5 + 0.7 * plan.horizon), 4.3)
    for step, (belief, prob) in enumerate(zip(found.beliefs, found.prob, strict=True), 1):
        _scatter(axes, np.stack([np.full(len(belief), float(step)), belief[:, 0]], axis=1), prob)
    axes.set(xlabel="step", xlim=(0.5, plan.horizon + 0.5), ylim=(-0.06, 1.06))
    upright(figure, axes, f"probability of {named(plan.game.states[0])}")
    whole_numbers(axes)
    return figure


def _in_triangles(plan: StatePlan, found: Reach) -> Figure:
    n = plan.horizon
    across = min(n, PER_ROW)
    down = -(-n // across)
    figure = new_figure(max(5.0, 2.6 * across), 1.0 + 2.6 * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels:
        bare(axes)
    for step, (axes, belief, prob) in enumerate(zip(panels[:n], found.beliefs, found.prob, strict=True), 1):
        axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=GREY, linewidth=0.8)
        for corner, name in zip(CORNERS, distinct(plan.game.states, 14), strict=True):
            away, va = (5, "bottom") if corner[1] > 0 else (-5, "top")
            axes.annotate(name, corner, (0, away), textcoords="offset points", ha="center", va=va, fontsize=7.5)
        _scatter(axes, belief @ CORNERS, prob)
        axes.set_title(f"step {step}", fontsize=9)
        axes.set_aspect("equal")
        axes.margins(0.12)
    return figure


def _scatter(axes: Axes, places: FloatArray, prob: FloatArray) -> None:
    on = prob > 0
    axes.scatter(places[~on, 0], places[~on, 1], marker="x", s=18, color=GREY, linewidths=0.9, zorder=3)
    style: Style = {"color": BLUE, "alpha": 0.55, "edgecolors": "black", "linewidths": 0.5, "zorder": 2}
    axes.scatter(places[on, 0], places[on, 1], s=12 + 220 * prob[on], **style)
