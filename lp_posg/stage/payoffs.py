"""Stage games of one shape as one array, and sums over other agents' pure prescriptions.

A stage game is its weighted payoff ``U_i[p, a]``: the belief in the private profile p times agent i's reward and
continuation there, so that ``sum_p U_i[p, g(p)]`` is the value of a prescription profile g. Adding to U a function of
(i, p) alone changes no incentive.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from lp_posg.errors import LimitError
from lp_posg.types import ATOM_TOL, BoolArray, FloatArray, IntArray


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
    zero : float array, shape (B, n, k_1, ..., k_n, 1, ..., 1), or None
        Payoffs to count from in programs, where the largest will not do; `extremes` says when.
    least_atom : float
        An atom of at most this probability is rounding.
    """

    payoff: FloatArray
    time: int
    nodes: IntArray
    deadline: float | None = None
    zero: FloatArray | None = None
    least_atom: float = ATOM_TOL

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
        zero = None if self.zero is None else self.zero[rows]
        return replace(self, payoff=self.payoff[rows], nodes=self.nodes[rows], zero=zero)

    def check_deadline(self) -> None:
        """Raise LimitError if the deadline has passed."""
        if self.deadline is not None and clock.time() > self.deadline:
            raise LimitError(f"{self.where(0)}: the time limit was met", limit="time")

    def where(self, row: int) -> str:
        """Return which state a row stands for, for messages."""
        return f"step {self.time + 1}, state {int(self.nodes[row]) + 1}"


@dataclass(frozen=True)
class Scaled:
    """Payoffs brought to one scale: ``U = best[:, :, p] + size * payoff``."""

    # shape of the block's; between -1 and 0: 0 at each agent's best joint action given the private profile. Not
    # ``from_top``, up to 1
    payoff: FloatArray
    size: FloatArray  # shape (B, n)
    # shape (B, n); sum over p of the maximum over a: the value if every profile gave the agent its best. Not
    # ``from_top``, the value that 0 stands for
    best: FloatArray

    @property
    def n_profiles(self) -> int:
        """Number of private profiles."""
        n = self.size.shape[1]
        return int(np.prod(self.payoff.shape[2 : 2 + n]))

    def part(self, rows: IntArray) -> Scaled:
        """Return some of the games."""
        return Scaled(self.payoff[rows], self.size[rows], self.best[rows])


def scaled(block: StageBlock, *, from_top: bool = True) -> Scaled:
    """Return the block's payoffs shifted by what changes no incentive and divided by their size.

    Costs are then nonnegative in a minimisation, where the dual simplex method starts feasible, and games in units of
    1e-6 or 1e6 meet the solver's tolerances alike.

    `from_top`: whether payoffs have to be at most 0; if not, they count from the block's `zero` where it has one.
    """
    n = block.n_agents
    action_axes = tuple(range(2 + n, 2 + 2 * n))
    top = block.payoff.max(axis=action_axes, keepdims=True)
    if block.zero is not None and not from_top:
        top = block.zero
    shifted = block.payoff - top
    size = np.abs(shifted).max(axis=tuple(range(2, 2 + 2 * n)))
    divisor = np.where(size > 0, size, 1.0).reshape(*size.shape, *(1,) * (2 * n))
    return Scaled(shifted / divisor, size, top.reshape(*size.shape, -1).sum(axis=2))


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

    `payoff`: shape (B, k_1, ..., k_n, A_1, ..., A_n); one agent's payoffs. `fixed`: agents, ascending.

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

    `welfare`: shape (B, k_1, ..., k_n, A_1, ..., A_n). `free`: the agent that replies at each private information;
    those of the others are enumerated.
    """
    fixed = tuple(i for i in range(len(n_private)) if i != free)
    value = summed_over(welfare, n_private, n_actions, fixed)
    shape = value.shape[1 : 1 + len(fixed)]
    value = value.reshape(len(welfare), -1, *value.shape[-2:])
    each = value.max(axis=3)
    total = each.sum(axis=2)
    # Rounding decides no tie: the first of the profiles within it is taken. Only what the best is a sum of is rounded;
    # what a far worse one costs is no measure of it.
    games, best = np.arange(len(welfare)), total.argmax(axis=1)
    slack = 1e-13 * np.abs(each[games, best]).sum(axis=1)
    chosen = np.argmax(total >= (total[games, best] - slack)[:, None], axis=1)
    pure: list[IntArray] = [np.empty(0, dtype=np.int64)] * len(n_private)
    pure[free] = value[games, chosen].argmax(axis=2)
    for i, index in zip(fixed, np.unravel_index(chosen, shape) if shape else (), strict=True):
        pure[i] = pure_prescriptions(n_private[i], n_actions[i])[index]
    return pure


def by_agent(x: FloatArray, n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> list[FloatArray]:
    """Return each agent's prescription, shape (1, k_i, A_i), where a vector begins with the entries of all of them."""
    ends = np.cumsum(np.multiply(n_private, n_actions))
    shapes = zip(np.split(x[: ends[-1]], ends[:-1]), n_private, n_actions, strict=True)
    return [part.reshape(1, k, a) for part, k, a in shapes]


def place_of_others(grid: IntArray, agent: int) -> tuple[IntArray, int]:
    """Return the number of the other agents' part of each cell, and how many numbers there are.

    `grid`: shape (2 n, C); private information and action of every agent in each cell, as of ``np.indices``.
    """
    n = len(grid) // 2
    others = np.delete(grid, (agent, n + agent), axis=0)
    sizes = tuple(int(size) for size in others.max(axis=1) + 1)
    place = np.ravel_multi_index(tuple(others), sizes) if sizes else np.zeros(grid.shape[1], dtype=np.int64)
    return place, int(np.prod(sizes))


def largest_agent(n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> int:
    """Return the agent with the most pure prescriptions (the last of equals)."""
    size = [k * np.log(a) for k, a in zip(n_private, n_actions, strict=True)]
    return int(max(range(len(size)), key=lambda i: (size[i], n_private[i] * n_actions[i], i)))


def prescriptions_but(n_private: tuple[int, ...], n_actions: tuple[int, ...], agent: int) -> float:
    """Return the number of joint pure prescriptions of all agents but one (a float: it may be huge)."""
    both = enumerate(zip(n_private, n_actions, strict=True))
    with np.errstate(over="ignore"):
        return float(np.prod([np.float64(a) ** k for i, (k, a) in both if i != agent]))
