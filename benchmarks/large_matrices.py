"""Matrix games of many actions: the whole program beside column generation, and zero-sum games of the same size.

Seconds of CPU time, one game per seed; `columns_s` is left out where generation takes more than `DEADLINE` seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lp_posg.errors import LimitError
from lp_posg.stage import StageBlock, concept_named, parse_objective
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.semi_compact import Form

SIZES = (10, 20, 30, 38, 50, 70, 100)
QUICK = SIZES[:3]
SEEDS = 3
DEADLINE = 20.0


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return seconds by both methods, which one is chosen, and those of a zero-sum game."""
    return [
        _row(n, concept, seed)
        for concept in ("ce", "cce")
        for n in (QUICK if quick else SIZES)
        for seed in range(1 if quick else SEEDS)
    ]


def _row(n: int, concept: str, seed: int) -> dict[str, Any]:
    payoff = np.random.default_rng(seed).normal(size=(1, 2, 1, 1, n, n))
    block, goal = StageBlock(payoff, 0, np.arange(1)), parse_objective("welfare", ("a", "b"))
    solver = concept_named(concept)
    assert isinstance(solver, Correlated)
    form = Form((1, 1), (n, n), solver.kind)
    row: dict[str, Any] = {"actions": n, "concept": concept, "seed": seed, "nonzeros": form.n_nonzeros}
    row["chosen"] = "whole" if form.written_down else "columns"
    row["whole_s"] = _seconds(lambda: solver._by_program(block, goal))
    limited = replace(block, deadline=time.time() + DEADLINE)
    try:
        row["columns_s"] = _seconds(lambda: by_generation(limited, goal, form, "game {}".format))
    except LimitError:
        row["columns_s"] = None
    against = np.concatenate([payoff[:, :1], -payoff[:, :1]], axis=1)
    row["zero_sum_s"] = _seconds(lambda: solver.solve(replace(block, payoff=against), goal))
    return row


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
