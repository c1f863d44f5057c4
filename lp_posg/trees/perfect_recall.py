"""Perfect recall: at an information set an agent knows its own earlier information sets and moves.

An agent has perfect recall if all nodes of each of its information sets have the same own *last move*: the
same action at the same earlier set, or none yet. By induction the whole own pasts are then the same. An
information set met twice on one path (absent-mindedness) fails this too: its first node has fewer own
moves behind it than its second. Definition: Kuhn (1953), in the form of Selten (1975), Int. J. Game Theory 4, 25-55.
"""

from __future__ import annotations

import numpy as np

from lp_posg.errors import ImperfectRecallError
from lp_posg.trees.paths import last_moves
from lp_posg.trees.tree import Tree
from lp_posg.types import IntArray

_SHOWN = 3
_MOST = 40

Past = tuple[tuple[int, int], ...]
"""An agent's own (information set, action) in the order of play."""


def has_perfect_recall(game: Tree) -> bool:
    """Whether no agent ever forgets what it did or knew."""
    return _failure(game) is None


def check_perfect_recall(game: Tree) -> None:
    """Raise ImperfectRecallError if an agent forgets; the message names agent, information set and two pasts.

    Takes time of the nodes times the agents times the logarithm of the depth.
    """
    nodes = _failure(game)
    if nodes is None:
        return
    agent, at = int(game.owner[nodes[1]]), int(game.information[nodes[1]])
    pasts = (own_past(game, nodes[0]), own_past(game, nodes[1]))
    told = [_told(game, past) for past in pasts]
    again = " (it was there before: absent-mindedness)" if at in [own for own, _ in pasts[1]] else ""
    raise ImperfectRecallError(
        f"agent {game.agents[agent]!r} has imperfect recall: at information set {_name(game, at)} it cannot tell"
        f" whether it came there {told[0]} or {told[1]}{again}; split the information set so that it knows",
        agent=agent,
        information_set=at,
        nodes=nodes,
        pasts=pasts,
    )


def own_past(game: Tree, node: int) -> Past:
    """Return what the agent that moves at a node has done before: its own (information set, action) in order."""
    agent = game.owner[node]
    found: list[tuple[int, int]] = []
    while node > 0:
        above = int(game.parent[node])
        if game.owner[above] == agent:
            found.append((int(game.information[above]), int(game.branch[node])))
        node = above
    return tuple(found[::-1])


def last_sequences(game: Tree) -> tuple[IntArray, IntArray]:
    """Return (set, action) of the own last move of the agent that moves at each node; shapes (N,).

    Both are -1 where the agent has not moved yet, at chance moves and at the ends.
    """
    node = np.full(game.n_nodes, -1)
    for agent in range(game.n_agents):
        own = game.owner == agent
        node[own] = last_moves(game.parent, game.owner, agent)[own]
    none = node < 0
    information = game.information[game.parent[node]]
    return np.where(none, -1, information), np.where(none, -1, game.branch[node])


def _failure(game: Tree) -> tuple[int, int] | None:
    """Return two nodes of one information set with different own last moves, the second as early as can be."""
    information, action = last_sequences(game)
    moves = np.flatnonzero(game.owner >= 0)
    first = np.full(len(game.sets), game.n_nodes)
    np.minimum.at(first, game.information[moves], moves)
    leader = first[game.information[moves]]
    differs = (information[moves] != information[leader]) | (action[moves] != action[leader])
    bad = np.flatnonzero(differs)
    return (int(leader[bad[0]]), int(moves[bad[0]])) if len(bad) else None


def _name(game: Tree, information_set: int) -> str:
    own = game.sets[information_set]
    if own.label:
        return repr(own.label[:_MOST])
    return f"number {sum(other.agent == own.agent for other in game.sets[: information_set + 1])}"


def _told(game: Tree, past: Past) -> str:
    if not past:
        return "before any own move"
    moves = [f"{game.sets[at].actions[action][:_MOST]!r} at {_name(game, at)}" for at, action in past[-_SHOWN:]]
    return ("after ..., " if len(past) > _SHOWN else "after ") + ", ".join(moves)
