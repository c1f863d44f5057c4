"""The tables of a game, made step by step; one that would be large lists only what can happen.

An agent's (private information, action, observation) triple can happen if its private information can be held in a
state from which the action, with some actions of the others, leads to the observation with positive probability.
That needs the agent's own private information and the state, not the others': far fewer pairs than histories.
"""

from __future__ import annotations

from math import prod

import numpy as np
import scipy.sparse as sp

from lp_posg.game import Game
from lp_posg.game.protocols import Sizes
from lp_posg.information.lookup import rows_of
from lp_posg.information.sharing import SharingStructure
from lp_posg.information.tables import SplitTable, Triples, first_table, next_table, table_size, too_many
from lp_posg.types import IntArray, SparseMatrix

TABLE_LIMIT = 1_000_000
"""Most triples of an agent at a step of a known game that are all listed; of more, those that can happen."""

LISTED_LIMIT = 5_000_000
"""Most triples of one agent at one depth that a table lists because they can happen."""

WAYS_LIMIT = 20_000_000
"""Most ways (private information, state, action, observation, next state) that are gone through for one table."""

INDEX_LIMIT = 2**62
"""Numbers of joint increments, and of private profiles with a state, stay below this."""


class Tabulation:
    """The tables that lead into each step, the start's first: `tables`, which `step` extends.

    Parameters
    ----------
    game : Sizes
        Only of a `Game` is it known what can happen; of anything else all triples are listed.
    structure : SharingStructure

    Raises
    ------
    ModelError
        If the structure has imperfect recall, or its results are not hashable; now or at a step.
    """

    def __init__(self, game: Sizes, structure: SharingStructure) -> None:
        self.game, self.structure = game, structure
        self.tables = [first_table(game, structure)]
        # Of each agent that was asked for: pairs of private information and state that can occur, at the latest step
        # asked for, as the ones of a sparse matrix.
        self._held: dict[int, tuple[int, SparseMatrix]] = {}

    def step(self) -> SplitTable:
        """Add the table of the next step, and return it.

        Raises
        ------
        UnsupportedError
            If an agent's private information is beyond what is tabulated.
        """
        game, private = self.game, self.tables[-1].next_private
        listed: list[Triples | None] = [None] * game.n_agents
        if isinstance(game, Game):
            for agent in range(game.n_agents):
                if table_size(game, private, agent) > TABLE_LIMIT:
                    listed[agent] = self._listed(game, agent)
        table = next_table(game, self.structure, private, tuple(listed))
        # Learning counts what it sees in numbers of its own.
        largest = max(prod(table.n_next) * game.n_states, prod(table.n_increments)) if isinstance(game, Game) else 0
        if largest > INDEX_LIMIT:
            raise too_many(game, self.structure, table.next_private, int(np.argmax(table.n_next)))
        self.tables.append(table)
        return table

    def _listed(self, game: Game, agent: int) -> Triples:
        """Return an agent's triples that can happen at the step to come."""
        time = len(self.tables) - 1
        code, _ = self._ways(game, time, agent, self._held_at(game, time, agent))
        triples = np.unique(code)
        if len(triples) > LISTED_LIMIT:
            raise too_many(game, self.structure, self.tables[-1].next_private, agent)
        size = (len(self.tables[-1].next_private[agent]), game.n_actions[agent], game.n_observations[agent])
        return Triples(size, triples)

    def _held_at(self, game: Game, time: int, agent: int) -> SparseMatrix:
        """Return which private information an agent can have in which state at a step, shape (P_i, S)."""
        then, held = self._held.get(agent) or (0, _first_held(game, self.tables[0], agent))
        for step in range(then, time):
            code, state = self._ways(game, step, agent, held)
            table = self.tables[step + 1]
            size = (table.n_private[agent], game.n_actions[agent], game.n_observations[agent])
            private = table.next_index[agent][table.place(agent, np.unravel_index(code, size))]
            held = _ones(private, state, (table.n_next[agent], game.n_states))
        self._held[agent] = (time, held)
        return held

    def _ways(self, game: Game, time: int, agent: int, held: SparseMatrix) -> tuple[IntArray, IntArray]:
        """Return the triples, as flat indices, and the states that they can lead to, each pair once."""
        moves = _moves(game, time, agent, np.unique(held.indices))
        if moves is None or np.diff(moves.indptr)[held.indices].sum() > WAYS_LIMIT:
            raise too_many(game, self.structure, self.tables[time].next_private, agent)
        ways = sp.coo_array(held @ moves)
        done, state = np.divmod(ways.col.astype(np.int64), game.n_states)
        return ways.row.astype(np.int64) * (game.n_actions[agent] * game.n_observations[agent]) + done, state


def _first_held(game: Game, table: SplitTable, agent: int) -> SparseMatrix:
    """Return which private information an agent can have in which state before it acts, shape (P_i, S)."""
    seen = game.initial_observation_matrix
    states = np.flatnonzero(game.initial)
    if seen is None:
        return _ones(np.zeros_like(states), states, (table.n_next[agent], game.n_states))
    take, observation, chance = rows_of(seen, states)
    own = np.unravel_index(observation[chance > 0], game.n_observations)[agent]
    return _ones(table.next_index[agent][0, 0, own], states[take[chance > 0]], (table.n_next[agent], game.n_states))


def _moves(game: Game, time: int, agent: int, states: IntArray) -> SparseMatrix | None:
    """Return where an agent's actions can lead from some states, and what it can see then, whatever the others do.

    Shape (S, A_i * O_i * S), ones; None if there are more than ``WAYS_LIMIT`` joint ways.
    """
    transition, law = game.transition_matrix(time), game.observation_matrix(time)
    take, column, chance = rows_of(transition, states)
    take, column = take[chance > 0], column[chance > 0]
    if np.diff(law.indptr)[column].sum() > WAYS_LIMIT:
        return None
    more, observation, chance = rows_of(law, column)
    more, observation = more[chance > 0], observation[chance > 0]
    action, target = np.divmod(column[more], game.n_states)
    done = np.unravel_index(action, game.n_actions)[agent] * game.n_observations[agent]
    seen = np.unravel_index(observation, game.n_observations)[agent]
    width = game.n_actions[agent] * game.n_observations[agent] * game.n_states
    return _ones(states[take[more]], (done + seen) * game.n_states + target, (game.n_states, width))


def _ones(row: IntArray, column: IntArray, shape: tuple[int, int]) -> SparseMatrix:
    """Return a sparse matrix of ones at some places, any of which may be named more than once."""
    matrix = sp.csr_array(sp.coo_array((np.ones(len(row)), (row, column)), shape=shape))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
