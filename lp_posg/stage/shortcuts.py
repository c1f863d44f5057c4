"""Stage games solved without a program, only where that is provably exact.

- The objective is welfare and a welfare optimum is an equilibrium: no equilibrium of any concept
  has more welfare, so this one is the best. Equilibrium is checked against every deviation; a pure
  profile from which no agent gains at any private information is a Nash equilibrium, hence a strategic
  form CE, CE, interim CCE and CCE. Games with a common payoff, with one joint prescription, or with payoffs that
  no action changes are of this kind.
- Two agents, constant sum, one private information each, and a saddle point: its value is the
  value of every equilibrium of every concept, so every objective in the values is met.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, largest_agent, prescriptions_but, welfare_optimum
from lp_posg.stage.strategy import BlockStrategy, arranged, one_atom
from lp_posg.types import BoolArray, IntArray

ENTRY_LIMIT = 5_000  # most entries of one game's enumeration; beyond it looking for a shortcut costs more than it saves
ROUNDING = 1e-14  # a gain this small relative to the game's payoffs is rounding
ROUNDED_SHARE = 1e-9  # but not if it is a larger share of what they differ by, beside what they have in common


def shortcuts_first(
    block: StageBlock, objective: Objective, by_program: Callable[[StageBlock, Objective], BlockStrategy]
) -> BlockStrategy:
    """Return the strategies of a block: of some games by a shortcut, of the rest by `by_program`."""
    closed, easy = closed_games(block, objective)
    if closed.all():
        return easy
    hard = by_program(block.part(~closed), objective)
    return arranged(closed, easy, hard) if closed.any() else hard


def closed_games(block: StageBlock, objective: Objective) -> tuple[BoolArray, BlockStrategy]:
    """Return which games of a block are solved here, shape (B,), and their strategies in order."""
    pure = np.zeros((len(block), sum(block.n_private)), dtype=np.int64)
    closed = np.zeros(len(block), dtype=bool)
    if objective.counts_all_alike and objective.is_monotone:
        found, profile = _stable_optima(block)
        closed, pure[found] = found, profile[found]
    if block.n_agents == 2 and block.n_private == (1, 1) and objective.of_law is None:
        found, profile = _saddle_points(block)
        pure[found & ~closed] = profile[found & ~closed]
        closed = closed | found
    rows = np.split(pure[closed], np.cumsum(block.n_private)[:-1], axis=1)
    prescription = [np.eye(a)[own] for own, a in zip(rows, block.n_actions, strict=True)]
    return closed, one_atom(prescription, 0, "shortcut")


def _stable_optima(block: StageBlock) -> tuple[BoolArray, IntArray]:
    """Return where a welfare optimum is a Nash equilibrium, and the optima, shape (B, sum of k_i)."""
    optimum = welfare_optima(block)
    if optimum is None:
        return np.zeros(len(block), dtype=bool), np.zeros((len(block), sum(block.n_private)), dtype=np.int64)
    return _is_nash(block, optimum), np.concatenate(optimum, axis=1)


def welfare_optima(block: StageBlock) -> list[IntArray] | None:
    """Return the pure prescriptions with the largest welfare, as `welfare_optimum`; None if that takes too long."""
    free = largest_agent(block.n_private, block.n_actions)
    width = prescriptions_but(block.n_private, block.n_actions, free) * block.n_private[free] * block.n_actions[free]
    if width > ENTRY_LIMIT:
        return None
    return welfare_optimum(block.payoff.sum(axis=1), block.n_private, block.n_actions, free)


def _is_nash(block: StageBlock, pure: list[IntArray]) -> BoolArray:
    """Return where no agent gains at any private information by another action, shape (B,)."""
    n, size = block.n_agents, len(block)
    profiles = np.indices(block.n_private).reshape(n, -1)
    played = [own[:, profiles[i]] for i, own in enumerate(pure)]  # (B, P) per agent
    game = np.arange(size)[:, None]
    stable = np.ones(size, dtype=bool)
    for i in range(n):
        worth = []  # of each own action against the others' prescriptions, (B, P)
        for action in range(block.n_actions[i]):
            others = [np.full_like(own, action) if j == i else own for j, own in enumerate(played)]
            worth.append(block.payoff[(game, i, *profiles[:, None], *others)])
        table = np.stack(worth, axis=2)
        owner = np.eye(block.n_private[i])[profiles[i]]  # (P, k_i)
        by_private = np.einsum("bpa,pk->bka", table, owner)
        obeyed = np.take_along_axis(by_private, pure[i][:, :, None], axis=2)
        # Relative to what is at stake at each private information, however improbable that is.
        away = tuple(axis for axis in range(1, 1 + 2 * n) if axis != 1 + i)
        largest = np.abs(block.payoff[:, i]).max(axis=away)
        slack = np.minimum(
            ROUNDING * largest, ROUNDED_SHARE * np.ptp(block.payoff[:, i], axis=away) + np.spacing(largest)
        )
        stable &= ((by_private - obeyed).max(axis=2) <= slack).all(axis=1)
    return stable


def _saddle_points(block: StageBlock) -> tuple[BoolArray, IntArray]:
    """Return where a zero-sum game of two actions' indices has a saddle point, and one, shape (B, 2)."""
    payoff = block.payoff[:, :, 0, 0]  # (B, 2, A_1, A_2)
    total = payoff.sum(axis=1)
    size = np.abs(payoff).max(axis=(1, 2, 3))
    constant = np.ptp(total.reshape(len(block), -1), axis=1) <= ROUNDING * size
    lowest, highest = payoff[:, 0].min(axis=2), payoff[:, 0].max(axis=1)
    row, column = lowest.argmax(axis=1), highest.argmin(axis=1)
    # Exactly equal: then the cell at (row, column) has this value, and neither agent gains by leaving it.
    saddle = lowest.max(axis=1) == highest.min(axis=1)
    return constant & saddle, np.stack([row, column], axis=1)
