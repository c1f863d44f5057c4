"""What fresh episodes say of candidates: returns, gains of deviations, and which is best."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from lp_posg.evaluate import certify
from lp_posg.learning.actors import Follower
from lp_posg.learning.checking import played
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.estimated_gaps import best_deviations
from lp_posg.learning.exploring import estimated
from lp_posg.learning.learn_options import LearnOptions
from lp_posg.learning.model_planning import rebased
from lp_posg.learning.result import Candidate
from lp_posg.types import FloatArray


def evaluated(
    options: LearnOptions, candidate: Candidate, model: LearntModel, rng: np.random.Generator
) -> tuple[Candidate, int]:
    """Return a candidate with what fresh episodes, and the true game if it is known, say of it."""
    values, errors = _returns(options, Follower(options.frame, candidate.policy), rng)
    used = options.evaluation_episodes
    gaps, gap_errors = candidate.gaps, candidate.gap_errors
    if not options.concept.deviations.together:
        gaps, gap_errors = _gains(options, candidate, model, values, errors, rng)
        used += (options.evaluation_episodes + options.episodes) * len(options.agents)
    certificate = None
    if options.game is not None:
        certificate = certify(options.game, options.structure, candidate.policy, options.concept.deviations)
    told = replace(
        candidate,
        values=values,
        value_errors=_half(options, errors),
        gaps=gaps,
        gap_errors=gap_errors,
        certificate=certificate,
    )
    return told, used


def _gains(
    options: LearnOptions,
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
    weight = options.discount ** np.arange(options.frame.horizon)
    returns = np.einsum("nhi,h->ni", runs.rewards, weight)
    return returns.mean(axis=0), returns.std(axis=0, ddof=1) / np.sqrt(len(returns))


def _half(options: LearnOptions, errors: FloatArray) -> FloatArray:
    return np.asarray(NormalDist().inv_cdf(0.5 + options.level / 2) * errors)


def choice(options: LearnOptions, candidates: list[Candidate]) -> int:
    """Return the best by fresh episodes: for a team the largest mean return, else the smallest gap with its error.

    Of equals the later one, which knows more.
    """
    if options.concept.deviations.together:
        worth = [float(candidate.values.sum()) for candidate in candidates]
    else:
        worth = [-float((candidate.gaps + candidate.gap_errors).max()) for candidate in candidates]
    return len(worth) - 1 - int(np.argmax(worth[::-1]))
