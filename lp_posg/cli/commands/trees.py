"""Game trees in the commands: `solve` and `info` of a ``.efg`` file or a tree of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from lp_posg.cli.bars import progress_bar
from lp_posg.cli.commands.sequence import COMMON_INFORMATION, SEQUENCE_FORM, STRATEGIC_FORM, given_options
from lp_posg.cli.screen import Facts, show_facts
from lp_posg.cli.targets import STDOUT, check_json_target, check_not_input, check_target, write_json
from lp_posg.errors import LpPosgError
from lp_posg.wording import counts, number, seconds, small, tree_kind, yes_no

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.planning import ExtensiveSolution, Solution
    from lp_posg.trees import Tree

ALWAYS = {"file", "method", "concept", "tolerance", "json", "save", "time_limit"}
STRATEGIC = ALWAYS | {"objective", "approximate", "certificate", "memory_limit", "workers", "backend"}
INFO = {"file", "json"}

EXPORTS = (".json", ".csv")


def check_tree_options(context: typer.Context, applies: set[str], what: str) -> None:
    """Raise BadParameter if an option was given that does not apply to a game tree."""
    for name, flag in given_options(context):
        if name == "horizon":
            raise typer.BadParameter("a game tree is played to its end; leave the option out", param_hint=flag)
        if name not in applies:
            raise typer.BadParameter(f"it does not apply to {what}", param_hint=flag)


def solve_tree(
    context: typer.Context,
    game: Tree,
    concept: str | None,
    objective: str,
    method: str,
    tolerance: float | None,
    approximate: bool,
    certificate: str,
    json: str | None,
    save: str | None,
    workers: int,
    backend: str | None,
    time_limit: float | None,
    memory_limit: float | None,
) -> None:
    """Solve a game tree in sequence form or reduced strategic form, and show or store the result."""
    import lp_posg as posg
    from lp_posg.types import GAP_TOL

    _check_targets(str(context.params["file"]), json, save)
    chosen = _method(context, game, method, concept)
    allowed = GAP_TOL if tolerance is None else tolerance
    solution: ExtensiveSolution | Solution
    if chosen == SEQUENCE_FORM:
        check_tree_options(context, ALWAYS, f"a game tree solved by --method {SEQUENCE_FORM}")
        solution = posg.solve_extensive(game, tolerance=allowed, time_limit=time_limit)
        summary, facts = solution.summary(), _sequence_facts(solution)
    else:
        check_tree_options(context, STRATEGIC, f"a game tree solved by --method {STRATEGIC_FORM}")
        form = posg.trees.strategic_form(game)
        with progress_bar() as progress:
            solution = posg.solve(
                form,
                1,
                "full",
                concept,
                objective,
                tolerance=allowed,
                approximate=approximate or None,
                certificate=certificate,
                progress=progress,
                workers=workers,
                backend=backend,
                time_limit=time_limit,
                memory_limit=memory_limit,
            )
        summary, facts = _strategic_summary(solution, form), _strategic_facts(game, solution, form)
    _deliver(solution, summary, facts, json, save)


def _check_targets(file: str, json: str | None, save: str | None) -> None:
    check_json_target(json, file, save)
    if save is None:
        return
    check_not_input(save, file, "--save")
    if not save.lower().endswith(EXPORTS) or save == json:
        raise typer.BadParameter(
            f"{save!r} is no file of its own for how to play a game tree; give a name that ends in"
            f" {' or '.join(EXPORTS)}",
            param_hint="--save",
        )
    check_target(save)


def _method(context: typer.Context, game: Tree, method: str, concept: str | None) -> str:
    """Return the method asked for, or the sequence form for an equilibrium of a zero-sum game of two agents."""
    if "method" in {name for name, _ in given_options(context)}:
        if method == COMMON_INFORMATION:
            raise typer.BadParameter(
                f"{method!r} is for POSGs; a game tree is solved by {SEQUENCE_FORM} or {STRATEGIC_FORM}",
                param_hint="--method",
            )
        if method == SEQUENCE_FORM and concept not in (None, "ne"):
            raise typer.BadParameter(
                f"it does not apply to --method {SEQUENCE_FORM}, which finds a Nash equilibrium (ne) in one program",
                param_hint="--concept",
            )
        return method
    fits = concept in (None, "ne") and game.is_zero_sum
    return SEQUENCE_FORM if fits else STRATEGIC_FORM


def _deliver(
    solution: ExtensiveSolution | Solution,
    summary: dict[str, Any],
    facts: list[Facts],
    json: str | None,
    save: str | None,
) -> None:
    """Store and show the result; a file that cannot be written is reported after the rest is out."""
    failures: list[LpPosgError] = []
    try:
        if save is not None:
            solution.export(save)
    except LpPosgError as error:
        failures.append(error)
    try:
        if json is not None:
            write_json(json, summary)
    except LpPosgError as error:
        failures.append(error)
    if json != STDOUT:
        show_facts(f"{summary['game']}: {summary['concept']}, {summary['method']}", facts)
    if failures:
        raise failures[0]


def tree_facts(game: Tree) -> Facts:
    """Return name, kind and sizes of a game tree."""
    return [
        ("game", game.name),
        ("kind", tree_kind(game)),
        ("agents", ", ".join(game.agents)),
        ("nodes", str(game.n_nodes)),
        ("information_sets", counts(_sets(game))),
    ]


def _sets(game: Tree) -> list[int]:
    agents = [own.agent for own in game.sets]
    return [agents.count(agent) for agent in range(game.n_agents)]


def _sequence_facts(solution: ExtensiveSolution) -> list[Facts]:
    from lp_posg.cli.facts import value_facts
    from lp_posg.version import __version__

    game, stats = solution.game, solution.stats
    totals = game.totals
    allowed = " ".join(dict.fromkeys(map(small, totals.allowed_gaps(solution.tolerance).tolist())))
    # Beside a payoff that is never met what is paid on the way is no rounding.
    scale = min(totals.largest, 1e6 * float(solution.certificate.beside.max()))
    return [
        tree_facts(game),
        [("concept", "ne"), ("method", SEQUENCE_FORM)],
        value_facts(solution.values.tolist(), scale),
        [
            ("certificate", "exact"),
            ("gaps", " ".join(map(small, solution.certificate.gaps.tolist()))),
            ("within_tolerance", f"yes (at most {allowed}: {small(solution.tolerance)} of the range of payoffs)"),
        ],
        [
            ("sequences", counts(stats.sequences)),
            ("payoff_entries", str(stats.payoff_entries)),
            ("lp_rows", str(stats.rows)),
            ("lp_columns", str(stats.columns)),
            ("seconds", seconds(stats.seconds)),
            ("version", __version__),
        ],
    ]


def _strategic_summary(solution: Solution, form: Game) -> dict[str, Any]:
    """Return the summary of the strategic form's solution; a tree has no horizon, discount or sharing."""
    unknown: dict[str, Any] = dict.fromkeys(("horizon", "discount", "sharing"))
    return solution.summary() | unknown | {"method": STRATEGIC_FORM, "plans": list(form.n_actions)}


def _strategic_facts(game: Tree, solution: Solution, form: Game) -> list[Facts]:
    from lp_posg.cli.facts import certificate_facts, value_facts
    from lp_posg.version import __version__
    from lp_posg.wording import value_scale

    stats = solution.stats
    return [
        tree_facts(game),
        [("concept", solution.concept), ("objective", solution.objective), ("method", STRATEGIC_FORM)],
        value_facts(solution.values.tolist(), value_scale(form, 1)),
        certificate_facts(solution.certificate, form, solution.tolerance),
        [
            ("plans", counts(form.n_actions)),
            ("methods", ", ".join(f"{method} {count}" for method, count in stats.methods.items())),
            ("seconds", seconds(stats.seconds)),
            ("version", __version__),
        ],
    ]


# ---- info ------------------------------------------------------------------------------------------


def tree_info(context: typer.Context, game: Tree, json: str | None) -> None:
    """Show a game tree's sizes."""
    from lp_posg.trees.nodes import CHANCE, TERMINAL
    from lp_posg.trees.recall import recall_of
    from lp_posg.trees.strategic import plan_count
    from lp_posg.version import __version__

    check_tree_options(context, INFO, "a game tree")
    totals, recall = game.totals, recall_of(game)
    plans = [plan_count(game, recall, agent) for agent in range(game.n_agents)]
    sequences = [sum(len(own.actions) for own in game.sets if own.agent == agent) for agent in range(game.n_agents)]
    payoffs = [(float(own.min()), float(own.max())) for own in totals.paid]
    found: dict[str, Any] = {
        "game": game.name,
        "form": "tree",
        "kind": tree_kind(game),
        "agents": list(game.agents),
        "nodes": game.n_nodes,
        "chance_nodes": int((game.owner == CHANCE).sum()),
        "terminal_nodes": int((game.owner == TERMINAL).sum()),
        "depth": int(game.depth.max()),
        "information_sets": _sets(game),
        "sequences": sequences,
        "reduced_plans": plans,
        "payoffs": [list(ends) for ends in payoffs],
        "perfect_recall": True,
        "version": __version__,
    }
    if json is not None:
        write_json(json, found)
    if json == STDOUT:
        return
    sizes = ("nodes", "chance_nodes", "terminal_nodes", "depth")
    show_facts(
        game.name,
        [
            [("game", game.name), ("kind", found["kind"]), ("agents", ", ".join(game.agents))],
            [(key, str(found[key])) for key in sizes],
            [
                ("information_sets", counts(found["information_sets"])),
                ("sequences", counts(sequences)),
                ("reduced_plans", " ".join(map(number, plans))),
                ("payoffs", ", ".join(f"{number(low)} to {number(high)}" for low, high in payoffs)),
                ("perfect_recall", yes_no(True)),
            ],
        ],
    )
