"""The DAG of common-information states: drawn whole where it is small, counted where it is large."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import whole_number
from lp_posg.game import takes
from lp_posg.planning import Solution, StatePlan
from lp_posg.planning.reaching import Reach, reach
from lp_posg.plot.canvas import Axes, Figure, Style, bare, new_axes, new_figure, whole_numbers
from lp_posg.plot.captions import amount, distinct, named, note, title
from lp_posg.plot.inputs import facts, plan_of
from lp_posg.plot.looks import BLUE, GREY
from lp_posg.types import FloatArray

MOST_STATES, MOST_ABREAST = 60, 30
"""More states, or more of one depth, are no longer legible one by one."""

SWEEPS = 8
"""Passes that order the states of each depth by those they are connected with."""

FILL, OFF_PATH = "#E3EFF9", "#F4F4F4"

MOST_BARS_NUMBERED = 25
"""With more depths the numbers above bars would touch."""


@takes
def dag(solution: Solution, *, most: int = MOST_STATES) -> Figure:
    """Return a picture of the DAG of common-information states.

    Small: one box per state with its number, from 1, and its values (one, if all agents have the same); lines
    are as wide as the transition is likely under the strategy, and dotted if only a deviation takes it; states
    that only deviations reach are grey. Large: the number of states by step.

    Parameters
    ----------
    solution : Solution
        Over common-information states; number k at step h is node (h - 1, k - 1) of its `graph`.
    most : int
        Most states to draw one by one.

    Raises
    ------
    UnsupportedError
        If the solution is over information sets.
    ModelError
        If the solution was loaded without a rule or compression that is not built in.
    MissingExtraError
        If matplotlib is not installed.
    """
    whole_number("most", most, 0)
    plan = plan_of(solution, "dag")
    sizes = plan.stats.states_by_depth
    large = sum(sizes) > most or max(sizes) > MOST_ABREAST
    figure, words = _counted(plan) if large else _drawn(plan, reach(plan))
    title(figure, f"{named(plan.game.name)}: common-information states\n{facts(plan)}")
    note(figure, words)
    return figure


def _counted(plan: StatePlan) -> tuple[Figure, str]:
    """Return bars of the number of states by step, and a note."""
    sizes = plan.stats.states_by_depth
    figure, axes = new_axes(7.0, 4.2)
    axes.grid(False, axis="x")
    bars = axes.bar(range(1, len(sizes) + 1), sizes, color=BLUE)
    if len(sizes) <= MOST_BARS_NUMBERED:
        axes.bar_label(bars, fmt="{:.0f}", fontsize=8, padding=2)
    if max(sizes) > 100 * min(sizes):
        axes.set_yscale("log")
    axes.margins(y=0.12)
    axes.set(xlabel="step", ylabel="states")
    whole_numbers(axes)
    return figure, f"{sum(sizes)} states in all: too many to draw one by one"


def _drawn(plan: StatePlan, found: Reach) -> tuple[Figure, str]:
    """Return a box for each state with lines between them, and a note."""
    sizes = plan.stats.states_by_depth
    common = plan.game.is_common_reward
    wide = 1.7 if common else 1.9 + 0.5 * max(0, plan.game.n_agents - 2)
    figure = new_figure(max(5.0, 0.8 + wide * len(sizes)), max(2.6, 1.5 + 0.52 * max(sizes)))
    axes = figure.add_subplot()
    bare(axes)
    places = _places(plan)
    _draw_edges(axes, plan, found, places)
    scale = max(float(np.abs(values).max()) for values in plan.node_values)
    middle: Style = {"ha": "center", "va": "center", "linespacing": 1.15, "zorder": 3}
    for time, values in enumerate(plan.node_values):
        for v, state_values in enumerate(values.tolist()):
            worth = ", ".join(amount(value, scale) for value in (state_values[:1] if common else state_values))
            ink, edge, fill = ("black", BLUE, FILL) if found.prob[time][v] > 0 else (GREY, GREY, OFF_PATH)
            box: Style = {"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge, "linewidth": 0.8}
            axes.text(time, places[time][v], f"{v + 1}\n{worth}", fontsize=8, color=ink, bbox=box, **middle)
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_ylim(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.1)
    axes.set_xticks(range(len(sizes)), [f"step {step}" for step in range(1, len(sizes) + 1)])
    axes.tick_params(length=0)
    what = "value to each agent" if common else "values of " + ", ".join(distinct(plan.game.agents, 16))
    return figure, f"box: number and {what}; line: probability under the strategy (dotted, grey: only after deviations)"


def _draw_edges(axes: Axes, plan: StatePlan, found: Reach, places: list[FloatArray]) -> None:
    for time, step in enumerate(plan.policy.steps[:-1]):
        likely = found.step_prob[time].toarray() * (found.prob[time][:, None] > 0)
        pairs = np.unique(np.stack([step.parent, step.child], axis=1), axis=0)
        for parent, child in pairs.tolist():
            prob = float(likely[parent, child])
            ends = ([time, time + 1], [places[time][parent], places[time + 1][child]])
            if prob > 0:
                axes.plot(*ends, color=BLUE, linewidth=0.6 + 4.0 * prob, alpha=0.75, zorder=2, solid_capstyle="butt")
            else:
                axes.plot(*ends, color=GREY, linewidth=0.6, linestyle=":", alpha=0.8, zorder=1)


def _places(plan: StatePlan) -> list[FloatArray]:
    """Return the height of each state by depth: states in an order with few crossings, around the middle."""
    sizes = plan.stats.states_by_depth
    links = []
    for step, n in zip(plan.policy.steps[:-1], sizes[1:], strict=True):
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
    return [heights * (max(sizes) / len(heights)) for heights in places]


def _mean_of(link: sp.csr_array, height: FloatArray) -> FloatArray:
    mean: FloatArray = (link @ height) / np.maximum(link.sum(axis=1), 1.0)
    return mean


def _spread(wish: FloatArray) -> FloatArray:
    """Return whole-number distances around 0, the first state on top, in the order of the wished heights."""
    order = np.argsort(-np.round(wish, 9), kind="stable")
    height = np.empty(len(wish))
    height[order] = (len(wish) - 1) / 2 - np.arange(len(wish))
    return height
