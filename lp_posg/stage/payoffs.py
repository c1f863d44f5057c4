"""Stage games of one shape as one array, and sums over other agents' pure prescriptions.

A stage game is its weighted payoff ``U_i[p, a]``: the belief in the private profile p times agent
i's reward and continuation there, so that ``sum_p U_i[p, g(p)]`` is the value of a prescription
profile g. Adding to U a function of (i, p) alone changes no incentive.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from lp_posg.errors import LimitError
from lp_posg.lp import WIDE
from lp_posg.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class StageBlock:
    """The stage games of B states of one depth that have the same shape.

    Attributes
    ----------
    payoff : float array, shape (B, n, k_1, ..., k_n, A_1, ..., A_n)
        Weighted payoffs, in reward units times probability.
    time : int
        0-based step.
    nodes : int array, shape (B,)
        Their numbers at that depth, for messages.
    deadline : float or None
        Value of ``time.time()`` after which to give up.
    extreme : bool
        Whether payoffs are of such different sizes that the programs need care; see `extremes`.
    """

    payoff: FloatArray
    time: int
    nodes: IntArray
    deadline: float | None = None
    extreme: bool = False

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return int(self.payoff.shape[1])

    @property
    def n_private(self) -> tuple[int, ...]:
        """Number of private informations of each agent, k_i."""
        return tuple(self.payoff.shape[2 : 2 + self.n_agents])

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent, A_i."""
        return tuple(self.payoff.shape[2 + self.n_agents :])

    def __len__(self) -> int:
        return len(self.payoff)

    def part(self, rows: slice | BoolArray | IntArray) -> StageBlock:
        """Return some of the stage games."""
        return StageBlock(self.payoff[rows], self.time, self.nodes[rows], self.deadline, self.extreme)

    def check_deadline(self) -> None:
        """Raise LimitError if the deadline has passed."""
        if self.deadline is not None and clock.time() > self.deadline:
            raise LimitError(f"{self.where(0)}: the time limit was met", limit="time")

    def where(self, row: int) -> str:
        """Return which state a row stands for, for messages."""
        return f"step {self.time + 1}, common state {int(self.nodes[row])}"


@dataclass(frozen=True)
class Scaled:
    """Payoffs brought to one scale: ``U = best[:, :, p] + size * payoff``.

    Attributes
    ----------
    payoff : float array, shape of the block's
        Between -1 and 0: 0 at each agent's best joint action given the private profile. Not ``from_top``, up to 1.
    size : float array, shape (B, n)
    best : float array, shape (B, n)
        Sum over p of the maximum over a: the value if every profile gave the agent its best. Not ``from_top``, the
        value that 0 stands for.
    """

    payoff: FloatArray
    size: FloatArray
    best: FloatArray

    def part(self, rows: IntArray) -> Scaled:
        """Return some of the games."""
        return Scaled(self.payoff[rows], self.size[rows], self.best[rows])


def middle(payoff: FloatArray) -> FloatArray:
    """Return a payoff that most others are near to, of each agent at each private profile, shape (B, n, P, 1).

    Parameters
    ----------
    payoff : float array, shape (B, n, P, A)
        By private profile and joint action.
    """
    found, size = np.median(payoff, axis=3, keepdims=True), np.abs(payoff)
    place = payoff.shape[3] // 4
    usual = np.partition(size, place, axis=3)[..., [place]]
    return np.where(np.abs(found) > WIDE * usual, 0.0, found)  # where most is forbidden, that is no middle


def scaled(block: StageBlock, *, from_top: bool = True) -> Scaled:
    """Return the block's payoffs shifted by what changes no incentive and divided by their size.

    Costs are then nonnegative in a minimisation, where the dual simplex method starts feasible,
    and games in units of 1e-6 or 1e6 meet the solver's tolerances alike.

    Parameters
    ----------
    from_top : bool
        Whether payoffs have to be at most 0. If not, those of an `extreme` block are told from their `middle`: beside
        the best the others would be rounding.
    """
    n = block.n_agents
    action_axes = tuple(range(2 + n, 2 + 2 * n))
    top = block.payoff.max(axis=action_axes, keepdims=True)
    if block.extreme and not from_top:
        top = middle(block.payoff.reshape(*block.payoff.shape[:2], int(np.prod(block.n_private)), -1)).reshape(
            top.shape
        )
    shifted = block.payoff - top
    size = np.abs(shifted).max(axis=tuple(range(2, 2 + 2 * n)))
    divisor = np.where(size > 0, size, 1.0).reshape(*size.shape, *(1,) * (2 * n))
    return Scaled(shifted / divisor, size, top.reshape(*size.shape, -1).sum(axis=2))


def scaled_weights(weights: FloatArray, game: Scaled) -> FloatArray:
    """Return the weights (n,) of the agents' values as weights of their scaled values, the largest 1, (B, n).

    So an objective counts as much in a program as its rows do, whatever the units of weights and payoffs; an agent
    whose values hardly count beside another's leaves what selects to the other. Zeros if nothing is at stake.
    """
    largest = game.size.max(axis=1, keepdims=True)
    weighed = weights / np.abs(weights).max() * (game.size / np.where(largest > 0, largest, 1.0))
    most = np.abs(weighed).max(axis=1, keepdims=True)
    return np.asarray(weighed / np.where(most > 0, most, 1.0))


def egalitarian_bounds(game: Scaled, active: BoolArray | None = None) -> FloatArray:
    """Return how far each agent may fall below its best before it has less than the smallest best, (B, n), negated.

    The smallest value is at most the smallest best; -inf for an agent that can never fall so far,
    whose row would only bring large numbers into the program.

    Parameters
    ----------
    active : bool array, shape (B, n), optional
        The agents whose smallest value is meant; all by default.
    """
    n = game.size.shape[1]
    profiles = float(np.prod(game.payoff.shape[2 : 2 + n]))
    least = np.where(True if active is None else active, game.best, np.inf).min(axis=1, keepdims=True)
    free = (game.best - profiles * game.size >= least) & (game.best > least)
    return np.where(free, -np.inf, least - game.best)


@lru_cache(maxsize=256)
def pure_prescriptions(n_private: int, n_actions: int) -> IntArray:
    """Return all maps from private information to action, shape (A ** k, k), in lexicographic order."""
    return np.array(list(product(range(n_actions), repeat=n_private)), dtype=np.int64).reshape(-1, n_private)


@lru_cache(maxsize=256)
def indicator(n_private: int, n_actions: int) -> FloatArray:
    """Return the pure prescriptions as 0/1 arrays, shape (A ** k, k, A)."""
    return np.eye(n_actions)[pure_prescriptions(n_private, n_actions)]


def summed_over(
    payoff: FloatArray, n_private: tuple[int, ...], n_actions: tuple[int, ...], fixed: tuple[int, ...]
) -> FloatArray:
    """Return payoffs when the agents of `fixed` play each of their pure prescriptions.

    Parameters
    ----------
    payoff : float array, shape (B, k_1, ..., k_n, A_1, ..., A_n)
        One agent's payoffs.
    fixed : tuple of int
        Agents, ascending.

    Returns
    -------
    float array, shape (B, G_i for i in fixed, then k_i, A_i of every other agent in turn)
        Summed over the fixed agents' private information.
    """
    n = len(n_private)
    others = [i for i in range(n) if i not in fixed]
    batch, p, a, g = 0, range(1, n + 1), range(n + 1, 2 * n + 1), range(2 * n + 1, 3 * n + 1)
    operands: list[object] = [payoff, [batch, *p, *a]]
    for i in fixed:
        operands += [indicator(n_private[i], n_actions[i]), [g[i], p[i], a[i]]]
    rest = [axis for i in others for axis in (p[i], a[i])]
    operands.append([batch, *(g[i] for i in fixed), *rest])
    return np.einsum(*operands, optimize=True)  # type: ignore[no-any-return,call-overload]


def welfare_optimum(
    welfare: FloatArray, n_private: tuple[int, ...], n_actions: tuple[int, ...], free: int
) -> list[IntArray]:
    """Return the pure prescriptions of each agent, shapes (B, k_i), with the largest welfare; the first of equals.

    Parameters
    ----------
    welfare : float array, shape (B, k_1, ..., k_n, A_1, ..., A_n)
    free : int
        The agent that replies at each private information; those of the others are enumerated.
    """
    fixed = tuple(i for i in range(len(n_private)) if i != free)
    value = summed_over(welfare, n_private, n_actions, fixed)
    shape = value.shape[1 : 1 + len(fixed)]
    value = value.reshape(len(welfare), -1, *value.shape[-2:])
    total = value.max(axis=3).sum(axis=2)
    # Rounding decides no tie: the first of the profiles within it is taken.
    slack = 1e-13 * np.abs(total).max(axis=1, keepdims=True)
    chosen = np.argmax(total >= total.max(axis=1, keepdims=True) - slack, axis=1)
    pure: list[IntArray] = [np.empty(0, dtype=np.int64)] * len(n_private)
    pure[free] = value[np.arange(len(welfare)), chosen].argmax(axis=2)
    for i, index in zip(fixed, np.unravel_index(chosen, shape) if shape else (), strict=True):
        pure[i] = pure_prescriptions(n_private[i], n_actions[i])[index]
    return pure


def largest_agent(n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> int:
    """Return the agent with the most pure prescriptions (the last of equals)."""
    size = [k * np.log(a) for k, a in zip(n_private, n_actions, strict=True)]
    return int(max(range(len(size)), key=lambda i: (size[i], n_private[i] * n_actions[i], i)))


def prescriptions_but(n_private: tuple[int, ...], n_actions: tuple[int, ...], agent: int) -> float:
    """Return the number of joint pure prescriptions of all agents but one (a float: it may be huge)."""
    both = enumerate(zip(n_private, n_actions, strict=True))
    with np.errstate(over="ignore"):
        return float(np.prod([np.float64(a) ** k for i, (k, a) in both if i != agent]))
