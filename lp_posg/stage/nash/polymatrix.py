"""Nash equilibrium of a zero-sum polymatrix stage game of any number of agents, by linear programs.

Each agent's payoff is a sum over the others, at each private profile p,

    U_i[p, a] = alone_i[p, a_i] + sum over j of with_ij[p, a_i, a_j],

and, summed over everyone else's private information, what depends on the actions of both of a pair adds up to nothing
between the two (the rest of with_ij, in a_j or a_i alone, may be anything). Then

    E_i(p_i, a_i) = alone_i + sum over j, p_j, a_j of with_ij x_j(a_j | p_j)

is linear in the others' prescriptions, the sum of all agents' values is linear in all prescriptions, and

    min  sum over i, p_i of v_i(p_i)  -  the sum of all values
    s.t. v_i(p_i) >= E_i(p_i, a_i)              for all i, p_i, a_i
         x_i(. | p_i) a distribution            for all i, p_i

is the sum of all regrets: never negative, and 0 exactly at the Nash equilibria, of which there is one. They are
therefore a polytope: the feasible points complementary to the multipliers of this program. Over it a second program
maximises the objective in the values sum over p_i of v_i(p_i).

Source: Cai, Candogan, Daskalakis and Papadimitriou (2016), Zero-sum polymatrix games: a generalization of minmax,
Mathematics of Operations Research 41(2), 648-655; here with one distribution per private information.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lp_posg.errors import LimitError, SolveError
from lp_posg.lp import LinearProgram, LPResult, entropy, solve_concave, solve_program
from lp_posg.stage.aim import Aim
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import Scaled, StageBlock, by_agent, scaled
from lp_posg.stage.strategy import BlockStrategy, as_distribution, one_atom
from lp_posg.types import BoolArray, FloatArray

# Payoffs are a sum over pairs, and pairs zero-sum, if off by at most this, relative to what is at stake.
POLYMATRIX_TOL = 1e-10


@dataclass(frozen=True, eq=False)
class Pairs:
    """The best sums over pairs (least squares) for the payoffs of B stage games, and how far they are off."""

    # per agent, shape (B, k_i A_i); in each agent's own unit, as `Scaled`; summed over the others' private information
    alone: tuple[FloatArray, ...]
    # per agent, shape (B, k_i A_i, sum of k_j A_j); what the others' prescriptions add; zero in the agent's own columns
    along: tuple[FloatArray, ...]
    remainder: (
        FloatArray  # shape (B, n); largest part of each agent's payoff that is no sum over pairs, in its own unit
    )
    # shape (B, n, n); largest payoff in the actions of both of a pair that does not cancel, in the smaller unit of the
    # two
    unbalanced: FloatArray
    # shape (B, n); each agent's unit by the largest of those it plays with, directly or through others. What others
    # play among themselves may be in units so large that the agent's own payoffs would be rounding beside them
    weight: FloatArray
    # shape (B, sum of k_j A_j); the sum of all scaled values, so weighted, by prescription, once the pairs cancel
    total: FloatArray

    def is_zero_sum(self) -> BoolArray:
        """Return which games are zero-sum polymatrix, a bool array of shape (B,)."""
        return np.asarray(np.maximum(self.remainder.max(axis=1), self.unbalanced.max(axis=(1, 2))) <= POLYMATRIX_TOL)

    def why_not(self, row: int) -> str:
        """Return what keeps one game from it, for a message."""
        agent = int(self.remainder[row].argmax())
        if self.remainder[row, agent] > POLYMATRIX_TOL:
            return (
                f"the payoff of agent {agent + 1} is no sum over pairs of agents"
                f" (off by {self.remainder[row, agent]:.2g} of what it has at stake)"
            )
        i, j = np.unravel_index(int(self.unbalanced[row].argmax()), self.unbalanced[row].shape)
        return (
            f"what agents {min(i, j) + 1} and {max(i, j) + 1} do to each other is not zero-sum"
            f" (off by {self.unbalanced[row].max():.2g} of what is at stake)"
        )


def pairs_of(game: Scaled) -> Pairs:
    """Return the payoffs of each game as sums over pairs of agents, as nearly as that can be."""
    size, n = game.size.shape
    private, actions = range(1, 1 + n), range(1 + n, 1 + 2 * n)  # axes of one agent's payoffs
    n_private, n_actions = game.payoff.shape[2 : 2 + n], game.payoff.shape[2 + n :]
    first = np.concatenate([[0], np.cumsum(np.multiply(n_private, n_actions))])
    total = np.zeros((size, first[-1]))
    remainder, unbalanced = np.zeros((size, n)), np.zeros((size, n, n))
    alone, along = [], []
    both: dict[tuple[int, int], FloatArray] = {}  # (B, k_i, A_i, k_j, A_j): in both actions only
    by_other: dict[tuple[int, int], FloatArray] = {}  # (B, k_j A_j): of i, in j's action only
    for i in range(n):
        own = game.payoff[:, i]
        mean = own.mean(axis=_but(actions, i), keepdims=True)
        rest = own - mean
        mine = mean.sum(axis=_but(private, i)).reshape(size, -1)
        others = np.zeros((size, mine.shape[1], first[-1]))
        for j in set(range(n)) - {i}:
            pair = own.mean(axis=_but(actions, i, j), keepdims=True) - mean
            rest = rest - pair
            summed = pair.sum(axis=_but(private, i, j))
            summed = summed.reshape(size, *_in_order(i, j, n_private), *_in_order(i, j, n_actions))
            turned = summed.transpose(0, *((1, 3, 2, 4) if i < j else (2, 4, 1, 3)))
            others[:, :, first[j] : first[j + 1]] = turned.reshape(size, mine.shape[1], -1)
            whatever = turned.mean(axis=2, keepdims=True)
            both[i, j] = turned - whatever
            by_other[i, j] = whatever.sum(axis=1).reshape(size, -1)
        alone.append(mine)
        along.append(others)
        remainder[:, i] = np.abs(rest).reshape(size, -1).max(axis=1)
    weight = _weights(game, both)
    for i in range(n):
        total[:, first[i] : first[i + 1]] += weight[:, i, None] * alone[i]
    for i, j in both:
        total[:, first[j] : first[j + 1]] += weight[:, i, None] * by_other[i, j]
        mine, theirs = (weight[:, k].reshape(-1, 1, 1, 1, 1) for k in (i, j))
        left = np.abs(mine * both[i, j] + theirs * both[j, i].transpose(0, 3, 4, 1, 2)).reshape(size, -1).max(axis=1)
        least = np.minimum(np.where(weight[:, i] > 0, weight[:, i], 1.0), np.where(weight[:, j] > 0, weight[:, j], 1.0))
        unbalanced[:, i, j] = left / least
    return Pairs(tuple(alone), tuple(along), remainder, unbalanced, weight, total)


def _weights(game: Scaled, both: dict[tuple[int, int], FloatArray]) -> FloatArray:
    """Return each agent's unit by the largest of its component: agents linked by payoffs in the actions of two."""
    size, n = game.size.shape
    linked = np.tile(np.eye(n, dtype=bool), (size, 1, 1))
    for (i, j), payoff in both.items():
        touched = np.abs(payoff).reshape(size, -1).max(axis=1) > POLYMATRIX_TOL
        linked[:, i, j] |= touched
        linked[:, j, i] |= touched
    for _ in range(n):
        linked = (linked[:, :, :, None] & linked[:, None, :, :]).any(axis=2)
    unit = np.where(linked, game.size[:, None, :], 0.0).max(axis=2)
    return np.asarray(game.size / np.where(unit > 0, unit, 1.0))


def _but(axes: range, *agents: int) -> tuple[int, ...]:
    """Return the axes of all agents but some."""
    return tuple(axis for i, axis in enumerate(axes) if i not in agents)


def _in_order(i: int, j: int, number: tuple[int, ...]) -> tuple[int, int]:
    return number[min(i, j)], number[max(i, j)]


# A multiplier beyond this, in the agent's own unit, is not 0: its row or bound is tight in every equilibrium.
BINDING = 1e-9
ROUNDING = 1e-14  # no multiplier of this size means anything; for agents with nothing at stake
# Sums of values that differ by at most this, in the unit of the largest payoff, leave nothing to select.
SAME_TOTAL = 1e-12
REGRET_SLACK = 1e-9  # what the sum of regrets may be of equilibria to select from, where multipliers cannot decide


def polymatrix_nash(block: StageBlock, pairs: Pairs, row: int, objective: Objective) -> BlockStrategy:
    """Return the Nash equilibrium of one zero-sum polymatrix game of a block that the objective selects.

    `pairs`: of the block's scaled payoffs.

    Raises SolveError if a program cannot be solved.
    """
    game = scaled(block.part(slice(row, row + 1)))
    what = f"stage LP at {block.where(row)} (concept 'ne', zero-sum polymatrix)"
    frame = _Frame.of(game, pairs, row, block.n_private, block.n_actions)
    found = solve_program(frame.program(-frame.total, frame.weight), what, block.deadline)
    x, solved = found.x, 1
    if frame.selects(objective):
        try:
            x, more = _selected(frame.at_equilibria(found), game, objective, what, block.deadline)
        except LimitError:
            raise
        except SolveError:
            # Where a private profile is most improbable a multiplier may be rounding, and mark as tight what is not.
            x, more = _selected(frame.near_equilibria(found), game, objective, what, block.deadline)
        solved += more
    parts = by_agent(x, block.n_private, block.n_actions)
    return one_atom([as_distribution(part) for part in parts], solved, "program")


def most_random_nash(block: StageBlock, pairs: Pairs, row: int) -> BlockStrategy:
    """Return the Nash equilibrium of one zero-sum polymatrix game of a block with the most entropy.

    That of the law of all pure prescriptions is the sum of those of the prescriptions: agents draw independently.

    `pairs`: of the block's scaled payoffs.

    Raises LimitError, SolveError as `solve_concave`.
    """
    what = f"conic program at {block.where(row)} (concept 'ne', zero-sum, objective 'entropy')"
    frame = _Frame.of(scaled(block.part(slice(row, row + 1))), pairs, row, block.n_private, block.n_actions)
    found = solve_program(frame.program(-frame.total, frame.weight), what, block.deadline)
    n_x, n_v = len(frame.total), len(frame.weight)
    program = frame.at_equilibria(found).program(np.zeros(n_x), np.zeros(n_v))
    x = solve_concave(program, lambda x: entropy(x[:n_x]), what, block.deadline)
    parts = by_agent(x, block.n_private, block.n_actions)
    return one_atom([as_distribution(part) for part in parts], 3, "conic")


def _selected(
    face: _Frame, game: Scaled, objective: Objective, what: str, deadline: float | None
) -> tuple[FloatArray, int]:
    """Return the point of a polytope of equilibria that the objective selects, and how many programs that took."""
    aim, solved = Aim.of(objective, game), 0
    while True:
        found = solve_program(face.towards(aim), what, deadline)
        solved += 1
        aim = aim.then(game, found.dual[None, len(found.dual) - aim.rows.shape[1] :], found.x[None, -1])
        if not aim.active.any():
            return found.x, solved


@dataclass(frozen=True, eq=False)
class _Frame:
    """The rows all programs of one game share; columns x_1, .., x_n, then v_1, .., v_n in each agent's own unit.

    Rows: ``v_i(p_i) - what others add >= alone``, one per column of x; then the distributions.
    """

    matrix: FloatArray  # shape (n_x + n_v, n_x + n_v)
    # row_lower, row_upper, upper: shape (n_x + n_v,)
    row_lower: FloatArray
    row_upper: FloatArray
    upper: FloatArray
    total: FloatArray  # shape (n_x,); as in `Pairs`
    weight: FloatArray  # shape (n_v,); as in `Pairs`, at each private information
    one_unit: bool  # whether the weights are those of the agents' units in the whole game
    n_private: tuple[int, ...]
    n_actions: tuple[int, ...]

    @staticmethod
    def of(game: Scaled, pairs: Pairs, row: int, n_private: tuple[int, ...], n_actions: tuple[int, ...]) -> _Frame:
        owner = np.repeat(np.arange(sum(n_private)), np.repeat(n_actions, n_private))  # private information of a column
        member = np.eye(sum(n_private))[owner]
        n_x, n_v = member.shape
        matrix = np.zeros((n_x + n_v, n_x + n_v))
        matrix[:n_x, :n_x] = -np.concatenate([own[row] for own in pairs.along])
        matrix[:n_x, n_x:] = member
        matrix[n_x:, :n_x] = member.T
        return _Frame(
            matrix,
            np.concatenate([*(own[row] for own in pairs.alone), np.ones(n_v)]),
            np.concatenate([np.full(n_x, np.inf), np.ones(n_v)]),
            np.full(n_x + n_v, np.inf),  # rather than 1, whose multiplier would hide that another column is 0
            pairs.total[row],
            np.repeat(pairs.weight[row], n_private),
            bool((pairs.weight[row] == game.size[0] / (game.size[0].max() or 1.0)).all()),
            n_private,
            n_actions,
        )

    def selects(self, objective: Objective) -> bool:
        """Whether equilibria may differ in the objective."""
        if not (objective.counts_all_alike and self.one_unit):
            return True
        ends = np.cumsum(np.repeat(self.n_actions, self.n_private))[:-1]
        return any(np.ptp(own) > SAME_TOTAL for own in np.split(self.total, ends))

    def at_equilibria(self, found: LPResult) -> _Frame:
        """Return the rows and bounds with what is tight in every equilibrium, by an optimum of the sum of regrets."""
        n_x = len(self.total)
        least = ROUNDING + BINDING * np.repeat(self.weight, np.repeat(self.n_actions, self.n_private))
        reduced = -self.total - self.matrix[:, :n_x].T @ found.dual
        row_upper, upper = self.row_upper.copy(), self.upper.copy()
        upper[:n_x][reduced > least] = 0.0
        tight = found.dual[:n_x] > least
        row_upper[:n_x][tight] = self.row_lower[:n_x][tight]
        return replace(self, row_upper=row_upper, upper=upper)

    def near_equilibria(self, found: LPResult) -> _Frame:
        """Return the rows and one more: that the sum of regrets is that of an optimum, but for rounding."""
        return replace(
            self,
            matrix=np.concatenate([self.matrix, [np.concatenate([-self.total, self.weight])]]),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, max(found.objective, 0.0) + REGRET_SLACK),
        )

    def towards(self, aim: Aim) -> LinearProgram:
        """Return the program of an aim: rows of values, and the last column is t, if it has some."""
        n, n_x, n_rows = len(self.n_private), len(self.total), aim.rows.shape[1]
        agent = np.repeat(np.arange(n), self.n_private)
        none, by_value = np.zeros(n_x), -aim.weight[0, agent]
        if not n_rows:
            return self.program(none, by_value)
        values = np.concatenate([np.zeros((n_rows, n_x)), aim.rows[0][:, agent]], axis=1)
        t = np.where(aim.active[0], -aim.along[0], 0.0)[:, None]
        wider = replace(
            self,
            matrix=np.block([[self.matrix, np.zeros((len(self.matrix), 1))], [values, t]]),
            row_lower=np.append(self.row_lower, aim.lower[0]),
            row_upper=np.append(self.row_upper, np.full(n_rows, np.inf)),
            upper=np.append(self.upper, np.inf),
        )
        return wider.program(none, np.append(by_value, -1.0))

    def program(self, by_x: FloatArray, by_rest: FloatArray) -> LinearProgram:
        """Return the program that minimises this."""
        lower = np.concatenate([np.zeros(len(by_x)), np.full(len(by_rest), -np.inf)])
        cost, rows = np.concatenate([by_x, by_rest]), (self.row_lower, self.row_upper)
        return LinearProgram.of(self.matrix, cost, (lower, self.upper), rows)
