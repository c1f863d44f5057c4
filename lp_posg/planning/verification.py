"""Whether a certificate proves enough, of a new solution, and of a stored one that is certified anew."""

from __future__ import annotations

import time as clock
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.checks import positive_number
from lp_posg.deadline import until
from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import Certificate, certify, certify_bounds
from lp_posg.game import Game, allowed_gaps, checked_tolerance, has_large_gap, opened, usual_rewards, warn_of_large_gap
from lp_posg.information.tracking import check_same_indices
from lp_posg.planning.solution import Solution
from lp_posg.planning.state_plan import StatePlan, plan_states
from lp_posg.trees import Tree
from lp_posg.types import GAP_TOL, FloatArray


def verify(
    solution: Solution,
    game: Game | Tree | str | PathLike[str] | None = None,
    *,
    tolerance: float = GAP_TOL,
    approximate: bool = False,
    time_limit: float | None = None,
) -> Certificate:
    """Return a new certificate of a solution, computed from its strategy alone.

    Parameters
    ----------
    solution : Solution
    game : Game, Tree, str or path, optional
        The game to certify in, with the discount of the solution; the solution's own if not given.
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range; if all deviate together, to that of their
        common reward, or of the sum of the rewards. The one stored with the solution does not count: what is to be
        verified does not set its own standard.
    approximate : bool
        Accept a larger gap, as long as it is the one that the solution states.
    time_limit : float, optional
        Seconds.

    Raises
    ------
    LimitError
        If the time is over before the strategy is certified.
    CertificateError
        If the gap exceeds the tolerance, or the strategy is not worth what the solution says.
    ModelError
        If the strategy does not fit the game, or either is something else; if the tolerance is no number from 0, or
        the time limit none above 0.
    """
    if not isinstance(solution, Solution):
        raise ModelError(
            f"solution is {type(solution).__name__}, expected a Solution; load a file with lp_posg.load(path)"
        )
    latest = None if time_limit is None else clock.time() + positive_number("time_limit", time_limit)
    with until(latest):
        return solution.verify(opened(game), tolerance=tolerance, approximate=approximate)


def verify_plan(plan: StatePlan, game: Game | None, tolerance: float, approximate: bool) -> Certificate:
    """Return a new certificate of a plan over common-information states; arguments and errors as of `verify`."""
    checked_tolerance(tolerance)
    target = target_of(plan.game, game)
    check_same_indices(plan.game, target, plan.sharing, plan.horizon)
    plan.policy.check(target.n_actions)
    certificate = _certified(plan, target)
    check_certificate(certificate, target, plan.concept.name, tolerance, approximate)
    if plan.is_exact or plan.certificate.status != "uncertified":  # else they are only what the model promises
        check_values(plan.values, certificate, target, value_slack(target, tolerance, certificate.values))
    _check_states(plan, certificate, target, tolerance)
    return certificate


def target_of(stored: Game | Tree, game: object) -> Any:
    """Return the game to verify or play in: the stored one, or another of the same labels, with its discount.

    Raises
    ------
    ModelError
        If it is no POSG (no tree, if the stored one is a tree), or has other labels.
    """
    if game is None:
        return stored
    game = opened(game)
    kind: type[Game | Tree] = Game if isinstance(stored, Game) else Tree
    if not isinstance(game, kind):
        name = kind.__name__
        raise ModelError(f"game is {type(game).__name__}, expected a {name}; load a file with lp_posg.load(path)")
    for key in ("agents", "states", "actions", "observations") if kind is Game else ("agents", "sets"):
        if getattr(stored, key) != getattr(game, key):
            what = "information sets" if key == "sets" else key
            raise ModelError(
                f"the solution is of game {stored.name!r}, whose {what} are not those of {game.name!r}: it was"
                " computed for another game"
            )
    return game.with_discount(stored.discount) if isinstance(stored, Game) and isinstance(game, Game) else game


def check_values(stated: FloatArray, certificate: Certificate, game: Game | Tree, slack: float) -> None:
    """Raise CertificateError unless the strategy is worth what the solution states."""
    misses = np.abs(certificate.values - stated)
    if not (misses <= slack).all():
        agent = int(misses.argmax())
        raise CertificateError(
            f"the strategy is worth {certificate.values[agent]:.9g} to agent {game.agents[agent]!r} in game"
            f" {game.name!r}, but the stored solution says {stated[agent]:.9g}: it is damaged, or was"
            " computed for another game",
            certificate=certificate,
        )


def _check_states(plan: StatePlan, certificate: Certificate, game: Game, tolerance: float) -> None:
    """Raise CertificateError unless the stored values of states and of the model, and the gaps, are what they are."""
    size = max(game.reward_range, *(float(np.abs(values).max(initial=0.0)) for values in plan.node_values))
    slack = max(tolerance, GAP_TOL) * size + certificate.merge_error
    # An approximate model's values of its states are its own; only those of the whole strategy can be checked.
    known = plan.node_values if plan.is_exact else ()
    pairs = zip(known, certificate.node_values if known else (), strict=True)
    wrong = any((np.abs(stated - found) > slack).any() for stated, found in pairs)
    if plan.is_exact:
        wrong = wrong or bool((np.abs(plan.model_values - certificate.values) > slack).any())
    if wrong:
        raise CertificateError(
            "the values of states that the solution says are not those of its strategy: it is damaged",
            certificate=certificate,
        )
    check_stated_gaps(plan.certificate, certificate, slack)


def check_stated_gaps(stated: Certificate, found: Certificate, slack: float) -> None:
    """Raise CertificateError unless a stored certificate's gaps are those found now; bounds may be larger."""
    over = found.gaps - stated.gaps
    wrong = (over > slack).any() or (stated.status == "exact" and (over < -slack).any())
    if stated.found_gains is not None and found.found_gains is not None:
        wrong = wrong or (np.abs(stated.found_gains - found.found_gains) > slack).any()
    if wrong:
        raise CertificateError(
            "the gaps that the solution says are not those of its strategy: it is damaged, or was computed for another"
            " game",
            certificate=found,
        )


def _certified(plan: StatePlan, game: Game) -> Certificate:
    """Return a certificate of the kind that the plan has; an exact one where its states are exact."""
    if plan.has_exact_gaps or plan.is_exact:
        return certify(game, plan.sharing, plan.policy, plan.concept.deviations)
    return certify_bounds(game, plan.policy, plan_states(plan, game), plan.concept.deviations)


def check_certificate(
    certificate: Certificate, game: Game, concept: str, tolerance: float, approximate: bool = False
) -> None:
    """Raise CertificateError unless every gap is proven to be within the tolerance (see `allowed_gaps`)."""
    most = allowed_gaps(game, tolerance, certificate.kind.together)
    over = certificate.gaps - most
    if (over <= 0).all():
        beside = np.abs(certificate.values)
        # Most rewards (of a team's, those of one) are looked at only where the values leave a doubt.
        if certificate.status == "exact" and has_large_gap(certificate.gaps, beside, tolerance):
            warn_of_large_gap(game.agents, certificate.gaps, np.maximum(beside, usual_rewards(game)), tolerance)
        return
    if approximate and np.isfinite(certificate.gap):
        return
    agent = int(over.argmax())
    allowed, gap = most[agent], certificate.gaps[agent]
    what = f"{'an optimum' if certificate.kind.together else 'an equilibrium'} ({concept}) of {game.name!r}"
    limit = f"the tolerance is {allowed:.3g} ({tolerance:g} of the reward range)"
    if certificate.status == "exact":
        gain = f"agent {game.agents[agent]!r} gains {gap:.6g} by deviating"
        if certificate.deviation is not None and certificate.deviation.agent in ("team", game.agents[agent]):
            gain = str(certificate.deviation)
        raise CertificateError(f"{gain}; {limit}, so this is not {what}", certificate=certificate)
    raise CertificateError(
        f"the gap is proven to be at most {gap:.6g}, and {limit}, so it is not proven that this is"
        f" {what}; allow approximate solutions to accept the bound",
        certificate=certificate,
    )


def value_slack(game: Game, tolerance: float, values: FloatArray) -> float:
    """Return by how much two computations of the same values may differ through rounding."""
    return max(tolerance, GAP_TOL) * max(game.reward_range, float(np.abs(values).max()), 1e-300)


def check_planned_values(certificate: Certificate, planned: FloatArray, game: Game, tolerance: float) -> None:
    """Raise CertificateError if planner and certificate disagree on what the strategy is worth."""
    if not (np.abs(planned - certificate.values) <= value_slack(game, tolerance, planned)).all():
        raise CertificateError(
            f"the planner values its strategy at {planned.tolist()}, the certificate at"
            f" {certificate.values.tolist()}; this is a defect of lp_posg, please report it",
            certificate=certificate,
        )
