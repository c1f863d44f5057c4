"""The arrays that make a game tree, and their checks: every error names the node, information set or outcome."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from lp_posg.deadline import check_time
from lp_posg.errors import ModelError
from lp_posg.types import REWARD_LIMIT, BoolArray, IntArray, read_only

CHANCE = -1
"""Owner of a node where chance moves."""

TERMINAL = -2
"""Owner of a node where the game ends."""


@dataclass(frozen=True)
class InformationSet:
    """What an agent cannot tell apart, and what it can do there.

    Attributes
    ----------
    agent : int
    label : str
        As in the file; may be empty.
    actions : tuple of str
        One label per action; labels may be empty or equal, since the position decides.
    """

    agent: int
    label: str
    actions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of a tree, information sets and outcomes; see `Tree`, which is a checked one."""

    name: str
    agents: tuple[str, ...]
    parent: IntArray
    owner: IntArray
    information: IntArray
    sets: tuple[InformationSet, ...]
    probability: tuple[Fraction, ...]
    outcome: IntArray
    outcomes: tuple[tuple[Fraction, ...], ...]
    labels: tuple[str, ...]

    @property
    def n_agents(self) -> int:
        """Number of agents n."""
        return len(self.agents)

    @property
    def n_nodes(self) -> int:
        """Number of nodes N."""
        return len(self.parent)

    @cached_property
    def branch(self) -> IntArray:
        """Which of its parent's branches leads to a node, from 0; -1 for the root; shape (N,)."""
        order = np.argsort(self.parent, kind="stable")
        first = np.searchsorted(self.parent[order], self.parent[order])
        found = np.empty(self.n_nodes, dtype=np.int64)
        found[order] = np.arange(self.n_nodes) - first
        found[0] = -1
        read_only(found)
        return found


_LIMIT = Fraction(REWARD_LIMIT)


def check_tree(game: Nodes) -> None:
    """Raise ModelError unless `game` is what `Tree` says it is."""
    _check_lengths(game)
    nodes = np.arange(game.n_nodes)
    _check_nodes(
        "parent",
        game.parent,
        np.where(nodes == 0, game.parent == -1, (game.parent >= 0) & (game.parent < nodes)),
        "-1 at node 0 and elsewhere a smaller number than the node's own",
    )
    known = (game.owner >= TERMINAL) & (game.owner < game.n_agents)
    expected = f"an agent below {game.n_agents}, {CHANCE} (chance) or {TERMINAL} (the end)"
    _check_nodes("owner", game.owner, known, expected)
    for check in (_check_sets, _check_children, _check_labels, _check_probabilities, _check_outcomes):
        check_time("checking a game tree")
        check(game)


def _check_lengths(game: Nodes) -> None:
    if not game.agents:
        raise ModelError("agents: none given, expected at least one")
    if len(set(game.agents)) != len(game.agents) or not all(game.agents):
        raise ModelError(f"agents are {game.agents}, expected different names, none of them empty")
    n_nodes = len(game.parent)
    if not n_nodes:
        raise ModelError("parent has no entry, expected one per node and at least the root")
    for name in ("parent", "owner", "information", "outcome"):
        array = getattr(game, name)
        if array.shape != (n_nodes,) or array.dtype != np.int64:
            expected = f"({n_nodes},) of int64: one entry per node"
            raise ModelError(f"{name} has shape {array.shape} of {array.dtype}, expected {expected}")
    for name in ("probability", "labels"):
        if len(getattr(game, name)) != n_nodes:
            raise ModelError(f"{name} has {len(getattr(game, name))} entries, expected {n_nodes}: one per node")


def _check_nodes(name: str, values: IntArray, good: BoolArray, expected: str) -> None:
    bad = np.flatnonzero(~good)
    if len(bad):
        raise ModelError(f"{name} of node {bad[0]} is {values[bad[0]]}, expected {expected}")


def _check_sets(game: Nodes) -> None:
    for k, own in enumerate(game.sets):
        if not 0 <= own.agent < game.n_agents:
            raise ModelError(f"information set {k} has agent {own.agent}, expected 0 to {game.n_agents - 1}")
        if not own.actions:
            raise ModelError(f"information set {k} ({own.label!r}) has no actions, expected at least one")
    moves = game.owner >= 0
    found = game.information
    _check_nodes(
        "information",
        found,
        np.where(moves, (found >= 0) & (found < len(game.sets)), found == -1),
        f"one of the {len(game.sets)} sets where an agent moves, else -1",
    )
    agents = np.array([own.agent for own in game.sets], dtype=np.int64)
    wrong = np.flatnonzero(moves)[agents[found[moves]] != game.owner[moves]]
    if len(wrong):
        node = int(wrong[0])
        raise ModelError(
            f"node {node} is owned by agent {game.agents[game.owner[node]]!r} but its information set {found[node]}"
            f" ({game.sets[found[node]].label!r}) is of {game.agents[agents[found[node]]]!r}; they must be the same"
        )
    met = np.bincount(found[moves], minlength=len(game.sets))
    if len(met) and not met.all():
        k = int(np.flatnonzero(met == 0)[0])
        raise ModelError(f"information set {k} ({game.sets[k].label!r}) has no node; leave it out")


def _check_children(game: Nodes) -> None:
    count = np.bincount(game.parent[1:], minlength=game.n_nodes)
    ends = game.owner == TERMINAL
    _check_nodes("number of children", count, np.where(ends, count == 0, count > 0), "0 at an end, else at least 1")
    moves = np.flatnonzero(game.owner >= 0)
    n_actions = np.array([len(own.actions) for own in game.sets], dtype=np.int64)
    wrong = moves[count[moves] != n_actions[game.information[moves]]]
    if len(wrong):
        node = int(wrong[0])
        own = game.sets[game.information[node]]
        raise ModelError(
            f"node {node} has {count[node]} branches, expected {len(own.actions)}, the actions of its information set"
            f" {game.information[node]} ({own.label!r})"
        )


def _check_labels(game: Nodes) -> None:
    if game.labels[0] != "":
        raise ModelError(f"label of node 0 is {game.labels[0]!r}, expected '': no branch leads to the root")
    # One flat list of all actions: those of set k begin at first[k].
    first = np.cumsum([0, *(len(own.actions) for own in game.sets)])
    flat = [action for own in game.sets for action in own.actions]
    after = np.flatnonzero(np.append(game.owner, TERMINAL)[game.parent] >= 0)
    at = first[game.information[game.parent[after]]] + game.branch[after]
    for node, action in zip(after.tolist(), at.tolist(), strict=True):
        if game.labels[node] != flat[action]:
            raise ModelError(
                f"label of node {node} is {game.labels[node]!r}, expected {flat[action]!r}, the action that leads there"
            )


def _check_probabilities(game: Nodes) -> None:
    odd = set(map(type, game.probability)) - {Fraction}
    if odd:
        raise ModelError(
            f"probability has entries of type {min(t.__name__ for t in odd)}, expected Fraction throughout"
        )
    by_chance = np.append(game.owner, TERMINAL)[game.parent] == CHANCE
    sums: dict[int, Fraction] = {}
    for node, (p, drawn) in enumerate(zip(game.probability, by_chance.tolist(), strict=True)):
        if not drawn:
            if p != 1:
                raise ModelError(f"probability of node {node} is {p}, expected 1: it does not follow a chance move")
            continue
        if p < 0:
            raise ModelError(f"probability of node {node} is {p}, expected at least 0")
        above = int(game.parent[node])
        sums[above] = sums.get(above, Fraction(0)) + p
    for node, total in sums.items():
        if total != 1:
            raise ModelError(f"probabilities after the chance move at node {node} sum to {total}, expected exactly 1")


def _check_outcomes(game: Nodes) -> None:
    good = (game.outcome >= -1) & (game.outcome < len(game.outcomes))
    _check_nodes("outcome", game.outcome, good, f"one of the {len(game.outcomes)} outcomes, or -1 for none")
    for k, row in enumerate(game.outcomes):
        if len(row) != game.n_agents:
            raise ModelError(f"outcome {k} has {len(row)} payoffs, expected {game.n_agents}: one per agent")
        for agent, x in zip(game.agents, row, strict=True):
            if type(x) is not Fraction or abs(x) > _LIMIT:
                expected = f"a Fraction of size at most {REWARD_LIMIT:g}"
                raise ModelError(f"outcome {k} pays agent {agent!r} {str(x)[:60]}, expected {expected}")
