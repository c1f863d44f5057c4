"""A finite extensive game as arrays over its nodes, with exact numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from lp_posg.brevity import brief
from lp_posg.game.equal_rewards import accepted_gaps, are_common, sum_alike
from lp_posg.trees.nodes import TERMINAL, InformationSet, Nodes, check_tree
from lp_posg.trees.paths import from_root
from lp_posg.types import FloatArray, IntArray, read_only


@dataclass(frozen=True, eq=False)
class Totals:
    """What a tree pays in all along the M complete paths that chance makes possible: these decide its kind, not nodes.

    Attributes
    ----------
    paid : float array, shape (n, M)
        The sum of an agent's outcomes along a path.
    sums : float array, shape (M,)
        The sum over the agents, each outcome's taken exactly.
    """

    paid: FloatArray
    sums: FloatArray

    def __post_init__(self) -> None:
        read_only(self.paid, self.sums)

    @property
    def largest(self) -> float:
        """Size of the largest payoff."""
        return float(np.abs(self.paid).max(initial=0.0))

    @property
    def is_constant_sum(self) -> bool:
        """Whether all paths pay the same in sum, up to rounding beside what payoffs differ by."""
        return sum_alike(self.paid, self.sums)

    @property
    def is_common_payoff(self) -> bool:
        """Whether all agents always get the same in all."""
        return are_common(self.paid)

    def allowed_gaps(self, tolerance: float) -> FloatArray:
        """Return the largest gap accepted of each agent: relative to its own range of payoffs, shape (n,)."""
        return accepted_gaps(tolerance, np.ptp(self.paid, axis=1), np.abs(self.paid).max(axis=1))


@brief("name", "agents", "n_nodes", "sets")
@dataclass(frozen=True, eq=False)
class Tree(Nodes):
    """A finite game tree of N nodes for n agents; nodes are numbered from the root, parents before children.

    The branches of a node are its children in the order of their numbers. Making a game checks it, in
    time and memory that grow linearly with the nodes at any depth.

    Attributes
    ----------
    name : str
    agents : tuple of str
    parent : int array, shape (N,)
        -1 for the root, node 0; else a smaller number than the node's own.
    owner : int array, shape (N,)
        Agent that moves at a node, `CHANCE` or `TERMINAL`.
    information : int array, shape (N,)
        Index into `sets` where an agent moves, else -1.
    sets : tuple of InformationSet
    probability : tuple of N Fraction
        Of the branch that leads to a node from its parent: 1 unless chance moves there.
    outcome : int array, shape (N,)
        Index into `outcomes` of what all agents get on coming to a node, or -1 for nothing. Inner nodes may pay too.
    outcomes : tuple of tuples of n Fraction
    labels : tuple of N str
        Of the branch that leads to a node: an action's label, or what chance does; empty for the root.

    Raises
    ------
    ModelError
        If the arrays make no such tree; the message names the node, information set or outcome. An agent
        with imperfect recall is no such error: see `check_perfect_recall`.

    Examples
    --------
    One agent guesses a coin that it does not see.

    >>> from fractions import Fraction
    >>> from lp_posg.trees import CHANCE, TERMINAL, InformationSet
    >>> half = Fraction(1, 2)
    >>> game = Tree(
    ...     name="guess", agents=("guesser",),
    ...     parent=np.array([-1, 0, 0, 1, 1, 2, 2]), owner=np.array([CHANCE, 0, 0, *[TERMINAL] * 4]),
    ...     information=np.array([-1, 0, 0, -1, -1, -1, -1]), sets=(InformationSet(0, "blind", ("heads", "tails")),),
    ...     probability=(Fraction(1), half, half, *[Fraction(1)] * 4),
    ...     outcome=np.array([-1, -1, -1, 0, -1, -1, 0]), outcomes=((Fraction(1),),),
    ...     labels=("", "heads", "tails", "heads", "tails", "heads", "tails"))
    >>> game.depth.tolist(), game.payoff.tolist()
    ([0, 1, 1, 2, 2, 2, 2], [[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]])
    """

    def __post_init__(self) -> None:
        read_only(self.parent, self.owner, self.information, self.outcome)
        check_tree(self)

    def __eq__(self, other: object) -> bool:
        """Whether both games have the same tree, labels and numbers, node by node; names of games do not count."""
        if not isinstance(other, Tree):
            return NotImplemented
        arrays = ("parent", "owner", "information", "outcome")
        rest = ("agents", "sets", "probability", "outcomes", "labels")
        return all(np.array_equal(getattr(self, key), getattr(other, key)) for key in arrays) and all(
            getattr(self, key) == getattr(other, key) for key in rest
        )

    def __hash__(self) -> int:
        return hash((self.agents, self.sets, self.labels))

    @property
    def children(self) -> list[list[int]]:
        """The nodes that follow each node, in the order of its branches."""
        found: list[list[int]] = [[] for _ in range(self.n_nodes)]
        for node, parent in enumerate(self.parent[1:].tolist(), start=1):
            found[parent].append(node)
        return found

    @cached_property
    def chance(self) -> FloatArray:
        """`probability` as floats, shape (N,)."""
        found = np.array([float(p) for p in self.probability])
        read_only(found)
        return found

    @cached_property
    def payoff(self) -> FloatArray:
        """What each agent gets on coming to each node, shape (n, N)."""
        table = np.zeros((len(self.outcomes) + 1, self.n_agents))  # the last row is no outcome
        if self.outcomes:
            table[:-1] = [[float(x) for x in row] for row in self.outcomes]
        found = np.ascontiguousarray(table[self.outcome].T)
        read_only(found)
        return found

    @cached_property
    def depth(self) -> IntArray:
        """Number of moves that lead to a node, shape (N,)."""
        found = from_root(self.parent, (self.parent >= 0).astype(np.int64))
        read_only(found)
        return found

    @cached_property
    def reach(self) -> FloatArray:
        """Probability that chance does its part in coming to each node, shape (N,)."""
        found = from_root(self.parent, self.chance, np.multiply)
        read_only(found)
        return found

    @cached_property
    def totals(self) -> Totals:
        """What all complete paths of positive chance probability pay."""
        sums = np.array([float(sum(row)) for row in self.outcomes] + [0.0])[self.outcome]
        ends = (self.owner == TERMINAL) & (self.reach > 0)
        paid = [from_root(self.parent, paid)[ends] for paid in self.payoff]
        return Totals(np.stack(paid), from_root(self.parent, sums)[ends])

    @cached_property
    def is_zero_sum(self) -> bool:
        """Whether there are two agents whose payoffs sum to the same number on all paths that chance makes possible."""
        return self.n_agents == 2 and self.totals.is_constant_sum

    @property
    def is_common_reward(self) -> bool:
        """Whether all agents always get the same in all."""
        return self.totals.is_common_payoff

    def path(self, node: int) -> tuple[str, ...]:
        """Return the labels of the branches from the root to a node."""
        found: list[str] = []
        while node:
            found.append(self.labels[node])
            node = int(self.parent[node])
        return tuple(found[::-1])


class TreeBuilder:
    """The nodes of a tree to come, added one by one, parents before children."""

    def __init__(self) -> None:
        self.parent: list[int] = []
        self.owner: list[int] = []
        self.information: list[int] = []
        self.outcome: list[int] = []
        self.probability: list[Fraction] = []
        self.labels: list[str] = []

    def add(
        self, parent: int, label: str, probability: Fraction, owner: int, information: int = -1, outcome: int = -1
    ) -> int:
        """Return the number of a new node; arguments are its entries in the attributes of `Tree`."""
        self.parent.append(parent)
        self.owner.append(owner)
        self.information.append(information)
        self.outcome.append(outcome)
        self.probability.append(probability)
        self.labels.append(label)
        return len(self.parent) - 1

    def tree(
        self,
        name: str,
        agents: tuple[str, ...],
        sets: Iterable[InformationSet],
        outcomes: Iterable[tuple[Fraction, ...]],
    ) -> Tree:
        """Return the tree of all nodes added."""
        parent, owner, information, outcome = (
            np.array(column, dtype=np.int64) for column in (self.parent, self.owner, self.information, self.outcome)
        )
        probability, labels = tuple(self.probability), tuple(self.labels)
        return Tree(
            name, agents, parent, owner, information, tuple(sets), probability, outcome, tuple(outcomes), labels
        )


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
