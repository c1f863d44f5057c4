"""Recycling robots (Amato, Bernstein and Zilberstein 2007), built from the robots' batteries."""

from __future__ import annotations

from itertools import product

import numpy as np

from lp_posg.checks import finite_number, probability
from lp_posg.game import Game

ACTIONS = ("recharge", "search-little", "search-big")
LEVELS = ("high", "low")
RECHARGE, LITTLE, BIG = range(3)
HIGH, LOW = range(2)


def build(
    little_item: float = 2.0,
    big_item: float = 5.0,
    rescue_cost: float = 10.0,
    little_drain: float = 0.3,
    big_drain: float = 0.5,
    little_strands: float = 0.2,
    big_strands: float = 0.3,
    discount: float = 0.9,
) -> Game:
    """Return the recycling-robots game.

    Parameters
    ----------
    little_item, big_item : float
        Reward for a little item (one robot finds it alone) and for a big one (both must search for it).
    rescue_cost : float
        Cost of carrying a robot with an empty battery back to the charger.
    little_drain, big_drain : float
        Probability that such a search takes a battery from high to low.
    little_strands, big_strands : float
        Probability that such a search empties a low battery.
    discount : float
        Weight of the next step's reward.

    Raises
    ------
    ModelError
        If a parameter is not a number in its range.

    Notes
    -----
    A robot with an empty battery is carried back and recharged within the step. Items count
    only if no robot had to be carried. Each robot sees its own battery.
    """
    gains = {"little_item": little_item, "big_item": big_item, "rescue_cost": rescue_cost}
    for name, value in gains.items():
        finite_number(name, value)
    chances = {
        "little_drain": little_drain,
        "big_drain": big_drain,
        "little_strands": little_strands,
        "big_strands": big_strands,
    }
    for name, value in chances.items():
        probability(name, value)

    # One robot: probability of the next level given level and action, and of being stranded on the way.
    level_next = np.zeros((2, 3, 2))
    strands = np.zeros((2, 3))
    level_next[:, RECHARGE, HIGH] = 1.0
    for action, drain, empty in ((LITTLE, little_drain, little_strands), (BIG, big_drain, big_strands)):
        level_next[HIGH, action] = 1 - drain, drain
        level_next[LOW, action] = empty, 1 - empty
        strands[LOW, action] = empty

    states = list(product(range(2), repeat=2))
    transition = np.einsum("iax,jby->ijabxy", level_next, level_next).reshape(4, 3, 3, 4)
    observation = np.zeros((3, 3, 4, 2, 2))
    reward = np.zeros((4, 3, 3))
    for s, (level1, level2) in enumerate(states):
        observation[:, :, s, level1, level2] = 1.0
        for a1, a2 in product(range(3), repeat=2):
            alone1, alone2 = strands[level1, a1], strands[level2, a2]
            items = little_item * ((a1 == LITTLE) + (a2 == LITTLE)) + big_item * (a1 == a2 == BIG)
            reward[s, a1, a2] = (1 - alone1) * (1 - alone2) * items - rescue_cost * (alone1 + alone2)
    return Game(
        transition,
        observation,
        np.stack([reward, reward]),
        [1.0, 0.0, 0.0, 0.0],
        discount=discount,
        name="recycling",
        agents=["robot1", "robot2"],
        states=[f"{LEVELS[level1]}-{LEVELS[level2]}" for level1, level2 in states],
        actions=[ACTIONS, ACTIONS],
        observations=[LEVELS, LEVELS],
    )
