"""Best responses in sequence form, by dynamic programs over one agent's information sets.

Nothing here knows a linear program: this is the judge of what one found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.sequence.tree import InformationTree, SequenceGame
from lp_posg.types import FloatArray, read_only


@dataclass(frozen=True)
class Exploitability:
    """What both agents have, and what they could have.

    Attributes
    ----------
    values : float array, shape (2,)
        Value of each agent if both follow, in reward units.
    best : float array, shape (2,)
        Value of each agent's best response to the other's plan.
    """

    values: FloatArray
    best: FloatArray

    def __post_init__(self) -> None:
        read_only(self.values, self.best)

    @property
    def gaps(self) -> FloatArray:
        """Gain of each agent's best deviation, shape (2,); 0 where it is rounding below 0."""
        return np.maximum(self.best - self.values, 0.0)

    @property
    def gap(self) -> float:
        """The largest gap."""
        return float(self.gaps.max())


def behaviour_of(tree: InformationTree, weights: FloatArray) -> FloatArray:
    """Return the behaviour strategy of a realisation plan, shape (K, A_i).

    Parameters
    ----------
    weights : float array, shape (K * A_i,)
        A realisation plan up to rounding.

    Notes
    -----
    Where the plan never comes to, the strategy is uniform: the value of following and the other's
    best response do not depend on it.
    """
    plan = np.maximum(weights, 0.0).reshape(tree.n_sets, tree.n_actions)
    total = plan.sum(axis=1, keepdims=True)
    reached = total > 0
    return np.where(reached, plan / np.where(reached, total, 1.0), 1.0 / tree.n_actions)


def plan_of(tree: InformationTree, behaviour: FloatArray) -> FloatArray:
    """Return the realisation plan of a behaviour strategy (K, A_i), shape (K * A_i,)."""
    plan = np.empty(tree.n_sequences)
    by_set = plan.reshape(tree.n_sets, tree.n_actions)
    for time in range(tree.horizon):
        sets = tree.sets_of(time)
        before = np.ones(sets.stop - sets.start) if time == 0 else plan[tree.parent[sets]]
        by_set[sets] = before[:, None] * behaviour[sets]
    return plan


def best_response(tree: InformationTree, gain: FloatArray) -> float:
    """Return the value of the best plan of an agent.

    Parameters
    ----------
    gain : float array, shape (K * A_i,)
        What each sequence brings when the other's plan is fixed.

    Notes
    -----
    Backward over the steps: the value of an information set is the best action's gain and the
    values of the information sets that follow it.
    """
    worth = gain.copy()
    for time in range(tree.horizon - 1, -1, -1):
        sets = tree.sets_of(time)
        best = worth.reshape(tree.n_sets, tree.n_actions)[sets].max(axis=1)
        if time == 0:
            return float(best.sum())
        worth += np.bincount(tree.parent[sets], weights=best, minlength=tree.n_sequences)
    raise AssertionError("a tree has at least one step")


def exploitability(game: SequenceGame, plans: tuple[FloatArray, FloatArray]) -> Exploitability:
    """Return the values of two realisation plans, and those of the best responses to them."""
    x, y = plans
    gains = (game.payoffs[0] @ y, x @ game.payoffs[1])
    values = np.array([x @ gains[0], gains[1] @ y])
    best = [best_response(tree, gain) for tree, gain in zip(game.trees, gains, strict=True)]
    return Exploitability(values, np.array(best))
