"""Nash equilibrium of a stage game.

Two agents whose payoffs sum to a constant at each private profile: one linear program (`minimax`). Any number of agents
with the same payoffs: the team optimum is the Nash equilibrium best for all. One agent: the best reply. Any number of
agents in a zero-sum polymatrix game: `polymatrix`. Two agents otherwise: `two_agents`, and in small games
`extreme_equilibria`; more of them, in small games: `box_search`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.evaluate.kinds import KINDS
from lp_posg.game.protocols import Payoffs
from lp_posg.lp import entropy
from lp_posg.stage.extremes import solve_with_extremes
from lp_posg.stage.minimax import SAME_PAYOFF, below_best, constant_sum, minimax_nash
from lp_posg.stage.nash.box_search import ENTRY_LIMIT, best_nash
from lp_posg.stage.nash.extreme_equilibria import exact_nash
from lp_posg.stage.nash.polymatrix import most_random_nash, pairs_of, polymatrix_nash
from lp_posg.stage.nash.two_agents import selected_nash
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, scaled
from lp_posg.stage.shortcuts import shortcuts_first
from lp_posg.stage.strategy import BlockStrategy, joined
from lp_posg.stage.team import Team
from lp_posg.types import BoolArray

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

    def solves_apart(self, block: StageBlock, objective: Objective) -> bool:
        """Whether a game may need a mixed-integer program or a search of its own."""
        together = common_payoff(block) & objective.is_monotone | constant_sum(block) & (block.n_agents == 2)
        return block.n_agents > 1 and not together.all()

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
            return minimax_nash(block, self.name)
        pairs = pairs_of(scaled(block))
        polymatrix = pairs.is_zero_sum()
        entries = block.payoff[0, 0].size
        parts = []
        for b in range(len(block)):
            one = block.part(slice(b, b + 1))
            if constant[b]:
                parts.append(minimax_nash(one, self.name))
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
    shifted, size = below_best(block)
    spread = np.ptp(shifted, axis=1).reshape(len(block), -1).max(axis=1)
    return np.asarray(spread <= SAME_PAYOFF * size)
