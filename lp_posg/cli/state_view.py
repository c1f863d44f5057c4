"""What ``lp-posg policy`` shows of a solution over common-information states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, ClassVar

from lp_posg.cli.facts import is_within
from lp_posg.cli.screen import Column, show_line, show_table
from lp_posg.errors import LpPosgError, OptionError
from lp_posg.planning import StateGains, StateSolution
from lp_posg.wording import gained, number, numbers, short

State = tuple[int, int]


@dataclass(frozen=True)
class StateView:
    """Some states of a solution.

    Attributes
    ----------
    stored : StateSolution
    states : list of (time, number)
        From 0, those to show.
    total : int
        How many the command named.
    reasons : list of StateGains
        For each of the states, if wanted and known.
    unknown : str or None
        Why what deviating brings is not known.
    """

    stored: StateSolution
    states: list[State]
    total: int
    reasons: list[StateGains]
    unknown: str | None
    places: ClassVar[str] = "states"

    @property
    def n_more(self) -> int:
        """How many states are not shown."""
        return self.total - len(self.states)

    def summary(self) -> dict[str, Any]:
        """Return the states as a JSON-ready object."""
        return {
            "n_states": self.total,
            "gains_unknown": self.unknown,
            "states": [self._state_summary(k, *state) for k, state in enumerate(self.states)],
        }

    def _state_summary(self, k: int, time: int, node: int) -> dict[str, Any]:
        stored, reasons = self.stored, self.reasons
        return {
            "time": time,
            "state": node,
            "history": list(stored.history(time, node)),
            "values": stored.node_values[time][node].tolist(),
            "atoms": [
                {"probability": atom.prob, "prescriptions": atom.prescriptions} for atom in stored.strategy(time, node)
            ],
            "gains": None if not reasons else [asdict(place) for place in reasons[k].places],
            "best_gains": None if not reasons else list(reasons[k].best),
        }

    def show(self) -> None:
        """Show what is done at each of the states, and why no one gains by deviating."""
        for k, state in enumerate(self.states):
            show_line()
            _show_state(self.stored, *state)
            if self.reasons:
                show_line()
                _show_gains(self.stored, self.reasons[k])
        if self.unknown is not None:
            show_line()
            show_line(f"why no one gains by deviating is not known: {self.unknown}")


def state_view(
    stored: StateSolution, name: str, step: int | None, state: int | None, most: int, gains: bool
) -> StateView:
    """Return the states that a command names by step and number, from 1; `name` is the file's.

    Raises
    ------
    OptionError
        If there is no such step or state.
    """
    if step is not None and step > stored.horizon:
        raise OptionError(f"there is no step {step}: the solution has {stored.horizon} steps")
    times = range(stored.horizon) if step is None else [step - 1]
    sizes = {t: stored.policy.steps[t].n_nodes for t in times}
    states = [(t, v) for t in times for v in range(sizes[t])]
    if state is not None:
        if state > len(states):
            raise OptionError(
                f"there is no state {state} at step {step}, which has {len(states)};"
                f" `lp-posg policy {name} --step {step}` shows them"
            )
        states = [states[state - 1]]
    chosen = list(islice(states, most))
    reasons, unknown = _reasons(stored, chosen) if gains else ([], None)
    return StateView(stored, chosen, len(states), reasons, unknown)


def _reasons(stored: StateSolution, states: list[State]) -> tuple[list[StateGains], str | None]:
    """Return what deviating brings at each state, or why that is not known."""
    try:
        return [stored.gains(*state) for state in states], None
    except LpPosgError as error:
        # The strategy is worth reading without it, as long as it is said.
        return [], str(error)


def _show_state(stored: StateSolution, time: int, node: int) -> None:
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
    kind, allowed = stored.certificate.kind, stored.allowed_gaps.tolist()
    pairs = list(zip(found.best, allowed, strict=True))
    best = " ".join(gained(gain, most) for gain, most in pairs)
    # Where nobody comes who follows, a compressed model may leave something to gain: it is no gap.
    proven = is_within(stored.certificate, stored.allowed_gaps) and all(gain <= most for gain, most in pairs)
    why = "why no one gains" if proven else "what is gained"
    never = " (who follows never gets here)" if sum(place.chance for place in found.places) == 0 else ""
    show_line(f"{why} by deviating: at this state the best deviation gains {best}{never}")
    if kind.note:
        show_line(f"({kind.advice('the best deviation')})")
    _show_places(stored, found)


def _show_places(stored: StateSolution, found: StateGains) -> None:
    hears = found.places[0].recommended is not None
    columns = [Column("agent"), Column("private information", breaks=20), *([Column("is told", breaks=16)] * hears)]
    columns += [Column("following is worth", right=True), Column("best other action", breaks=16)]
    columns += [Column("gains", right=True)]
    most = dict(zip(stored.game.agents, stored.allowed_gaps.tolist(), strict=True))
    rows = [
        [
            place.agent,
            place.private_info,
            *([place.recommended or "-"] * hears),
            short(place.following, stored.scale),
            place.other or "-",
            gained(place.gain, most[place.agent]),
        ]
        for place in found.places
    ]
    show_table(columns, rows)


def drawn(actions: Mapping[str, float]) -> str:
    """Return an action, or several with their probabilities."""
    possible = {action: prob for action, prob in actions.items() if prob > 0}
    if len(possible) == 1:
        return next(iter(possible))
    return ", ".join(f"{action} {number(prob)}" for action, prob in possible.items())
