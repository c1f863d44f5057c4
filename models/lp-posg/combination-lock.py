"""A combination lock: what uniformly drawn actions never find and a search level by level does."""

from __future__ import annotations

import numpy as np

from lp_posg.checks import probability, whole_number
from lp_posg.game import Game

ACTIONS = ("left", "right")
READINGS = ("alive", "dead")


def build(length: int = 8, accuracy: float = 1.0, seed: int = 0) -> Game:
    """Return the combination-lock game.

    Parameters
    ----------
    length : int
        Number of levels, at least 1; as many steps are needed to be paid.
    accuracy : float
        Probability that an agent reads rightly whether the lock still works.
    seed : int
        Of the combination.

    Raises
    ------
    ModelError
        If a parameter is not in its range.

    Notes
    -----
    States are the levels, the first one being the start, and last ``dead``. At every level but the
    last one joint action, drawn once with `seed`, leads to the next level, any other to ``dead``, for
    good. At the last level both earn 1, whatever they do, and the lock is dead. After every step each
    agent reads, independently of the other, ``alive`` or ``dead``.

    From ``length`` steps on the optimum is 1 for each, under any sharing structure: to play the
    combination needs no observation. With fewer steps it is 0. Actions drawn uniformly come to the
    last level with probability ``4 ** (1 - length)``.
    """
    whole_number("length", length)
    whole_number("seed", seed, 0)
    probability("accuracy", accuracy)
    dead = length
    transition = np.zeros((length + 1, 2, 2, length + 1))
    transition[..., dead] = 1.0
    for level, action in enumerate(combination(length, seed)):
        transition[(level, *action)] = np.eye(length + 1)[level + 1]
    reward = np.zeros((2, length + 1, 2, 2))
    reward[:, length - 1] = 1.0
    right = np.array([[accuracy, 1 - accuracy]] * length + [[1 - accuracy, accuracy]])
    observation = np.broadcast_to(np.einsum("sx,sy->sxy", right, right), (2, 2, length + 1, 2, 2))
    return Game(
        transition,
        observation,
        reward,
        np.eye(length + 1)[0],
        name="combination-lock",
        agents=["one", "two"],
        states=[*(f"level-{level + 1}" for level in range(length)), "dead"],
        actions=[ACTIONS] * 2,
        observations=[READINGS] * 2,
    )


def combination(length: int, seed: int) -> list[tuple[int, int]]:
    """Return the right joint action of each level but the last."""
    return [(int(a), int(b)) for a, b in np.random.default_rng(seed).integers(2, size=(length - 1, 2))]
