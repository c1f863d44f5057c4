"""Pairs of beliefs in simulated runs, and intervals for their mean distance."""

from __future__ import annotations

import math

import numpy as np

from lp_posg.bounds.belief_pairs import steps_of
from lp_posg.game import Game
from lp_posg.types import FloatArray

CONFIDENCE = 0.95
"""Of each interval of an estimate, one by one."""

BATCH_ENTRIES = 4_000_000
"""Numbers in the pairs that are simulated at a time."""


def sampled_distances(
    game: Game, start: FloatArray, time: int, steps: int, skip: int, n_samples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return mean distances and half-widths for the numbers of steps beyond `skip`, under uniform joint actions."""
    rng = np.random.default_rng(seed)
    batch = max(1, BATCH_ENTRIES // len(start))
    distance = np.empty((steps - skip, n_samples))
    for first in range(0, n_samples, batch):
        runs = slice(first, min(first + batch, n_samples))
        pairs = np.tile(start.reshape(2, -1), (runs.stop - first, 1, 1))
        for step in range(steps):
            pairs = _sampled(game, pairs, time + step, rng)
            if step >= skip:
                distance[step - skip, runs] = np.abs(pairs[:, 0] - pairs[:, 1]).sum(axis=1) / 2
    return distance.mean(axis=1), np.array([half_width(sample) for sample in distance])


def _sampled(game: Game, pairs: FloatArray, time: int, rng: np.random.Generator) -> FloatArray:
    """Return the pairs of all runs one step on: a joint action at random, an observation by the first belief."""
    action = rng.integers(game.n_joint_actions, size=len(pairs))
    drawn = rng.random(len(pairs))
    following = np.empty_like(pairs)
    for a, (move, law) in enumerate(steps_of(game, time)):
        mine = np.flatnonzero(action == a)
        moved = np.stack([pairs[mine, half] @ move for half in (0, 1)], axis=1)
        chance = np.cumsum(moved[:, 0] @ law, axis=1)
        # The first observation whose cumulated chance exceeds the draw has a positive chance itself.
        seen = (chance <= (drawn[mine] * chance[:, -1])[:, None]).sum(axis=1)
        likelihood = law.T.tocsr()[seen].toarray()
        weight = moved * likelihood[:, None, :]
        following[mine] = weight / weight.sum(axis=2, keepdims=True)
    return following


def half_width(sample: FloatArray) -> float:
    """Return half the width of an interval for the mean of independent numbers in [0, 1] (empirical Bernstein).

    Two-sided with the stated ``CONFIDENCE``, for any law of the numbers.
    """
    n, log = len(sample), math.log(4 / (1 - CONFIDENCE))
    return math.sqrt(2 * float(sample.var(ddof=1)) * log / n) + 7 * log / (3 * (n - 1))
