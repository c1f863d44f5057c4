"""Correlated stage games too large to write down: columns are generated as they are needed.

The master program is that of `correlated` over some of the joint pure prescriptions g,

    min  sum_g c(g) w(g)   s.t.   sum_g (follow - deviate)(g) w(g) + s >= 0  per incentive row,   sum_g w(g) = 1

with c(g) minus the objective (for the smallest value: rows ``value_i - t >= 0`` and cost -t). With multipliers L >= 0
of the incentive rows and m of the value rows,

    P(g) = -c(g) + L . (follow - deviate)(g) + m . value(g)

is a team's welfare with weighted payoffs W[p, a], so `pricing` finds the g with the largest P(g). Those above the
master's dual of the last row improve it. Whatever the multipliers, no equilibrium costs less than ``-max P`` plus what
the value rows demand (the Lagrangian bound; ex ante an agent's multipliers must have one sum at each private
information, or the s are not bounded). The master has ended when its cost is that, to within ``PROOF_TOL``.

It starts without an equilibrium: one elastic column relaxes all incentive rows, and its use is minimised first, by
columns priced without c. By the argument of Hart and Schmeidler there is such a column unless it is 0.

Sources: Dantzig and Wolfe (1960), Operations Research 8, 101-111 (column generation); Hart and Schmeidler (1989), Math.
Operations Research 14, 18-25 (existence by duality); Papadimitriou and Roughgarden (2008), J. ACM 55(3), article 14
(correlated equilibria by an oracle for the dual).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from lp_posg.errors import SolveError
from lp_posg.lp import ColumnProgram, LPResult
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated.column_entries import StageIncentives
from lp_posg.stage.correlated.incentives import IncentiveRows
from lp_posg.stage.correlated.pricing import Shape, by_ascent, priced
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock, scaled
from lp_posg.stage.strategy import BlockStrategy, as_distribution, joined
from lp_posg.types import ATOM_TOL, FloatArray, IntArray

PROOF_TOL = 1e-9  # largest distance of a solution from its bound, relative to the largest range of a weighted payoff

DOUBT_TOL = 1e-5
"""Where nothing improves yet the bound stays further away than ``PROOF_TOL``, up to this much is accepted.

Enumeration comes to ``PROOF_TOL``. An integer program proves its optimum to 1e-9 of its own largest number only, which
the multipliers can make some thousands of times the largest payoff.
"""

# The elastic column counts as unused up to this much, in units of an incentive row's largest entry.
FEASIBLE_TOL = 1e-11
PER_ROUND = 60  # most columns added per round
# Random profiles from which ascents lead to the first columns, for welfare and for each agent's own payoff.
FIRST_STARTS = 24


class Generation:
    """The growing set of columns of one stage game.

    `what`: names the game in an error. `deadline`: value of ``time.time()`` after which to give up.
    """

    def __init__(self, game: StageIncentives, what: str, deadline: float | None = None) -> None:
        self.game, self.what, self.deadline = game, what, deadline
        self.profiles = np.empty((0, sum(game.rows.n_private)), dtype=np.int64)
        self.value = np.empty((0, game.shape.n))
        self.random = np.random.default_rng(0)
        self.n_programs = 0
        goals = [game.payoff.sum(axis=0), *game.payoff]
        for welfare in goals:
            self._keep(by_ascent(game.shape, welfare, self._starts(self.profiles[:0], FIRST_STARTS)).profiles)

    def _starts(self, promising: IntArray, size: int) -> IntArray:
        """Return some profiles and `size` random ones; which ones depends on the earlier calls alone."""
        pairs = zip(self.game.rows.n_private, self.game.rows.n_actions, strict=True)
        drawn = [self.random.integers(a, size=(size, k)) for k, a in pairs]
        return np.concatenate([promising, np.concatenate(drawn, axis=1)])

    def _keep(self, profiles: IntArray) -> int:
        """Add the profiles that are new; return their number."""
        every = np.concatenate([self.profiles, profiles])
        _, first = np.unique(every, axis=0, return_index=True)
        new = every[np.sort(first[first >= len(self.profiles)])]
        self.profiles = np.concatenate([self.profiles, new])
        self.value = np.concatenate([self.value, self.game.values(new)])
        return len(new)

    def optimum(self, aim: Aim) -> tuple[FloatArray, FloatArray, float]:
        """Return weights of the profiles that are optimal for the aim (of one game), multipliers of its rows, and t.

        Raises LimitError if the deadline passes; SolveError if rounding keeps the solution further from its bound than
        ``DOUBT_TOL``.
        """
        n_incentive, n_value = len(self.game.size), aim.rows.shape[1]
        lower = np.concatenate([np.zeros(n_incentive), aim.lower[0], [1.0]])
        upper = np.append(np.full(n_incentive + n_value, np.inf), 1.0)
        master = ColumnProgram(lower, upper, self.what)
        elastic = np.zeros((1, len(lower)))
        elastic[0, :n_incentive] = 1.0
        master.add(elastic, np.ones(1))
        row, column, sign = self.game.rows.slack_entries
        slack = np.zeros((self.game.rows.n_slack, len(lower)))
        slack[column, row] = sign
        master.add(slack, np.zeros(len(slack)), -np.inf)
        if n_value:
            smallest = np.zeros((1, len(lower)))
            smallest[0, n_incentive:-1] = -aim.along[0] * aim.active[0]
            master.add(smallest, np.zeros(1), -np.inf)
        n_own = master.n_columns
        used = self._improved(master, aim, n_own, feasible=False).x[0]
        if used > PROOF_TOL:
            raise SolveError(
                f"{self.what}: no equilibrium was found (a row is missed by {used:.3g} of its size); one always"
                " exists, so this is a defect of lp_posg or of the solver, not of the game"
            )
        master.set_upper(0, max(used, 0.0))
        cost = np.concatenate([np.zeros(n_own), -(self.value @ aim.weight[0])])
        if n_value:
            cost[n_own - 1] = -1.0
        master.set_cost(cost)
        result = self._improved(master, aim, n_own, feasible=True)
        t = float(result.x[n_own - 1]) if n_value else 0.0
        return result.x[n_own:], result.dual[n_incentive:-1], t

    def strategy(self, weight: FloatArray) -> BlockStrategy:
        """Return profiles drawn with these weights as a strategy of one stage game."""
        atoms = np.flatnonzero(weight > ATOM_TOL)
        prob = as_distribution(weight[atoms])
        own = self.game.shape.by_agent(self.profiles[atoms])
        pure = tuple(np.eye(a)[part] for part, a in zip(own, self.game.rows.n_actions, strict=True))
        return BlockStrategy(np.array([0, len(atoms)]), prob, pure, self.n_programs, {"columns": 1})

    def _improved(self, master: ColumnProgram, aim: Aim, n_own: int, *, feasible: bool) -> LPResult:
        """Return the master's optimum over all profiles: of the elastic column, or of the aim once it is feasible."""
        n_incentive = len(self.game.size)
        bound = -np.inf if feasible else 0.0
        while True:
            while (known := master.n_columns - n_own) < len(self.profiles):
                rows = slice(known, known + PER_ROUND)
                entries, value = self.game.entries(self.profiles[rows]), self.value[rows]
                new_columns = np.concatenate([entries, value @ aim.rows[0].T, np.ones((len(value), 1))], axis=1)
                master.add(new_columns, -(value @ aim.weight[0]) * feasible)
            result = master.solve(self.deadline)
            self.n_programs += 1
            if not feasible and result.x[0] <= FEASIBLE_TOL:
                return result
            multiplier = self.game.admissible(result.dual[:n_incentive])
            share = _admissible(aim, result.dual[n_incentive:-1], feasible)
            welfare = self.game.dual_welfare(multiplier, share @ aim.rows[0] + aim.weight[0] * feasible)
            demanded = float(share[share > 0] @ aim.lower[0, share > 0])
            # A profile improves the master if P(g) is more than this; `demanded` is in both sides.
            above = demanded - result.objective + PROOF_TOL / 10
            starts = partial(self._starts, self.profiles[result.x[n_own:] > ATOM_TOL])
            look = partial(priced, self.game.shape, welfare, above, PER_ROUND, starts, self.what, self.deadline)
            found = look()
            new = self._keep(found.profiles)
            if not new and np.isinf(found.bound):  # ascents led to known profiles, improving by rounding alone
                found = look(exact=True)
                new = self._keep(found.profiles)
            bound = max(bound, demanded - found.bound)
            if result.objective - bound <= PROOF_TOL:
                return result
            if not new:
                if result.objective - bound <= DOUBT_TOL or not feasible:
                    return result
                raise SolveError(
                    f"{self.what}: column generation ended {result.objective - bound:.3g} (of the largest payoff)"
                    f" from its bound after {self.n_programs} programs; this is a defect of lp_posg or of the solver"
                )


def _admissible(aim: Aim, share: FloatArray, feasible: bool) -> FloatArray:
    """Return multipliers of the aim's rows of which the Lagrangian bound is finite, next to those given."""
    share = np.where(np.isfinite(aim.lower[0]), np.maximum(share, 0.0), 0.0)
    total = (share * aim.along[0])[aim.active[0]].sum()
    return share / total if feasible and total > 0 else share * feasible


def by_generation(
    block: StageBlock, objective: Objective, rows: IncentiveRows, what: Callable[[int], str]
) -> BlockStrategy:
    """Return the selected equilibrium of each stage game of a block.

    `what`: names the b-th game in an error.

    Raises LimitError, SolveError as `Generation.optimum`.
    """
    games = scaled(block)
    shape = Shape(block.n_private, block.n_actions)
    parts = []
    for b in range(len(block)):
        generation = Generation(StageIncentives(rows, shape, games.payoff[b]), what(b), block.deadline)
        parts.append(generation.strategy(_selected(generation, games.part(np.array([b])), objective)))
    return joined(parts)


def _selected(generation: Generation, game: Scaled, objective: Objective) -> FloatArray:
    """Return the weights of the profiles in the equilibrium that the objective selects."""
    aim = Aim.of(objective, game)
    while True:
        weight, share, t = generation.optimum(aim)
        aim = aim.then(game, share[None], np.array([t]))
        if not aim.active.any():
            return weight
