"""The sequence form of a game tree of two agents, whatever its outcomes are and wherever they come.

Each agent's `InformationTree` starts with a set of one action, whose sequence is the empty one: outcomes can come
before an agent has moved. Source: von Stengel (1996), Games and Economic Behavior 14, 220-246, sections 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.deadline import check_time
from lp_posg.trees import Tree
from lp_posg.trees.nodes import TERMINAL
from lp_posg.trees.paths import from_root
from lp_posg.trees.recall import Recall, recall_of
from lp_posg.trees.sequence.form import FAR, InformationTree, SequenceGame, common_part
from lp_posg.types import IntArray, SparseMatrix, read_only


@dataclass(frozen=True, eq=False)
class TreeForm(SequenceGame):
    """The sequence form of a game tree."""

    recall: Recall  # The game's sequences, L of them
    # shape (L + 1,): number of each of the game's sequences in its agent's tree; the last entry, which -1 points to, is
    # that of the empty sequence, 0
    number: IntArray

    def __post_init__(self) -> None:
        read_only(self.number)


def tree_form(game: Tree) -> TreeForm:
    """Return the sequence form of a game tree of two agents.

    Raises ImperfectRecallError if an agent forgets; the message names the information set.
    """
    doing = f"bringing game {game.name!r} into sequence form"
    check_time(doing, phase="expand")
    recall = recall_of(game)
    check_time(doing, phase="expand")
    number = np.zeros(int(recall.first[-1]) + 1, dtype=np.int64)
    trees = (_tree(game, recall, 0, number), _tree(game, recall, 1, number))
    check_time(doing, phase="expand")
    both = [_payoffs(game, recall, number, trees, agent) for agent in range(2)]
    return TreeForm(trees, (both[0][0], both[1][0]), recall, number, offset=(both[0][1], both[1][1]))


def _tree(game: Tree, recall: Recall, agent: int, number: IntArray) -> InformationTree:
    """Return an agent's tree, and note in `number` where its sequences stand in it."""
    own = np.flatnonzero(np.array([found.agent for found in game.sets], dtype=np.int64) == agent)
    own = own[np.argsort(recall.depth[own], kind="stable")]
    counts = np.diff(recall.first)[own]
    first = np.concatenate([[0, 1], 1 + np.cumsum(counts)]).astype(np.int64)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    number[np.repeat(recall.first[own], counts) + offset] = 1 + np.arange(counts.sum())
    depths = 1 + recall.depth[own]
    start = np.searchsorted(np.append(0, depths), np.arange(int(depths.max(initial=0)) + 2))
    return InformationTree(start, first, np.append(-1, number[recall.parent[own]]))


def _payoffs(
    game: Tree, recall: Recall, number: IntArray, trees: tuple[InformationTree, ...], agent: int
) -> tuple[SparseMatrix, float]:
    """Return an agent's expected payoff at each pair of sequences, sums over the nodes that pay there; and its offset.

    Where payoffs on the way cancel, or all paths pay much the same, what is left is noted at the ends of paths.
    """
    nodes, paid = np.flatnonzero((game.outcome >= 0) & (recall.reach > 0)), game.payoff[agent]
    ends = np.flatnonzero((game.owner == TERMINAL) & (recall.reach > 0))
    totals = from_root(game.parent, paid)
    offset = common_part(totals[ends])
    left = np.abs(totals[ends] - offset).max(initial=0.0)
    if offset or np.abs(paid[nodes]).max(initial=0.0) > FAR * left:
        nodes, paid = ends, totals - offset
    at = tuple(number[recall.sequence[who, nodes]] for who in range(2))
    values = recall.reach[nodes] * paid[nodes]
    matrix = sp.csr_array(sp.coo_array((values, at), shape=(trees[0].n_sequences, trees[1].n_sequences)))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix, offset
