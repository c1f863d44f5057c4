"""Certify a stored solution anew, in the game it claims to solve."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import Certificate, Kind, certify, certify_bounds
from lp_posg.game import Game
from lp_posg.information import (
    Compression,
    CompressionRule,
    SharingStructure,
    compression_named,
    reachable_states,
    sharing_structure,
)
from lp_posg.planning.history_solution import SequenceSolution
from lp_posg.planning.solution import Solution
from lp_posg.planning.solving import check_certificate
from lp_posg.stage import CONCEPTS
from lp_posg.types import GAP_TOL


def verify(
    solution: Solution,
    game: Game | None = None,
    *,
    sharing: SharingStructure | None = None,
    compression: Compression | CompressionRule | None = None,
    tolerance: float = GAP_TOL,
    approximate: bool = False,
) -> Certificate:
    """Return a new certificate of a solution, computed from its strategy alone.

    Parameters
    ----------
    solution : Solution
    game : Game, optional
        The game to certify in, with the discount of the solution; the stored one if not given.
    sharing : SharingStructure, optional
        Needed if the solution was computed for a structure of the user's own.
    compression : Compression or CompressionRule, optional
        Needed if its gaps are bounds from the states of a model that the compression's name does not say whole.
    tolerance : float
        Largest accepted gap, relative to the reward range. The one stored with the solution does not
        count: what is to be verified does not set its own standard.
    approximate : bool
        Accept a larger gap, as long as it is the one that the solution states.

    Raises
    ------
    CertificateError
        If the gap exceeds the tolerance, or the strategy is not worth what the solution says.
    ModelError
        If the strategy does not fit the game, or either is something else.
    """
    if not isinstance(solution, Solution):
        found = type(solution).__name__
        raise ModelError(f"solution is {found}, expected a Solution; load a file with lp_posg.Solution.load(path)")
    if game is not None and not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    target = solution.game if game is None else game.with_discount(solution.discount)
    structure = structure_of(solution, sharing, target)
    check_fit(solution.game, target)
    solution.policy.check(target.n_actions)
    certificate = _certified(solution, target, structure, compression)
    check_certificate(certificate, target, solution.concept, tolerance, approximate)
    apart = np.abs(certificate.values - solution.values)
    slack = max(tolerance, GAP_TOL) * max(target.reward_range, float(np.abs(certificate.values).max()), 1e-300)
    if not (apart <= slack).all():
        agent = int(apart.argmax())
        raise CertificateError(
            f"the strategy is worth {certificate.values[agent]:.9g} to agent {target.agents[agent]!r} in game"
            f" {target.name!r}, but the stored solution says {solution.values[agent]:.9g}: it is damaged, or was"
            " computed for another game",
            certificate=certificate,
        )
    _check_states(solution, certificate, target, tolerance)
    return certificate


def _check_states(solution: Solution, certificate: Certificate, game: Game, tolerance: float) -> None:
    """Raise CertificateError unless the stored values of states and the stored gaps are what they are."""
    size = max(game.reward_range, *(float(np.abs(own).max(initial=0.0)) for own in solution.node_values))
    slack = max(tolerance, GAP_TOL) * size + certificate.merge_error
    # An approximate model's values of its states are its own; only those of the whole strategy can be checked.
    known = solution.node_values if solution.compression == "exact" else ()
    stored = zip(known, certificate.node_values if known else (), strict=True)
    wrong = any((np.abs(mine - found) > slack).any() for mine, found in stored)
    over = certificate.gaps - solution.certificate.gaps
    # Stored bounds may be larger than the gaps computed now.
    stated = solution.certificate.found_gains
    if stated is not None and certificate.found_gains is not None:
        wrong = wrong or bool((np.abs(stated - certificate.found_gains) > slack).any())
    if wrong or (over > slack).any() or (solution.certificate.status == "exact" and (over < -slack).any()):
        raise CertificateError(
            "the values of states, or the gaps, that the solution says are not those of its strategy: it is damaged",
            certificate=certificate,
        )


def _certified(
    solution: Solution, game: Game, structure: SharingStructure, given: Compression | CompressionRule | None
) -> Certificate:
    """Return a certificate of the kind that the solution has."""
    kind = kind_of(solution)
    if solution.certificate.found_gains is None:
        return certify(game, structure, solution.policy, kind)
    model = reachable_states(game, structure, solution.horizon, compression=compression_of(solution, given))
    if tuple(depth.level.n_nodes for depth in model.depths) != tuple(step.n_nodes for step in solution.policy.steps):
        raise ModelError("the solution was planned in another model than its game and compression give: it is damaged")
    return certify_bounds(game, solution.policy, model, kind)


def kind_of(solution: Solution) -> Kind:
    """Return the kind of deviation that a solution's concept rules out; a user's is known to its certificate."""
    concept = CONCEPTS.get(solution.concept)
    return solution.certificate.kind if concept is None else concept.deviations


def compression_of(solution: Solution, given: Compression | CompressionRule | None) -> Compression:
    """Return the compression that a solution was computed with, or the one given.

    Raises
    ------
    ModelError
        If its name does not say it whole and it is not given.
    """
    if given is not None:
        return compression_named(given)
    try:
        return compression_named(solution.compression)
    except ModelError:
        raise ModelError(
            f"the solution was computed with compression {solution.compression!r}, which its name does not say whole;"
            " pass the object as compression="
        ) from None


def structure_of(
    solution: Solution | SequenceSolution, sharing: SharingStructure | None, game: Game
) -> SharingStructure:
    """Return the structure given, or else the built-in one that the solution was computed for.

    Raises
    ------
    ModelError
        If none is given and the solution's is of the user's own.
    """
    if sharing is not None:
        return sharing_structure(sharing, game.n_agents)
    try:
        return sharing_structure(solution.sharing, game.n_agents)
    except ModelError:
        raise ModelError(
            f"the solution was computed for sharing {solution.sharing!r}, which is not built in; pass the structure"
            " as sharing="
        ) from None


def check_fit(stored: Game, game: Game) -> None:
    """Raise ModelError unless both games have the same labels."""
    for what in ("agents", "states", "actions", "observations"):
        if getattr(stored, what) != getattr(game, what):
            raise ModelError(
                f"the solution is of game {stored.name!r}, whose {what} are not those of {game.name!r}: it was"
                " computed for another game"
            )
