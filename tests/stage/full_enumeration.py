"""The correlated concepts over all joint pure prescriptions by scipy, straight from the definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import linprog


class FullProgram:
    """A stage game with a variable per profile of pure prescriptions.

    `value` (n, G) are the agents' payoffs under each profile; `stay[i]` (k_i, G) their parts at each private
    information; `leave[i]` (k_i, A_i, G) the same with one action played instead; `told[i]` (k_i, G) the
    recommended actions, `whole[i]` (G,) the number of the recommended prescription. All are in the agent's own
    unit, `unit` (n,).
    """

    def __init__(self, payoff: np.ndarray) -> None:
        n = payoff.shape[0]
        self.unit = np.abs(payoff).reshape(n, -1).max(axis=1)
        self.unit[self.unit == 0] = 1.0
        payoff = payoff / self.unit.reshape(-1, *(1,) * (payoff.ndim - 1))
        self.n, self.k, self.a = n, payoff.shape[1 : 1 + n], payoff.shape[1 + n :]
        each = [list(product(range(a), repeat=k)) for k, a in zip(self.k, self.a, strict=True)]
        profiles = list(product(*each))
        acts = [np.array([g[i] for g in profiles]).T for i in range(n)]  # (k_i, G)
        self.told = acts
        self.whole = [np.array([own.index(g[i]) for g in profiles]) for i, own in enumerate(each)]
        self.stay = [np.zeros((k, len(profiles))) for k in self.k]
        self.leave = [np.zeros((k, a, len(profiles))) for k, a in zip(self.k, self.a, strict=True)]
        for p in np.ndindex(*self.k):
            played = [acts[i][p[i]] for i in range(n)]
            for i in range(n):
                self.stay[i][p[i]] += payoff[(i, *p, *played)]
                for instead in range(self.a[i]):
                    other = [np.full(len(profiles), instead) if j == i else played[j] for j in range(n)]
                    self.leave[i][p[i], instead] += payoff[(i, *p, *other)]
        self.value = np.array([own.sum(axis=0) for own in self.stay])

    def incentives(self, concept: str) -> np.ndarray:
        """Return rows R with ``R (w, t) >= 0``; t(i, p) are there ex ante only."""
        n_g, rows = self.value.shape[1], []
        n_t = sum(self.k) if concept == "cce" else 0
        for i in range(self.n):
            first = sum(self.k[:i])
            if concept == "cce":
                budget = np.zeros(n_t)
                budget[first : first + self.k[i]] = -1.0
                rows.append(np.concatenate([self.value[i], budget]))
            for p in range(self.k[i]):
                for instead in range(self.a[i]):
                    if concept == "cce":
                        rows.append(np.concatenate([-self.leave[i][p, instead], np.eye(n_t)[first + p]]))
                        continue
                    gain = self.stay[i][p] - self.leave[i][p, instead]
                    if concept == "interim-cce":
                        rows.append(gain)
                    elif concept == "strategic-ce":
                        rows += [gain * (self.whole[i] == own) for own in range(self.a[i] ** self.k[i])]
                    else:
                        rows += [gain * (self.told[i][p] == told) for told in range(self.a[i])]
        return np.array(rows).reshape(-1, n_g + n_t)

    def optimum(self, concept: str, objective, *, floor: float | None = None, reward=None) -> float:
        """Return the best objective: a weighting of the values (by name, or n weights), or their smallest.

        With `floor` every value is at least that; `reward` (G,) is maximised in place of values.
        """
        rows, n_g = self.incentives(concept), self.value.shape[1]
        size = np.abs(rows).max(axis=1)
        rows = rows[size > 0] / size[size > 0, None]
        unit = self.unit.max()
        worth = self.value * (self.unit / unit)[:, None]
        n_t = rows.shape[1] - n_g
        bounds = [(0, None)] * n_g + [(None, None)] * n_t
        total = np.concatenate([np.ones(n_g), np.zeros(n_t)])[None]
        if floor is not None:
            rows = np.vstack([rows, np.pad(worth - floor / unit, ((0, 0), (0, n_t)))])
        if reward is not None:
            cost, unit = np.concatenate([-reward, np.zeros(n_t)]), 1.0
        elif isinstance(objective, str) and objective == "egalitarian":
            rows = np.pad(rows, ((0, 0), (0, 1)))
            smallest = np.concatenate([worth, np.zeros((self.n, n_t)), -np.ones((self.n, 1))], axis=1)
            rows, total = np.vstack([rows, smallest]), np.pad(total, ((0, 0), (0, 1)))
            cost, bounds = np.append(np.zeros(n_g + n_t), -1.0), [*bounds, (None, None)]
        else:
            weight = objective
            if isinstance(objective, str):
                named = {"welfare": np.ones(self.n), "worst": -np.ones(self.n)}
                weight = named[objective] if objective in named else np.eye(self.n)[int(objective[-1]) - 1]
            cost = np.concatenate([-weight @ worth, np.zeros(n_t)])
        found = linprog(
            cost,
            A_ub=-rows if len(rows) else None,
            b_ub=np.zeros(len(rows)) if len(rows) else None,
            A_eq=total,
            b_eq=[1.0],
            bounds=bounds,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        assert found.status == 0, found.message
        return -found.fun * unit
