"""What ``lp-posg policy`` shows of a solution: what is done at its states, or at its information sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from lp_posg.cli.screen import show_line, show_table
from lp_posg.errors import LpPosgError, OptionError
from lp_posg.pieces import Column
from lp_posg.planning import HistorySolution, SetSolution, StateGains, StateSolution
from lp_posg.planning.gains import gain_lines, nobody_gains
from lp_posg.wording import drawn, gained, number, numbers


@dataclass(frozen=True)
class View:
    """Some places of a strategy: as a JSON-ready object, and shown on the screen."""

    places: str
    n_more: int
    """How many of those that the command named are left out."""
    summary: Callable[[], dict[str, Any]]
    show: Callable[[], None]


def view_of_states(
    stored: StateSolution, name: str, step: int | None, state: int | None, most: int, gains: bool
) -> View:
    """Return the states that a command names by step and number, from 1; `name` is the file's.

    Raises OptionError if there is no such step or state.
    """
    _check_step(step, stored.horizon)
    times = range(stored.horizon) if step is None else [step - 1]
    states = [(t, v) for t in times for v in range(stored.policy.steps[t].n_nodes)]
    if state is not None:
        if state > len(states):
            raise OptionError(
                f"there is no state {state} at step {step}, which has {len(states)};"
                f" `lp-posg policy {name} --step {step}` shows them"
            )
        states = [states[state - 1]]
    shown = states[:most]
    reasons: list[StateGains | None] = [None] * len(shown)
    unknown: str | None = None
    try:
        reasons = [stored.gains(*place) for place in shown] if gains else reasons
    except LpPosgError as error:  # the strategy is worth reading without it, as long as it is said
        unknown = str(error)

    def summary() -> dict[str, Any]:
        entries = [_state_summary(stored, *place, why) for place, why in zip(shown, reasons, strict=True)]
        return {"n_states": len(states), "gains_unknown": unknown, "states": entries}

    def show() -> None:
        for place, why in zip(shown, reasons, strict=True):
            _show_state(stored, *place)
            if why is not None:
                show_line()
                _show_gains(stored, why)
        if unknown is not None:
            show_line()
            show_line(f"why no one gains by deviating is not known: {unknown}")

    return View("states", len(states) - len(shown), summary, show)


def _check_step(step: int | None, horizon: int) -> None:
    if step is not None and step > horizon:
        raise OptionError(f"there is no step {step}: the solution has {horizon} steps")


def _state_summary(stored: StateSolution, time: int, node: int, why: StateGains | None) -> dict[str, Any]:
    atoms = stored.strategy(time, node)
    return {
        "time": time,
        "state": node,
        "history": list(stored.history(time, node)),
        "values": stored.node_values[time][node].tolist(),
        "atoms": [{"probability": atom.prob, "prescriptions": atom.prescriptions} for atom in atoms],
        "gains": None if why is None else [asdict(place) for place in why.places],
        "best_gains": None if why is None else list(why.best),
    }


def _show_state(stored: StateSolution, time: int, node: int) -> None:
    show_line()
    values = numbers(stored.node_values[time][node].tolist(), stored.scale)
    show_line(f"step {time + 1}, state {node + 1}: worth {values}", "bold")
    show_line(f"after: {' | '.join(stored.history(time, node))}")
    columns = [Column("atom", right=True), Column("chance", right=True), Column("agent")]
    columns += [Column("private information", breaks=20), Column("does", breaks=16)]
    rows = [
        [str(k), number(atom.prob), agent, known, drawn(actions)]
        for k, atom in enumerate(stored.strategy(time, node))
        for agent, places in atom.prescriptions.items()
        for known, actions in places.items()
    ]
    show_table(columns, rows)


def _show_gains(stored: StateSolution, found: StateGains) -> None:
    if not found.places:
        show_line("no one can get here, whatever they do: nothing is gained or lost")
        return
    kind = stored.certificate.kind
    best = " ".join(map(gained, found.best, stored.allowed_gaps.tolist()))
    why = "why no one gains" if nobody_gains(stored, found) else "what is gained"
    never = " (who follows never gets here)" if sum(place.chance for place in found.places) == 0 else ""
    show_line(f"{why} by deviating: at this state the best deviation gains {best}{never}")
    if kind.note:
        show_line(f"({kind.advice('the best deviation')})")
    hears = found.places[0].recommended is not None
    columns = [Column("agent"), Column("private information", breaks=20), *([Column("is told", breaks=16)] * hears)]
    columns += [Column("following is worth", right=True), Column("best other action", breaks=16)]
    columns += [Column("gains", right=True)]
    rows = [[*line[:2], *line[2 : 2 + hears], *line[3:]] for line in gain_lines(stored, found)]
    show_table(columns, rows)


def view_of_sets(stored: SetSolution, step: int | None, state: int | None, most: int) -> View:
    """Return the information sets that a command names by their step, from 1.

    Raises OptionError if there are no steps or states, or there is no such step.
    """
    if state is not None:
        raise OptionError("state does not apply to a solution over information sets", option="state")
    sets = list(zip(*stored.rows(), strict=True))
    if step is not None:
        if not isinstance(stored, HistorySolution):
            raise OptionError("step does not apply to a game tree, which has information sets only", option="step")
        _check_step(step, stored.horizon)
        names = {agent: set(stored.information_sets(agent, step - 1)) for agent in stored.game.agents}
        sets = [plays for plays in sets if plays[0].information_set in names[plays[0].agent]]
    chances = stored.sets.atom_prob.tolist()
    shown = [list(zip(chances, plays, strict=True)) for plays in islice(sets, most)]

    def summary() -> dict[str, Any]:
        entries = []
        for atoms in shown:
            first = atoms[0][1]
            by_atom = [
                {"probability": c, "own_reach": p.own_reach, "reach_probability": p.reach, "actions": p.actions}
                for c, p in atoms
            ]
            entries.append({"agent": first.agent, "information_set": first.information_set, "atoms": by_atom})
        return {"n_information_sets": len(sets), "information_sets": entries}

    def show() -> None:
        several = len(chances) > 1
        columns = [Column("agent"), Column("information set", breaks=24)]
        columns += [Column("atom", right=True), Column("chance", right=True)] * several
        columns += [Column("does", breaks=16), Column("own reach", right=True), Column("reach", right=True)]
        rows = [
            [
                *(play.agent, play.information_set),
                *([str(k), number(chance)] * several),
                *(drawn(play.actions), number(play.own_reach), number(play.reach)),
            ]
            for atoms in shown
            for k, (chance, play) in enumerate(atoms)
        ]
        show_line()
        show_table(columns, rows, keys=2)

    return View("information sets", len(sets) - len(shown), summary, show)
