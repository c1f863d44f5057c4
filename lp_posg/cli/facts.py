"""What several commands tell of a game, of options and of a certificate, under the same keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lp_posg.cli.screen import Facts
from lp_posg.evaluate import Certificate
from lp_posg.game import Game
from lp_posg.wording import counts, kind, number, numbers, small, yes_no

if TYPE_CHECKING:
    from lp_posg.planning import Solution


def game_facts(game: Game) -> Facts:
    """Return name, kind and sizes of a game."""
    return [
        ("game", game.name),
        ("kind", kind(game)),
        ("agents", ", ".join(game.agents)),
        ("game_states", str(game.n_states)),
        ("actions", counts(game.n_actions)),
        ("observations", counts(game.n_observations)),
    ]


def game_summary(game: Game) -> dict[str, Any]:
    """Return what `game_facts` tells as a JSON-ready object."""
    return {
        "game": game.name,
        "kind": kind(game),
        "agents": list(game.agents),
        "states": game.n_states,
        "actions": list(game.n_actions),
        "observations": list(game.n_observations),
        "discount": game.discount,
    }


def is_within(certificate: Certificate, game: Game, tolerance: float) -> bool:
    """Whether every gap is within the tolerance, which is relative to the agent's reward range."""
    from lp_posg.planning import allowed_gaps

    return bool((certificate.gaps <= allowed_gaps(game, tolerance, certificate.kind.together)).all())


def certificate_facts(certificate: Certificate, game: Game, tolerance: float) -> Facts:
    """Return the status of a certificate, its gaps and the best deviation."""
    from lp_posg.planning import allowed_gaps

    most = allowed_gaps(game, tolerance, certificate.kind.together)
    allowed = " ".join(dict.fromkeys(map(small, most.tolist())))
    gains = certificate.found_gains
    found = [] if gains is None else [("found_gains", " ".join(map(small, gains.tolist())))]
    bounds = "" if certificate.status == "exact" else " (the gaps are upper bounds)"
    merging = "; gaps and values are exact up to merge_error" if certificate.merge_error > most.min() else ""
    return [
        ("certificate", certificate.status + bounds),
        ("gaps", " ".join(map(small, certificate.gaps.tolist()))),
        *found,
        (
            "within_tolerance",
            f"{yes_no(is_within(certificate, game, tolerance))}"
            f" (at most {allowed}: {small(tolerance)} of the reward range{merging})",
        ),
        ("merge_error", small(certificate.merge_error)),
        ("deviation", "none" if certificate.deviation is None else str(certificate.deviation)),
    ]


def stored_facts(stored: Solution) -> Facts:
    """Return what a stored solution was computed for."""
    return [
        ("horizon", str(stored.horizon)),
        ("discount", number(stored.discount)),
        ("sharing", stored.sharing),
        ("concept", stored.concept),
    ]


def value_facts(values: list[float], scale: float) -> Facts:
    """Return the value of each agent, in the order of the agents, and their sum."""
    return [("values", numbers(values, scale)), ("welfare", numbers([sum(values)], scale))]
