"""``lp-posg verify``: certify a stored solution anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options
from lp_posg.cli.games import complete_game, open_game
from lp_posg.cli.screen import show_facts
from lp_posg.cli.targets import STDOUT, check_json_target, write_json
from lp_posg.types import GAP_TOL
from lp_posg.wording import value_scale

if TYPE_CHECKING:
    from lp_posg.evaluate import Certificate
    from lp_posg.game import Game
    from lp_posg.planning import Solution

EXAMPLE = "lp-posg verify tiger.npz dectiger"


def run(
    solution: Annotated[
        str, typer.Argument(metavar="OUT.npz", help="A solution stored by `lp-posg solve --save`.", show_default=False)
    ],
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            autocompletion=complete_game,
            help="The game to certify in: a file or a catalogue name; by default the stored one.",
        ),
    ] = None,
    tolerance: options.Tolerance = None,
    approximate: options.Approximate = False,
    json: options.Json = None,
) -> None:
    """Certify a stored solution anew, from its strategy alone.

    The exit status is 1 if it is not an equilibrium of that game within the tolerance, or is
    not worth what it says. The tolerance it was solved with does not count.
    """
    check_json_target(json, solution, file)
    import lp_posg as posg

    stored = posg.Solution.load(solution)
    game = (stored.game if file is None else open_game(file).posg).with_discount(stored.discount)
    allowed = GAP_TOL if tolerance is None else tolerance
    certificate = posg.verify(stored, game, tolerance=allowed, approximate=approximate)
    if json is not None:
        write_json(json, _summary(stored, game, certificate, allowed))
    if json != STDOUT:
        _show(stored, game, certificate, allowed)


def _summary(stored: Solution, game: Game, certificate: Certificate, tolerance: float) -> dict[str, Any]:
    from lp_posg.cli.facts import is_within
    from lp_posg.version import __version__

    found = certificate.deviation
    return {
        "game": game.name,
        "agents": list(game.agents),
        "horizon": stored.horizon,
        "discount": stored.discount,
        "sharing": stored.sharing,
        "concept": stored.concept,
        "values": certificate.values.tolist(),
        "welfare": float(certificate.values.sum()),
        "certificate": {
            "status": certificate.status,
            "gaps": certificate.gaps.tolist(),
            "deviations": certificate.deviations,
            "deviation": None if found is None else str(found),
            "merge_error": certificate.merge_error,
        },
        "tolerance": tolerance,
        "within_tolerance": is_within(certificate, game, tolerance),
        "version": __version__,
    }


def _show(stored: Solution, game: Game, certificate: Certificate, tolerance: float) -> None:
    from lp_posg.cli.facts import certificate_facts, game_facts, stored_facts, value_facts

    show_facts(
        f"{game.name}: verified",
        [
            game_facts(game),
            stored_facts(stored),
            value_facts(certificate.values.tolist(), value_scale(game, stored.horizon)),
            certificate_facts(certificate, game, tolerance),
        ],
    )
