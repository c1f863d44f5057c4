"""The DAG of common-information states: drawn whole where it is small, counted where it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from lp_posg.information import Compression, CompressionRule, SharingStructure
from lp_posg.planning import Solution
from lp_posg.planning.reaching import Reach, reach
from lp_posg.plot.canvas import (
    BLUE,
    GREY,
    amount,
    apart,
    bare,
    light,
    named,
    new_figure,
    note,
    times,
    title,
    whole_numbers,
)
from lp_posg.types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_STATES, MOST_ABREAST = 60, 30
"""More states, or more of one depth, are no longer legible one by one."""

SWEEPS = 8
"""Passes that order the states of each depth by those they are connected with."""

FILL, OFF_PATH = "#E3EFF9", "#F4F4F4"

MOST_BARS_TOLD = 25
"""With more depths the numbers above bars would touch."""


def dag(
    solution: Solution,
    *,
    most: int = MOST_STATES,
    sharing: SharingStructure | None = None,
    compression: Compression | CompressionRule | None = None,
) -> Figure:
    """Return a picture of the DAG of common-information states.

    Small: one box per state with its number, as in `Solution.graph`, and its values (one, if all agents
    have the same); lines are as wide as the transition is likely under the strategy, and dotted if only
    a deviation takes it; states that only deviations reach are grey. Large: the number of states by depth.

    Parameters
    ----------
    solution : Solution
    most : int
        Most states to draw one by one.
    sharing, compression : optional
        As in `lp_posg.ledger`, for those of the user's own.

    Raises
    ------
    ModelError
        If structure or compression cannot be told from their names.
    MissingExtraError
        If matplotlib is not installed.
    """
    sizes = solution.stats.states_by_depth
    if sum(sizes) > most or max(sizes) > MOST_ABREAST:
        return _counted(solution)
    return _drawn(solution, reach(solution, sharing=sharing, compression=compression))


def _title(solution: Solution) -> str:
    return (
        f"{named(solution.game.name)}: common-information states\n"
        f"{named(solution.sharing)}, {solution.concept}, {times(solution.horizon, 'step')}"
    )


def _counted(solution: Solution) -> Figure:
    sizes = solution.stats.states_by_depth
    figure = new_figure(7.0, 4.2)
    axes = figure.add_subplot()
    light(axes)
    axes.grid(False, axis="x")
    bars = axes.bar(range(len(sizes)), sizes, color=BLUE)
    if len(sizes) <= MOST_BARS_TOLD:
        axes.bar_label(bars, fmt="{:.0f}", fontsize=8, padding=2)
    if max(sizes) > 100 * min(sizes):
        axes.set_yscale("log")
    axes.margins(y=0.12)
    axes.set(xlabel="time", ylabel="states")
    whole_numbers(axes)
    title(figure, _title(solution))
    note(figure, f"{sum(sizes)} states in all: too many to draw one by one")
    return figure


def _drawn(solution: Solution, found: Reach) -> Figure:
    sizes = solution.stats.states_by_depth
    common = solution.game.is_common_reward
    wide = 1.7 if common else 1.9 + 0.5 * max(0, solution.game.n_agents - 2)
    figure = new_figure(max(5.0, 0.8 + wide * len(sizes)), max(2.6, 1.5 + 0.52 * max(sizes)))
    axes = figure.add_subplot()
    bare(axes)
    places = _places(solution)
    _draw_edges(axes, solution, found, places)
    scale = max(float(np.abs(own).max()) for own in solution.node_values)
    for time, own in enumerate(solution.node_values):
        for v, state_values in enumerate(own.tolist()):
            told = ", ".join(amount(value, scale) for value in (state_values[:1] if common else state_values))
            on_path = found.prob[time][v] > 0
            axes.text(
                time,
                places[time][v],
                f"{v}\n{told}",
                ha="center",
                va="center",
                fontsize=8,
                color="black" if on_path else GREY,
                linespacing=1.15,
                bbox={
                    "boxstyle": "round,pad=0.3",
                    "facecolor": FILL if on_path else OFF_PATH,
                    "edgecolor": BLUE if on_path else GREY,
                    "linewidth": 0.8,
                },
                zorder=3,
            )
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_ylim(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.1)
    axes.set_xticks(range(len(sizes)), [f"time {time}" for time in range(len(sizes))])
    axes.tick_params(length=0)
    title(figure, _title(solution))
    what = "value to each agent" if common else "values of " + ", ".join(apart(solution.game.agents, 16))
    note(figure, f"box: number and {what}; line: probability under the strategy (dotted, grey: only after deviations)")
    return figure


def _draw_edges(axes: Axes, solution: Solution, found: Reach, places: list[FloatArray]) -> None:
    for time, step in enumerate(solution.policy.steps[:-1]):
        likely = found.step_prob[time].toarray() * (found.prob[time][:, None] > 0)
        pairs = np.unique(np.stack([step.parent, step.child], axis=1), axis=0)
        for parent, child in pairs.tolist():
            prob = float(likely[parent, child])
            ends = ([time, time + 1], [places[time][parent], places[time + 1][child]])
            if prob > 0:
                axes.plot(*ends, color=BLUE, linewidth=0.6 + 4.0 * prob, alpha=0.75, zorder=2, solid_capstyle="butt")
            else:
                axes.plot(*ends, color=GREY, linewidth=0.6, linestyle=":", alpha=0.8, zorder=1)


def _places(solution: Solution) -> list[FloatArray]:
    """Return the height of each state by depth: states in an order with few crossings, around the middle."""
    sizes = solution.stats.states_by_depth
    links = []
    for step, n in zip(solution.policy.steps[:-1], sizes[1:], strict=True):
        near = sp.coo_array((np.ones(len(step.parent)), (step.parent, step.child)), shape=(step.n_nodes, n)).tocsr()
        near.data = np.ones_like(near.data)
        links.append(near)
    places = [_spread(-np.arange(n, dtype=np.float64)) for n in sizes]
    for _ in range(SWEEPS):
        for time in range(1, len(sizes)):
            places[time] = _spread(_mean_of(links[time - 1].T, places[time - 1]))
        for time in range(len(sizes) - 2, -1, -1):
            places[time] = _spread(_mean_of(links[time], places[time + 1]))
    # Every depth over the whole height: then lines are flatter, and few pass behind a box.
    return [own * (max(sizes) / len(own)) for own in places]


def _mean_of(link: sp.csr_array, height: FloatArray) -> FloatArray:
    mean: FloatArray = (link @ height) / np.maximum(link.sum(axis=1), 1.0)
    return mean


def _spread(wish: FloatArray) -> FloatArray:
    """Return heights a step apart, the first state on top, in the order of the heights wished for."""
    order = np.argsort(-np.round(wish, 9), kind="stable")
    height = np.empty(len(wish))
    height[order] = (len(wish) - 1) / 2 - np.arange(len(wish))
    return height
