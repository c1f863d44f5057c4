"""A game as a PettingZoo parallel environment; the only module that needs PettingZoo to be imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from pettingzoo import ParallelEnv

from lp_posg.errors import ModelError
from lp_posg.evaluate import GameSampler
from lp_posg.game import Game
from lp_posg.types import IntArray


class ParallelGame(ParallelEnv):
    """See `lp_posg.interop.parallel_env`, which makes it."""

    def __init__(self, game: Game, horizon: int) -> None:
        self.metadata: dict[str, Any] = {"name": game.name, "render_modes": [], "is_parallelizable": True}
        self.render_mode = None
        self.possible_agents = list(game.agents)
        self.agents: list[str] = []
        self._game, self._horizon, self._sampler = game, horizon, GameSampler(game)
        self._action_spaces = {a: Discrete(n) for a, n in zip(game.agents, game.n_actions, strict=True)}
        self._observation_spaces = {a: Discrete(n) for a, n in zip(game.agents, game.n_observations, strict=True)}
        self._rng = np.random.default_rng()
        self._state: IntArray = np.zeros(1, dtype=np.int64)
        self._time = 0

    def observation_space(self, agent: str) -> Any:
        """Return the agent's observations, the same object every time."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """Return the agent's actions, the same object every time."""
        return self._action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
        """Start a run, of a random stream of its own if a seed is given, else of the one under way; no options."""
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        self.agents, self._time = list(self.possible_agents), 0
        self._state, seen = self._sampler.reset(1, self._rng)
        return self._observations(seen), self._infos()

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[dict[str, int], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Take everybody's action; raise ModelError if the run is over, or an action is missing or not in its space."""
        joint = np.array([self._joint(actions)])
        self._state, seen, rewards = self._sampler.step(self._time, self._state, joint, self._rng)
        self._time += 1
        over = self._time == self._horizon
        result = (
            self._observations(seen),
            dict(zip(self.possible_agents, rewards[0].tolist(), strict=True)),
            dict.fromkeys(self.possible_agents, over),
            dict.fromkeys(self.possible_agents, False),
            self._infos(),
        )
        if over:
            self.agents = []
        return result

    def render(self) -> None:
        """Show nothing: agents see only their observations."""

    def _joint(self, actions: Mapping[str, int]) -> int:
        if not self.agents:
            raise ModelError(f"game {self._game.name!r} is over after {self._horizon} steps, or not begun; call reset")
        if set(actions) != set(self.agents):
            raise ModelError(f"actions are for {sorted(actions)}, expected one for each of {self.agents}")
        for agent, action in actions.items():
            if not self._action_spaces[agent].contains(action):
                count = self._action_spaces[agent].n
                raise ModelError(f"action of agent {agent!r} is {action!r}, expected a whole number below {count}")
        own = [int(actions[agent]) for agent in self.possible_agents]
        return int(np.ravel_multi_index(own, self._game.n_actions))

    def _observations(self, seen: IntArray | None) -> dict[str, int]:
        if seen is None:
            return dict.fromkeys(self.possible_agents, 0)
        own = np.unravel_index(int(seen[0]), self._game.n_observations)
        return {agent: int(index) for agent, index in zip(self.possible_agents, own, strict=True)}

    def _infos(self) -> dict[str, dict[str, Any]]:
        return {agent: {} for agent in self.possible_agents}
