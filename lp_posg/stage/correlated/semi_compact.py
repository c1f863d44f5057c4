"""The linear program behind the correlated concepts, in semi-compact form.

Let j be the agent with the most pure prescriptions. The variables are

    y(g, c) >= 0             g: a pure prescription profile of the others; c: a cell of j

A cell is a pair (p_j, a_j) of private information and recommended action of j, and then

    sum over a_j of y(g, p_j, .) = w(g), the same for every p_j;   sum over g of w(g) = 1

or, where these are hardly more than the pairs, a cell is a pure prescription of j, y sums to 1 and there is no other
equation: fewer rows are worth some columns (`JOINT_FACTOR`).

Every expectation in the incentive constraints of cce, interim-cce and ce involves the joint law of (g, recommendation
of j at one private information) only, so pairs lose nothing against a distribution over all joint prescriptions, which
has a factor A_j ** k_j / (k_j A_j) more variables. In a strategic-ce agent j hears its whole prescription g_j, of which
pairs know too little: there cells are pure prescriptions, however many. The concepts differ in their incentive rows,
all of the form "following is worth at least as much as deviating", summed over the random private profile:

    cce (ex ante)   follow_i(p) - deviate_i(p, a') + s_i(p) >= 0            for all i, p, a'
                    where s_i of the last p is minus the sum of the other s_i(p), which are free
    interim-cce     follow_i(p) - deviate_i(p, a') >= 0                     for all i, p, a'
    ce (agent form) follow_i(p, a) - deviate_i(p, a, a') >= 0               for all i, p, a, a' other than a
    strategic-ce    follow_i(g_i, p) - deviate_i(g_i, p, a') >= 0           for all i, g_i, p, a' other than g_i(p)

A sum of the rows of a strategic-ce over the g_i that recommend a at p is a row of ce, so every strategic-ce is a ce;
the converse fails where an action recommended for another private information reveals something of the others' actions.

Linear objectives are stated as losses against a bound: multiples of the equations are added to the costs so that none
is negative and every g has at each p_j an action without loss beyond that of g, which is spread over the p_j. That
changes no optimum, and the dual simplex method starts at a vertex that is feasible for it and nearer the end.

Sources: Aumann (1974), J. Math. Economics 1, 67-96 (CE); Moulin and Vial (1978), Int. J. Game Theory 7, 201-221 (CCE);
Forges (1993), Theory and Decision 35, 277-310 (strategic form and agent form with private information).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.stage.correlated.incentives import IncentiveRows, Kind
from lp_posg.stage.payoffs import StageBlock, indicator, largest_agent, prescriptions_but, pure_prescriptions
from lp_posg.types import FloatArray, IntArray

# Up to this many entries the program is written down whole; with more, columns may be generated (ADR 5).
SMALL_ENTRIES = 60_000

ENTRY_LIMIT = 4_000_000
"""Most entries of a program written down whole, which may take a minute.

That of a strategic-ce takes longer: 6 s with 7 by 7 privates and 2 by 2 actions (246,000 entries), and with 8 by 8
(1.1 million) 5 minutes; a time limit counts.
"""

FEW_EQUATIONS = 2.0
"""Beyond ``SMALL_ENTRIES`` a program is still written down if it has at most this many equations per incentive row.

Equations of consistency, G (k_j - 1), counted also where agent j's prescriptions are enumerated instead. The master
of column generation has the incentive rows alone: where these are most of all rows, it takes the longer way round.
Where nothing is private and recommendations are not heard, the rows are few themselves, and columns are generated.
"""

# Up to this many times as many pure prescriptions of j as pairs (p_j, a_j), the prescriptions are enumerated. Measured:
# half the time at 3 by 3 privates and 2 by 2 actions, nothing either way at 2 by 2 and 4 by 4.
JOINT_FACTOR = 2.0


@lru_cache(maxsize=64)
def form_of(n_private: tuple[int, ...], n_actions: tuple[int, ...], kind: Kind, every: bool = False) -> Form:
    """Return the shape of the programs of stage games of one shape, made once."""
    return Form(n_private, n_actions, kind, every)


@dataclass(frozen=True)
class Form(IncentiveRows):
    """The shape of the program: everything that does not depend on the payoffs."""

    every: bool = False  # whether agent j's pure prescriptions are enumerated however many they are

    @cached_property
    def free(self) -> int:
        """Agent j, whose recommendations are conditional."""
        return largest_agent(self.n_private, self.n_actions)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The other agents, whose prescriptions are enumerated."""
        return tuple(i for i in range(len(self.n_private)) if i != self.free)

    @cached_property
    def n_each(self) -> tuple[int, ...]:
        """Number of pure prescriptions of each fixed agent."""
        return tuple(self.n_actions[i] ** self.n_private[i] for i in self.fixed)

    @cached_property
    def n_g(self) -> int:
        """Number of joint pure prescriptions of the fixed agents."""
        return int(np.prod(self.n_each))

    @property
    def k(self) -> int:
        """Number of private informations of agent j."""
        return self.n_private[self.free]

    @property
    def a(self) -> int:
        """Number of actions of agent j."""
        return self.n_actions[self.free]

    @property
    def joint(self) -> bool:
        """Whether the cells are j's pure prescriptions."""
        whole = self.every or self.kind == "prescription"
        return bool(whole or self.a**self.k <= JOINT_FACTOR * self.k * self.a)

    @cached_property
    def cells(self) -> FloatArray:
        """Which pairs (p_j, a_j) each cell of j has, 0 or 1, shape (C, k_j, A_j)."""
        if self.joint:
            return indicator(self.k, self.a)
        return np.eye(self.k * self.a).reshape(-1, self.k, self.a)

    @property
    def n_y(self) -> int:
        """Number of variables y."""
        return self.n_g * len(self.cells)

    @cached_property
    def digit(self) -> IntArray:
        """Pure prescription of each fixed agent in each g, shape (n - 1, G)."""
        if not self.fixed:
            return np.empty((0, 1), dtype=np.int64)
        return np.array(np.unravel_index(np.arange(self.n_g), self.n_each), dtype=np.int64)

    @property
    def n_nonzeros(self) -> float:
        """Most entries that are not 0 in one program with pairs as cells, where a column stands in few of the rows."""
        others = prescriptions_but(self.n_private, self.n_actions, self.free)
        advised = sum(self.n_private[i] * (self.n_actions[i] - 1) for i in self.fixed)
        return others * self.k * self.a * (advised + self.a)

    @cached_property
    def n_entries(self) -> float:
        """Most incentive entries of one program with pairs as cells, or `every` prescription (a float, may be huge)."""
        others = prescriptions_but(self.n_private, self.n_actions, self.free)
        if self.kind == "prescription":
            # A column stands in the rows of its own prescriptions alone.
            columns = others * prescriptions_but((self.k,), (self.a,), -1)
            return columns * (1 + sum(k * (a - 1) for k, a in zip(self.n_private, self.n_actions, strict=True)))
        cells = float(self.a) ** self.k if self.every else self.k * self.a
        return others * cells * (1 + sum(self.rows_of(i) for i in range(len(self.n_private))))

    def check_size(self, name: str, block: StageBlock) -> None:
        """Raise UnsupportedError if the program would be too large to write down whole."""
        if self.n_entries > ENTRY_LIMIT:
            fewer = "share more, so that agents have fewer private informations"
            if max(self.n_private) == 1:
                fewer = "nothing is private here, so only fewer actions make it smaller"
            more = " (for prescriptions heard whole no columns are generated); use 'ce', 'interim-cce' or 'cce'"
            raise UnsupportedError(
                f"concept {name!r} at {block.where(0)}: the stage LP would have about {self.n_entries:.3g} entries"
                f" (private informations {self.n_private}, actions {self.n_actions}; the limit of a whole program"
                f" is {ENTRY_LIMIT:.3g}); {fewer}{more if self.kind == 'prescription' else ''}"
            )

    @property
    def written_down(self) -> bool:
        """Whether the whole program is the faster way (see ``SMALL_ENTRIES``)."""
        equations = prescriptions_but(self.n_private, self.n_actions, self.free) * (self.k - 1)
        few = equations <= FEW_EQUATIONS * float(self.row_start[-1]) and self.n_nonzeros <= ENTRY_LIMIT
        coarse = max(self.n_private) == 1 and self.kind != "action"
        return bool(self.n_entries <= SMALL_ENTRIES or (few and not coarse))

    def incentive_places(self, agent: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return row, column and position in the agent's gains of every incentive entry that can differ from 0.

        Rows count from the agent's first; the gains are those of `_gains`, flattened.
        """
        k, a = self.n_private[agent], self.n_actions[agent]
        n_cells = len(self.cells)
        if agent == self.free:
            g, pair, instead = (part.ravel() for part in np.indices((self.n_g, int(self.cells.sum()), a)))
            cell, p, advised = (part[pair] for part in np.nonzero(self.cells))
            source = ((g * k + p) * a + advised) * a + instead
        else:
            g, p, instead, cell = (part.ravel() for part in np.indices((self.n_g, k, a, n_cells)))
            advised = pure_prescriptions(k, a)[self.digit[self.fixed.index(agent)]][g, p]
            source = np.arange(len(g))
        if self.kind in ("action", "prescription"):
            heard = p * a + advised
            if self.kind == "prescription":
                heard = (cell if agent == self.free else self.digit[self.fixed.index(agent)][g]) * k + p
            row = heard * (a - 1) + instead - (instead > advised)
        else:
            row = p * a + instead
        other = advised != instead
        return row[other], (g * n_cells + cell)[other], source[other]
