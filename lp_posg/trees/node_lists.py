"""The nodes of a tree under construction, added many at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from lp_posg.trees.nodes import InformationSet
from lp_posg.trees.tree import Tree
from lp_posg.types import IntArray


@dataclass
class NodeList:
    """The nodes so far, in parts; who moves at them is noted separately."""

    parent: list[IntArray] = field(default_factory=list)
    probability: list[Fraction] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[tuple[IntArray, int, IntArray | None, IntArray | None]] = field(default_factory=list)
    size: int = 0

    def add(self, parent: IntArray, labels: list[str], probability: list[Fraction] | None = None) -> IntArray:
        """Return the numbers of new nodes, whose owners are noted later."""
        self.parent.append(parent)
        self.labels += labels
        self.probability += [Fraction(1)] * len(parent) if probability is None else probability
        self.size += len(parent)
        return np.arange(self.size - len(parent), self.size)

    def note(
        self, node: IntArray, owner: int, information: IntArray | None = None, paid: IntArray | None = None
    ) -> None:
        """Note who moves at nodes; a later note replaces an earlier one, but not its outcomes."""
        self.notes.append((node, owner, information, paid))

    def tree(
        self,
        name: str,
        agents: tuple[str, ...],
        sets: tuple[InformationSet, ...],
        outcomes: tuple[tuple[Fraction, ...], ...],
    ) -> Tree:
        """Return the tree of all nodes."""
        owner, information, outcome = np.full((3, self.size), -1, dtype=np.int64)
        for node, who, known, paid in self.notes:
            owner[node], information[node] = who, -1 if known is None else known
            if paid is not None:
                outcome[node] = np.where(paid >= 0, paid, outcome[node])
        parent = np.concatenate(self.parent)
        return Tree(
            name, agents, parent, owner, information, sets, tuple(self.probability), outcome, outcomes,
            tuple(self.labels),
        )  # fmt: skip
