"""Sums along paths and nearest ancestors in a tree, for all nodes at once.

Pointers are doubled: after k rounds each covers 2^k moves, so that the rounds are the logarithm of the
depth and a path of 100,000 moves takes 17. Nothing here recurses.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from lp_posg.types import BoolArray, FloatArray, IntArray

Number = TypeVar("Number", FloatArray, IntArray)


def from_root(parent: IntArray, own: Number, combine: np.ufunc = np.add) -> Number:
    """Return the sum of `own` (N,) over the nodes from the root to each node, both included; shape (N,).

    `parent` (N,) is -1 for a root, of which there may be several; `combine` is what to take in place of the sum.
    """
    total = own.copy()
    above = parent.copy()
    while True:
        deep = np.flatnonzero(above >= 0)
        if not len(deep):
            return total
        total[deep] = combine(total[deep], total[above[deep]])
        above[deep] = above[above[deep]]


def nearest(parent: IntArray, marked: BoolArray) -> IntArray:
    """Return the last marked node on the way from the root to each node, itself included, or -1; shape (N,)."""
    found = np.where(marked, np.arange(len(parent)), parent)
    while True:
        # The root, if it is not marked, points to -1; who points there is done.
        moving = np.flatnonzero((found >= 0) & ~marked[found])
        if not len(moving):
            return found
        found[moving] = found[found[moving]]


def last_moves(parent: IntArray, owner: IntArray, agent: int) -> IntArray:
    """Return the node to which the last own move of an agent before each node led, or -1 if it has not moved.

    Shape (N,). The move itself is the node's branch at its parent; a node that an agent's move leads to
    counts as after it.
    """
    moved = np.append(owner, -1)[parent] == agent  # the root's parent -1 is the entry appended
    if agent < 0:
        moved[0] = False
    return nearest(parent, moved)
