"""Payoffs of stage games as sums over pairs of agents, and whether these pairs are zero-sum; see `polymatrix`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.stage.payoffs import Scaled
from lp_posg.types import BoolArray, FloatArray

POLYMATRIX_TOL = 1e-10
"""Payoffs are a sum over pairs, and pairs zero-sum, if off by at most this, relative to what is at stake."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """The best sums over pairs (least squares) for the payoffs of B stage games, and how far they are off."""

    # per agent, shape (B, k_i A_i); in each agent's own unit, as `Scaled`; summed over the others' private information
    alone: tuple[FloatArray, ...]
    # per agent, shape (B, k_i A_i, sum of k_j A_j); what the others' prescriptions add; zero in the agent's own columns
    along: tuple[FloatArray, ...]
    apart: FloatArray  # shape (B, n); largest part of each agent's payoff that is no sum over pairs, in its own unit
    # shape (B, n, n); largest payoff in the actions of both of a pair that does not cancel, in the smaller unit of the
    # two
    unbalanced: FloatArray
    # shape (B, n); each agent's unit by the largest of those it plays with, directly or through others. What others
    # play among themselves may be in units so large that the agent's own payoffs would be rounding beside them
    weight: FloatArray
    # shape (B, sum of k_j A_j); the sum of all scaled values, so weighted, by prescription, once the pairs cancel
    total: FloatArray

    def is_zero_sum(self) -> BoolArray:
        """Return which games are zero-sum polymatrix, a bool array of shape (B,)."""
        return np.asarray(np.maximum(self.apart.max(axis=1), self.unbalanced.max(axis=(1, 2))) <= POLYMATRIX_TOL)

    def why_not(self, row: int) -> str:
        """Return what keeps one game from it, for a message."""
        agent = int(self.apart[row].argmax())
        if self.apart[row, agent] > POLYMATRIX_TOL:
            return (
                f"the payoff of agent {agent + 1} is no sum over pairs of agents"
                f" (off by {self.apart[row, agent]:.2g} of what it has at stake)"
            )
        i, j = np.unravel_index(int(self.unbalanced[row].argmax()), self.unbalanced[row].shape)
        return (
            f"what agents {min(i, j) + 1} and {max(i, j) + 1} do to each other is not zero-sum"
            f" (off by {self.unbalanced[row].max():.2g} of what is at stake)"
        )


def pairs_of(game: Scaled) -> Pairs:
    """Return the payoffs of each game as sums over pairs of agents, as nearly as that can be."""
    size, n = game.size.shape
    private, actions = range(1, 1 + n), range(1 + n, 1 + 2 * n)  # axes of one agent's payoffs
    n_private, n_actions = game.payoff.shape[2 : 2 + n], game.payoff.shape[2 + n :]
    first = np.concatenate([[0], np.cumsum(np.multiply(n_private, n_actions))])
    total = np.zeros((size, first[-1]))
    apart, unbalanced = np.zeros((size, n)), np.zeros((size, n, n))
    alone, along = [], []
    both: dict[tuple[int, int], FloatArray] = {}  # (B, k_i, A_i, k_j, A_j): in both actions only
    by_other: dict[tuple[int, int], FloatArray] = {}  # (B, k_j A_j): of i, in j's action only
    for i in range(n):
        own = game.payoff[:, i]
        mean = own.mean(axis=_but(actions, i), keepdims=True)
        rest = own - mean
        mine = mean.sum(axis=_but(private, i)).reshape(size, -1)
        others = np.zeros((size, mine.shape[1], first[-1]))
        for j in set(range(n)) - {i}:
            pair = own.mean(axis=_but(actions, i, j), keepdims=True) - mean
            rest = rest - pair
            summed = pair.sum(axis=_but(private, i, j))
            summed = summed.reshape(size, *_in_order(i, j, n_private), *_in_order(i, j, n_actions))
            turned = summed.transpose(0, *((1, 3, 2, 4) if i < j else (2, 4, 1, 3)))
            others[:, :, first[j] : first[j + 1]] = turned.reshape(size, mine.shape[1], -1)
            whatever = turned.mean(axis=2, keepdims=True)
            both[i, j] = turned - whatever
            by_other[i, j] = whatever.sum(axis=1).reshape(size, -1)
        alone.append(mine)
        along.append(others)
        apart[:, i] = np.abs(rest).reshape(size, -1).max(axis=1)
    weight = _weights(game, both)
    for i in range(n):
        total[:, first[i] : first[i + 1]] += weight[:, i, None] * alone[i]
    for i, j in both:
        total[:, first[j] : first[j + 1]] += weight[:, i, None] * by_other[i, j]
        mine, theirs = (weight[:, k].reshape(-1, 1, 1, 1, 1) for k in (i, j))
        left = np.abs(mine * both[i, j] + theirs * both[j, i].transpose(0, 3, 4, 1, 2)).reshape(size, -1).max(axis=1)
        least = np.minimum(np.where(weight[:, i] > 0, weight[:, i], 1.0), np.where(weight[:, j] > 0, weight[:, j], 1.0))
        unbalanced[:, i, j] = left / least
    return Pairs(tuple(alone), tuple(along), apart, unbalanced, weight, total)


def _weights(game: Scaled, both: dict[tuple[int, int], FloatArray]) -> FloatArray:
    """Return each agent's unit by the largest of its component: agents linked by payoffs in the actions of two."""
    size, n = game.size.shape
    linked = np.tile(np.eye(n, dtype=bool), (size, 1, 1))
    for (i, j), payoff in both.items():
        touched = np.abs(payoff).reshape(size, -1).max(axis=1) > POLYMATRIX_TOL
        linked[:, i, j] |= touched
        linked[:, j, i] |= touched
    for _ in range(n):
        linked = (linked[:, :, :, None] & linked[:, None, :, :]).any(axis=2)
    unit = np.where(linked, game.size[:, None, :], 0.0).max(axis=2)
    return np.asarray(game.size / np.where(unit > 0, unit, 1.0))


def _but(axes: range, *agents: int) -> tuple[int, ...]:
    """Return the axes of all agents but some."""
    return tuple(axis for i, axis in enumerate(axes) if i not in agents)


def _in_order(i: int, j: int, number: tuple[int, ...]) -> tuple[int, int]:
    return number[min(i, j)], number[max(i, j)]
