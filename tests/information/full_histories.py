"""All full histories of a small game, and what the table of sharing structures makes of them.

Plain enumeration: it uses the dense arrays of a game and nothing else of the package. Actions are drawn with weight 1
each, which is uniformly random play up to a factor that all histories of one length share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product

import numpy as np

from lp_posg import Game

Common = tuple[Hashable, ...]
Private = tuple[Hashable, ...]


@dataclass(frozen=True)
class History:
    """Joint observations o_1..o_h (o_1 is None without a first observation), joint actions a_1..a_{h-1}."""

    seen: tuple[tuple[int, ...] | None, ...]
    done: tuple[tuple[int, ...], ...]
    weight: np.ndarray  # (S,): of the present state jointly with all that was seen


def static(array: np.ndarray, ndim: int, time: int) -> np.ndarray:
    return array[time] if array.ndim > ndim else array


def first_histories(game: Game) -> list[History]:
    law = game.initial_observation
    if law is None:
        return [History((None,), (), game.initial)]
    found = [
        History((seen,), (), game.initial * law[(slice(None), *seen)])
        for seen in product(*(range(count) for count in game.n_observations))
    ]
    return [history for history in found if history.weight.sum() > 0]


def next_histories(game: Game, history: History, action: tuple[int, ...]) -> list[History]:
    time = len(history.done)
    transition = static(game.transition, game.n_agents + 2, time)
    observation = static(game.observation, 2 * game.n_agents + 1, time)
    moved = history.weight @ transition[(slice(None), *action)]
    found = [
        History((*history.seen, seen), (*history.done, action), moved * observation[(*action, slice(None), *seen)])
        for seen in product(*(range(count) for count in game.n_observations))
    ]
    return [child for child in found if child.weight.sum() > 0]


def joint_actions(game: Game) -> list[tuple[int, ...]]:
    return list(product(*(range(count) for count in game.n_actions)))


def split(sharing: str, history: History, n_agents: int) -> tuple[Common, Private]:
    """Return (common information, private informations): per agent, its (observations, actions)."""
    name, _, text = sharing.partition(":")
    late, h = int(text or 0), len(history.seen)
    common, private = [], []
    for i in range(n_agents):
        seen = [None if joint is None else joint[i] for joint in history.seen]
        done = [joint[i] for joint in history.done]
        # How many of the observations and of the actions are common, and whether the other actions are kept.
        shared_o, shared_a, keeps = {
            "full": (h, h - 1, True),
            "one-step-delay": (h - 1, h - 1, True),
            "one-directional": (h if i == 0 else h - 1, h - 1, True),
            "controller": (h, h - 1, True) if i == 0 else (h - late, 0, False),
            "uncontrolled": (h - late, 0, False),
            "delay": (h - late, h - late, True),
            "none": (0, 0, True),
        }[name]
        shared_o, shared_a = max(shared_o, 0), max(shared_a, 0)
        common.append((without_none(seen[:shared_o]), tuple(done[:shared_a])))
        private.append((without_none(seen[shared_o:]), tuple(done[shared_a:]) if keeps else ()))
    return tuple(common), tuple(private)


def without_none(values: list[int | None]) -> tuple[int, ...]:
    return tuple(value for value in values if value is not None)


def data(labels: tuple[Hashable, ...]) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Return the package's labels (named tuples) in the form that `split` uses."""
    return tuple((tuple(own.observations), tuple(own.actions)) for own in labels)


def joined(increments: tuple[tuple[Hashable, ...], ...]) -> Common:
    """Return what the joint increments of a common history add up to, in the form that `split` uses."""
    return tuple(
        (sum((z.observations for z in own), ()), sum((z.actions for z in own), ()))
        for own in zip(*increments, strict=True)
    )


def grouped(sharing: str, histories: list[History], n_agents: int) -> dict[Common, dict[Private, np.ndarray]]:
    """Return the weight of each state by common information and private profile."""
    found: dict[Common, dict[Private, np.ndarray]] = defaultdict(dict)
    for history in histories:
        common, private = split(sharing, history, n_agents)
        found[common][private] = found[common].get(private, 0) + history.weight
    return found
