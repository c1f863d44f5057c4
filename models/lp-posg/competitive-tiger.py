"""A zero-sum tiger: two agents at the same doors, each paid by how much better than the other it does."""

from __future__ import annotations

import numpy as np

from lp_posg.checks import finite_number, probability
from lp_posg.game import Game

STATES = ("tiger-left", "tiger-right")
ACTIONS = ("listen", "open-left", "open-right")
SOUNDS = ("hear-left", "hear-right")


def build(accuracy: float = 0.85, listen_cost: float = 1.0, treasure: float = 10.0, tiger_cost: float = 100.0) -> Game:
    """Return the competitive tiger game.

    Parameters
    ----------
    accuracy : float
        Probability that an agent hears the tiger on the right side when both listen.
    listen_cost, treasure, tiger_cost : float
        An agent's cost of listening, gain at the treasure's door, and loss at the tiger's.

    Raises
    ------
    ModelError
        If a parameter is not in its range.

    Notes
    -----
    Doors, tiger and sounds are those of ``dectiger``. With g(s, a) the single-agent tiger's
    reward, agent 1 receives g(s, a_1) - g(s, a_2) and agent 2 the opposite. The game looks the
    same to both, so its value is 0 wherever both have the same information.
    """
    probability("accuracy", accuracy)
    for name, value in {"listen_cost": listen_cost, "treasure": treasure, "tiger_cost": tiger_cost}.items():
        finite_number(name, value)
    transition = np.full((2, 3, 3, 2), 0.5)
    transition[:, 0, 0] = np.eye(2)
    hears = np.full((2, 2), 1 - accuracy)
    np.fill_diagonal(hears, accuracy)
    observation = np.full((3, 3, 2, 2, 2), 0.25)
    observation[0, 0] = np.einsum("sx,sy->sxy", hears, hears)
    gain = np.array([[-listen_cost, -tiger_cost, treasure], [-listen_cost, treasure, -tiger_cost]])
    ahead = gain[:, :, None] - gain[:, None, :]
    return Game(
        transition,
        observation,
        np.stack([ahead, -ahead]),
        [0.5, 0.5],
        name="competitive-tiger",
        states=STATES,
        actions=[ACTIONS, ACTIONS],
        observations=[SOUNDS, SOUNDS],
    )
