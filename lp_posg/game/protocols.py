"""What the rooms above need to know of a game: a `Game` has all of it, a learnt model or a simulator a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lp_posg.types import FloatArray


class Agents(Protocol):
    """Who plays, and with how many actions."""

    @property
    def agents(self) -> tuple[str, ...]:
        """Names, for messages."""

    @property
    def n_agents(self) -> int:
        """Number of agents."""

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""


class Sizes(Agents, Protocol):
    """What tables need to know of a game; a `Game` says it, and `AgentSizes` where there is none."""

    @property
    def n_observations(self) -> tuple[int, ...]:
        """Number of observations of each agent."""

    @property
    def has_initial_observation(self) -> bool:
        """Whether there is an observation before the first action."""


@dataclass(frozen=True)
class AgentSizes:
    """The `Sizes` of what is known only by its numbers, such as a simulator."""

    n_actions: tuple[int, ...]
    n_observations: tuple[int, ...]
    has_initial_observation: bool = False

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.n_actions)

    @property
    def agents(self) -> tuple[str, ...]:
        """Names as a `Game` gives them."""
        return tuple(f"agent{i + 1}" for i in range(self.n_agents))


class Payoffs(Agents, Protocol):
    """What planning and deviating need of a game once its states are known: a `Game`, or a learnt model."""

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions."""

    @property
    def is_common_reward(self) -> bool:
        """Whether all agents always receive the same reward."""

    @property
    def discount(self) -> float:
        """Weight of the next step's reward."""

    def reward_array(self, time: int) -> FloatArray:
        """Return the reward at a step, shape (n, S, A): S the columns of the level's belief."""
