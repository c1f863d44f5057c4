"""Solutions over common-information states on disk."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from lp_posg.game import game_arrays, game_from_arrays, game_labels
from lp_posg.information import Policy, PolicyBlock, PolicyStep, check_horizon
from lp_posg.planning.state_plan import Labels, StatePlan
from lp_posg.planning.storage import (
    Given,
    certificate_arrays,
    common_meta,
    common_parts,
    stored_compression,
    stored_sharing,
    write_solution,
)
from lp_posg.planning.stored_parts import check_finite, check_stored

FORM = "states"


def save_plan(plan: StatePlan, path: str | PathLike[str]) -> None:
    """Write a plan to `path` in one move; on failure nothing is left behind.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    write_solution(plan, FORM, _meta(plan), _arrays(plan), path)


def packed_plan(plan: StatePlan) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a plan as a JSON-ready object and arrays, for a place in a larger file."""
    return common_meta(plan) | _meta(plan), certificate_arrays(plan.certificate) | _arrays(plan)


def _meta(plan: StatePlan) -> dict[str, Any]:
    return {
        "game": game_labels(plan.game),
        "labels": {"private": plan.labels.private, "increments": plan.labels.increments},
        "n_blocks": [len(step.blocks) for step in plan.policy.steps],
        "n_nodes": [step.n_nodes for step in plan.policy.steps],
    }


def _arrays(plan: StatePlan) -> dict[str, Any]:
    policy = plan.policy
    arrays = game_arrays(plan.game, "game.") | {
        "model_values": plan.model_values,
        "start.increment": policy.start_increment,
        "start.node": policy.start_node,
    }
    for h, step in enumerate(policy.steps):
        arrays[f"node_values.{h}"] = plan.node_values[h]
        for part in ("parent", "increment", "child"):
            arrays[f"step.{h}.{part}"] = getattr(step, part)
        for b, block in enumerate(step.blocks):
            arrays |= {f"step.{h}.block.{b}.{name}": array for name, array in block.arrays().items()}
    return arrays


def plan_parts(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return the fields of the plan that `save_plan` or `packed_plan` took apart.

    Raises
    ------
    ModelError
        If a part is not what it has to be.
    """
    game = game_from_arrays(meta["game"], arrays, "game.")
    check_stored(meta, arrays, game.n_actions)
    options, n = meta["options"], game.n_agents
    horizon = check_horizon(game, options["horizon"])
    steps = tuple(_step(meta, arrays, h, n) for h in range(horizon))
    policy = Policy(options["sharing"], arrays["start.increment"], arrays["start.node"], steps)
    policy.check(game.n_actions)
    common = common_parts(meta, arrays, game.agents, given)
    sizes = {f"node_values.{h}": (step.n_nodes, n) for h, step in enumerate(steps)}
    check_finite(arrays, {"model_values": (n,), **sizes})
    return vars(common) | {
        "game": game,
        "horizon": horizon,
        "sharing": stored_sharing(options["sharing"], given, game),
        "compression": stored_compression(options["compression"], given),
        "values": common.certificate.values,
        "model_values": arrays["model_values"],
        "policy": policy,
        "node_values": tuple(arrays[name] for name in sizes),
        "labels": Labels(_tuples(meta["labels"]["private"]), _tuples(meta["labels"]["increments"])),
    }


def _step(meta: Mapping[str, Any], arrays: Mapping[str, Any], h: int, n_agents: int) -> PolicyStep:
    blocks = []
    for b in range(meta["n_blocks"][h]):
        at = f"step.{h}.block.{b}."
        blocks.append(PolicyBlock.from_arrays(arrays, n_agents, at))
    parts = (arrays[f"step.{h}.{part}"] for part in ("parent", "increment", "child"))
    return PolicyStep(meta["n_nodes"][h], tuple(blocks), *parts)


def _tuples(nested: Any) -> Any:
    return tuple(_tuples(part) for part in nested) if isinstance(nested, list) else nested
