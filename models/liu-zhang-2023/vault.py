"""The vault: one team game in three versions, of which two lack one of the paper's two hypotheses each.

The derivations are in ``docs/explanation/hardness.md``.
"""

from __future__ import annotations

import numpy as np

from lp_posg.checks import choice, finite_number, probability, whole_number
from lp_posg.game import Game

BITS = ("low", "high")
ACTIONS = ("wait", "press")
WAITING = ((0.9, 0.1), (0.2, 0.8))
"""Law of the next dial position when both wait; row: the position now. The numbers are ours."""


def hard_no_sharing(
    horizon: int = 3,
    observability: float = 0.8,
    clue: float = 0.8,
    press_cost: float = 1.0,
    own_costs: bool = False,
    seed: int = 0,
) -> Game:
    """Return the observable vault, to be played without sharing (structure ``none``).

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1: the vault is tried at the last one. The rewards vary with time.
    observability : float
        Probability t that a step's readings are right; otherwise they are uniform noise.
    clue : float
        The same for the readings before the first action.
    press_cost : float
        What each press before the last step costs; at least 0. From 1 on, waiting is optimal.
    own_costs : bool
        Each agent pays for its own presses only, which makes a game of the team.
    seed : int
        Of the law of the dial when somebody presses.

    Raises
    ------
    ModelError
        If a parameter is not in its range.

    Notes
    -----
    A state is (key, dial), two bits. The key never changes. The dial moves at random, by a law that
    depends on what both agents do: `WAITING` if both wait, else drawn once with `seed`, so that no
    two sequences of joint actions leave the same belief over it. Agent 1 reads the key and agent 2
    the dial: with probability t both readings are right, otherwise both are uniform. At the last
    step the agents set key and dial (wait: low, press: high) and earn 1 if both are right.

    Observability: with v uniform the law is O(o | s) = (1 - t) v(o) + t [o = s], so for beliefs b
    and b' the difference of the observation laws is (1 - t) v (sum b - sum b') + t (b - b'), and the
    first term is zero: the ratio of the two L1 norms is t for *every* pair, hence the paper's
    constant is exactly t, before the first action exactly the clue.

    If a press costs at least 1, no policy under any structure does better than never to press before
    the last step: on the histories where it presses it earns at most 1 - press_cost <= 0 in all, and
    the policy that waits and guesses as it would have without a press earns what it earns on the others.

    The paper's hypotheses and what fails without them: Liu and Zhang (ICML 2023); the game is ours.
    """
    return _vault("hard-no-sharing", horizon, observability, clue, press_cost, own_costs, seed)


def hard_unobservable(
    horizon: int = 3, clue: float = 0.8, press_cost: float = 1.0, own_costs: bool = False, seed: int = 0
) -> Game:
    """Return the vault whose readings after the first are noise: observability 0.

    Parameters and notes are those of `hard_no_sharing`, with observability 0.
    """
    return _vault("hard-unobservable", horizon, 0.0, clue, press_cost, own_costs, seed)


def easy_observable(
    horizon: int = 3,
    observability: float = 0.8,
    clue: float = 0.8,
    press_cost: float = 1.0,
    own_costs: bool = False,
    seed: int = 0,
) -> Game:
    """Return the observable vault, to be played with sharing; at observability 0 it is the unobservable one.

    Parameters and notes are those of `hard_no_sharing`.
    """
    return _vault("easy-observable", horizon, observability, clue, press_cost, own_costs, seed)


def _vault(
    name: str, horizon: int, observability: float, clue: float, press_cost: float, own_costs: bool, seed: int
) -> Game:
    whole_number("horizon", horizon)
    whole_number("seed", seed, 0)
    probability("observability", observability)
    probability("clue", clue)
    finite_number("press_cost", press_cost, least=0.0)
    choice("own_costs", own_costs, (True, False))
    states = [f"key-{key}+dial-{dial}" for key in BITS for dial in BITS]
    return Game(
        np.einsum("kq,xaby->kxabqy", np.eye(2), dial_law(seed)).reshape(4, 2, 2, 4),
        np.broadcast_to(readings(observability), (2, 2, 4, 2, 2)),
        np.stack([_costs(press_cost, own_costs)] * (horizon - 1) + [_success()]),
        np.full(4, 0.25),
        readings(clue),
        name=name,
        agents=["key-holder", "dial-holder"],
        states=states,
        actions=[ACTIONS, ACTIONS],
        observations=[[f"reads-{bit}" for bit in BITS]] * 2,
    )


def dial_law(seed: int) -> np.ndarray:
    """Return the law of the next dial position, shape (position, action 1, action 2, next position).

    A dial stays with a probability between 0.6 and 0.9, so every law forgets, but none at once.
    """
    stays = np.random.default_rng(seed).uniform(0.6, 0.9, size=(2, 2, 2))
    law = np.empty((2, 2, 2, 2))
    for x in range(2):
        law[x, ..., x], law[x, ..., 1 - x] = stays[x], 1 - stays[x]
    law[:, 0, 0] = WAITING
    return law


def readings(accuracy: float) -> np.ndarray:
    """Return the law of both readings, shape (state, key read, dial read)."""
    return ((1 - accuracy) / 4 + accuracy * np.eye(4)).reshape(4, 2, 2)


def _costs(press_cost: float, own_costs: bool) -> np.ndarray:
    """Return the reward of a step before the last, shape (agent, state, action 1, action 2)."""
    first, second = np.meshgrid([0.0, press_cost], [0.0, press_cost], indexing="ij")
    paid = np.stack([first, second] if own_costs else [first + second] * 2)
    return np.broadcast_to(-paid[:, None], (2, 4, 2, 2))


def _success() -> np.ndarray:
    """Return the reward of the last step: 1 if the actions are (key, dial)."""
    return np.broadcast_to(np.eye(4).reshape(4, 2, 2), (2, 4, 2, 2))
