"""The first places of a strategy on the page: what is played there, and why no one gains by deviating."""

from __future__ import annotations

from itertools import islice
from typing import Any

from lp_posg.errors import LpPosgError
from lp_posg.planning import SetSolution, Solution, StateSolution
from lp_posg.planning.gains import gain_lines, nobody_gains
from lp_posg.types import FloatArray
from lp_posg.wording import drawn, gained, short

MOST_STATES, MOST_LINES = 8, 24
"""States of the strategy on the page, and lines of each: the excerpt is to be read, not to be followed."""


def excerpt(main: Solution) -> dict[str, Any]:
    """Return the beginning of a strategy: what an agent knows is called, its places, and how many are left out."""
    if isinstance(main, StateSolution):
        places = ((time, v) for time in range(main.horizon) for v in range(main.policy.steps[time].n_nodes))
        states = [_state(main, time, v) for time, v in islice(places, MOST_STATES)]
        return {"known_as": "private information", "places": states, "more": max(main.stats.states - MOST_STATES, 0)}
    found = [_sets(main)] if isinstance(main, SetSolution) else []
    return {"known_as": "information set", "places": found, "more": 0}


def _state(main: StateSolution, time: int, node: int) -> dict[str, Any]:
    lines = [
        (str(k), short(atom.prob), agent, known, drawn(actions, short))
        for k, atom in enumerate(main.strategy(time, node))
        for agent, prescription in atom.prescriptions.items()
        for known, actions in prescription.items()
    ]
    history = " | ".join(main.history(time, node))
    title = f"step {time + 1}, state {node + 1}"
    return _place(main.scale, title, main.node_values[time][node], history, lines) | _gains(main, time, node)


def _sets(main: SetSolution) -> dict[str, Any]:
    """Return what is played at information sets; those that an agent's own plan never reaches are left out."""
    probs = main.sets.atom_prob.tolist()
    lines = [
        (str(k), short(prob), play.agent, play.information_set, drawn(play.actions, short))
        for k, (prob, plays) in enumerate(zip(probs, main.rows(), strict=True))
        for play in plays
        if play.own_reach > 0
    ]
    place = _place(main.scale, "the whole game", main.values, "", lines)
    return place | {"gains": [], "unknown": "the strategy is over information sets"}


def _place(scale: float, title: str, values: FloatArray, history: str, lines: list[Any]) -> dict[str, Any]:
    worth = ", ".join(short(value, scale) for value in values.tolist())
    more = max(len(lines) - MOST_LINES, 0)
    return {"title": title, "worth": worth, "history": history, "lines": lines[:MOST_LINES], "more": more}


def _gains(main: StateSolution, time: int, node: int) -> dict[str, Any]:
    """Return what following is worth at a state and what the best other actions gain, or why it is not known."""
    try:
        found = main.gains(time, node)
    except LpPosgError as error:
        return {"gains": [], "unknown": str(error)}
    return {
        "gains": gain_lines(main, found)[:MOST_LINES],
        "more_gains": max(len(found.places) - MOST_LINES, 0),
        "recommended": any(place.recommended is not None for place in found.places),
        "best": ", ".join(map(gained, found.best, main.allowed_gaps.tolist())),
        "note": main.certificate.kind.advice("the best deviation"),
        "why": "Why no one gains" if nobody_gains(main, found) else "What is gained",
        "unknown": "",
    }
