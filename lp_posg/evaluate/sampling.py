"""Drawing from the laws of a game, for many runs at once.

A law is a sparse row of probabilities per case. A draw inverts its distribution function: with u
uniform in [0, 1) it is the first outcome whose cumulative probability exceeds u, found by halving
the row. All runs take each halving together, so a draw costs log2 of the longest row in array
operations, and no outcome of probability 0 is ever drawn.
"""

from __future__ import annotations

from collections.abc import Sized

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only

DRAWS_PER_MOVE = 2
"""Uniform numbers that a start, and each step, takes per run: one for the state, one for the observation."""


class RowSampler:
    """Draws columns from the rows of a stochastic matrix.

    Parameters
    ----------
    matrix : CSR array, shape (R, C)
        Each row sums to 1 up to rounding and has a positive entry.
    """

    def __init__(self, matrix: SparseMatrix) -> None:
        if not matrix.data.all():
            matrix = matrix.copy()
            matrix.eliminate_zeros()
        self._start: IntArray = matrix.indptr.astype(np.int64)
        self._column: IntArray = matrix.indices.astype(np.int64)
        self._cumulative = _cumulative(matrix.data, self._start)
        self._halvings = int(np.diff(self._start).max(initial=1) - 1).bit_length()
        read_only(self._start, self._column, self._cumulative)

    def draw(self, rows: IntArray, uniform: FloatArray) -> IntArray:
        """Return one column per entry of `rows` (N,), by as many uniform numbers in [0, 1)."""
        low = self._start[rows]
        if not self._halvings:
            return self._column[low]
        high = self._start[rows + 1] - 1
        for _ in range(self._halvings):
            middle = (low + high) >> 1
            beyond = uniform >= self._cumulative[middle]
            low = np.where(beyond, middle + 1, low)
            high = np.where(beyond, high, middle)
        return self._column[low]


def _cumulative(prob: FloatArray, start: IntArray) -> FloatArray:
    """Return the running sum of each row; the last entry of a row is 2, which no uniform number exceeds."""
    # Extended precision where there is any: sums of other rows are subtracted again.
    running = np.cumsum(prob, dtype=np.longdouble)
    before = np.concatenate([[0], running])[start[:-1]]
    within: FloatArray = (running - np.repeat(before, np.diff(start))).astype(np.float64)
    within[start[1:] - 1] = 2.0
    return within


class GameSampler:
    """A game as an environment that many independent runs step through at once.

    Parameters
    ----------
    game : Game

    Notes
    -----
    A step costs a few array operations over the runs, whatever the number of states. It knows
    nothing of sharing: observations are joint indices, last agent fastest, as in `Game`.

    Examples
    --------
    >>> import lp_posg as posg
    >>> tiger = GameSampler(posg.catalog("dectiger"))
    >>> rng = np.random.default_rng(0)
    >>> states, observations = tiger.reset(1000, rng)
    >>> observations is None  # the tiger makes no sound before the first action
    True
    >>> listen = np.zeros(1000, dtype=np.int64)
    >>> later, observations, rewards = tiger.step(0, states, listen, rng)
    >>> bool((later == states).all()), observations.shape, rewards.mean(axis=0).tolist()
    (True, (1000,), [-2.0, -2.0])
    """

    def __init__(self, game: Game) -> None:
        transitions, laws, _, _, first = game.parts()
        self.game = game
        self._first_state = RowSampler(sp.csr_array(game.initial[None]))
        self._first_observation = RowSampler(first[0]) if first else None
        self._moves = tuple(RowSampler(matrix) for matrix in transitions)
        self._laws = tuple(RowSampler(matrix) for matrix in laws)
        self._gains: tuple[FloatArray, ...] = tuple(
            np.ascontiguousarray(game.reward_array(h).reshape(game.n_agents, -1).T) for h in range(len(game.parts()[2]))
        )

    def reset(self, n_runs: int, rng: np.random.Generator) -> tuple[IntArray, IntArray | None]:
        """Return the first state of each run, and the joint observation before the first action if there is one.

        Returns
        -------
        states : int array, shape (n_runs,)
        observations : int array, shape (n_runs,), or None
        """
        return self.start(rng.random((DRAWS_PER_MOVE, n_runs)))

    def step(
        self, time: int, states: IntArray, joint_actions: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray | None, FloatArray]:
        """Return what one step brings to each run.

        Parameters
        ----------
        time : int
            0-based step; counts in games that vary with time.
        states, joint_actions : int arrays, shape (n_runs,)

        Returns
        -------
        next_states : int array, shape (n_runs,)
        observations : int array, shape (n_runs,), or None
            Joint observations that end the step; None at the last step of a game whose observation
            law varies with time, which has none there.
        rewards : float array, shape (n_runs, n)
            Of this step, undiscounted, in reward units.

        Raises
        ------
        ModelError
            If the game has no such step, or a state or an action is not one of its own.
        """
        self._check(time, states, joint_actions)
        moved, observations = self.move(time, states, joint_actions, rng.random((DRAWS_PER_MOVE, len(states))))
        return moved, observations, self.rewards(time, states, joint_actions)

    def start(self, uniform: FloatArray) -> tuple[IntArray, IntArray | None]:
        """Return what `reset` does, by given uniform numbers of shape (2, n_runs)."""
        states = self._first_state.draw(np.zeros(uniform.shape[1], dtype=np.int64), uniform[0])
        if self._first_observation is None:
            return states, None
        return states, self._first_observation.draw(states, uniform[1])

    def move(
        self, time: int, states: IntArray, joint_actions: IntArray, uniform: FloatArray
    ) -> tuple[IntArray, IntArray | None]:
        """Return next states and observations, by given uniform numbers of shape (2, n_runs); checks nothing."""
        game = self.game
        moved = self._moves[_part(self._moves, time)].draw(states * game.n_joint_actions + joint_actions, uniform[0])
        if len(self._laws) > 1 and time >= len(self._laws):
            return moved, None
        return moved, self._laws[_part(self._laws, time)].draw(joint_actions * game.n_states + moved, uniform[1])

    def rewards(self, time: int, states: IntArray, joint_actions: IntArray) -> FloatArray:
        """Return the rewards of a step, shape (n_runs, n); checks nothing."""
        gains = self._gains[_part(self._gains, time)]
        return np.asarray(gains[states * self.game.n_joint_actions + joint_actions])

    def _check(self, time: int, states: IntArray, joint_actions: IntArray) -> None:
        steps = self.game.max_horizon
        if time < 0 or (steps is not None and time >= steps):
            raise ModelError(
                f"there is no step at time {time} in game {self.game.name!r}: its arrays cover {steps or 'all'} steps"
                " from time 0"
            )
        for what, given, count in (
            ("states", states, self.game.n_states),
            ("joint actions", joint_actions, self.game.n_joint_actions),
        ):
            if given.shape != states.shape or (len(given) and not 0 <= given.min() <= given.max() < count):
                raise ModelError(
                    f"{what} of shape {given.shape} at time {time}: expected one index below {count} for each of"
                    f" {len(states)} runs"
                )


def _part(parts: Sized, time: int) -> int:
    """Return which part is that of a step: a game's parts are one for all steps, or one per step."""
    return time if len(parts) > 1 else 0
