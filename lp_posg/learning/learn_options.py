"""The options of learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lp_posg.evaluate.deviator import check_bounds
from lp_posg.game import Game, opened
from lp_posg.game.protocols import AgentSizes
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.information import SharingStructure, check_horizon
from lp_posg.learning.environments import Environment, played
from lp_posg.learning.result import telling
from lp_posg.learning.simulator_runs import Simulator
from lp_posg.learning.simulators import environment
from lp_posg.learning.windows import Frame
from lp_posg.stage import Concept, Objective, concept_named
from lp_posg.types import IntArray

Exploration = Literal["spanner", "uniform"]
EXPLORATIONS = ("spanner", "uniform")


@dataclass(frozen=True)
class LearnOptions:
    """The options of `learn`, all checked before any work."""

    environment: Environment
    game: Game | None
    structure: SharingStructure
    frame: Frame
    concept: Concept
    objective: Objective
    agents: tuple[str, ...]
    episodes: int
    rounds: int
    exploration: str
    evaluation_episodes: int
    discount: float
    level: float
    seed: int
    store: Checkpoint | None
    memory_limit: int | None


def learnable_concept(concept: str | Concept | None, game: Game | None) -> Concept:
    """Return a concept that can be learnt; by default ``team`` where the reward is known to be common, else ``cce``."""
    default = "team" if game is not None and game.is_common_reward else "cce"
    wanted = concept_named(default if concept is None else concept)
    if game is not None:
        wanted.check_game(game)
    check_bounds(wanted.deviations)
    return wanted


def players_of(
    source: Game | Environment | Simulator, horizon: int, discount: float | None
) -> tuple[Game | None, tuple[str, ...], float]:
    """Return the game if it is known, the agents' names, and the discount."""
    source = opened(source)
    if not isinstance(source, Game):
        agents = tuple(f"agent{i + 1}" for i in range(len(environment(source).n_actions)))
        return None, agents, 1.0 if discount is None else float(discount)
    check_horizon(source, horizon)
    game = source if discount is None else source.with_discount(discount)
    return game, game.agents, game.discount


def sizes_of_play(environment: Environment) -> AgentSizes:
    """Return the sizes of an environment; one step of it shows whether there is an observation before the first."""
    with telling(None):
        first = played(environment, _Idle(len(environment.n_actions)), 1, 1, np.random.default_rng(0)).first
    return AgentSizes(environment.n_actions, environment.n_observations, first is not None)


class _Idle:
    """Plays everybody's first action."""

    def __init__(self, n_agents: int) -> None:
        self._n_agents = n_agents

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        self._n_runs = n_runs

    def act(self, time: int) -> IntArray:
        return np.zeros((self._n_runs, self._n_agents), dtype=np.int64)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        pass
