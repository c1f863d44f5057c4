"""``lp-posg compare``: concepts and sharing rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lp_posg.cli import options as shared
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.failures import fail
from lp_posg.cli.games import Opened, open_game
from lp_posg.cli.screen import show
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.errors import OptionError

if TYPE_CHECKING:
    from lp_posg.planning import Comparison

EXAMPLE = "lp-posg compare chicken-signals --horizon 3 --concept ce,cce"


@shared.takes(*shared.WHAT, *shared.HOW, several=("sharing", "concept"))
def run(
    file: shared.File, options: dict[str, Any], horizon: shared.OptionalHorizon = None, json: shared.Json = None
) -> None:
    """Solve for every sharing rule and concept, side by side.

    Below the table stand the relations that theory demands between the rows, and whether they
    hold; the exit status is 1 if one of them fails, or if a row stopped at a limit or failed.

    If none are given, the rules are full,one-step-delay and the concepts team,ne,ce,cce. A game tree (.efg) is compared
    in its reduced strategic form, one choice of plans, if no horizon is given.
    """
    from lp_posg.planning.comparison import comparison_pieces

    check_json_target(json, file)
    table = compared(open_game(file), horizon, options)
    deliver(json, table.summary, lambda: show(comparison_pieces(table)))
    fail_if_inconsistent(table)


def compared(opened: Opened, horizon: int | None, options: Mapping[str, Any]) -> Comparison:
    """Return the comparison of a game; of a game tree step by step if a number of steps is given."""
    if horizon is None and opened.tree is not None and "sharing" in options:
        raise OptionError(
            "sharing does not apply to a game tree in strategic form; give --horizon N too, to compare it step by step",
            option="sharing",
        )
    import lp_posg as posg

    game = opened.game if horizon is None else opened.over(horizon)
    with progress_bar() as progress:
        return posg.compare(game, horizon, progress=progress, **options)


def fail_if_inconsistent(table: Comparison) -> None:
    """End the command with status 1 if a check fails, or a row stopped at a limit or failed."""
    from lp_posg.errors import LimitError, UnsupportedError

    broken = [check for check in table.checks if check.holds is False]
    if broken:
        fail(f"{len(broken)} of {len(table.checks)} checks fail: {broken[0].text} ({broken[0].detail})")
    stopped = [row for row in table.rows if isinstance(row.error, LimitError)]
    if stopped:
        fail(f"{len(stopped)} of {len(table.rows)} rows stopped at a limit: {stopped[0].error}")
    failed = [row for row in table.rows if row.error is not None and not isinstance(row.error, UnsupportedError)]
    if failed:
        fail(f"{len(failed)} of {len(table.rows)} rows failed: {failed[0].error}")
