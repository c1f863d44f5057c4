"""A partially observable stochastic game over some steps as a game tree with perfect recall.

A step is a move of each agent, one after the other, none seeing the others', then chance: next state and joint
observation. The first move is chance's too. An information set is what `sequence.tree` calls one: the joint increments
so far, the private information, and the agent's own actions. Where chance has one way only, it has no node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import whole_number
from lp_posg.errors import LimitError, ModelError
from lp_posg.game import Game
from lp_posg.information import SharingStructure, check_horizon, sharing_structure
from lp_posg.information.describe import history_text, private_text
from lp_posg.information.levels import rows_of
from lp_posg.information.tables import SplitTable, first_table, next_table
from lp_posg.information.tracking import split_first, split_flat
from lp_posg.trees.nodes import CHANCE, TERMINAL, InformationSet
from lp_posg.trees.tree import Tree
from lp_posg.types import IntArray, SparseMatrix

NODE_LIMIT = 1_000_000
"""Default of `max_nodes`: some 250 MB, and seconds (measured)."""

SIMPLE_DENOMINATOR = 10**6
"""A number that is the float of a fraction with no larger denominator is taken to be that fraction."""

CHANCE_UNITS = 4
"""So is a probability that misses it by this many units in the last place, which normalising a row can cost."""


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
    if not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    whole_number("max_nodes", max_nodes)
    structure, steps = sharing_structure(sharing, game.n_agents), check_horizon(game, horizon)
    count = node_count(game, steps)
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
    """Return the number of nodes of the tree, without building it; exact below 2^53."""
    start = _first_law(game)
    many = np.asarray((start > 0).sum(axis=1), dtype=np.float64).ravel()  # histories by state
    total = float(many.sum() + (many.sum() > 1))
    moves = float(np.cumprod(game.n_actions, dtype=np.float64).sum())
    for time in range(horizon):
        total += many.sum() * moves
        if time == horizon - 1:
            break
        chance = game.transition_matrix(time)
        seen = np.diff(game.observation_matrix(time).indptr)
        spread = sp.csr_array((seen[chance.indices].astype(np.float64), chance.indices, chance.indptr), chance.shape)
        ways = spread.toarray().reshape(game.n_states, game.n_joint_actions, game.n_states)
        per_row = ways.sum(axis=2)
        total += float(many @ np.where(per_row > 1, per_row, 0.0).sum(axis=1))
        many = many @ ways.sum(axis=1)
    return total


def exact(number: float, units: int = 0) -> Fraction:
    """Return the fraction that a float stands for: a simple one within some units in the last place, or the decimal.

    >>> exact(1 / 3), exact(0.85), exact(0.1 + 0.2), exact(0.1 + 0.2, CHANCE_UNITS)
    (Fraction(1, 3), Fraction(17, 20), Fraction(7500000000000001, 25000000000000000), Fraction(3, 10))
    """
    simple = Fraction(number).limit_denominator(SIMPLE_DENOMINATOR)
    near = abs(float(simple) - number) <= units * np.spacing(abs(number))
    return simple if near else Fraction(repr(float(number)))


def exact_law(chances: list[float]) -> list[Fraction]:
    """Return probabilities as fractions that sum to 1: the remainder goes to the first largest.

    >>> exact_law([1 - 0.9, 0.9])
    [Fraction(1, 10), Fraction(9, 10)]
    """
    found = [exact(p, CHANCE_UNITS) for p in chances]
    found[found.index(max(found))] += 1 - sum(found, Fraction(0))
    return found


@dataclass(frozen=True)
class Known:
    """What an agent knows at an information set.

    Attributes
    ----------
    news : tuple of int
        The flat joint increments so far, one per step up to this one.
    private : int
        Its private information.
    done : tuple of int
        Its own actions, one per step before.
    """

    news: tuple[int, ...]
    private: int
    done: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class UnrolledTree:
    """A game tree made by `unrolled_tree`.

    Attributes
    ----------
    tree : Tree
    known : tuple of Known
        One per information set of the tree, in indices of the sharing structure, as strategies have them.
    """

    tree: Tree
    known: tuple[Known, ...]


@dataclass(frozen=True)
class _Front:
    """The R histories at the start of a step.

    Attributes
    ----------
    node, state : int arrays, shape (R,)
        Where the first agent moves, and the state.
    sets, private : int arrays, shape (n, R)
        Each agent's information set among the tree's, and its private information.
    """

    node: IntArray
    state: IntArray
    sets: IntArray
    private: IntArray


@dataclass
class _Nodes:
    """What is known of the nodes so far, in parts."""

    parent: list[IntArray] = field(default_factory=list)
    owner: list[IntArray] = field(default_factory=list)
    information: list[IntArray] = field(default_factory=list)
    outcome: list[IntArray] = field(default_factory=list)
    probability: list[Fraction] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, parent: IntArray, labels: list[str], probability: list[Fraction] | None = None) -> IntArray:
        """Return the numbers of new nodes, whose owners are to be told."""
        blank = np.full(len(parent), -1, dtype=np.int64)
        self.parent.append(parent)
        self.owner.append(blank.copy())
        self.information.append(blank.copy())
        self.outcome.append(blank.copy())
        self.labels += labels
        self.probability += [Fraction(1)] * len(parent) if probability is None else probability
        self.size += len(parent)
        return np.arange(self.size - len(parent), self.size)


class _Unrolling:
    """One game being unrolled."""

    def __init__(self, game: Game, structure: SharingStructure, horizon: int) -> None:
        self.game, self.structure, self.horizon = game, structure, horizon
        self.nodes = _Nodes()
        self.sets: list[InformationSet] = []
        self.first = [0]  # sequences of set k are first[k]:first[k + 1]
        self.outcomes: dict[tuple[Fraction, ...], int] = {}
        self.tables: list[SplitTable] = []
        self.known: list[Known] = []
        self.told: list[tuple[IntArray, IntArray, IntArray, IntArray]] = []

    def result(self) -> Tree:
        """Return the tree."""
        table = first_table(self.game, self.structure)
        front = self._first(table)
        for time in range(self.horizon):
            ends = self._moves(time, front)
            if time < self.horizon - 1:
                table = next_table(self.game, self.structure, table.next_private)
                front = self._chance(time, table, front, ends)
        nodes = self.nodes
        parent, owner, information, outcome = (
            np.concatenate(part) for part in (nodes.parent, nodes.owner, nodes.information, nodes.outcome)
        )
        for node, own, known, paid in self.told:
            owner[node], information[node] = own, known
            outcome[node] = np.where(paid >= 0, paid, outcome[node])
        return Tree(
            self.game.name, self.game.agents, parent, owner, information, tuple(self.sets), tuple(nodes.probability),
            outcome, tuple(self.outcomes), tuple(nodes.labels),
        )  # fmt: skip

    # ---- chance -----------------------------------------------------------------------------------

    def _first(self, table: SplitTable) -> _Front:
        game = self.game
        law = sp.coo_array(_first_law(game))
        state, observation = law.row.astype(np.int64), law.col.astype(np.int64)
        root = self.nodes.add(np.array([-1]), [""])
        node = np.repeat(root, len(state))
        if len(state) > 1:
            self._tell(root, CHANCE)
            node = self.nodes.add(node, self._first_labels(state, observation), self._first_chances(state, observation))
        z, p = split_first(table, observation)
        before = np.full((game.n_agents, len(state)), -1, dtype=np.int64)
        return self._front(0, table, before, z, p, node, state)

    def _first_chances(self, state: IntArray, observation: IntArray) -> list[Fraction]:
        game = self.game
        seen = game.initial_observation_matrix
        start = dict(
            zip(
                np.flatnonzero(game.initial).tolist(),
                exact_law(game.initial[game.initial > 0].tolist()),
                strict=True,
            )
        )
        if seen is None:
            return [start[s] for s in state.tolist()]
        laws = {s: _exact_row(seen, s) for s in start}
        return [start[s] * laws[s][o] for s, o in zip(state.tolist(), observation.tolist(), strict=True)]

    def _first_labels(self, state: IntArray, observation: IntArray) -> list[str]:
        if not self.game.has_initial_observation:
            return [self.game.states[s] for s in state.tolist()]
        return self._labels(state, observation)

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
        self._tell(ends.ravel()[many > 1], CHANCE)
        chances = self._chances(time, front.state[take[split]], action[split], state[split], observation[split])
        node[split] = self.nodes.add(node[split], self._labels(state[split], observation[split]), chances)
        z, p = split_flat(table, front.private[:, take], action, observation, game)
        own = np.unravel_index(action, game.n_actions)
        first = np.array(self.first)
        before = np.stack([first[front.sets[i, take]] + own[i] for i in range(game.n_agents)])
        return self._front(time + 1, table, before, z, p, node, state)

    def _chances(
        self, time: int, before: IntArray, action: IntArray, state: IntArray, observation: IntArray
    ) -> list[Fraction]:
        game = self.game
        moves, law = game.transition_matrix(time), game.observation_matrix(time)
        seen: dict[int, dict[int, Fraction]] = {}
        reached: dict[tuple[int, int], dict[int, Fraction]] = {}
        found = []
        for s, a, then, o in zip(before.tolist(), action.tolist(), state.tolist(), observation.tolist(), strict=True):
            if (s, a) not in reached:
                reached[s, a] = _exact_row(moves, s, a * game.n_states, (a + 1) * game.n_states)
            row = a * game.n_states + then
            if row not in seen:
                seen[row] = _exact_row(law, row)
            found.append(reached[s, a][row] * seen[row][o])
        return found

    # ---- the agents' moves ------------------------------------------------------------------------

    def _moves(self, time: int, front: _Front) -> IntArray:
        """Add the moves of a step, and return the nodes after them, shape (R, A)."""
        game = self.game
        node, history = front.node, np.arange(len(front.node))
        for agent, count in enumerate(game.n_actions):
            self._tell(node, agent, front.sets[agent, history])
            labels = list(game.actions[agent]) * len(node)
            node = self.nodes.add(np.repeat(node, count), labels)
            history = np.repeat(history, count)
        ends = node.reshape(len(front.node), game.n_joint_actions)
        paid = self._paid(time)[front.state]
        self._tell(node, TERMINAL, paid=paid.ravel())
        return ends

    def _paid(self, time: int) -> IntArray:
        """Return the outcome of each state and joint action at a step, -1 for nothing, shape (S, A)."""
        game = self.game
        weight = exact(game.discount) ** time
        rewards = game.reward_array(time)
        values, where = np.unique(rewards, return_inverse=True)
        fractions = [weight * exact(x) for x in values.tolist()]
        rows, of_row = np.unique(where.reshape(game.n_agents, -1), axis=1, return_inverse=True)
        number = np.empty(rows.shape[1], dtype=np.int64)
        for k, row in enumerate(rows.T.tolist()):
            outcome = tuple(fractions[j] for j in row)
            number[k] = self.outcomes.setdefault(outcome, len(self.outcomes)) if any(outcome) else -1
        return number[of_row.ravel()].reshape(game.n_states, game.n_joint_actions)

    def _tell(
        self, node: IntArray, owner: int, information: IntArray | None = None, paid: IntArray | None = None
    ) -> None:
        """Note who moves at nodes; what is told later holds, but an outcome stays."""
        nothing = np.full(len(node), -1, dtype=np.int64)
        known = nothing if information is None else information
        self.told.append((node, np.full(len(node), owner), known, nothing if paid is None else paid))

    # ---- information sets -------------------------------------------------------------------------

    def _front(
        self,
        time: int,
        table: SplitTable,
        before: IntArray,
        increment: IntArray,
        profile: IntArray,
        node: IntArray,
        state: IntArray,
    ) -> _Front:
        """Return the histories of a step, having noted their information sets.

        `before` are the agents' last own sequences, shape (n, R); the others have one entry per history.
        """
        self.tables.append(table)
        private = np.array(np.unravel_index(profile, table.n_next), dtype=np.int64)
        sets = np.empty_like(private)
        for agent in range(self.game.n_agents):
            _, learnt = np.unique(increment * table.n_next[agent] + private[agent], return_inverse=True)
            key = (before[agent] + 1) * (int(learnt.max()) + 1) + learnt
            _, first, sets[agent] = np.unique(key, return_index=True, return_inverse=True)
            sets[agent] += len(self.sets)
            self._add_sets(time, agent, before[agent, first], increment[first], private[agent, first])
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


def _first_law(game: Game) -> SparseMatrix:
    """Return the law of the first state and joint observation, shape (S, O), or (S, 1) if none is made."""
    seen = game.initial_observation_matrix
    law = sp.csr_array(np.ones((game.n_states, 1))) if seen is None else seen
    found = sp.csr_array(law.multiply(game.initial[:, None]))
    found.eliminate_zeros()
    return found


def _exact_row(matrix: SparseMatrix, row: int, low: int = 0, high: int | None = None) -> dict[int, Fraction]:
    """Return the entries of one row between two columns as fractions that sum to 1."""
    place = slice(int(matrix.indptr[row]), int(matrix.indptr[row + 1]))
    column, value = matrix.indices[place].tolist(), matrix.data[place].tolist()
    kept = [(c, v) for c, v in zip(column, value, strict=True) if v > 0 and c >= low and (high is None or c < high)]
    return dict(zip((c for c, _ in kept), exact_law([v for _, v in kept]), strict=True))
