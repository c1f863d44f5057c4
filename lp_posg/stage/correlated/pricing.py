"""The largest welfare over pure prescription profiles, with several good ones: what column generation needs.

Given W[p, a], the value of a profile g is ``sum_p W[p, g(p)]``, a team problem. Three ways, from cheap to dear:

- *ascent*: from many starts at once, agent after agent replies at each private information until none gains;
- *enumeration* of the prescriptions of all agents but the one with the most, which replies: exact;
- the mixed-integer program of `team`: exact, where there are too many to enumerate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.lp import solve_program
from lp_posg.stage.payoffs import StageBlock, by_agent, largest_agent, prescriptions_but
from lp_posg.stage.team import compile_team_program
from lp_posg.types import FloatArray, IntArray

# Up to this many numbers (prescriptions of the others, private information, action) nothing is faster than all.
ALWAYS_ENUMERATED = 10_000
# Most multiplications of an enumeration, some seconds; an integer program as large takes twice as long.
ENUMERATION_WORK = 5e9
STARTS = (24, 384)  # random starts of ascents, and again if the first lead to nothing: cheap next to an exact optimum
# What the integer program's optimum may be wrong by, in units of its largest number (`lp`'s absolute gap).
INTEGER_GAP = 1e-9
INTEGER_LIMIT = 20_000  # most private profiles times joint actions of an integer program; larger ones rarely end
CHUNK_ENTRIES = 2_000_000  # most numbers held at a time while enumerating
ASCENT_LIMIT = 100  # most rounds of replies of an ascent; from then on it goes on from where it is at the next call


@dataclass(frozen=True)
class Shape:
    """Numbers of private informations and actions, and what follows from them."""

    # n_private, n_actions: k_i and A_i
    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of agents."""
        return len(self.n_private)

    @cached_property
    def splits(self) -> IntArray:
        """Where agent 2's, 3's, ... part of a profile begins."""
        return np.cumsum(self.n_private)[:-1]

    @cached_property
    def free(self) -> int:
        """The agent with the most prescriptions."""
        return largest_agent(self.n_private, self.n_actions)

    @cached_property
    def others_count(self) -> float:
        """Number of joint prescriptions of the other agents."""
        return prescriptions_but(self.n_private, self.n_actions, self.free)

    def by_agent(self, profiles: IntArray) -> list[IntArray]:
        """Return each agent's part (m, k_i) of profiles (m, sum of k_i)."""
        return np.split(profiles, self.splits, axis=1)

    @cached_property
    def _places(self) -> list[tuple[IntArray, list[tuple[int, IntArray, int]]]]:
        """For each agent, first row of each private profile of the others, and (other, its private, stride) each."""
        found = []
        for i in range(self.n):
            others = [j for j in range(self.n) if j != i]
            width = [self.n_actions[j] for j in others]
            sizes = [self.n_private[j] for j in others]
            grid = np.indices(sizes).reshape(len(others), int(np.prod(sizes)))
            stride = [int(np.prod(width[place + 1 :])) for place in range(len(others))]
            first = np.arange(grid.shape[1]) * int(np.prod(width))
            found.append((first, list(zip(others, grid, stride, strict=True))))
        return found

    def turned(self, payoff: FloatArray, agent: int) -> FloatArray:
        """Return payoffs (k_1, ..., A_n) with the agent's axes first: (k_i, A_i, others' privates, others' actions)."""
        k, a = self.n_private[agent], self.n_actions[agent]
        moved = np.moveaxis(payoff, (agent, self.n + agent), (0, 1))
        return moved.reshape(k, a, int(np.prod(self.n_private)) // k, -1)

    def reply_table(self, payoff: FloatArray, agent: int) -> FloatArray:
        """Return payoffs as `reply_values` wants them, shape (others' privates and actions, k_i A_i)."""
        k, a = self.n_private[agent], self.n_actions[agent]
        return np.ascontiguousarray(self.turned(payoff, agent).reshape(k * a, -1).T)

    def reply_values(self, table: FloatArray, own: list[IntArray], agent: int) -> FloatArray:
        """Return the worth of each action at each private information against profiles, shape (m, k_i, A_i)."""
        first, others = self._places[agent]
        m, k, a = len(own[0]), self.n_private[agent], self.n_actions[agent]
        row = np.broadcast_to(first, (m, len(first)))
        for j, private, stride in others:
            row = row + own[j][:, private] * stride
        step = max(1, CHUNK_ENTRIES // (len(first) * k * a))
        parts = [table[row[b : b + step]].sum(axis=1) for b in range(0, max(m, 1), step)]
        return np.concatenate(parts).reshape(m, k, a)

    @property
    def numbers(self) -> float:
        """Numbers of an enumeration, for the others' prescriptions, private information and action of the free one."""
        return self.others_count * self.n_private[self.free] * self.n_actions[self.free]

    @property
    def enumerable(self) -> bool:
        """Whether an enumeration is within ``ENUMERATION_WORK``."""
        pairs = [self.n_private[i] * self.n_actions[i] for i in range(self.n) if i != self.free]
        return bool(self.numbers * max(pairs, default=1) <= ENUMERATION_WORK)


def check_pricing(block: StageBlock, concept: str) -> None:
    """Raise UnsupportedError if the stage games of a block are too large to price columns exactly."""
    shape = Shape(block.n_private, block.n_actions)
    size = int(np.prod([*block.n_private, *block.n_actions]))
    if not shape.enumerable and size > INTEGER_LIMIT:
        raise UnsupportedError(
            f"concept {concept!r} at {block.where(0)}: the stage game has {size} private profiles and joint actions"
            f" together (private informations {block.n_private}, actions {block.n_actions}) and too many prescriptions"
            f" to enumerate; the limit of the integer program is {INTEGER_LIMIT}; share more, so that agents have"
            " fewer private informations, or use concept 'team'"
        )


@dataclass(frozen=True)
class Priced:
    """Profiles found."""

    profiles: IntArray  # shape (m, sum of k_i); distinct, by falling value
    value: FloatArray  # shape (m,)
    bound: float  # no profile has more; inf if that is not known


def priced(
    shape: Shape,
    welfare: FloatArray,
    above: float,
    most: int,
    starts: Callable[[int], IntArray],
    what: str,
    deadline: float | None,
    exact: bool = False,
) -> Priced:
    """Return up to `most` profiles of value more than `above`; if there are none, a proof of that in the bound.

    `welfare`: shape (k_1, ..., k_n, A_1, ..., A_n). `starts`: given a number, returns that many random profiles and
    some promising ones, shape (m, sum of k_i): where ascents begin. `what`: names the integer program in an error.
    `exact`: do not look for them by ascents first.
    """
    if shape.numbers <= ALWAYS_ENUMERATED:
        return _best(by_enumeration(shape, welfare, most), above, most)
    for n_starts in () if exact else STARTS:
        found = _best(by_ascent(shape, welfare, starts(n_starts)), above, most)
        if len(found.profiles):
            return found
    if shape.enumerable:
        return _best(by_enumeration(shape, welfare, most), above, most)
    return _best(by_integer_program(shape, welfare, above, what, deadline), above, most)


def _best(found: Priced, above: float, most: int) -> Priced:
    good = np.flatnonzero(found.value > above)
    profiles, first = np.unique(found.profiles[good], axis=0, return_index=True)
    order = np.argsort(-found.value[good[first]], kind="stable")[:most]
    return Priced(profiles[order], found.value[good[first[order]]], found.bound)


def by_ascent(shape: Shape, welfare: FloatArray, starts: IntArray) -> Priced:
    """Return where replies in turn lead from each start; no profile there gains by one agent's change alone."""
    own = [part.copy() for part in shape.by_agent(starts)]
    tables = [shape.reply_table(welfare, i) for i in range(shape.n)]
    value = np.full(len(starts), -np.inf)
    for _ in range(ASCENT_LIMIT):
        for i, table in enumerate(tables):
            worth = shape.reply_values(table, own, i)
            own[i] = worth.argmax(axis=2)
        reached = worth.max(axis=2).sum(axis=1)
        if (reached <= value + 1e-12 * np.abs(reached)).all():
            break
        value = reached
    return Priced(np.concatenate(own, axis=1), reached, np.inf)


def by_enumeration(shape: Shape, welfare: FloatArray, most: int) -> Priced:
    """Return the best profiles, one per joint prescription of all agents but the largest, and the exact optimum."""
    fixed = [i for i in range(shape.n) if i != shape.free]
    sizes = [shape.n_actions[i] ** shape.n_private[i] for i in fixed]
    k, a = shape.n_private[shape.free], shape.n_actions[shape.free]
    moved = [axis for i in [*fixed, shape.free] for axis in (i, shape.n + i)]
    # Axes: each fixed agent's (k_i A_i), then the free agent's (k, A).
    table = welfare.transpose(moved).reshape(*(shape.n_private[i] * shape.n_actions[i] for i in fixed), k * a)
    inner = int(np.prod(sizes[1:]))
    step = max(1, CHUNK_ENTRIES // max(1, inner * k * a, table[:1].size if fixed else 1))
    kept_value, kept_index, kept_reply = [], [], []
    for first in range(0, sizes[0] if fixed else 1, step):
        last = min(first + step, sizes[0]) if fixed else 1
        part = table[None]
        for place, i in enumerate(fixed):
            low, high = (first, last) if place == 0 else (0, sizes[place])
            chosen = _indicator(low, high, shape.n_private[i], shape.n_actions[i])
            part = np.moveaxis(part, 1, -1)  # the agent's axis goes last, is summed out and comes back as axis 0
            part = np.tensordot(chosen, part, axes=(1, part.ndim - 1))
            part = np.moveaxis(part, 0, 1).reshape(-1, *part.shape[2:])
        worth = part.reshape(-1, k, a)
        total = worth.max(axis=2).sum(axis=1)
        top = np.argpartition(-total, most - 1)[:most] if len(total) > most else np.arange(len(total))
        kept_value.append(total[top])
        kept_index.append(top + first * inner)
        kept_reply.append(worth[top].argmax(axis=2))
    value, index, reply = (np.concatenate(part) for part in (kept_value, kept_index, kept_reply))
    own: list[IntArray] = [np.empty(0, dtype=np.int64)] * shape.n
    own[shape.free] = reply
    for i, digit in zip(fixed, np.unravel_index(index, sizes) if fixed else (), strict=True):
        own[i] = _digits(digit, shape.n_private[i], shape.n_actions[i])
    return Priced(np.concatenate(own, axis=1), value, float(value.max()))


def by_integer_program(shape: Shape, welfare: FloatArray, above: float, what: str, deadline: float | None) -> Priced:
    """Return a best profile if its value is more than `above`, and a bound that is right where it is above that.

    What each joint action loses against the best at its private profile is at least 0, so a profile that meets one loss
    too large to be above `above` is below it: larger losses are cut off, which keeps the numbers of one size.
    """
    action_axes = tuple(range(shape.n, 2 * shape.n))
    best = welfare.max(axis=action_axes, keepdims=True)
    limit = float(best.sum()) - above
    if limit <= 0:
        return Priced(np.empty((0, sum(shape.n_private)), dtype=np.int64), np.empty(0), above)
    lost = np.minimum(best - welfare, limit)
    program = compile_team_program(-lost, shape.n_private, shape.n_actions)
    result = solve_program(program, what, deadline)
    own = [part.argmax(axis=2) for part in by_agent(result.x, shape.n_private, shape.n_actions)]
    scale = float(lost.max()) or 1.0
    value = (shape.reply_values(shape.reply_table(welfare, 0), own, 0) * np.eye(shape.n_actions[0])[own[0]]).sum()
    least = float(best.sum()) - result.objective * scale + INTEGER_GAP * scale
    return Priced(np.concatenate(own, axis=1), np.array([value]), max(least, float(value), above))


def _digits(index: IntArray, k: int, a: int) -> IntArray:
    """Return the pure prescriptions of these numbers in lexicographic order, shape (m, k)."""
    return np.stack(np.unravel_index(index, (a,) * k), axis=1).astype(np.int64)


def _indicator(first: int, last: int, k: int, a: int) -> FloatArray:
    """Return some pure prescriptions as 0/1 rows, shape (last - first, k A)."""
    return np.eye(a)[_digits(np.arange(first, last), k, a)].reshape(last - first, k * a)
