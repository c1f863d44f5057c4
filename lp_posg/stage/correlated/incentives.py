"""Which incentive rows a correlated concept has, where they stand, and how nearly a strategy keeps them.

`concept` says what the rows mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from lp_posg.types import FloatArray, IntArray

Kind = Literal["ex-ante", "interim", "action", "prescription"]


@dataclass(frozen=True)
class IncentiveRows:
    """The rows of stage games of one shape, agent by agent.

    An agent's rows come by private information, then (kind ``action``) recommended action, then action instead; with
    kind ``prescription`` by recommended pure prescription, then private information, then action instead.
    """

    # n_private, n_actions: k_i and A_i
    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]
    kind: Kind  # {"ex-ante", "interim", "action", "prescription"}; when an agent decides to deviate

    def rows_of(self, agent: int) -> int:
        """Return the number of incentive rows of an agent; one that has no choice needs none."""
        k, actions = self.n_private[agent], self.n_actions[agent]
        if self.kind == "prescription":
            return int(actions**k * k * (actions - 1))
        return k * (actions * (actions - 1) if self.kind == "action" else actions * (actions > 1))

    @cached_property
    def row_start(self) -> IntArray:
        """First incentive row of each agent, and their number."""
        return np.concatenate([[0], np.cumsum([self.rows_of(i) for i in range(len(self.n_private))])])

    @cached_property
    def slack_agents(self) -> tuple[int, ...]:
        """The agents with variables s_i(p); with one private information ex ante and interim are the same."""
        k, rows = self.n_private, self.rows_of
        return tuple(i for i in range(len(k)) if self.kind == "ex-ante" and k[i] > 1 and rows(i))

    @property
    def n_slack(self) -> int:
        """Number of variables s_i(p), one per private information of a slack agent but the last."""
        return sum(self.n_private[i] - 1 for i in self.slack_agents)

    @cached_property
    def slack_entries(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Rows, columns and numbers of the s_i(p), 1 in the rows of p, -1 in those of the last."""
        found, column = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))], 0
        for i in self.slack_agents:
            k, a = self.n_private[i], self.n_actions[i]
            p, instead = (part.ravel() for part in np.indices((k - 1, a)))
            for of, sign in ((p, 1.0), (np.full(len(p), k - 1), -1.0)):
                found.append((self.row_start[i] + of * a + instead, column + p, np.full(len(p), sign)))
            column += k - 1
        row, at, number = (np.concatenate(part) for part in zip(*found, strict=True))
        return row, at, number

    def units(self, largest: FloatArray) -> FloatArray:
        """Return what to divide rows by, given their largest entries (..., n_incentive): these, or 1 in place of 0.

        Rows that share slack share a unit: the largest of all the agent's rows.
        """
        unit = np.where(largest > 0, largest, 1.0)
        for i in self.slack_agents:
            own = slice(self.row_start[i], self.row_start[i + 1])
            most = largest[..., own].max(axis=-1, keepdims=True)
            unit[..., own] = np.where(most > 0, most, 1.0)
        return unit


def largest_share(payoff: FloatArray, law: FloatArray, kind: Kind) -> float:
    """Return the largest gain of a deviation, as a share of the most that it could change.

    A certificate judges an agent's whole gain against the range of its rewards. The programs here are stricter: each
    incentive row is scaled by its largest entry, so they do not allow a gain of 1e-10 that is all there is to gain by
    that deviation. What other programs find, such as a Nash equilibrium, may take it.

    `payoff`: shape (B, n, k_1, ..., k_n, A_1, ..., A_n); weighted payoffs of B stage games. `law`: shape (B, k_1, ...,
    k_n, A_1, ..., A_n); P(a | p). `kind`: {"action", "interim"}; whether a deviation is from one recommended action to
    another, at a private information (the rows of ce), or from whatever is recommended there (those of interim-cce).
    """
    n, most = payoff.shape[1], 0.0
    for i in range(n):
        own, chance = (np.moveaxis(part, (1 + i, 1 + n + i), (1, 2)) for part in (payoff[:, i], law))
        size, k, a = own.shape[:3]
        n_others = int(np.prod(own.shape[3 : 2 + n]))
        own, chance = (part.reshape(size, k, a, n_others, -1) for part in (own, chance))
        for instead in range(a):
            change = own[:, :, [instead]] - own  # (B, k, recommended, others' privates, others' actions)
            gain, stake = (chance * change).sum(axis=(3, 4)), np.abs(change).max(axis=4).sum(axis=3)
            if kind == "interim":
                gain, stake = gain.sum(axis=2), stake.max(axis=2)
            most = max(most, float((gain / np.where(stake > 0, stake, 1.0)).max()))
    return most
