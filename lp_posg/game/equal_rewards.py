"""What counts as rounding of rewards: beside what they differ by, not beside what they have in common."""

from __future__ import annotations

import numpy as np

from lp_posg.types import REWARD_TOL, ROUNDING, FloatArray

LARGE_SHARE = 1e-4
"""A gap of more than this share of what an agent gets is no rounding to whoever gets it."""


def are_common(rewards: FloatArray) -> bool:
    """Whether all agents get the same, rewards of shape (n, ...)."""
    return bool((np.ptp(rewards, axis=0) <= _slack(rewards).max(axis=0)).all())


def sum_alike(rewards: FloatArray, sums: FloatArray | None = None) -> bool:
    """Whether the agents' rewards, shape (n, ...), always sum to the same number; `sums` if they are known exactly."""
    total, slack = rewards.sum(axis=0) if sums is None else sums, _slack(rewards).sum(axis=0)
    return bool((np.abs(total - np.median(total)) <= slack + slack.min()).all())


def accepted_gaps(tolerance: float, span: FloatArray, largest: FloatArray) -> FloatArray:
    """Return what gaps are accepted of agents whose rewards span and reach so much, shapes (n,).

    The tolerance is relative to the span; what rounding can make of one reward is added, but of rewards that have more
    in common than they differ by no more than ``LARGE_SHARE`` of the span.
    """
    differs = span > 4 * np.spacing(largest)
    return np.asarray(tolerance * span + np.minimum(ROUNDING * largest, np.where(differs, LARGE_SHARE * span, np.inf)))


def _slack(rewards: FloatArray) -> FloatArray:
    """Return how far each reward may be from another that counts as equal, shape (n, ...).

    That is relative to how far it is from the agent's middle one, and to how far others usually are, and a few steps of
    a double.
    """
    axes = tuple(range(1, rewards.ndim))
    away = np.abs(rewards - np.median(rewards, axis=axes, keepdims=True))
    sizes = away[away > 0]
    usual = float(np.partition(sizes, len(sizes) // 4)[len(sizes) // 4]) if len(sizes) else 0.0
    return np.asarray(REWARD_TOL * (away + usual) + 4 * np.spacing(np.abs(rewards)))
