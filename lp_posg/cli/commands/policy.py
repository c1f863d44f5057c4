"""``lp-posg policy``: read a stored strategy state by state, or write all of it for other programs."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import STDOUT, check_json_target, check_not_input, check_target, naming_a_file, write_json
from lp_posg.wording import number, numbers, value_scale

if TYPE_CHECKING:
    from lp_posg.induction import Solution

EXAMPLE = "lp-posg policy tiger.npz --time 1 --node 0"

State = tuple[int, int]


def policy(
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
    json: options.Json = None,
) -> None:
    """Tell what a stored strategy does: after this common history, knowing this, do that.

    Times and numbers of states count from 0. The history told is one of those that lead to
    the state. A correlated strategy has several atoms per state, one of which is drawn for
    all agents together. With --export nothing is told unless --time is given.
    """
    check_json_target(json, solution)
    if export is not None:
        _check_export(export, solution, json)
    if node is not None and time is None:
        raise typer.BadParameter("a number belongs to a time; give --time too", param_hint="--node")
    import lp_posg as posg

    stored = posg.Solution.load(solution)
    states, total = _chosen(stored, time, node, most)
    if export is not None:
        stored.export(export)
    if json is not None:
        write_json(json, _summary(stored, states, total))
    if json != STDOUT and export is not None:
        show_line(f"wrote: {export}")
    if json != STDOUT and (export is None or time is not None):
        _show(stored, states, total)


def _check_export(export: str, solution: str, json: str | None) -> None:
    from lp_posg.induction.export import writer_for

    if json is not None and os.path.abspath(export) == os.path.abspath(json):
        raise typer.BadParameter(f"{export!r} cannot be two files of one name", param_hint="--export")
    check_not_input(export, solution, "--export")
    with naming_a_file():
        writer_for(export)
    check_target(export)


def _chosen(stored: Solution, time: int | None, node: int | None, most: int) -> tuple[list[State], int]:
    """Return the states to tell of, and how many were asked for."""
    from lp_posg.errors import OptionError

    if time is not None and time >= stored.horizon:
        raise OptionError(f"there is no time {time}: the solution has {stored.horizon} steps, from 0 on")
    times = range(stored.horizon) if time is None else [time]
    if node is not None:
        n_nodes = stored.policy.steps[times[0]].n_nodes
        if node >= n_nodes:
            raise OptionError(f"there is no state {node} at time {times[0]}: it has {n_nodes}, from 0 on")
        return [(times[0], node)], 1
    sizes = {t: stored.policy.steps[t].n_nodes for t in times}
    return list(islice(((t, v) for t in times for v in range(sizes[t])), most)), sum(sizes.values())


def _summary(stored: Solution, states: list[State], total: int) -> dict[str, Any]:
    from lp_posg.version import __version__

    return {
        "game": stored.game.name,
        "agents": list(stored.game.agents),
        "horizon": stored.horizon,
        "sharing": stored.sharing,
        "concept": stored.concept,
        "values": stored.values.tolist(),
        "n_states": total,
        "states": [
            {
                "time": t,
                "state": v,
                "history": list(stored.history(t, v)),
                "values": stored.node_values[t][v].tolist(),
                "atoms": [
                    {"probability": atom.prob, "prescriptions": atom.prescriptions} for atom in stored.strategy(t, v)
                ],
            }
            for t, v in states
        ],
        "version": __version__,
    }


def _show(stored: Solution, states: list[State], total: int) -> None:
    from lp_posg.cli.commands.report import game_facts, value_facts

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
            ],
            value_facts(stored.values.tolist(), scale),
        ],
    )
    for state in states:
        show_line()
        _show_state(stored, *state, scale)
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


def _drawn(actions: Any) -> str:
    """Return an action, or several with their probabilities."""
    if len(actions) == 1:
        return str(next(iter(actions)))
    return ", ".join(f"{action} {number(prob)}" for action, prob in actions.items())
