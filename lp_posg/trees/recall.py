"""The agents' sequences in a game tree, which need perfect recall: an agent knows its own earlier sets and moves.

An agent has perfect recall if all nodes of each of its information sets have the same own *last move*: the same action
at the same earlier set, or none yet. By induction the whole own pasts are then the same. An information set met twice
on one path (absent-mindedness) fails this too: its first node has fewer own moves behind it than its second.
Definition: Kuhn (1953), in the form of Selten (1975), Int. J. Game Theory 4, 25-55.

A *sequence* is an information set with an action taken there. With perfect recall a set has one parent sequence, the
own action taken last. Source: von Stengel (1996), Games and Economic Behavior 14, 220-246, sections 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.errors import ImperfectRecallError
from lp_posg.game import takes
from lp_posg.trees.naming import MOST_SHOWN, set_text
from lp_posg.trees.paths import from_root, last_moves
from lp_posg.trees.tree import Tree
from lp_posg.types import FloatArray, IntArray, read_only

_SHOWN = 3

Past = tuple[tuple[int, int], ...]
"""An agent's own (information set, action) in the order of play."""


@dataclass(frozen=True, eq=False)
class Recall:
    """The sequences of a game of n agents, N nodes and K information sets, L sequences in all."""

    first: IntArray  # shape (K + 1,): the sequences of set k are ``first[k]:first[k + 1]``, one per action
    parent: IntArray  # shape (K,): the agent's last own sequence before the set; -1 if there is none
    depth: IntArray  # shape (K,): number of the agent's own actions before the set
    sequence: IntArray  # shape (n, N): each agent's last own sequence before a node; -1 if there is none
    reach: FloatArray  # shape (N,): probability that chance does its part in coming to a node

    def __post_init__(self) -> None:
        read_only(self.first, self.parent, self.depth, self.sequence, self.reach)


@takes
def has_perfect_recall(game: Tree) -> bool:
    """Whether no agent ever forgets what it did or knew."""
    return _failure(game, _last_sequences(game)[2]) is None


@takes
def check_perfect_recall(game: Tree) -> None:
    """Raise ImperfectRecallError if an agent forgets; the message names agent, information set and two pasts.

    Takes time of the nodes times the agents times the logarithm of the depth.
    """
    _checked_sequences(game)


def recall_of(game: Tree) -> Recall:
    """Return the sequences of a game tree.

    Raises ImperfectRecallError if an agent forgets; the message names the information set.
    """
    first, led, sequence = _checked_sequences(game)
    moves = np.flatnonzero(game.owner >= 0)
    owner, at = game.owner[moves], game.information[moves]
    parent = np.full(len(game.sets), -1, dtype=np.int64)
    parent[at] = sequence[owner, moves]
    depth = np.zeros(len(game.sets), dtype=np.int64)
    for agent, nodes_led in enumerate(led):
        count = from_root(game.parent, (nodes_led == np.arange(game.n_nodes)).astype(np.int64))
        depth[at[owner == agent]] = count[moves[owner == agent]]
    return Recall(first, parent, depth, sequence, game.reach)


def _last_sequences(game: Tree) -> tuple[IntArray, IntArray, IntArray]:
    """Return the first sequence of each set, and for each agent and node where its last move led, and its sequence."""
    first = np.concatenate([[0], np.cumsum([len(own.actions) for own in game.sets])]).astype(np.int64)
    led = np.stack([last_moves(game.parent, game.owner, agent) for agent in range(game.n_agents)])
    return first, led, np.where(led >= 0, first[game.information[game.parent[led]]] + game.branch[led], -1)


def _checked_sequences(game: Tree) -> tuple[IntArray, IntArray, IntArray]:
    found = _last_sequences(game)
    nodes = _failure(game, found[2])
    if nodes is not None:
        raise _forgotten(game, nodes)
    return found


def _failure(game: Tree, sequence: IntArray) -> tuple[int, int] | None:
    """Return two nodes of one information set with different own last moves, the second as early as can be."""
    moves = np.flatnonzero(game.owner >= 0)
    last = sequence[game.owner[moves], moves]
    first = np.full(len(game.sets), len(moves))
    np.minimum.at(first, game.information[moves], np.arange(len(moves)))
    leader = first[game.information[moves]]
    bad = np.flatnonzero(last != last[leader])
    return (int(moves[leader[bad[0]]]), int(moves[bad[0]])) if len(bad) else None


def _forgotten(game: Tree, nodes: tuple[int, int]) -> ImperfectRecallError:
    agent, at = int(game.owner[nodes[1]]), int(game.information[nodes[1]])
    pasts = (_own_past(game, nodes[0]), _own_past(game, nodes[1]))
    ways = [_past_text(game, past) for past in pasts]
    again = " (it was there before: absent-mindedness)" if at in [own for own, _ in pasts[1]] else ""
    return ImperfectRecallError(
        f"agent {game.agents[agent]!r} has imperfect recall: at information set {set_text(game, at)} it cannot tell"
        f" whether it came there {ways[0]} or {ways[1]}{again}; split the information set so that it knows",
        agent=agent,
        information_set=at,
        nodes=nodes,
        pasts=pasts,
    )


def _own_past(game: Tree, node: int) -> Past:
    """Return what the agent that moves at a node has done before: its own (information set, action) in order."""
    agent = game.owner[node]
    found: list[tuple[int, int]] = []
    while node > 0:
        above = int(game.parent[node])
        if game.owner[above] == agent:
            found.append((int(game.information[above]), int(game.branch[node])))
        node = above
    return tuple(found[::-1])


def _past_text(game: Tree, past: Past) -> str:
    if not past:
        return "before any own move"
    moves = [f"{game.sets[at].actions[a][:MOST_SHOWN]!r} at {set_text(game, at)}" for at, a in past[-_SHOWN:]]
    return ("after ..., " if len(past) > _SHOWN else "after ") + ", ".join(moves)
