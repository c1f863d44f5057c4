"""Stored solutions judged by what the headers of their arrays promise, before anything large is unpacked.

All that the JSON text says is checked against its types, and the shape of every array against the text, the game and
the other arrays. A member that belongs to nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from types import SimpleNamespace
from typing import Any

from lp_posg.errors import ModelError
from lp_posg.files import Promise
from lp_posg.game import Game, promised_arrays
from lp_posg.planning.history_solution import HistorySolution
from lp_posg.planning.packing import NAMED, Unpacker, expect, read_fraction
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.tree_solution import TreeSolution

_MAX_NAME = 1000


@dataclass(frozen=True)
class _Promised(Unpacker):
    """Makes bare objects of the parts of a solution, with promises for arrays, and collects the names of these."""

    used: set[str] = field(default_factory=lambda: {"meta"})

    def made(self, kind: Any, parts: dict[str, Any]) -> Any:
        return SimpleNamespace(**parts)

    def array(self, dtype: Any, stored: Any, at: str) -> Any:
        promise = self.arrays[at]
        self.used.add(at)
        expect(stored == dtype.name and promise.dtype == dtype, at, f"an array of finite numbers ({dtype.name})")
        return promise


def promised_names(kind: type[Any], stored: Any, promises: Mapping[str, Promise]) -> set[str]:
    """Return the names of the members that a stored solution of this kind consists of.

    Raises
    ------
    ModelError, KeyError, TypeError, ValueError
        If a text or a shape is not what it has to be.
    """
    reader = _Promised(promises, {})

    def game(labels: Any, at: str) -> Any:
        reader.used.update(promised_arrays(labels, promises, f"{at}."))
        sizes = [len(own) for own in labels["actions"]]
        return SimpleNamespace(agents=labels["agents"], n_actions=sizes, words=labels["actions"])

    def part(kind: type[Any], stored: Any, at: str) -> Any:
        found = SimpleNamespace(**reader.fields(kind, stored, at))
        _check_solution(kind, found)
        return found

    readers: dict[Any, Any] = dict.fromkeys(NAMED, _name)
    readers |= {Fraction: read_fraction, Game: game, StatePlan: lambda stored, at: part(StatePlan, stored, at)}
    vars(reader)["readers"] = readers
    part(kind, stored, "")
    return reader.used


def _name(stored: Any, at: str) -> Any:
    right = stored is None or (isinstance(stored, str) and 0 < len(stored) <= _MAX_NAME)
    expect(right, at, f"a name of 1 to {_MAX_NAME} characters")
    return stored


def _fits(at: str, promise: Any, *shape: int) -> None:
    if promise.shape != shape:
        raise ModelError(f"{at} is not an array of finite numbers of shape {shape}, as the rest of the file says it is")


def _length(at: str, promise: Any) -> int:
    expect(len(promise.shape) == 1, at, "numbers on one axis")
    length: int = promise.shape[0]
    return length


def _check_solution(kind: type[Any], parts: Any) -> None:
    n, certificate = len(parts.game.agents), parts.certificate
    _name(parts.method, "method")
    for name in ("gaps", "values", "found_gains"):
        if name != "found_gains" or certificate.found_gains is not None:
            _fits(f"certificate.{name}", getattr(certificate, name), n)
    deviation = certificate.deviation
    if deviation is not None:
        expect(deviation.agent in (*parts.game.agents, "team"), "certificate.deviation.agent", "an agent of the game")
        horizon = parts.horizon
        expect(horizon is None or deviation.time < horizon, "certificate.deviation.time", "a step before the horizon")
    if issubclass(kind, StatePlan):
        _fits("model_values", parts.model_values, n)
        _check_plan(parts, n)
        return
    _fits("stakes", parts.stakes, n)
    if issubclass(kind, HistorySolution):
        expect(n == 2, "game", "a game of two agents")
        sizes = [_check_history(f"trees.{i}", tree) for i, tree in enumerate(parts.trees)]
        _check_sets(parts.sets, sum(sizes), sum(k * m for k, m in zip(sizes, parts.game.n_actions, strict=True)))
    elif issubclass(kind, TreeSolution):
        _check_tree(parts.game)
        _check_sets(parts.sets, len(parts.game.sets), sum(len(own.actions) for own in parts.game.sets))


def _check_plan(parts: Any, n: int) -> None:
    policy, horizon, labels = parts.policy, parts.horizon, parts.labels
    expect(len(policy.steps) == horizon >= 1, "policy.steps", f"one for each of {horizon} steps")
    expect(len(parts.node_values) == horizon, "node_values", f"one array for each of {horizon} steps")
    for key, words in vars(labels).items():
        right = [len(step) for step in words] == [n] * horizon
        expect(right, f"labels.{key}", f"texts for {horizon} steps and {n} agents")
    n_news = [prod(map(len, words)) for words in labels.increments]
    n_arcs = _length("policy.start_increment", policy.start_increment)
    expect(n_arcs <= n_news[0], "policy.start_increment", f"at most the {n_news[0]} increments of the start")
    _fits("policy.start_node", policy.start_node, n_arcs)
    for h, (step, values) in enumerate(zip(policy.steps, parts.node_values, strict=True)):
        at = f"policy.steps.{h}"
        _fits(f"node_values.{h}", values, step.n_nodes, n)
        n_arcs = _length(f"{at}.parent", step.parent)
        most = step.n_nodes * n_news[h + 1] if h + 1 < horizon else 0
        expect(n_arcs <= most, f"{at}.parent", f"at most {most} transitions, as states and increments make")
        _fits(f"{at}.increment", step.increment, n_arcs)
        _fits(f"{at}.child", step.child, n_arcs)
        n_known = [len(words) for words in labels.private[h]]
        sizes = [_check_block(f"{at}.blocks.{b}", block, parts.game, n_known) for b, block in enumerate(step.blocks)]
        expect(sum(sizes) == step.n_nodes, f"{at}.blocks", f"each of {step.n_nodes} states in one of them")


def _check_block(at: str, block: Any, game: Any, n_known: list[int]) -> int:
    """Return the number of states of a block whose shapes fit together."""
    n_nodes, n_atoms = _length(f"{at}.nodes", block.nodes), _length(f"{at}.atom_prob", block.atom_prob)
    _fits(f"{at}.atom_start", block.atom_start, n_nodes + 1)
    expect(len(block.private) == len(block.prescription) == len(game.agents), at, "all agents")
    for i, (private, prescription) in enumerate(zip(block.private, block.prescription, strict=True)):
        n_rows = private.shape[-1] if private.shape else 0
        expect(n_rows <= n_known[i], f"{at}.private.{i}", f"at most {n_known[i]} private informations")
        _fits(f"{at}.private.{i}", private, n_nodes, n_rows)
        _fits(f"{at}.prescription.{i}", prescription, n_atoms, n_rows, game.n_actions[i])
    return n_nodes


def _check_history(at: str, tree: Any) -> int:
    """Return the number of information sets of one agent's stored tree whose shapes fit together."""
    n_sets, n_start = _length(f"{at}.parent", tree.parent), _length(f"{at}.start", tree.start)
    expect(n_start <= n_sets + 1, f"{at}.start", "no more depths than information sets")
    _fits(f"{at}.first", tree.first, n_sets + 1)
    _fits(f"{at}.increment", tree.increment, n_sets)
    _fits(f"{at}.private", tree.private, n_sets)
    return n_sets


def _check_tree(game: Any) -> None:
    n_nodes = len(game.labels)
    expect(len(game.probability) == n_nodes, "game.probability", f"one for each of {n_nodes} nodes")
    for name in ("parent", "owner", "information", "outcome"):
        _fits(f"game.{name}", getattr(game, name), n_nodes)


def _check_sets(sets: Any, n_sets: int, n_sequences: int) -> None:
    n_atoms = _length("sets.atom_prob", sets.atom_prob)
    _fits("sets.owner", sets.owner, n_sets)
    _fits("sets.first", sets.first, n_sets + 1)
    _fits("sets.behaviour", sets.behaviour, n_atoms, n_sequences)
    _fits("sets.own_reach", sets.own_reach, n_atoms, n_sets)
    _fits("sets.reach", sets.reach, n_atoms, n_sets)
