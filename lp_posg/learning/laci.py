"""LACI, learning with approximate common information: the paper's learning algorithm.

From an environment alone, in rounds:

1. explore: uniformly drawn actions in the first round; then plans that span what the learnt model can
   reach (`spanner`), each followed by uniformly drawn actions, beside some runs of nothing but these;
2. estimate the model over the last L shared increments from all episodes so far (`model`);
3. plan in it, with any concept: one candidate per round (`planning`).

Then choose among the candidates by fresh episodes: for a team the largest mean return; else the smallest
gap, estimated by playing against following the best deviation of each agent in a model of its own, counted
from episodes in which the others follow and it wanders; with confidence intervals. Where the true game is
known, the chosen strategy is certified in it.

Source: the paper's learning algorithm and sample complexity theorem; Golowich, Moitra and Rohatgi (2022),
Learning in observable POMDPs, without computationally intractable oracles.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from lp_posg.checks import confidence, positive_number, whole_number
from lp_posg.errors import LimitError, ModelError, SimulatorError
from lp_posg.evaluate import certify
from lp_posg.evaluate.deviator import check_bounds
from lp_posg.game import Game
from lp_posg.game.protocols import AgentSizes
from lp_posg.game.validation import check_discount
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.information import SharingStructure, check_horizon, sharing_structure
from lp_posg.information.resources import Resources
from lp_posg.information.tables import tables_digest
from lp_posg.learning.actors import ExplorationPlan, Explorer, Follower
from lp_posg.learning.checking import played
from lp_posg.learning.counted_model import ARC_BYTES, LearntModel, estimate
from lp_posg.learning.environments import Environment, Episodes
from lp_posg.learning.estimated_gaps import best_deviations
from lp_posg.learning.model_errors import model_errors
from lp_posg.learning.model_planning import planned, rebased, rebased_values
from lp_posg.learning.result import Candidate, LearningProgress, Learnt
from lp_posg.learning.simulators import Simulator, environment
from lp_posg.learning.spanner import spanner_bytes, spanner_plans
from lp_posg.learning.windows import Frame, frame_of
from lp_posg.stage import Concept, Objective, concept_named, parse_objective
from lp_posg.types import FloatArray, IntArray

Exploration = Literal["spanner", "uniform"]
EXPLORATIONS = ("spanner", "uniform")

UNIFORM_SHARE = 0.25
"""Least share of a round's episodes in which all actions are drawn uniformly."""


def learn(
    source: Game | Environment | Simulator,
    horizon: int,
    sharing: str | SharingStructure = "full",
    concept: str | Concept | None = None,
    objective: str | Callable[[Any], Any] = "welfare",
    *,
    memory: int = 2,
    episodes: int = 10_000,
    rounds: int = 3,
    exploration: Exploration = "spanner",
    evaluation_episodes: int = 2_000,
    discount: float | None = None,
    level: float = 0.95,
    seed: int = 0,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    checkpoint: str | PathLike[str] | None = None,
    progress: Callable[[LearningProgress], None] | None = None,
) -> Learnt:
    """Return a strategy learnt from an environment, with what is known of its gap.

    Parameters
    ----------
    source : Game, Environment, Simulator or PettingZoo ParallelEnv
        A game is only drawn from while learning; at the end it serves to certify the candidates, which
        takes as much as certifying any strategy. ``GameEnvironment(game)`` is learnt from without.
    horizon : int
    sharing, concept, objective
        As in `solve`; ``cce`` by default, ``team`` for a game with a common reward.
    memory : int
        L, how many of the latest shared increments the model remembers.
    episodes : int
        Exploration episodes per round.
    rounds : int
    exploration : {"spanner", "uniform"}
    evaluation_episodes : int
        Fresh episodes per candidate and per deviation tried. To find a deviation, each agent wanders for
        `episodes` more, unless the concept is ``team``.
    discount : float, optional
        The game's by default; 1 for other environments.
    level : float
        Confidence of each interval.
    seed : int
        The answer depends on it and the options alone.
    time_limit : float, optional
        Seconds; no further round is begun after them, and what was learnt is returned.
    memory_limit : float, optional
        Most bytes of resident memory of this process, by estimate before each round is planned and explored.
    checkpoint : path, optional
        A folder that keeps the episodes of every round; the same call takes a stopped run up again. Give
        each simulator a folder of its own: one is told from another by its class and sizes alone.
    progress : callable, optional
        Called with a `LearningProgress`.

    Raises
    ------
    SimulatorError
        If the environment misbehaves; its attributes ``model`` and ``candidates`` are those of the
        rounds done, None and empty at first.
    ModelError
        If an option is not valid.
    UnsupportedError
        If the concept is not available (``strategic-ce`` never is), or private information or windows grow
        beyond what is coded.
    StrategyDependenceError
        If the sharing is not strategy-independent in the game, which is found when candidates are certified.
    LimitError
        If the time is over before the first round is done, or a step's observations are too many for a
        spanner, or the learnt model has too many transitions or needs more than `memory_limit`: counted before
        they are made.

    Examples
    --------
    >>> import lp_posg as posg
    >>> found = posg.learn(posg.catalog("dectiger"), 2, "full", episodes=2000, rounds=2, memory=1)
    >>> found.best.certificate.values.round(6).tolist()
    [10.815, 10.815]
    """
    run = _checked(
        source, horizon, sharing, concept, objective, memory, episodes, rounds, exploration, evaluation_episodes,
        discount, level, seed, time_limit, memory_limit, checkpoint,
    )  # fmt: skip
    return run.result(clock.time() + time_limit if time_limit is not None else None, progress or (lambda _: None))


@dataclass(frozen=True)
class _Run:
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

    def result(self, deadline: float | None, progress: Callable[[LearningProgress], None]) -> Learnt:
        """Learn, and choose."""
        begun = clock.perf_counter()
        batches: list[Episodes] = []
        found: list[tuple[Candidate, LearntModel]] = []
        model: LearntModel | None = None
        stopped = ""
        for number in range(1, self.rounds + 1):
            if deadline is not None and clock.time() > deadline:
                stopped = f"the time limit was met after {number - 1} of {self.rounds} rounds"
                break
            so_far = sum(len(batch) for batch in batches)
            progress(LearningProgress("explore", number, self.rounds, so_far, clock.perf_counter() - begun))
            with _telling(model, [candidate for candidate, _ in found]):
                explored, n_plans = self._explored(number, model)
            batches += explored
            model = self._estimated(batches)
            found.append((self._candidate(number, n_plans, model), model))
        if model is None:
            raise LimitError("the time limit was met before the first round of learning; allow more time", limit="time")
        explored_total = sum(len(batch) for batch in batches)
        evaluated, spent = [], 0
        for candidate, own in found:
            now = LearningProgress(
                "evaluate", candidate.round, len(found), explored_total + spent, clock.perf_counter() - begun
            )
            progress(now)
            # Every candidate is stated on the states of the last model, which knows most windows.
            moved = replace(
                candidate,
                policy=rebased(candidate.policy, own, model),
                node_values=rebased_values(candidate.node_values, own, model),
            )
            with _telling(model, [candidate for candidate, _ in found]):
                told, used = self._evaluated(moved, model, np.random.default_rng([self.seed, 1, candidate.round]))
            evaluated.append(told)
            spent += used
        return Learnt(
            tuple(evaluated),
            self._choice(evaluated),
            model,
            self.structure,
            self.concept,
            self.objective,
            self.exploration,
            self.frame.memory,
            self.frame.horizon,
            self.discount,
            self.level,
            {"explore": explored_total, "evaluate": spent},
            clock.perf_counter() - begun,
            self.seed,
            stopped,
            None if self.game is None else model_errors(self.game, self.structure, evaluated[-1].policy, model),
        )

    def _explored(self, number: int, model: LearntModel | None) -> tuple[list[Episodes], int]:
        """Return one round of episodes, one batch per plan, and how many plans there were.

        Each round draws from a stream of its own, so that a run taken up again goes on as it would have.
        """
        rules = tables_digest(self.frame.tables)
        kept = None if self.store is None else self.store.load(f"round-{number}", rules)
        if kept is not None:
            return _unpacked(kept), int(kept["plans"])
        rng = np.random.default_rng([self.seed, 0, number])
        plans: list[ExplorationPlan] = []
        if model is not None and self.exploration == "spanner":
            self._check_memory("explore", model, spanner_bytes(model))
            plans = spanner_plans(model)
        uniform = int(np.ceil(self.episodes * max(UNIFORM_SHARE, 1 / (1 + len(plans)))))
        sizes = [
            uniform,
            *(len(part) for part in np.array_split(np.arange(self.episodes - uniform), max(1, len(plans)))),
        ]
        explorers = [Explorer(self.frame), *(Explorer(self.frame, plan) for plan in plans)]
        batches = [
            played(self.environment, explorer, size, self.frame.horizon, rng)
            for explorer, size in zip(explorers, sizes, strict=False)
            if size
        ]
        if self.store is not None:
            self.store.save(f"round-{number}", rules, _packed(batches) | {"plans": np.array(len(explorers))})
        return batches, len(explorers)

    def _estimated(self, batches: list[Episodes]) -> LearntModel:
        """Return the model that episodes give, if there is memory to plan in it."""
        model = estimate(self.frame, batches, self.discount)
        self._check_memory("plan", model, ARC_BYTES * model.n_arcs)
        return model

    def _check_memory(self, phase: str, model: LearntModel, more: int) -> None:
        states = tuple(len(step.index) for step in model.steps)
        Resources(memory_limit=self.memory_limit).check_memory(phase, self.frame.horizon - 1, states, more)

    def _candidate(self, number: int, n_plans: int, model: LearntModel) -> Candidate:
        policy, promised, node_values = planned(model, self.structure.name, self.concept, self.objective)
        nothing = np.full(len(self.agents), np.nan)
        states = tuple(len(step.index) for step in model.steps)
        return Candidate(
            number,
            model.n_episodes,
            n_plans,
            states,
            policy,
            promised,
            node_values,
            values=nothing,
            value_errors=nothing,
            gaps=nothing,
            gap_errors=nothing,
            certificate=None,
        )

    def _evaluated(self, candidate: Candidate, model: LearntModel, rng: np.random.Generator) -> tuple[Candidate, int]:
        """Return a candidate with what fresh episodes, and the true game if it is known, say of it."""
        values, errors = self._returns(Follower(self.frame, candidate.policy), rng)
        used = self.evaluation_episodes
        gaps, gap_errors = candidate.gaps, candidate.gap_errors
        if not self.concept.deviations.together:
            gaps, gap_errors = self._gains(candidate, model, values, errors, rng)
            used += (self.evaluation_episodes + self.episodes) * len(self.agents)
        certificate = None
        if self.game is not None:
            certificate = certify(self.game, self.structure, candidate.policy, self.concept.deviations)
        told = replace(
            candidate,
            values=values,
            value_errors=self._half(errors),
            gaps=gaps,
            gap_errors=gap_errors,
            certificate=certificate,
        )
        return told, used

    def _gains(
        self,
        candidate: Candidate,
        model: LearntModel,
        values: FloatArray,
        errors: FloatArray,
        rng: np.random.Generator,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean gain of each agent's best known deviation, at least 0, and half its interval.

        Deviations are looked for in models of their own, counted from fresh episodes in which the
        others follow and the deviator wanders: in the model that a strategy was planned in it is an
        equilibrium, whatever it is in the game.
        """
        n = len(self.agents)
        gains, widths = np.empty(n), np.empty(n)
        for i in range(n):
            wandering = Follower(self.frame, candidate.policy, wanderer=i)
            runs = played(self.environment, wandering, self.episodes, self.frame.horizon, rng)
            around = self._estimated([runs])
            policy = rebased(candidate.policy, model, around)
            _, plans = best_deviations(around, policy, self.concept.deviations)
            away, away_error = self._returns(Follower(self.frame, policy, plans[i]), rng)
            gains[i] = max(away[i] - values[i], 0.0)
            widths[i] = self._half(np.hypot(away_error[i], errors[i]))
        return gains, widths

    def _returns(self, actor: Follower, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return mean discounted returns in fresh episodes, and their standard errors, shape (n,) each."""
        runs = played(self.environment, actor, self.evaluation_episodes, self.frame.horizon, rng)
        weight = self.discount ** np.arange(self.frame.horizon)
        returns = np.einsum("nhi,h->ni", runs.rewards, weight)
        return returns.mean(axis=0), returns.std(axis=0, ddof=1) / np.sqrt(len(returns))

    def _half(self, errors: FloatArray) -> FloatArray:
        return np.asarray(NormalDist().inv_cdf(0.5 + self.level / 2) * errors)

    def _choice(self, candidates: list[Candidate]) -> int:
        """Return the best by fresh episodes: for a team the largest mean return, else the smallest gap with its error.

        Of equals the later one, which knows more.
        """
        if self.concept.deviations.together:
            worth = [float(candidate.values.sum()) for candidate in candidates]
        else:
            worth = [-float((candidate.gaps + candidate.gap_errors).max()) for candidate in candidates]
        return len(worth) - 1 - int(np.argmax(worth[::-1]))


def _checked(
    source: Game | Environment | Simulator,
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
) -> _Run:
    """Return the options of `learn`, all checked before any work."""
    whole_number("horizon", horizon)
    whole_number("memory", memory, 0)
    whole_number("episodes", episodes)
    whole_number("rounds", rounds)
    whole_number("evaluation_episodes", evaluation_episodes, 2)
    whole_number("seed", seed, 0)
    if exploration not in EXPLORATIONS:
        raise ModelError(f"exploration is {exploration!r}, expected one of {', '.join(EXPLORATIONS)}")
    confidence("level", level)
    if discount is not None:
        check_discount(discount)
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None:
            positive_number(name, limit)
    game = source if isinstance(source, Game) else None
    if game is not None:
        check_horizon(game, horizon)
        game = game if discount is None else game.with_discount(discount)
        default = "team" if game.is_common_reward else "cce"
        agents, weight = game.agents, game.discount
    else:
        default, weight = "cce", 1.0 if discount is None else float(discount)
        agents = tuple(f"agent{i + 1}" for i in range(len(environment(source).n_actions)))
    played_in = environment(source if game is None else game)
    with _telling(None):
        first = played(played_in, _Idle(len(agents)), 1, 1, np.random.default_rng(0)).first
    sizes = AgentSizes(played_in.n_actions, played_in.n_observations, first is not None)
    structure = sharing_structure(sharing, len(agents))
    found = concept_named(default if concept is None else concept)
    if game is not None:
        found.check_game(game)
    check_bounds(found.deviations)
    goal = parse_objective(objective, agents)
    found.check_objective(goal)
    store = None
    if checkpoint is not None:
        options = {"horizon": horizon, "sharing": structure.name, "concept": found.name, "objective": goal.name}
        options |= {
            "memory": memory,
            "episodes": episodes,
            "exploration": exploration,
            "discount": weight,
            "seed": seed,
        }
        # An environment cannot be told from another of its class and sizes.
        known = f"{type(source).__qualname__}, {sizes}" if game is None else game
        store = Checkpoint(checkpoint, known, options)
    return _Run(
        played_in,
        game,
        structure,
        frame_of(sizes, structure, int(horizon), int(memory)),
        found,
        goal,
        agents,
        int(episodes),
        int(rounds),
        exploration,
        int(evaluation_episodes),
        weight,
        float(level),
        int(seed),
        store,
        None if memory_limit is None else int(memory_limit),
    )


@contextmanager
def _telling(model: LearntModel | None, candidates: Sequence[Candidate] = ()) -> Iterator[None]:
    """Let the error of an environment that misbehaves say what was learnt before."""
    try:
        yield
    except SimulatorError as error:
        error.facts["model"] = error.model = model
        error.facts["candidates"] = error.candidates = tuple(candidates)
        raise


def _packed(batches: list[Episodes]) -> dict[str, Any]:
    """Return a round's episodes as plain arrays."""
    parts = {f"{b}.{key}": value for b, batch in enumerate(batches) for key, value in vars(batch).items()}
    return {key: value for key, value in parts.items() if value is not None} | {"batches": np.array(len(batches))}


def _unpacked(kept: Mapping[str, Any]) -> list[Episodes]:
    """Return the episodes that `_packed` took apart."""
    batches = []
    for b in range(int(kept["batches"])):
        actions, observations, rewards = (kept[f"{b}.{name}"] for name in ("actions", "observations", "rewards"))
        batches.append(Episodes(kept.get(f"{b}.first"), actions, observations, rewards))
    return batches


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
