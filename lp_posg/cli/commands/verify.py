"""``lp-posg verify``: certify a stored solution anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lp_posg.cli import options as shared
from lp_posg.cli.games import open_solution
from lp_posg.cli.screen import show_facts
from lp_posg.cli.targets import check_json_target, deliver

if TYPE_CHECKING:
    from lp_posg.evaluate import Certificate
    from lp_posg.game import Game
    from lp_posg.planning import Solution
    from lp_posg.trees import Tree
    from lp_posg.types import FloatArray

EXAMPLE = "lp-posg verify tiger.npz dectiger"


@shared.takes("tolerance", "approximate", "time_limit")
def run(
    solution: shared.Stored, options: dict[str, Any], file: shared.StoredGame = None, json: shared.Json = None
) -> None:
    """Certify a stored solution anew, from its strategy alone.

    The exit status is 1 if it is not an equilibrium of that game within the tolerance, or is
    not worth what it says. The tolerance it was solved with does not count.
    """
    check_json_target(json, solution, file)
    import lp_posg as posg
    from lp_posg.types import GAP_TOL

    stored, game = open_solution(solution, file)
    certificate = posg.verify(stored, game, **options)
    tolerance = options.get("tolerance", GAP_TOL)
    allowed = _allowed(stored, game, tolerance)
    result = stored, game, certificate, tolerance, allowed
    deliver(json, lambda: _summary(*result), lambda: _show(*result))


def _allowed(stored: Any, game: Game | Tree, tolerance: float) -> FloatArray:
    """Return the largest gap of each agent that a tolerance accepts in a game."""
    from lp_posg.trees import Tree, strategic_form

    plan = getattr(stored, "plan", None)
    more = {"plan": replace(plan, game=strategic_form(game))} if plan is not None and isinstance(game, Tree) else {}
    allowed: FloatArray = replace(stored, game=game, tolerance=tolerance, **more).allowed_gaps
    return allowed


def _summary(
    stored: Solution, game: Game | Tree, certificate: Certificate, tolerance: float, allowed: FloatArray
) -> dict[str, Any]:
    from lp_posg.planning.facts import solution_summary
    from lp_posg.planning.solved import certificate_summary

    found = {
        "values": certificate.values.tolist(),
        "welfare": float(certificate.values.sum()),
        "certificate": certificate_summary(certificate),
        "tolerance": tolerance,
        "within_tolerance": certificate.is_within(allowed),
    }
    return solution_summary(stored, game, found)


def _show(stored: Solution, game: Game | Tree, certificate: Certificate, tolerance: float, allowed: FloatArray) -> None:
    from lp_posg.planning.facts import certificate_facts, game_facts, solution_facts, value_facts

    show_facts(
        f"{game.name}: verified",
        [
            game_facts(game),
            solution_facts(stored),
            value_facts(certificate.values, stored.scale),
            certificate_facts(game, certificate, allowed, tolerance),
        ],
    )
