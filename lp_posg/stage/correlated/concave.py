"""Correlated stage games with a concave objective: entropy, or a function of the agents' values.

A function of the values is maximised over the program of `correlated` to a proven bound (see `lp.tangents`). The
entropy is that of the distribution over the joint pure prescriptions of all agents at a state,

    max  -sum_g w(g) log w(g)   s.t.   w an equilibrium,

so all of them are enumerated. What is handed back plays as that distribution does: the same law of joint actions at
every private profile.

Source: Ortiz, Schapire and Kakade (2007), AISTATS, PMLR 2, 347-354 (maximum entropy correlated equilibria).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.lp import ProgramBlock, Values, solve_concave, solve_of_values
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock
from lp_posg.types import FloatArray

CONIC_ENTRIES = 200_000
"""Most entries of a conic program, which takes some seconds."""


def check_conic(entries: float, concept: str, objective: Objective, block: StageBlock) -> None:
    """Raise UnsupportedError if the programs of a block would be too large for an interior-point solver."""
    if entries > CONIC_ENTRIES:
        raise UnsupportedError(
            f"objective {objective.name!r} with concept {concept!r} at {block.where(0)}: the conic program would have"
            f" about {entries:.3g} entries (private informations {block.n_private}, actions {block.n_actions}; the"
            f" limit is {CONIC_ENTRIES}); use welfare, worst, agent:k, weighted:... or egalitarian, which generate"
            " columns, or share more"
        )


def concave_optima(
    programs: ProgramBlock,
    value: FloatArray,
    game: Scaled,
    objective: Objective,
    what: Callable[[int], str],
    deadline: float | None,
) -> tuple[FloatArray, int]:
    """Return the optimal y of each program, shape (B, n_y), and the number of programs solved.

    `programs`: their first n_y columns are y; costs are not used. `value`: shape (B, n, n_y); the agents' values by y,
    in scaled units. `what`: names the b-th game in an error.

    Raises ModelError, LimitError, SolveError as `solve_of_values`.
    """
    n_y = value.shape[2]
    found, solved = np.empty((len(programs), n_y)), 0
    for b in range(len(programs)):
        program, name = programs.program(b), f"{what(b)}, objective {objective.name!r}"
        if objective.of_law is not None:
            x, more = solve_concave(program, _of_first(objective.of_law, n_y), name, deadline), 2
        else:
            assert objective.concave is not None
            matrix = np.zeros((value.shape[1], programs.n_columns))
            matrix[:, :n_y] = value[b]
            values = Values(matrix, game.size[b], game.best[b])
            x, more = solve_of_values(program, values, objective.concave, name, deadline)
        found[b], solved = x[:n_y], solved + more
    return found, solved


def _of_first(goal: Callable[[Any], Any], n_y: int) -> Callable[[Any], Any]:
    return lambda x: goal(x[:n_y])
