"""What happened in single runs, in the game's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lp_posg.brevity import brief
from lp_posg.game import Game
from lp_posg.information.describe import increment_text, private_text
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray


@brief()
@dataclass(frozen=True)
class TraceStep:
    """One step of a run, as it was when the agents chose their actions.

    Attributes
    ----------
    state : str
        The true state, which nobody need know.
    observations : tuple of str, one per agent, or None
        As seen when the step began; None if there was nothing to see before the first action.
    shared : str
        What became common knowledge as the step began, in words.
    private : tuple of str, one per agent
        What each alone knew, in words.
    node, atom : int
        The strategy's state (as in ``Solution.graph``) and the atom drawn there (as in
        ``Solution.strategy(time, node)[atom]``).
    actions : tuple of str, one per agent
    rewards : tuple of float, one per agent
        Of this step, undiscounted.
    """

    state: str
    observations: tuple[str, ...] | None
    shared: str
    private: tuple[str, ...]
    node: int
    atom: int
    actions: tuple[str, ...]
    rewards: tuple[float, ...]


@brief()
@dataclass(frozen=True)
class Trace:
    """One run, step by step."""

    steps: tuple[TraceStep, ...]

    def summary(self) -> list[dict[str, Any]]:
        """Return the steps as JSON-ready objects."""
        return [asdict(step) for step in self.steps]


@dataclass(frozen=True)
class Moment:
    """One step of N runs, in indices, (N,) each; the names are those of `TraceStep`."""

    state: IntArray
    observations: IntArray | None  # joint
    shared: IntArray
    private: tuple[IntArray, ...]
    node: IntArray
    atom: IntArray
    actions: IntArray  # joint
    rewards: FloatArray  # (N, n)

    def first(self, count: int) -> Moment:
        """Return a copy of the first runs, which does not hold on to the others."""
        return Moment(**{name: _first(part, count) for name, part in vars(self).items()})


def _first(part: Any, count: int) -> Any:
    if part is None:
        return None
    return tuple(_first(one, count) for one in part) if isinstance(part, tuple) else part[:count].copy()


def traces_of(game: Game, tables: Sequence[SplitTable], moments: Sequence[Moment]) -> tuple[Trace, ...]:
    """Return runs in labels, from one moment per step; `tables` lead into each step, the start's first."""
    n_runs = len(moments[0].state) if moments else 0
    steps = list(zip(tables, moments, strict=True)) if n_runs else []
    return tuple(Trace(tuple(_step(game, table, moment, run) for table, moment in steps)) for run in range(n_runs))


def _step(game: Game, table: SplitTable, moment: Moment, run: int) -> TraceStep:
    seen = moment.observations
    held = [labels[int(index[run])] for labels, index in zip(table.next_private, moment.private, strict=True)]
    return TraceStep(
        state=game.states[int(moment.state[run])],
        observations=None if seen is None else game.joint_observation_label(int(seen[run])),
        shared=increment_text(game, table.increment_label(int(moment.shared[run]))),
        private=tuple(private_text(game, agent, label) for agent, label in enumerate(held)),
        node=int(moment.node[run]),
        atom=int(moment.atom[run]),
        actions=game.joint_action_label(int(moment.actions[run])),
        rewards=tuple(moment.rewards[run].tolist()),
    )
