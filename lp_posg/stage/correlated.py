"""The linear program behind the correlated concepts, in semi-compact form.

Let j be the agent with the most pure prescriptions. The variables are

    y(g, p_j, a_j) >= 0      g: a pure prescription profile of the others; p_j, a_j: private
                             information and recommended action of j
    sum over a_j of y(g, p_j, .) = w(g), the same for every p_j;   sum over g of w(g) = 1

Every expectation in the incentive constraints of the three concepts involves the joint law of
(g, recommendation of j at one private information) only, so nothing is lost against a
distribution over all joint prescriptions, which has a factor A_j ** k_j / (k_j A_j) more
variables. The concepts differ in their incentive rows, all of the form "following is worth at
least as much as deviating", summed over the random private profile:

    cce (ex ante)   sum over p of s_i(p) <= 0,  follow_i(p) - deviate_i(p, a') + s_i(p) >= 0
    interim-cce     follow_i(p) - deviate_i(p, a') >= 0                     for all i, p, a'
    ce (agent form) follow_i(p, a) - deviate_i(p, a, a') >= 0               for all i, p, a, a'

Sources: Aumann (1974), J. Math. Economics 1, 67-96 (CE); Moulin and Vial (1978), Int. J. Game
Theory 7, 201-221 (CCE); Forges (1993), Theory and Decision 35, 277-310 (agent form with private
information).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Literal

import numpy as np

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.game import Game
from lp_posg.lp import ProgramBlock, solve_block
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import (
    Scaled,
    StageBlock,
    egalitarian_bounds,
    indicator,
    largest_agent,
    prescriptions_but,
    pure_prescriptions,
    scaled,
    summed_over,
)
from lp_posg.stage.shortcuts import shortcuts_first
from lp_posg.stage.strategy import BlockStrategy, as_distribution
from lp_posg.types import ATOM_TOL, BoolArray, FloatArray, IntArray

Kind = Literal["ex-ante", "interim", "action"]

ENTRY_LIMIT = 4_000_000
"""Most entries of one stage program, which takes up to about a minute; a larger one is refused at once."""

BATCH_ENTRIES = 4_000_000
"""Most entries of the programs of one batch of stage games."""


class Correlated:
    """One of the three correlated concepts.

    Parameters
    ----------
    name : str
        As the user asks for it.
    kind : {"ex-ante", "interim", "action"}
        When an agent decides to deviate: before it knows anything, knowing its private
        information, or knowing that and its recommended action.
    """

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.deviations = name
        self.kind: Kind = kind

    def check_game(self, game: Game) -> None:
        """Accept every game: a correlated equilibrium always exists."""

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return the selected equilibrium of each stage game.

        Raises
        ------
        UnsupportedError
            If a program would have more than ``ENTRY_LIMIT`` entries.
        SolveError
            If a program cannot be solved.
        """
        return shortcuts_first(block, objective, self._by_program)

    def _by_program(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        form = _form(block.n_private, block.n_actions, self.kind)
        form.check_size(self.name, block)
        step = max(1, int(BATCH_ENTRIES // max(1, form.n_entries)))
        found: list[FloatArray] = []
        for first in range(0, len(block), step):
            part = block.part(slice(first, first + step))
            try:
                x, _ = solve_block(form.compile(scaled(part), objective), partial(self._what, part), block.deadline)
            except LimitError:
                raise
            except SolveError as error:
                raise SolveError(
                    f"{error}; an equilibrium always exists, so this is a defect of lp_posg or of the"
                    " solver, not of the game",
                    **error.facts,
                ) from None
            found.append(x[:, : form.n_y])
        return form.decode(np.concatenate(found))

    def _what(self, block: StageBlock, row: int) -> str:
        return f"stage LP at {block.where(row)} (concept {self.name!r})"


@lru_cache(maxsize=64)
def _form(n_private: tuple[int, ...], n_actions: tuple[int, ...], kind: Kind) -> Form:
    return Form(n_private, n_actions, kind)


@dataclass(frozen=True)
class Form:
    """The shape of the program: everything that does not depend on the payoffs.

    Attributes
    ----------
    n_private, n_actions : tuple of int
        k_i and A_i.
    kind : {"ex-ante", "interim", "action"}
    """

    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]
    kind: Kind

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
    def n_y(self) -> int:
        """Number of variables y."""
        return self.n_g * self.k * self.a

    @cached_property
    def digit(self) -> IntArray:
        """Pure prescription of each fixed agent in each g, shape (n - 1, G)."""
        if not self.fixed:
            return np.empty((0, 1), dtype=np.int64)
        return np.array(np.unravel_index(np.arange(self.n_g), self.n_each), dtype=np.int64)

    def rows_of(self, agent: int) -> int:
        """Return the number of incentive rows of an agent."""
        per_action = self.n_actions[agent] if self.kind == "action" else 1
        return self.n_private[agent] * per_action * self.n_actions[agent]

    @cached_property
    def n_entries(self) -> float:
        """Number of incentive entries of one program (a float: it may be huge)."""
        columns = prescriptions_but(self.n_private, self.n_actions, self.free) * self.k * self.a
        return columns * (1 + sum(self.rows_of(i) for i in range(len(self.n_private))))

    def check_size(self, name: str, block: StageBlock) -> None:
        """Raise UnsupportedError if the program would be too large to build."""
        if self.n_entries > ENTRY_LIMIT:
            raise UnsupportedError(
                f"concept {name!r} at {block.where(0)}: the stage LP would have about {self.n_entries:.3g} entries"
                f" (private informations {self.n_private}, actions {self.n_actions}; the limit is {ENTRY_LIMIT:.3g});"
                " share more, so that agents have fewer private informations, or ask for concept 'team'"
            )

    # ---- rows --------------------------------------------------------------------------------

    @cached_property
    def _budget(self) -> tuple[tuple[int, ...], IntArray, IntArray]:
        """The agents with slack variables s_i(p), and for each of these its row in `_slack_rows`.

        With one private information ex ante and interim are the same, and no slack is needed.
        """
        agents = tuple(i for i, k in enumerate(self.n_private) if self.kind == "ex-ante" and k > 1)
        owner = np.concatenate([np.full(self.n_private[i], i) for i in agents] or [np.empty(0, int)])
        own = np.concatenate([np.arange(self.n_private[i]) for i in agents] or [np.empty(0, int)])
        return agents, owner.astype(np.int64), own.astype(np.int64)

    @cached_property
    def row_start(self) -> IntArray:
        """First incentive row of each agent, and their number."""
        return np.concatenate([[0], np.cumsum([self.rows_of(i) for i in range(len(self.n_private))])])

    @cached_property
    def mask(self) -> BoolArray:
        """Which incentive entries can differ from 0, shape (rows, G, k_j, A_j)."""
        mask = np.zeros((self.row_start[-1], self.n_g, self.k, self.a), dtype=bool)
        for i in range(len(self.n_private)):
            own = mask[self.row_start[i] : self.row_start[i + 1]]
            if i == self.free and self.kind == "action":
                own = own.reshape(self.k, self.a, self.a, self.n_g, self.k, self.a)
                for p, a in np.ndindex(self.k, self.a):
                    own[p, a, np.arange(self.a) != a, :, p, a] = True
            elif i == self.free:
                own = own.reshape(self.k, self.a, self.n_g, self.k, self.a)
                for p in range(self.k):
                    own[p, :, :, p] = True
            elif self.kind == "action":
                own = own.reshape(self.n_private[i], self.n_actions[i], self.n_actions[i], self.n_g, -1)
                chosen = pure_prescriptions(self.n_private[i], self.n_actions[i])[self.digit[self.fixed.index(i)]]
                for p, a in np.ndindex(self.n_private[i], self.n_actions[i]):
                    other = np.flatnonzero(np.arange(self.n_actions[i]) != a)
                    own[p, a, other[:, None], np.flatnonzero(chosen[:, p] == a)[None]] = True
            else:
                own[...] = True
        return mask.reshape(len(mask), -1)

    @cached_property
    def layout(self) -> Layout:
        """Where every number of the constraint matrix goes."""
        return _layout(self)

    # ---- compile and decode --------------------------------------------------------------------

    def compile(self, game: Scaled, objective: Objective) -> ProgramBlock:
        """Return the programs of all stage games.

        Columns are y, then s_i(p) if the concept is ex ante, then the smallest value if the
        objective is egalitarian. Rows are incentives, budgets of slack, consistency of w, the
        total of 1, then one per agent for the egalitarian objective.
        """
        incentive, value = self._incentives(game.payoff)
        layout = self.layout
        entries = incentive.reshape(len(incentive), -1)[:, layout.chosen]
        size = self._common_size(np.abs(incentive).max(axis=2, initial=0.0))
        entries = entries / size[:, layout.incentive_row]
        constants = np.broadcast_to(layout.constants, (len(entries), len(layout.constants)))
        numbers = np.concatenate([entries, self._slack_sizes(size), constants], axis=1)[:, layout.order]
        block = ProgramBlock(
            np.zeros((len(entries), len(layout.lower))),
            layout.lower,
            layout.upper,
            layout.row_lower,
            layout.row_upper,
            layout.start,
            layout.index,
            numbers,
        )
        return _with_objective(block, value, game, objective, self.n_y)

    def _common_size(self, size: FloatArray) -> FloatArray:
        """Return a scale per incentive row, 1 for empty ones; rows that share a slack share the scale."""
        agents, _, _ = self._budget
        for i in agents:
            own = slice(self.row_start[i], self.row_start[i + 1])
            per_private = size[:, own].reshape(len(size), self.n_private[i], -1).max(axis=2, keepdims=True)
            size[:, own] = np.broadcast_to(per_private, (len(size), self.n_private[i], self.n_actions[i])).reshape(
                len(size), -1
            )
        return np.where(size > 0, size, 1.0)

    def _slack_sizes(self, size: FloatArray) -> FloatArray:
        """Return the weight of each slack variable in its agent's budget row, largest 1."""
        _, owner, own = self._budget
        if not len(owner):
            return np.empty((len(size), 0))
        weight = size[:, self.row_start[owner] + own * np.array(self.n_actions)[owner]]
        for i in np.unique(owner):
            weight[:, owner == i] /= weight[:, owner == i].max(axis=1, keepdims=True)
        return weight

    def _incentives(self, payoff: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return incentive entries (B, rows, n_y) and the agents' values (B, n, n_y) as functions of y."""
        size, n = len(payoff), len(self.n_private)
        incentive = np.zeros((size, self.row_start[-1], self.n_g, self.k, self.a))
        value = np.empty((size, n, self.n_g, self.k, self.a))
        for i in range(n):
            own = incentive[:, self.row_start[i] : self.row_start[i + 1]]
            if i == self.free:
                value[:, i] = self._free_rows(payoff[:, i], own)
            else:
                value[:, i] = self._fixed_rows(payoff[:, i], i, own)
        return incentive.reshape(size, -1, self.n_y), value.reshape(size, n, self.n_y)

    def _free_rows(self, payoff: FloatArray, out: FloatArray) -> FloatArray:
        """Fill in agent j's incentive rows and return its value, shape (B, G, k_j, A_j)."""
        worth = summed_over(payoff, self.n_private, self.n_actions, self.fixed)
        worth = worth.reshape(len(payoff), self.n_g, self.k, self.a)
        gain = worth[..., :, None] - worth[..., None, :]  # recommended action, action played instead
        if self.kind == "action":
            rows = out.reshape(len(payoff), self.k, self.a, self.a, self.n_g, self.k, self.a)
            for p, a in np.ndindex(self.k, self.a):
                rows[:, p, a, :, :, p, a] = gain[:, :, p, a].swapaxes(1, 2)
        else:
            rows = out.reshape(len(payoff), self.k, self.a, self.n_g, self.k, self.a)
            for p in range(self.k):
                rows[:, p, :, :, p] = gain[:, :, p].transpose(0, 3, 1, 2)
        return worth

    def _fixed_rows(self, payoff: FloatArray, agent: int, out: FloatArray) -> FloatArray:
        """Fill in another agent's incentive rows and return its value, shape (B, G, k_j, A_j)."""
        size, k, a = len(payoff), self.n_private[agent], self.n_actions[agent]
        place = self.fixed.index(agent)
        rest = tuple(i for i in self.fixed if i != agent)
        worth = summed_over(payoff, self.n_private, self.n_actions, rest)
        if self.free < agent:  # the axes of agent and j come in the order of agents
            worth = worth.swapaxes(-4, -2).swapaxes(-3, -1)
        worth = worth.reshape(size, -1, k, a, self.k, self.a)
        others = np.delete(self.digit, place, axis=0)
        n_rest = tuple(np.delete(self.n_each, place).tolist())
        row = np.ravel_multi_index(tuple(others), n_rest) if n_rest else np.zeros(self.n_g, dtype=np.int64)
        worth = worth[:, row]  # (B, G, k, a, k_j, A_j)
        chosen = indicator(k, a)[self.digit[place]]  # (G, k, a)
        follow = np.einsum("bgkauv,gka->bgkuv", worth, chosen)
        gain = follow[:, :, :, None] - worth  # (B, G, k, deviation, k_j, A_j)
        if self.kind == "action":
            rows = out.reshape(size, k, a, a, self.n_g, self.k, self.a)
            np.einsum("bgkduv,gka->bkadguv", gain, chosen, out=rows)
        else:
            rows = out.reshape(size, k, a, self.n_g, self.k, self.a)
            rows[...] = gain.transpose(0, 2, 3, 1, 4, 5)
        return np.asarray(follow.sum(axis=2))

    def decode(self, y: FloatArray) -> BlockStrategy:
        """Return the strategies that solutions y, shape (B, n_y), stand for."""
        mass = y.reshape(len(y), self.n_g, self.k, self.a)
        weight = mass.sum(axis=3).mean(axis=2)
        game, g = np.nonzero(weight > ATOM_TOL)
        start = np.searchsorted(game, np.arange(len(y) + 1))
        prob = weight[game, g]
        prob = prob / np.repeat(np.add.reduceat(prob, start[:-1]), np.diff(start))
        prescription: list[FloatArray] = []
        for i in range(len(self.n_private)):
            if i == self.free:
                prescription.append(as_distribution(mass[game, g]))
            else:
                pure = indicator(self.n_private[i], self.n_actions[i])
                prescription.append(pure[self.digit[self.fixed.index(i)][g]])
        return BlockStrategy(start, prob, tuple(prescription), len(y))


@dataclass(frozen=True)
class Layout:
    """Sparsity pattern and bounds of all programs of one form.

    Attributes
    ----------
    order : int array
        Positions, by column, in the concatenation (incentives, slack weights, constants).
    chosen, incentive_row : int arrays
        Flat positions of the incentives that can differ from 0, and their rows.
    constants : float array
    """

    order: IntArray
    chosen: IntArray
    incentive_row: IntArray
    start: IntArray
    index: IntArray
    constants: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray


def _layout(form: Form) -> Layout:
    agents, owner, own = form._budget
    n_incentive, n_slack = int(form.row_start[-1]), len(owner)
    rows, columns = (part.astype(np.int64) for part in np.nonzero(form.mask))
    budget_row = n_incentive + np.searchsorted(np.array(agents, dtype=np.int64), owner)
    slack = form.n_y + np.arange(n_slack)
    # Constants: +1 for s_i(p) in each of its incentive rows, then consistency, then the total.
    width = np.array(form.n_actions)[owner] if n_slack else np.empty(0, np.int64)
    first = form.row_start[owner] + own * width
    in_rows = np.concatenate([np.arange(f, f + w) for f, w in zip(first, width, strict=True)] or [np.empty(0, int)])
    g, p, a = (part.ravel() for part in np.indices((form.n_g, form.k - 1, form.a)))
    consistency = n_incentive + len(agents) + g * (form.k - 1) + p
    n_consistency = form.n_g * (form.k - 1)
    g_all, a_all = (part.ravel() for part in np.indices((form.n_g, form.a)))
    total_row = n_incentive + len(agents) + n_consistency
    rows = np.concatenate([rows, budget_row, in_rows, consistency, consistency, np.full(len(g_all), total_row)])
    columns = np.concatenate(
        [
            columns,
            slack,
            np.repeat(slack, width),
            (g * form.k + p + 1) * form.a + a,
            (g * form.k) * form.a + a,
            (g_all * form.k) * form.a + a_all,
        ]
    )
    constants = np.concatenate([np.ones(len(in_rows)), np.ones(len(g)), -np.ones(len(g)), np.ones(len(g_all))])
    order = np.lexsort((rows, columns))
    n_columns = form.n_y + n_slack
    n_rows = total_row + 1
    row_lower, row_upper = np.zeros(n_rows), np.zeros(n_rows)
    row_upper[:n_incentive] = np.inf
    row_lower[n_incentive : n_incentive + len(agents)] = -np.inf
    row_lower[-1] = row_upper[-1] = 1.0
    lower = np.concatenate([np.zeros(form.n_y), np.full(n_slack, -np.inf)])
    return Layout(
        order,
        np.flatnonzero(form.mask.ravel()),
        np.nonzero(form.mask)[0],
        np.searchsorted(columns[order], np.arange(n_columns + 1)).astype(np.int32),
        rows[order].astype(np.int32),
        constants,
        lower,
        np.full(n_columns, np.inf),
        row_lower,
        row_upper,
    )


def _with_objective(
    block: ProgramBlock, value: FloatArray, game: Scaled, objective: Objective, n_y: int
) -> ProgramBlock:
    """Return the programs with the costs of the objective; `value` (B, n, n_y) is in scaled units."""
    unit = game.size.max(axis=1, keepdims=True)
    unit = np.where(unit > 0, unit, 1.0)
    weighted = (game.size / unit)[:, :, None] * value
    if objective.weights is not None:
        cost = block.cost.copy()
        cost[:, :n_y] = -np.einsum("i,biy->by", objective.weights, weighted)
        return replace(block, cost=cost)
    # Maximise t with  best_i + size_i value_i . y >= t  in units of `unit`, measured from the smallest best.
    size, n = value.shape[:2]
    rows = block.n_rows + np.arange(n, dtype=np.int32)
    position = np.repeat(block.start[1 : n_y + 1], n)
    start = block.start.astype(np.int64) + n * np.minimum(np.arange(len(block.start)), n_y)
    numbers = np.insert(block.value, position, weighted.swapaxes(1, 2).reshape(size, -1), axis=1)
    below = egalitarian_bounds(game) / unit
    fixed = [np.broadcast_to(r, (size, block.n_rows)) for r in (block.row_lower, block.row_upper)]
    return ProgramBlock(
        cost=np.concatenate([block.cost, np.full((size, 1), -1.0)], axis=1),
        lower=np.append(block.lower, -np.inf),
        upper=np.append(block.upper, np.inf),
        row_lower=np.concatenate([fixed[0], below], axis=1),
        row_upper=np.concatenate([fixed[1], np.full((size, n), np.inf)], axis=1),
        start=np.append(start, start[-1] + n).astype(np.int32),
        index=np.concatenate([np.insert(block.index, position, np.tile(rows, n_y)), rows]).astype(np.int32),
        value=np.concatenate([numbers, np.full((size, n), -1.0)], axis=1),
    )
