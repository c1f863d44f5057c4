"""``lp-posg policy``: read a stored strategy place by place, or write all of it for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.screen import show_facts, show_line
from lp_posg.cli.targets import STDOUT, check_export_target, check_json_target, write_json

if TYPE_CHECKING:
    from lp_posg.cli.strategy_views import View
    from lp_posg.planning import Solution

EXAMPLE = "lp-posg policy tiger.npz --step 2 --state 1"

Step: Any = shared.option(int, "Only what is done at this step, from 1 on.", min=1)
State: Any = shared.option(int, "Only the state of this number at the step, from 1 on.", min=1)


@shared.takes("time_limit")
def run(
    solution: shared.Stored,
    step: Step = None,
    state: State = None,
    most: Annotated[int, typer.Option("--max", min=1, help="Most states, or information sets, to show.")] = 20,
    export: shared.Export = None,
    gains: Annotated[
        bool, typer.Option(help="Say why no one gains by deviating; takes about as long as the certificate did.")
    ] = True,
    json: shared.Json = None,
) -> None:
    """Show what a stored strategy does, and why nobody deviates.

    After this common history, knowing this, do that; and each agent loses, or gains nothing, by anything else.

    Steps and states count from 1, in JSON times and states from 0. The history shown is one of those that lead to
    the state. A correlated strategy has several atoms per state, of which one is drawn; who draws
    it and what an agent may hear of it depends on the concept and is shown (to_play): who hears more,
    say the atom of a correlated equilibrium, may gain by deviating. What following is worth and what
    the best other action gains are given for what an agent knows when it acts: its private information and,
    for ce and strategic-ce, the action recommended to it. With --export nothing is shown unless
    --step is given.

    Of a solution in sequence form, or of a game tree, what is done at each information set is shown, with the
    probability of coming there.
    """
    check_json_target(json, solution)
    check_export_target(export, solution, json)
    if state is not None and step is None:
        raise typer.BadParameter("a number belongs to a step; give --step too", param_hint="--state")
    from lp_posg.cli.strategy_views import view_of_sets, view_of_states
    from lp_posg.planning import SetSolution, StateSolution, load_solution

    stored = load_solution(solution)
    is_shown = export is None or step is not None
    if isinstance(stored, StateSolution):
        view = view_of_states(stored, solution, step, state, most, gains and (is_shown or json is not None))
    else:
        assert isinstance(stored, SetSolution)
        view = view_of_sets(stored, step, state, most)
    if export is not None:
        stored.export(export)
    if json is not None:
        write_json(json, _summary(stored, view))
    if json != STDOUT and export is not None:
        show_line(f"wrote: {export}")
    if json != STDOUT and is_shown:
        _show(stored, view)


def _summary(stored: Solution, view: View) -> dict[str, object]:
    from lp_posg.planning.facts import solution_summary

    found = {"to_play": stored.to_play, "values": stored.values.tolist(), **view.summary()}
    return solution_summary(stored, stored.game, found)


def _show(stored: Solution, view: View) -> None:
    from lp_posg.planning.facts import game_facts, solution_facts, value_facts

    show_facts(
        f"{stored.game.name}: strategy",
        [
            game_facts(stored.game),
            [*solution_facts(stored), ("to_play", stored.to_play)],
            value_facts(stored.values, stored.scale),
        ],
    )
    view.show()
    if view.n_more:
        show_line()
        show_line(f"{view.n_more} more {view.places}; --max shows more of them, --export writes all")
