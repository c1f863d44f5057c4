"""Nash equilibrium of a stage game.

Two agents whose payoffs sum to a constant at each private profile: one linear program,

    max  sum over p2 of v(p2)
    s.t. v(p2) <= sum over p1, a1 of x(a1 | p1) U_1[p1, p2, a1, a2]     for all p2, a2
         x(. | p1) a distribution for every p1

whose duals on the first rows are agent 2's prescription. Any number of agents with the same payoffs: the team optimum
is the Nash equilibrium best for all. One agent: the best reply. Any number of agents in a zero-sum polymatrix game:
`polymatrix`. Two agents otherwise: `two_agents`, and in small games `extreme_equilibria`; more of them, in small games:
`box_search`.

Source: Ponssard and Sorin (1980), Int. J. Game Theory 9, 21-32 (games with incomplete information by linear
programming); von Neumann's minimax theorem.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.evaluate.kinds import KINDS
from lp_posg.game.protocols import Payoffs
from lp_posg.lp import ProgramBlock, entropy, solve_block
from lp_posg.stage.extremes import solve_with_extremes
from lp_posg.stage.nash.box_search import ENTRY_LIMIT, best_nash
from lp_posg.stage.nash.extreme_equilibria import exact_nash
from lp_posg.stage.nash.polymatrix import most_random_nash, pairs_of, polymatrix_nash
from lp_posg.stage.nash.two_agents import selected_nash
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, scaled
from lp_posg.stage.shortcuts import shortcuts_first
from lp_posg.stage.strategy import BlockStrategy, as_distribution, joined, one_atom
from lp_posg.stage.team import Team
from lp_posg.types import BoolArray, FloatArray

# Payoffs that differ by at most this, relative to what is at stake in the stage game, count as equal.
SAME_PAYOFF = 1e-10
# Up to so many systems of equations enumeration without rounding takes less than a mixed-integer program, which can
# also be wrong (HiGHS 1.15 is, where payoffs are a hundred times others).
FEW_SYSTEMS = 100


class Nash:
    """Nash equilibrium: prescriptions drawn independently."""

    name = "ne"
    deviations = KINDS["ne"]

    def check_game(self, game: Payoffs) -> None:
        """Do nothing: of more than two agents, what their stage games are made of decides; see `solve`."""

    def check_objective(self, objective: Objective) -> None:
        """Raise UnsupportedError for an objective that takes a conic program, but for the entropy.

        Nash equilibria are no convex set, except in zero-sum games, where all have the same values.
        """
        if objective.is_conic and not _is_entropy(objective):
            raise _unavailable(objective, "")

    def check_selection(self, game: Payoffs, objective: Objective) -> None:
        """Raise UnsupportedError for the entropy if a game of two agents is not zero-sum."""
        if _is_entropy(objective) and len(game.agents) == 2 and not getattr(game, "is_zero_sum", True):
            raise _unavailable(objective, " where the game is not zero-sum")

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return a Nash equilibrium of each stage game: the one the objective selects.

        Raises UnsupportedError if a stage game of more than two agents has neither a common payoff (with any objective
        but `worst`) nor is zero-sum polymatrix, and has more than `ENTRY_LIMIT` pairs of a private profile and a joint
        action, or takes too many programs; or for the objective (see `check_objective`); SolveError if a program cannot
        be solved.
        """
        self.check_objective(objective)
        by_program = partial(shortcuts_first, by_program=self._by_program)
        return solve_with_extremes(block, objective, "interim", by_program, exact_nash, _selects)

    def _by_program(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        # With one payoff for all, the team optimum is an equilibrium and the best of those that gives all the most.
        if _is_entropy(objective):
            return _most_random(block, objective)
        common = common_payoff(block)
        teams = common & objective.is_monotone | (block.n_agents == 1)
        if teams.all():
            return Team().solve(block, objective)
        constant = constant_sum(block) & (block.n_agents == 2)
        if constant.all():
            return _minimax(block)
        pairs = pairs_of(scaled(block))
        polymatrix = pairs.is_zero_sum()
        entries = block.payoff[0, 0].size
        parts = []
        for b in range(len(block)):
            one = block.part(slice(b, b + 1))
            if constant[b]:
                parts.append(_minimax(one))
            elif teams[b]:
                parts.append(Team().solve(one, objective))
            elif polymatrix[b]:
                parts.append(polymatrix_nash(block, pairs, b, objective))
            elif block.n_agents == 2:
                parts.append(exact_nash(one, objective, FEW_SYSTEMS) or selected_nash(one, objective))
            elif entries <= ENTRY_LIMIT:
                parts.append(best_nash(one, objective))
            else:
                team = "the worst of a common payoff cannot be found" if common[b] else "its payoffs are not common"
                raise UnsupportedError(
                    f"concept 'ne' with objective {objective.name!r} is not available for {block.n_agents} agents in"
                    f" the stage game at {block.where(b)}: it has {entries} pairs of a private profile and a"
                    f" joint action, more than {ENTRY_LIMIT}; {team}, and they are not zero-sum polymatrix"
                    f" ({pairs.why_not(b)}); use 'ce', 'interim-cce' or 'cce'"
                )
        return joined(parts)


def _is_entropy(objective: Objective) -> bool:
    return objective.of_law is entropy


def _unavailable(objective: Objective, why: str) -> UnsupportedError:
    return UnsupportedError(
        f"concept 'ne' is not available with objective {objective.name!r}{why}; use welfare, worst, agent:k,"
        " weighted:... or egalitarian, or concept 'ce', 'interim-cce' or 'cce'"
    )


def _most_random(block: StageBlock, objective: Objective) -> BlockStrategy:
    """Return the Nash equilibrium of each zero-sum polymatrix game whose prescriptions have the most entropy.

    Raises UnsupportedError if one is none.
    """
    pairs = pairs_of(scaled(block))
    for b in np.flatnonzero(~pairs.is_zero_sum()).tolist():
        raise _unavailable(objective, f" in the stage game at {block.where(b)}, which is not zero-sum")
    return joined([most_random_nash(block, pairs, b) for b in range(len(block))])


def _selects(block: StageBlock) -> bool:
    """Whether equilibria of some of the games may differ in value."""
    return block.n_agents == 2 and not bool(constant_sum(block).all())


def common_payoff(block: StageBlock) -> BoolArray:
    """Return for each stage game whether all agents have the same incentives, shape (B,).

    That is, payoffs that differ between agents by what depends on the private profile alone.
    """
    shifted, size = _shifted(block)
    spread = np.ptp(shifted, axis=1).reshape(len(block), -1).max(axis=1)
    return np.asarray(spread <= SAME_PAYOFF * size)


def constant_sum(block: StageBlock) -> BoolArray:
    """Return for each stage game whether the payoffs sum to a number that no action changes, shape (B,)."""
    shifted, size = _shifted(block)
    total = shifted.sum(axis=1).reshape(len(block), int(np.prod(block.n_private)), -1)
    return np.asarray(np.ptp(total, axis=2).max(axis=1) <= SAME_PAYOFF * size)


def _shifted(block: StageBlock) -> tuple[FloatArray, FloatArray]:
    """Return the payoffs less each agent's best at each private profile, and their size (B,)."""
    top = block.payoff.max(axis=tuple(range(2 + block.n_agents, block.payoff.ndim)), keepdims=True)
    shifted = block.payoff - top
    return shifted, np.abs(shifted).reshape(len(block), -1).max(axis=1)


def _minimax(block: StageBlock) -> BlockStrategy:
    def what(row: int) -> str:
        return f"stage LP at {block.where(row)} (concept 'ne', zero-sum)"

    x, dual = solve_block(compile_minimax(scaled(block, from_top=False).payoff[:, 0]), what, block.deadline)
    (k1, k2), (n1, n2) = block.n_private, block.n_actions
    first = x[:, : k1 * n1].reshape(-1, k1, n1)
    second = dual[:, : k2 * n2].reshape(-1, k2, n2)
    return one_atom([as_distribution(first), as_distribution(second)], len(block), "program")


def compile_minimax(payoff: FloatArray) -> ProgramBlock:
    """Return the programs above for agent 1's payoffs, shape (B, k_1, k_2, A_1, A_2); columns x, then v."""
    size, k1, k2, n1, n2 = payoff.shape
    n_x, n_payoff_rows = k1 * n1, k2 * n2
    pattern = np.zeros((n_x + k2, n_payoff_rows + k1))  # by column of the program
    pattern[:n_x, :n_payoff_rows] = 1.0
    pattern[n_x:, :n_payoff_rows] = -np.repeat(np.eye(k2), n2, axis=1)
    pattern[:n_x, n_payoff_rows:] = np.repeat(np.eye(k1), n1, axis=0)
    column, index = np.nonzero(pattern)
    value = np.tile(pattern[column, index], (size, 1))
    value[:, (column < n_x) & (index < n_payoff_rows)] = payoff.transpose(0, 1, 3, 2, 4).reshape(size, -1)
    return ProgramBlock(
        cost=np.tile(np.concatenate([np.zeros(n_x), -np.ones(k2)]), (size, 1)),
        lower=np.concatenate([np.zeros(n_x), np.full(k2, -np.inf)]),
        upper=np.full(n_x + k2, np.inf),
        row_lower=np.concatenate([np.zeros(n_payoff_rows), np.ones(k1)]),
        row_upper=np.concatenate([np.full(n_payoff_rows, np.inf), np.ones(k1)]),
        start=np.searchsorted(column, np.arange(n_x + k2 + 1)).astype(np.int32),
        index=index.astype(np.int32),
        value=value,
    )
