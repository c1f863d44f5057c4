"""The agents' sequences in a game tree with perfect recall.

A *sequence* is an information set with an action taken there. With perfect recall a set has one parent sequence, the
own action taken last, and by induction one own past. Source: von Stengel (1996), Games and Economic Behavior 14,
220-246, sections 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.trees.paths import from_root, last_moves
from lp_posg.trees.perfect_recall import check_perfect_recall
from lp_posg.trees.tree import Tree
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


def recall_of(game: Tree) -> Recall:
    """Return the sequences of a game tree.

    Raises
    ------
    ImperfectRecallError
        If an agent forgets; the message names the information set.
    """
    check_perfect_recall(game)
    first = np.concatenate([[0], np.cumsum([len(own.actions) for own in game.sets])]).astype(np.int64)
    sequence = np.full((game.n_agents, game.n_nodes), -1, dtype=np.int64)
    parent = np.full(len(game.sets), -1, dtype=np.int64)
    depth = np.zeros(len(game.sets), dtype=np.int64)
    for agent in range(game.n_agents):
        led = last_moves(game.parent, game.owner, agent)
        moved = led >= 0
        node = led[moved]
        sequence[agent, moved] = first[game.information[game.parent[node]]] + game.branch[node]
        count = from_root(game.parent, (led == np.arange(game.n_nodes)).astype(np.int64))
        own = np.flatnonzero(game.owner == agent)
        parent[game.information[own]] = sequence[agent, own]
        depth[game.information[own]] = count[own]
    return Recall(first, parent, depth, sequence, game.reach)
