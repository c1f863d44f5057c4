"""Solutions over information sets on disk: of POSGs in sequence form, and of game trees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game import Game, game_arrays, game_from_arrays, game_labels
from lp_posg.information import check_horizon
from lp_posg.information.tracking import tables_of
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.planning.solution import Result
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.storage import Given, common_parts, stored_sharing, write_solution
from lp_posg.planning.stored_parts import check_finite, check_index
from lp_posg.planning.stored_states import packed_plan
from lp_posg.trees import InformationSet, Tree
from lp_posg.trees.sequence.histories import HistoryTree
from lp_posg.types import PROB_TOL, FloatArray

HISTORIES, TREE = "histories", "tree"

_SETS = ("owner", "first", "atom_prob", "behaviour", "own_reach", "reach")
_NODES = ("parent", "owner", "information", "outcome")
_HISTORY = ("start", "first", "parent", "increment", "private")

Packed = tuple[str, dict[str, Any], dict[str, Any]]
"""The form, a JSON-ready object and arrays: what is stored beside what all solutions over information sets have."""


def save_sets(
    solution: Result, sets: SetStrategy, stakes: FloatArray, packed: Packed, path: str | PathLike[str]
) -> None:
    """Write a solution over information sets to `path` in one move; on failure nothing is left behind.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    form, meta, arrays = packed
    own = {f"sets.{name}": getattr(sets, name) for name in _SETS} | {"stakes": stakes}
    write_solution(solution, form, meta, own | arrays, path)


def packed_histories(game: Game, trees: tuple[HistoryTree, HistoryTree]) -> Packed:
    """Return what a solution over private histories has beside its strategies."""
    arrays = {f"trees.{i}.{name}": getattr(tree, name) for i, tree in enumerate(trees) for name in _HISTORY}
    return HISTORIES, {"game": game_labels(game)}, game_arrays(game, "game.") | arrays


def packed_tree(game: Tree, plan: StatePlan | None) -> Packed:
    """Return what a solution of a game tree has beside its strategies."""
    meta: dict[str, Any] = {
        "tree": {
            "name": game.name,
            "agents": game.agents,
            "sets": [[info.agent, info.label, info.actions] for info in game.sets],
            "probability": [str(share) for share in game.probability],
            "outcomes": [[str(paid) for paid in row] for row in game.outcomes],
            "labels": game.labels,
        }
    }
    arrays = {f"tree.{name}": getattr(game, name) for name in _NODES}
    if plan is not None:
        plan_meta, plan_arrays = packed_plan(plan)
        meta["plan"] = plan_meta
        arrays |= {f"plan.{name}": array for name, array in plan_arrays.items()}
    return TREE, meta, arrays


def history_parts(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return the fields of a solution over private histories.

    Raises
    ------
    ModelError
        If a part is not what it has to be, or the sharing rule is not built in and not given.
    """
    game = game_from_arrays(meta["game"], arrays, "game.")
    horizon = check_horizon(game, meta["options"]["horizon"])
    sharing = stored_sharing(meta["options"]["sharing"], given, game)
    tables = tables_of(game, sharing, horizon)
    trees = []
    for i in range(2):
        parts = {name: arrays[f"trees.{i}.{name}"] for name in _HISTORY}
        n_sets = len(parts["parent"])
        for name, size in (("start", n_sets + 1), ("first", n_sets * game.n_actions[i] + 1)):
            check_index(arrays, f"trees.{i}.{name}", 1, size)
        check_index({"parent": parts["parent"] + 1}, "parent", 1, n_sets * game.n_actions[i] + 1)
        trees.append(HistoryTree(**parts))
        _check_history_tree(trees[-1], tables, i, game.n_actions[i])
    n_sequences = sum(tree.n_sequences for tree in trees)
    owner = np.repeat([0, 1], [tree.n_sets for tree in trees])
    return _set_parts(meta, arrays, game.agents, given, owner, n_sequences) | {
        "game": game,
        "horizon": horizon,
        "sharing": sharing,
        "trees": tuple(trees),
        "tables": tables,
    }


def _check_history_tree(tree: HistoryTree, tables: tuple[Any, ...], agent: int, n_actions: int) -> None:
    """Raise ModelError unless a stored tree is one of these tables: its indices within range, parents a step before."""
    right = tree.n_depths == len(tables) and tree.start[0] == 0 and tree.start[-1] == tree.n_sets
    right = right and (np.diff(tree.start) >= 1).all()
    right = right and np.array_equal(tree.first, n_actions * np.arange(tree.n_sets + 1))
    for time, table in enumerate(tables if right else ()):
        sets = tree.sets_at(time)
        news, known = tree.increment[sets], tree.private[sets]
        right = right and news.min() >= 0 and news.max() < np.prod(table.n_increments)
        right = right and known.min() >= 0 and known.max() < table.n_next[agent]
        before = tree.sequences_at(time - 1) if time else slice(-1, 0)
        parent = tree.parent[sets]
        right = right and parent.min() >= before.start and parent.max() < before.stop
    if not right:
        raise ModelError("the information sets are not those of the game and its rule")


def tree_parts(meta: Mapping[str, Any], arrays: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return the fields of a solution of a game tree, but for its plan.

    Raises
    ------
    ModelError
        If a part is not what it has to be.
    """
    stored = meta["tree"]
    n_nodes = len(stored["labels"])
    for name in _NODES:
        check_index({name: arrays[f"tree.{name}"] + 2}, name, 1, n_nodes + len(stored["sets"]) + 2)
    game = Tree(
        name=str(stored["name"]),
        agents=_texts(stored["agents"]),
        sets=tuple(InformationSet(int(agent), str(label), _texts(actions)) for agent, label, actions in stored["sets"]),
        probability=tuple(map(_fraction, stored["probability"])),
        outcomes=tuple(tuple(map(_fraction, row)) for row in stored["outcomes"]),
        labels=_texts(stored["labels"]),
        **{name: arrays[f"tree.{name}"] for name in _NODES},
    )
    owner = np.array([info.agent for info in game.sets], dtype=np.int64)
    n_sequences = sum(len(info.actions) for info in game.sets)
    return _set_parts(meta, arrays, game.agents, given, owner, n_sequences) | {
        "game": game,
        "horizon": None,
        "sharing": None,
    }


def _set_parts(
    meta: Mapping[str, Any],
    arrays: Mapping[str, Any],
    agents: tuple[str, ...],
    given: Given,
    owner: Any,
    n_sequences: int,
) -> dict[str, Any]:
    """Return what all solutions over information sets have, checked."""
    common = common_parts(meta, arrays, agents, given)
    n_atoms, n_sets = len(arrays["sets.atom_prob"]), len(owner)
    check_index(arrays, "sets.first", 1, n_sequences + 1)
    shapes = {"atom_prob": (n_atoms,), "behaviour": (n_atoms, n_sequences)}
    shapes |= dict.fromkeys(("own_reach", "reach"), (n_atoms, n_sets))
    check_finite(arrays, {f"sets.{name}": shape for name, shape in shapes.items()} | {"stakes": (len(agents),)})
    sets = SetStrategy(**{name: arrays[f"sets.{name}"] for name in _SETS})
    first = sets.first
    right = len(first) == n_sets + 1 and np.array_equal(sets.owner, owner) and first[0] == 0
    right = right and first[-1] == n_sequences and (np.diff(first) >= 1).all()
    if not right:
        raise ModelError("the information sets are not those of the game")
    totals = np.add.reduceat(sets.behaviour, first[:-1], axis=1) if n_sets else np.ones((n_atoms, 0))
    misses = [np.abs(totals - 1).max(initial=0.0), abs(sets.atom_prob.sum() - 1)]
    if max(misses) > PROB_TOL or min(sets.behaviour.min(initial=0.0), sets.atom_prob.min()) < 0:
        raise ModelError("probabilities of the strategy are negative or do not sum to 1")
    return vars(common) | {"sets": sets, "stakes": arrays["stakes"]}


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ModelError("labels are no texts")
    return tuple(values)


def _fraction(text: Any) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,4000}(/\d{1,4000})?", text, flags=re.ASCII):
        raise ModelError("a number of the tree is no fraction")
    return Fraction(text)
