"""A strategy that acts step by step, on what each agent sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from lp_posg.checks import is_index
from lp_posg.errors import ModelError
from lp_posg.evaluate.playing import Player
from lp_posg.game import Game
from lp_posg.information.tracking import Tracker
from lp_posg.types import IntArray

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
            If it is not what can be seen now, or play is over.
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
        if seen is None or set(seen) != set(game.agents):
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
