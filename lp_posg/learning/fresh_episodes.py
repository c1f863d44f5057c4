"""What fresh episodes say of candidates: returns, gains of deviations, and which is best.

The deviations to try out on the environment are the best ones in a learnt model.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from lp_posg.evaluate import certify
from lp_posg.evaluate.deviator import Deviator, deviators_of
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.strategy_cells import cell_actions
from lp_posg.information import Policy
from lp_posg.information.levels import Level
from lp_posg.information.lookup import sums_by
from lp_posg.learning.actors import DeviationPlan, Follower
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.environments import played
from lp_posg.learning.exploring import estimated
from lp_posg.learning.learn_options import LearnOptions
from lp_posg.learning.model_planning import rebased
from lp_posg.learning.result import Candidate
from lp_posg.types import FloatArray, IntArray


def evaluated(
    options: LearnOptions, candidate: Candidate, model: LearntModel, rng: np.random.Generator
) -> tuple[Candidate, int]:
    """Return a candidate with estimates from fresh episodes and, if the game is known, a certificate.

    Also return how many episodes that took.
    """
    values, errors = _returns(options, Follower(options.frame, candidate.policy), rng)
    used = options.evaluation_episodes
    gaps, gap_errors = candidate.gaps, candidate.gap_errors
    if not options.concept.deviations.together:
        gaps, gap_errors = _gains(options, candidate, model, values, errors, rng)
        used += (options.evaluation_episodes + options.episodes) * len(options.agents)
    certificate = None
    if options.game is not None:
        certificate = certify(options.game, options.structure, candidate.policy, options.concept.deviations)
    known = replace(candidate, values=values, value_errors=_half(options, errors), certificate=certificate)
    return replace(known, gaps=gaps, gap_errors=gap_errors), used


def _gains(
    options: LearnOptions,
    candidate: Candidate,
    model: LearntModel,
    values: FloatArray,
    errors: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Return the mean gain of each agent's best known deviation, at least 0, and half its interval.

    Each deviation is the best in a model counted from fresh episodes in which the others follow and the
    deviator wanders: in the model that a strategy was planned in, it is an equilibrium, whatever it is in the game.
    """
    n = len(options.agents)
    gains, widths = np.empty(n), np.empty(n)
    for i in range(n):
        wandering = Follower(options.frame, candidate.policy, wanderer=i)
        runs = played(options.environment, wandering, options.episodes, options.frame.horizon, rng)
        around = estimated(options, [runs])
        policy = rebased(candidate.policy, model, around)
        _, plans = best_deviations(around, policy, options.concept.deviations)
        away, away_error = _returns(options, Follower(options.frame, policy, plans[i]), rng)
        gains[i] = max(away[i] - values[i], 0.0)
        widths[i] = _half(options, np.hypot(away_error[i], errors[i]))
    return gains, widths


def _returns(options: LearnOptions, actor: Follower, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return mean discounted returns in fresh episodes, and their standard errors, shape (n,) each."""
    runs = played(options.environment, actor, options.evaluation_episodes, options.frame.horizon, rng)
    returns = runs.returns(options.discount)
    return returns.mean(axis=0), returns.std(axis=0, ddof=1) / np.sqrt(len(returns))


def _half(options: LearnOptions, errors: FloatArray) -> FloatArray:
    return np.asarray(NormalDist().inv_cdf(0.5 + options.level / 2) * errors)


def choice(options: LearnOptions, candidates: list[Candidate]) -> int:
    """Return the best by fresh episodes: for a team the largest mean return, else the smallest gap with its error.

    Of equals the later one, which knows more. One that was not evaluated is the best only where none was.
    """
    if options.concept.deviations.together:
        worth = [float(candidate.values.sum()) for candidate in candidates]
    else:
        worth = [-float((candidate.gaps + candidate.gap_errors).max()) for candidate in candidates]
    return len(worth) - 1 - int(np.argmax(np.nan_to_num(worth[::-1], nan=-np.inf)))


def best_deviations(
    model: LearntModel, policy: Policy, kind: str | Kind
) -> tuple[FloatArray, tuple[DeviationPlan, ...]]:
    """Return what each agent's best deviation gains in the model, shape (n,), and the deviations.

    Parameters
    ----------
    policy : Policy
        On the model's states.
    kind : str or Kind
        As in `certify`, but for ``team``.

    Notes
    -----
    Backward induction: at each state the options that are best given the private information (ex
    ante: all of them or none), with the deviation's own values ahead.
    """
    deviators = deviators_of(model, kind_named(kind))
    n, space = model.n_agents, model.space
    follow = np.zeros((0, n))
    away = [np.zeros(0) for _ in deviators]
    options: list[list[IntArray]] = [[] for _ in deviators]
    for time in reversed(range(len(model.steps))):
        depth, step = space.depths[time], model.steps[time]
        chosen = cell_actions(model, policy.steps[time], np.arange(len(step.index)), depth.level)
        weighted = step.prob[:, None] * step.reward  # (n, C, A)

        def worth(reward: FloatArray, ahead: FloatArray, depth=depth) -> FloatArray:  # type: ignore[no-untyped-def]
            if depth.edges is None:
                return reward
            return np.asarray(reward + model.discount * (depth.edges @ ahead).reshape(reward.shape))

        worths = [(chosen * worth(weighted[i], follow[:, i])).sum(axis=1) for i in range(n)]
        for k, deviator in enumerate(deviators):
            q = deviator.options(worth(deviator.payoff(weighted), away[k]), chosen)
            away[k], option = _taken(depth.level, deviator, q)
            options[k].append(option)
        follow = np.stack([sums_by(step.cell_node, values, len(step.index)) for values in worths], axis=1)
    gains = np.array([space.first_prob @ (away[i] - follow[:, i]) for i in range(n)])
    plans = tuple(DeviationPlan(i, tuple(reversed(options[i]))) for i in range(n))
    return np.maximum(gains, 0.0), plans


def _taken(level: Level, deviator: Deviator, q: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the deviator's value at each state, and its options (K, P_i, R); it follows where nothing was seen."""
    agent = deviator.agent
    assert agent is not None
    support = level.supports[agent]
    node, sums = support.node, sums_by(support.group, q, len(support.private))
    option = deviator.taken(sums, node)
    value = np.take_along_axis(sums, option[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    table = np.full((level.n_nodes, level.n_private[agent], q.shape[1]), deviator.n_actions[agent], dtype=np.int64)
    table[node, support.private] = option
    return sums_by(node, value, level.n_nodes), table
