"""A partially observable stochastic game over some steps as a game tree with perfect recall.

A step is a move of each agent, one after the other, none seeing the others', then chance: next state and joint
observation. The first move is chance's too. An information set is that of `sequence.histories`: the joint increments so
far, the private information, and the agent's own actions. Where chance has one way only, it has no node.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import whole_number
from lp_posg.deadline import check_time
from lp_posg.errors import LimitError
from lp_posg.game import Game
from lp_posg.information import SharingStructure, check_horizon, sharing_structure
from lp_posg.information.describe import history_text, private_text
from lp_posg.information.lookup import rows_of
from lp_posg.information.tables import SplitTable
from lp_posg.information.tabulation import Tabulation
from lp_posg.information.tracking import split_first, split_flat
from lp_posg.trees.as_game import checked_posg
from lp_posg.trees.exact_laws import first_chances, first_law, next_chances, outcome_rows
from lp_posg.trees.nodes import CHANCE, TERMINAL, InformationSet
from lp_posg.trees.sequence.histories import information_sets
from lp_posg.trees.tree import NodeList, Tree
from lp_posg.types import IntArray

NODE_LIMIT = 1_000_000
"""Default of `max_nodes`: some 250 MB, and seconds (measured)."""


def unroll(game: Game, horizon: int, sharing: str | SharingStructure = "none", *, max_nodes: int = NODE_LIMIT) -> Tree:
    """Return a game over some steps as a tree.

    Parameters
    ----------
    game : Game
    horizon : int
    sharing : str or SharingStructure
        What the agents know; beliefs may depend on strategies.
    max_nodes : int
        Most nodes of the tree; they are counted before any is built.

    Raises
    ------
    ModelError
        If an option is not valid, or the structure has imperfect recall of observations.
    UnsupportedError
        If private information grows beyond what is tabulated.
    LimitError
        If there are more nodes than the limit; the message says how many.

    Notes
    -----
    The tree's numbers are fractions. A reward or discount becomes the one with a denominator of at most a million
    whose float it is, if there is one (1/3, 0.85), else the shortest decimal with that float; so does a probability,
    where a miss of 4 units in the last place counts as rounding. Where the fractions of a law do not sum to 1, the
    remainder is put on the largest, so that they do. A step's discounted rewards are the outcome of the branch that
    completes the joint action.

    Examples
    --------
    >>> import lp_posg as posg
    >>> tree = posg.trees.unroll(posg.catalog("matching-pennies"), 1)
    >>> tree.n_nodes, len(tree.sets), tree.sets[1].label
    (7, 2, 'step 1; common: nothing; private: nothing; own actions: none yet')
    """
    return unrolled_tree(game, horizon, sharing, max_nodes=max_nodes).tree


def unrolled_tree(
    game: Game, horizon: int, sharing: str | SharingStructure = "none", *, max_nodes: int = NODE_LIMIT
) -> UnrolledTree:
    """Return the tree that `unroll` returns, with what each information set knows; arguments as there."""
    game = checked_posg(game)
    whole_number("max_nodes", max_nodes)
    structure, steps = sharing_structure(sharing, game.n_agents), check_horizon(game, horizon)
    count = node_count(game, steps) if steps <= max_nodes else float(steps)  # each step has a node, at least
    if count > max_nodes:
        raise LimitError(
            f"game {game.name!r} over {steps} steps is a tree of {count:.6g} nodes, more than the limit of {max_nodes};"
            " plan fewer steps, or allow more with max_nodes in Python",
            limit="nodes",
            nodes=count,
        )
    unrolling = _Unrolling(game, structure, steps)
    return UnrolledTree(unrolling.result(), tuple(unrolling.known))


def node_count(game: Game, horizon: int) -> float:
    """Return the number of nodes of the tree, without building it; exact below 2^53, too small beyond 1e100."""
    start = first_law(game)
    many = np.asarray((start > 0).sum(axis=1), dtype=np.float64).ravel()  # histories by state
    total = float(many.sum() + (many.sum() > 1))
    moves = float(np.cumprod(game.n_actions, dtype=np.float64).sum())
    for time in range(horizon):
        total += many.sum() * moves
        if time == horizon - 1 or total > 1e100:
            break
        chance = game.transition_matrix(time)
        seen = np.diff(game.observation_matrix(time).indptr)
        spread = sp.csr_array((seen[chance.indices].astype(np.float64), chance.indices, chance.indptr), chance.shape)
        ways = spread.toarray().reshape(game.n_states, game.n_joint_actions, game.n_states)
        per_row = ways.sum(axis=2)
        total += float(many @ np.where(per_row > 1, per_row, 0.0).sum(axis=1))
        many = many @ ways.sum(axis=1)
    return total


@dataclass(frozen=True)
class Known:
    """What an agent knows at an information set."""

    news: tuple[int, ...]  # The flat joint increments so far, one per step up to this one
    private: int  # Its private information
    done: tuple[int, ...]  # Its own actions, one per step before


@dataclass(frozen=True, eq=False)
class UnrolledTree:
    """A game tree made by `unrolled_tree`."""

    tree: Tree
    # One per information set of the tree, in indices of the sharing structure, as strategies have them
    known: tuple[Known, ...]


@dataclass(frozen=True)
class _Front:
    """The R histories at the start of a step."""

    # node and state: shape (R,): where the first agent moves, and the state
    node: IntArray
    state: IntArray
    # sets and private: shape (n, R): each agent's information set among the tree's, and its private information
    sets: IntArray
    private: IntArray


class _Unrolling:
    """One game being unrolled."""

    def __init__(self, game: Game, structure: SharingStructure, horizon: int) -> None:
        self.game, self.structure, self.horizon = game, structure, horizon
        self.nodes = NodeList()
        self.sets: list[InformationSet] = []
        self.first = [0]  # sequences of set k are first[k]:first[k + 1]
        self.outcomes: dict[tuple[Fraction, ...], int] = {}
        self.tables: list[SplitTable] = []
        self.known: list[Known] = []

    def result(self) -> Tree:
        """Return the tree."""
        tabulation = Tabulation(self.game, self.structure)
        front = self._first(tabulation.tables[0])
        for time in range(self.horizon):
            check_time(f"unrolling game {self.game.name!r}, at step {time + 1}", time=time)
            ends = self._moves(time, front)
            if time < self.horizon - 1:
                front = self._chance(time, tabulation.step(), front, ends)
        check_time(f"unrolling game {self.game.name!r}")
        return self.nodes.tree(self.game.name, self.game.agents, tuple(self.sets), tuple(self.outcomes))

    # ---- chance -----------------------------------------------------------------------------------

    def _first(self, table: SplitTable) -> _Front:
        game = self.game
        law = sp.coo_array(first_law(game))
        state, observation = law.row.astype(np.int64), law.col.astype(np.int64)
        root = self.nodes.add(np.array([-1]), [""])
        node = np.repeat(root, len(state))
        if len(state) > 1:
            self.nodes.note(root, CHANCE)
            heard = game.has_initial_observation
            labels = self._labels(state, observation) if heard else [game.states[s] for s in state.tolist()]
            node = self.nodes.add(node, labels, first_chances(game, state, observation))
        z, p = split_first(table, observation)
        before = np.full((game.n_agents, len(state)), -1, dtype=np.int64)
        return self._front(0, table, before, z, p, node, state)

    def _labels(self, state: IntArray, observation: IntArray) -> list[str]:
        game = self.game
        heard = {o: " ".join(game.joint_observation_label(o)) for o in np.unique(observation).tolist()}
        return [f"{game.states[s]}; {heard[o]}" for s, o in zip(state.tolist(), observation.tolist(), strict=True)]

    def _chance(self, time: int, table: SplitTable, front: _Front, ends: IntArray) -> _Front:
        """Return the histories of the next step; `ends` are the nodes after the joint actions, shape (R, A)."""
        game = self.game
        n_joint = game.n_joint_actions
        take, column, _ = rows_of(game.transition_matrix(time), front.state)
        action, state = np.divmod(column, game.n_states)
        more, observation, _ = rows_of(game.observation_matrix(time), column)
        take, action, state = take[more], action[more], state[more]
        # Branches of one node are to stand together: by history, joint action, next state, observation.
        order = np.lexsort((observation, state, action, take))
        take, action, state, observation = (part[order] for part in (take, action, state, observation))
        group = take * n_joint + action
        many = np.bincount(group, minlength=len(front.node) * n_joint)
        node = ends[take, action]
        split = np.flatnonzero(many[group] > 1)
        self.nodes.note(ends.ravel()[many > 1], CHANCE)
        chances = next_chances(game, time, front.state[take[split]], action[split], state[split], observation[split])
        node[split] = self.nodes.add(node[split], self._labels(state[split], observation[split]), chances)
        z, p = split_flat(table, front.private[:, take], action, observation, game)
        own = np.unravel_index(action, game.n_actions)
        first = np.array(self.first)
        before = np.stack([first[front.sets[i, take]] + own[i] for i in range(game.n_agents)])
        return self._front(time + 1, table, before, z, p, node, state)

    # ---- the agents' moves ------------------------------------------------------------------------

    def _moves(self, time: int, front: _Front) -> IntArray:
        """Add the moves of a step, and return the nodes after them, shape (R, A)."""
        game = self.game
        node, history = front.node, np.arange(len(front.node))
        for agent, count in enumerate(game.n_actions):
            self.nodes.note(node, agent, front.sets[agent, history])
            labels = list(game.actions[agent]) * len(node)
            node = self.nodes.add(np.repeat(node, count), labels)
            history = np.repeat(history, count)
        ends = node.reshape(len(front.node), game.n_joint_actions)
        paid = self._paid(time)[front.state]
        self.nodes.note(node, TERMINAL, paid=paid.ravel())
        return ends

    def _paid(self, time: int) -> IntArray:
        """Return the outcome of each state and joint action at a step, -1 for nothing, shape (S, A)."""
        rows, of_row = outcome_rows(self.game, time)
        number = [self.outcomes.setdefault(row, len(self.outcomes)) if any(row) else -1 for row in rows]
        return np.array(number, dtype=np.int64)[of_row]

    # ---- information sets -------------------------------------------------------------------------

    def _front(
        self, time: int, table: SplitTable, before: IntArray, increment: IntArray, profile: IntArray, node: IntArray,
        state: IntArray,
    ) -> _Front:  # fmt: skip
        """Return the histories of a step, having noted their information sets; `before` as of `information_sets`."""
        self.tables.append(table)
        private, sets, examples = information_sets(table, before, increment, profile)
        for agent, example in enumerate(examples):
            sets[agent] += len(self.sets)
            self._add_sets(time, agent, before[agent, example], increment[example], private[agent, example])
        return _Front(node, state, sets, private)

    def _add_sets(self, time: int, agent: int, before: IntArray, increment: IntArray, private: IntArray) -> None:
        game = self.game
        start = np.array(self.first)
        for sequence, news, own in zip(before.tolist(), increment.tolist(), private.tolist(), strict=True):
            parent = int(start.searchsorted(sequence, side="right")) - 1
            before_it = self.known[parent] if sequence >= 0 else Known((), 0, ())
            done = (*before_it.done, sequence - int(start[parent])) if sequence >= 0 else ()
            found = Known((*before_it.news, news), own, done)
            self.known.append(found)
            self.sets.append(InformationSet(agent, self._words(time, agent, found), game.actions[agent]))
            self.first.append(self.first[-1] + game.n_actions[agent])

    def _words(self, time: int, agent: int, known: Known) -> str:
        game = self.game
        common = history_text(game, [self.tables[h].increment_label(z) for h, z in enumerate(known.news)])
        own = private_text(game, agent, self.tables[time].next_private[agent][known.private])
        acted = ", ".join(game.actions[agent][a] for a in known.done) or "none yet"
        return f"step {time + 1}; common: {common}; private: {own}; own actions: {acted}"
