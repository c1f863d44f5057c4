"""The correlated concepts: which way a stage game is solved, by its size and the objective.

It is written down whole (`whole_program`, in the form of `semi_compact`), or by generating columns (`generation`), with
the incentives of `incentives`. With a concave objective the whole program goes to an interior-point solver: a function
of the agents' values is maximised to a proven bound (see `lp.tangents`). The entropy is that of the distribution over
the joint pure prescriptions of all agents at a state,

    max  -sum_g w(g) log w(g)   s.t.   w an equilibrium,

so all of them are enumerated. The strategy returned plays as that distribution does: it has the same law of joint
actions at every private profile.

Source: Ortiz, Schapire and Kakade (2007), AISTATS, PMLR 2, 347-354 (maximum entropy correlated equilibria).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.evaluate.kinds import KINDS
from lp_posg.game.protocols import Payoffs
from lp_posg.lp import ProgramBlock, Values, solve_block, solve_concave, solve_of_values
from lp_posg.stage.aim import Aim
from lp_posg.stage.correlated.exact_program import exact_equilibrium
from lp_posg.stage.correlated.generation import by_generation
from lp_posg.stage.correlated.incentives import Kind
from lp_posg.stage.correlated.pricing import check_pricing
from lp_posg.stage.correlated.semi_compact import Form, form_of
from lp_posg.stage.correlated.whole_program import compile_programs, decode, incentive_programs, layout_of
from lp_posg.stage.extremes import solve_with_extremes
from lp_posg.stage.minimax import constant_sum, minimax_nash
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock, scaled
from lp_posg.stage.shortcuts import shortcuts_first
from lp_posg.stage.strategy import BlockStrategy, arranged
from lp_posg.types import FloatArray

CONIC_ENTRIES = 200_000  # most entries of a conic program, which takes some seconds


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
    n_y, of_law = value.shape[2], objective.of_law
    found, solved = np.empty((len(programs), n_y)), 0
    for b in range(len(programs)):
        program, name = programs.program(b), f"{what(b)}, objective {objective.name!r}"
        if of_law is not None:
            x, more = solve_concave(program, lambda x: of_law(x[:n_y]), name, deadline), 2
        else:
            assert objective.concave is not None
            matrix = np.pad(value[b], ((0, 0), (0, programs.n_columns - n_y)))
            values = Values(matrix, game.size[b], game.best[b])
            x, more = solve_of_values(program, values, objective.concave, name, deadline)
        found[b], solved = x[:n_y], solved + more
    return found, solved


# Entries of the programs compiled at once: few enough to stay in the processor's cache (three times faster).
BATCH_ENTRIES = 50_000


class Correlated:
    """One of the correlated concepts.

    `name`: the name that users give. `kind`: {"ex-ante", "interim", "action", "prescription"}; when an agent decides to
    deviate: before it knows anything, knowing its private information, or knowing that and its recommended action, or
    its whole recommended prescription.
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

        Raises UnsupportedError if the integer programs that price columns, or the conic programs, would be too large;
        for kind ``prescription``, which generates no columns, if the whole program would be; SolveError if a program
        cannot be solved.
        """
        by_size = partial(shortcuts_first, by_program=self._by_kind)
        return solve_with_extremes(block, objective, self.kind, by_size, self._exactly)

    def _exactly(self, block: StageBlock, objective: Objective) -> BlockStrategy | None:
        form = form_of(block.n_private, block.n_actions, self.kind)
        return exact_equilibrium(block, objective, form, self._what(block, 0))

    def solves_apart(self, block: StageBlock, objective: Objective) -> bool:
        """Whether a game takes a conic program of its own."""
        return objective.is_conic

    def _by_kind(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return the strategies: of zero-sum games, where all equilibria have the same values, a Nash equilibrium."""
        if objective.is_conic:
            return self._by_conic(block, objective)
        constant = constant_sum(block) & (block.n_agents == 2)
        if constant.all():
            return minimax_nash(block, self.name)
        if not constant.any():
            return self._by_size(block, objective)
        rest = self._by_size(block.part(~constant), objective)
        return arranged(constant, minimax_nash(block.part(constant), self.name), rest)

    def _by_size(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        form = form_of(block.n_private, block.n_actions, self.kind)
        if self.kind == "prescription":
            form.check_size(self.name, block)
        if self.kind == "prescription" or form.written_down:
            return self._by_program(block, objective)
        check_pricing(block, self.name)
        return by_generation(block, objective, form, partial(self._what, block))

    def _by_program(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        form = form_of(block.n_private, block.n_actions, self.kind)
        step = max(1, BATCH_ENTRIES // len(layout_of(form).frame.index))
        batches = [block]
        if len(block) > step:
            batches = [block.part(slice(first, first + step)) for first in range(0, len(block), step)]
        y, n_programs = zip(*(self._optima(form, batch, objective) for batch in batches), strict=True)
        return decode(form, np.concatenate(y), sum(n_programs), "program", block.least_atom)

    def _optima(self, form: Form, block: StageBlock, objective: Objective) -> tuple[FloatArray, int]:
        """Return the optimal y of each game, shape (B, n_y), and the number of programs solved."""
        game, rows = scaled(block, from_top=not objective.is_linear), np.arange(len(block))
        y, n_programs, aim = np.empty((len(block), form.n_y)), 0, Aim.of(objective, game)
        while True:
            x, dual = self._solved(compile_programs(form, game, aim), block)
            y[rows] = x[:, : form.n_y]
            n_programs += len(rows)
            aim = aim.then(game, dual[:, dual.shape[1] - aim.rows.shape[1] :], x[:, -1])
            more = np.flatnonzero(aim.active.any(axis=1))
            if not len(more):
                return y, n_programs
            aim, game, block, rows = aim.part(more), game.part(more), block.part(more), rows[more]

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
        form = form_of(block.n_private, block.n_actions, self.kind, objective.of_law is not None)
        check_conic(form.n_entries, self.name, objective, block)
        game = scaled(block)
        programs, value = incentive_programs(form, game)
        y, solved = concave_optima(programs, value, game, objective, partial(self._what, block), block.deadline)
        return decode(form, y, solved, "conic")

    def _what(self, block: StageBlock, row: int) -> str:
        return f"stage LP at {block.where(row)} (concept {self.name!r})"
