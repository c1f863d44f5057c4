"""The multi-agent tiger with own rewards (Gmytrasiewicz and Doshi 2005)."""

from __future__ import annotations

import numpy as np

from lp_posg.checks import choice, finite_number, probability
from lp_posg.game import Game

STATES = ("tiger-left", "tiger-right")
ACTIONS = ("listen", "open-left", "open-right")
GROWLS = ("growl-left", "growl-right")
CREAKS = ("silence", "creak-left", "creak-right")


def build(
    growl_accuracy: float = 0.85,
    creak_accuracy: float = 0.9,
    listen_cost: float = 1.0,
    treasure: float = 10.0,
    tiger_cost: float = 100.0,
    creaks: bool = True,
) -> Game:
    """Return the multi-agent tiger game.

    Parameters
    ----------
    growl_accuracy : float
        Probability that an agent that listens hears the growl on the tiger's side.
    creak_accuracy : float
        Probability that an agent that listens hears rightly which door, if any, the other opened;
        the two wrong answers are equally likely.
    listen_cost, treasure, tiger_cost : float
        An agent's cost of listening, reward at the treasure's door, and cost at the tiger's.
    creaks : bool
        False leaves the creaks out, so that only growls are heard (our variant, two observations
        per agent instead of six).

    Raises
    ------
    ModelError
        If a parameter is not in its range.

    Notes
    -----
    An agent's reward does not depend on the other's action; the agents are tied together by the
    tiger, whose place is drawn anew, for both, whenever any door is opened. An agent that opens a
    door hears nothing of use: all its observations are equally likely.
    """
    probability("growl_accuracy", growl_accuracy)
    probability("creak_accuracy", creak_accuracy)
    for name, value in {"listen_cost": listen_cost, "treasure": treasure, "tiger_cost": tiger_cost}.items():
        finite_number(name, value)
    choice("creaks", creaks, (True, False))

    transition = np.full((2, 3, 3, 2), 0.5)
    transition[:, 0, 0] = np.eye(2)

    # What one agent hears: heard[own action, other's action, tiger, growl, creak].
    heard = np.full((3, 3, 2, 2, 3), 1 / 6)
    growl = np.full((2, 2), 1 - growl_accuracy)
    np.fill_diagonal(growl, growl_accuracy)
    creak = np.full((3, 3), (1 - creak_accuracy) / 2)
    np.fill_diagonal(creak, creak_accuracy)
    heard[0] = np.einsum("sg,bc->bsgc", growl, creak)
    one = heard.reshape(3, 3, 2, 6) if creaks else heard.sum(axis=-1)
    observation = np.einsum("absx,basy->absxy", one, one)

    gain = np.array([[-listen_cost, -tiger_cost, treasure], [-listen_cost, treasure, -tiger_cost]])
    reward = np.zeros((2, 2, 3, 3))
    reward[0] = gain[:, :, None]
    reward[1] = gain[:, None, :]
    sounds = [f"{g}+{c}" for g in GROWLS for c in CREAKS] if creaks else list(GROWLS)
    return Game(
        transition,
        observation,
        reward,
        [0.5, 0.5],
        name="general-tiger",
        states=STATES,
        actions=[ACTIONS, ACTIONS],
        observations=[sounds, sounds],
    )
