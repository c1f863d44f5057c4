"""The linear program of a zero-sum game in sequence form.

    max  sum over agent 2's first information sets of v
    s.t. v(I) - sum of v(J), J after (I, a)  <=  (x A)(I, a)     for every sequence (I, a) of agent 2
         x a realisation plan of agent 1

with A agent 1's payoffs. The duals of the first rows are agent 2's plan. One variable or row per
sequence and information set: linear in the size of the tree, where the normal form is exponential.

Sources: von Stengel (1996), Games and Economic Behavior 14, 220-246; Koller, Megiddo and von
Stengel (1996), Games and Economic Behavior 14, 247-259.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.lp import LinearProgram, solve_program
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.types import FloatArray

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
