"""How fast two filters with different priors come to agree: measured, where theory gives a rate.

Under full sharing the belief is a filter of the joint actions and observations. One filter starts at
time tau from the game's law of the state, or from another one, the other from the uniform law; both see the
same. The observations follow the first. Their expected distance after L steps says what a memory of the last L
pieces loses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from lp_posg.bounds import belief_pairs
from lp_posg.bounds.belief_pairs import expanded, expectations
from lp_posg.bounds.sampled_pairs import sampled_distances
from lp_posg.brevity import brief
from lp_posg.checks import finite_number, whole_number
from lp_posg.errors import ModelError
from lp_posg.game import Game, takes
from lp_posg.types import FloatArray, read_only

LAW, WORST = "law", "worst"
"""Priors by name: the game's own law, and certainty of the state that is forgotten slowest."""

EQUAL = 1e-9
"""Distances that differ by less count as equal when the worst state is chosen."""

Status = Literal["exact", "bounded", "estimated"]


@brief()
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
        The largest expectation any rule of choosing joint actions by the past can reach in L steps
        (each L for itself), and a lower bound of it: the same where exact.
    uniform, uniform_lower, uniform_upper : float arrays, shape (Lmax + 1,)
        The expectation under uniformly drawn joint actions, and an interval for it: of one point
        where exact.
    worst_status : tuple of "exact" or "bounded"
        Per L. Where bounded, `worst` is an upper bound, and `worst_lower` is the lower end of the
        interval for uniform actions.
    uniform_status : tuple of "exact" or "estimated"
        Per L. Where estimated, the interval has a confidence of 95 % for each L by itself.
    n_pairs : tuple of int
        Different pairs of beliefs after 0, 1, ... steps, as far as they were expanded.
    n_samples : int
        Runs behind each estimate; 0 if there is none.
    merge_distance : float
        Largest total variation distance (of the two beliefs together) over which two pairs became
        one; exact means up to that merging, which is within 1e-10.
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
        return [
            {
                "game": self.name,
                "start": self.time + 1,
                "memory": memory,
                "worst": float(self.worst[memory]),
                "worst_lower": float(self.worst_lower[memory]),
                "worst_status": self.worst_status[memory],
                "uniform": float(self.uniform[memory]),
                "uniform_lower": float(self.uniform_lower[memory]),
                "uniform_upper": float(self.uniform_upper[memory]),
                "uniform_status": self.uniform_status[memory],
            }
            for memory in range(len(self.worst))
        ]


@takes
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
        0-based step tau at which both start, before any observation of theirs: the first thing
        they see is the observation that ends this step (not one made before the first action).
    prior : float array, shape (S,), or str, optional
        Law of the state at that step, for the first filter and the truth. By default, or with ``"law"``, the
        game's law if joint actions are drawn uniformly until then; where that is uniform there is nothing to
        forget. ``"worst"``: certainty of the state that is forgotten slowest. The name of any other state:
        certainty of it.
    max_pairs : int
        Pairs of beliefs at one depth beyond which nothing is expanded any more (nor beyond
        ``belief_pairs.MOST_ENTRIES`` numbers). From there on `worst` is bounded and `uniform` is estimated.
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
    Pairs of beliefs are expanded depth by depth as sparse rows, equal ones merged; `worst` is a dynamic
    program over them, so joint actions may depend on all that was seen. For L beyond
    a depth D, ``worst[L] <= 2 worst[D]``: with p, q the laws of what is seen and b, b' the beliefs,
    ``sum_o p_o |b_o - b'_o| <= sum_o |p_o b_o - q_o b'_o| + sum_o |p_o - q_o|``, and neither sum exceeds
    the L1 distance of the pair at depth D. The lower bound is that of uniform actions. Intervals of estimates are
    empirical Bernstein bounds: Maurer and Pontil (2009), "Empirical Bernstein bounds and sample
    variance penalization", COLT.

    The distance after L steps is convex in the first prior: of the sum over what is seen of ``|p_o b_o - p_o b'_o|``
    each term is the norm of something linear in it. No prior is therefore worse than the worst certainty.
    ``"worst"`` is the state whose certainty leaves the largest `worst` after the most steps (at most `max_memory`)
    that can be expanded from all states together; there it bounds what any prior leaves.

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
    levels = expanded(game, sp.csr_array(start[None]), time, max_memory, max_pairs)
    depth = len(levels) - 1
    worst, uniform = np.empty(max_memory + 1), np.empty(max_memory + 1)
    (worst[: depth + 1],), (uniform[: depth + 1],) = expectations(levels, game.n_joint_actions)
    worst_lower, spread = worst.copy(), np.zeros(max_memory + 1)
    beyond = max_memory - depth
    if beyond:
        uniform[depth + 1 :], spread[depth + 1 :] = sampled_distances(
            game, start, time, max_memory, depth, n_samples, seed
        )
        worst[depth + 1 :] = min(1.0, 2 * float(worst[: depth + 1].min()))
        worst_lower[depth + 1 :] = np.maximum(uniform - spread, 0.0)[depth + 1 :]
    low, high = np.maximum(uniform - spread, 0.0), np.minimum(uniform + spread, 1.0)
    exact: list[Status] = ["exact"] * (depth + 1)
    bounded: list[Status] = ["bounded"] * beyond
    estimated: list[Status] = ["estimated"] * beyond
    read_only(worst, worst_lower, uniform, low, high)
    return Contraction(
        game.name,
        time,
        worst,
        worst_lower,
        uniform,
        low,
        high,
        (*exact, *bounded),
        (*exact, *estimated),
        tuple(level.pairs.shape[0] for level in levels),
        n_samples if beyond else 0,
        max(level.merge_distance for level in levels),
        state,
    )


@takes
def measured_memory(contraction: Contraction, epsilon: float) -> int | None:
    """Return the least L with which the worst expected distance is at most `epsilon`; None if none measured is.

    The distance need not fall at every step, so this is the first L, not one from which on it holds.
    Where the curve is only bounded, its upper bound decides.

    Raises
    ------
    ModelError
        If `epsilon` is negative or not a number.
    """
    epsilon = finite_number("epsilon", epsilon, 0)
    enough = np.flatnonzero(contraction.worst <= epsilon)
    return int(enough[0]) if len(enough) else None


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
    """Return the first filter's law, and the name of the state if it is certainty of one that was asked for."""
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
    if size * (size + 1) <= belief_pairs.MOST_ENTRIES:
        start = sp.hstack([sp.eye_array(size), sp.csr_array(np.full((size, size), 1.0 / size))], format="csr")
        levels = expanded(game, sp.csr_array(start), time, max_memory, max_pairs)
        left = expectations(levels, game.n_joint_actions)[0][:, -1]
    equal = np.flatnonzero(left >= left.max() - EQUAL)
    return int(equal[_law_at(game, time)[equal].argmax()])


def _checked_prior(prior: FloatArray, n_states: int) -> FloatArray:
    try:
        law = np.asarray(prior, dtype=np.float64)
    except (TypeError, ValueError):
        law = np.empty(0)
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
