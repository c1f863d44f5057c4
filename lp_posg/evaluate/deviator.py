"""The hidden states of a model, where they lead, and what a deviator of each kind can do there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate.best_deviations import worth_instead
from lp_posg.evaluate.kinds import Kind
from lp_posg.game.protocols import Payoffs
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places, sums_by
from lp_posg.types import FloatArray, IntArray, SparseMatrix


@dataclass(frozen=True)
class Deviator:
    """One deviator: an agent, or with `agent` None the whole team."""

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
        """Return the options that a deviator of this kind takes, shape (G, R), at the states `node` (G,).

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
    """Raise UnsupportedError if the best deviations of a kind need exact beliefs."""
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


class HiddenStates:
    """The hidden states x = (c^, p, s) of one depth, in the order of the level's stored beliefs."""

    def __init__(self, level: Level, n_states: int) -> None:
        self.level, self.n_states = level, n_states
        self.cell = np.repeat(np.arange(level.n_cells), np.diff(level.belief.indptr))
        self.state: IntArray = level.belief.indices.astype(np.int64)
        self.prob: FloatArray = level.belief.data

    @cached_property
    def width(self) -> int:
        """Number of (private profile, state) pairs."""
        return int(np.prod(self.level.n_private)) * self.n_states

    @cached_property
    def keys(self) -> IntArray:
        """One ascending number per hidden state."""
        level = self.level
        return level.cell_node[self.cell] * self.width + level.cell_private[self.cell] * self.n_states + self.state

    def find(self, node: IntArray, column: IntArray) -> IntArray:
        """Return the hidden states with these c^ and ``p * S + s``.

        Raises
        ------
        ModelError
            If one is missing.
        """
        at, met = places(self.keys, node * self.width + column)
        if not met.all():
            raise ModelError(
                "the model's attached beliefs leave out something that can happen, so its hidden states bound nothing"
            )
        return at

    def group(self, deviator: Deviator) -> IntArray:
        """Return a number for what the deviator knows at each hidden state, shape (X,)."""
        return self.cell if deviator.agent is None else self.level.supports[deviator.agent].group[self.cell]

    def summed(self, q: FloatArray, weight: FloatArray, deviator: Deviator) -> FloatArray:
        """Return sums of weighted `q` (X, R, K) over the hidden states of each `group`, shape (G, R, K)."""
        group = self.group(deviator)
        return sums_by(group, q * weight[:, None, None], int(group.max()) + 1)


class Moves(NamedTuple):
    """Transitions of hidden states."""

    source: IntArray  # x * A + a
    target: IntArray  # hidden state of the next depth
    weight: FloatArray  # probability
    news: IntArray  # the child (state, increment) that it leads to
    n_news: int
    n_hidden: int

    def matrix(self, n_joint: int, n_after: int) -> SparseMatrix:
        """Return them as CSR, shape (X * A, X')."""
        return sp.csr_array((self.weight, (self.source, self.target)), shape=(self.n_hidden * n_joint, n_after))
