"""Games to and from PettingZoo's parallel environments.

An environment with finite spaces becomes a simulator to learn from (`from_parallel_env`), and a game
becomes an environment that other libraries can train in (`parallel_env`). PettingZoo and gymnasium are
imported only when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lp_posg.errors import MissingExtraError, ModelError
from lp_posg.game import Game
from lp_posg.information import check_horizon

if TYPE_CHECKING:
    from lp_posg.interop.parallel_game import ParallelGame

_PARALLEL = ("possible_agents", "action_space", "observation_space", "reset", "step")


def looks_like_parallel_env(source: Any) -> bool:
    """Return whether an object has what a PettingZoo ParallelEnv has."""
    return all(hasattr(source, name) for name in _PARALLEL) and not looks_like_aec_env(source)


def looks_like_aec_env(source: Any) -> bool:
    """Return whether an object has what a PettingZoo AECEnv has: agents that act in turn."""
    return all(hasattr(source, name) for name in ("agent_iter", "last", "step"))


def from_parallel_env(env: Any, *, initial_observation: bool = True) -> ParallelEnvSimulator:
    """Return a PettingZoo parallel environment as a simulator.

    Parameters
    ----------
    env : ParallelEnv
        Every agent of `possible_agents` with Discrete spaces of actions and observations. It takes the
        environment over: resets it and steps it.
    initial_observation : bool
        False: what `reset` returns says nothing and is dropped, so that the game has no observation before
        the first action.

    Raises
    ------
    ModelError
        If it has no list of possible agents, or a space is not Discrete.
    MissingExtraError
        If gymnasium is not installed.
    """
    return ParallelEnvSimulator(env, initial_observation)


def parallel_env(game: Game, horizon: int) -> ParallelGame:
    """Return a game of some horizon as a PettingZoo parallel environment.

    Agents have the game's names; actions and observations are Discrete, with the game's indices. The state is not to be
    seen: infos are empty. Rewards are the game's, undiscounted. After the last step every agent is terminated: the game
    is over, its value from there on is 0. PettingZoo wants an observation before the first action; in a game that has
    none it is 0 and means nothing (as is the one after the last step of a game whose observation law varies with time).

    Parameters
    ----------
    game : Game
    horizon : int

    Raises
    ------
    ModelError
        If there is no game, or the horizon is not a number of steps that it has.
    MissingExtraError
        If PettingZoo is not installed.
    """
    if not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    horizon = check_horizon(game, horizon)
    try:
        from lp_posg.interop.parallel_game import ParallelGame
    except ImportError as error:
        raise _missing("pettingzoo") from error
    return ParallelGame(game, horizon)


class ParallelEnvSimulator:
    """A parallel environment as `lp_posg.learning.Simulator`; made by `from_parallel_env`.

    Agents stand in the order of `possible_agents`; `agents` are the environment's names of them. One that is not there
    (it left, or has not come yet) gets reward 0 and its last observation, index O_i - 1, and its action goes nowhere.
    The run is over when none is left, be it by termination or by truncation. Action masks and infos are not read.
    """

    def __init__(self, env: Any, initial_observation: bool = True) -> None:
        self._env, self._initial_observation = env, initial_observation
        self.agents: tuple[Any, ...] = tuple(getattr(env, "possible_agents", ()) or ())
        if not self.agents:
            raise ModelError(f"{env!r} has no possible_agents, expected the agents known before the first run")
        actions = [_discrete(agent, "action", env.action_space(agent)) for agent in self.agents]
        observations = [_discrete(agent, "observation", env.observation_space(agent)) for agent in self.agents]
        self._first_action = [start for _, start in actions]
        self._first_observation = [start for _, start in observations]
        self.n_actions = tuple(count for count, _ in actions)
        self.n_observations = tuple(count for count, _ in observations)

    def reset(self, seed: int) -> list[Any] | None:
        """Start a run; return one observation per agent."""
        seen, _ = self._env.reset(seed=seed)
        self._check_keys("observations", seen, self._env.agents)
        return self._indices(seen) if self._initial_observation else None

    def step(self, actions: tuple[int, ...]) -> tuple[list[Any], list[Any], bool]:
        """Return observations, rewards, and whether no agent is left."""
        here = set(self._env.agents)
        chosen = {
            agent: start + action
            for agent, start, action in zip(self.agents, self._first_action, actions, strict=True)
            if agent in here
        }
        parts = self._env.step(chosen)
        if not isinstance(parts, tuple) or len(parts) != 5 or not all(isinstance(part, Mapping) for part in parts):
            raise ModelError("step returned something else than the parallel API's five dictionaries")
        seen, rewards, terminated, truncated, _ = parts
        self._check_keys("rewards", rewards, here)
        self._check_keys("observations", seen, self._env.agents)
        left = [a for a in self._env.agents if not (terminated.get(a, False) or truncated.get(a, False))]
        return self._indices(seen), [rewards.get(agent, 0.0) for agent in self.agents], not left

    def _check_keys(self, what: str, found: Mapping[Any, Any], there: Iterable[Any]) -> None:
        """Raise ModelError unless all agents that are there, and none that cannot be, have an entry."""
        missing = [agent for agent in there if agent not in found]
        unknown = [agent for agent in found if agent not in self.agents]
        if missing or unknown:
            wrong = f"no entry for agent {missing[0]!r}" if missing else f"an entry for {unknown[0]!r}, no agent of it"
            raise ModelError(f"{what} have {wrong}: found {list(found)}, expected {list(there)}")

    def _indices(self, seen: Mapping[Any, Any]) -> list[Any]:
        """Return observations as indices from 0; what is no number is passed on, for the caller to complain of."""
        found = []
        for agent, start, count in zip(self.agents, self._first_observation, self.n_observations, strict=True):
            own = seen.get(agent, start + count - 1)
            # Gymnasium's Discrete takes arrays of no axes for numbers.
            own = own.item() if getattr(own, "shape", None) == () else own
            found.append(own - start if isinstance(own, int) and not isinstance(own, bool) else own)
        return found


def _discrete(agent: Any, what: str, space: Any) -> tuple[int, int]:
    """Return how many elements a Discrete space has, and the first."""
    try:
        from gymnasium.spaces import Discrete
    except ImportError as error:
        raise _missing("gymnasium") from error
    if not isinstance(space, Discrete):
        raise ModelError(
            f"agent {agent!r} has {what} space {space!r}, expected gymnasium.spaces.Discrete; wrap the environment"
            f" in one that numbers its {what}s"
        )
    return int(space.n), int(space.start)


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(f"{package} is not installed; install it with: pip install 'lp-posg[interop]'")
