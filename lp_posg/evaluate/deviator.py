"""What a deviator can do at a hidden state, for each kind of deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate.best_deviations import HEARS_PRESCRIPTION
from lp_posg.game.protocols import Payoffs
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class DeviationOptions:
    """One deviator: an agent, or with `agent` None the whole team.

    Attributes
    ----------
    kind : {"team", "ne", "interim-cce", "cce", "ce"}
    n_actions : tuple of int
    agent : int or None
    """

    kind: str
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
        i = self.agent
        before, own, behind = (
            int(np.prod(self.n_actions[:i])),
            self.n_actions[i],
            int(np.prod(self.n_actions[i + 1 :])),
        )
        shape = (len(worth), before, own, behind)
        by_action = np.einsum("xbrc,xbkc->xrk", chosen.reshape(shape), worth.reshape(shape), optimize=True)
        if self.kind == "ce":
            return np.asarray(by_action)
        follow = (worth * chosen).sum(axis=1)
        return np.concatenate([by_action.sum(axis=1), follow[:, None]], axis=1)[:, None, :]

    def chosen(self, sums: FloatArray) -> FloatArray:
        """Return what the best options are worth, (G, R, K) to (G,)."""
        return np.asarray(sums.max(axis=2).sum(axis=1))

    def taken(self, sums: FloatArray, node: IntArray) -> IntArray:
        """Return the options a deviator of this kind takes, shape (G, R); `node` (G,) is where it stands.

        Ex ante, an agent follows at all its private informations of a state or at none.
        """
        if self.kind != "cce":
            return np.asarray(sums.argmax(axis=2))
        leave, follow = sums[:, 0, :-1], sums[:, 0, -1]
        n_nodes = int(node.max(initial=-1)) + 1
        gain = np.bincount(node, weights=leave.max(axis=1) - follow, minlength=n_nodes)
        option = np.where(gain[node] > 0, leave.argmax(axis=1), leave.shape[1])
        return np.asarray(option)[:, None]


def options_for(game: Payoffs, deviations: str) -> tuple[DeviationOptions, ...]:
    """Return the deviators of a kind: the team, or every agent.

    Raises
    ------
    ModelError
        If the kind is unknown.
    UnsupportedError
        If it reacts to whole prescriptions.
    """
    check_options(deviations)
    if deviations == "team":
        return (DeviationOptions("team", game.n_actions, None),)
    if deviations not in ("ne", "interim-cce", "cce", "ce"):
        raise ModelError(f"unknown kind of deviation {deviations!r}; there are no bounds for it")
    return tuple(DeviationOptions(deviations, game.n_actions, i) for i in range(game.n_agents))


def check_options(deviations: str) -> None:
    """Raise UnsupportedError if deviations of a kind are only looked for where exact beliefs are known."""
    if deviations in HEARS_PRESCRIPTION:
        raise UnsupportedError(
            f"for concept {deviations!r} there are neither bounds on gaps nor learning: both need the law of the joint"
            " action alone, and its deviations react to whole prescriptions; use certificate='exact', or concept 'ce'"
        )
