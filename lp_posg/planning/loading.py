"""Stored solutions, read back as solutions of their kind, and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import ModelError, OptionError
from lp_posg.evaluate import Kind, kind_named
from lp_posg.files import path_of
from lp_posg.game import Game, checked_tolerance, game_from_arrays
from lp_posg.information import (
    Compression,
    CompressionRule,
    Policy,
    SharingStructure,
    check_horizon,
    compression_named,
    sharing_structure,
)
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import tables_of
from lp_posg.planning.history_solution import HistorySolution
from lp_posg.planning.packing import NAMED, Unknown, Unpacker, expect, read_fraction, shown
from lp_posg.planning.promises import promised_names
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.planning.solution import Solution
from lp_posg.planning.state_plan import Labels, StatePlan
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.storage import opened_solution
from lp_posg.planning.tree_solution import TreeSolution
from lp_posg.stage import CONCEPTS, OWN, Concept, Objective, concept_named, parse_objective
from lp_posg.trees.sequence.histories import HistoryTree
from lp_posg.types import PROB_TOL, IntArray

Parts = dict[str, Any]

FORMS: dict[str, type[StatePlan | HistorySolution | TreeSolution]] = {
    kind.form: kind for kind in (StateSolution, HistorySolution, TreeSolution)
}


def load_solution(
    path: str | PathLike[str],
    *,
    sharing: SharingStructure | None = None,
    concept: Concept | None = None,
    objective: Callable[[Any], Any] | None = None,
    compression: Compression | CompressionRule | None = None,
) -> Solution:
    """Return the solution stored at `path`.

    Parameters
    ----------
    path : path
    sharing, concept, objective, compression : optional
        The user's own objects that it was computed with, which the file can only name.

    Raises
    ------
    FormatError
        If the file cannot be read, is not a solution of this format, or is damaged.
    OptionError
        If an object is given that it was not computed with, or that is not what it has to be.
    """
    path = path_of(path, "stored solution")
    given = {"sharing": sharing, "concept": concept, "objective": objective, "compression": compression}
    with opened_solution(path) as (meta, stored):
        form = meta["form"]
        if form not in FORMS:
            raise ModelError(f"there is no form {shown(form)} of a solution")
        kind = FORMS[form]
        stored.check_names(promised_names(kind, meta["solution"], stored.promises))
        solution: Solution = _solution(kind, meta["solution"], "", stored.all(), given)
        return solution


def _solution(kind: type[Any], stored: Any, at: str, arrays: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Return a solution, or the plan that is a part of one."""
    readers: dict[Any, Callable[[Any, str], Any]] = dict.fromkeys(NAMED, lambda name, at: name)
    readers |= {
        Fraction: read_fraction,
        Game: lambda labels, at: game_from_arrays(labels, arrays, f"{at}."),
        Kind: lambda name, at: _kind(name, stored["concept"], given["concept"]),
        StatePlan: lambda stored, at: _solution(StatePlan, stored, at, arrays, given),
    }
    parts = Unpacker(arrays, readers).fields(kind, stored, at)
    game, certificate = parts["game"], parts["certificate"]
    checked_tolerance(parts["tolerance"])
    parts["concept"] = _named("concept", parts, given, concept_named, deviations=certificate.kind)
    parts["objective"] = _objective(parts, given)
    if isinstance(game, Game):
        check_horizon(game, parts["horizon"])
        parts["sharing"] = _named("sharing", parts, given, lambda rule: sharing_structure(rule, game.n_agents))
    if issubclass(kind, StatePlan):
        parts["compression"] = _named("compression", parts, given, compression_named)
        _check_plan(parts)
    elif kind is HistorySolution:
        parts["tables"] = _checked_tables(parts)
    else:
        owner = np.array([info.agent for info in game.sets], dtype=np.int64)
        _check_sets(parts, owner, sum(len(info.actions) for info in game.sets))
    return kind(**parts)


# ---- a user's own objects --------------------------------------------------------------------------


def _named(what: str, parts: Parts, given: Mapping[str, Any], made: Callable[[Any], Any], **known: Any) -> Any:
    """Return the object of a stored name: the one given, a built-in one, or a stand-in."""
    name, use = parts[what], given[what]
    expect(isinstance(name, str), what, "a name")
    if use is not None:
        use = _argument(what, use, made)
        if getattr(use, "name", None) != name:
            raise OptionError(
                f"the solution was computed with {shown(name)}, not with {shown(getattr(use, 'name', use))}"
            )
        return use
    try:
        return made(name)
    except ModelError:
        return Unknown(what, name, **known)


def _argument(what: str, use: Any, made: Callable[[Any], Any]) -> Any:
    """Return the user's own object, checked: what is wrong with it is no damage of the file."""
    try:
        return made(use)
    except ModelError as error:
        raise OptionError(f"argument {what} of load: {error}") from error


def _objective(parts: Parts, given: Mapping[str, Any]) -> Objective:
    name = parts["objective"]
    if given["objective"] is None and isinstance(name, str) and name.startswith(OWN):
        return Objective(name, None)
    selection = _named("objective", parts, given, lambda value: parse_objective(value, parts["game"].agents))
    if not isinstance(selection, Objective):
        raise ModelError(f"there is no objective {shown(name)}")
    return selection


def _kind(name: Any, of: Any, concept: Concept | None) -> Kind:
    """Return the kind of deviation of a name; `of` is the name of the solution's concept."""
    expect(isinstance(name, str), "certificate.kind", "a name")
    given = None if concept is None else _argument("concept", concept, concept_named)
    if given is not None and given.deviations.name == name:
        kind: Kind = given.deviations
        return kind
    try:
        return kind_named(name)
    except ModelError:
        expect(of not in CONCEPTS, "certificate.kind", "a kind of deviation that is built in, as the concept is")
        raise OptionError(
            f"the solution withstands deviations of kind {shown(name)}, which is not built in; pass the concept:"
            " load(path, concept=...)"
        ) from None


# ---- ranges ----------------------------------------------------------------------------------------


def _check_index(at: str, array: IntArray, n_axes: int, size: int) -> None:
    """Raise ModelError unless an array holds whole numbers from 0 to `size` - 1."""
    is_right = array.ndim == n_axes and (array.size == 0 or 0 <= array.min() <= array.max() < size)
    expect(is_right, at, f"numbers on {n_axes} axes, from 0 to below {size}")


def _check_plan(parts: Parts) -> None:
    """Raise ModelError unless the parts of a plan over states fit together; `promised_names` has seen their shapes."""
    game, policy = parts["game"], parts["policy"]
    expect(policy.sharing == parts["sharing"].name, "policy.sharing", "the sharing of the solution")
    _check_indices(policy, parts["labels"])
    policy.check(game.n_actions)


def _check_indices(policy: Policy, labels: Labels) -> None:
    """Raise ModelError unless all indices are in their ranges; what else `Policy.check` asks for it checks itself."""
    n_news = [*(prod(map(len, words)) for words in labels.increments), 0]
    n_nodes = [*(step.n_nodes for step in policy.steps), 0]
    _check_index("policy.start_increment", policy.start_increment, 1, n_news[0])
    _check_index("policy.start_node", policy.start_node, 1, n_nodes[0])
    for h, step in enumerate(policy.steps):
        at = f"policy.steps.{h}"
        expect(step.blocks, f"{at}.blocks", "at least one")
        for part, size in (("parent", n_nodes[h]), ("increment", n_news[h + 1]), ("child", n_nodes[h + 1])):
            _check_index(f"{at}.{part}", getattr(step, part), 1, size)
        for b, block in enumerate(step.blocks):
            where = f"{at}.blocks.{b}"
            expect(block.atom_prob.ndim == 1, f"{where}.atom_prob", "probabilities that sum to 1")
            _check_index(f"{where}.atom_start", block.atom_start, 1, len(block.atom_prob) + 1)
            _check_index(f"{where}.nodes", block.nodes, 1, n_nodes[h])
            expect((np.diff(block.nodes) > 0).all(), f"{where}.nodes", "states in order, each once")
            expect(len(block.private) == len(block.prescription) == len(labels.private[h]), where, "all agents")
            for i, (rows, words) in enumerate(zip(block.private, labels.private[h], strict=True)):
                _check_index(f"{where}.private.{i}", rows, 2, len(words))
                in_order = (np.diff(rows, axis=1) > 0).all()
                expect(in_order, f"{where}.private.{i}", "private informations in order, each once")


def _checked_tables(parts: Parts) -> tuple[SplitTable, ...]:
    """Return what the indices of a solution over private histories stand for; errors as of `_check_plan`."""
    game, trees, n_actions = parts["game"], parts["trees"], parts["game"].n_actions
    expect(game.n_agents == 2, "game", "a game of two agents")
    tables = tables_of(game, parts["sharing"], parts["horizon"])
    for i, tree in enumerate(trees):
        n_sets, n_sequences = len(tree.parent), len(tree.parent) * n_actions[i]
        for name, array, size in (
            ("start", tree.start, n_sets + 1),
            ("first", tree.first, n_sequences + 1),
            ("parent", tree.parent + 1, n_sequences + 1),
            ("increment", tree.increment, 2**63),
            ("private", tree.private, 2**63),
        ):
            _check_index(f"trees.{i}.{name}", array, 1, size)
        _check_history_tree(tree, tables, i, n_actions[i])
    owner = np.repeat([0, 1], [tree.n_sets for tree in trees])
    _check_sets(parts, owner, sum(tree.n_sequences for tree in trees))
    return tables


def _check_history_tree(tree: HistoryTree, tables: tuple[SplitTable, ...], agent: int, n_actions: int) -> None:
    """Raise ModelError unless a stored tree is one of these tables: its indices within range, parents a step before."""
    right = tree.n_depths == len(tables) and tree.start[0] == 0 and tree.start[-1] == tree.n_sets
    right = right and (np.diff(tree.start) >= 1).all()
    right = right and len(tree.increment) == len(tree.private) == tree.n_sets
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


def _check_sets(parts: Parts, owner: IntArray, n_sequences: int) -> None:
    """Raise ModelError unless strategies are those of information sets with these owners."""
    sets: SetStrategy = parts["sets"]
    first, n_sets = sets.first, len(owner)
    _check_index("sets.first", first, 1, n_sequences + 1)
    right = len(first) == n_sets + 1 and np.array_equal(sets.owner, owner) and first[0] == 0
    right = right and first[-1] == n_sequences and (np.diff(first) >= 1).all()
    if not right:
        raise ModelError("the information sets are not those of the game")
    totals = np.add.reduceat(sets.behaviour, first[:-1], axis=1) if n_sets else np.ones((1, 0))
    misses = [np.abs(totals - 1).max(initial=0.0), abs(sets.atom_prob.sum() - 1)]
    if max(misses) > PROB_TOL or min(sets.behaviour.min(initial=0.0), sets.atom_prob.min()) < 0:
        raise ModelError("probabilities of the strategy are negative or do not sum to 1")
