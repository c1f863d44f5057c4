"""``lp-posg solve --method sequence-form``: zero-sum games over the tree of private histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lp_posg.cli.screen import show_facts
from lp_posg.cli.targets import STDOUT, write_json
from lp_posg.wording import counts, number, seconds, small, value_scale

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.planning import SequenceSolution

COMMON_INFORMATION, SEQUENCE_FORM, STRATEGIC_FORM = METHODS = ("common-information", "sequence-form", "strategic-form")

APPLIES = {"file", "horizon", "sharing", "method", "discount", "tolerance", "json", "time_limit", "memory_limit"}


def checked_method(value: str) -> str:
    """Return the name of a method, or raise BadParameter."""
    if value not in METHODS:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(METHODS)}")
    return value


def given_options(context: typer.Context) -> list[tuple[str, str]]:
    """Return name and flag of each option or argument that was given on the command line."""
    found = []
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        if source is not None and source.name == "COMMANDLINE":
            found.append((str(parameter.name), parameter.opts[0]))
    return found


def check_applies(context: typer.Context) -> None:
    """Raise BadParameter if an option was given that the sequence form does not know."""
    for name, flag in given_options(context):
        if name not in APPLIES and (name, context.params.get(name)) != ("concept", "ne"):
            raise typer.BadParameter(
                f"it does not apply to --method {SEQUENCE_FORM}, which finds a Nash equilibrium (ne) in one program",
                param_hint=flag,
            )


def solve_as_tree(
    game: Game,
    horizon: int,
    sharing: str,
    discount: float | None,
    tolerance: float | None,
    json: str | None,
    time_limit: float | None,
    memory_limit: float | None,
) -> None:
    """Solve the game in sequence form and show or store the result."""
    import lp_posg as posg
    from lp_posg.planning import ENTRY_LIMIT
    from lp_posg.planning.history_solving import BYTES_PER_ENTRY
    from lp_posg.types import GAP_TOL

    solution = posg.solve_sequence_form(
        game,
        horizon,
        sharing,
        discount=discount,
        tolerance=GAP_TOL if tolerance is None else tolerance,
        max_entries=ENTRY_LIMIT if memory_limit is None else max(1, int(memory_limit / BYTES_PER_ENTRY)),
        time_limit=time_limit,
    )
    if json is not None:
        write_json(json, solution.summary())
    if json != STDOUT:
        _show(solution)


def _show(solution: SequenceSolution) -> None:
    from lp_posg.cli.facts import game_facts, value_facts
    from lp_posg.game import allowed_gaps
    from lp_posg.version import __version__

    game, stats, found = solution.game, solution.stats, solution.certificate
    allowed = " ".join(dict.fromkeys(map(small, allowed_gaps(game, solution.tolerance).tolist())))
    show_facts(
        f"{game.name}: ne, {solution.sharing}, {solution.horizon} steps, sequence form",
        [
            game_facts(game),
            [
                ("horizon", str(solution.horizon)),
                ("discount", number(solution.discount)),
                ("sharing", solution.sharing),
                ("concept", "ne"),
                ("method", SEQUENCE_FORM),
            ],
            value_facts(solution.values.tolist(), value_scale(game, solution.horizon)),
            [
                ("certificate", "exact"),
                ("gaps", " ".join(map(small, found.gaps.tolist()))),
                (
                    "within_tolerance",
                    f"yes (at most {allowed}: {small(solution.tolerance)} of the reward range)",
                ),
            ],
            [
                ("information_sets", counts(stats.information_sets)),
                ("sequences", counts(stats.sequences)),
                ("histories", str(stats.histories)),
                ("payoff_entries", str(stats.payoff_entries)),
                ("lp_rows", str(stats.rows)),
                ("lp_columns", str(stats.columns)),
                ("seconds", seconds(stats.seconds)),
                ("version", __version__),
            ],
        ],
    )
