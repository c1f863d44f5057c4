"""The sequence form of a partially observable stochastic game, over full private histories.

An agent's *information set* at a step is all that it has learnt: the joint increments so far, its
private information, and its own actions. Own actions are kept by every agent, also where the
structure leaves them out of its private information ("forgotten"): perfect recall, which is all
that the sequence form asks for. Beliefs may depend on strategies, so no structure is ruled out.

A pair of information sets, one per agent, tells all past actions, so that the weight of a state at
it, the product of nature's probabilities alone, is one number: joint histories are merged by
(state, both information sets), which loses nothing.

Source: von Stengel (1996), Games and Economic Behavior 14, 220-246, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from lp_posg.deadline import check_time
from lp_posg.game import Game
from lp_posg.information import SharingStructure
from lp_posg.information.lookup import rows_of
from lp_posg.information.tables import SplitTable
from lp_posg.information.tabulation import Tabulation
from lp_posg.information.tracking import split_first, split_flat
from lp_posg.trees.exact_laws import first_law
from lp_posg.trees.sequence.form import InformationTree, SequenceGame, common_part
from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only

Watch = Callable[[int, int, int], None]
"""(time, entries so far, entries to come at this step); raises when there are too many, or no time is left."""


@dataclass(frozen=True, eq=False)
class HistoryTree(InformationTree):
    """One agent's information sets over its private histories; own depth is the step, and each set has A_i actions."""

    # increment and private: shape (K,): what the agent has learnt last: the flat joint increment, and its private
    # information, as indices of the step's `SplitTable`
    increment: IntArray
    private: IntArray

    def __post_init__(self) -> None:
        super().__post_init__()
        read_only(self.increment, self.private)


@dataclass(frozen=True, eq=False)
class HistoryGame(SequenceGame):
    """The sequence form of a game over private histories."""

    trees: tuple[HistoryTree, HistoryTree]
    tables: tuple[SplitTable, ...]  # What the indices in the trees stand for
    n_histories: int  # Number of (state, both information sets) of positive probability
    # tuple per step of int arrays, shape (2, R): the pairs of information sets that can be reached together, each
    # counted from the first of the step
    pairs: tuple[IntArray, ...]
    # tuple per step of float arrays, shape (R,): nature's probability of coming to each pair, if the agents act so as
    # to
    pair_weight: tuple[FloatArray, ...]


@dataclass(frozen=True)
class _Front:
    """Pairs of information sets of one step, R of them."""

    # sets and private: shape (2, R): information set of each agent, counted from the first of the step, and private
    # information
    sets: IntArray
    private: IntArray
    # CSR array, shape (R, S): nature's probability of coming to the pair and the state, if the agents act so as to
    weight: SparseMatrix


@dataclass
class _Levels:
    """What is known so far, one entry per step."""

    tables: list[SplitTable] = field(default_factory=list)
    parent: tuple[list[IntArray], list[IntArray]] = field(default_factory=lambda: ([], []))
    increment: tuple[list[IntArray], list[IntArray]] = field(default_factory=lambda: ([], []))
    private: tuple[list[IntArray], list[IntArray]] = field(default_factory=lambda: ([], []))
    pairs: list[IntArray] = field(default_factory=list)
    weight: list[FloatArray] = field(default_factory=list)
    payoff: list[FloatArray] = field(default_factory=list)
    offset: tuple[float, float] = (0.0, 0.0)
    n_histories: int = 0
    n_entries: int = 0


def sequence_game(game: Game, structure: SharingStructure, horizon: int, watch: Watch) -> HistoryGame:
    """Return the sequence form of a game of two agents.

    Raises ModelError if the structure has imperfect recall of observations. Raises UnsupportedError if private
    information grows beyond what is tabulated.

    Parameters
    ----------
    watch : callable
        Called before each step with what it will cost.

    Notes
    -----
    Time and memory are proportional to the number of (both information sets, state, joint action,
    next state, joint observation) of positive probability, times a logarithm for sorting.
    """
    levels = _Levels()
    tabulation = Tabulation(game, structure)
    front = _first_front(game, tabulation.tables[0], levels)
    for time in range(horizon):
        # Also at the last step: the payoffs of its pairs are yet to come.
        watch(time, levels.n_entries, _step_entries(game, time, front, last=time == horizon - 1))
        _add_payoffs(game, time, front, levels)
        if time < horizon - 1:
            front = _next_front(game, time, tabulation.step(), front, levels)
    check_time(f"bringing game {game.name!r} into sequence form", phase="expand")
    starts = [np.concatenate([[0], np.cumsum([len(part) for part in own])]) for own in levels.parent]
    trees = tuple(_tree(levels, i, starts[i], game.n_actions[i]) for i in range(2))
    tables, pairs, weight = tuple(levels.tables), tuple(levels.pairs), tuple(levels.weight)
    payoffs = _payoffs(game, levels, starts)
    return HistoryGame((trees[0], trees[1]), payoffs, tables, levels.n_histories, pairs, weight, offset=levels.offset)


def _step_entries(game: Game, time: int, front: _Front, last: bool) -> int:
    """Return how many numbers this step's payoffs and its expansion take."""
    payoffs = front.weight.shape[0] * game.n_joint_actions
    if last:
        return int(payoffs)
    moves, law = game.transition_matrix(time), game.observation_matrix(time)
    seen = np.append(0, np.cumsum(np.diff(law.indptr)[moves.indices]))
    spread = seen[moves.indptr[1:]] - seen[moves.indptr[:-1]]  # by state
    return int(payoffs + spread[front.weight.indices].sum())


def information_sets(
    table: SplitTable, before: IntArray, increment: IntArray, profile: IntArray
) -> tuple[IntArray, IntArray, list[IntArray]]:
    """Return what each agent knows where R histories have come to, its private information and its information set.

    `before` are the agents' last own sequences, shape (n, R), -1 if none; `increment` and `profile` what has been
    learnt since, shape (R,). Sets are numbered from 0 for each agent; the last is one history of each set.
    """
    private = np.array(np.unravel_index(profile, table.n_next), dtype=np.int64)
    sets, examples = np.empty_like(private), []
    for agent, last in enumerate(before):
        check_time("numbering information sets", phase="expand")
        _, learnt = np.unique(increment * table.n_next[agent] + private[agent], return_inverse=True)
        key = (last + 1) * (int(learnt.max()) + 1) + learnt
        _, example, sets[agent] = np.unique(key, return_index=True, return_inverse=True)
        examples.append(example)
    return private, sets, examples


def _first_front(game: Game, table: SplitTable, levels: _Levels) -> _Front:
    joint = sp.coo_array(first_law(game))
    state, observation = joint.row.astype(np.int64), joint.col.astype(np.int64)
    z, p = split_first(table, observation)
    return _front(levels, table, np.full((2, len(state)), -1), z, p, state, joint.data, game.n_states)


def _next_front(game: Game, time: int, table: SplitTable, front: _Front, levels: _Levels) -> _Front:
    doing = f"bringing game {game.name!r} into sequence form, at step {time + 1}"
    moved = sp.csr_array(front.weight @ game.transition_matrix(time))
    pair = np.repeat(np.arange(moved.shape[0]), np.diff(moved.indptr))
    check_time(doing, phase="expand", time=time)
    take, observation, chance = rows_of(game.observation_matrix(time), moved.indices)
    pair, weight = pair[take], moved.data[take] * chance
    action, state = np.divmod(moved.indices[take].astype(np.int64), game.n_states)
    check_time(doing, phase="expand", time=time)
    z, p = split_flat(table, front.private[:, pair], action, observation, game)
    first = [sum(len(part) for part in own[:-1]) for own in levels.parent]
    check_time(doing, phase="expand", time=time)
    own_action = np.unravel_index(action, game.n_actions)
    before = np.stack([(first[i] + front.sets[i, pair]) * game.n_actions[i] + own_action[i] for i in range(2)])
    return _front(levels, table, before, z, p, state, weight, game.n_states)


def _front(
    levels: _Levels, table: SplitTable, before: IntArray, increment: IntArray, profile: IntArray, state: IntArray,
    weight: FloatArray, n_states: int,
) -> _Front:  # fmt: skip
    """Return the pairs that entries lead to, and note their information sets; one entry per row of the arguments."""
    possible = weight > 0
    if not possible.all():
        before = before[:, possible]
        weight = weight[possible]
        increment, profile, state = (part[possible] for part in (increment, profile, state))
    private, sets, examples = information_sets(table, before, increment, profile)
    for i, example in enumerate(examples):
        levels.parent[i].append(before[i, example])
        levels.increment[i].append(increment[example])
        levels.private[i].append(private[i, example])
    check_time("numbering information sets", phase="expand")
    _, first, pair = np.unique(sets[0] * (int(sets[1].max()) + 1) + sets[1], return_index=True, return_inverse=True)
    rows = sp.csr_array(sp.coo_array((weight, (pair, state)), shape=(len(first), n_states)))
    rows.sum_duplicates()
    levels.tables.append(table)
    levels.n_histories += rows.nnz
    return _Front(sets[:, first], private[:, first], rows)


def _add_payoffs(game: Game, time: int, front: _Front, levels: _Levels) -> None:
    """Note each agent's discounted reward at every pair and joint action, shape (2, R, A), and what all pay."""
    reward, possible = game.reward_array(time), np.unique(front.weight.indices)
    common = [common_part(reward[i][possible]) for i in range(2)]
    factor = game.discount**time
    levels.payoff.append(factor * np.stack([front.weight @ (reward[i] - common[i]) for i in range(2)]))
    levels.offset = (levels.offset[0] + factor * common[0], levels.offset[1] + factor * common[1])
    levels.pairs.append(front.sets)
    levels.weight.append(np.asarray(front.weight.sum(axis=1)).ravel())
    levels.n_entries += levels.payoff[-1][0].size


def _payoffs(game: Game, levels: _Levels, starts: list[IntArray]) -> tuple[SparseMatrix, SparseMatrix]:
    action = np.unravel_index(np.arange(game.n_joint_actions), game.n_actions)
    row, column = (
        np.concatenate(
            [
                ((starts[i][time] + sets[i])[:, None] * game.n_actions[i] + action[i]).ravel()
                for time, sets in enumerate(levels.pairs)
            ]
        )
        for i in range(2)
    )
    shape = tuple(int(starts[i][-1]) * game.n_actions[i] for i in range(2))
    found = []
    for i in range(2):
        values = np.concatenate([part[i].ravel() for part in levels.payoff])
        found.append(sp.csr_array(sp.coo_array((values, (row, column)), shape=shape)))
        found[i].eliminate_zeros()
    return found[0], found[1]


def _tree(levels: _Levels, agent: int, start: IntArray, n_actions: int) -> HistoryTree:
    parts = (levels.parent[agent], levels.increment[agent], levels.private[agent])
    parent, increment, private = (np.concatenate(part) for part in parts)
    first = n_actions * np.arange(len(parent) + 1)
    return HistoryTree(start, first, parent, increment, private)
