"""What the JSON of a solution and of a certificate holds, whatever the method."""

from __future__ import annotations

from typing import Any

from lp_posg.evaluate import Certificate
from lp_posg.game import Game
from lp_posg.planning.solution import Result
from lp_posg.types import FloatArray
from lp_posg.version import __version__


def summary_of(solution: Result, model_values: FloatArray | None = None) -> dict[str, Any]:
    """Return a solution as a JSON-ready object; what its game or method does not have is None."""
    game, certificate = solution.game, solution.certificate
    values = solution.values.tolist()
    return {
        "game": game.name,
        "agents": list(game.agents),
        "horizon": solution.horizon,
        "discount": game.discount if isinstance(game, Game) else None,
        "sharing": None if solution.sharing is None else solution.sharing.name,
        "concept": solution.concept.name,
        "objective": solution.objective.name,
        "method": solution.method,
        "method_chosen_because": solution.reason or None,
        "compression": None if solution.compression is None else solution.compression.name,
        "values": values,
        "welfare": solution.welfare,
        "model_values": values if model_values is None else model_values.tolist(),
        "certificate": certificate_summary(certificate),
        "stats": solution.stats.summary(),
        "version": __version__,
    }


def certificate_summary(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as a JSON-ready object."""
    gains = certificate.found_gains
    return {
        "status": certificate.status,
        "gaps": certificate.gaps.tolist(),
        "deviations": certificate.deviations,
        "deviation": None if certificate.deviation is None else str(certificate.deviation),
        "merge_error": certificate.merge_error,
        "found_gains": None if gains is None else gains.tolist(),
    }
