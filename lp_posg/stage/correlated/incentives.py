"""Which incentive rows a correlated concept has, and where they stand; `correlated` says what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from lp_posg.types import IntArray

Kind = Literal["ex-ante", "interim", "action", "prescription"]


@dataclass(frozen=True)
class IncentiveRows:
    """The rows of stage games of one shape, agent by agent.

    An agent's rows come by private information, then (kind ``action``) recommended action, then action instead;
    with kind ``prescription`` by recommended pure prescription, then private information, then action instead.

    Attributes
    ----------
    n_private, n_actions : tuple of int
        k_i and A_i.
    kind : {"ex-ante", "interim", "action", "prescription"}
        When an agent decides to deviate.
    """

    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]
    kind: Kind

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
