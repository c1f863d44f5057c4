"""The numbers of a game as matrices with flattened joint indices, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.game.labels import Labels
from lp_posg.game.validation import frozen, probability_rows
from lp_posg.types import REWARD_LIMIT, FloatArray, SparseMatrix


@dataclass(frozen=True, eq=False)
class Matrices:
    """The numbers of a game; a part that does not vary with time has one matrix, the others one per step.

    Attributes
    ----------
    n_actions, n_observations : tuple of int
        Number of actions and of observations of each agent.
    transitions : sequence of sparse matrices, shape (S * A, S)
        Row ``s * A + a``.
    observation_laws : sequence of sparse matrices, shape (A * S, O)
        One per step but the last; row ``a * S + s'``.
    rewards : sequence of float arrays, shape (n, S, A)
    initial : float array, shape (S,)
    initial_observation : sparse matrix, shape (S, O), or None
    """

    n_actions: tuple[int, ...]
    n_observations: tuple[int, ...]
    transitions: Sequence[SparseMatrix]
    observation_laws: Sequence[SparseMatrix]
    rewards: Sequence[FloatArray]
    initial: FloatArray
    initial_observation: SparseMatrix | None


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
