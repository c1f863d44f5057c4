"""``lp-posg compare``: concepts and sharing rules side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lp_posg.cli import options
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.failures import fail
from lp_posg.cli.games import Opened, open_game
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, write_json
from lp_posg.wording import number, seconds, small, value_scale

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.planning import Comparison, Row

EXAMPLE = "lp-posg compare chicken-signals --horizon 3 --concept ce,cce"


def run(
    context: typer.Context,
    file: options.File,
    horizon: options.SolveHorizon = None,
    sharing: options.SharingRules = None,
    concepts: options.Concepts = None,
    objective: options.Objective = "welfare",
    compression: options.Compression = "exact",
    discount: options.Discount = None,
    tolerance: options.Tolerance = None,
    approximate: options.Approximate = False,
    certificate: options.Certificate = "auto",
    json: options.Json = None,
    workers: options.Workers = 1,
    backend: options.Backend = None,
    checkpoint: options.Checkpoint = None,
    max_states: options.MaxStates = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
) -> None:
    """Solve for every sharing rule and concept, side by side.

    Below the table stand the relations that theory demands between the rows, and whether they
    hold; the exit status is 1 if one of them fails, or if a row stopped at a limit.

    A game tree (.efg) is compared in its reduced strategic form, one choice of plans, if no horizon is given.
    """
    check_json_target(json, file)
    wanted = options.listed("--concept", concepts, options.CONCEPTS)
    game, horizon, rules = steps_of(open_game(file), horizon, sharing)
    import lp_posg as posg

    with progress_bar() as progress:
        table = posg.compare(
            game,
            horizon,
            rules,
            wanted,
            objective,
            progress=progress,
            **options.solving(context),
        )
    if json is not None:
        write_json(json, table.summary())
    if json != STDOUT:
        _show(table)
    fail_if_inconsistent(table)


def steps_of(opened: Opened, horizon: int | None, sharing: list[str] | None) -> tuple[Game, int, list[str]]:
    """Return the game to compare, its number of steps and the sharing rules; a tree's strategic form has one."""
    tree = opened.tree if horizon is None else None
    if tree is None:
        rules = options.listed("--sharing", sharing, options.SHARING)
        horizon = options.needed_horizon(horizon)
        return opened.over(horizon), horizon, rules
    if sharing:
        raise typer.BadParameter(
            "it does not apply to a game tree in strategic form; give --horizon N too to compare it step by step",
            param_hint="--sharing",
        )
    import lp_posg as posg

    return posg.trees.strategic_form(tree), 1, ["full"]


def fail_if_inconsistent(table: Comparison) -> None:
    """End the command with status 1 if a check fails, or a row stopped at a limit."""
    from lp_posg.errors import LimitError

    broken = [check for check in table.checks if not check.holds]
    if broken:
        fail(f"{len(broken)} of {len(table.checks)} checks fail: {broken[0].text} ({broken[0].detail})")
    stopped = [row for row in table.rows if isinstance(row.error, LimitError)]
    if stopped:
        fail(f"{len(stopped)} of {len(table.rows)} rows stopped at a limit: {stopped[0].error}")


def _show(table: Comparison) -> None:
    _show_header(table)
    show_line()
    reasons = _show_rows(table)
    if reasons:
        show_line()
        for mark, reason in enumerate(reasons, 1):
            show_line(f"[{mark}] {reason}")
    if table.checks:
        show_line()
        for check in table.checks:
            verdict = "holds" if check.holds else "FAILS"
            show_line(f"{verdict}  {check.text} ({check.detail})", "" if check.holds else "bold red")
    if table.spreads:
        show_line()
        for spread in table.spreads:
            show_line(spread.text)
    show_line()
    show_line(table.note)


def _show_header(table: Comparison) -> None:
    from lp_posg.cli.facts import game_facts
    from lp_posg.version import __version__

    solved = [row.solution for row in table.rows if row.solution is not None]
    exact = sum(solution.certificate.status == "exact" for solution in solved)
    show_facts(
        f"{table.game.name}: comparison, {table.horizon} step{'s' * (table.horizon != 1)}",
        [
            game_facts(table.game),
            [
                ("horizon", str(table.horizon)),
                ("discount", number(table.game.discount)),
                ("objective", table.objective),
                ("compression", table.compression),
                ("certificates", f"{exact} of {len(solved)} exact"),
                ("version", __version__),
            ],
        ],
    )


def _show_rows(table: Comparison) -> list[str]:
    """Show the rows, and return the reasons that their marks refer to."""
    reasons = list(dict.fromkeys(str(row.error) for row in table.rows if row.error is not None))
    scale = value_scale(table.game, table.horizon)
    columns = [Column("sharing"), Column("concept"), Column("status", breaks=20)]
    columns += [Column("_".join(agent.split()) or "agent", right=True) for agent in table.game.agents]
    columns += [Column(name, right=True) for name in ("welfare", "smallest", "gap", "states", "LPs", "seconds")]
    show_table(columns, [_cells(row, reasons, scale, len(columns)) for row in table.rows], keys=2)
    return reasons


def _cells(row: Row, reasons: list[str], scale: float, n_columns: int) -> list[str]:
    from lp_posg.errors import LimitError, StrategyDependenceError

    if row.solution is None:
        words = {StrategyDependenceError: "not strategy-independent", LimitError: "stopped at a limit"}
        status = next((word for kind, word in words.items() if isinstance(row.error, kind)), "unsupported")
        mark = reasons.index(str(row.error)) + 1
        return [row.sharing, row.concept, f"{status} [{mark}]", *["-"] * (n_columns - 3)]
    solution = row.solution
    values = solution.values.tolist()
    return [
        row.sharing,
        row.concept,
        solution.certificate.status,
        *(number(value, scale) for value in (*values, sum(values), min(values))),
        small(solution.certificate.gap),
        str(solution.stats.states),
        str(solution.stats.stage_lps),
        seconds(solution.stats.seconds),
    ]
