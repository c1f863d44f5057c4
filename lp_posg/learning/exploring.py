"""Rounds of exploration: the episodes that are played, and the model that they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lp_posg.information.resources import Resources
from lp_posg.information.tables import tables_digest
from lp_posg.learning.actors import ExplorationPlan, Explorer
from lp_posg.learning.counted_model import ARC_BYTES, LearntModel
from lp_posg.learning.counting import estimate
from lp_posg.learning.environments import Episodes, played
from lp_posg.learning.learn_options import LearnOptions
from lp_posg.learning.spanner import spanner_bytes, spanner_plans

UNIFORM_SHARE = 0.25
"""Least share of a round's episodes in which all actions are drawn uniformly."""


def explored(options: LearnOptions, number: int, model: LearntModel | None) -> tuple[list[Episodes], int]:
    """Return one round of episodes, one batch per plan, and how many plans there were.

    Each round draws from a separate stream, so that a resumed run goes on as it would have.
    """
    rules = tables_digest(options.frame.tables)
    kept = None if options.store is None else options.store.load(f"round-{number}", rules)
    if kept is not None:
        return _unpacked(kept), int(kept["plans"])
    rng = np.random.default_rng([options.seed, 0, number])
    plans: list[ExplorationPlan] = []
    if model is not None and options.exploration == "spanner":
        _check_memory(options, "explore", model, spanner_bytes(model))
        plans = spanner_plans(model)
    uniform = int(np.ceil(options.episodes * max(UNIFORM_SHARE, 1 / (1 + len(plans)))))
    sizes = [uniform, *map(len, np.array_split(np.arange(options.episodes - uniform), max(1, len(plans))))]
    explorers = [Explorer(options.frame), *(Explorer(options.frame, plan) for plan in plans)]
    batches = [
        played(options.environment, explorer, size, options.frame.horizon, rng)
        for explorer, size in zip(explorers, sizes, strict=False)
        if size
    ]
    if options.store is not None:
        options.store.save(f"round-{number}", rules, _packed(batches) | {"plans": np.array(len(explorers))})
    return batches, len(explorers)


def estimated(options: LearnOptions, batches: list[Episodes]) -> LearntModel:
    """Return the model that episodes give, if there is memory to plan in it."""
    model = estimate(options.frame, batches, options.discount)
    _check_memory(options, "plan", model, ARC_BYTES * model.n_arcs)
    return model


def _check_memory(options: LearnOptions, phase: str, model: LearntModel, more: int) -> None:
    limits = Resources(memory_limit=options.memory_limit)
    limits.check_memory(phase, options.frame.horizon - 1, model.sizes, more)


def _packed(batches: list[Episodes]) -> dict[str, Any]:
    """Return a round's episodes as plain arrays."""
    parts = {f"{b}.{key}": value for b, batch in enumerate(batches) for key, value in vars(batch).items()}
    return {key: value for key, value in parts.items() if value is not None} | {"batches": np.array(len(batches))}


def _unpacked(kept: Mapping[str, Any]) -> list[Episodes]:
    """Return the episodes from the arrays of `_packed`."""
    batches = []
    for b in range(int(kept["batches"])):
        actions, observations, rewards = (kept[f"{b}.{name}"] for name in ("actions", "observations", "rewards"))
        batches.append(Episodes(kept.get(f"{b}.first"), actions, observations, rewards))
    return batches
