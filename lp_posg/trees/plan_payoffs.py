"""What joint plans of a game tree pay: sums of exact fractions, each rounded once at the end.

Plans that pay the same in the tree have to pay the same here, else an equilibrium that rests on the tie is lost. So
the payoffs are put over one denominator and their numerators are added up in whole numbers. Matrix products do that in
floats, which hold whole numbers below 2^53 exactly: larger ones are split into digits small enough for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from lp_posg.brevity import brief
from lp_posg.deadline import check_time
from lp_posg.trees.paths import from_root
from lp_posg.trees.recall import Recall
from lp_posg.trees.tree import Tree
from lp_posg.types import BoolArray, FloatArray, IntArray

BATCH_ENTRIES = 4_000_000
"""Numbers that one part of the payoff sum takes."""

MAX_BITS = 4096
"""Most binary digits of the common denominator of payoffs that are added up exactly."""

_EXACT_BITS = 53
"""Floats hold all whole numbers of this many binary digits."""


@brief()
@dataclass(frozen=True, eq=False)
class PlanPayoffs:
    """Each agent's expected payoff at each of the P joint plans."""

    values: FloatArray  # shape (n, P): nearest to the exact payoffs
    # array of floats that are whole numbers, or of int objects, shape (n, P); or None: the exact payoffs are these over
    # `denominator`; None where that would have more than `MAX_BITS` binary digits, and `values` were summed in floats
    numerators: Any
    denominator: int

    def exact(self, plan: int) -> list[Fraction]:
        """Return each agent's payoff at a joint plan, exactly where that is known."""
        if self.numerators is None:
            return [Fraction(x) for x in self.values[:, plan].tolist()]
        return [Fraction(int(x), self.denominator) for x in self.numerators[:, plan].tolist()]


def payoffs_of_plans(game: Tree, recall: Recall, plans: list[BoolArray]) -> PlanPayoffs:
    """Return what joint plans pay, the last agent's plan fastest.

    `plans` of each agent, shape (P_i, L + 1): whether each plays each sequence; the last entry is the empty one.
    """
    nodes = np.flatnonzero((game.outcome >= 0) & (recall.reach > 0))
    entries, where = np.unique(recall.sequence[:, nodes], axis=1, return_inverse=True)
    where, n_entries = where.ravel(), entries.shape[1]
    paid = _exact(game, nodes)
    if paid is None:
        weight = recall.reach[nodes] * game.payoff[:, nodes]
        floats = np.zeros((game.n_agents, n_entries))
        for agent, own in enumerate(weight):
            np.add.at(floats[agent], where, own)
        return PlanPayoffs(_summed(floats, entries, plans), None, 1)
    exact, denominator = paid
    numerators = np.zeros((game.n_agents, n_entries), dtype=object)
    for agent, own in enumerate(exact):
        np.add.at(numerators[agent], where, own)
    found = _whole_sums(numerators, entries, plans)
    if found.dtype != object and denominator < 2**_EXACT_BITS:
        return PlanPayoffs(found / float(denominator), found, denominator)
    # Whole numbers of any size are divided with one rounding.
    values = (found if found.dtype == object else _as_objects(found)) / denominator
    return PlanPayoffs(values.astype(np.float64), found, denominator)


def common_denominator(numbers: Iterable[Fraction]) -> int | None:
    """Return the least common denominator, or None if it has more than `MAX_BITS` binary digits."""
    common = 1
    for denominator in {number.denominator for number in numbers}:
        common = lcm(common, denominator)
        if common.bit_length() > MAX_BITS:
            return None
    return common


def _exact(game: Tree, nodes: IntArray) -> tuple[Any, int] | None:
    """Return payoffs times the chance of coming to the nodes as numerators (n, N) over one denominator, or None."""
    share: Any = np.array(game.probability, dtype=object)
    reach = from_root(game.parent, share, np.multiply)[nodes].tolist()
    rows = [game.outcomes[k] for k in game.outcome[nodes].tolist()]
    paid = [[p * x for x in row] for p, row in zip(reach, rows, strict=True)]
    common = common_denominator(x for row in paid for x in row)
    if common is None:
        return None
    numerators = np.zeros((game.n_agents, len(nodes)), dtype=object)
    for k, row in enumerate(paid):
        numerators[:, k] = [x.numerator * (common // x.denominator) for x in row]
    return numerators, common


def _whole_sums(numerators: Any, entries: IntArray, plans: list[BoolArray]) -> Any:
    """Return the sums of whole numbers over the entries that joint plans play, shape (n, P): floats if they fit."""
    most = max((int(sum(abs(x) for x in own)) for own in numerators), default=0)
    if most < 2**_EXACT_BITS:
        return _summed(numerators.astype(np.float64), entries, plans)
    # So few binary digits at a time that as many of them as there are entries make an exact sum.
    width = _EXACT_BITS - entries.shape[1].bit_length()
    found: Any = 0
    for shift in range(0, most.bit_length(), width):
        digits = [[(abs(x) >> shift) % (1 << width) * (1 if x > 0 else -1) for x in own] for own in numerators]
        found = found + _as_objects(_summed(np.array(digits, dtype=np.float64), entries, plans)) * (1 << shift)
    return found


def _as_objects(whole: FloatArray) -> Any:
    return whole.astype(np.int64).astype(object)


def _summed(values: FloatArray, entries: IntArray, plans: list[BoolArray]) -> FloatArray:
    """Return the sums of values (n, E) over the entries that joint plans play, shape (n, P_1 * ... * P_n)."""
    sizes = [len(own) for own in plans]
    found = np.zeros((len(values), int(np.prod(sizes))))
    step = max(1, BATCH_ENTRIES // max(1, int(np.prod(sizes[:-1])) + sizes[-1]))
    for begin in range(0, entries.shape[1], step):
        check_time("summing payoffs of joint plans")
        part = slice(begin, begin + step)
        rows, last = _played(entries[:, part], plans)
        for agent, own in enumerate(values):
            found[agent] += ((rows * own[part]) @ last.T).ravel()
    return found


def _played(entries: IntArray, plans: list[BoolArray]) -> tuple[FloatArray, FloatArray]:
    """Return whether joint plans of all agents but the last, and plans of the last, play the entries."""
    rows = np.ones((1, entries.shape[1]))
    for own, at in zip(plans[:-1], entries[:-1], strict=True):
        rows = (rows[:, None, :] * own[None, :, at]).reshape(-1, entries.shape[1])
    return rows, plans[-1][:, entries[-1]].astype(np.float64)
