"""An extensive game with a clock as a partially observable stochastic game."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.checks import instance
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game import Game, game_of_steps, opened, takes
from lp_posg.trees.nodes import TERMINAL
from lp_posg.trees.paths import from_root, nearest
from lp_posg.trees.timing import after_moves, times
from lp_posg.trees.tree import Tree
from lp_posg.types import BoolArray, FloatArray, IntArray, SparseMatrix

MAX_ENTRIES = 20_000_000
"""Most rewards (states x joint actions x agents), and most joint observations."""

NOTHING = "nothing"
"""What an agent observes where it does not move."""

_MOST_NAMES = 3


def checked_posg(game: object) -> Game:
    """Return a POSG: as it is, or of a name or a file; raise ModelError for a game tree, and for what is no game."""
    game = opened(game)
    if isinstance(game, Tree):
        raise ModelError(
            f"{game.name!r} is a game tree, expected a Game of steps; lp_posg.trees.to_game(tree) makes a POSG of it"
        )
    return game_of_steps(game)


def checked_tree(game: object) -> Tree:
    """Return a game tree: as it is, or of a name or a file; raise ModelError for anything else."""
    tree = opened(game)
    instance("game", tree, Tree, "a game tree, as lp_posg.load('game.efg') or lp_posg.trees.from_rules returns one")
    return tree  # type: ignore[no-any-return]


@takes
def to_game(game: Tree, name: str | None = None) -> Game:
    """Return a POSG in which each step is a move of one agent, with the moves of chance that follow it.

    The states are the nodes where agents move and an absorbing end. An agent observes its information set
    where it moves and nothing elsewhere; where it does not move, its actions do nothing. With sharing
    ``none`` and perfect recall, what an agent knows where it moves is its information set, so that over
    `n_steps(game)` steps values and equilibria are those of the extensive game. Where a set may be reached
    after different numbers of moves, states that wait are put in between, so that it is always met at one time.

    All sets of an agent get as many actions as the largest; at a smaller one, the actions beyond its own
    do what its last one does. The reward of a move is what is paid, in expectation over chance, until the
    next move or the end; what is paid before the first move is added to the first one's.

    Parameters
    ----------
    game : Tree
    name : str, optional
        Of the POSG, if not the game's.

    Raises
    ------
    UnsupportedError
        If the game has no clock (see `times`), or the POSG would be larger than `MAX_ENTRIES`.
    """
    owned = [[len(one.actions) for one in game.sets if one.agent == agent] for agent in range(game.n_agents)]
    n_actions = tuple(max(own, default=1) for own in owned)
    n_observations = tuple(len(own) + 1 for own in owned)
    after = nearest(game.parent, after_moves(game))
    count = _n_states(game, times(game), after)
    # Before anything is made of those sizes: a file may ask for billions of waiting states.
    _check_size(game, int(count.sum()) + 1, n_actions, n_observations)
    states = _states(game, after, count)
    actions = tuple(_actions(game, agent) for agent in range(game.n_agents))
    observations = tuple(_observations(game, agent) for agent in range(game.n_agents))
    moves, rewards = _moves(game, states)
    rows = _rows(game, states, n_actions)
    seen = _seen(game, states, n_observations)
    n_joint = rows.shape[1]
    return Game.from_matrices(
        n_actions=n_actions,
        n_observations=n_observations,
        transitions=[moves[rows.ravel()]],
        observation_laws=[sp.csr_array(sp.vstack([seen] * n_joint))],
        rewards=[rewards[:, rows]],
        initial=states.initial,
        initial_observation=seen,
        name=game.name if name is None else name,
        agents=game.agents,
        states=_state_names(game, states),
        actions=actions,
        observations=observations,
    )


@dataclass(frozen=True)
class _States:
    """The S states, and how the tree's nodes become them.

    A node where an agent moves has its waiting states and then one of its own; a node that ends the game
    before any move has one too. The last state is the end.
    """

    node: IntArray  # shape (S - 1,): the node of each state but the end
    is_last: BoolArray  # shape (S - 1,): whether something is done or paid there, or the state only waits for the next
    # shape (N,): the first state of a node where play lands; the end for other terminal nodes, -1 elsewhere
    arrival: IntArray
    # shape (N,): the state where an agent moves at a node, or which pays what came before an end without a move
    last: IntArray
    after: IntArray  # shape (N,): the node to which the last move before a node led, -1 if there was none
    weight: FloatArray  # shape (N,): probability of a node after that move, by chance
    initial: FloatArray  # shape (S,)

    @property
    def n_states(self) -> int:
        return len(self.initial)


def _n_states(game: Tree, clock: IntArray, after: IntArray) -> IntArray:
    """Return how many states each node becomes: one per step from the last move before it to its own time."""
    count: IntArray = np.where((game.owner == TERMINAL) & (after < 0), 1, 0)
    moves = game.owner >= 0
    before = np.where(after >= 0, np.append(clock, -1)[game.information[game.parent[after]]], -1)
    count[moves] = clock[game.information[moves]] - before[moves]
    return count


def _states(game: Tree, after: IntArray, count: IntArray) -> _States:
    moved = after_moves(game)
    weight = from_root(np.where(moved, -1, game.parent), np.where(moved, 1.0, game.chance), np.multiply)
    ends = game.owner == TERMINAL
    node = np.repeat(np.arange(game.n_nodes), count)
    stop = np.cumsum(count)
    arrival = np.where(count > 0, stop - count, np.where(ends, len(node), -1))
    last = np.where(count > 0, stop - 1, -1)
    first = (arrival >= 0) & (after < 0)
    initial = np.zeros(len(node) + 1)
    np.add.at(initial, arrival[first], weight[first])
    return _States(node, last[node] == np.arange(len(node)), arrival, last, after, weight, initial)


def _first_rows(game: Tree) -> IntArray:
    """Return the first row in `_moves` of each node where an agent moves, and at the end how many there are."""
    n_actions = np.array([len(own.actions) for own in game.sets] + [0], dtype=np.int64)
    return np.concatenate([[0], np.cumsum(n_actions[game.information])])


def _moves(game: Tree, states: _States) -> tuple[SparseMatrix, FloatArray]:
    """Return laws of the next state, CSR (R, S), and rewards (n, R), of all that can be done somewhere.

    Rows are the actions at each node where an agent moves, then one row per state: to go on to the next
    one, to leave for the end, or to stay there.
    """
    first = _first_rows(game)
    n_own, n_states = int(first[-1]), states.n_states
    row = np.where(states.after >= 0, first[game.parent[states.after]] + game.branch[states.after], -1)
    land = np.flatnonzero((states.arrival >= 0) & (row >= 0))
    onward = np.append(np.where(states.is_last, n_states - 1, np.arange(1, n_states)), n_states - 1)
    law = sp.coo_array(
        (
            np.concatenate([states.weight[land], np.ones(n_states)]),
            (np.concatenate([row[land], n_own + np.arange(n_states)]), np.concatenate([states.arrival[land], onward])),
        ),
        shape=(n_own + n_states, n_states),
    )
    later = row >= 0
    rewards = np.zeros((game.n_agents, n_own + n_states))
    for agent, payoff in enumerate(game.payoff):
        rewards[agent, :n_own] = np.bincount(row[later], (states.weight * payoff)[later], minlength=n_own)
        # What was paid before the first move stands with that move, or with the end that comes without one.
        paid = from_root(game.parent, np.where(later, 0.0, payoff))
        opening = np.flatnonzero((states.last >= 0) & ~later)
        for node in opening[paid[opening] != 0].tolist():
            own = slice(first[node], first[node + 1])
            if game.owner[node] == TERMINAL:
                own = slice(n_own + states.last[node], n_own + states.last[node] + 1)
            rewards[agent, own] += paid[node]
    return sp.csr_array(law), rewards


def _rows(game: Tree, states: _States, n_actions: tuple[int, ...]) -> IntArray:
    """Return the row of `_moves` that each joint action takes in each state, shape (S, A)."""
    first = _first_rows(game)
    n_states, n_joint = states.n_states, int(np.prod(n_actions))
    rows = np.repeat((first[-1] + np.arange(n_states))[:, None], n_joint, axis=1)
    own = np.indices(n_actions).reshape(len(n_actions), -1)
    moves = np.flatnonzero(game.owner >= 0)
    most = np.diff(first)[moves] - 1
    rows[states.last[moves]] = first[moves, None] + np.minimum(own[game.owner[moves]], most[:, None])
    return rows


def _seen(game: Tree, states: _States, n_observations: tuple[int, ...]) -> SparseMatrix:
    """Return the joint observation in each state, CSR (S, O)."""
    place = np.zeros(len(game.sets), dtype=np.int64)
    for agent in range(game.n_agents):
        own = [k for k, one in enumerate(game.sets) if one.agent == agent]
        stride = int(np.prod(n_observations[agent + 1 :], dtype=np.int64))
        place[own] = (1 + np.arange(len(own))) * stride
    joint = np.zeros(states.n_states, dtype=np.int64)
    moves = np.flatnonzero(game.owner >= 0)
    joint[states.last[moves]] = place[game.information[moves]]
    shape = (states.n_states, int(np.prod(n_observations)))
    return sp.csr_array((np.ones(len(joint)), joint, np.arange(len(joint) + 1)), shape=shape)


def _check_size(game: Tree, n_states: int, n_actions: tuple[int, ...], n_observations: tuple[int, ...]) -> None:
    # Floats, since the products may be beyond any integer type.
    rewards = float(np.prod([float(n_states), float(game.n_agents), *map(float, n_actions)]))
    seen = float(np.prod([float(n) for n in n_observations]))
    for what, size in (("rewards", rewards), ("joint observations", seen)):
        if size > MAX_ENTRIES:
            raise UnsupportedError(
                f"game {game.name!r} as a POSG would have {size:.6g} {what}, more than {MAX_ENTRIES}; keep it as a"
                " game tree (lp_posg.load)"
            )


# ---- names -------------------------------------------------------------------------------------------


def _actions(game: Tree, agent: int) -> tuple[str, ...]:
    """Return an agent's action names: what the position is called at its sets, or a number."""
    own = [one.actions for one in game.sets if one.agent == agent]
    names = []
    for k in range(max(map(len, own), default=1)):
        called = list(dict.fromkeys(actions[k] for actions in own if k < len(actions) and actions[k]))
        names.append("/".join(called) if 0 < len(called) <= _MOST_NAMES else f"action {k + 1}")
    return _different(names)


def _observations(game: Tree, agent: int) -> tuple[str, ...]:
    own = [one.label for one in game.sets if one.agent == agent]
    return _different([NOTHING, *(label or f"set {k + 1}" for k, label in enumerate(own))])


def _state_names(game: Tree, states: _States) -> tuple[str, ...]:
    """Return the names of the states: the node's number, what led there, and for how long it still waits."""
    names = []
    for state, node in enumerate(states.node.tolist()):
        left = int(states.last[node]) - state
        label = game.labels[node]
        names.append(f"node {node}" + (f" after {label}" if label else "") + (f", in {left}" if left else ""))
    return _different([*names, "end"])


def _different(names: Iterable[str]) -> tuple[str, ...]:
    """Return names that are all different: one that was there before gets the first number that makes it new."""
    known: dict[str, int] = {}
    found: dict[str, None] = {}
    for name in names:
        new = name
        while new in found:
            known[name] = known.get(name, 1) + 1
            new = f"{name} ({known[name]})"
        found[new] = None
    return tuple(found)
