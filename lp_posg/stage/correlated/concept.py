"""The linear program behind the correlated concepts, in semi-compact form.

Let j be the agent with the most pure prescriptions. The variables are

    y(g, c) >= 0             g: a pure prescription profile of the others; c: a cell of j

A cell is a pair (p_j, a_j) of private information and recommended action of j, and then

    sum over a_j of y(g, p_j, .) = w(g), the same for every p_j;   sum over g of w(g) = 1

or, where these are hardly more than the pairs, a cell is a pure prescription of j, y sums to 1 and
there is no other equation: fewer rows are worth some columns (`JOINT_FACTOR`).

Every expectation in the incentive constraints of cce, interim-cce and ce involves the joint law of
(g, recommendation of j at one private information) only, so pairs lose nothing against a
distribution over all joint prescriptions, which has a factor A_j ** k_j / (k_j A_j) more
variables. In a strategic-ce agent j hears its whole prescription g_j, of which pairs tell too little:
there cells are pure prescriptions, however many. The concepts differ in their incentive rows, all of
the form "following is worth at least as much as deviating", summed over the random private profile:

    cce (ex ante)   follow_i(p) - deviate_i(p, a') + s_i(p) >= 0            for all i, p, a'
                    where s_i of the last p is minus the sum of the other s_i(p), which are free
    interim-cce     follow_i(p) - deviate_i(p, a') >= 0                     for all i, p, a'
    ce (agent form) follow_i(p, a) - deviate_i(p, a, a') >= 0               for all i, p, a, a' other than a
    strategic-ce    follow_i(g_i, p) - deviate_i(g_i, p, a') >= 0           for all i, g_i, p, a' other than g_i(p)

A sum of the rows of a strategic-ce over the g_i that recommend a at p is a row of ce, so every
strategic-ce is a ce; the converse fails where an action recommended for another private information
tells of the others' actions.

Linear objectives are stated as losses against a bound: multiples of the equations are added to the
costs so that none is negative and every g has at each p_j an action without loss beyond that of g,
which is spread over the p_j. That changes no optimum, and the dual simplex method starts at a
vertex that is feasible for it and nearer the end.

Sources: Aumann (1974), J. Math. Economics 1, 67-96 (CE); Moulin and Vial (1978), Int. J. Game
Theory 7, 201-221 (CCE); Forges (1993), Theory and Decision 35, 277-310 (strategic form and agent
form with private information).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.evaluate.kinds import KINDS
from lp_posg.game.protocols import Payoffs
from lp_posg.lp import ProgramBlock, solve_block
from lp_posg.stage.correlated.concave import check_conic, concave_optima
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.incentives import IncentiveRows, Kind
from lp_posg.stage.correlated.leximin import Leximin, unit_of
from lp_posg.stage.correlated.pricing import check_pricing
from lp_posg.stage.extremes import extremes_apart
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import (
    Scaled,
    StageBlock,
    indicator,
    largest_agent,
    prescriptions_but,
    pure_prescriptions,
    scaled,
    scaled_weights,
    summed_over,
)
from lp_posg.stage.shortcuts import shortcuts_first
from lp_posg.stage.strategy import BlockStrategy, as_distribution
from lp_posg.types import ATOM_TOL, FloatArray, IntArray

SMALL_ENTRIES = 60_000
"""Up to this many entries the program is written down whole; with more, columns may be generated (ADR 5)."""

ENTRY_LIMIT = 4_000_000
"""Most entries of a program written down whole, which may take a minute.

That of a strategic-ce takes longer: 6 s with 7 by 7 privates and 2 by 2 actions (246,000 entries), and with 8 by 8
(1.1 million) 5 minutes; a time limit counts.
"""

FEW_EQUATIONS = 2.0
"""Beyond ``SMALL_ENTRIES`` a program is still written down if it has at most this many equations per incentive row.

Equations of consistency, G (k_j - 1), counted also where agent j's prescriptions are enumerated instead. The master
of column generation has the incentive rows alone: where these are most of all rows, it takes the longer way round.
"""

FAINT = 1e-22
"""An atom of at most this probability is rounding where the programs are refined."""

JOINT_FACTOR = 2.0
"""Up to this many times as many pure prescriptions of j as pairs (p_j, a_j), the prescriptions are enumerated.

Measured: half the time at 3 by 3 privates and 2 by 2 actions, nothing either way at 2 by 2 and 4 by 4.
"""

BATCH_ENTRIES = 50_000
"""Entries of the programs compiled at once: few enough to stay in the processor's cache (three times faster)."""


class Correlated:
    """One of the correlated concepts.

    Parameters
    ----------
    name : str
        As the user asks for it.
    kind : {"ex-ante", "interim", "action", "prescription"}
        When an agent decides to deviate: before it knows anything, knowing its private
        information, or knowing that and its recommended action, or its whole recommended prescription.
    """

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.deviations = KINDS[name]
        self.kind: Kind = kind

    def check_game(self, game: Payoffs) -> None:
        """Accept every game: a correlated equilibrium always exists."""

    def check_objective(self, objective: Objective) -> None:
        """Accept every objective."""

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return the selected equilibrium of each stage game.

        Raises
        ------
        UnsupportedError
            If the integer programs that price columns, or the conic programs, would be too large; for
            kind ``prescription``, which generates no columns, if the whole program would be.
        SolveError
            If a program cannot be solved.
        """
        return extremes_apart(block, objective, self.kind, partial(shortcuts_first, by_program=self._by_size))

    def _by_size(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        if objective.is_conic:
            return self._by_conic(block, objective)
        form = _form(block.n_private, block.n_actions, self.kind)
        if self.kind == "prescription":
            form.check_size(self.name, block)
        if self.kind == "prescription" or form.written_down:
            return self._by_program(block, objective)
        check_pricing(block, self.name)
        return by_generation(block, objective, form, partial(self._what, block))

    def form(self, block: StageBlock) -> Form:
        """Return the shape of a block's programs, for who wants them whole.

        Raises
        ------
        UnsupportedError
            If a program would have more than ``ENTRY_LIMIT`` entries.
        """
        form = _form(block.n_private, block.n_actions, self.kind)
        form.check_size(self.name, block)
        return form

    def _by_program(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        form = _form(block.n_private, block.n_actions, self.kind)
        step = max(1, BATCH_ENTRIES // len(form.layout.index))
        found: list[FloatArray] = []
        n_programs = 0
        for first in range(0, len(block), step):
            part = block.part(slice(first, first + step))
            y, solved = self._optima(form, part, objective)
            found.append(y)
            n_programs += solved
        # What is hardly ever played counts where a payoff is very large.
        return form.decode(np.concatenate(found), n_programs, "program", FAINT if block.extreme else ATOM_TOL)

    def _optima(self, form: Form, block: StageBlock, objective: Objective) -> tuple[FloatArray, int]:
        """Return the optimal y of each game, shape (B, n_y), and the number of programs solved."""
        game = scaled(block, from_top=objective.weights is None)
        if objective.weights is not None:
            return self._solved(form.compile(game, objective), block)[0][:, : form.n_y], len(block)
        y, n_programs = np.empty((len(block), form.n_y)), 0
        asked, rows = Leximin.first(game), np.arange(len(block))
        while len(rows):
            part = game.part(rows)
            x, dual = self._solved(form.compile(part, objective, asked), block.part(rows))
            y[rows] = x[:, : form.n_y]
            n_programs += len(rows)
            asked = asked.then(part, dual[:, -block.n_agents :], x[:, -1])
            more = np.flatnonzero(asked.active.any(axis=1))
            asked, rows = asked.part(more), rows[more]
        return y, n_programs

    def _solved(self, programs: ProgramBlock, block: StageBlock) -> tuple[FloatArray, FloatArray]:
        try:
            return solve_block(programs, partial(self._what, block), block.deadline)
        except LimitError:
            raise
        except SolveError as error:
            raise SolveError(
                f"{error}; an equilibrium always exists, so this is a defect of lp_posg or of the"
                " solver, not of the game",
                **error.facts,
            ) from None

    def _by_conic(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        form = _form(block.n_private, block.n_actions, self.kind, objective.concave is None)
        check_conic(form.n_entries, self.name, objective, block)
        game = scaled(block)
        programs, value = form.incentives(game)
        y, solved = concave_optima(programs, value, game, objective, partial(self._what, block), block.deadline)
        return form.decode(y, solved, "conic")

    def _what(self, block: StageBlock, row: int) -> str:
        return f"stage LP at {block.where(row)} (concept {self.name!r})"


@lru_cache(maxsize=64)
def _form(n_private: tuple[int, ...], n_actions: tuple[int, ...], kind: Kind, every: bool = False) -> Form:
    return Form(n_private, n_actions, kind, every)


@dataclass(frozen=True)
class Form(IncentiveRows):
    """The shape of the program: everything that does not depend on the payoffs.

    Attributes
    ----------
    every : bool
        Whether agent j's pure prescriptions are enumerated however many they are.
    """

    every: bool = False

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
            more = " (for prescriptions heard whole no columns are generated); use 'ce', 'interim-cce' or 'cce'"
            raise UnsupportedError(
                f"concept {name!r} at {block.where(0)}: the stage LP would have about {self.n_entries:.3g} entries"
                f" (private informations {self.n_private}, actions {self.n_actions}; the limit of a whole program"
                f" is {ENTRY_LIMIT:.3g}); share more, so that agents have fewer private informations"
                f"{more if self.kind == 'prescription' else ''}"
            )

    @property
    def written_down(self) -> bool:
        """Whether the whole program is the faster way (see ``SMALL_ENTRIES``)."""
        equations = prescriptions_but(self.n_private, self.n_actions, self.free) * (self.k - 1)
        few = equations <= FEW_EQUATIONS * float(self.row_start[-1])
        return bool(self.n_entries <= SMALL_ENTRIES or (few and self.n_entries <= ENTRY_LIMIT))

    def incentive_places(self, agent: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return row, column and position in the agent's gains of every incentive entry that can differ from 0.

        Rows count from the agent's first; the gains are those of `_gains`, flattened.
        """
        k, a = self.n_private[agent], self.n_actions[agent]
        n_cells = len(self.cells)
        if agent == self.free:
            g, pair, instead = (part.ravel() for part in np.indices((self.n_g, int(self.cells.sum()), a)))
            cell, p, told = (part[pair] for part in np.nonzero(self.cells))
            source = ((g * k + p) * a + told) * a + instead
        else:
            g, p, instead, cell = (part.ravel() for part in np.indices((self.n_g, k, a, n_cells)))
            told = pure_prescriptions(k, a)[self.digit[self.fixed.index(agent)]][g, p]
            source = np.arange(len(g))
        if self.kind in ("action", "prescription"):
            heard = p * a + told
            if self.kind == "prescription":
                heard = (cell if agent == self.free else self.digit[self.fixed.index(agent)][g]) * k + p
            row = heard * (a - 1) + instead - (instead > told)
        else:
            row = p * a + instead
        other = told != instead
        return row[other], (g * n_cells + cell)[other], source[other]

    @cached_property
    def layout(self) -> Layout:
        """Where every number of the constraint matrix goes."""
        return _layout(self)

    # ---- compile and decode --------------------------------------------------------------------

    def compile(self, game: Scaled, objective: Objective, asked: Leximin | None = None) -> ProgramBlock:
        """Return the programs of all stage games.

        Columns are y, then s_i(p) if the concept is ex ante, then the smallest value if the
        objective is egalitarian. Rows are incentives, consistency of w, the total of 1, then one
        per agent for the egalitarian objective.

        Parameters
        ----------
        asked : Leximin, optional
            What the egalitarian objective asks for; its first program by default.
        """
        return self._with_objective(*self.incentives(game), game, objective, asked)

    def incentives(self, game: Scaled) -> tuple[ProgramBlock, FloatArray]:
        """Return the programs without costs, and the agents' values in scaled units by y, shape (B, n, n_y)."""
        layout = self.layout
        gains, value = self._gains(game.payoff)
        entries = gains.take(layout.source, axis=1)
        size = self._row_sizes(np.abs(entries))
        entries /= size.take(layout.incentive_row, axis=1)
        constants = np.broadcast_to(layout.constants, (len(entries), len(layout.constants)))
        numbers = np.concatenate([entries, constants], axis=1)
        block = ProgramBlock(
            np.zeros((len(entries), len(layout.lower))),
            layout.lower,
            layout.upper,
            layout.row_lower,
            layout.row_upper,
            layout.start,
            layout.index,
            numbers.take(layout.order, axis=1),  # in C order, which [:, order] would not be
        )
        return block, value

    def _row_sizes(self, size: FloatArray) -> FloatArray:
        """Return the largest of each incentive row's entries, 1 if all are 0.

        Rows that share slack share a size: that of all the agent's rows.
        """
        size = np.maximum.reduceat(size, self.layout.row_first, axis=1)
        for i in self.slack_agents:
            own = slice(self.row_start[i], self.row_start[i + 1])
            size[:, own] = size[:, own].max(axis=1, keepdims=True)
        return np.where(size > 0, size, 1.0)

    def _gains(self, payoff: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what following gains over deviating, and the agents' values, where g and a cell are drawn.

        Returns
        -------
        gains : float array, shape (B, total)
            Of every agent in turn: of agent j by (G, k_j, A_j, deviation), of another agent i by
            (G, k_i, deviation, C).
        value : float array, shape (B, n, n_y)
        """
        both = [
            self._free_gains(payoff[:, i]) if i == self.free else self._fixed_gains(payoff[:, i], i)
            for i in range(len(self.n_private))
        ]
        gains, value = ([part.reshape(len(payoff), -1) for part in parts] for parts in zip(*both, strict=True))
        return np.concatenate(gains, axis=1), np.stack(value, axis=1)

    def _free_gains(self, payoff: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return agent j's gains, shape (B, G, k_j, A_j, deviation), and its value, shape (B, G, C)."""
        worth = summed_over(payoff, self.n_private, self.n_actions, self.fixed)
        worth = worth.reshape(len(payoff), self.n_g, self.k, self.a)
        return worth[..., :, None] - worth[..., None, :], self._by_cell(worth)

    def _fixed_gains(self, payoff: FloatArray, agent: int) -> tuple[FloatArray, FloatArray]:
        """Return another agent's gains, shape (B, G, k_i, deviation, C), and its value, shape (B, G, C)."""
        size, k, a = len(payoff), self.n_private[agent], self.n_actions[agent]
        place = self.fixed.index(agent)
        rest = tuple(i for i in self.fixed if i != agent)
        worth = summed_over(payoff, self.n_private, self.n_actions, rest)
        if self.free < agent:  # the axes of agent and j come in the order of agents
            worth = worth.swapaxes(-4, -2).swapaxes(-3, -1)
        worth = self._by_cell(worth.reshape(size, -1, k, a, self.k, self.a))
        others = np.delete(self.digit, place, axis=0)
        n_rest = tuple(np.delete(self.n_each, place).tolist())
        row = np.ravel_multi_index(tuple(others), n_rest) if n_rest else np.zeros(self.n_g, dtype=np.int64)
        told = pure_prescriptions(k, a)[self.digit[place]]  # (G, k)
        follow = worth[:, row[:, None], np.arange(k), told]  # (B, G, k, C)
        return follow[:, :, :, None] - worth[:, row], follow.sum(axis=2)

    def _by_cell(self, worth: FloatArray) -> FloatArray:
        """Return what is given by pair, shape (..., k_j, A_j), summed over each cell's pairs, shape (..., C)."""
        flat = worth.reshape(*worth.shape[:-2], self.k * self.a)
        return np.asarray(flat @ self.cells.reshape(len(self.cells), -1).T) if self.joint and self.k > 1 else flat

    def _with_objective(
        self, block: ProgramBlock, value: FloatArray, game: Scaled, objective: Objective, asked: Leximin | None
    ) -> ProgramBlock:
        """Return the programs with the costs of the objective; `value` (B, n, n_y) is in scaled units."""
        if objective.weights is None:
            weighted = (game.size / unit_of(game))[:, :, None] * value
            return _egalitarian(block, weighted, Leximin.first(game) if asked is None else asked)
        cost = block.cost.copy()
        cost[:, : self.n_y] = self._losses(-np.einsum("bi,biy->by", scaled_weights(objective.weights, game), value))
        return replace(block, cost=cost)

    def _losses(self, cost: FloatArray) -> FloatArray:
        """Return the costs (B, n_y) with multiples of the equations added, so that the least are 0 (see the top)."""
        if self.joint:
            return np.asarray(cost - cost.min(axis=1, keepdims=True))
        by_g = cost.reshape(len(cost), self.n_g, self.k, self.a)
        least = by_g.min(axis=3, keepdims=True)
        bound = least.sum(axis=2, keepdims=True)
        bound -= bound.min(axis=1, keepdims=True)
        return np.asarray(by_g - least + bound / self.k).reshape(len(cost), -1)

    def decode(self, y: FloatArray, n_programs: int, method: str, least: float = ATOM_TOL) -> BlockStrategy:
        """Return the strategies that solutions y, shape (B, n_y), stand for, and how they were found.

        An atom is a g; of a strategic-ce, a g and a pure prescription of j, which is heard whole. What is no more
        probable than `least` is left out.
        """
        by_cell, size = y.reshape(len(y), self.n_g, -1), len(y)
        if self.kind == "prescription":
            game, g, cell = np.nonzero(by_cell > least)
            return self._decoded(game, g, by_cell[game, g, cell], self.cells[cell], n_programs, method, size)
        mass = (by_cell @ self.cells.reshape(len(self.cells), -1)).reshape(size, self.n_g, self.k, self.a)
        weight = mass.sum(axis=3).mean(axis=2)
        game, g = np.nonzero(weight > least)
        return self._decoded(game, g, weight[game, g], as_distribution(mass[game, g]), n_programs, method, size)

    def _decoded(
        self, game: IntArray, g: IntArray, weight: FloatArray, free: FloatArray, n_programs: int, method: str, size: int
    ) -> BlockStrategy:
        """Return strategies of `size` games from atoms: game (ascending), g, weight, prescription of j of each."""
        start = np.searchsorted(game, np.arange(size + 1))
        prob = weight / np.repeat(np.add.reduceat(weight, start[:-1]), np.diff(start))
        prescription: list[FloatArray] = []
        for i in range(len(self.n_private)):
            if i == self.free:
                prescription.append(free)
            else:
                pure = indicator(self.n_private[i], self.n_actions[i])
                prescription.append(pure[self.digit[self.fixed.index(i)][g]])
        return BlockStrategy(start, prob, tuple(prescription), n_programs, {method: size})


@dataclass(frozen=True)
class Layout:
    """Sparsity pattern and bounds of all programs of one form.

    Attributes
    ----------
    source, incentive_row : int arrays
        Of each incentive entry, by row: its position in the gains, and its row.
    row_first : int array
        First entry of each incentive row.
    order : int array
        Positions, by column, in the concatenation (incentive entries, constants).
    constants : float array
    """

    source: IntArray
    incentive_row: IntArray
    row_first: IntArray
    order: IntArray
    start: IntArray
    index: IntArray
    constants: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray


def _layout(form: Form) -> Layout:
    incentive, column, source = _incentive_layout(form)
    n_incentive = int(form.row_start[-1])
    parts = [(incentive, column, np.empty(0)), *_slack_entries(form), *_equation_entries(form, n_incentive)]
    rows, columns = (np.concatenate([part[axis] for part in parts]) for axis in (0, 1))
    order = np.lexsort((rows, columns))
    n_slack = sum(form.n_private[i] - 1 for i in form.slack_agents)
    n_columns = form.n_y + n_slack
    n_rows = n_incentive + 1 + (0 if form.joint else form.n_g * (form.k - 1))
    row_lower, row_upper = np.zeros(n_rows), np.zeros(n_rows)
    row_upper[:n_incentive] = np.inf
    row_lower[-1] = row_upper[-1] = 1.0
    return Layout(
        source,
        incentive,
        np.searchsorted(incentive, np.arange(n_incentive)),
        order,
        np.searchsorted(columns[order], np.arange(n_columns + 1)).astype(np.int32),
        rows[order].astype(np.int32),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([np.zeros(form.n_y), np.full(n_slack, -np.inf)]),
        np.full(n_columns, np.inf),
        row_lower,
        row_upper,
    )


def _incentive_layout(form: Form) -> tuple[IntArray, IntArray, IntArray]:
    """Return row, column and position in all the gains of every incentive entry, by row."""
    parts, before = [], 0
    for i, first in enumerate(form.row_start[:-1]):
        row, column, source = form.incentive_places(i)
        parts.append((row + first, column, source + before))
        own = form.k * form.a**2 if i == form.free else form.n_private[i] * form.n_actions[i] * len(form.cells)
        before += form.n_g * own
    row, column, source = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((column, row))
    return row[order], column[order], source[order]


_Entries = tuple[IntArray, IntArray, FloatArray]


def _slack_entries(form: Form) -> list[_Entries]:
    """Return rows, columns and numbers of the s_i(p): 1 in the rows of p, -1 in those of the last."""
    found, column = [], form.n_y
    for i in form.slack_agents:
        k, a = form.n_private[i], form.n_actions[i]
        p, instead = (part.ravel() for part in np.indices((k - 1, a)))
        for of, sign in ((p, 1.0), (np.full(len(p), k - 1), -1.0)):
            found.append((form.row_start[i] + of * a + instead, column + p, np.full(len(p), sign)))
        column += k - 1
    return found


def _equation_entries(form: Form, first: int) -> list[_Entries]:
    """Return rows, columns and numbers of consistency (w(g) is the same for every p_j), then of the total."""
    mass = form.cells.sum(axis=2).T  # (k_j, C)
    unequal = np.kron(np.eye(form.n_g), mass[1:] - mass[0])[: 0 if form.joint else None]
    equations = np.concatenate([unequal, np.tile(mass[:1], form.n_g)])
    row, column = np.nonzero(equations)
    return [(first + row, column, equations[row, column])]


def _egalitarian(block: ProgramBlock, weighted: FloatArray, asked: Leximin) -> ProgramBlock:
    """Return the programs of `leximin`: maximise t; `weighted` (B, n, n_y) are the scaled values by y."""
    size, n, n_y = weighted.shape
    rows = block.n_rows + np.arange(n, dtype=np.int32)
    position = np.repeat(block.start[1 : n_y + 1], n)
    start = block.start.astype(np.int64) + n * np.minimum(np.arange(len(block.start)), n_y)
    numbers = np.insert(block.value, position, weighted.swapaxes(1, 2).reshape(size, -1), axis=1)
    fixed = [np.broadcast_to(r, (size, block.n_rows)) for r in (block.row_lower, block.row_upper)]
    return ProgramBlock(
        cost=np.concatenate([block.cost, np.full((size, 1), -1.0)], axis=1),
        lower=np.append(block.lower, -np.inf),
        upper=np.append(block.upper, np.inf),
        row_lower=np.concatenate([fixed[0], asked.lower], axis=1),
        row_upper=np.concatenate([fixed[1], np.full((size, n), np.inf)], axis=1),
        start=np.append(start, start[-1] + n).astype(np.int32),
        index=np.concatenate([np.insert(block.index, position, np.tile(rows, n_y)), rows]).astype(np.int32),
        value=np.concatenate([numbers, np.where(asked.active, -1.0, 0.0)], axis=1),
    )
