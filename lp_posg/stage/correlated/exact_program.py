"""The programs of `whole_program` in whole numbers, solved without rounding.

Beside a penalty of 1e6, 1e-10 of the largest payoff, which a solver lets a row be missed by, can be worth a whole
payoff of the rest to whoever selects. Even rounding the numbers of the program may leave it without a solution where
its equilibria are few.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from lp_posg.lp import WholeProgram, WholeResult, solve_exactly
from lp_posg.stage.correlated.semi_compact import Form
from lp_posg.stage.correlated.whole_program import decode, gains_and_values, layout_of
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import BlockStrategy
from lp_posg.stage.whole_numbers import as_whole, digits_of, exactly

# Most numbers of a program solved so: some tenths of a second.
EXACT_ENTRIES = 4_000


def exact_equilibrium(block: StageBlock, objective: Objective, form: Form, what: str) -> BlockStrategy | None:
    """Return the selected equilibrium of one stage game (a block of one); None if that takes another way.

    `what`: names the game in an error.

    Raises LimitError, SolveError as `solve_exactly`.
    """
    if objective.is_conic or form.n_entries > EXACT_ENTRIES:
        return None
    frame = layout_of(form).frame
    digits = digits_of(block.payoff[0]) if frame.n_rows * frame.n_columns <= EXACT_ENTRIES else None
    if digits is None:
        return None
    program, value = _program(form, *exactly(partial(gains_and_values, form), digits))
    solve = partial(solve_exactly, what=what, deadline=block.deadline)
    if objective.weights is None:
        found, solved = _leximin(program, value, solve)
    else:
        found, solved = solve(_with_cost(program, -(as_whole(objective.weights) @ value))), 1
    y = np.array([[float(number) for number in found.x[: form.n_y]]])
    return decode(form, y, solved, "exact", 0.0)


def _program(form: Form, gains: Any, value: Any) -> tuple[WholeProgram, Any]:
    """Return the program without costs, and the agents' values by its columns, shape (n, n_columns)."""
    layout = layout_of(form)
    frame = layout.frame
    numbers = np.concatenate([gains[layout.source], _whole(layout.constants)])[layout.order]
    matrix = np.zeros((frame.n_rows, frame.n_columns), dtype=object)
    matrix[frame.index, np.repeat(np.arange(frame.n_columns), np.diff(frame.start))] = numbers
    none = np.zeros(frame.n_columns, dtype=object)
    equal, free = frame.row_lower == frame.row_upper, np.isinf(frame.lower)
    wider = np.concatenate([value, np.zeros((len(value), form.n_slack), dtype=object)], axis=1)
    return WholeProgram(none, matrix, _whole(frame.row_lower), equal, free), wider


def _whole(numbers: Any) -> Any:
    return numbers.astype(np.int64).astype(object)


def _with_cost(program: WholeProgram, cost: Any) -> WholeProgram:
    return WholeProgram(cost, program.matrix, program.lower, program.equal, program.free)


def _leximin(program: WholeProgram, value: Any, solve: Any) -> tuple[WholeResult, int]:
    """Return the optimum of the leximin, as `stage.aim` says, and how many programs that took."""
    (m, columns), n = program.matrix.shape, len(value)
    held: dict[int, Fraction] = {}
    solved = 0
    while len(held) < n:  # multipliers of what is not held sum to 1, so one at least is held each time
        solved += 1
        unit = np.array([held[i].denominator if i in held else 1 for i in range(n)], dtype=object)
        least = np.array([held[i].numerator if i in held else 0 for i in range(n)], dtype=object)
        t = np.array([0 if i in held else -1 for i in range(n)], dtype=object)
        matrix = np.zeros((m + n, columns + 1), dtype=object)
        matrix[:m, :-1], matrix[m:, :-1], matrix[m:, -1] = program.matrix, unit[:, None] * value, t
        found = solve(
            WholeProgram(
                np.append(program.cost, -1),
                matrix,
                np.concatenate([program.lower, least]),
                np.append(program.equal, np.zeros(n, dtype=bool)),
                np.append(program.free, True),
            )
        )
        held |= {i: found.x[-1] for i in range(n) if i not in held and found.dual[m + i] > 0}
    return found, solved
