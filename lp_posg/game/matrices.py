"""The numbers of a game as matrices with flattened joint indices, from dense arrays, and their checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from lp_posg.errors import ModelError
from lp_posg.game.labels import Labels
from lp_posg.types import EXACT_ROW_TOL, PROB_TOL, REWARD_LIMIT, FloatArray, SparseMatrix


def check_discount(discount: float) -> float:
    """Return `discount` as a float in (0, 1], or raise ModelError."""
    try:
        value = float(discount)
    except (TypeError, ValueError):
        raise ModelError(f"discount is {discount!r}, expected a number in (0, 1]") from None
    if not 0.0 < value <= 1.0:
        raise ModelError(f"discount is {value}, expected a number in (0, 1]")
    return value


def probability_rows(
    matrix: SparseMatrix, describe_row: Callable[[int], str], describe_column: Callable[[int], str]
) -> SparseMatrix:
    """Return `matrix` as a frozen CSR array whose rows are probability distributions.

    Rows that sum to 1 within ``PROB_TOL`` are normalised; explicit zeros are dropped.

    Raises ModelError if an entry is negative or not finite, or a row sums to something else; the message names the row
    by `describe_row`.
    """
    csr = sp.csr_array(matrix, dtype=np.float64, copy=True)
    csr.sum_duplicates()
    wrong = np.flatnonzero(~np.isfinite(csr.data) | (csr.data < 0) | (csr.data > 1 + PROB_TOL))
    if len(wrong):
        entry = int(wrong[0])
        row = int(np.searchsorted(csr.indptr, entry, side="right") - 1)
        raise ModelError(
            f"{describe_row(row)} gives {describe_column(int(csr.indices[entry]))} probability"
            f" {csr.data[entry]:.12g}, expected a number from 0 to 1; correct the entry",
            row=row,
        )
    csr.eliminate_zeros()
    sums = np.asarray(csr.sum(axis=1)).ravel()
    off = np.flatnonzero(np.abs(sums - 1.0) > PROB_TOL)
    if len(off):
        row = int(off[0])
        raise ModelError(
            f"{describe_row(row)} sums to {sums[row]:.12g}, expected 1 within {PROB_TOL:g};"
            " correct the row (an error this large is not rescaled)",
            row=row,
        )
    scale = np.where(np.abs(sums - 1.0) > EXACT_ROW_TOL, sums, 1.0)
    csr.data /= np.repeat(scale, np.diff(csr.indptr))
    return frozen_csr(csr)


def frozen_csr(csr: SparseMatrix) -> SparseMatrix:
    """Return `csr` with sorted indices and its arrays set read-only."""
    csr.sort_indices()
    for array in (csr.data, csr.indices, csr.indptr):
        array.flags.writeable = False
    return csr


def frozen(array: FloatArray) -> FloatArray:
    """Return a read-only C-contiguous copy of `array`."""
    copy = np.array(array, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class Matrices:
    """The numbers of a game; a part that does not vary with time has one matrix, the others one per step."""

    # n_actions and n_observations: number of actions and of observations of each agent
    n_actions: tuple[int, ...]
    n_observations: tuple[int, ...]
    transitions: Sequence[SparseMatrix]  # sequence of sparse matrices, shape (S * A, S): row ``s * A + a``
    # sequence of sparse matrices, shape (A * S, O): one per step but the last; row ``a * S + s'``
    observation_laws: Sequence[SparseMatrix]
    rewards: Sequence[FloatArray]  # sequence of float arrays, shape (n, S, A)
    initial: FloatArray  # shape (S,)
    initial_observation: SparseMatrix | None  # sparse matrix, shape (S, O), or None


def checked_matrices(given: Matrices, labels: Labels) -> Matrices:
    """Return the numbers of a game as read-only distributions and rewards.

    Raises ModelError if shapes disagree, a row is not a distribution, or a reward is not finite or too large.
    """
    n, n_states, n_joint = len(given.n_actions), len(given.initial), prod(given.n_actions)
    n_seen, moves, laws, rewards = prod(given.n_observations), given.transitions, given.observation_laws, given.rewards
    _check_lengths(len(moves), len(laws), len(rewards))
    _check_shapes("transition", moves, (n_states * n_joint, n_states))
    _check_shapes("observation", laws, (n_joint * n_states, n_seen))
    _check_shapes("reward", rewards, (n, n_states, n_joint))
    start = sp.csr_array(np.asarray(given.initial, dtype=np.float64)[None])
    initial = frozen(probability_rows(start, lambda _: "initial", labels.state).toarray()[0])
    transitions = [probability_rows(m, labels.move(h, len(moves)), labels.state) for h, m in enumerate(moves)]
    observed = [probability_rows(m, labels.law(h, len(laws)), labels.joint_observation) for h, m in enumerate(laws)]
    for h, reward in enumerate(rewards):
        _check_rewards(labels, h, len(rewards), np.asarray(reward))
    first = given.initial_observation
    if first is not None:
        _check_shapes("initial_observation", [first], (n_states, n_seen))
        first = probability_rows(first, lambda s: f"initial_observation in {labels.state(s)}", labels.joint_observation)
    gains = tuple(map(frozen, rewards))
    return Matrices(given.n_actions, given.n_observations, tuple(transitions), tuple(observed), gains, initial, first)


def _check_rewards(labels: Labels, step: int, count: int, reward: FloatArray) -> None:
    bad = np.argwhere(~(np.abs(reward) <= REWARD_LIMIT))
    if len(bad):
        agent, state, action = (int(i) for i in bad[0])
        raise ModelError(
            f"{labels.reward(step, count, agent, state, action)} is {reward[agent, state, action]}, expected a finite"
            f" number of size at most {REWARD_LIMIT:g}"
        )


def _check_lengths(n_transitions: int, n_laws: int, n_rewards: int) -> None:
    """Raise ModelError unless the parts that vary with time cover the same number of steps."""
    lengths = {"transition": n_transitions, "reward": n_rewards, "observation": n_laws + (n_laws > 1)}
    varying = {part: steps for part, steps in lengths.items() if steps > 1}
    if min(lengths.values()) < 1 or len(set(varying.values())) > 1:
        raise ModelError(
            f"time axes disagree: steps covered are {lengths};"
            " a part that varies has one entry per step (observation: one fewer)"
        )


def _check_shapes(what: str, arrays: Sequence[Any], expected: tuple[int, ...]) -> None:
    for array in arrays:
        if tuple(array.shape) != expected:
            raise ModelError(f"{what} has flattened shape {tuple(array.shape)}, expected {expected}")


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
