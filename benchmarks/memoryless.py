"""Memoryless strategies of a team: the problem, the law they lead to, and the values they bring.

At step t the team picks a rule: one action per newest own observation for every agent. Everything
is linear in the law over (state, newest joint observation). An open-loop plan is the memoryless
strategy of one agent (the team) that observes nothing, so one `Problem` serves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

import lp_posg as posg
from lp_posg.types import FloatArray, IntArray, SparseMatrix

SAME = 1e-12
"""Relative to the largest value: laws this close, entry by entry, are one; gains this small end a search."""

Rules = tuple[tuple[IntArray, ...], ...]
"""Per step, per agent: the action at each own observation, shape (O_i,); without any yet, entry 0 counts."""


@dataclass(frozen=True)
class Problem:
    """A common-reward game as seen by agents that remember their newest observation only.

    Attributes
    ----------
    n_actions, n_observations : tuple of int
        A is the product of the first, O of the second.
    start : float array, shape (S, O)
        Law of the first state and observation; column 0 if there is no observation before the first action.
    gain : tuple per step of float arrays, shape (S, A)
    kernel : tuple per step but the last of CSR arrays, shape (S * A, S * O)
        P(s', o' | s, a).
    discount : float
    """

    n_actions: tuple[int, ...]
    n_observations: tuple[int, ...]
    start: FloatArray
    gain: tuple[FloatArray, ...]
    kernel: tuple[SparseMatrix, ...]
    discount: float

    @property
    def horizon(self) -> int:
        """Number of steps."""
        return len(self.gain)


def open_loop_problem(game: posg.Game, horizon: int) -> Problem:
    """Return the problem of one agent that takes joint actions and observes nothing."""
    transitions, _, _, _, _ = game.parts()
    return Problem(
        (game.n_joint_actions,),
        (1,),
        game.initial[:, None],
        _gains(game, horizon),
        tuple(transitions[t if len(transitions) > 1 else 0] for t in range(horizon - 1)),
        game.discount,
    )


def memoryless_problem(game: posg.Game, horizon: int) -> Problem:
    """Return the problem of the game's agents, each with its newest observation."""
    transitions, laws, _, _, first = game.parts()
    start = np.zeros((game.n_states, game.n_joint_observations))
    start[:, 0] = game.initial
    if first:
        start = game.initial[:, None] * first[0].toarray()
    kernels = []
    for t in range(horizon - 1):
        move = transitions[t if len(transitions) > 1 else 0].tocoo()
        law = laws[t if len(laws) > 1 else 0]
        action = move.row % game.n_joint_actions
        seen = law[action * game.n_states + move.col].tocoo()
        kernels.append(
            sp.csr_array(
                (
                    move.data[seen.row] * seen.data,
                    (move.row[seen.row], move.col[seen.row] * game.n_joint_observations + seen.col),
                ),
                shape=(game.n_states * game.n_joint_actions, game.n_states * game.n_joint_observations),
            )
        )
    return Problem(game.n_actions, game.n_observations, start, _gains(game, horizon), tuple(kernels), game.discount)


def _gains(game: posg.Game, horizon: int) -> tuple[FloatArray, ...]:
    if not game.is_common_reward:
        raise posg.errors.UnsupportedError(f"game {game.name!r} has no common reward; these baselines are a team's")
    return tuple(game.reward_array(t)[0] for t in range(horizon))


def evaluate(problem: Problem, rules: Rules) -> float:
    """Return the value of a strategy, by carrying the law over (state, joint observation) forward."""
    law, total = problem.start[None], 0.0
    for t, rule in enumerate(rules):
        joint = joint_actions(problem, tuple(own[None] for own in rule))
        weight = action_law(problem, law, joint)
        total += problem.discount**t * float(weight.ravel() @ problem.gain[t].ravel())
        if t + 1 < problem.horizon:
            law = moved(problem, t, weight)
    return total


def joint_actions(problem: Problem, rule: tuple[IntArray, ...]) -> IntArray:
    """Return the joint action at each joint observation, shape (R, O), of R rules, shape (R, O_i) per agent."""
    own = np.unravel_index(np.arange(int(np.prod(problem.n_observations))), problem.n_observations)
    joint = np.zeros((len(rule[0]), len(own[0])), dtype=np.int64)
    for i, count in enumerate(problem.n_actions):
        joint = joint * count + rule[i][:, own[i]]
    return joint


def action_law(problem: Problem, law: FloatArray, joint: IntArray) -> FloatArray:
    """Return the law over (state, joint action), shape (R, S, A), from that over (state, observation), (R, S, O)."""
    n_runs, n_states, _ = law.shape
    n_actions = int(np.prod(problem.n_actions))
    cell = np.arange(n_runs * n_states).reshape(n_runs, n_states, 1) * n_actions + joint[:, None, :]
    flat = np.bincount(cell.ravel(), weights=law.ravel(), minlength=n_runs * n_states * n_actions)
    return np.asarray(flat.reshape(n_runs, n_states, n_actions))


def moved(problem: Problem, t: int, weight: FloatArray) -> FloatArray:
    """Return the law over (state, observation) after step t, shape (R, S, O)."""
    flat = weight.reshape(len(weight), -1) @ problem.kernel[t]
    return np.asarray(flat).reshape(len(weight), weight.shape[1], -1)


def step_values(problem: Problem, t: int, later: FloatArray | None, count: int) -> FloatArray:
    """Return Q of step t, shape (R, S, A), from the values to come at (state, observation), shape (R, S, O)."""
    now = np.broadcast_to(problem.gain[t], (count, *problem.gain[t].shape))
    if later is None:
        return now
    ahead = (problem.kernel[t] @ later.reshape(count, -1).T).T
    return np.asarray(now + problem.discount * ahead.reshape(now.shape))
