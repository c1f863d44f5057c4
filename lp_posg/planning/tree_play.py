"""Behaviour strategies in a game tree, played: by a program move by move, or by many runs at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lp_posg.checks import whole_number
from lp_posg.errors import ModelError
from lp_posg.evaluate import Simulation
from lp_posg.evaluate.playing import Seen
from lp_posg.evaluate.simulation import check_simulation
from lp_posg.planning.set_solution import SetSolution
from lp_posg.planning.set_strategy import SetStrategy
from lp_posg.trees import TERMINAL, Tree
from lp_posg.types import FloatArray, IntArray


class TreePlay:
    """Play of a game tree: whoever moves hears its information set, and its action comes back; see `Play`.

    Parameters
    ----------
    solution : SetSolution
        Of a game tree.
    seed : int
        Draws depend on it alone. The atom is drawn once, before the first move.
    """

    def __init__(self, solution: SetSolution, seed: int) -> None:
        whole_number("seed", seed, 0)
        self.game, self._solution, sets = solution.game, solution, solution.sets
        self._rng = np.random.default_rng(seed)
        self._atom = int(self._rng.choice(len(sets.atom_prob), p=sets.atom_prob / sets.atom_prob.sum()))

    def act(self, seen: Seen | None = None) -> dict[str, str]:
        """Return the action of each agent that moves now, given its information set by name or index; see `Play`."""
        if not isinstance(seen, Mapping) or not seen:
            raise ModelError(
                f"seen is {seen!r}, expected the information set of each agent that moves: {{agent: information set}}"
            )
        return {agent: self._action(agent, place) for agent, place in seen.items()}

    def _action(self, agent: str, place: str | int) -> str:
        k = self._solution.set_number(agent, place)
        law = self._solution.sets.law(k, self._atom)
        return self._solution.action_names(k)[int(self._rng.choice(len(law), p=law / law.sum()))]


def simulate_tree(game: Tree, sets: SetStrategy, n_runs: int, seed: int, level: float) -> Simulation:
    """Return what following strategies brings in independent runs of a game tree.

    Run r uses the uniform numbers r D to (r + 1) D of one stream, D being one more than the largest number of moves,
    so that what it does depends on the seed and its number alone.

    Raises
    ------
    ModelError
        If an argument is not valid.
    """
    check_simulation(n_runs, seed, level)
    n_moves = int(game.depth.max())
    uniform = np.random.Generator(np.random.PCG64(seed)).random((n_runs, 1 + n_moves))
    start, children, totals = _branches(game, sets)
    atom = np.searchsorted(np.cumsum(sets.atom_prob), uniform[:, 0], side="right")
    shift = np.minimum(atom, len(sets.atom_prob) - 1) * len(children)
    node = np.zeros(n_runs, dtype=np.int64)
    returns = np.tile(game.payoff[:, 0], (n_runs, 1))
    for move in range(n_moves):
        going = np.flatnonzero(game.owner[node] != TERMINAL)
        first, last = (shift[going] + start[node[going] + k] for k in (0, 1))
        # The branch whose share of the totals holds the drawn point.
        low, high = totals[first], totals[last]
        drawn = np.searchsorted(totals, low + uniform[going, 1 + move] * (high - low), side="right") - 1
        place = np.clip(drawn, first, last - 1) - shift[going]
        node[going] = children[place]
        returns[going] += game.payoff[:, node[going]].T
    paid = game.totals.paid
    return Simulation(returns, np.stack([paid.min(axis=1), paid.max(axis=1)], axis=1), level, int(seed))


def _branches(game: Tree, sets: SetStrategy) -> tuple[IntArray, IntArray, FloatArray]:
    """Return where each node's children start, all children in that order, and running totals of their chances.

    The totals of atom m begin at entry ``m * C``, for C children; they go on from atom to atom.
    """
    children = np.argsort(game.parent, kind="stable")[1:]
    parent = game.parent[children]
    start = np.searchsorted(parent, np.arange(game.n_nodes + 1))
    chances = np.tile(game.chance[children], (len(sets.atom_prob), 1))
    moved = np.flatnonzero(game.owner[parent] >= 0)
    sequence = sets.first[game.information[parent[moved]]] + game.branch[children[moved]]
    chances[:, moved] = sets.behaviour[:, sequence]
    return start, children, np.concatenate([[0.0], np.cumsum(chances)])
