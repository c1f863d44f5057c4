"""When the information sets of a game are played, if a common clock can run beside it.

A *time* of each information set is sought such that times grow along every path: agents that know the
time then learn nothing that their information sets do not tell them. Such games are called exactly
timeable: Jakobsen, Sørensen and Conitzer (2016), Timeability of Extensive-Form Games, ITCS. Only moves of
agents take time here; moves of chance happen in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.game import takes
from lp_posg.trees.naming import set_text
from lp_posg.trees.paths import from_root, nearest
from lp_posg.trees.tree import Tree
from lp_posg.types import BoolArray, IntArray


def after_moves(game: Tree) -> BoolArray:
    """Return for each node whether an agent's move leads to it, shape (N,)."""
    found = game.owner[game.parent] >= 0
    found[0] = False
    return found


@takes
def times(game: Tree) -> IntArray:
    """Return the earliest time of each information set, from 0, shape (K,).

    A set comes as soon as all sets that come before it on some path have been played.

    Raises
    ------
    UnsupportedError
        If there are no such times: the message names an information set that comes before itself by way
        of others, with the numbers of moves after which it is met.
    """
    before: dict[int, list[int]] = {k: [] for k in range(len(game.sets))}
    for first, after in _edges(game).tolist():
        before[after].append(first)
    found = np.zeros(len(game.sets), dtype=np.int64)
    try:
        for k in TopologicalSorter(before).static_order():
            found[k] = max((found[first] + 1 for first in before[k]), default=0)
    except CycleError as error:
        raise _no_clock(game, error.args[1][1:]) from None
    return found


@takes
def n_steps(game: Tree) -> int:
    """Return the number of steps after which the game is over on the clock of `times`, at least 1."""
    return int(times(game).max(initial=0)) + 1


def _edges(game: Tree) -> IntArray:
    """Return the different pairs (set, set that may come next), shape (E, 2)."""
    last = nearest(game.parent, after_moves(game))
    after = np.flatnonzero((game.owner >= 0) & (last >= 0))
    before = game.information[game.parent[last[after]]]
    return np.unique(np.stack([before, game.information[after]], axis=1), axis=0)


def _no_clock(game: Tree, cycle: Sequence[int]) -> UnsupportedError:
    moves = from_root(game.parent, after_moves(game).astype(np.int64))
    # Along the cycle the number of moves cannot always grow, so that some set is met after several numbers of moves.
    for k in sorted(cycle):
        met = np.unique(moves[game.information == k])
        if len(met) > 1:
            break
    own = game.sets[k]
    others = [other for other in dict.fromkeys(cycle) if other != k][:3]
    others_text = ", ".join(f"{set_text(game, other)} of {game.agents[game.sets[other].agent]!r}" for other in others)
    why = f"it comes both before and after {others_text}" if others else "it comes again after itself"
    return UnsupportedError(
        f"game {game.name!r} cannot be run by a clock: information set {set_text(game, k)} of agent"
        f" {game.agents[own.agent]!r} is met after {met[0]} and after {met[-1]} moves, and {why}; keep it as a"
        " game tree (lp_posg.load), which lp_posg.solve_extensive solves in sequence form",
        information_set=k,
        moves=(int(met[0]), int(met[-1])),
    )
