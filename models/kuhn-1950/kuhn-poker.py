"""Kuhn's poker: three cards, one bet, two players who each see their own card."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from lp_posg.checks import finite_number
from lp_posg.game import Game

CARDS = ("jack", "queen", "king")
DEALS = tuple(permutations(range(3), 2))
STAGES = ("first", "passed", "bet", "passed-bet")
OBSERVATIONS = (*CARDS, "passed", "bet", "over")
PASS, BET = 0, 1


def build(ante: float = 1.0, bet: float = 1.0) -> Game:
    """Return Kuhn's poker, to be played over three steps without sharing.

    Parameters
    ----------
    ante, bet : float
        What each player puts in before the deal, and what a bet or a call adds.

    Raises
    ------
    ModelError
        If a parameter is negative.

    Notes
    -----
    The cards are the observation before the first action. Player 1 acts at steps 1 and 3, player 2
    at step 2; what the other does meanwhile changes nothing. Both hear what was done.
    """
    for name, value in {"ante": ante, "bet": bet}.items():
        finite_number(name, value, least=0.0)
    over = len(DEALS) * len(STAGES)
    transition = np.zeros((over + 1, 2, 2, over + 1))
    reward = np.zeros((over + 1, 2, 2))
    transition[over, :, :, over] = 1.0
    for deal, (mine, yours) in enumerate(DEALS):
        first, passed, raised, asked = (deal * len(STAGES) + stage for stage in range(len(STAGES)))
        sign = 1.0 if mine > yours else -1.0
        # Player 1 acts: rows. Player 2 acts: columns.
        transition[first, PASS, :, passed] = transition[first, BET, :, raised] = 1.0
        transition[passed, :, BET, asked] = transition[passed, :, PASS, over] = 1.0
        transition[[raised, asked], :, :, over] = 1.0
        reward[passed, :, PASS] = sign * ante
        reward[raised, :, PASS], reward[raised, :, BET] = ante, sign * (ante + bet)
        reward[asked, PASS], reward[asked, BET] = -ante, sign * (ante + bet)
    heard = [OBSERVATIONS.index(word) for _ in DEALS for word in ("over", "passed", "bet", "bet")] + [5]
    observation = np.zeros((2, 2, over + 1, 6, 6))
    observation[:, :, np.arange(over + 1), heard, heard] = 1.0
    dealt = np.zeros((over + 1, 6, 6))
    dealt[over, 5, 5] = 1.0
    for deal, cards in enumerate(DEALS):
        dealt[deal * len(STAGES) : (deal + 1) * len(STAGES), cards[0], cards[1]] = 1.0
    initial = np.zeros(over + 1)
    initial[: over : len(STAGES)] = 1.0 / len(DEALS)
    return Game(
        transition,
        observation,
        np.stack([reward, -reward]),
        initial,
        dealt,
        name="kuhn-poker",
        agents=("player1", "player2"),
        states=[f"{CARDS[a]}-{CARDS[b]}-{stage}" for a, b in DEALS for stage in STAGES] + ["over"],
        actions=[("pass", "bet")] * 2,
        observations=[OBSERVATIONS] * 2,
    )
