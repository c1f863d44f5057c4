"""How fast two filters with different priors come to agree: measured, where theory gives a rate.

Under full sharing the belief is a filter of the joint actions and observations. One filter starts at time tau from the
game's law of the state, or from another one, the other from the uniform law; both see the same. The observations follow
the first. Their expected distance after L steps says what a memory of the last L pieces loses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import finite_number, whole_number
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.information.lookup import places
from lp_posg.information.merging import merge_rows
from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only

CONFIDENCE = 0.95  # of each interval of an estimate, one by one
# Numbers in the pairs of one depth, before equal ones are merged, beyond which nothing is expanded any more.
MOST_ENTRIES = 20_000_000
BATCH_ENTRIES = 4_000_000  # numbers in the pairs that are simulated at a time
LAW, WORST = "law", "worst"  # priors by name: the game's own law, and certainty of the state that is forgotten slowest
EQUAL = 1e-9  # distances that differ by less count as equal when the worst state is chosen

Status = Literal["exact", "bounded", "estimated"]


@dataclass(frozen=True)
class Contraction:
    """Expected total variation distance of the two beliefs after L = 0, 1, ... steps.

    Attributes
    ----------
    name : str
        The game.
    time : int
        0-based step tau at which both filters start.
    worst, worst_lower : float arrays, shape (Lmax + 1,)
        The largest expectation any rule of choosing joint actions by the past can reach in L steps (each L for itself),
        and a lower bound of it: the same where exact.
    uniform, uniform_lower, uniform_upper : float arrays, shape (Lmax + 1,)
        The expectation under uniformly drawn joint actions, and an interval for it: of one point where exact.
    worst_status : tuple of "exact" or "bounded"
        Per L. Where bounded, `worst` is an upper bound, and `worst_lower` is the lower end of the interval for uniform
        actions.
    uniform_status : tuple of "exact" or "estimated"
        Per L. Where estimated, the interval has a confidence of 95 % for each L by itself.
    n_pairs : tuple of int
        Distinct pairs of beliefs after 0, 1, ... steps, as far as they were expanded.
    n_samples : int
        Runs behind each estimate; 0 if there is none.
    merge_distance : float
        Largest total variation distance (of the two beliefs together) over which two pairs became one; exact means up
        to that merging, which is within 1e-10.
    state : str
        Where the first filter starts from certainty of a state, its name; else empty.
    """

    name: str
    time: int
    worst: FloatArray
    worst_lower: FloatArray
    uniform: FloatArray
    uniform_lower: FloatArray
    uniform_upper: FloatArray
    worst_status: tuple[Status, ...]
    uniform_status: tuple[Status, ...]
    n_pairs: tuple[int, ...]
    n_samples: int
    merge_distance: float
    state: str = ""

    def rows(self) -> list[dict[str, float | int | str]]:
        """Return one row per L, for a table or a CSV file."""
        worst, uniform = ("worst", "worst_lower", "worst_status"), ("uniform", "uniform_lower", "uniform_upper")
        columns = {key: np.asarray(getattr(self, key)).tolist() for key in (*worst, *uniform, "uniform_status")}
        every = zip(*columns.values(), strict=True)
        first: dict[str, float | int | str] = {"game": self.name, "start": self.time + 1}
        return [first | {"memory": memory} | dict(zip(columns, row, strict=True)) for memory, row in enumerate(every)]


def belief_contraction(
    game: Game,
    max_memory: int,
    *,
    time: int = 0,
    prior: FloatArray | str | None = None,
    max_pairs: int = 20_000,
    n_samples: int = 10_000,
    seed: int = 0,
) -> Contraction:
    """Return how fast the filter from the game's own law and the one from the uniform law come together.

    Parameters
    ----------
    max_memory : int
        Largest L.
    time : int
        0-based step tau at which both start, before any observation of theirs: the first thing they see is the
        observation that ends this step (not one made before the first action).
    prior : float array, shape (S,), or str, optional
        Law of the state at that step, for the first filter and the truth. By default, or with ``"law"``, the game's law
        if joint actions are drawn uniformly until then; where that is uniform there is nothing to forget. ``"worst"``:
        certainty of the state that is forgotten slowest. The name of any other state: certainty of it.
    max_pairs : int
        Pairs of beliefs at one depth beyond which nothing is expanded any more (nor beyond ``MOST_ENTRIES`` numbers).
        From there on `worst` is bounded and `uniform` is estimated.
    n_samples : int
        Runs of each estimate, at least 2.
    seed : int
        Of the runs.

    Raises
    ------
    ModelError
        If an argument is outside its range, or the game's time-varying arrays do not cover the steps.

    Notes
    -----
    Pairs of beliefs are expanded depth by depth as sparse rows, equal ones merged; `worst` is a dynamic program over
    them, so joint actions may depend on all that was seen. For L beyond a depth D, ``worst[L] <= 2 worst[D]``: with p,
    q the laws of what is seen and b, b' the beliefs, ``sum_o p_o |b_o - b'_o| <= sum_o |p_o b_o - q_o b'_o| + sum_o
    |p_o - q_o|``, and neither sum exceeds the L1 distance of the pair at depth D. The lower bound is that of uniform
    actions. Intervals of estimates are empirical Bernstein bounds: Maurer and Pontil (2009), "Empirical Bernstein
    bounds and sample variance penalization", COLT.

    The distance after L steps is convex in the first prior: of the sum over what is seen of ``|p_o b_o - p_o b'_o|``
    each term is the norm of something linear in it. No prior is therefore worse than the worst certainty. ``"worst"``
    is the state whose certainty leaves the largest `worst` after the most steps (at most `max_memory`) that can be
    expanded from all states together; there it bounds what any prior leaves.

    Examples
    --------
    A door that never moves behind one listener who is right with 0.85. One sound from the law (0.9, 0.1)
    and one from the uniform law give these beliefs' distance:

    >>> door = Game(np.eye(2)[:, None], np.array([[[0.85, 0.15], [0.15, 0.85]]]), np.zeros((1, 2, 1)), [0.9, 0.1])
    >>> belief_contraction(door, 1).worst.round(6).tolist()
    [0.4, 0.204]
    """
    _check_arguments(game, max_memory, time, max_pairs, n_samples)
    first, state = _first_prior(game, prior, time, max_memory, max_pairs)
    start = np.concatenate([first, np.full(game.n_states, 1.0 / game.n_states)])
    levels = _expanded(game, sp.csr_array(start[None]), time, max_memory, max_pairs)
    depth = len(levels) - 1
    worst, uniform = np.empty(max_memory + 1), np.empty(max_memory + 1)
    (worst[: depth + 1],), (uniform[: depth + 1],) = _expectations(levels, game.n_joint_actions)
    worst_lower, spread = worst.copy(), np.zeros(max_memory + 1)
    beyond = max_memory - depth
    if beyond:
        uniform[depth + 1 :], spread[depth + 1 :] = _estimated(game, start, time, max_memory, depth, n_samples, seed)
        worst[depth + 1 :] = min(1.0, 2 * float(worst[: depth + 1].min()))
        worst_lower[depth + 1 :] = np.maximum(uniform - spread, 0.0)[depth + 1 :]
    curves = worst, worst_lower, uniform, np.maximum(uniform - spread, 0.0), np.minimum(uniform + spread, 1.0)
    read_only(*curves)
    exact: list[Status] = ["exact"] * (depth + 1)
    bounded: list[Status] = ["bounded"] * beyond
    estimated: list[Status] = ["estimated"] * beyond
    statuses = (*exact, *bounded), (*exact, *estimated)
    n_pairs, merged = tuple(level.pairs.shape[0] for level in levels), max(level.merge_distance for level in levels)
    runs = n_samples if beyond else 0
    return Contraction(game.name, time, *curves, *statuses, n_pairs, runs, merged, state)


def measured_memory(contraction: Contraction, epsilon: float) -> int | None:
    """Return the least L with which the worst expected distance is at most `epsilon`; None if none measured is.

    The distance need not fall at every step, so this is the first L, not one from which on it holds. Where the curve is
    only bounded, its upper bound decides.

    Raises
    ------
    ModelError
        If `epsilon` is negative or not a number.
    """
    epsilon = finite_number("epsilon", epsilon, 0)
    enough = np.flatnonzero(contraction.worst <= epsilon)
    return int(enough[0]) if len(enough) else None


@dataclass(frozen=True)
class _Level:
    """Pairs of one depth: rows (b, b') of width 2 S; edges to the next depth, (N * A, N') with P(child | b, a)."""

    pairs: SparseMatrix
    edges: SparseMatrix | None
    merge_distance: float


def _expanded(game: Game, start: SparseMatrix, time: int, steps: int, max_pairs: int) -> list[_Level]:
    levels: list[_Level] = []
    pairs, distance = start, 0.0
    for step in range(time, time + steps):
        following = _children(game, pairs, step, max_pairs)
        if following is None:
            break
        levels.append(_Level(pairs, following[1], distance))
        pairs, distance = following[0], following[2]
    return [*levels, _Level(pairs, None, distance)]


def _children(
    game: Game, pairs: SparseMatrix, time: int, max_pairs: int
) -> tuple[SparseMatrix, SparseMatrix, float] | None:
    """Return the pairs one step on, the edges to them and the distance merged over; None if there are too many."""
    n_pairs, n_actions, n_seen = pairs.shape[0], game.n_joint_actions, game.n_joint_observations
    parts, labels = [], []
    for action, step in enumerate(_steps(game, time)):
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
            (mass, (np.concatenate(labels), merged.member_of)), shape=(n_pairs * n_actions, len(merged.representative))
        )
    )
    return rows[merged.representative], edges, merged.distance


def _steps(game: Game, time: int) -> Iterator[tuple[SparseMatrix, SparseMatrix]]:
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
        row, held = places(possible, place)
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


def _expectations(levels: list[_Level], n_actions: int) -> tuple[FloatArray, FloatArray]:
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


def _estimated(
    game: Game, start: FloatArray, time: int, steps: int, skip: int, n_samples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return means and half-widths for the numbers of steps beyond `skip`, under uniform joint actions."""
    rng = np.random.default_rng(seed)
    batch = max(1, BATCH_ENTRIES // len(start))
    distance = np.empty((steps - skip, n_samples))
    for first in range(0, n_samples, batch):
        runs = slice(first, min(first + batch, n_samples))
        pairs = np.tile(start.reshape(2, -1), (runs.stop - first, 1, 1))
        for step in range(steps):
            pairs = _sampled(game, pairs, time + step, rng)
            if step >= skip:
                distance[step - skip, runs] = np.abs(pairs[:, 0] - pairs[:, 1]).sum(axis=1) / 2
    return distance.mean(axis=1), np.array([half_width(sample) for sample in distance])


def _sampled(game: Game, pairs: FloatArray, time: int, rng: np.random.Generator) -> FloatArray:
    """Return the pairs of all runs one step on: a joint action at random, an observation by the first belief."""
    action = rng.integers(game.n_joint_actions, size=len(pairs))
    drawn = rng.random(len(pairs))
    following = np.empty_like(pairs)
    for a, (move, law) in enumerate(_steps(game, time)):
        mine = np.flatnonzero(action == a)
        moved = np.stack([pairs[mine, half] @ move for half in (0, 1)], axis=1)
        chance = np.cumsum(moved[:, 0] @ law, axis=1)
        # The first observation whose cumulated chance exceeds the draw has a positive chance itself.
        seen = (chance <= (drawn[mine] * chance[:, -1])[:, None]).sum(axis=1)
        likelihood = law.T.tocsr()[seen].toarray()
        weight = moved * likelihood[:, None, :]
        following[mine] = weight / weight.sum(axis=2, keepdims=True)
    return following


def half_width(sample: FloatArray) -> float:
    """Return half the width of an interval for the mean of independent numbers in [0, 1] (empirical Bernstein).

    Two-sided with the stated ``CONFIDENCE``, for any law of the numbers.
    """
    n, log = len(sample), math.log(4 / (1 - CONFIDENCE))
    return math.sqrt(2 * float(sample.var(ddof=1)) * log / n) + 7 * log / (3 * (n - 1))


def _law_at(game: Game, time: int) -> FloatArray:
    """Return the law of the state at a step if joint actions are drawn uniformly until then."""
    law = game.initial
    for step in range(time):
        moved = (law @ game.transition_matrix(step)).reshape(game.n_joint_actions, game.n_states)
        law = moved.mean(axis=0)
    return np.asarray(law)


def _first_prior(
    game: Game, prior: FloatArray | str | None, time: int, max_memory: int, max_pairs: int
) -> tuple[FloatArray, str]:
    """Return the first filter's law, and the name of the state if that law is certainty of one."""
    if prior is None or (isinstance(prior, str) and prior == LAW):
        return _law_at(game, time), ""
    if not isinstance(prior, str):
        return _checked_prior(prior, game.n_states), ""
    if prior != WORST and prior not in game.states:
        raise ModelError(f"prior is {prior!r}, expected {LAW!r}, {WORST!r} or a state of game {game.name!r}")
    state = _worst_state(game, time, max_memory, max_pairs) if prior == WORST else game.states.index(prior)
    return np.eye(1, game.n_states, state)[0], game.states[state]


def _worst_state(game: Game, time: int, max_memory: int, max_pairs: int) -> int:
    """Return the state whose certainty is forgotten slowest; of equals the likeliest by the game's law, then the first.

    Of a game too large for that to be expanded, the likeliest.
    """
    size, left = game.n_states, np.zeros(game.n_states)
    if size * (size + 1) <= MOST_ENTRIES:
        start = sp.hstack([sp.eye_array(size), sp.csr_array(np.full((size, size), 1.0 / size))], format="csr")
        levels = _expanded(game, sp.csr_array(start), time, max_memory, max_pairs)
        left = _expectations(levels, game.n_joint_actions)[0][:, -1]
    equal = np.flatnonzero(left >= left.max() - EQUAL)
    return int(equal[_law_at(game, time)[equal].argmax()])


def _checked_prior(prior: FloatArray, n_states: int) -> FloatArray:
    law = np.asarray(prior, dtype=np.float64)
    if law.shape != (n_states,) or not (law >= 0).all() or not abs(law.sum() - 1) <= 1e-9:
        raise ModelError(f"prior is {prior!r}, expected one probability per state ({n_states}) that sum to 1")
    return np.asarray(law / law.sum())


def _check_arguments(game: Game, max_memory: int, time: int, max_pairs: int, n_samples: int) -> None:
    whole_number("max_memory", max_memory, 0)
    whole_number("time", time, 0)
    whole_number("max_pairs", max_pairs)
    whole_number("n_samples", n_samples, 2)
    covered = game.max_horizon
    if covered is not None and time + max_memory > covered - 1:
        raise ModelError(
            f"{max_memory} steps from step {time + 1} on end with the observation of step {time + max_memory}, but"
            f" {game.name!r} has observations after its first {covered - 1} steps only; ask for a smaller max_memory"
        )
