"""Why no one gains by deviating: what every action would gain at every place, as a heat map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import UnsupportedError
from lp_posg.evaluate import Advantages
from lp_posg.planning import Solution, StatePlan, StateSolution
from lp_posg.planning.gains import advantages_of
from lp_posg.plot.canvas import Axes, Figure, new_figure
from lp_posg.plot.captions import distinct, named, note, plain, short, title
from lp_posg.plot.inputs import facts, plan_of
from lp_posg.plot.looks import BLUE, PALE, RED
from lp_posg.trees import Tree
from lp_posg.types import FloatArray

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
    shown = [_chosen(plan, [step for step in found if step.agent == i], most, where) for i in range(game.n_agents)]
    size = max(float(np.abs(rows.gain).max()) for rows in shown)
    nothing = max(float(plan.allowed_gaps.max()), 1e-9 * size)
    heights = [len(rows.labels) for rows in shown]
    longest = max(len(label) for rows in shown for label in rows.labels)
    wide = CHARACTER * longest + COLUMN * (max(game.n_actions) + 1.6)
    figure = new_figure(max(6.4, wide), 1.5 + sum(0.75 + ROW * height for height in heights))
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

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(step, name) for step in steps])

    chance, state = joined("chance"), joined("state")
    first = np.cumsum([0] + [len(step.chance) for step in steps])  # a step for each time
    time = np.repeat(np.arange(len(steps)), np.diff(first))
    likeliest = np.argsort(-np.round(chance, 12), kind="stable")[:most]
    likeliest = likeliest[np.lexsort((likeliest, state[likeliest], time[likeliest]))]
    labels = [_label(plan, steps[time[place]], place - int(first[time[place]]), where) for place in likeliest.tolist()]
    gain, played, best = (joined(name)[likeliest] for name in ("gain", "played", "best"))
    return _Rows(tuple(labels), gain, played, best, len(chance))


def _label(plan: StatePlan, step: Advantages, row: int, where: str) -> str:
    known, heard = step.words[int(step.private[row])], int(step.recommended[row])
    parts = [where.format(step=step.time + 1, state=int(step.state[row]) + 1)]
    parts += [] if known == "nothing" else [short(known, 30)]
    parts += [] if heard < 0 else [f"told {short(plan.game.actions[step.agent][heard], 16)}"]
    chance = float(step.chance[row])
    return f"{plain(', '.join(parts))} · {'<0.1%' if 0 < chance < 0.001 else f'{100 * chance:.3g}%'}"


def _draw(axes: Axes, rows: _Rows, actions: tuple[str, ...], size: float, nothing: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

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
            colour = colours(0.5 + 0.5 * max(-1.0, min(1.0, depth)))
            axes.add_patch(Rectangle((centre - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor=PALE, linewidth=0.8))
            if n <= MOST_NUMBERED:
                ink = "white" if depth < -0.62 else "black"
                axes.text(centre, row, _gain(value), ha="center", va="center", fontsize=7.5, color=ink, zorder=4)
    for row, action in np.argwhere(rows.played > 1e-9).tolist():
        frame = Rectangle((action - 0.44, row - 0.4), 0.88, 0.8, fill=False, edgecolor="black", zorder=3)
        frame.set_linewidth(0.5 + 1.3 * float(rows.played[row, action]))
        axes.add_patch(frame)
    axes.set_xlim(-0.5, n + 0.9)
    axes.set_ylim(len(rows.labels) - 0.5, -0.5)
    axes.set_yticks(range(len(rows.labels)), rows.labels, fontsize=7.5)
    names = distinct(actions, 14)
    axes.set_xticks(centres, [*names, "best"], fontsize=7.5)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    if max(map(len, names)) * CHARACTER > COLUMN:
        for label in axes.get_xticklabels():
            label.set(rotation=25, ha="left", rotation_mode="anchor")
    axes.spines[:].set_visible(False)


def _gain(value: float) -> str:
    """Return a gain in three digits, with its sign; 0 without one."""
    return "0" if value == 0 else f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")
