"""What the paper's two hypotheses are worth: exact cost and the loss of a short memory, against the horizon.

Three versions of one game (`models/liu-zhang-2023`): without sharing, without observability, with
both. Their sizes are the same; `docs/explanation/hardness.md` says what to expect and why.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import lp_posg as posg
from lp_posg.game import Game
from lp_posg.plot.canvas import light, new_figure
from lp_posg.plot.looks import BLACK, BLUE, RED, ring

SHARED = ("hard-unobservable", "easy-observable")
MEMORIES = (1, 2, 3)
LONGEST = {"hard-no-sharing": 12, "hard-unobservable": 8, "easy-observable": 5}
QUICK = {"hard-no-sharing": 4, "hard-unobservable": 4, "easy-observable": 3}
MAX_STATES = 1_000_000


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return a line per version and horizon: exact cost, and per memory L value, gap, states, seconds."""
    longest = QUICK if quick else LONGEST
    found = [unshared(horizon) for horizon in range(1, longest["hard-no-sharing"] + 1)]
    for family in SHARED:
        for horizon in range(1, longest[family] + 1):
            line = exact(family, horizon)
            for memory in MEMORIES:
                line |= approximate(family, horizon, memory)
                line[f"loss L={memory}"] = line["value"] - line[f"value L={memory}"]
            found.append(line)
    return found


# ---- without sharing: integers ---------------------------------------------------------------


def unshared(horizon: int) -> dict[str, Any]:
    """Return what there is to enumerate when nothing is shared: exact integers, and a logarithm to read."""
    game = posg.catalog("hard-no-sharing", horizon=horizon)
    return {
        "family": "hard-no-sharing",
        "sharing": "none",
        "H": horizon,
        "private_histories": private_histories(game, horizon),
        "log10_joint_policies": math.log10(joint_policies(game, horizon)),
    }


def private_histories(game: Game, horizon: int) -> int:
    """Return how many private histories an agent can have at the last step, for the agent with most.

    Own observations and own actions: (A_i O_i)^(H - 1), times O_i if there is a first observation.
    """
    first = game.initial_observation is not None
    return max(
        (o if first else 1) * (a * o) ** (horizon - 1) for a, o in zip(game.n_actions, game.n_observations, strict=True)
    )


def joint_policies(game: Game, horizon: int) -> int:
    """Return how many joint deterministic policies there are.

    An agent's policy maps its own observations so far to an action at each step: what it did itself
    follows from them. So there are A_i to the number of observation sequences of all steps.
    """
    first = 1 if game.initial_observation is not None else 0
    return math.prod(
        a ** sum(o ** (step + first) for step in range(horizon))
        for a, o in zip(game.n_actions, game.n_observations, strict=True)
    )


# ---- with sharing: states, value, and what a short memory loses --------------------------------


def exact(family: str, horizon: int, max_states: int = MAX_STATES) -> dict[str, Any]:
    """Return exact planning under full sharing: states of all depths and of the last, value, seconds.

    Raises
    ------
    LimitError
        If there are more than `max_states` states.
    """
    game = posg.catalog(family, horizon=horizon)
    begun = time.perf_counter()
    solution = posg.solve(game, horizon, "full", max_states=max_states)
    return {
        "family": family,
        "sharing": "full",
        "H": horizon,
        "states": solution.stats.states,
        "states_at_H": solution.stats.states_by_depth[-1],
        "value": float(solution.values[0]),
        "seconds": time.perf_counter() - begun,
    }


def approximate(family: str, horizon: int, memory: int) -> dict[str, Any]:
    """Return planning with the last `memory` shared pieces; value and gap are the certificate's, in the exact game."""
    game = posg.catalog(family, horizon=horizon)
    begun = time.perf_counter()
    solution = posg.solve(game, horizon, "full", compression=f"finite-memory:{memory}", approximate=True)
    certificate = solution.certificate
    found = {
        "value": float(solution.values[0]),
        "gap": float(certificate.gap),
        "status": certificate.status,
        "states": solution.stats.states,
        "seconds": time.perf_counter() - begun,
    }
    return {f"{what} L={memory}": number for what, number in found.items()}


# ---- curves ------------------------------------------------------------------------------------


def plot(rows: list[dict[str, Any]], path: str | Path) -> None:
    """Draw what there is to enumerate, and the loss of each memory that `rows` has, against the horizon.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = new_figure(12, 4.8)
    cost, loss = figure.subplots(1, 2)
    for colour, family in zip((BLACK, BLUE, RED), dict.fromkeys(row["family"] for row in rows), strict=False):
        lines = [row for row in rows if row["family"] == family]
        horizons = [row["H"] for row in lines]
        what = "states" if "states" in lines[0] else "private_histories"
        cost.semilogy(
            horizons,
            [row[what] for row in lines],
            color=colour,
            marker="o",
            label=f"{family}: {what.replace('_', ' ')}",
        )
        known = sorted(column for column in lines[0] if column.startswith("loss L="))
        for k, column in enumerate(known):
            loss.plot(
                horizons,
                [row[column] for row in lines],
                color=colour,
                label=f"{family}, {column[5:]}",
                **ring(k, len(known)),
            )
        if "states L=2" in lines[0]:
            approximate = [row["states L=2"] for row in lines]
            label = f"{family}: states with L = 2"
            cost.semilogy(horizons, approximate, color=colour, marker="x", linestyle="--", label=label)
    cost.set(xlabel="horizon", ylabel="number", title="to enumerate, exactly")
    loss.set(xlabel="horizon", ylabel="value lost", title="with the last L shared pieces")
    for axes in (cost, loss):
        light(axes)
        if axes.get_legend_handles_labels()[0]:
            # Below, where no curve is.
            axes.legend(
                fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, labelspacing=0.8
            )
    figure.savefig(path)
