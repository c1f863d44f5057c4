"""``lp-posg compare``: concepts and sharing rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lp_posg.cli import options as shared
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.failures import fail
from lp_posg.cli.games import Opened, open_game
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.errors import OptionError
from lp_posg.version import __version__
from lp_posg.wording import counted, number, seconds, small

if TYPE_CHECKING:
    from lp_posg.planning import Comparison, Row

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
    check_json_target(json, file)
    table = compared(open_game(file), horizon, options)
    deliver(json, table.summary, lambda: _show(table))
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


def _show(table: Comparison) -> None:
    _show_header(table)
    show_line()
    columns = [Column("sharing"), Column("concept"), Column("status", breaks=20)]
    columns += [Column("_".join(agent.split()) or "agent", right=True) for agent in table.game.agents]
    columns += [Column(name, right=True) for name in ("welfare", "smallest", "gap", "states", "LPs", "seconds")]
    show_table(columns, [_cells(row, table.reasons, len(columns)) for row in table.rows], keys=2)
    if table.reasons:
        show_line()
    for mark, reason in enumerate(table.reasons, 1):
        show_line(f"[{mark}] {reason}")
    if table.checks:
        show_line()
    for check in table.checks:
        style = "bold red" if check.holds is False else ""
        show_line(f"{check.verdict}  {check.text} ({check.detail})", style)
    if table.spreads:
        show_line()
    for spread in table.spreads:
        show_line(spread.text)
    show_line()
    show_line(table.note)


def _show_header(table: Comparison) -> None:
    from lp_posg.cli.facts import game_facts, horizon_facts

    game, steps = table.game, table.horizon
    exact = sum(solution.certificate.status == "exact" for solution in table.solutions)
    what = "" if steps is None else f", {counted(steps, 'step')}"
    show_facts(
        f"{game.name}: comparison{what}",
        [
            game_facts(game),
            [
                *horizon_facts(game, steps),
                ("objective", table.objective),
                ("compression", table.compression),
                ("certificates", f"{exact} of {len(table.solutions)} exact"),
                ("version", __version__),
            ],
        ],
    )


def _cells(row: Row, reasons: list[str], n_columns: int) -> list[str]:
    head, solution = [row.sharing or "-", row.concept], row.solution
    status = row.status if row.error is None else f"{row.status} [{reasons.index(str(row.error)) + 1}]"
    if solution is None:
        return [*head, status, *["-"] * (n_columns - 3)]
    values, stats = solution.values.tolist(), solution.stats
    shown = [number(value, solution.scale) for value in (*values, sum(values), min(values))]
    sizes = [small(solution.certificate.gap), str(stats.states), str(stats.stage_lps), seconds(stats.seconds)]
    return [*head, status, *shown, *sizes]
