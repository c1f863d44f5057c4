"""The certificate of a plan: of the kind that was asked for, or the most that time and memory allow."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass, replace

from lp_posg.errors import CertificateError, LimitError, UnsupportedError
from lp_posg.evaluate import Certificate, certify, certify_bounds
from lp_posg.evaluate.bounded_gaps import uncertified
from lp_posg.evaluate.deviator import check_bounds
from lp_posg.induction.backward import Swept
from lp_posg.information import StateSpace
from lp_posg.information.resources import Resources
from lp_posg.planning.request import Request
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.verification import check_certificate
from lp_posg.types import FloatArray

PAIR_LIMIT = 2_000_000
"""Most pairs of exact belief and state of the strategy that ``auto`` goes through before it settles for bounds."""

EXACT_SHARE = 0.75
"""The part of the time left that ``auto`` spends on exact gaps at most; bounds take much less than the rest."""


@dataclass(frozen=True)
class Judged:
    """A certificate, and the limit that stood in the way of the exact one, or None."""

    certificate: Certificate
    limit: LimitError | None = None


def judged(
    request: Request,
    swept: Swept,
    planned: FloatArray,
    model: StateSpace,
    resources: Resources,
    pairs: StateSpace | None,
) -> Judged:
    """Return what is proven of a strategy; ``auto`` settles for less where a limit is met.

    `planned`: what the planner says the strategy is worth, shape (n,). `pairs`: as in `certify`.
    """
    kind, begun = request.resolved_concept.deviations, clock.perf_counter()
    game, structure, horizon = request.posg

    def on_depth(done: int, total: int) -> None:
        request.run.tell("certify", begun, done, total, model.n_states, swept.programs)

    alone = replace(resources, store=None, max_states=None, phase="certify")

    def exact(use: Resources) -> Certificate:
        return certify(game, structure, swept.policy, kind, space=pairs, resources=use, on_depth=on_depth)

    def bounded() -> Certificate:
        return certify_bounds(game, swept.policy, model, kind, resources=alone, on_depth=on_depth)

    if request.certificate != "auto":
        return Judged(exact(alone) if request.certificate == "exact" else bounded())
    if not _has_bounds(request):
        found, limit = _within(lambda: exact(alone))
    else:
        most = None if request.compression.name == "exact" else resources.max_states or PAIR_LIMIT
        share = replace(alone.within_share(EXACT_SHARE), max_states=most)
        found, limit = _within(lambda: exact(share))
        if found is None:
            found, _ = _within(bounded)
    return Judged(found or uncertified(game, kind, horizon, planned), limit)


def _has_bounds(request: Request) -> bool:
    try:
        check_bounds(request.resolved_concept.deviations)
    except UnsupportedError:
        return False
    return True


def _within(certificate: Callable[[], Certificate]) -> tuple[Certificate | None, LimitError | None]:
    """Return a certificate, or the limit that was met; without its frames, which hold the memory of the attempt."""
    try:
        return certificate(), None
    except LimitError as error:
        return None, error.with_traceback(None)


def check_judged(request: Request, found: Judged, solution: StateSolution) -> None:
    """Raise CertificateError if too little is proven; if time or memory is to blame LimitError, with the solution."""
    certificate, limit = found.certificate, found.limit
    rest = (request.posg[0], request.resolved_concept.name, request.tolerance, request.accepts_gap)
    try:
        check_certificate(certificate, *rest)
    except CertificateError as error:
        if limit is None or limit.facts["limit"] == "states":
            raise
        known = (
            f"bounds prove only that no agent gains more than {certificate.gap:.6g}"
            if certificate.status == "bounded"
            else "nothing is proven of the plan"
        )
        raise LimitError(
            f"the plan is complete, but not certified: {limit}; {known}; allow approximate solutions to have the plan"
            " as it is",
            **{**limit.facts, "certificate": certificate, "solution": solution},
        ) from error
