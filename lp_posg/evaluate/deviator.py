"""What a deviator can do at a hidden state, for each kind of deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.evaluate.best_deviations import worth_instead
from lp_posg.evaluate.kinds import Kind
from lp_posg.game.protocols import Payoffs
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class Deviator:
    """One deviator: an agent, or with `agent` None the whole team.

    Attributes
    ----------
    kind : Kind
    n_actions : tuple of int
    agent : int or None
    """

    kind: Kind
    n_actions: tuple[int, ...]
    agent: int | None

    def payoff(self, rewards: FloatArray) -> FloatArray:
        """Return its reward from those of all agents, (n, X, A) to (X, A): the mean for a team."""
        return np.asarray(rewards.mean(axis=0) if self.agent is None else rewards[self.agent])

    def options(self, worth: FloatArray, chosen: FloatArray) -> FloatArray:
        """Return what each option is worth at hidden states, shape (X, R, K).

        Parameters
        ----------
        worth : float array, shape (X, A)
            Of each joint action.
        chosen : float array, shape (X, A)
            The strategy's probability of each joint action.

        Notes
        -----
        R recommendations are heard (1 but for CE), K options are open at each: the agent's actions, and
        last, where no recommendation is heard, following. A team's options are the joint actions.
        """
        if self.agent is None:
            return worth[:, None, :]
        by_action = worth_instead(chosen, worth, self.n_actions, self.agent)
        if self.kind.hears == "action":
            return by_action
        follow = (worth * chosen).sum(axis=1)
        return np.concatenate([by_action.sum(axis=1), follow[:, None]], axis=1)[:, None, :]

    def chosen(self, sums: FloatArray) -> FloatArray:
        """Return what the best options are worth, (G, R, K) to (G,)."""
        return np.asarray(sums.max(axis=2).sum(axis=1))

    def taken(self, sums: FloatArray, node: IntArray) -> IntArray:
        """Return the options a deviator of this kind takes, shape (G, R); `node` (G,) is where it stands.

        Ex ante, an agent follows at all its private informations of a state or at none.
        """
        if self.kind.decides != "ex-ante":
            return np.asarray(sums.argmax(axis=2))
        leave, follow = sums[:, 0, :-1], sums[:, 0, -1]
        n_nodes = int(node.max(initial=-1)) + 1
        gain = np.bincount(node, weights=leave.max(axis=1) - follow, minlength=n_nodes)
        option = np.where(gain[node] > 0, leave.argmax(axis=1), leave.shape[1])
        return np.asarray(option)[:, None]


def deviators_of(game: Payoffs, kind: Kind) -> tuple[Deviator, ...]:
    """Return the deviators of a kind: the team, or every agent.

    Raises
    ------
    UnsupportedError
        If it reacts to whole prescriptions.
    """
    check_bounds(kind)
    agents: tuple[int | None, ...] = (None,) if kind.together else tuple(range(game.n_agents))
    return tuple(Deviator(kind, game.n_actions, agent) for agent in agents)


def check_bounds(kind: Kind) -> None:
    """Raise UnsupportedError if deviations of a kind are only looked for where exact beliefs are known."""
    if kind.hears_prescription:
        raise UnsupportedError(
            f"for concept {kind.name!r} there are neither bounds on gaps nor learning: both need the law of the joint"
            " action alone, and its deviations react to whole prescriptions; use certificate='exact', or concept 'ce'"
        )
    if kind.hears == "action" and kind.decides != "interim":
        raise UnsupportedError(
            f"for deviations of kind {kind.name!r} there are neither bounds on gaps nor learning: who hears an action"
            " has to decide knowing its private information; use certificate='exact'"
        )
