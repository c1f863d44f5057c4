"""How well observations tell states apart: the paper's observability assumption, as a number with a witness."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from numbers import Real
from typing import Literal

import numpy as np

from lp_posg.bounds.branching import inverse_bound, program_entries, search
from lp_posg.bounds.differences import beliefs_of, closest_states, descend, flattest, least, ratio
from lp_posg.brevity import brief
from lp_posg.deadline import current_deadline
from lp_posg.errors import ModelError
from lp_posg.game import Game, takes
from lp_posg.types import BOUND_TOL, NULL_TOL, FloatArray, SparseMatrix, read_only

# Laws of more numbers (states times observations) are cut down to fewer states before they are made dense.
DENSE_ENTRIES = 20_000_000

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
    matrices, distinct = game.parts()[1], dict[bytes, Law]()
    for time, matrix in enumerate(matrices):
        for action in range(game.n_joint_actions):
            rows = matrix[action * game.n_states : (action + 1) * game.n_states]
            law = _law(rows, time if len(matrices) > 1 else None, action)
            distinct.setdefault(law.rows.tobytes(), law)
    return list(distinct.values())


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


LARGEST = 1_000  # states beyond which a law with as many observations is only bounded, from above, by pairs of states
# Numbers in the program of a law (about twice its observations times the square of its states) up to which it is
# searched exactly.
SEARCHED_ENTRIES = 5_000_000
STARTS = 8  # random patterns of signs from which the local search starts; beside them the two starts of `_surveyed`


@brief("value", "lower", "upper", "status", "where")
@dataclass(frozen=True)
class Observability:
    """The least L1 distance of the laws of observations from two beliefs, per L1 distance of the beliefs.

    Attributes
    ----------
    value : float
        Observability, in [0, 1], or the best upper bound known; the same as `upper`. 0: two beliefs cannot be told
        apart at all; 1: all can, as well as if the state were seen.
    lower, upper : float
        Bounds. `upper` is the ratio of `beliefs`, and 0 if that is rounding (at most 1e-12).
    status : "exact" or "bounded"
        Exact if the bounds are within 1e-9 of each other, relative to `upper`.
    time : int or None
        0-based step that ends with the observation of `upper`. None if the law is the same at every step, or if this is
        about the observation before the first action.
    joint_action : tuple of str, or None
        Labels of the joint action after which it is made; None for the observation before the first.
    beliefs : float array, shape (2, S), or None
        The witness: two beliefs that attain `upper`, with no state in common. None if the game has one state only, and
        so no two beliefs (the value is then 1).
    initial : Observability or None
        The same for the observation before the first action, if there is one; it does not count in the value.
    """

    value: float
    lower: float
    upper: float
    status: Literal["exact", "bounded"]
    time: int | None
    joint_action: tuple[str, ...] | None
    beliefs: FloatArray | None
    initial: Observability | None = None

    @property
    def where(self) -> str:
        """The step and the joint action in words."""
        if self.beliefs is None:
            return "one state only"
        if self.joint_action is None:
            return "before the first action"
        step = "every step" if self.time is None else f"step {self.time + 1}"
        return f"{step}, joint action ({', '.join(self.joint_action)})"


@takes
def observability(game: Game, time_limit: float = 60.0) -> Observability:
    """Return the observability of a game: the least over steps h and joint actions a of

        min over beliefs b != b' of  ``|O_{h,a}' (b - b')|_1 / |b - b'|_1``.

    Parameters
    ----------
    time_limit : float
        Seconds after which the search ends with bounds; a little more may pass, for a step that is under way. The first
        law is always looked at, so that an observability of 0 that its rank shows is found.

    Raises
    ------
    ModelError
        If `time_limit` is not a number of at least 0.

    Notes
    -----
    Each distinct law is treated once, with proportional observations taken together. A law of more states than
    observations, or of deficient rank, has 0. Otherwise upper bounds come from pairs of states and from a local search
    over patterns of signs, lower bounds from the pseudo-inverse (which is exact with as many observations as states),
    and a branch and bound closes the gap (`lp_posg.bounds.branching`) unless the law is too large for it
    (``SEARCHED_ENTRIES``). Laws that cannot have the least value are not searched further. The same game gives the same
    answer unless the time limit is met.

    Source: the observability assumption of Liu and Zhang (ICML 2023, arXiv 2308.08705), after Golowich, Moitra and
    Rohatgi (2022), "Planning in observable POMDPs in quasipolynomial time", arXiv 2201.04735; both are cited by name,
    without numbers of statements.

    Examples
    --------
    Opening a door moves the tiger, and what is heard then says nothing about where it is.

    >>> import lp_posg as posg
    >>> tiger = posg.bounds.observability(posg.catalog("dectiger"))
    >>> tiger.value, tiger.status, tiger.where
    (0.0, 'exact', 'every step, joint action (listen, open-left)')
    """
    if not isinstance(time_limit, Real) or not time_limit >= 0:
        raise ModelError(f"time_limit is {time_limit!r}, expected seconds, at least 0")
    latest = clock.time() + time_limit
    deadline = min(latest, current_deadline() or latest)
    first = game.initial_observation_matrix
    before = None if first is None else _of_laws(game, [_law(first, None, None)], deadline)
    return replace(_of_laws(game, step_laws(game), deadline), initial=before)


@dataclass
class _Bounds:
    """What is known of one law."""

    law: Law
    lower: float
    difference: FloatArray

    @property
    def upper(self) -> float:
        value = ratio(self.law.rows, self.difference)
        return 0.0 if value <= NULL_TOL else value


def _of_laws(game: Game, laws: list[Law], deadline: float) -> Observability:
    if game.n_states == 1:
        return Observability(1.0, 1.0, 1.0, "exact", None, None, None)
    known: list[_Bounds] = []
    for law in laws:
        late = bool(known) and clock.time() > deadline
        known.append(_unsurveyed(law) if late else _surveyed(law))
        if known[-1].upper == 0.0:
            return _result(game, known[-1], 0.0)
    # The law that may be least first: what it has is the goal that others need not exceed.
    for bounds in sorted(known, key=lambda b: (b.lower, b.upper)):
        goal = min(b.upper for b in known)
        n_states, n_columns = bounds.law.rows.shape
        # With as many observations as states a gap is rounding, and no search can close it.
        if 0 < bounds.lower < goal * (1 - BOUND_TOL) and n_columns > n_states and not bounds.law.is_part:
            _tighten(bounds, goal, deadline)
    return _result(game, min(known, key=lambda b: b.upper), min(b.lower for b in known))


def _unsurveyed(law: Law) -> _Bounds:
    """Return what costs nothing: the first two states are some pair."""
    difference = np.zeros(len(law.rows))
    difference[:2] = 1.0, -1.0
    return _Bounds(law, 0.0, difference)


def _surveyed(law: Law) -> _Bounds:
    """Return bounds of a law that take no search."""
    rows = law.rows
    n_states, n_columns = rows.shape
    large = n_states > LARGEST
    if large and n_columns >= n_states:
        return _Bounds(law, 0.0, np.append(closest_states(rows[:LARGEST]), np.zeros(n_states - LARGEST)))
    pair = np.empty((0, n_states)) if large else closest_states(rows)[None]
    bounds = _Bounds(law, 0.0, least(rows, [*pair, flattest(rows)]))
    if bounds.upper > 0 and not law.is_part:
        most, difference = inverse_bound(rows)
        bounds.difference = least(rows, [bounds.difference, difference])
        bounds.lower = min(bounds.upper, 1.0 / most)
    return bounds


def _tighten(bounds: _Bounds, goal: float, deadline: float) -> None:
    rows = bounds.law.rows
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (STARTS, len(rows)))
    starts = [bounds.difference, *signs]
    bounds.difference = least(rows, [bounds.difference, *(descend(rows, s, deadline) for s in starts)])
    if program_entries(rows) <= SEARCHED_ENTRIES and bounds.lower < min(goal, bounds.upper) * (1 - BOUND_TOL):
        found = search(rows, bounds.difference, bounds.lower, goal, deadline)
        bounds.lower, bounds.difference = max(bounds.lower, found.lower), found.difference


def _result(game: Game, bounds: _Bounds, lower: float) -> Observability:
    difference = np.zeros(game.n_states)
    difference[: len(bounds.difference)] = bounds.difference
    beliefs = beliefs_of(difference)
    read_only(beliefs)
    upper, action = bounds.upper, bounds.law.joint_action
    lower = min(lower, upper)
    status: Literal["exact", "bounded"] = "exact" if lower >= upper * (1 - BOUND_TOL) else "bounded"
    label = None if action is None else game.joint_action_label(action)
    return Observability(upper, lower, upper, status, bounds.law.time, label, beliefs)
