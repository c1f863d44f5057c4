"""Equilibria in sequence form that are sensible off the path: limits of equilibria in which all actions tremble.

If every sequence after k own actions has a probability of at least ``e ** k``, no information set is unreached. Bounds
on agent 1's plan are bounds in the program of `equilibrium`, those on agent 2's change its costs, so for all small e
one basis is optimal, and both plans are polynomials in e. They are worked out power by power, without a small number:
what an agent does at a set is given by the lowest power that comes there. The limit is a quasi-perfect equilibrium, so
an agent can gain at none of its sets, given what the other does and the beliefs that the lowest powers make up. That is
judged by `response`; the basis comes from the program at some e, which may not be small enough.

Sources: van Damme (1984), Int. J. Game Theory 13, 1-13 (quasi-perfect equilibria); Miltersen and Sorensen (2010),
Economic Theory 42, 175-192 (by one program in a symbolic perturbation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from lp_posg.lp import LinearProgram, Status, WarmProgram, basic_at
from lp_posg.trees.sequence.form import InformationTree, SequenceGame
from lp_posg.types import FloatArray

TREMBLES = (1e-2, 5e-2, 1e-3, 1e-4)
"""Probabilities at which a basis is looked for."""

NOTHING = 1e-9
"""Coefficients of a plan up to this are rounding."""

MOST_POWERS = 40
"""Of more powers, as an agent has with so many moves in a row, doubles hold none; work grows with their square."""

Powers = tuple[FloatArray, FloatArray]
"""Each agent's plan, shape (D, L_i): the coefficient of each power of e."""


def trembling_plans(game: SequenceGame, program: LinearProgram, deadline: float | None) -> Iterator[Powers]:
    """Yield plans that may be the limit of trembles, for one size of tremble after another; none of very deep trees.

    `program`: as `compile_sequence_form` returns it.
    """
    least = [_depths(tree) for tree in game.trees]
    n_powers = 1 + max(int(depth.max()) for depth in least)
    if n_powers > MOST_POWERS:
        return
    # Coefficients by power, shape (D, ...), of the bounds of x and of the costs.
    lower, cost = (np.zeros((n_powers, program.n_columns)) for _ in range(2))
    of_second = np.zeros((n_powers, program.n_rows))
    lower[least[0], np.arange(len(least[0]))] = 1.0
    of_second[least[1], np.arange(len(least[1]))] = 1.0
    matrix = sp.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_columns))
    cost = -(of_second @ matrix)
    cost[0] += program.cost
    free = np.isfinite(program.lower)
    for tremble in TREMBLES:
        weight = tremble ** np.arange(n_powers)
        trembling = replace(program, cost=weight @ cost, lower=np.where(free, weight @ lower, program.lower))
        bounds = (trembling.lower, trembling.upper, trembling.row_lower, trembling.row_upper)
        result, end = WarmProgram(trembling).solve(*bounds, deadline=deadline)
        if result.status is Status.OPTIMAL and end is not None:
            found = _powers(program, matrix, lower, cost, end)
            if found is not None:
                x, dual = found
                second = of_second[:, : len(least[1])] + dual[:, : len(least[1])]
                yield x[:, : len(least[0])], second


def _depths(tree: InformationTree) -> np.ndarray:
    """Return how many own actions, this included, each sequence has, not counting sets without a choice; shape (L,)."""
    found = np.zeros(tree.n_sequences, dtype=np.int64)
    chosen = tree.counts > 1
    for depth in range(tree.n_depths):
        sets, own = tree.sets_at(depth), tree.sequences_at(depth)
        parent = tree.parent[sets]
        before = np.where(parent >= 0, found[np.maximum(parent, 0)], 0)
        found[own] = np.repeat(before + chosen[sets], tree.counts[sets])
    return found


def _powers(
    program: LinearProgram, matrix: sp.csc_array, lower: FloatArray, cost: FloatArray, end: object
) -> tuple[FloatArray, FloatArray] | None:
    """Return the coefficients of the solution and of its duals at a basis; None if that is singular."""
    basic, loose = basic_at(end)
    tight = ~loose
    if basic.sum() != tight.sum():
        return None
    square = sp.csc_array(matrix[tight][:, basic])
    try:
        from scipy.sparse.linalg import splu  # costs as much to import as a small game to solve

        factors = splu(square)
    except RuntimeError:
        return None
    rest = np.where(basic, 0.0, lower)
    right = -(rest @ matrix[tight].T)
    right[0] += program.row_lower[tight]
    x, dual = rest.copy(), np.zeros((len(lower), program.n_rows))
    x[:, basic] = factors.solve(right.T).T
    dual[:, tight] = factors.solve(cost[:, basic].T, trans="T").T
    return x, dual


def limit_of(tree: InformationTree, powers: FloatArray) -> FloatArray:
    """Return what is played in the limit, the probability of each action, shape (L,); uniform where nothing leads."""
    found, undecided = 1.0 / tree.counts[tree.set_of], np.ones(tree.n_sets, dtype=bool)
    size = max(1.0, float(np.abs(powers[0]).max()))
    for plan in powers:
        weight = np.where(plan > NOTHING * size, plan, 0.0)
        total = np.add.reduceat(weight, tree.first[:-1])
        now = undecided & (total > 0)
        here = now[tree.set_of]
        found[here] = (weight / np.where(total > 0, total, 1.0)[tree.set_of])[here]
        undecided &= ~now
    return found
