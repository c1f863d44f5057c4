"""A stage game of any number of agents seen from single decisions, and equilibria near a point of it.

A *slot* is an agent with one of its private informations; there are S of them. Behaviour prescriptions x are one vector
of length X with an entry per slot and action. Against the others' x_j, the actions of a slot are worth

    E_i(p_i, a) = sum over p_-i, a_-i of U_i[p, a, a_-i] times the product over j of x_j(a_j | p_j),

multilinear in x. A Nash equilibrium has E_i(p_i, a) equal for all actions played and no larger for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lp_posg.stage.payoffs import by_agent
from lp_posg.types import BoolArray, FloatArray, IntArray

REGRET_TOL = 1e-10  # what a slot may gain at an equilibrium, relative to what it has at stake: for rounding alone
NEGATIVE_TOL = 1e-9  # a probability this little below 0 is rounding
NEWTON_STEPS = 30  # most steps of Newton's method from one point; it converges in a few, or linearly at a double root
NO_EQUATION = 1e-9  # singular values of the indifference equations below this part of the largest mean nothing


@dataclass(frozen=True, eq=False)
class Multilinear:
    """One stage game in the slots' own units: from -1 to 0, the best joint action of a private profile."""

    payoff: tuple[FloatArray, ...]  # per agent, shape (k_1, ..., k_n, A_1, ..., A_n)
    size: FloatArray  # shape (S,); the slots' units; 0 where nothing is at stake
    best: FloatArray  # shape (n,); an agent's value is its `best` plus the sum of ``size * value`` over its slots
    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]

    @staticmethod
    def of(payoff: FloatArray) -> Multilinear:
        """Return it for weighted payoffs of shape (n, k_1, ..., k_n, A_1, ..., A_n)."""
        n = len(payoff)
        top = payoff.max(axis=tuple(range(1 + n, 1 + 2 * n)), keepdims=True)
        own, sizes = [], []
        for i, shifted in enumerate(payoff - top):
            away = tuple(axis for axis in range(2 * n) if axis != i)
            size = -shifted.min(axis=away, keepdims=True)
            own.append(shifted / np.where(size > 0, size, 1.0))
            sizes.append(size.ravel())
        best, shape = top.reshape(n, -1).sum(axis=1), payoff.shape[1:]
        return Multilinear(tuple(own), np.concatenate(sizes), best, shape[:n], shape[n:])

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.payoff)

    @cached_property
    def first(self) -> IntArray:
        """Where each agent's entries of x begin, and their number, shape (n + 1,)."""
        return np.concatenate([[0], np.cumsum(np.multiply(self.n_private, self.n_actions))])

    @cached_property
    def slot(self) -> IntArray:
        """The slot of each entry of x, shape (X,)."""
        return np.repeat(np.arange(sum(self.n_private)), np.repeat(self.n_actions, self.n_private))

    @cached_property
    def member(self) -> FloatArray:
        """Which entries of x are a slot's, shape (S, X), to sum over them."""
        return np.asarray(np.arange(sum(self.n_private))[:, None] == self.slot, dtype=np.float64)

    @cached_property
    def slot_agent(self) -> IntArray:
        """The agent of each slot, shape (S,)."""
        return np.repeat(np.arange(self.n_agents), self.n_private)

    @cached_property
    def shares(self) -> FloatArray:
        """What the slots' values count in the agents' scaled values, shape (n, S)."""
        mine = self.slot_agent == np.arange(self.n_agents)[:, None]
        unit = np.where(mine, self.size, 0.0).max(axis=1, keepdims=True)
        return np.where(mine, self.size, 0.0) / np.where(unit > 0, unit, 1.0)

    @cached_property
    def n_others(self) -> FloatArray:
        """How many private profiles the others may have, shape (S,); a slot's value is between minus this and 0."""
        return np.prod(self.n_private) / np.repeat(np.asarray(self.n_private, dtype=np.float64), self.n_private)

    def prescriptions(self, x: FloatArray) -> list[FloatArray]:
        """Return x as one array (k_i, A_i) per agent."""
        return [part[0] for part in by_agent(x, self.n_private, self.n_actions)]

    def is_copy(self) -> BoolArray:
        """Return which actions do the same to all agents, at their slot, as an earlier one does, shape (X,)."""
        n, copies = self.n_agents, []
        both = np.stack(self.payoff)
        for i, (k, a) in enumerate(zip(self.n_private, self.n_actions, strict=True)):
            own = np.moveaxis(both, (1 + i, 1 + n + i), (0, 1)).reshape(k, a, -1)
            equal = (own[:, :, None] == own[:, None]).all(axis=3)  # (k, a, a)
            copies.append((equal & np.tri(a, k=-1, dtype=bool)).any(axis=2).ravel())
        return np.concatenate(copies)

    def worth(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what each action of each slot is worth against x, shape (X,), and its derivatives, (X, X)."""
        n, own = self.n_agents, self.prescriptions(x)
        worth, slope = np.zeros(len(x)), np.zeros((len(x), len(x)))
        for i in range(n):
            mine = slice(self.first[i], self.first[i + 1])
            for j in (other for other in range(n) if other != i):
                operands: list[object] = [self.payoff[i], [*range(2 * n)]]
                for m in (other for other in range(n) if other not in (i, j)):
                    operands += [own[m], [m, n + m]]
                theirs = slice(self.first[j], self.first[j + 1])
                met = np.einsum(*operands, [i, n + i, j, n + j])  # type: ignore[call-overload]
                slope[mine, theirs] = met.reshape(slope[mine, theirs].shape)
                worth[mine] = slope[mine, theirs] @ x[theirs]  # the same for every j
        return worth, slope

    def agent_values(self, x: FloatArray) -> FloatArray:
        """Return the agents' scaled values under x, shape (n,)."""
        worth, _ = self.worth(x)
        return np.asarray(self.shares @ (self.member @ (x * worth)))

    def normalised(self, x: FloatArray) -> FloatArray | None:
        """Return x without negative entries, summing to 1 in each slot; None if a slot is left with none."""
        x = np.maximum(x, 0.0)
        total = self.member @ x
        return x / total[self.slot] if (total > 0).all() else None

    def equilibrium(self, x: FloatArray) -> FloatArray | None:
        """Return the slots' values, shape (S,), if distributions x are a Nash equilibrium up to rounding."""
        worth, _ = self.worth(x)
        value = self.member @ (x * worth)
        return value if (worth - value[self.slot]).max() <= REGRET_TOL else None

    def indifferent_near(self, x: FloatArray, played: BoolArray) -> FloatArray | None:
        """Return distributions on the actions `played` (X,) that make a slot's all worth the same, near x.

        Newton's method on ``E = u`` and sums of 1; least squares of least norm where the equations are dependent, as
        along a continuum of equilibria. None if it does not converge, or to negative probabilities.
        """
        start = self.normalised(np.where(played, x, 0.0))
        if start is None:
            return None
        x, on = start, np.flatnonzero(played)
        member, n_slots = self.member[:, on], len(self.member)
        worth, slope = self.worth(x)
        value = member @ worth[on] / member.sum(axis=1)
        last = np.inf
        for step in range(NEWTON_STEPS):
            missing = np.concatenate([worth[on] - value[self.slot[on]], member @ x[on] - 1.0])
            off = float(np.abs(missing).max())
            if off < 1e-15 or (off < 1e-12 and off > last / 2):
                break
            if step > NEWTON_STEPS // 2 and off > last:
                return None
            last = off
            system = np.block([[slope[np.ix_(on, on)], -member.T], [member, np.zeros((n_slots, n_slots))]])
            move = np.linalg.lstsq(system, -missing, rcond=NO_EQUATION)[0]
            if not np.abs(move).max() <= 10.0:
                return None
            x = x.copy()
            x[on] += move[: len(on)]
            value = value + move[len(on) :]
            worth, slope = self.worth(x)
        return self.normalised(x) if x.min() >= -NEGATIVE_TOL else None
