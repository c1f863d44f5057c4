"""Random game trees, and plain recursions over nodes and pure strategies.

Of the package they use the arrays of an `Tree` alone, one node at a time.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import linprog

from lp_posg.trees import Chance, End, Move, Tree, from_rules


def random_tree(seed: int, n_agents: int = 2, moves: int = 3, zero_sum: bool = True, inner: bool = True) -> Tree:
    """Return a tree of perfect recall: agents and chance take turns at random, and hear of others' moves at random.

    What an agent knows is all that it did and heard. Chance has a branch of probability 0 now and then; with `inner`
    there are outcomes at inner nodes too.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[object, object] = {}

    def fixed(key, draw):
        return drawn.setdefault(key, draw())

    def rules(position):
        depth, known = position
        if depth == moves:
            return End([0] * n_agents)
        who = fixed(("who", depth), lambda: int(rng.integers(-1, n_agents))) if depth else 0
        hears = fixed(("hears", depth), lambda: rng.random(n_agents) < 0.5)
        if who >= 0:
            count = fixed(("count", who, known[who]), lambda: int(rng.integers(1, 4)))
            names = [f"act{k}" for k in range(count)]
        else:
            count, names = 3, ["low", "middle", "never"]
        after = []
        for name in names:
            heard = [name if i == who or (hears[i] and count > 1) else "-" for i in range(n_agents)]
            after.append((depth + 1, tuple((*own, word) for own, word in zip(known, heard, strict=True))))
        if who < 0:
            chances = (Fraction(1, 3), Fraction(2, 3), 0)
            return Chance(list(zip(names, chances, after, strict=True)))
        return Move(who, known[who], list(zip(names, after, strict=True)))

    game = from_rules(f"random-{seed}", [f"agent{i}" for i in range(n_agents)], (0, ((),) * n_agents), rules)
    return with_outcomes(game, rng, zero_sum, inner)


def with_outcomes(game: Tree, rng: np.random.Generator, zero_sum: bool, inner: bool) -> Tree:
    outcomes = [[Fraction(int(x), 4) for x in rng.integers(-20, 21, game.n_agents)] for _ in range(12)]
    if zero_sum:
        outcomes = [[row[0], -row[0]] for row in outcomes]
    outcome = rng.integers(0, 12, game.n_nodes)
    if inner:
        outcome[rng.random(game.n_nodes) < 0.3] = -1
    else:
        outcome[game.owner != -2] = -1
    return replace(game, outcome=outcome, outcomes=tuple(map(tuple, outcomes)))


def children(game: Tree) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(game.n_nodes)]
    for node, parent in enumerate(game.parent.tolist()):
        if parent >= 0:
            found[parent].append(node)
    return found


def value(game: Tree, law) -> np.ndarray:
    """Return all agents' expected payoffs; `law(set number)` gives the probabilities of its actions."""
    below = children(game)

    def worth(node: int) -> np.ndarray:
        own = np.array([float(x) for x in game.outcomes[game.outcome[node]]]) if game.outcome[node] >= 0 else 0.0
        total = np.zeros(game.n_agents) + own
        for k, child in enumerate(below[node]):
            chance = float(game.probability[child]) if game.owner[node] == -1 else law(game.information[node])[k]
            if chance:
                total = total + chance * worth(child)
        return total

    return worth(0)


def pure_strategies(game: Tree, agent: int) -> list[dict[int, int]]:
    own = [k for k, s in enumerate(game.sets) if s.agent == agent]
    choices = product(*(range(len(game.sets[k].actions)) for k in own))
    return [dict(zip(own, choice, strict=True)) for choice in choices]


def pure_value(game: Tree, profile: list[dict[int, int]]) -> np.ndarray:
    every = {k: a for own in profile for k, a in own.items()}
    return value(game, lambda k: np.eye(len(game.sets[k].actions))[every[k]])


def matrix_value(matrix: np.ndarray) -> float:
    rows, columns = matrix.shape
    result = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.hstack([-matrix.T, np.ones((columns, 1))]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * rows + [(None, None)],
    )
    assert result.status == 0
    return -float(result.fun)


def possible_choices(game: Tree, own: dict[int, int]) -> dict[int, int]:
    """Return the choices of a pure strategy at the sets that the strategy itself does not exclude."""
    below, found = children(game), {}

    def walk(node: int) -> None:
        known = int(game.information[node])
        for k, child in enumerate(below[node]):
            if known in own:
                found[known] = own[known]
                if own[known] != k:
                    continue
            walk(child)

    walk(0)
    return found
