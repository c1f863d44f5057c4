"""LACI, learning with approximate common information: the paper's learning algorithm.

From an environment alone, in rounds:

1. explore: uniformly drawn actions in the first round; then plans that span what the learnt model can
   reach (`spanner`), each followed by uniformly drawn actions, beside some runs of nothing but these;
2. estimate the model over the last L shared increments from all episodes so far (`counting`);
3. plan in it, with any concept: one candidate per round (`model_planning`).

Then choose among the candidates by fresh episodes (`fresh_episodes`): for a team the largest mean return; else
the smallest gap, estimated by playing against following the best deviation of each agent in a model of its own,
counted from episodes in which the others follow and it wanders; with confidence intervals. Where the true game is
known, the chosen strategy is certified in it.

Source: the paper's learning algorithm and sample complexity theorem; Golowich, Moitra and Rohatgi (2022),
Learning in observable POMDPs, without computationally intractable oracles.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.checks import confidence, positive_number, unknown, whole_numbers
from lp_posg.deadline import until
from lp_posg.errors import LimitError, ModelError
from lp_posg.game import Game, opened
from lp_posg.game.matrices import check_discount
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.information import Policy, SharingStructure, sharing_structure
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.environments import Environment, Episodes
from lp_posg.learning.exploring import estimated, explored
from lp_posg.learning.fresh_episodes import choice, evaluated
from lp_posg.learning.learn_options import (
    EXPLORATIONS,
    Exploration,
    LearnOptions,
    learnable_concept,
    players_of,
    sizes_of_play,
)
from lp_posg.learning.learnt_errors import ModelErrors, model_errors
from lp_posg.learning.model_planning import planned, rebased, rebased_values
from lp_posg.learning.result import Candidate, LearningProgress, Learnt, telling
from lp_posg.learning.simulator_runs import Simulator
from lp_posg.learning.simulators import environment
from lp_posg.learning.windows import frame_of
from lp_posg.stage import Concept, parse_objective


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
        Learning only draws from a game; at the end it certifies the candidates in it, which takes as much as
        certifying any strategy. ``GameEnvironment(game)`` does without.
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
        Seconds. After half of them no further round begins, so that there is time to evaluate; what they end is left
        out, and the result so far is returned: `Learnt.stopped` says what is missing. A candidate that was not
        evaluated has nan for values and gaps, and no certificate.
    memory_limit : float, optional
        Most bytes of resident memory of this process, by estimate before each round is planned and explored.
    checkpoint : path, optional
        A folder that keeps the episodes of every round; the same call resumes a stopped run. Give each
        simulator a different folder: only its class and sizes distinguish it.
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
        If the sharing is not strategy-independent in the game, which shows when candidates are certified.
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
    whole_numbers(0, memory=memory, seed=seed)
    whole_numbers(1, horizon=horizon, episodes=episodes, rounds=rounds)
    whole_numbers(2, evaluation_episodes=evaluation_episodes)
    confidence("level", level)
    if discount is not None:
        check_discount(discount)
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None:
            positive_number(name, limit)
    if progress is not None and (isinstance(progress, type) or not callable(progress)):
        raise ModelError(f"progress is {progress!r}, expected a function of one LearningProgress, or None")
    if not isinstance(exploration, str) or exploration not in EXPLORATIONS:
        raise unknown("exploration", exploration, EXPLORATIONS)
    source = opened(source)
    game, agents, weight = players_of(source, horizon, discount)
    playable = environment(source if game is None else game)
    sizes, structure = sizes_of_play(playable), sharing_structure(sharing, len(agents))
    wanted, selection = learnable_concept(concept, game), parse_objective(objective, agents)
    names = {"horizon": horizon, "sharing": structure.name, "concept": wanted.name, "objective": selection.name}
    names |= {"memory": memory, "episodes": episodes, "exploration": exploration, "discount": weight, "seed": seed}
    # Only its class and sizes distinguish an environment.
    known = f"{type(source).__qualname__}, {sizes}" if game is None else game
    options = LearnOptions(
        playable, game, structure, frame_of(sizes, structure, int(horizon), int(memory)), wanted, selection, agents,
        int(episodes), int(rounds), exploration, int(evaluation_episodes), weight, float(level), int(seed),
        store=None if checkpoint is None else Checkpoint(checkpoint, known, names),
        memory_limit=None if memory_limit is None else int(memory_limit),
    )  # fmt: skip
    now = clock.time()
    with until(None if time_limit is None else now + time_limit):
        rounds_end = None if time_limit is None else now + time_limit / 2
        return _learnt(options, rounds_end, progress or (lambda _: None))


def _learnt(options: LearnOptions, rounds_end: float | None, progress: Callable[[LearningProgress], None]) -> Learnt:
    """Learn, and choose."""
    begun = clock.perf_counter()
    batches: list[Episodes] = []
    rounds: list[tuple[Candidate, LearntModel]] = []
    model: LearntModel | None = None
    stopped = ""
    for number in range(1, options.rounds + 1):
        stopped = f"the time limit was met after {number - 1} of {options.rounds} rounds"
        if rounds_end is not None and clock.time() > rounds_end:
            break
        so_far = sum(len(batch) for batch in batches)
        progress(LearningProgress("explore", number, options.rounds, so_far, clock.perf_counter() - begun))
        try:
            with telling(model, [candidate for candidate, _ in rounds]):
                more, n_plans = explored(options, number, model)
            newer = estimated(options, batches + more)
            rounds.append((_candidate(options, number, n_plans, newer), newer))
        except LimitError as error:
            if error.facts.get("limit") != "time":
                raise
            break
        batches, model = batches + more, newer
    else:
        stopped = ""
    if model is None:
        reason = "the time limit was met before the first round of learning was done"
        raise LimitError(f"{reason}; allow more time with time_limit, or fewer episodes", limit="time")
    total = sum(len(batch) for batch in batches)

    def report(number: int, used: int) -> None:
        progress(LearningProgress("evaluate", number, len(rounds), total + used, clock.perf_counter() - begun))

    candidates, spent, known = _evaluated(options, rounds, report)
    structure, policy, frame = options.structure, candidates[-1].policy, options.frame
    errors, late = _errors(options, policy, model)
    if known < len(candidates):
        late = f"the time limit was met with {known} of {len(candidates)} candidates evaluated"
    stopped = "; ".join(part for part in (stopped, late) if part)
    samples, seconds = {"explore": total, "evaluate": spent}, clock.perf_counter() - begun
    return Learnt(
        tuple(candidates), choice(options, candidates), model, structure, options.concept, options.objective,
        options.exploration, frame.memory, frame.horizon, options.discount, options.level, samples, seconds,
        options.seed, stopped, errors,
    )  # fmt: skip


def _evaluated(
    options: LearnOptions, rounds: Sequence[tuple[Candidate, LearntModel]], report: Callable[[int, int], None]
) -> tuple[list[Candidate], int, int]:
    """Return the candidates with estimates from fresh episodes, how many episodes that took, and how many have them.

    Those that the time does not suffice for keep what their models say.
    """
    model = rounds[-1][1]
    candidates: list[Candidate] = []
    spent = known = 0
    for candidate, old in rounds:
        report(candidate.round, spent)
        # Every candidate is stated on the states of the last model, which knows most windows.
        policy, values = rebased(candidate.policy, old, model), rebased_values(candidate.node_values, old, model)
        moved = replace(candidate, policy=policy, node_values=values)
        try:
            with telling(model, [old for old, _ in rounds]):
                done, used = evaluated(options, moved, model, np.random.default_rng([options.seed, 1, candidate.round]))
        except LimitError as error:
            if error.facts.get("limit") != "time":
                raise
            done, used = moved, 0
        candidates.append(done)
        spent, known = spent + used, known + (used > 0)
    return candidates, spent, known


def _errors(options: LearnOptions, policy: Policy, model: LearntModel) -> tuple[ModelErrors | None, str]:
    """Return the last model's errors where the game is known, or None and why there was no time for them."""
    if options.game is None:
        return None, ""
    try:
        return model_errors(options.game, options.structure, policy, model), ""
    except LimitError as error:
        if error.facts.get("limit") != "time":
            raise
        return None, "the time limit was met before the model's errors were known"


def _candidate(options: LearnOptions, number: int, n_plans: int, model: LearntModel) -> Candidate:
    policy, promised, values = planned(model, options.structure.name, options.concept, options.objective)
    none = np.full(len(options.agents), np.nan)
    return Candidate(
        number, model.n_episodes, n_plans, model.sizes, policy, promised, values, none, none, none, none, None
    )
