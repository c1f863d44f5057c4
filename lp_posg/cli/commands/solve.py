"""``lp-posg solve``: one equilibrium, or the team optimum, with its certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.commands.sequence import (
    COMMON_INFORMATION,
    SEQUENCE_FORM,
    STRATEGIC_FORM,
    check_applies,
    checked_method,
    solve_as_tree,
)
from lp_posg.cli.commands.trees import solve_tree
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, check_not_input, check_solution_target, write_json
from lp_posg.errors import LpPosgError
from lp_posg.wording import counts, number, numbers, seconds, small, value_scale

if TYPE_CHECKING:
    from lp_posg.evaluate import Ledger
    from lp_posg.planning import Solution

EXAMPLE = "lp-posg solve dectiger --horizon 4 --sharing one-step-delay"


def run(
    context: typer.Context,
    file: options.File,
    horizon: options.SolveHorizon = None,
    sharing: options.Sharing = "full",
    concept: options.Concept = None,
    objective: options.Objective = "welfare",
    compression: options.Compression = "exact",
    method: Annotated[
        str,
        typer.Option(
            callback=checked_method,
            help="common-information; or sequence-form: an ne of a zero-sum game, also where beliefs depend on play;"
            " for a game tree sequence-form, or strategic-form for any concept.",
        ),
    ] = COMMON_INFORMATION,
    discount: options.Discount = None,
    tolerance: options.Tolerance = None,
    approximate: options.Approximate = False,
    certificate: options.Certificate = "auto",
    ledger: Annotated[
        bool,
        typer.Option("--ledger", help="Show what the compression cost at every step: errors, proven bound, gap."),
    ] = False,
    json: options.Json = None,
    save: Annotated[
        str | None,
        typer.Option(
            metavar="OUT.npz",
            help="Store the solution, for `lp-posg verify`; of a game tree how to play, as .json or .csv.",
            show_default=False,
        ),
    ] = None,
    workers: options.Workers = 1,
    backend: options.Backend = None,
    checkpoint: options.Checkpoint = None,
    max_states: options.MaxStates = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
) -> None:
    """Find an equilibrium or the team optimum, with its certificate.

    The certificate says what each agent could still gain by deviating in the original game;
    a strategy for which that exceeds the tolerance is an error, unless --approximate is given.

    Where beliefs depend on how the agents play, as with --sharing none, a zero-sum game of two
    agents can be solved by --method sequence-form, over the tree of all private histories.

    A game tree (.efg) has no horizon. If it is a zero-sum game of two agents and no other concept is asked
    for, its ne is found in sequence form, else what --concept says in its reduced strategic form.
    """
    opened = open_game(file)
    if opened.tree is not None:
        solve_tree(
            context, opened.tree, concept, objective, method, tolerance, approximate, certificate, json, save, workers,
            backend, time_limit, options.in_bytes(memory_limit),
        )  # fmt: skip
        return
    horizon = options.needed_horizon(horizon)
    if method == STRATEGIC_FORM:
        raise typer.BadParameter(f"{method!r} is for game trees; leave the option out", param_hint="--method")
    _check_targets(file, json, save)
    if method == SEQUENCE_FORM:
        check_applies(context)
        solve_as_tree(
            opened.posg, horizon, sharing, discount, tolerance, json, time_limit, options.in_bytes(memory_limit)
        )
        return
    import lp_posg as posg

    with progress_bar() as progress:
        solution = posg.solve(
            opened.posg,
            horizon,
            sharing,
            concept,
            objective,
            progress=progress,
            **options.solving(context),
        )
    _deliver(solution, json, save, ledger)


def _check_targets(file: str, json: str | None, save: str | None) -> None:
    check_json_target(json, file, save)
    if save is not None:
        check_not_input(save, file, "--save")
        if save == STDOUT or (json is not None and save == json):
            raise typer.BadParameter(
                f"{save!r} is no file of its own; give a name that ends in .npz", param_hint="--save"
            )
        check_solution_target(save)


def _deliver(solution: Solution, json: str | None, save: str | None, ledger: bool) -> None:
    """Store and show the solution; a file that cannot be written is reported after the rest is out."""
    jobs: list[Callable[[], None]] = []
    if save is not None:
        jobs.append(lambda: solution.save(save))
    if json is not None:
        jobs.append(lambda: write_json(json, _summary(solution, ledger)))
    if json != STDOUT:
        jobs.append(lambda: _show(solution))
        if ledger:
            jobs.append(lambda: _show_ledger(solution))
    failures: list[LpPosgError] = []
    for job in jobs:
        try:
            job()
        except LpPosgError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _summary(solution: Solution, ledger: bool) -> dict[str, Any]:
    return solution.summary() | ({"ledger": solution.ledger.summary()} if ledger else {})


def _show(solution: Solution) -> None:
    from lp_posg.cli.facts import certificate_facts, game_facts, value_facts
    from lp_posg.version import __version__

    game, stats = solution.game, solution.stats
    scale = value_scale(game, solution.horizon)
    exact = solution.compression == "exact"
    promised = [] if exact else [("model_values", numbers(solution.model_values.tolist(), scale))]
    show_facts(
        f"{game.name}: {solution.concept}, {solution.sharing}, {solution.horizon} steps",
        [
            game_facts(game),
            [
                ("horizon", str(solution.horizon)),
                ("discount", number(solution.discount)),
                *((key, getattr(solution, key)) for key in ("sharing", "concept", "objective", "compression")),
            ],
            [*value_facts(solution.values.tolist(), scale), *promised],
            certificate_facts(solution.certificate, game, solution.tolerance),
            [
                ("states", str(stats.states)),
                ("states_by_depth", counts(stats.states_by_depth)),
                ("stage_lps", str(stats.stage_lps)),
                ("closed_without_lp", str(stats.closed)),
                ("methods", ", ".join(f"{method} {count}" for method, count in stats.methods.items())),
                ("seconds", seconds(stats.seconds)),
                ("version", __version__),
            ],
        ],
    )


def _show_ledger(solution: Solution) -> None:
    costs = solution.ledger
    meaning = "errors are expectations under the worst policy"
    if costs.status == "estimated":
        meaning = f"errors are means over {costs.n_runs} runs of the strategy, and prove no bound"
    bounds = [(key, small(bound)) for key in ("bound", "paper_bound") if (bound := getattr(costs, key)) is not None]
    show_line()
    exact = costs.status == "exact"
    sizes = ("states", "model_states") if exact else ("model_states",)
    names = ("reward_error", "transition_error", "belief_error")
    columns = [Column("step"), *(Column(name, right=True) for name in (*sizes, *names, "merge_distance"))]
    rows = [
        [str(row["step"]), *(str(row[name]) for name in sizes), *_told(costs, h, names), small(row["merge_distance"])]
        for h, row in enumerate(costs.rows())
    ]
    show_table(columns, rows)
    show_line()
    show_facts(
        "what the compression cost",
        [
            [
                ("ledger", f"{costs.status} ({meaning})"),
                ("model_gap", small(costs.model_gap)),
                ("gap", small(costs.gap) if exact else f"at most {small(costs.gap)}"),
                *bounds,
            ]
        ],
    )


def _told(costs: Ledger, h: int, names: tuple[str, ...]) -> list[str]:
    """Return the errors of a step, with half their confidence intervals if they are estimated."""
    found = [small(getattr(costs, name)[h]) for name in names]
    if costs.half_widths is None:
        return found
    return [f"{error} ± {small(half)}" for error, half in zip(found, costs.half_widths[h].tolist(), strict=True)]
