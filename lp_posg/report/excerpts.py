"""The first places of a strategy on the page: what is played there, and why no one gains by deviating."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np

from lp_posg.errors import LpPosgError
from lp_posg.planning import SetSolution, Solution, StateGains, StateSolution
from lp_posg.wording import gained, short

MOST_STATES, MOST_LINES = 8, 24
"""States of the strategy on the page, and lines of each: the excerpt is to be read, not to be followed."""


def is_equilibrium(own: Solution) -> bool:
    """Whether no gap exceeds what the solution's tolerance allows."""
    return bool((own.certificate.gaps <= own.allowed_gaps).all())


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
        (str(k), short(atom.prob), agent, known, _drawn(actions.items()))
        for k, atom in enumerate(main.strategy(time, node))
        for agent, prescription in atom.prescriptions.items()
        for known, actions in prescription.items()
    ]
    head = {
        "title": f"step {time + 1}, state {node + 1}",
        "worth": ", ".join(short(value, main.scale) for value in main.node_values[time][node].tolist()),
        "history": " | ".join(main.history(time, node)),
    }
    return head | _cut(lines) | _gains(main, time, node)


def _sets(main: SetSolution) -> dict[str, Any]:
    """Return what is played at information sets; those that an agent's own plan never reaches are left out."""
    probs = main.sets.atom_prob.tolist()
    lines = [
        (str(k), short(prob), play.agent, play.information_set, _drawn(play.actions.items()))
        for k, (prob, plays) in enumerate(zip(probs, main.rows(), strict=True))
        for play in plays
        if play.own_reach > 0
    ]
    head = {
        "title": "the whole game",
        "worth": ", ".join(short(value, main.scale) for value in main.values.tolist()),
        "history": "",
    }
    return head | _cut(lines) | {"gains": [], "unknown": "the strategy is over information sets"}


def _cut(lines: list[tuple[str, str, str, str, str]]) -> dict[str, Any]:
    return {"lines": lines[:MOST_LINES], "more": max(len(lines) - MOST_LINES, 0)}


def _gains(main: StateSolution, time: int, node: int) -> dict[str, Any]:
    """Return what following is worth at a state and what the best other actions gain, or why it is not known."""
    try:
        found = main.gains(time, node)
    except LpPosgError as error:
        return {"gains": [], "unknown": str(error)}
    allowed = main.allowed_gaps.tolist()
    most = dict(zip(main.game.agents, allowed, strict=True))
    lines = [
        (
            place.agent,
            place.private_info,
            place.recommended or "",
            short(place.following, main.scale),
            place.other or "-",
            gained(place.gain, most[place.agent]),
        )
        for place in found.places[:MOST_LINES]
    ]
    return {
        "gains": lines,
        "more_gains": max(len(found.places) - MOST_LINES, 0),
        "recommended": any(place.recommended is not None for place in found.places),
        "best": ", ".join(gained(own, allowed[i]) for i, own in enumerate(found.best)),
        "note": main.certificate.kind.advice("the best deviation"),
        "why": "Why no one gains" if _nobody_gains(main, found) else "What is gained",
        "unknown": "",
    }


def _nobody_gains(main: StateSolution, found: StateGains) -> bool:
    """Whether no deviation at a state gains more than the tolerance allows.

    In a compressed model something may be left to gain where nobody comes who follows, whatever the gap.
    """
    return is_equilibrium(main) and bool((np.array(found.best) <= main.allowed_gaps).all())


def _drawn(actions: Iterable[tuple[str, float]]) -> str:
    """Return the actions of positive probability, with their probabilities if there are several."""
    likely = [(action, prob) for action, prob in actions if prob > 0]
    if len(likely) == 1:
        return likely[0][0]
    return ", ".join(f"{action} {short(prob)}" for action, prob in likely)
