"""The best joint prescription of a team at a state, by branch and bound: where there are too many to try them all.

The agents but one decide on an action at one private information after another. While some are undecided, each profile
of their private informations counts with the best actions that are left to it, and the last agent replies to that: no
prescription that goes on from there is worth more. What is not worth more than the best known is left out. Bounds are
sums of the payoffs themselves, without a program.

Source: Land and Doig (1960), Econometrica 28, 497-520 (branch and bound).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.types import BoolArray, FloatArray, IntArray

WORK_LIMIT = 2e9
"""Most numbers added up in a search, some ten seconds."""

CHUNK_ENTRIES = 2_000_000
"""Most numbers held at a time for the prescriptions that go on from one batch."""

ROUNDING = 1e-13
"""Bounds above the best known by less than this, relative to the largest payoff, are not followed; they count."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Partial prescriptions of one depth, m of them."""

    played: IntArray  # shape (m, depth): the action at each decision so far
    table: FloatArray  # shape (m, k, A): what each action of the last agent is worth at most

    def bounds(self) -> FloatArray:
        """Return what the prescriptions that go on from each are worth at most, shape (m,)."""
        return np.asarray(self.table.max(axis=2).sum(axis=1))

    def part(self, rows: IntArray) -> _Batch:
        """Return some of them."""
        return _Batch(self.played[rows], self.table[rows])


def best_joint_value(payoff: FloatArray, known: float) -> tuple[float, bool]:
    """Return what the best joint prescription is worth, and whether that is only an upper bound.

    It is one where the search would take more than ``WORK_LIMIT``.

    Parameters
    ----------
    payoff : float array, shape (k_1, ..., k_n, A_1, ..., A_n)
        Of each private profile and joint action, times the probability of the profile.
    known : float
        What some prescription is worth.
    """
    search, work = _Decisions(payoff), WORK_LIMIT
    least = ROUNDING * float(np.abs(payoff).sum())
    left_out, open_batches = known, [search.first()]
    while open_batches:
        batch = open_batches.pop()
        bounds = batch.bounds()
        promising = bounds > known + least
        left_out = max(left_out, float(bounds[~promising].max(initial=known)))
        if not promising.any():
            continue
        if batch.played.shape[1] == len(search.slots):
            known = max(known, float(bounds.max()))
            continue
        work -= search.work(batch)
        if work < 0:
            return max(known, left_out, *(float(left.bounds().max()) for left in (batch, *open_batches))), True
        rows = np.flatnonzero(promising)
        open_batches += search.batches(batch.part(rows[np.argsort(bounds[rows], kind="stable")]))
    return max(known, left_out), False


class _Decisions:
    """What the agents but one decide, in a fixed order, and what that does to the bounds."""

    def __init__(self, payoff: FloatArray) -> None:
        n = payoff.ndim // 2
        free = int(np.argmax([a ** float(k) for k, a in zip(payoff.shape[:n], payoff.shape[n:], strict=True)]))
        payoff = np.moveaxis(payoff, (free, n + free), (n - 1, 2 * n - 1))
        self.n_private, self.n_actions = payoff.shape[: n - 1], payoff.shape[n:-1]
        # By profile of the deciding agents' private informations: (P, A_1, ..., k, A)
        flat = payoff.reshape(-1, payoff.shape[n - 1], *payoff.shape[n:])
        self.payoff = np.moveaxis(flat, 1, -2)
        self.profiles = np.indices(self.n_private).reshape(n - 1, self.payoff.shape[0])
        self.slots = self._order()

    def _order(self) -> list[tuple[int, int]]:
        """Return the decisions (agent, private information), those of most consequence first."""
        spread = {
            (i, p): float(np.ptp(self._best(self.profiles[i] == p, i), axis=1).sum())
            for i, k in enumerate(self.n_private)
            for p in range(k)
        }
        return sorted(spread, key=lambda slot: -spread[slot])

    def _best(self, profiles: BoolArray, agent: int) -> FloatArray:
        """Return the most that each action of an agent can bring at some profiles, shape (R, A_i, k, A)."""
        others = tuple(1 + j for j in range(len(self.n_private)) if j != agent)
        return np.asarray(self.payoff[profiles].max(axis=others))

    def first(self) -> _Batch:
        """Return the prescription in which nothing is decided."""
        table = self.payoff.max(axis=tuple(range(1, 1 + len(self.n_private)))).sum(axis=0)
        return _Batch(np.empty((1, 0), dtype=np.int64), table[None])

    def work(self, batch: _Batch) -> float:
        """Return how many numbers are added up to go on from a batch."""
        agent, private = self.slots[batch.played.shape[1]]
        profiles = int((self.profiles[agent] == private).sum())
        return float(self.n_actions[agent] * profiles * batch.table.size)

    def batches(self, batch: _Batch) -> list[_Batch]:
        """Return the prescriptions that decide once more, the most promising batches last."""
        agent, private = self.slots[batch.played.shape[1]]
        size = self.n_actions[agent] * batch.table[0].size * int((self.profiles[agent] == private).sum())
        step = max(1, int(CHUNK_ENTRIES // size))
        rows = np.arange(len(batch.played))
        return [self._decided(batch.part(rows[first : first + step])) for first in range(0, len(rows), step)]

    def _decided(self, batch: _Batch) -> _Batch:
        depth, n_actions = batch.played.shape[1], self.n_actions
        agent, private = self.slots[depth]
        m, a = len(batch.played), n_actions[agent]
        table = np.repeat(batch.table[:, None], a, axis=1)  # (m, A_i, k, A)
        for row in np.flatnonzero(self.profiles[agent] == private).tolist():
            before = {i: d for d, (i, p) in enumerate(self.slots[:depth]) if self.profiles[i, row] == p}
            undecided = [i for i in range(len(n_actions)) if i not in before and i != agent]
            left = self.payoff[row].max(axis=tuple(undecided)) if undecided else self.payoff[row]
            kept = [i for i in range(len(n_actions)) if i not in undecided]
            left = np.moveaxis(left, kept.index(agent), len(kept) - 1)  # (A of those before, A_i, k, A)
            after = left[tuple(batch.played[:, before[i]] for i in kept if i != agent)]
            after = np.broadcast_to(after, table.shape)
            table += after - after.max(axis=1, keepdims=True)
        played = np.repeat(batch.played, a, axis=0)
        return _Batch(
            np.concatenate([played, np.tile(np.arange(a), m)[:, None]], axis=1), table.reshape(m * a, *table.shape[2:])
        )
