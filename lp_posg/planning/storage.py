"""Solutions on disk: one ``.npz`` of plain arrays and one JSON text; nothing is ever unpickled."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import FormatError, LpPosgError, ModelError
from lp_posg.evaluate import Certificate, Deviation
from lp_posg.files import read_arrays, write_arrays
from lp_posg.game import GAME_FORMAT, SOLUTION_FORMAT, Game, game_arrays, game_from_arrays, game_labels
from lp_posg.information import Policy, PolicyBlock, PolicyStep, check_horizon
from lp_posg.planning.solution import Labels, Solution, Stats
from lp_posg.planning.stored_parts import check_stored
from lp_posg.stage import OWN, concept_named, parse_objective
from lp_posg.version import __version__

MAX_BYTES = 1 << 34
"""Most bytes that the arrays of a solution may take."""

FORMAT = SOLUTION_FORMAT
FORMAT_VERSION = 2


def save_solution(solution: Solution, path: str | PathLike[str]) -> None:
    """Write `solution` to `path` in one move; on failure nothing is left behind.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    arrays = {"meta": np.array(json.dumps(_meta(solution), ensure_ascii=False))}
    arrays |= game_arrays(solution.game, "game.")
    arrays |= _policy_arrays(solution)
    write_arrays(path, arrays)


def load_solution(path: str | PathLike[str]) -> Solution:
    """Return the solution stored at `path`.

    Raises
    ------
    FormatError
        If the file cannot be read, is not a solution of this format, or is damaged.
    """
    arrays = read_arrays(path, MAX_BYTES, "expected one that `Solution.save` wrote")
    try:
        meta = json.loads(str(arrays["meta"]))
        if meta["format"] == GAME_FORMAT:
            raise FormatError(
                f"{path}: found a game, expected a stored solution; solve it (`lp-posg solve {path} --save OUT.npz`),"
                " or load it with `lp_posg.load`",
                path=str(path),
                line=None,
            )
        if meta["format"] != FORMAT or meta["format_version"] != FORMAT_VERSION:
            raise FormatError(
                f"{path}: found format {meta['format']!r} version {meta['format_version']}, expected {FORMAT!r}"
                f" version {FORMAT_VERSION}; solve the game again with this version ({__version__})",
                path=str(path),
                line=None,
            )
        return _solution(meta, arrays)
    except LpPosgError as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: the stored solution is damaged: {' '.join(str(error).split())[:800]}", path=str(path), line=None
        ) from None
    except MemoryError:
        raise FormatError(
            f"{path}: the stored solution does not fit into memory; use a larger machine", path=str(path), line=None
        ) from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        found = " ".join(f"{type(error).__name__}: {error}".split())[:800]
        raise FormatError(
            f"{path}: not a stored solution, or damaged: {found}; solve the game again",
            path=str(path),
            line=None,
        ) from None


def _meta(solution: Solution) -> dict[str, Any]:
    game, certificate = solution.game, solution.certificate
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "version": __version__,
        "game": game_labels(game),
        "options": {
            key: getattr(solution, key)
            for key in ("horizon", "sharing", "concept", "objective", "compression", "tolerance")
        },
        "labels": {"private": solution.labels.private, "increments": solution.labels.increments},
        "stats": {
            "states": solution.stats.states,
            "stage_lps": solution.stats.stage_lps,
            "closed": solution.stats.closed,
            "seconds": solution.stats.seconds,
            "phases": dict(solution.stats.phases),
            "states_by_depth": solution.stats.states_by_depth,
            "methods": dict(solution.stats.methods),
        },
        "certificate": {
            "status": certificate.status,
            "deviations": certificate.deviations,
            "deviation": None if certificate.deviation is None else vars(certificate.deviation),
            "merge_error": certificate.merge_error,
            "states": certificate.states,
        },
        "n_blocks": [len(step.blocks) for step in solution.policy.steps],
        "n_nodes": [step.n_nodes for step in solution.policy.steps],
    }


def _policy_arrays(solution: Solution) -> dict[str, Any]:
    policy, certificate = solution.policy, solution.certificate
    arrays = {
        "values": solution.values,
        "model_values": solution.model_values,
        "certificate.gaps": certificate.gaps,
        "certificate.values": certificate.values,
        **({} if certificate.found_gains is None else {"certificate.found_gains": certificate.found_gains}),
        "start.increment": policy.start_increment,
        "start.node": policy.start_node,
    }
    for h, step in enumerate(policy.steps):
        arrays[f"node_values.{h}"] = solution.node_values[h]
        for part in ("parent", "increment", "child"):
            arrays[f"step.{h}.{part}"] = getattr(step, part)
        for b, block in enumerate(step.blocks):
            arrays |= {f"step.{h}.block.{b}.{key}": part for key, part in block.arrays().items()}
    return arrays


def _solution(meta: Mapping[str, Any], arrays: Mapping[str, Any]) -> Solution:
    game = game_from_arrays(meta["game"], arrays, "game.")
    check_stored(meta, arrays, game.n_actions)
    stats, certificate, options = meta["stats"], meta["certificate"], meta["options"]
    policy = Policy(
        options["sharing"],
        arrays["start.increment"],
        arrays["start.node"],
        tuple(_step(meta, arrays, h, game.n_agents) for h in range(options["horizon"])),
    )
    policy.check(game.n_actions)
    _check_options(options, game)
    _check_numbers(arrays, policy, game.n_agents)
    deviation = certificate["deviation"]
    return Solution(
        game=game,
        values=arrays["values"],
        model_values=arrays["model_values"],
        policy=policy,
        node_values=tuple(arrays[f"node_values.{h}"] for h in range(options["horizon"])),
        labels=Labels(_tuples(meta["labels"]["private"]), _tuples(meta["labels"]["increments"])),
        stats=Stats(**(stats | {"states_by_depth": tuple(stats["states_by_depth"])})),
        certificate=Certificate(
            certificate["status"],
            certificate["deviations"],
            arrays["certificate.gaps"],
            arrays["certificate.values"],
            None if deviation is None else Deviation(**deviation),
            certificate["merge_error"],
            certificate["states"],
            found_gains=arrays.get("certificate.found_gains"),
        ),
        **options,
    )


def _check_options(options: Mapping[str, Any], game: Game) -> None:
    """Raise ModelError unless the stored options are ones that `solve` takes."""
    check_horizon(game, options["horizon"])
    concept_named(options["concept"])
    if not str(options["objective"]).startswith(OWN):
        parse_objective(options["objective"], game.agents)
    names = (options["sharing"], options["compression"])
    is_text = all(isinstance(name, str) for name in names)
    if not is_text or not isinstance(options["tolerance"], float) or not math.isfinite(options["tolerance"]):
        raise ModelError("sharing, compression or tolerance is not what it has to be")


def _check_numbers(arrays: Mapping[str, Any], policy: Policy, n_agents: int) -> None:
    """Raise ModelError unless values and gaps are finite numbers, one per agent (and state)."""
    shapes: dict[str, tuple[int, ...]]
    shapes = dict.fromkeys(("values", "model_values", "certificate.gaps", "certificate.values"), (n_agents,))
    shapes |= {key: (n_agents,) for key in ("certificate.found_gains",) if key in arrays}
    shapes |= {f"node_values.{h}": (step.n_nodes, n_agents) for h, step in enumerate(policy.steps)}
    for key, shape in shapes.items():
        if arrays[key].dtype != np.float64 or arrays[key].shape != shape or not np.isfinite(arrays[key]).all():
            raise ModelError(f"{key} is not an array of finite numbers of shape {shape}")


def _step(meta: Mapping[str, Any], arrays: Mapping[str, Any], h: int, n_agents: int) -> PolicyStep:
    places = (f"step.{h}.block.{b}." for b in range(meta["n_blocks"][h]))
    blocks = tuple(PolicyBlock.from_arrays(arrays, n_agents, place) for place in places)
    parts = (arrays[f"step.{h}.{part}"] for part in ("parent", "increment", "child"))
    return PolicyStep(meta["n_nodes"][h], blocks, *parts)


def _tuples(nested: Any) -> Any:
    return tuple(_tuples(part) for part in nested) if isinstance(nested, list) else nested
