"""Exact search over all sequences of rules, for problems whose laws repeat.

Laws reached by several sequences are merged (the best reward so far wins), sequences that cannot
beat a known strategy even if the state and the joint observation were known from now on are
dropped, and the two halves of the horizon meet in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.memoryless import SAME, Problem, Rules, action_law, joint_actions, moved, step_values
from lp_posg.types import BoolArray, FloatArray, IntArray

RULES_LIMIT = 1000
"""Most joint rules of a step that are gone through."""

ENTRIES_LIMIT = 40_000_000
"""Most numbers of laws, or of values to come, that are held."""

PRODUCTS_LIMIT = 100_000_000_000
"""Most multiplications where the halves meet."""


@dataclass(frozen=True)
class _Half:
    """Sequences of rules of the first or of the last steps.

    Attributes
    ----------
    rows : float array, shape (N, S * O)
        Forward: the law reached. Backward: the values to come.
    total : float array, shape (N,)
        Forward: discounted reward so far. Backward: zeros.
    pick : tuple per step done of (parent, rule) int arrays, shape (N_step,)
    """

    rows: FloatArray
    total: FloatArray
    pick: tuple[tuple[IntArray, IntArray], ...] = ()


def exact_search(problem: Problem, incumbent: float) -> tuple[Rules | None, bool]:
    """Return a strategy better than `incumbent`, or None, and whether all strategies were covered."""
    menus = [_menu(problem, t) for t in range(problem.horizon)]
    if any(menu is None for menu in menus):
        return None, False
    choices = [joint_actions(problem, menu) for menu in menus if menu is not None]
    n_cells = problem.start.size
    bound = _bounds(problem, choices)
    front = _Half(problem.start.reshape(1, -1), np.zeros(1))
    back = _Half(np.zeros((1, n_cells)), np.zeros(1))
    first, last = 0, problem.horizon
    while first < last:
        forward = len(front.rows) * len(choices[first]) <= len(back.rows) * len(choices[last - 1])
        size = min(len(front.rows) * len(choices[first]), len(back.rows) * len(choices[last - 1]))
        if size * n_cells > ENTRIES_LIMIT:
            return None, False
        if forward:
            front = _forward(problem, first, choices[first], front)
            first += 1
            ahead = 0.0 if first == problem.horizon else problem.discount**first * (front.rows @ bound[first])
            front = _kept(front, np.asarray(front.total + ahead) > incumbent + SAME * max(1.0, abs(incumbent)))
            if not len(front.rows):
                return None, True
        else:
            last -= 1
            back = _backward(problem, last, choices[last], back)
    if len(front.rows) * len(back.rows) * n_cells > PRODUCTS_LIMIT:
        return None, False
    value, one, other = _meeting(front, back, problem.discount**first if first < problem.horizon else 0.0)
    if value <= incumbent + SAME * max(1.0, abs(incumbent)):
        return None, True
    numbers = _traced(front.pick, one)[::-1] + _traced(back.pick, other)
    return tuple(
        tuple(own[number] for own in menu) for menu, number in zip(menus, numbers, strict=True) if menu is not None
    ), True


def _menu(problem: Problem, t: int) -> tuple[IntArray, ...] | None:
    """Return all joint rules of a step, per agent an array of shape (D, O_i), or None if they are too many.

    Where some joint observations cannot be, at the first step, only rules that differ at possible ones count.
    """
    possible = [np.arange(count) for count in problem.n_observations]
    if t == 0:
        seen = np.flatnonzero(problem.start.any(axis=0))
        possible = [np.unique(own) for own in np.unravel_index(seen, problem.n_observations)]
    if np.prod([float(a) ** len(own) for a, own in zip(problem.n_actions, possible, strict=True)]) > RULES_LIMIT:
        return None
    per_agent = []
    for a, own, count in zip(problem.n_actions, possible, problem.n_observations, strict=True):
        rules = np.zeros((a ** len(own), count), dtype=np.int64)
        rules[:, own] = list(product(range(a), repeat=len(own)))
        per_agent.append(rules)
    index = np.indices([len(rules) for rules in per_agent]).reshape(len(per_agent), -1)
    return tuple(rules[k] for rules, k in zip(per_agent, index, strict=True))


def _bounds(problem: Problem, choices: list[IntArray]) -> list[FloatArray]:
    """Return, per step, the value from each (state, observation) on if both were known, shape (S * O,)."""
    found: list[FloatArray] = []
    for t in reversed(range(problem.horizon)):
        later = found[-1].reshape(1, *problem.start.shape) if found else None
        best = step_values(problem, t, later, 1)[0].max(axis=1)
        found.append(np.repeat(best, problem.start.shape[1]))
    return found[::-1]


def _forward(problem: Problem, t: int, choices: IntArray, front: _Half) -> _Half:
    """Return all sequences longer by one step, those with the same law as one: the best so far."""
    rows, totals = [], []
    law = front.rows.reshape(len(front.rows), *problem.start.shape)
    for joint in choices:
        weight = action_law(problem, law, np.broadcast_to(joint, (len(law), len(joint))))
        totals.append(front.total + problem.discount**t * (weight.reshape(len(law), -1) @ problem.gain[t].ravel()))
        rows.append(
            moved(problem, t, weight).reshape(len(law), -1) if t + 1 < problem.horizon else np.zeros_like(front.rows)
        )
    return _merged(np.concatenate(rows), np.concatenate(totals), len(law), front.pick)


def _backward(problem: Problem, t: int, choices: IntArray, back: _Half) -> _Half:
    """Return all sequences of the steps from t on, those with the same values as one."""
    later = back.rows.reshape(len(back.rows), *problem.start.shape) if t + 1 < problem.horizon else None
    values = step_values(problem, t, later, len(back.rows))
    rows = [values[:, :, joint].reshape(len(values), -1) for joint in choices]
    return _merged(np.concatenate(rows), np.zeros(len(rows) * len(values)), len(values), back.pick)


def _merged(rows: FloatArray, total: FloatArray, n_parents: int, pick: tuple[tuple[IntArray, IntArray], ...]) -> _Half:
    """Return the rows that differ, each with the largest total; row d * n_parents + p is rule d after parent p."""
    size = max(1.0, float(np.abs(rows).max(initial=0.0)))
    # Adding 0 turns -0 into 0, which has other bytes.
    rounded = np.ascontiguousarray(np.round(rows / size, 12) + 0.0)
    key = rounded.view(np.dtype((np.void, rounded.itemsize * rounded.shape[1]))).ravel()
    order = np.argsort(-total, kind="stable")
    _, first = np.unique(key[order], return_index=True)
    chosen = np.sort(order[first])
    rule, parent = np.divmod(chosen, n_parents)
    return _Half(rows[chosen], total[chosen], (*pick, (parent, rule)))


def _kept(half: _Half, keep: BoolArray) -> _Half:
    parent, rule = half.pick[-1]
    return _Half(half.rows[keep], half.total[keep], (*half.pick[:-1], (parent[keep], rule[keep])))


def _meeting(front: _Half, back: _Half, weight: float) -> tuple[float, int, int]:
    """Return the largest value of a first and a last half together, and which they are."""
    best, part = (-np.inf, 0, 0), max(1, ENTRIES_LIMIT // len(back.rows))
    for begin in range(0, len(front.rows), part):
        piece = slice(begin, begin + part)
        values = front.total[piece, None] + weight * (front.rows[piece] @ back.rows.T)
        place = int(values.argmax())
        i, j = divmod(place, values.shape[1])
        best = max(best, (float(values[i, j]), begin + i, j))
    return best


def _traced(pick: tuple[tuple[IntArray, IntArray], ...], member: int) -> list[int]:
    """Return the rules that led to a member, the one added last first."""
    numbers = []
    for parent, rule in reversed(pick):
        numbers.append(int(rule[member]))
        member = int(parent[member])
    return numbers
