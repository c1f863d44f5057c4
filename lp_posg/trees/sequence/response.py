"""Best responses in sequence form, by dynamic programs over one agent's information sets.

Nothing here knows a linear program: this is the judge of what one found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.trees.sequence.form import InformationTree, SequenceGame
from lp_posg.types import FloatArray, SparseMatrix, read_only

SEEN = 1e-9
"""A plan comes to a set if what is at stake there is more than this share of the largest payoff."""


@dataclass(frozen=True)
class Exploitability:
    """What both agents have, and what they could have.

    Attributes
    ----------
    values : float array, shape (2,)
        Value of each agent if both follow, in reward units.
    best : float array, shape (2,)
        Value of each agent's best response to the other's plan.
    gains : float array, shape (2,)
        `best` less `values`, before what is paid whatever happens is added to both.
    stakes : float array, shape (2,)
        Mean size of what each agent is paid if both follow, but for what is paid whatever happens; where that is less,
        the quarter of the payoffs in the game that is least. What a gap is to be seen beside.
    """

    values: FloatArray
    best: FloatArray
    gains: FloatArray
    stakes: FloatArray

    def __post_init__(self) -> None:
        read_only(self.values, self.best, self.gains, self.stakes)

    @property
    def gaps(self) -> FloatArray:
        """Gain of each agent's best deviation, shape (2,); 0 where it is rounding below 0."""
        return np.maximum(self.gains, 0.0)

    @property
    def beside(self) -> FloatArray:
        """The stakes, or the size of the values where that is more, shape (2,); what a gap is to be seen beside."""
        return np.maximum(self.stakes, np.abs(self.values))

    @property
    def gap(self) -> float:
        """The largest gap."""
        return float(self.gaps.max())

    def summary(self) -> dict[str, Any]:
        """Return the certificate as a JSON-ready object, with the keys of that of a `Solution`."""
        return {
            "status": "exact",
            "gaps": self.gaps.tolist(),
            "deviations": "ne",
            "deviation": None,
            "merge_error": 0.0,
            "found_gains": None,
        }


def behaviour_of(tree: InformationTree, weights: FloatArray) -> FloatArray:
    """Return the behaviour strategy of a realisation plan up to rounding: the probability of each action, shape (L,).

    It is uniform at sets that the plan never reaches: no value of following or of the other's best response depends
    on these. What is sensible there is for `replies_off_path` and `trembles` to say.
    """
    plan = np.maximum(weights, 0.0)
    total = np.add.reduceat(plan, tree.first[:-1])[tree.set_of]
    reached = total > 0
    return np.where(reached, plan / np.where(reached, total, 1.0), 1.0 / tree.counts[tree.set_of])


def plan_of(tree: InformationTree, behaviour: FloatArray) -> FloatArray:
    """Return the realisation plan of a behaviour strategy (L,), shape (L,)."""
    plan = behaviour.copy()
    for depth in range(1, tree.n_depths):
        sets, own = tree.sets_at(depth), tree.sequences_at(depth)
        plan[own] *= np.repeat(plan[tree.parent[sets]], tree.counts[sets])
    return plan


def best_response(tree: InformationTree, gain: FloatArray) -> float:
    """Return the value of an agent's best plan, where `gain` (L,) is what each sequence brings against a fixed plan.

    Backward over the own depths: the value of an information set is the best action's gain and the values of the
    information sets that follow it.
    """
    worth = gain.copy()
    for depth in range(tree.n_depths - 1, -1, -1):
        sets, own = tree.sets_at(depth), tree.sequences_at(depth)
        best = np.maximum.reduceat(worth[own], tree.first[sets] - own.start)
        if depth == 0:
            return float(best.sum())
        worth += np.bincount(tree.parent[sets], weights=best, minlength=tree.n_sequences)
    raise AssertionError("a tree has at least one information set")


def exploitability(game: SequenceGame, plans: tuple[FloatArray, FloatArray]) -> Exploitability:
    """Return the values of two realisation plans, and those of the best responses to them."""
    x, y = plans
    gains = (game.payoffs[0] @ y, x @ game.payoffs[1])
    values = np.array([x @ gains[0], gains[1] @ y])
    best = np.array([best_response(tree, gain) for tree, gain in zip(game.trees, gains, strict=True)])
    stakes = np.array([max(x @ (abs(own) @ y), _lower_quarter(own.data)) for own in game.payoffs])
    return Exploitability(values + game.offset, best + game.offset, best - values, stakes)


def _lower_quarter(payoffs: FloatArray) -> float:
    """Return the size that a quarter of some numbers do not exceed; 0 of none."""
    place = len(payoffs) // 4
    return float(np.partition(np.abs(payoffs), place)[place]) if len(payoffs) else 0.0


def local_gain(tree: InformationTree, payoff: SparseMatrix, behaviour: FloatArray, beliefs: FloatArray) -> float:
    """Return the most that an agent gains at one of its sets, as a share of what is at stake there.

    Parameters
    ----------
    payoff : CSR array, shape (L, M)
        Of the agent, at its own and the other's sequences.
    behaviour : float array, shape (L,)
    beliefs : float array, shape (D, M)
        Plans of the other, each infinitely more probable than the next: at a set the first that comes there counts.
    """
    worst, unseen = 0.0, np.ones(tree.n_sets, dtype=bool)
    for plan in beliefs:
        gain, size = payoff @ plan, abs(payoff) @ np.abs(plan)
        follow, best, stake = gain.copy(), gain.copy(), size.copy()
        own_gain, own_stake = np.zeros(tree.n_sets), np.zeros(tree.n_sets)
        for depth in range(tree.n_depths - 1, -1, -1):
            sets, own = tree.sets_at(depth), tree.sequences_at(depth)
            first = tree.first[sets] - own.start
            top = np.maximum.reduceat(best[own], first)
            kept = np.add.reduceat(behaviour[own] * follow[own], first)
            own_gain[sets], own_stake[sets] = top - kept, np.add.reduceat(stake[own], first)
            if depth > 0:
                for worth, value in ((follow, kept), (best, top), (stake, own_stake[sets])):
                    worth += np.bincount(tree.parent[sets], weights=value, minlength=tree.n_sequences)
        seen = unseen & (own_stake > SEEN * float(np.abs(payoff.data).max(initial=0.0)))
        worst = max(worst, float((own_gain[seen] / own_stake[seen]).max(initial=0.0)))
        unseen &= ~seen
    return worst


def replies_off_path(tree: InformationTree, gain: FloatArray, behaviour: FloatArray) -> FloatArray:
    """Return the behaviour with a best reply at the sets that the agent's own plan never reaches, shape (L,).

    `gain` (L,): what each sequence brings against the other's plan. Actions that bring as much are mixed evenly.
    """
    plan, found, worth = plan_of(tree, behaviour), behaviour.copy(), gain.copy()
    reached = np.where(tree.parent < 0, 1.0, plan[np.maximum(tree.parent, 0)]) > 0
    for depth in range(tree.n_depths - 1, -1, -1):
        sets, own = tree.sets_at(depth), tree.sequences_at(depth)
        first, counts = tree.first[sets] - own.start, tree.counts[sets]
        best = np.maximum.reduceat(worth[own], first)
        is_best = (worth[own] >= np.repeat(best, counts)).astype(float)
        even = is_best / np.repeat(np.add.reduceat(is_best, first), counts)
        found[own] = np.where(np.repeat(reached[sets], counts), behaviour[own], even)
        if depth > 0:
            worth += np.bincount(tree.parent[sets], weights=best, minlength=tree.n_sequences)
    return found
