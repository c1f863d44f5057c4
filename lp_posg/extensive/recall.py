"""The agents' sequences of own actions in a game tree, and whether they remember them.

An agent has *perfect recall* if all nodes of each of its information sets come after the same own actions at the same
own information sets (Kuhn 1953; Selten 1975). Then a set has one parent *sequence*, the own action taken last.

Sources: Kuhn (1953), Contributions to the Theory of Games II, 193-216; von Stengel (1996), Games and Economic
Behavior 14, 220-246, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.extensive.game import CHANCE, ExtensiveGame
from lp_posg.extensive.naming import one_set_word, sequence_words
from lp_posg.types import FloatArray, IntArray, read_only


@dataclass(frozen=True, eq=False)
class Recall:
    """The sequences of a game of n agents, N nodes and K information sets, L sequences in all.

    Attributes
    ----------
    first : int array, shape (K + 1,)
        The sequences of set k are ``first[k]:first[k + 1]``, one per action.
    parent : int array, shape (K,)
        The agent's last own sequence before the set; -1 if there is none.
    depth : int array, shape (K,)
        Number of the agent's own actions before the set.
    sequence : int array, shape (n, N)
        Each agent's last own sequence before a node; -1 if there is none.
    reach : float array, shape (N,)
        Probability that chance does its part in coming to a node.
    """

    first: IntArray
    parent: IntArray
    depth: IntArray
    sequence: IntArray
    reach: FloatArray

    def __post_init__(self) -> None:
        read_only(self.first, self.parent, self.depth, self.sequence, self.reach)


def tree_levels(game: ExtensiveGame) -> Iterator[IntArray]:
    """Yield the nodes of each level but the root's, parents' levels first; in order of parents, then branches."""
    order = np.argsort(game.parent, kind="stable")
    start = np.searchsorted(game.parent[order], np.arange(game.n_nodes + 1))
    count = np.diff(start)
    front = np.zeros(1, dtype=np.int64)
    while len(front):
        many = count[front]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        front = order[np.repeat(start[front], many) + within]
        if len(front):
            yield front


def recall_of(game: ExtensiveGame) -> Recall:
    """Return the sequences of a game tree.

    Raises
    ------
    ModelError
        If an agent has imperfect recall, naming the information set; or if a node has another number of branches
        than its information set has actions.
    """
    _check_branches(game)
    first = np.concatenate([[0], np.cumsum([len(own.actions) for own in game.sets])]).astype(np.int64)
    sequence = np.full((game.n_agents, game.n_nodes), -1, dtype=np.int64)
    length = np.zeros((game.n_agents, game.n_nodes), dtype=np.int64)
    reach = np.ones(game.n_nodes)
    moves = game.owner >= 0
    for nodes in tree_levels(game):
        before = game.parent[nodes]
        sequence[:, nodes] = sequence[:, before]
        length[:, nodes] = length[:, before]
        reach[nodes] = reach[before] * np.where(game.owner[before] == CHANCE, game.chance[nodes], 1.0)
        own = moves[before]
        who, after = game.owner[before[own]], nodes[own]
        sequence[who, after] = first[game.information[before[own]]] + game.branch[after]
        length[who, after] += 1
    nodes = np.flatnonzero(moves)
    last = sequence[game.owner[nodes], nodes]
    parent = np.full(len(game.sets), -1, dtype=np.int64)
    depth = np.zeros(len(game.sets), dtype=np.int64)
    parent[game.information[nodes]] = last
    depth[game.information[nodes]] = length[game.owner[nodes], nodes]
    forgot = np.flatnonzero(parent[game.information[nodes]] != last)
    if len(forgot):
        _raise_forgotten(game, first, int(nodes[forgot[0]]), int(last[forgot[0]]), parent)
    return Recall(first, parent, depth, sequence, reach)


def _check_branches(game: ExtensiveGame) -> None:
    count = np.bincount(game.parent[1:], minlength=game.n_nodes)
    expected = np.array([len(own.actions) for own in game.sets] + [0], dtype=np.int64)[game.information]
    wrong = np.flatnonzero((game.owner >= 0) & ((count != expected) | (count == 0)))
    if len(wrong):
        node = int(wrong[0])
        raise ModelError(
            f"game {game.name!r}: node {node} has {count[node]} branches, but its information set"
            f" {one_set_word(game, int(game.information[node]))!r} has {expected[node]} actions, at least one expected;"
            " give the node one branch per action"
        )


def _raise_forgotten(game: ExtensiveGame, first: IntArray, node: int, last: int, parent: IntArray) -> None:
    number = int(game.information[node])
    agent, name = game.agents[game.sets[number].agent], one_set_word(game, number)
    raise ModelError(
        f"game {game.name!r}: agent {agent!r} has imperfect recall at information set {name!r}: one of its nodes comes"
        f" after {sequence_words(game, first, last)}, another after"
        f" {sequence_words(game, first, int(parent[number]))}; behaviour strategies are not enough there. Split the"
        " information set so that the agent remembers what it did and knew",
        information_set=number,
        agent=agent,
    )
