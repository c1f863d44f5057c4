"""Equilibria of zero-sum games in sequence form: by a linear program, judged, and sought again where that is in doubt.

The program is

    max  sum over agent 2's first information sets of v
    s.t. v(I) - sum of v(J), J after (I, a)  <=  (x A)(I, a)     for every sequence (I, a) of agent 2
         x a realisation plan of agent 1

with A agent 1's payoffs. The duals of the first rows are agent 2's plan. One variable or row per sequence and
information set: linear in the size of the tree, where the normal form is exponential.

Sources: von Stengel (1996), Games and Economic Behavior 14, 220-246; Koller, Megiddo and von Stengel (1996), Games and
Economic Behavior 14, 247-259.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import LimitError, ModelError, SolveError
from lp_posg.lp import LinearProgram, solve_program
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.trees.sequence.response import (
    Exploitability,
    behaviour_of,
    exploitability,
    local_gain,
    plan_of,
    replies_off_path,
)
from lp_posg.trees.sequence.trembles import limit_of, trembling_plans
from lp_posg.types import ROUNDING, FloatArray

Pair = tuple[FloatArray, FloatArray]

SMALLEST = float(np.finfo(np.float64).tiny)
"""Smaller numbers have fewer digits than other floats have, and 1 over them may be beyond the largest."""


def compile_sequence_form(game: SequenceGame) -> LinearProgram:
    """Return the program above; columns are x, then v; rows are agent 2's sequences, then x's constraints.

    Payoffs are divided by the largest, so that the solver's tolerances mean the same for every game.

    Raises ModelError if the largest is so small that floats have few digits for it.
    """
    first, second = game.trees
    payoff = game.payoffs[0]
    size = float(np.abs(payoff.data).max(initial=0.0)) or 1.0
    if size < SMALLEST:
        raise ModelError(
            f"payoffs times chances are at most {size:.3g}, below {SMALLEST:.3g}, where floats lose their digits;"
            " rescale the payoffs"
        )
    matrix = sp.csc_array(sp.bmat([[payoff.T / size, -second.constraints.T], [first.constraints, None]], format="csc"))
    bound = np.concatenate([np.zeros(second.n_sequences), first.total])
    cost = np.concatenate([np.zeros(first.n_sequences), -second.total])
    lower = np.concatenate([np.zeros(first.n_sequences), np.full(second.n_sets, -np.inf)])
    high = np.concatenate([np.full(second.n_sequences, np.inf), first.total])
    return LinearProgram.of(matrix, cost, (lower, np.inf), (bound, high))


def equilibrium_plans(
    game: SequenceGame, what: str, deadline: float | None, balance: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Return realisation plans of an equilibrium, up to the solver's rounding.

    Raises LimitError if the deadline passes. Raises SolveError if the program cannot be solved.

    Parameters
    ----------
    balance : bool
        Whether to solve in units of rows and columns that bring the program's numbers together.
    """
    # Presolve takes forced moves and idle actions out: up to fifty times as fast on large trees (measured).
    result = solve_program(compile_sequence_form(game), what, deadline, presolve=True, balance=balance)
    return result.x[: game.trees[0].n_sequences], result.dual[: game.trees[1].n_sequences]


TREMBLING_ENTRIES = 100_000
"""Most entries of a program that is solved again with trembles."""

OFF_PATH = 1e-9
"""What an agent may gain at a set that is not reached, as a share of what is at stake there."""

DOUBT = 1e-6
"""A gap of more than this, beside what is paid on the way, is looked into."""


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Strategies of both agents and what they are worth."""

    # behaviour and plans: tuple of two float arrays, shape (L_i,): see `response`
    behaviour: tuple[FloatArray, FloatArray]
    plans: tuple[FloatArray, FloatArray]
    found: Exploitability
    seconds: float  # What judging took

    @property
    def share(self) -> float:
        """The largest gap beside what is paid on the way; inf if there is one beside nothing."""
        gaps, stakes = self.found.gaps, self.found.stakes
        return float(np.where(gaps > 0, gaps / np.where(stakes > 0, stakes, np.finfo(float).tiny), 0.0).max())


def solve_form(game: SequenceGame, what: str, deadline: float | None) -> Equilibrium:
    """Return an equilibrium, up to the solver's rounding.

    At sets that are not reached, play is a best reply too (see `trembles`).

    Where its gap is no rounding beside what is paid on the way, payoffs that are hardly ever met may have hidden from
    the solver what is at stake: the program is then solved in units of its rows and columns, and the better is kept.

    Raises LimitError if the deadline passes before there is any. Raises SolveError if the program cannot be solved.
    """
    first = _judged(game, equilibrium_plans(game, what, deadline))
    if first.share <= DOUBT:
        return _off_path(game, first, deadline)
    try:
        second = _judged(game, equilibrium_plans(game, what, deadline, balance=True))
    except (LimitError, SolveError):
        return _off_path(game, first, deadline)
    return _off_path(game, min(first, second, key=lambda own: own.found.gap), deadline)


def _judged(game: SequenceGame, weights: Pair) -> Equilibrium:
    return _played(game, (behaviour_of(game.trees[0], weights[0]), behaviour_of(game.trees[1], weights[1])))


def _played(game: SequenceGame, behaviour: Pair) -> Equilibrium:
    begun = clock.perf_counter()
    plans = (plan_of(game.trees[0], behaviour[0]), plan_of(game.trees[1], behaviour[1]))
    return Equilibrium(behaviour, plans, exploitability(game, plans), clock.perf_counter() - begun)


def _off_path(game: SequenceGame, found: Equilibrium, deadline: float | None) -> Equilibrium:
    """Return an equilibrium as good in which nobody gains at a set either that is not reached, if one is found.

    Else what an agent does at sets that its own plan never reaches is a best reply to the other's plan.
    """
    if all((plan > 0).all() for plan in found.plans):
        return found
    program = compile_sequence_form(game)
    if len(program.value) <= TREMBLING_ENTRIES:
        most = max(found.found.gap, ROUNDING * float(found.found.beside.max()))
        for powers in trembling_plans(game, program, deadline):
            limit = _played(game, (limit_of(game.trees[0], powers[0]), limit_of(game.trees[1], powers[1])))
            if limit.found.gap <= most and _worst_gain(game, limit.behaviour, powers) <= OFF_PATH:
                return limit
    gains = game.payoffs[0] @ found.plans[1], found.plans[0] @ game.payoffs[1]
    first, second = (replies_off_path(*own) for own in zip(game.trees, gains, found.behaviour, strict=True))
    return _played(game, (first, second))


def _worst_gain(game: SequenceGame, behaviour: Pair, powers: Pair) -> float:
    payoffs = game.payoffs[0], sp.csr_array(game.payoffs[1].T)
    return max(local_gain(game.trees[i], payoffs[i], behaviour[i], powers[1 - i]) for i in range(2))
