"""``lp-posg policy``: read a stored strategy state by state, or write all of it for other programs."""

from __future__ import annotations

import os
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, check_not_input, check_target, naming_a_file, write_json
from lp_posg.wording import gained, number, numbers, short, value_scale

if TYPE_CHECKING:
    from lp_posg.planning import Solution, StateGains
    from lp_posg.types import FloatArray

EXAMPLE = "lp-posg policy tiger.npz --time 1 --node 0"

State = tuple[int, int]


def run(
    solution: Annotated[
        str, typer.Argument(metavar="OUT.npz", help="A solution stored by `lp-posg solve --save`.", show_default=False)
    ],
    time: Annotated[
        int | None, typer.Option(min=0, help="Only states of this time, from 0 on.", show_default=False)
    ] = None,
    node: Annotated[
        int | None, typer.Option("--node", min=0, help="Only the state of this number.", show_default=False)
    ] = None,
    most: Annotated[int, typer.Option("--max", min=1, help="Most states to tell of.")] = 20,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="STRATEGY",
            help="Write all of it to a .json, .graphml or .dot file, or to a .csv file without where news leads.",
            show_default=False,
        ),
    ] = None,
    gains: Annotated[
        bool, typer.Option(help="Tell why no one gains by deviating; takes about as long as the certificate did.")
    ] = True,
    json: options.Json = None,
) -> None:
    """Show what a stored strategy does, and why nobody deviates.

    After this common history, knowing this, do that; and each agent loses, or gains nothing, by anything else.

    Times and numbers of states count from 0. The history told is one of those that lead to
    the state. A correlated strategy has several atoms per state, of which one is drawn; who draws
    it and what an agent may hear of it depends on the concept and is told (to_play): who hears more,
    say the atom of a correlated equilibrium, may gain by deviating. What following is worth and what
    the best other action gains are told of what an agent knows when it acts: its private information and,
    for ce and strategic-ce, the action it is told. With --export nothing is told unless
    --time is given.
    """
    check_json_target(json, solution)
    if export is not None:
        _check_export(export, solution, json)
    if node is not None and time is None:
        raise typer.BadParameter("a number belongs to a time; give --time too", param_hint="--node")
    import lp_posg as posg

    stored = posg.Solution.load(solution)
    states, total = _chosen(stored, solution, time, node, most)
    is_told = export is None or time is not None
    reasons, unknown = _reasons(stored, states) if gains and (is_told or json is not None) else ([], None)
    if export is not None:
        stored.export(export)
    if json is not None:
        write_json(json, _summary(stored, states, total, reasons, unknown))
    if json != STDOUT and export is not None:
        show_line(f"wrote: {export}")
    if json != STDOUT and is_told:
        _show(stored, states, total, reasons, unknown)


def _check_export(export: str, solution: str, json: str | None) -> None:
    from lp_posg.planning.export import writer_for

    if json is not None and os.path.abspath(export) == os.path.abspath(json):
        raise typer.BadParameter(f"{export!r} cannot be two files of one name", param_hint="--export")
    check_not_input(export, solution, "--export")
    with naming_a_file():
        writer_for(export)
    check_target(export)


def _chosen(stored: Solution, name: str, time: int | None, node: int | None, most: int) -> tuple[list[State], int]:
    """Return the states to tell of, and how many were asked for."""
    from lp_posg.errors import OptionError

    if time is not None and time >= stored.horizon:
        raise OptionError(f"there is no time {time}: the solution has {stored.horizon} steps, from 0 on")
    times = range(stored.horizon) if time is None else [time]
    sizes = {t: stored.policy.steps[t].n_nodes for t in times}
    if node is not None:
        if node >= sizes[times[0]]:
            raise OptionError(
                f"there is no state {node} at time {times[0]}, which has {sizes[times[0]]}, numbered from 0;"
                f" `lp-posg policy {name} --time {times[0]}` tells of them"
            )
        return [(times[0], node)], 1
    return list(islice(((t, v) for t in times for v in range(sizes[t])), most)), sum(sizes.values())


def _reasons(stored: Solution, states: list[State]) -> tuple[list[StateGains], str | None]:
    """Return what deviating brings at each state, or why that is not known."""
    from lp_posg.errors import LpPosgError

    try:
        return [stored.gains(*state) for state in states], None
    except LpPosgError as error:
        # The strategy is worth reading without it, as long as it is said.
        return [], str(error)


def _summary(
    stored: Solution, states: list[State], total: int, reasons: list[StateGains], unknown: str | None
) -> dict[str, Any]:
    from lp_posg.version import __version__

    return {
        "game": stored.game.name,
        "agents": list(stored.game.agents),
        "horizon": stored.horizon,
        "sharing": stored.sharing,
        "concept": stored.concept,
        "to_play": stored.to_play,
        "values": stored.values.tolist(),
        "n_states": total,
        "gains_unknown": unknown,
        "states": [
            {
                "time": t,
                "state": v,
                "history": list(stored.history(t, v)),
                "values": stored.node_values[t][v].tolist(),
                "atoms": [
                    {"probability": atom.prob, "prescriptions": atom.prescriptions} for atom in stored.strategy(t, v)
                ],
                "gains": None if not reasons else [asdict(place) for place in reasons[k].places],
                "best_gains": None if not reasons else list(reasons[k].best),
            }
            for k, (t, v) in enumerate(states)
        ],
        "version": __version__,
    }


def _show(stored: Solution, states: list[State], total: int, reasons: list[StateGains], unknown: str | None) -> None:
    from lp_posg.cli.facts import game_facts, value_facts

    scale = value_scale(stored.game, stored.horizon)
    show_facts(
        f"{stored.game.name}: strategy",
        [
            game_facts(stored.game),
            [
                ("horizon", str(stored.horizon)),
                ("sharing", stored.sharing),
                ("concept", stored.concept),
                ("compression", stored.compression),
                ("to_play", stored.to_play),
            ],
            value_facts(stored.values.tolist(), scale),
        ],
    )
    for k, state in enumerate(states):
        show_line()
        _show_state(stored, *state, scale)
        if reasons:
            show_line()
            _show_gains(stored, reasons[k], scale)
    if unknown is not None:
        show_line()
        show_line(f"why no one gains by deviating is not told: {unknown}")
    if total > len(states):
        show_line()
        show_line(f"{total - len(states)} more states; --max shows more of them, --export writes all")


def _show_state(stored: Solution, time: int, node: int, scale: float) -> None:
    history = " | ".join(stored.history(time, node))
    show_line(f"time {time}, state {node}: worth {numbers(stored.node_values[time][node].tolist(), scale)}", "bold")
    show_line(f"after: {history}")
    columns = [Column("atom", right=True), Column("chance", right=True), Column("agent")]
    columns += [Column("private information", breaks=20), Column("does", breaks=16)]
    rows = [
        [str(k), number(atom.prob), agent, known, _drawn(actions)]
        for k, atom in enumerate(stored.strategy(time, node))
        for agent, own in atom.prescriptions.items()
        for known, actions in own.items()
    ]
    show_table(columns, rows)


def _show_gains(stored: Solution, found: StateGains, scale: float) -> None:
    from lp_posg.cli.facts import is_within
    from lp_posg.evaluate.advantage_table import NOTES
    from lp_posg.planning import allowed_gaps

    kind = stored.certificate.deviations
    allowed = allowed_gaps(stored.game, stored.tolerance, kind)
    if not found.places:
        show_line("no one can get here, whatever they do: nothing is gained or lost")
        return
    proven = is_within(stored.certificate, stored.game, stored.tolerance)
    best = " ".join(gained(own, most) for own, most in zip(found.best, allowed.tolist(), strict=True))
    # Where nobody comes who follows, a compressed model may leave something to gain: it is no gap.
    proven = proven and all(own <= most for own, most in zip(found.best, allowed.tolist(), strict=True))
    why = "why no one gains" if proven else "what is gained"
    never = " (who follows never gets here)" if sum(place.chance for place in found.places) == 0 else ""
    show_line(f"{why} by deviating: at this state the best deviation gains {best}{never}")
    if kind in NOTES:
        show_line(f"({NOTES[kind].replace('BEST', 'the best deviation')})")
    _show_places(stored, found, allowed, scale)


def _show_places(stored: Solution, found: StateGains, allowed: FloatArray, scale: float) -> None:
    told = found.places[0].recommended is not None
    columns = [Column("agent"), Column("private information", breaks=20), *([Column("is told", breaks=16)] * told)]
    columns += [Column("following is worth", right=True), Column("best other action", breaks=16)]
    columns += [Column("gains", right=True)]
    most = dict(zip(stored.game.agents, allowed.tolist(), strict=True))
    rows = [
        [
            place.agent,
            place.private_info,
            *([place.recommended or "-"] * told),
            short(place.following, scale),
            place.other or "-",
            gained(place.gain, most[place.agent]),
        ]
        for place in found.places
    ]
    show_table(columns, rows)


def _drawn(actions: Any) -> str:
    """Return an action, or several with their probabilities."""
    if len(actions) == 1:
        return str(next(iter(actions)))
    return ", ".join(f"{action} {number(prob)}" for action, prob in actions.items())
