"""A strategy as something that many runs play at once, by array look-ups, or that acts step by step in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import is_index, whole_number
from lp_posg.errors import ModelError
from lp_posg.evaluate.sampling import RowSampler
from lp_posg.game import Game
from lp_posg.information.policy import Policy, PolicyStep
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import Tracker
from lp_posg.types import FloatArray, IntArray


@runtime_checkable
class Player(Protocol):
    """A strategy made ready to be played by N runs at once."""

    @property
    def tables(self) -> tuple[SplitTable, ...]:
        """The tables that lead into each step, the start's first; as many as the strategy has steps."""

    def act(self, memory: Any, known: Tracker, uniform: FloatArray) -> tuple[Any, IntArray, tuple[IntArray, ...]]:
        """Return the strategy's memory from now on, the atom drawn (N,), and each agent's action (N,).

        Parameters
        ----------
        memory : object
            As it was returned at the last step; None at the first.
        known : Tracker
            Who knows what at the step that has begun.
        uniform : float array, shape (1 + n, N)
        """

    def node(self, memory: Any) -> IntArray:
        """Return the number of the strategy's state in each run (N,), as traces show it."""


class PolicyPlayer:
    """A strategy over common-information states, as a `Player`; it remembers the state.

    Raises
    ------
    ModelError
        If a private information is none of the structure's.
    """

    def __init__(self, policy: Policy, tables: Sequence[SplitTable]) -> None:
        self.policy, self.tables, self._steps = policy, tuple(tables), step_players(policy, tables)

    def act(self, memory: Any, known: Tracker, uniform: FloatArray) -> tuple[Any, IntArray, tuple[IntArray, ...]]:
        """Return the states, atoms and actions; see `Player`."""
        before = np.zeros(len(known.increment), dtype=np.int64) if memory is None else memory
        node = self.policy.follow(known.time - 1, before, known.increment)
        return node, *self._steps[known.time].draw(node, known.private, uniform)

    def node(self, memory: Any) -> IntArray:
        """Return the states; see `Player`."""
        states: IntArray = memory
        return states


def step_players(policy: Policy, tables: Sequence[SplitTable]) -> tuple[StepPlayer, ...]:
    """Return a strategy made ready to be played, one entry per step."""
    pairs = enumerate(zip(policy.steps, tables, strict=True))
    return tuple(StepPlayer(step, table.n_next, time) for time, (step, table) in pairs)


class StepPlayer:
    """What a strategy does at one step.

    The blocks of the step are laid one after the other: a *slot* is a state's place among all of
    them, and every prescription row of every atom has one place in one table of laws per agent.

    Parameters
    ----------
    step : PolicyStep
    n_private : tuple of int
        P_i, the number of private informations of each agent at this step.
    time : int
        0-based, for messages.

    Raises
    ------
    ModelError
        If a private information is none of the structure's.
    """

    def __init__(self, step: PolicyStep, n_private: tuple[int, ...], time: int) -> None:
        self._time, self._n_private = time, n_private
        nodes = np.concatenate([block.nodes for block in step.blocks])
        self._slot = np.full(step.n_nodes, -1, dtype=np.int64)
        self._slot[nodes] = np.arange(len(nodes))
        counts = np.concatenate([np.diff(block.atom_start) for block in step.blocks])
        self._atom_start = np.concatenate([[0], np.cumsum(counts)])
        prob = np.concatenate([block.atom_prob for block in step.blocks])
        rows = sp.csr_array((prob, np.arange(len(prob)), self._atom_start), shape=(len(counts), len(prob)))
        self._atoms = RowSampler(rows)  # draws the position of an atom among all atoms
        self._is_single: list[bool] = []
        self._known: list[IntArray] = []
        self._known_start: list[IntArray] = []
        self._row_start: list[IntArray] = []
        self._actions: list[RowSampler] = []
        for i, count in enumerate(n_private):
            self._add_agent(step, i, count)

    def _add_agent(self, step: PolicyStep, agent: int, n_private: int) -> None:
        """Lay out one agent's private informations by slot, and its prescription rows by atom."""
        sizes = [block.private[agent].shape for block in step.blocks]
        per_slot = np.concatenate([np.full(size, k, dtype=np.int64) for size, k in sizes])
        known = np.concatenate([block.private[agent].ravel() for block in step.blocks])
        if not ((known >= 0) & (known < n_private)).all():
            raise ModelError(
                f"the strategy has a private information that the sharing does not know at step {self._time + 1}:"
                " it was computed for another game or sharing"
            )
        self._is_single.append(bool((per_slot == 1).all()))
        self._known.append(np.repeat(np.arange(len(per_slot)), per_slot) * n_private + known)
        self._known_start.append(np.cumsum(per_slot) - per_slot)
        per_atom = np.concatenate([np.full(len(b.atom_prob), b.private[agent].shape[1]) for b in step.blocks])
        self._row_start.append(np.cumsum(per_atom) - per_atom)
        rows = np.concatenate([b.prescription[agent].reshape(-1, b.prescription[agent].shape[2]) for b in step.blocks])
        self._actions.append(RowSampler(sp.csr_array(rows)))

    def draw(
        self, node: IntArray, private: tuple[IntArray, ...], uniform: FloatArray
    ) -> tuple[IntArray, tuple[IntArray, ...]]:
        """Return the atom the mediator draws in each run, counted within its state, and each agent's action.

        Parameters
        ----------
        node : int array, shape (N,)
            The strategy's state.
        private : tuple per agent of int arrays, shape (N,)
        uniform : float array, shape (1 + n, N)

        Raises
        ------
        ModelError
            If the strategy has no prescription there.
        """
        slot = self._slot[node]
        if slot.min(initial=0) < 0:
            raise ModelError("the strategy has no prescription at a state that the game makes possible")
        atom = self._atoms.draw(slot, uniform[0])
        actions = tuple(
            law.draw(self._row_start[i][atom] + self._rank(i, slot, private[i]), uniform[1 + i])
            for i, law in enumerate(self._actions)
        )
        return atom - self._atom_start[slot], actions

    def _rank(self, agent: int, slot: IntArray, private: IntArray) -> IntArray:
        """Return where each private information stands among those its state has a prescription for."""
        known, key = self._known[agent], slot * self._n_private[agent] + private
        # With one private information per state there is nothing to look for, only to compare.
        place = slot if self._is_single[agent] else np.minimum(np.searchsorted(known, key), len(known) - 1)
        if (known[place] != key).any():
            raise ModelError("the strategy has no prescription for a private information that the game makes possible")
        return place - self._known_start[agent][slot]


Seen = Mapping[str, str | int]
"""What each agent sees, by its name: a label, or an index from 0."""


class Play(Protocol):
    """One course of play."""

    def act(self, seen: Seen | None = None) -> dict[str, str]:
        """Return the action of each agent that moves now, by name.

        Parameters
        ----------
        seen : mapping of agent to label or index
            In a POSG the observation of each agent after its last action; nothing before the first action, unless
            the game has an initial observation. In a game tree the information set that each moving agent is at.

        Raises
        ------
        ModelError
            If an agent cannot see that now, or play is over.
        """


class StepPlay:
    """Play of a POSG, step by step; see `Play`.

    Parameters
    ----------
    game : Game
    player : Player
    seed : int
        Draws depend on it alone.

    Attributes
    ----------
    time : int
        How many steps have been acted.
    """

    def __init__(self, game: Game, player: Player, seed: int) -> None:
        whole_number("seed", seed, 0)
        self.game, self.time = game, 0
        self._player, self._rng = player, np.random.default_rng(seed)
        self._known: Tracker | None = None
        self._memory: object = None
        self._actions: tuple[IntArray, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the last step has been acted."""
        return self.time == len(self._player.tables)

    def act(self, seen: Seen | None = None) -> dict[str, str]:
        """Return each agent's action, given what each has seen; see `Play`."""
        game = self.game
        if self.is_over:
            raise ModelError(f"play is over after {self.time} steps; start anew with play(seed)")
        observed = self._observed(seen)
        if self._known is None:
            self._known = Tracker(self._player.tables, 1, observed)
        else:
            assert observed is not None
            self._known.step(self._actions, observed)
        uniform = self._rng.random((1 + game.n_agents, 1))
        self._memory, _, self._actions = self._player.act(self._memory, self._known, uniform)
        self.time += 1
        return {name: game.actions[i][int(self._actions[i][0])] for i, name in enumerate(game.agents)}

    def _observed(self, seen: Seen | None) -> tuple[IntArray, ...] | None:
        """Return the observation of each agent as an index, each of shape (1,); None where there is none."""
        game = self.game
        if self.time == 0 and not game.has_initial_observation:
            if seen:
                raise ModelError("nobody sees anything before the first action of this game; call act() first")
            return None
        if not isinstance(seen, Mapping) or set(seen) != set(game.agents):
            raise ModelError(f"seen is {seen!r}, expected what each agent saw: a mapping of {', '.join(game.agents)}")
        return tuple(np.array([self._index(i, seen[name])]) for i, name in enumerate(game.agents))

    def _index(self, agent: int, value: str | int) -> int:
        labels = self.game.observations[agent]
        if isinstance(value, str) and value in labels:
            return labels.index(value)
        if not isinstance(value, str) and is_index(value, len(labels)):
            return int(value)
        raise ModelError(
            f"agent {self.game.agents[agent]!r} cannot see {value!r}; expected one of {', '.join(labels)}, or an index"
        )
