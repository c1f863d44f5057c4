"""A game given by dense arrays, one axis per agent: their shapes, and the matrices they are."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from lp_posg.errors import ModelError
from lp_posg.game.matrices import Matrices
from lp_posg.types import FloatArray


def matrices_of(
    transition: ArrayLike,
    observation: ArrayLike,
    reward: ArrayLike,
    initial: ArrayLike,
    initial_observation: ArrayLike | None,
) -> Matrices:
    """Return the matrices of a game given by dense arrays, shaped as `Game` says.

    Raises ModelError if an array holds no numbers, or shapes disagree.
    """
    law = _as_array("observation", observation)
    n = (law.ndim - 1) // 2
    if n < 1:
        raise ModelError(
            f"observation has {law.ndim} axes, expected 2n + 1 for n agents"
            " (joint action, next state, joint observation), one more with time"
        )
    laws = law if law.ndim % 2 == 0 else law[None]
    n_actions, n_states, n_obs = laws.shape[1 : n + 1], laws.shape[n + 1], laws.shape[n + 2 :]
    if 0 in laws.shape[1:]:
        raise ModelError(
            f"observation has shape {law.shape}, expected at least one state, and of each agent at least one"
            " action and one observation"
        )
    shape = {
        "transition": (n_states, *n_actions, n_states),
        "reward": (n, n_states, *n_actions),
        "initial": (n_states,),
    }
    moves = _with_time("transition", _as_array("transition", transition), shape["transition"])
    gains = _with_time("reward", _as_array("reward", reward), shape["reward"])
    start = _as_array("initial", initial)
    if start.shape != shape["initial"]:
        raise ModelError(f"initial has shape {start.shape}, expected {shape['initial']}: one per state")
    first = None
    if initial_observation is not None:
        first = _as_array("initial_observation", initial_observation)
        if first.shape != (n_states, *n_obs):
            raise ModelError(
                f"initial_observation has shape {first.shape}, expected {(n_states, *n_obs)}:"
                " axes are state, observation of each agent"
            )
        first = sp.csr_array(first.reshape(n_states, -1))
    _check_time_axes(law.ndim % 2 == 0, laws, moves, gains, transition, reward)
    n_joint = int(np.prod(n_actions))
    return Matrices(
        n_actions=tuple(n_actions),
        n_observations=tuple(n_obs),
        transitions=[sp.csr_array(m.reshape(n_states * n_joint, n_states)) for m in moves],
        observation_laws=[sp.csr_array(o.reshape(n_joint * n_states, -1)) for o in laws],
        rewards=[g.reshape(n, n_states, n_joint) for g in gains],
        initial=start,
        initial_observation=first,
    )


def _check_time_axes(
    law_varies: bool, laws: FloatArray, moves: FloatArray, gains: FloatArray, transition: ArrayLike, reward: ArrayLike
) -> None:
    """Raise ModelError if the time axes that were given, be they of length 1, do not cover the same steps."""
    steps = {"observation": len(laws) + 1} if law_varies else {}
    if np.ndim(transition) == moves.ndim:
        steps["transition"] = len(moves)
    if np.ndim(reward) == gains.ndim:
        steps["reward"] = len(gains)
    if len(set(steps.values())) > 1:
        raise ModelError(
            f"time axes disagree: steps covered are {steps}; give every part that varies one entry per step"
            " (observation: one fewer)"
        )


def _as_array(what: str, value: ArrayLike) -> FloatArray:
    if np.iscomplexobj(value):
        raise ModelError(f"{what} holds complex numbers, expected real ones")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{what} is not an array of numbers: {error}") from None
    return array


def _with_time(what: str, array: FloatArray, expected: tuple[int, ...]) -> FloatArray:
    if array.shape == expected:
        return array[None]
    if array.shape[1:] == expected and len(array):
        return array
    axes = {"transition": "state, action of each agent, next state", "reward": "agent, state, action of each agent"}
    raise ModelError(
        f"{what} has shape {array.shape}, expected {expected} (or that with a leading time axis):"
        f" axes are {axes[what]}; the sizes are those of observation"
    )
