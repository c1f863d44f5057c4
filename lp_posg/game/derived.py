"""What follows from a game's labels and matrices: sizes, matrices of one step, dense arrays, its kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.game.equal_rewards import are_common, sum_alike
from lp_posg.game.labels import joint_label
from lp_posg.game.matrices import frozen, frozen_csr
from lp_posg.types import FloatArray, SparseMatrix


class Derived:
    """The part of a `Game` that is computed from its labels and matrices."""

    name: str
    agents: tuple[str, ...]
    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    observations: tuple[tuple[str, ...], ...]
    discount: float
    initial: FloatArray
    _transitions: tuple[SparseMatrix, ...]
    _observations: tuple[SparseMatrix, ...]
    _rewards: tuple[FloatArray, ...]
    _initial_observation: SparseMatrix | None

    # ---- sizes -------------------------------------------------------------------------------

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.agents)

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.states)

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return tuple(len(a) for a in self.actions)

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""
        return tuple(len(o) for o in self.observations)

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions."""
        return int(np.prod(self.n_actions))

    @property
    def n_joint_observations(self) -> int:
        """Number of joint observations."""
        return int(np.prod(self.n_observations))

    @property
    def has_initial_observation(self) -> bool:
        """Whether there is an observation before the first action."""
        return self._initial_observation is not None

    @property
    def max_horizon(self) -> int | None:
        """Number of steps the time-varying arrays cover; None when nothing varies with time."""
        known = [len(self._transitions), len(self._rewards)]
        if len(self._observations) > 1 or max(known) > 1:
            return max(*known, len(self._observations) + 1 if len(self._observations) > 1 else 1)
        return None

    # ---- one step, flattened, sparse: what the other rooms compute with -------------------------

    def transition_matrix(self, time: int) -> SparseMatrix:
        """Return the transition at step `time` (0-based): CSR, shape (S, A * S'), column ``a * S + s'``."""
        return self._wide_transitions[time if len(self._wide_transitions) > 1 else 0]

    def observation_matrix(self, time: int) -> SparseMatrix:
        """Return the law of the observation that ends step `time`: CSR, shape (A * S', O), row ``a * S + s'``."""
        return self._observations[time if len(self._observations) > 1 else 0]

    def reward_array(self, time: int) -> FloatArray:
        """Return the reward at step `time`, shape (n, S, A), in reward units."""
        return self._rewards[time if len(self._rewards) > 1 else 0]

    @property
    def initial_observation_matrix(self) -> SparseMatrix | None:
        """Law of the observation before the first action as CSR, shape (S, O), or None."""
        return self._initial_observation

    @cached_property
    def _wide_transitions(self) -> tuple[SparseMatrix, ...]:
        width = self.n_joint_actions * self.n_states
        return tuple(frozen_csr(sp.csr_array(m.tocoo().reshape((self.n_states, width)))) for m in self._transitions)

    # ---- the surface: dense arrays, one axis per agent ------------------------------------------

    @property
    def transition(self) -> FloatArray:
        """Transition probabilities, shape (S, A_1, ..., A_n, S), with a leading time axis if they vary."""
        return _stack(self._transitions, (self.n_states, *self.n_actions, self.n_states))

    @property
    def observation(self) -> FloatArray:
        """Observation probabilities, shape (A_1, ..., A_n, S, O_1, ..., O_n), time axis first if they vary."""
        return _stack(self._observations, (*self.n_actions, self.n_states, *self.n_observations))

    @property
    def reward(self) -> FloatArray:
        """Rewards, shape (n, S, A_1, ..., A_n), with a leading time axis if they vary."""
        return _stack(self._rewards, (self.n_agents, self.n_states, *self.n_actions))

    @property
    def initial_observation(self) -> FloatArray | None:
        """Law of the first joint observation, shape (S, O_1, ..., O_n), or None."""
        if self._initial_observation is None:
            return None
        return _stack((self._initial_observation,), (self.n_states, *self.n_observations))

    # ---- kind of game ------------------------------------------------------------------------

    @cached_property
    def reward_range(self) -> float:
        """Largest difference between two rewards of one agent at one step, in reward units."""
        return max(float(np.max(g.max(axis=(1, 2)) - g.min(axis=(1, 2)))) for g in self._rewards)

    @cached_property
    def is_common_reward(self) -> bool:
        """Whether all agents always receive the same reward (a Dec-POMDP)."""
        return all(are_common(g) for g in self._rewards)

    @cached_property
    def is_zero_sum(self) -> bool:
        """Whether there are two agents whose rewards always sum to the same number."""
        return self.n_agents == 2 and all(sum_alike(g) for g in self._rewards)

    # ---- labels ------------------------------------------------------------------------------

    def joint_action_label(self, joint_action: int) -> tuple[str, ...]:
        """Return the labels of the flat `joint_action`, one per agent."""
        return joint_label(joint_action, self.actions)

    def joint_observation_label(self, joint_observation: int) -> tuple[str, ...]:
        """Return the labels of the flat `joint_observation`, one per agent."""
        return joint_label(joint_observation, self.observations)


def _stack(parts: Sequence[Any], shape: tuple[int, ...]) -> FloatArray:
    dense = [(p.toarray() if sp.issparse(p) else p).reshape(shape) for p in parts]
    return frozen(dense[0] if len(dense) == 1 else np.stack(dense))
