"""Pairs of beliefs that follow from two priors, expanded step by step; equal ones are merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.game import Game
from lp_posg.information.merging import merge_rows
from lp_posg.types import FloatArray, IntArray, SparseMatrix

MOST_ENTRIES = 20_000_000
"""Numbers in the pairs of one depth, before equal ones are merged, beyond which nothing more is expanded."""


@dataclass(frozen=True)
class Level:
    """Pairs of one depth: rows (b, b') of width 2 S; edges to the next depth, (N * A, N') with P(child | b, a)."""

    pairs: SparseMatrix
    edges: SparseMatrix | None
    merge_distance: float


def expanded(game: Game, start: SparseMatrix, time: int, steps: int, max_pairs: int) -> list[Level]:
    """Return the pairs of each step from `start` on, up to `steps` later or until there are too many."""
    levels: list[Level] = []
    pairs, distance = start, 0.0
    for step in range(time, time + steps):
        following = _children(game, pairs, step, max_pairs)
        if following is None:
            break
        levels.append(Level(pairs, following[1], distance))
        pairs, distance = following[0], following[2]
    return [*levels, Level(pairs, None, distance)]


def _children(
    game: Game, pairs: SparseMatrix, time: int, max_pairs: int
) -> tuple[SparseMatrix, SparseMatrix, float] | None:
    """Return the pairs one step on, the edges to them and the distance merged over; None if there are too many."""
    n_pairs, n_actions, n_seen = pairs.shape[0], game.n_joint_actions, game.n_joint_observations
    parts, labels = [], []
    for action, step in enumerate(steps_of(game, time)):
        rows, place = _moved(pairs, step, game.n_states, n_seen)
        parts.append(rows)
        labels.append((place // n_seen) * n_actions + action)
        if sum(part.nnz for part in parts) > MOST_ENTRIES:
            return None
    rows = sp.csr_array(sp.vstack(parts, format="csr"))
    mass = np.asarray(rows[:, : game.n_states].sum(axis=1)).ravel()
    rows = _both_normalised(rows, game.n_states)
    merged = merge_rows(rows, np.zeros(rows.shape[0], np.int64))
    if len(merged.representative) > max_pairs:
        return None
    edges = sp.csr_array(
        sp.coo_array(
            (mass, (np.concatenate(labels), merged.member_of)),
            shape=(n_pairs * n_actions, len(merged.representative)),
        )
    )
    return rows[merged.representative], edges, merged.distance


def steps_of(game: Game, time: int) -> Iterator[tuple[SparseMatrix, SparseMatrix]]:
    """Yield for each joint action the transition (S, S') and the law of the observation (S', O)."""
    transition, law, size = game.transition_matrix(time).tocsc(), game.observation_matrix(time), game.n_states
    for action in range(game.n_joint_actions):
        own = slice(action * size, (action + 1) * size)
        yield transition[:, own].tocsr(), law[own]


def _moved(
    pairs: SparseMatrix, step: tuple[SparseMatrix, SparseMatrix], n_states: int, n_seen: int
) -> tuple[SparseMatrix, IntArray]:
    """Return the unnormalised pairs after one joint action, and ``pair * O + observation`` of each."""
    move, law = step
    halves = []
    for half in (pairs[:, :n_states], pairs[:, n_states:]):
        moved = sp.coo_array(half @ move)
        # One row per (pair, observation): each entry meets the law's row of its state.
        chance = law[moved.col]
        length = np.diff(chance.indptr)
        weight = chance.data * moved.data.repeat(length)
        place = moved.row.astype(np.int64).repeat(length) * n_seen + chance.indices
        halves.append((place, moved.col.repeat(length), weight))
    possible = np.unique(halves[0][0][halves[0][2] > 0])
    columns = []
    for place, state, weight in halves:
        row = np.searchsorted(possible, place)
        held = (row < len(possible)) & (possible[np.minimum(row, len(possible) - 1)] == place)
        columns.append(sp.coo_array((weight[held], (row[held], state[held])), shape=(len(possible), n_states)).tocsr())
    return sp.hstack(columns, format="csr"), possible


def _both_normalised(rows: SparseMatrix, n_states: int) -> SparseMatrix:
    halves = []
    for half in (rows[:, :n_states], rows[:, n_states:]):
        half = sp.csr_array(half)
        half.data = half.data / np.asarray(half.sum(axis=1)).ravel().repeat(np.diff(half.indptr))
        halves.append(half)
    joined = sp.csr_array(sp.hstack(halves, format="csr"))
    joined.sort_indices()
    return joined


def expectations(levels: list[Level], n_actions: int) -> tuple[FloatArray, FloatArray]:
    """Return the worst and the uniform expectation of each first pair for every number of steps expanded.

    Column j of a level's table is for the case that the last step is j steps on.
    """
    worst = uniform = np.empty((levels[-1].pairs.shape[0], 0))
    for level in reversed(levels):
        here = _distance(level.pairs)[:, None]
        if level.edges is not None:
            shape = (len(here), n_actions, -1)
            worst = (level.edges @ worst).reshape(shape).max(axis=1)
            uniform = (level.edges @ uniform).reshape(shape).mean(axis=1)
        worst, uniform = np.hstack([here, worst]), np.hstack([here, uniform])
    return worst, uniform


def _distance(pairs: SparseMatrix) -> FloatArray:
    """Return the total variation distance within each pair."""
    half = pairs.shape[1] // 2
    return np.asarray(abs(pairs[:, :half] - pairs[:, half:]).sum(axis=1)).ravel() / 2
