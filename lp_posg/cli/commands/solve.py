"""``lp-posg solve``: one equilibrium, or the team optimum, with its certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import show, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_export_target, check_json_target, check_solution_target, write_json
from lp_posg.errors import LpPosgError, OptionError
from lp_posg.pieces import Column
from lp_posg.wording import small

if TYPE_CHECKING:
    from lp_posg.evaluate import Ledger
    from lp_posg.planning import Solution

EXAMPLE = "lp-posg solve dectiger --horizon 4 --sharing one-step-delay"

_NO_LEDGER = "ledger does not apply where there are no states to compress"


@shared.takes(*shared.WHAT, "method", *shared.HOW)
def run(
    file: shared.File,
    options: dict[str, Any],
    horizon: shared.OptionalHorizon = None,
    ledger: Annotated[
        bool,
        typer.Option("--ledger", help="Show what the compression cost at every step: errors, proven bound, gap."),
    ] = False,
    json: shared.Json = None,
    save: shared.Save = None,
    export: shared.Export = None,
) -> None:
    """Find an equilibrium or the team optimum, with its certificate.

    The certificate says what each agent could still gain by deviating in the original game;
    a strategy for which that exceeds the tolerance is an error, unless --approximate is given.

    Where beliefs depend on how the agents play, as with --sharing none, a zero-sum game of two
    agents can be solved by --method sequence-form, over the tree of all private histories.

    A game tree (.efg) has no horizon. If it is a zero-sum game of two agents and no other concept is wanted,
    its ne is found in sequence form, else what --concept says in its reduced strategic form.
    """
    check_json_target(json, file, save, export)
    check_solution_target(save, file, json, export)
    check_export_target(export, file, json)
    opened = open_game(file)
    if ledger and (opened.tree is not None or options.get("method") == "sequence-form"):
        raise OptionError(_NO_LEDGER, option="ledger")
    import lp_posg as posg

    with progress_bar() as progress:
        solution = posg.solve(opened.game, horizon, progress=progress, **options)
    _deliver(solution, json, save, export, ledger)


def _deliver(solution: Solution, json: str | None, save: str | None, export: str | None, ledger: bool) -> None:
    """Store and show the solution; a file that cannot be written is reported after the rest is out."""
    from lp_posg.planning.facts import solution_piece

    jobs: list[tuple[bool, Callable[[], None]]] = [
        (save is not None, lambda: solution.save(str(save))),
        (export is not None, lambda: solution.export(str(export))),
        (json is not None, lambda: write_json(str(json), _summary(solution, ledger))),
        (json != STDOUT, lambda: show([solution_piece(solution)])),
        (json != STDOUT and ledger, lambda: _show_ledger(solution)),
    ]
    failures: list[LpPosgError] = []
    for is_wanted, job in jobs:
        try:
            if is_wanted:
                job()
        except LpPosgError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _summary(solution: Solution, ledger: bool) -> dict[str, Any]:
    return solution.summary() | ({"ledger": _ledger(solution).summary()} if ledger else {})


def _ledger(solution: Solution) -> Ledger:
    from lp_posg.planning import StateSolution

    if not isinstance(solution, StateSolution):
        raise OptionError(_NO_LEDGER, option="ledger")
    return solution.ledger


def _show_ledger(solution: Solution) -> None:
    costs = _ledger(solution)
    exact, meaning = costs.status == "exact", "errors are expectations under the worst policy"
    if costs.status == "estimated":
        meaning = f"errors are means over {costs.n_runs} runs of the strategy, and prove no bound"
    bounds = [(key, small(bound)) for key in ("bound", "paper_bound") if (bound := getattr(costs, key)) is not None]
    show_line()
    sizes = ("states", "model_states") if exact else ("model_states",)
    names = ("reward_error", "transition_error", "belief_error")
    columns = [Column("step"), *(Column(name, right=True) for name in (*sizes, *names, "merge_distance"))]
    rows = [
        [str(row["step"]), *(str(row[name]) for name in sizes), *_errors(costs, h, names), small(row["merge_distance"])]
        for h, row in enumerate(costs.rows())
    ]
    show_table(columns, rows)
    show_line()
    gap = small(costs.gap) if exact else f"at most {small(costs.gap)}"
    facts = [("ledger", f"{costs.status} ({meaning})"), ("model_gap", small(costs.model_gap)), ("gap", gap), *bounds]
    show_facts("what the compression cost", [facts])


def _errors(costs: Ledger, h: int, names: tuple[str, ...]) -> list[str]:
    """Return the errors of a step, with half their confidence intervals if they are estimated."""
    found = [small(getattr(costs, name)[h]) for name in names]
    if costs.half_widths is None:
        return found
    return [f"{error} ± {small(half)}" for error, half in zip(found, costs.half_widths[h].tolist(), strict=True)]
