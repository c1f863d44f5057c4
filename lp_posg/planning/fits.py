"""What can be said of a game before solving it: sizes, kind, and the sharing structures that fit."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from lp_posg.brevity import brief
from lp_posg.checks import listed, positive_number
from lp_posg.deadline import until
from lp_posg.errors import LimitError, StrategyDependenceError, UnsupportedError
from lp_posg.game import Game
from lp_posg.information import SharingStructure, check_horizon, reachable_states, sharing_examples, sharing_structure
from lp_posg.trees.as_game import checked_posg

STATE_LIMIT = 100_000
"""Most states of one depth that a survey expands."""


@brief()
@dataclass(frozen=True)
class Fit:
    """How a sharing structure fits a game over some steps.

    Attributes
    ----------
    sharing : str
    admissible : bool or None
        Whether beliefs are strategy-independent at every reachable state; None if that was too large to check.
    states : tuple of int
        Common-information states of each depth reached.
    reason : str
        Why not, or why unknown; else empty.
    """

    sharing: str
    admissible: bool | None
    states: tuple[int, ...]
    reason: str


class _TooMany(Exception):
    """More states than a survey expands."""


def survey(
    game: Game | str | PathLike[str],
    horizon: int = 3,
    sharing: str | SharingStructure | Sequence[str | SharingStructure] | None = None,
    *,
    time_limit: float | None = None,
) -> tuple[Fit, ...]:
    """Return how each sharing structure fits the game over `horizon` steps; one of each form if none is given.

    Parameters
    ----------
    time_limit : float, optional
        Seconds for all structures together; what is not known by then is None, with the reason.

    Raises
    ------
    ModelError
        If the game, a name, the horizon or the time limit is not valid.
    """
    limit = None if time_limit is None else clock.time() + positive_number("time_limit", time_limit)
    game = checked_posg(game)
    steps = check_horizon(game, horizon)
    rules = [sharing_structure(one, game.n_agents) for one in listed("sharing", sharing, sharing_examples())]
    with until(limit):
        return tuple(_fit(game, steps, rule) for rule in rules)


def _fit(game: Game, horizon: int, structure: SharingStructure) -> Fit:
    states: list[int] = []

    def on_depth(time: int, n_states: int) -> None:
        states.append(n_states)
        if n_states > STATE_LIMIT and time < horizon - 1:
            raise _TooMany

    try:
        reachable_states(game, structure, horizon, on_depth=on_depth)
    except UnsupportedError as error:
        admissible = False if isinstance(error, StrategyDependenceError) else None
        return Fit(structure.name, admissible, tuple(states), str(error))
    except LimitError:
        return Fit(structure.name, None, tuple(states), f"the time limit was met at step {max(1, len(states))}")
    except _TooMany:
        return Fit(structure.name, None, tuple(states), f"more than {STATE_LIMIT} states at step {len(states)}")
    return Fit(structure.name, True, tuple(states), "")
