"""Whether a certificate proves enough: gaps within the tolerance, and values as planned."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import CertificateError
from lp_posg.evaluate import Certificate
from lp_posg.game import Game, allowed_gaps, has_large_gap, usual_rewards, warn_of_large_gap
from lp_posg.types import GAP_TOL, FloatArray


def check_certificate(
    certificate: Certificate, game: Game, concept: str, tolerance: float, approximate: bool = False
) -> None:
    """Raise CertificateError unless every gap is proven to be within the tolerance (see `allowed_gaps`)."""
    most = allowed_gaps(game, tolerance, certificate.kind.together)
    over = certificate.gaps - most
    if (over <= 0).all():
        _warn_of_large_gap(certificate, game, tolerance)
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


def _warn_of_large_gap(certificate: Certificate, game: Game, tolerance: float) -> None:
    """Warn of a gap that is large beside the values and beside most rewards; of a team's rewards, those of one."""
    beside = np.abs(certificate.values)
    # Rewards are looked at only where the values leave a doubt.
    if certificate.status == "exact" and has_large_gap(certificate.gaps, beside, tolerance):
        warn_of_large_gap(game.agents, certificate.gaps, np.maximum(beside, usual_rewards(game)), tolerance)


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
