"""The distinct laws of observation of a game, each once, as small as they can be made without loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lp_posg.game import Game
from lp_posg.types import FloatArray, SparseMatrix

DENSE_ENTRIES = 20_000_000
"""Laws of more numbers (states times observations) are cut down to fewer states before they are made dense."""

_DIGITS = 15


@dataclass(frozen=True)
class Law:
    """One law of the joint observation given the state, and where in the game it holds first."""

    # shape (S', m); P(observation | state), with observations that say the same about the state taken together. These
    # are the first S' states: all of them unless `is_part`
    rows: FloatArray
    time: int | None  # 0-based step that the observation ends; None if it is the same at every step
    joint_action: int | None  # flat joint action; None for the observation before the first action
    is_part: bool  # whether states were left out for size, so that the law only gives upper bounds


def step_laws(game: Game) -> list[Law]:
    """Return the distinct laws of the observations that end a step, in the order of steps and joint actions."""
    matrices = game.parts()[1]
    distinct: dict[bytes, Law] = {}
    for law in _all_laws(matrices, game.n_states, game.n_joint_actions):
        distinct.setdefault(law.rows.tobytes(), law)
    return list(distinct.values())


def initial_law(game: Game) -> Law | None:
    """Return the law of the observation before the first action, if there is one."""
    matrix = game.initial_observation_matrix
    return None if matrix is None else _law(matrix, None, None)


def _all_laws(matrices: tuple[SparseMatrix, ...], n_states: int, n_joint_actions: int) -> Iterator[Law]:
    for time, matrix in enumerate(matrices):
        for action in range(n_joint_actions):
            rows = matrix[action * n_states : (action + 1) * n_states]
            yield _law(rows, time if len(matrices) > 1 else None, action)


def _law(matrix: SparseMatrix, time: int | None, joint_action: int | None) -> Law:
    n_states, n_columns = matrix.shape
    kept = min(n_states, max(2, DENSE_ENTRIES // n_columns))
    return Law(merged_columns(matrix[:kept].toarray()), time, joint_action, kept < n_states)


def merged_columns(rows: FloatArray) -> FloatArray:
    """Return the law with proportional columns added up, in an order that depends on nothing but the columns.

    Two such observations have the same likelihood of every state. The L1 distance between the laws that two beliefs
    give stays the same (up to rounding), since both terms always have one sign.

    >>> merged_columns(np.array([[0.2, 0.4, 0.4, 0.0], [0.1, 0.2, 0.7, 0.0]])).round(9).tolist()
    [[0.4, 0.6], [0.7, 0.3]]
    """
    columns = rows.T[rows.any(axis=0)]
    shape = np.round(columns / columns.sum(axis=1, keepdims=True), _DIGITS)
    kinds, member_of = np.unique(shape, axis=0, return_inverse=True)
    merged = np.zeros(kinds.shape)
    np.add.at(merged, member_of.ravel(), columns)
    return np.ascontiguousarray(merged.T)
