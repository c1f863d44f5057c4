"""The arrays that make a game tree, before they are checked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from lp_posg.types import IntArray, read_only

CHANCE = -1
"""Owner of a node where chance moves."""

TERMINAL = -2
"""Owner of a node where the game ends."""


@dataclass(frozen=True)
class InformationSet:
    """What an agent cannot tell apart, and what it can do there.

    Attributes
    ----------
    agent : int
    label : str
        As in the file; may be empty.
    actions : tuple of str
        One label per action; labels may be empty or equal, since the position decides.
    """

    agent: int
    label: str
    actions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of a tree, information sets and outcomes; see `Tree`, which is a checked one."""

    name: str
    agents: tuple[str, ...]
    parent: IntArray
    owner: IntArray
    information: IntArray
    sets: tuple[InformationSet, ...]
    probability: tuple[Fraction, ...]
    outcome: IntArray
    outcomes: tuple[tuple[Fraction, ...], ...]
    labels: tuple[str, ...]

    @property
    def n_agents(self) -> int:
        """Number of agents n."""
        return len(self.agents)

    @property
    def n_nodes(self) -> int:
        """Number of nodes N."""
        return len(self.parent)

    @cached_property
    def branch(self) -> IntArray:
        """Which of its parent's branches leads to a node, from 0; -1 for the root; shape (N,)."""
        order = np.argsort(self.parent, kind="stable")
        first = np.searchsorted(self.parent[order], self.parent[order])
        found = np.empty(self.n_nodes, dtype=np.int64)
        found[order] = np.arange(self.n_nodes) - first
        found[0] = -1
        read_only(found)
        return found
