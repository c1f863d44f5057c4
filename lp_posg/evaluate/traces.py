"""What happened in single runs, in the game's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lp_posg.game import Game
from lp_posg.information.describe import increment_text, private_text
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class TraceStep:
    """One step of a run, as it was when the agents chose their actions.

    Attributes
    ----------
    state : str
        The true state, which nobody need know.
    observations : tuple of str, one per agent, or None
        What each saw as the step began; None if there was nothing to see before the first action.
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


@dataclass(frozen=True)
class Trace:
    """One run.

    Attributes
    ----------
    steps : tuple of TraceStep, one per step
    """

    steps: tuple[TraceStep, ...]

    def summary(self) -> list[dict[str, Any]]:
        """Return the steps as JSON-ready objects."""
        return [asdict(step) for step in self.steps]


@dataclass(frozen=True)
class Moment:
    """One step of several runs, in indices; the names are those of `TraceStep`, actions are joint.

    Attributes
    ----------
    state, shared, node, atom, actions : int arrays, shape (N,)
    observations : int array, shape (N,), or None
    private : tuple per agent of int arrays, shape (N,)
    rewards : float array, shape (N, n)
    """

    state: IntArray
    observations: IntArray | None
    shared: IntArray
    private: tuple[IntArray, ...]
    node: IntArray
    atom: IntArray
    actions: IntArray
    rewards: FloatArray

    def first(self, count: int) -> Moment:
        """Return a copy of the first runs, which does not hold on to the others."""
        return Moment(
            self.state[:count].copy(),
            None if self.observations is None else self.observations[:count].copy(),
            self.shared[:count].copy(),
            tuple(own[:count].copy() for own in self.private),
            self.node[:count].copy(),
            self.atom[:count].copy(),
            self.actions[:count].copy(),
            self.rewards[:count].copy(),
        )


def traces_of(game: Game, tables: Sequence[SplitTable], moments: Sequence[Moment]) -> tuple[Trace, ...]:
    """Return runs in labels, from one moment per step; `tables` lead into each step, the start's first."""
    runs = range(len(moments[0].state)) if moments else range(0)
    return tuple(
        Trace(tuple(_step(game, table, moment, run) for table, moment in zip(tables, moments, strict=True)))
        for run in runs
    )


def _step(game: Game, table: SplitTable, moment: Moment, run: int) -> TraceStep:
    return TraceStep(
        state=game.states[int(moment.state[run])],
        observations=None
        if moment.observations is None
        else game.joint_observation_label(int(moment.observations[run])),
        shared=increment_text(game, table.increment_label(int(moment.shared[run]))),
        private=tuple(
            private_text(game, i, table.next_private[i][int(own[run])]) for i, own in enumerate(moment.private)
        ),
        node=int(moment.node[run]),
        atom=int(moment.atom[run]),
        actions=game.joint_action_label(int(moment.actions[run])),
        rewards=tuple(moment.rewards[run].tolist()),
    )
