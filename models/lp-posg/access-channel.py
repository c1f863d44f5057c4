"""A multiple-access channel whose users count their own packets only."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from lp_posg.checks import choice, finite_number, probability
from lp_posg.game import Game

ACTIONS = ("wait", "send")
LEVELS = ("empty", "full")
FEEDBACK = ("silence", "single", "collision")


def build(
    n_agents: int = 2,
    arrival: float = 0.5,
    collision_cost: float = 0.5,
    holding_cost: float = 0.0,
    buffer_noise: float = 0.0,
) -> Game:
    """Return the access-channel game.

    Parameters
    ----------
    n_agents : int
        Number of users, 2 or 3.
    arrival : float
        Probability that an empty buffer is filled at the end of a step, and before the first one.
    collision_cost : float
        Cost, for each user that sends, when several do; at least 0.
    holding_cost : float
        Cost of a step with a packet that does not get through; at least 0.
    buffer_noise : float
        Probability that a user misreads its own buffer.

    Raises
    ------
    ModelError
        If a parameter is not in its range.

    Notes
    -----
    A buffer holds one packet. When exactly one user sends, its packet, if it has one, gets through
    and earns it 1. A user with an empty buffer that sends occupies the channel all the same. After a
    collision the packets stay. Every user hears whether nobody, one user, or several sent, and
    reads its own buffer, also before the first step.
    """
    choice("n_agents", n_agents, (2, 3))
    for name, chance in {"arrival": arrival, "buffer_noise": buffer_noise}.items():
        probability(name, chance)
    for name, cost in {"collision_cost": collision_cost, "holding_cost": holding_cost}.items():
        finite_number(name, cost, least=0.0)

    buffers = list(product(range(2), repeat=n_agents))
    joint_actions = list(product(range(2), repeat=n_agents))
    n_states, n_heard = len(buffers), len(LEVELS) * len(FEEDBACK)
    fill = np.array([[1 - arrival, arrival], [0.0, 1.0]])
    reads = np.array([[1 - buffer_noise, buffer_noise], [buffer_noise, 1 - buffer_noise]])
    transition = np.zeros((n_states, *(2,) * n_agents, n_states))
    observation = np.zeros((*(2,) * n_agents, n_states, *(n_heard,) * n_agents))
    reward = np.zeros((n_agents, n_states, *(2,) * n_agents))
    initial = np.array([prod(fill[0, level] for level in state) for state in buffers])

    for action in joint_actions:
        n_senders = sum(action)
        feedback = min(n_senders, 2)
        for s, state in enumerate(buffers):
            observation[(*action, s)] = reading(state, feedback, reads)
            delivered = [n_senders == 1 and a == 1 and level == 1 for a, level in zip(action, state, strict=True)]
            left = [level - gone for level, gone in zip(state, delivered, strict=True)]
            for t, after in enumerate(buffers):
                transition[(s, *action, t)] = prod(fill[x, y] for x, y in zip(left, after, strict=True))
            for i in range(n_agents):
                reward[(i, s, *action)] = (
                    delivered[i] - collision_cost * (n_senders > 1 and action[i]) - holding_cost * left[i]
                )
    users = [f"user{i + 1}" for i in range(n_agents)]
    heard = [f"{level}+{what}" for level in LEVELS for what in FEEDBACK]
    return Game(
        transition,
        observation,
        reward,
        initial,
        initial_observation=np.array([reading(state, 0, reads) for state in buffers]),
        name="access-channel",
        agents=users,
        states=["-".join(LEVELS[level] for level in state) for state in buffers],
        actions=[ACTIONS] * n_agents,
        observations=[heard] * n_agents,
    )


def reading(state: tuple[int, ...], feedback: int, reads: np.ndarray) -> np.ndarray:
    """Return the law of the joint observation, one axis per user: own buffer read, common feedback."""
    law = np.ones(())
    for level in state:
        own = np.zeros((len(LEVELS), len(FEEDBACK)))
        own[:, feedback] = reads[level]
        law = np.multiply.outer(law, own.ravel())
    return law
