"""The options of learning, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal

import numpy as np

from lp_posg.checks import confidence, positive_number, whole_number
from lp_posg.errors import ModelError
from lp_posg.evaluate.deviator import check_bounds
from lp_posg.game import Game
from lp_posg.game.protocols import AgentSizes
from lp_posg.game.validation import check_discount
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.information import SharingStructure, check_horizon, sharing_structure
from lp_posg.learning.environments import Environment, played
from lp_posg.learning.result import telling
from lp_posg.learning.simulator_runs import Simulator
from lp_posg.learning.simulators import environment
from lp_posg.learning.windows import Frame, frame_of
from lp_posg.stage import Concept, Objective, concept_named, parse_objective
from lp_posg.types import IntArray

Exploration = Literal["spanner", "uniform"]
EXPLORATIONS = ("spanner", "uniform")


@dataclass(frozen=True)
class LearnOptions:
    """The options of `learn`, checked."""

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


def checked_options(
    source: Game | Environment | Simulator,
    *,
    horizon: int,
    sharing: str | SharingStructure,
    concept: str | Concept | None,
    objective: str | Callable[[Any], Any],
    memory: int,
    episodes: int,
    rounds: int,
    exploration: str,
    evaluation_episodes: int,
    discount: float | None,
    level: float,
    seed: int,
    time_limit: float | None,
    memory_limit: float | None,
    checkpoint: str | PathLike[str] | None,
) -> LearnOptions:
    """Return the options of `learn`, all checked before any work."""
    counts = {"memory": (memory, 0), "episodes": (episodes, 1), "rounds": (rounds, 1), "seed": (seed, 0)}
    counts |= {"horizon": (horizon, 1), "evaluation_episodes": (evaluation_episodes, 2)}
    _check_numbers(counts, level, discount, {"time_limit": time_limit, "memory_limit": memory_limit})
    if exploration not in EXPLORATIONS:
        raise ModelError(f"exploration is {exploration!r}, expected one of {', '.join(EXPLORATIONS)}")
    game, agents, weight = _players(source, horizon, discount)
    played_in = environment(source if game is None else game)
    with telling(None):
        first = played(played_in, _Idle(len(agents)), 1, 1, np.random.default_rng(0)).first
    sizes = AgentSizes(played_in.n_actions, played_in.n_observations, first is not None)
    structure = sharing_structure(sharing, len(agents))
    wanted = _concept(concept, game)
    selection = parse_objective(objective, agents)
    options = {"horizon": horizon, "sharing": structure.name, "concept": wanted.name, "objective": selection.name}
    options |= {"memory": memory, "episodes": episodes, "exploration": exploration, "discount": weight, "seed": seed}
    # An environment cannot be told from another of its class and sizes.
    known = f"{type(source).__qualname__}, {sizes}" if game is None else game
    return LearnOptions(
        played_in,
        game,
        structure,
        frame_of(sizes, structure, int(horizon), int(memory)),
        wanted,
        selection,
        agents,
        int(episodes),
        int(rounds),
        exploration,
        int(evaluation_episodes),
        weight,
        float(level),
        int(seed),
        None if checkpoint is None else Checkpoint(checkpoint, known, options),
        None if memory_limit is None else int(memory_limit),
    )


def _check_numbers(
    counts: Mapping[str, tuple[object, int]], level: float, discount: float | None, limits: Mapping[str, float | None]
) -> None:
    """Raise ModelError unless numbers are in their ranges; beside whole ones stands the least that they may be."""
    for name, (value, least) in counts.items():
        whole_number(name, value, least)
    confidence("level", level)
    if discount is not None:
        check_discount(discount)
    for name, limit in limits.items():
        if limit is not None:
            positive_number(name, limit)


def _concept(concept: str | Concept | None, game: Game | None) -> Concept:
    """Return a concept that can be learnt; by default ``team`` where the reward is known to be common, else ``cce``."""
    default = "team" if game is not None and game.is_common_reward else "cce"
    wanted = concept_named(default if concept is None else concept)
    if game is not None:
        wanted.check_game(game)
    check_bounds(wanted.deviations)
    return wanted


def _players(
    source: Game | Environment | Simulator, horizon: int, discount: float | None
) -> tuple[Game | None, tuple[str, ...], float]:
    """Return the game if it is known, the agents' names, and the discount."""
    if not isinstance(source, Game):
        agents = tuple(f"agent{i + 1}" for i in range(len(environment(source).n_actions)))
        return None, agents, 1.0 if discount is None else float(discount)
    check_horizon(source, horizon)
    game = source if discount is None else source.with_discount(discount)
    return game, game.agents, game.discount


class _Idle:
    """Plays everybody's first action, to see whether there is an observation before it."""

    def __init__(self, n_agents: int) -> None:
        self._n_agents = n_agents

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        self._n_runs = n_runs

    def act(self, time: int) -> IntArray:
        return np.zeros((self._n_runs, self._n_agents), dtype=np.int64)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        pass
