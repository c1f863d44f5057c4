"""Does a sharing rule split what agents learn without losing any, and are the beliefs it leads to those of Bayes?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import product

import numpy as np

from lp_posg.errors import StrategyDependenceError, UnsupportedError
from lp_posg.game import Game, takes
from lp_posg.information import SharingStructure, StateSpace, check_horizon, reachable_states, sharing_structure
from lp_posg.testing.conformance import blamed, expect

BELIEF_TOL = 1e-9
"""Largest total variation distance between a state's belief and that of a history that leads to it."""

HISTORY_LIMIT = 200_000
"""Most (shared history, private profile, state) that are gone through at a step."""

Indices = tuple[int | None, ...]
Labels = tuple[Hashable, ...]
Front = dict[tuple[Labels, ...], dict[tuple[Labels, int], float]]


@takes
def check_sharing(
    rule: str | SharingStructure, game: Game, horizon: int = 3, *, strategy_independent: bool | None = None
) -> None:
    """Run a sharing rule through a game, and check it against histories that are written out in full.

    Parameters
    ----------
    rule : str or SharingStructure
    game : Game
        A small one; it must have what the rule needs.
    horizon : int
        Number of steps; histories are written out as far as they are not too many.
    strategy_independent : bool, optional
        Whether beliefs should not depend on how the agents play; not checked if not given.

    Raises
    ------
    ConformanceError
        If the rule is not a pure function of its arguments, loses what an agent knew or saw, returns what cannot be
        hashed, leads to beliefs other than Bayes' rule gives, or depends on play where it should not.
    ModelError
        If the object lacks a method, or is made for another number of agents.

    Examples
    --------
    >>> import lp_posg as posg
    >>> check_sharing("one-step-delay", posg.catalog("dectiger"), strategy_independent=True)
    """
    structure = sharing_structure(rule, game.n_agents)
    steps, what = check_horizon(game, horizon), f"sharing {structure.name!r} in {game.name!r}"
    with blamed(what):
        fronts = list(_fronts(game, structure, steps, what))
        try:
            space = reachable_states(game, structure, steps)
        except StrategyDependenceError as error:
            expect(strategy_independent is not True, f"{what}: beliefs depend on how the agents play: {error}")
            return
        except UnsupportedError:
            return  # states are out of reach; what could be written out was checked
        expect(strategy_independent is not False, f"{what}: beliefs do not depend on how the agents play")
        for time, front in enumerate(fronts):
            _check_beliefs(space, time, front, game.n_states, what)


def _fronts(game: Game, structure: SharingStructure, horizon: int, what: str) -> Iterator[Front]:
    """Yield for each step the weights of (private profile, state) by shared history, actions drawn uniformly."""
    actions, seen = (list(product(*map(range, sizes))) for sizes in (game.n_actions, game.n_observations))
    nothing: tuple[None, ...] = (None,) * game.n_agents
    front: Front = defaultdict(lambda: defaultdict(float))
    first = game.initial_observation_matrix
    for state in np.flatnonzero(game.initial).tolist():
        law = [1.0] if first is None else first[[state]].toarray()[0].tolist()
        for observations, chance in zip([nothing] if first is None else seen, law, strict=True):
            if chance > 0:
                news, private = _split(structure, ((),) * game.n_agents, nothing, observations, what)
                front[(news,)][private, state] += game.initial[state] * chance
    yield front
    for time in range(horizon - 1):
        if sum(map(len, front.values())) * len(actions) * game.n_states * len(seen) > HISTORY_LIMIT:
            return
        after: Front = defaultdict(lambda: defaultdict(float))
        moves = game.transition_matrix(time).toarray().reshape(game.n_states, len(actions), game.n_states)
        laws = game.observation_matrix(time).toarray().reshape(len(actions), game.n_states, len(seen))
        for shared, beliefs in front.items():
            for (known, state), weight in beliefs.items():
                for a, done in enumerate(actions):
                    joint = moves[state, a][:, None] * laws[a]
                    for moved, o in np.argwhere(joint > 0).tolist():
                        news, private = _split(structure, known, done, seen[o], what)
                        after[(*shared, news)][private, moved] += weight * float(joint[moved, o])
        front = after
        yield front


def _split(
    structure: SharingStructure, private: Labels, actions: Indices, observations: Indices, what: str
) -> tuple[Labels, Labels]:
    """Return increments and new private informations; the rule has to give each of them twice."""
    found = []
    for agent, seen in enumerate(zip(private, actions, observations, strict=True)):
        split, again = ((structure.increment(agent, *seen), structure.retain(agent, *seen)) for _ in range(2))
        where = f"agent {agent + 1} with private information {seen[0]!r}, action {seen[1]}, observation {seen[2]}"
        expect(split == again, f"{what}: {where} is split into {split!r}, and then into {again!r}: it has to be pure")
        expect(hash(split) == hash(again), f"{what}: {where}: equal results have different hashes")
        found.append(split)
    news, kept = zip(*found, strict=True)
    return tuple(news), tuple(kept)


def _check_beliefs(space: StateSpace, time: int, front: Front, n_states: int, what: str) -> None:
    """Raise ConformanceError unless every shared history leads to a state with the history's belief."""
    depth = space.depths[time]
    number = [{label: i for i, label in enumerate(own)} for own in depth.private]
    level = depth.level
    for shared, weights in front.items():
        node = _node_of(space, shared)
        where = f"{what}, step {time + 1}, common information {shared!r}"
        expect(node is not None, f"{where}: no state stands for it, though it can happen")
        exact: dict[tuple[int, int], float] = defaultdict(float)
        for (private, state), weight in weights.items():
            profile = [own[label] for own, label in zip(number, private, strict=True)]
            exact[int(np.ravel_multi_index(profile, level.n_private)), state] += weight / sum(weights.values())
        assert node is not None
        part = level.part(slice(node, node + 1))
        cell, column = part.belief.tocoo().coords
        for p, s, chance in zip(part.cell_private[cell].tolist(), column.tolist(), part.belief.data, strict=True):
            exact[p, s] -= float(chance)
        distance = 0.5 * sum(map(abs, exact.values()))
        expect(distance <= BELIEF_TOL, f"{where}: the belief is {distance:.3g} from that of Bayes' rule")


def _node_of(space: StateSpace, shared: tuple[Labels, ...]) -> int | None:
    """Return the state that a history of joint increments leads to, or None."""
    node = 0
    arcs = [space.start, *(depth.arcs for depth in space.depths if depth.arcs is not None)]
    for table, arc, news in zip(space.tables, arcs, shared, strict=False):
        labels = [{label: i for i, label in enumerate(own)} for own in table.increments]
        index = [own.get(label, -1) for own, label in zip(labels, news, strict=True)]
        if min(index) < 0:
            return None
        met = np.flatnonzero((arc.parent == node) & (arc.increment == np.ravel_multi_index(index, table.n_increments)))
        if not len(met):
            return None
        node = int(arc.child[met[0]])
    return node
