"""Large correlated stage games: column generation beside the whole (semi-compact) program.

One random game per shape; `whole_s` is left out where the program would have more than a million entries.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.stage_lps import random_block
from lp_posg.stage import concept_named, parse_objective
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.semi_compact import Form

AGENTS = ("a", "b", "c", "d", "e")
SHAPES = [
    ((3, 3), (3, 3)),
    ((4, 4), (3, 3)),
    ((4, 4), (4, 4)),
    ((6, 6), (3, 3)),
    ((1, 8), (8, 8)),
    ((3, 3, 3), (3, 3, 3)),
    ((3, 3, 3, 3), (2, 2, 2, 2)),
    ((3, 3, 3, 3, 3), (2, 2, 2, 2, 2)),
    ((6, 6), (4, 4)),
    ((8, 8), (4, 4)),
    ((12, 12), (3, 3)),
]
QUICK = SHAPES[:3]
WHOLE_LIMIT = 1_000_000


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """Return seconds by both methods, how many programs column generation took, and which method is chosen."""
    return [
        _row(n_private, n_actions, concept, objective)
        for n_private, n_actions in (QUICK if quick else SHAPES)
        for concept in ("cce", "ce")
        for objective in ("welfare", "worst")
    ]


def _row(n_private: tuple[int, ...], n_actions: tuple[int, ...], concept: str, objective: str) -> dict[str, Any]:
    block = random_block(n_private, n_actions, zero_sum=False, size=1)
    solver, goal = concept_named(concept), parse_objective(objective, AGENTS[: len(n_private)])
    assert isinstance(solver, Correlated)
    form = Form(n_private, n_actions, solver.kind)
    begun = time.perf_counter()
    found = by_generation(block, goal, form, "game {}".format)
    row: dict[str, Any] = {"private": str(n_private), "actions": str(n_actions), "concept": concept, "of": objective}
    row |= {"entries": form.n_entries, "columns_s": time.perf_counter() - begun, "programs": found.n_programs}
    row |= {"atoms": len(found.atom_prob), "chosen": "whole" if form.written_down else "columns"}
    if form.n_entries <= WHOLE_LIMIT:
        begun = time.perf_counter()
        solver._by_program(block, goal)
        row["whole_s"] = time.perf_counter() - begun
    return row
