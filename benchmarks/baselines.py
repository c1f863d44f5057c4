"""What a team is worth without sharing and without memory: open-loop plans and memoryless strategies.

Both are worth at most what a team without sharing is worth whose agents remember all they saw and did,
and so at most what it is worth under any rule of sharing:

    open-loop    a fixed sequence of joint actions, whatever is seen
    memoryless   each agent's action depends on its newest observation and the step; deterministic

`exact`: all strategies of the kind are covered (`exact_search.py`). `local search`: the value is
right, but a better strategy may exist (`local_search.py`). Values are exact up to rounding (1e-12
of the largest value).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

import lp_posg as posg
from benchmarks.exact_search import exact_search
from benchmarks.local_search import local_search
from benchmarks.memoryless import Problem, Rules, evaluate, memoryless_problem, open_loop_problem

GAMES = ("dectiger", "box-pushing")
HORIZONS = (3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Baseline:
    """The best strategy of its kind that was found.

    Attributes
    ----------
    name : {"open-loop", "memoryless"}
    value : float
        Expected discounted sum of the common reward.
    kind : {"exact", "local search"}
        ``exact``: no strategy of this kind is worth more.
    seconds : float
        Of its search; a memoryless one starts from the open-loop plan, which is not counted again.
    rules : Rules
        For an open-loop plan those of one agent whose actions are the joint actions.
    """

    name: Literal["open-loop", "memoryless"]
    value: float
    kind: Literal["exact", "local search"]
    seconds: float
    rules: Rules


def best_open_loop(game: posg.Game, horizon: int, *, seed: int = 0) -> Baseline:
    """Return the best fixed sequence of joint actions of a common-reward game."""
    return _best("open-loop", open_loop_problem(game, horizon), [], seed)


def best_memoryless(game: posg.Game, horizon: int, *, seed: int = 0) -> Baseline:
    """Return the best deterministic strategy whose actions depend on the newest own observation and the step.

    It is never worth less than the best open-loop plan found, which is among the starts of the search.
    """
    plan = best_open_loop(game, horizon, seed=seed)
    problem = memoryless_problem(game, horizon)
    actions = [np.unravel_index(int(own[0]), game.n_actions) for (own,) in plan.rules]
    constant = tuple(
        tuple(np.full(count, a) for a, count in zip(joint, problem.n_observations, strict=True)) for joint in actions
    )
    return _best("memoryless", problem, [constant], seed)


def _best(name: Literal["open-loop", "memoryless"], problem: Problem, known: Sequence[Rules], seed: int) -> Baseline:
    begun = time.perf_counter()
    rules = local_search(problem, known, seed)
    better, complete = exact_search(problem, evaluate(problem, rules))
    if better is not None:
        rules = better
    kind: Literal["exact", "local search"] = "exact" if complete else "local search"
    return Baseline(name, evaluate(problem, rules), kind, time.perf_counter() - begun, rules)


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return both baselines of each game and horizon, at discount 1."""
    found: list[dict[str, Any]] = []
    for name in GAMES:
        game = posg.catalog(name).with_discount(1.0)
        for horizon in HORIZONS[:2] if quick else HORIZONS:
            pair = (best_open_loop(game, horizon), best_memoryless(game, horizon))
            found += [
                {
                    "game": name,
                    "H": horizon,
                    "baseline": own.name,
                    "value": own.value,
                    "kind": own.kind,
                    "seconds": own.seconds,
                }
                for own in pair
            ]
    return found
