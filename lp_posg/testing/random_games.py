"""Small random games, one per seed."""

from __future__ import annotations

import numpy as np

from lp_posg.checks import whole_numbers
from lp_posg.game import Game, takes
from lp_posg.types import FloatArray


@takes
def random_game(
    seed: int,
    *,
    n_agents: int = 2,
    n_states: int = 2,
    n_actions: int = 2,
    n_observations: int = 2,
    zero_sum: bool = False,
    common: bool = False,
    initial_observation: bool = False,
    controlled_by: int | None = None,
    sparse: bool = False,
    horizon: int | None = None,
) -> Game:
    """Return a game with rewards in [-1, 1]; agents' observations are correlated.

    Parameters
    ----------
    seed : int
        The game depends on it and the options alone.
    n_agents, n_states, n_actions, n_observations : int
        Actions and observations of each agent.
    zero_sum, common : bool
        Whether the first two agents' rewards sum to 0, or all agents have the first one's.
    initial_observation : bool
        Whether there is an observation before the first action.
    controlled_by : int, optional
        Only the actions of this many agents, the first, influence states, and none the observations.
    sparse : bool
        Whether about half of all probabilities are zero.
    horizon : int, optional
        Number of steps, each with laws and rewards of its own; one law for all steps if not given.
    """
    whole_numbers(0, seed=seed)
    whole_numbers(1, n_agents=n_agents, n_states=n_states, n_actions=n_actions, n_observations=n_observations)
    whole_numbers(1, **{} if horizon is None else {"horizon": horizon})
    whole_numbers(0, **{} if controlled_by is None else {"controlled_by": controlled_by})
    rng = np.random.default_rng(seed)
    actions, observations = (n_actions,) * n_agents, (n_observations,) * n_agents
    n_joint = n_actions**n_agents

    def law(*shape: int) -> FloatArray:
        rows = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
        if sparse:
            keep = rng.random(rows.shape) < 0.5
            keep[..., 0] |= ~keep.any(axis=-1)
            rows = np.where(keep, rows + 0.05, 0.0)
            rows /= rows.sum(axis=-1, keepdims=True)
        return rows

    def step() -> tuple[FloatArray, FloatArray, FloatArray]:
        transition = law(n_states, n_joint, n_states).reshape(n_states, *actions, n_states)
        observation = law(n_joint, n_states, n_observations**n_agents).reshape(*actions, n_states, *observations)
        if controlled_by is not None:
            index = (slice(None),) * (1 + controlled_by) + (slice(0, 1),) * (n_agents - controlled_by)
            transition = np.broadcast_to(transition[index], transition.shape).copy()
            observation = np.broadcast_to(observation[(slice(0, 1),) * n_agents], observation.shape).copy()
        reward = rng.uniform(-1, 1, (n_agents, n_states, *actions))
        if zero_sum:
            reward[1] = -reward[0]
        if common:
            reward[:] = reward[0]
        return transition, observation, reward

    steps = [step() for _ in range(horizon or 1)]
    transition, observation, reward = (np.stack(part) for part in zip(*steps, strict=True))
    if horizon is None:
        transition, observation, reward = transition[0], observation[0], reward[0]
    else:
        observation = observation[:-1]
    first = law(n_states, n_observations**n_agents).reshape(n_states, *observations) if initial_observation else None
    return Game(transition, observation, reward, law(1, n_states)[0], first, name=f"random-{seed}")
