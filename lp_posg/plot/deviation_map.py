"""Why no one gains by deviating: what every action would gain at every place, as a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import UnsupportedError
from lp_posg.evaluate import Advantages
from lp_posg.planning import Solution, StatePlan, StateSolution
from lp_posg.planning.gains import advantages_of
from lp_posg.plot.canvas import new_figure
from lp_posg.plot.captions import distinct, named, note, plain, short, title
from lp_posg.plot.looks import BLUE, PALE, RED
from lp_posg.plot.plans import facts, plan_of
from lp_posg.trees import Tree
from lp_posg.types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PLACES = 16
"""Rows per agent: more are too many to read beside the other agents' rows."""

MOST_NUMBERED = 12
"""Numbers stand in the cells for up to so many actions; with more there is no room for them."""

MOST_PLANS = 24
"""Reduced plans of an agent in a game tree: names of more are too short to tell what they are."""

ROW, COLUMN, CHARACTER = 0.27, 0.8, 0.075
"""Height of a row, least width of a column, and width of a letter of its heading: inches."""


@dataclass(frozen=True)
class _Rows:
    """The places of one agent that are shown, a row each."""

    labels: tuple[str, ...]
    gain: FloatArray
    played: FloatArray
    best: FloatArray
    total: int


def deviations(solution: Solution, *, most: int = MOST_PLACES) -> Figure:
    """Return a heat map of what each action would gain over following, at each place where an agent decides.

    A place is a state, counted from 1 at each step, with a private information and, for correlated equilibrium, the
    recommended action. What is played has a frame, as thick as it is likely. Blue loses, orange gains; the last
    column is what the best deviation at the state gains: 0 everywhere in an equilibrium, but for places that those
    who follow a compressed strategy never reach. Of many places the likeliest are shown.

    Parameters
    ----------
    solution : Solution
        Over common-information states, or of a game tree in strategic form, whose actions are reduced plans.
    most : int
        Most places of each agent.

    Raises
    ------
    ModelError
        If `most` is not at least 1, or the solution was loaded without a rule that is not built in.
    UnsupportedError
        If the gaps are not known exactly, since exact states are out of reach, or the solution is over
        information sets, or of a game tree with many reduced plans.
    MissingExtraError
        If matplotlib is not installed.
    """
    whole_number("most", most)
    plan = plan_of(solution, "deviations", strategic_form=True)
    game, kind = plan.game, plan.certificate.kind
    is_tree = isinstance(solution.game, Tree)
    if is_tree and max(game.n_actions) > MOST_PLANS:
        raise UnsupportedError(
            f"an agent has {max(game.n_actions)} reduced plans in game tree {game.name!r}, too many for a column each;"
            f" at most {MOST_PLANS} are drawn"
        )
    found = plan.advantages if isinstance(plan, StateSolution) else advantages_of(plan)
    where = "of reduced plans" if is_tree else "step {step}, state {state}"
    shown = [_chosen(plan, [own for own in found if own.agent == i], most, where) for i in range(game.n_agents)]
    size = max(float(np.abs(rows.gain).max()) for rows in shown)
    nothing = max(float(plan.allowed_gaps.max()), 1e-9 * size)
    heights = [len(rows.labels) for rows in shown]
    longest = max(len(label) for rows in shown for label in rows.labels)
    wide = CHARACTER * longest + COLUMN * (max(game.n_actions) + 1.6)
    figure = new_figure(max(6.4, wide), 1.5 + sum(0.75 + ROW * own for own in heights))
    panels = figure.subplots(len(shown), 1, squeeze=False, gridspec_kw={"height_ratios": [h + 2.2 for h in heights]})
    agents = distinct(game.agents, 24)
    for agent, (axes, rows) in enumerate(zip(panels[:, 0], shown, strict=True)):
        _draw(axes, rows, game.actions[agent], size, nothing)
        some = "" if rows.total == len(rows.labels) else f", the {len(rows.labels)} likeliest of {rows.total} places"
        axes.set_title(f"{agents[agent]}{some}", fontsize=9, loc="right")
    title(
        figure,
        f"{named(game.name)}: what each action gains over following\n{facts(solution)}, gap {plan.certificate.gap:.2g}",
    )
    notes = ["percentages: chance of the place; frames: what is played; numbers: reward units"]
    notes += ["a compressed state has a row for each belief it stands for"] if not plan.is_exact else []
    notes += [kind.advice('"best"')] if kind.note else []
    note(figure, "\n".join(notes))
    return figure


def _chosen(plan: StatePlan, steps: list[Advantages], most: int, where: str) -> _Rows:
    """Return the likeliest places of one agent, in the order of step, state, private information and action."""
    chance = np.concatenate([own.chance for own in steps])
    time, state = (
        np.concatenate([np.broadcast_to(getattr(own, name), len(own.chance)) for own in steps])
        for name in ("time", "state")
    )
    likeliest = np.argsort(-np.round(chance, 12), kind="stable")[:most]
    likeliest = likeliest[np.lexsort((likeliest, state[likeliest], time[likeliest]))]
    first = np.cumsum([0] + [len(own.chance) for own in steps])  # a step for each time
    labels = [_label(plan, steps[time[place]], place - int(first[time[place]]), where) for place in likeliest.tolist()]
    gain, played, best = (
        np.concatenate([getattr(own, name) for own in steps])[likeliest] for name in ("gain", "played", "best")
    )
    return _Rows(tuple(labels), gain, played, best, len(chance))


def _label(plan: StatePlan, step: Advantages, row: int, where: str) -> str:
    known, told = step.words[int(step.private[row])], int(step.recommended[row])
    parts = [where.format(step=step.time + 1, state=int(step.state[row]) + 1)]
    parts += [] if known == "nothing" else [short(known, 30)]
    parts += [] if told < 0 else [f"told {short(plan.game.actions[step.agent][told], 16)}"]
    return f"{plain(', '.join(parts))} · {_percent(float(step.chance[row]))}"


def _percent(chance: float) -> str:
    if 0 < chance < 0.001:
        return "<0.1%"
    return f"{100 * chance:.3g}%"


def _draw(axes: Axes, rows: _Rows, actions: tuple[str, ...], size: float, nothing: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    # By the square root, or one dreadful action would leave all others white.
    colours = LinearSegmentedColormap.from_list("gains", [BLUE, "#FFFFFF", RED])
    n = len(actions)
    # An empty column separates the best deviation from the actions.
    table = np.concatenate([rows.gain, np.full((len(rows.best), 1), np.nan), rows.best[:, None]], axis=1)
    table = np.where(np.abs(table) <= nothing, 0.0, table)
    shade = np.sign(table) * np.sqrt(np.abs(table) / max(size, nothing, 1e-300))
    centres = [*range(n), n + 0.35]
    for column, centre in zip([*range(n), n + 1], centres, strict=True):
        for row, (value, depth) in enumerate(zip(table[:, column], shade[:, column], strict=True)):
            _cell(axes, centre, row, colours(0.5 + 0.5 * max(-1.0, min(1.0, depth))))
            if n <= MOST_NUMBERED:
                ink = "white" if depth < -0.62 else "black"
                axes.text(centre, row, _gain(value), ha="center", va="center", fontsize=7.5, color=ink, zorder=4)
    _frame_played(axes, rows.played)
    axes.set_xlim(-0.5, n + 0.9)
    axes.set_ylim(len(rows.labels) - 0.5, -0.5)
    axes.set_yticks(range(len(rows.labels)), rows.labels, fontsize=7.5)
    names = distinct(actions, 14)
    slanted = max(map(len, names)) * CHARACTER > COLUMN
    axes.set_xticks(centres, [*names, "best"], fontsize=7.5)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    if slanted:
        for label in axes.get_xticklabels():
            label.set(rotation=25, ha="left", rotation_mode="anchor")
    axes.spines[:].set_visible(False)


def _cell(axes: Axes, centre: float, row: int, colour: tuple[float, float, float, float]) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((centre - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor=PALE, linewidth=0.8))


def _frame_played(axes: Axes, played: FloatArray) -> None:
    from matplotlib.patches import Rectangle

    for row, action in np.argwhere(played > 1e-9).tolist():
        axes.add_patch(
            Rectangle(
                (action - 0.44, row - 0.4),
                0.88,
                0.8,
                fill=False,
                edgecolor="black",
                linewidth=0.5 + 1.3 * float(played[row, action]),
                zorder=3,
            )
        )


def _gain(value: float) -> str:
    """Return a gain in three digits, with its sign; 0 without one."""
    if value == 0:
        return "0"
    return f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")
