"""The table of `compare`, its reasons and its checks, as pieces to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lp_posg.pieces import Column, Line, Named, Piece, Table
from lp_posg.planning.facts import game_facts, horizon_facts
from lp_posg.version import __version__
from lp_posg.wording import counted, number, seconds, small

if TYPE_CHECKING:
    from lp_posg.planning.comparison import Comparison, Row


def comparison_pieces(table: Comparison) -> list[Piece]:
    """Return what there is to say of a comparison, in the order in which it is shown."""
    reasons = [Line(f"[{mark}] {reason}") for mark, reason in enumerate(table.reasons, 1)]
    checks = [
        Line(f"{'holds' if check.holds else 'FAILS'}  {check.text} ({check.detail})", "" if check.holds else "bold red")
        for check in table.checks
    ]
    spreads = [Line(spread.text) for spread in table.spreads]
    groups: list[list[Line]] = [group for group in (reasons, checks, spreads, [Line(table.note)]) if group]
    rest = [line for group in groups for line in (Line(), *group)]
    return [_header(table), Line(), _table(table), *rest]


def value_columns(table: Comparison) -> list[str]:
    """Return the columns of values: one for all agents where they have one reward, else one each, sum and smallest."""
    if table.game.is_common_reward:
        return ["value"]
    return [*("_".join(agent.split()) or "agent" for agent in table.game.agents), "welfare", "smallest"]


def shown_values(table: Comparison, values: list[float]) -> list[float]:
    """Return the numbers of `value_columns`, from the agents' values."""
    return values[:1] if table.game.is_common_reward else [*values, sum(values), min(values)]


def _header(table: Comparison) -> Named:
    game, steps = table.game, table.horizon
    exact = sum(solution.certificate.status == "exact" for solution in table.solutions)
    what = "" if steps is None else f", {counted(steps, 'step')}"
    facts = [
        *horizon_facts(game, steps),
        ("objective", table.objective),
        ("compression", table.compression),
        ("certificates", f"{exact} of {len(table.solutions)} exact"),
        ("version", __version__),
    ]
    return Named(f"{game.name}: comparison{what}", [game_facts(game), facts])


def _table(table: Comparison) -> Table:
    columns = [Column("sharing"), Column("concept"), Column("status", breaks=20)]
    names = (*value_columns(table), "gap", "states", "LPs", "seconds")
    columns += [Column(name, right=True) for name in names]
    return Table(columns, [_cells(table, row, len(columns)) for row in table.rows], keys=2)


def _cells(table: Comparison, row: Row, n_columns: int) -> list[str]:
    head, solution = [row.sharing or "-", row.concept], row.solution
    if solution is None:
        return [*head, f"{row.status} [{table.reasons.index(str(row.error)) + 1}]", *["-"] * (n_columns - 3)]
    stats = solution.stats
    shown = [number(value, solution.scale) for value in shown_values(table, solution.values.tolist())]
    sizes = [small(solution.certificate.gap), str(stats.states), str(stats.stage_lps), seconds(stats.seconds)]
    return [*head, row.status, *shown, *sizes]
