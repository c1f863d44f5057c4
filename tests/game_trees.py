"""Extensive games for tests: a tree told by a function, Kuhn poker, random trees with perfect recall."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree


def tree(agents, tell, name="tree"):
    """Return the game in which ``tell(labels so far)`` says what comes after a path.

    That is ("end", payoffs), ("chance", {label: probability}) or (agent, set label, actions), the first and
    the last two with the payoffs on coming there appended if there are any.
    """
    parent, owner, information, probability, outcome, labels = [], [], [], [], [], []
    sets, outcomes = {}, {}

    def grow(path, above, p):
        node = len(parent)
        told = tell(path)
        paid, branches, k = None, {}, -1
        if told[0] == "end":
            who, paid = TERMINAL, told[1]
        elif told[0] == "chance":
            who, branches, paid = CHANCE, told[1], told[2] if len(told) > 2 else None
        else:
            who, label, actions = told[:3]
            paid = told[3] if len(told) > 3 else None
            branches = dict.fromkeys(actions, 1)
            k = list(sets).index((who, label)) if (who, label) in sets else len(sets)
            sets[who, label] = InformationSet(who, label, tuple(actions))
        parent.append(above)
        owner.append(who)
        information.append(k)
        probability.append(Fraction(p))
        labels.append(path[-1] if path else "")
        outcome.append(-1 if paid is None else outcomes.setdefault(tuple(map(Fraction, paid)), len(outcomes)))
        for label, q in branches.items():
            grow((*path, label), node, q)

    grow((), -1, 1)
    return Tree(
        name=name,
        agents=tuple(agents),
        parent=np.array(parent),
        owner=np.array(owner),
        information=np.array(information),
        sets=tuple(sets.values()),
        probability=tuple(probability),
        outcome=np.array(outcome),
        outcomes=tuple(outcomes),
        labels=tuple(labels),
    )


def kuhn():
    """Return Kuhn poker: ante 1, cards J < Q < K, one bet of 1; Kuhn (1950), value -1/18 for the first agent."""

    def tell(path):
        if not path:
            return "chance", {a + b: Fraction(1, 6) for a, b in itertools.permutations("JQK", 2)}
        (first, second), said = path[0], "".join(word[0] for word in path[1:])
        sign = 1 if "JQK".index(first) > "JQK".index(second) else -1
        if said in ("", "pb"):
            return 0, first + said, ("pass", "bet")
        if said in ("p", "b"):
            return 1, second + said, ("pass", "bet")
        win = {"pp": sign, "pbp": -1, "bp": 1, "pbb": 2 * sign, "bb": 2 * sign}[said]
        return "end", (win, -win)

    return tree(("first", "second"), tell, "Kuhn poker")


def random_tree(seed, *, n_agents=2, depth=4, clock=True, zero_sum=True):
    """Return a random tree with perfect recall, outcomes at inner nodes, chance moves and sets of unequal sizes.

    With `clock`, nodes share an information set only after equally many moves of agents.
    """
    rng = random.Random(seed)
    known = {}

    def payoffs():
        row = [Fraction(rng.randint(-9, 9), rng.choice([1, 2, 3, 7])) for _ in range(n_agents)]
        return (row[0], -row[0]) if zero_sum else tuple(row)

    def tell(path):
        moves, own = 0, [() for _ in range(n_agents)]
        for k in range(len(path)):
            before = plan[path[:k]]
            if before[0] != "chance":
                moves += 1
                own[before[0]] += ((before[1], path[k]),)
        if len(path) >= depth or (path and rng.random() < 0.15):
            plan[path] = ("end", payoffs())
        elif rng.random() < 0.25:
            weights = [rng.randint(1, 5) for _ in range(rng.randint(1, 3))]
            plan[path] = ("chance", {f"c{k}": Fraction(w, sum(weights)) for k, w in enumerate(weights)}, payoffs())
        else:
            who, many, part = rng.randrange(n_agents), rng.choice([1, 2, 2, 3]), rng.randrange(2)
            key = (who, many, part, own[who], moves if clock else None)
            label = known.setdefault(key, f"s{len(known)}")
            plan[path] = (who, label, tuple(f"{label}{'abc'[k]}" for k in range(many)))
            if rng.random() < 0.3:
                plan[path] += (payoffs(),)
        return plan[path]

    plan = {}
    return tree([f"agent {k}" for k in range(n_agents)], tell, f"random {seed}")


def expected(game, strategies):
    """Return what each agent gets in expectation if agent i takes ``strategies[i][k]`` at each of its sets k."""
    reach = [Fraction(1)]
    total = [Fraction(0)] * game.n_agents
    for node in range(game.n_nodes):
        if node:
            above = int(game.parent[node])
            p = reach[above] * game.probability[node]
            if game.owner[above] >= 0 and strategies[game.owner[above]][game.information[above]] != game.branch[node]:
                p = Fraction(0)
            reach.append(p)
        if game.outcome[node] >= 0:
            total = [a + reach[node] * b for a, b in zip(total, game.outcomes[game.outcome[node]], strict=True)]
    return total


def pure_strategies(game, agent):
    """Return all ways of an agent to act at its information sets."""
    own = [k for k, one in enumerate(game.sets) if one.agent == agent]
    choices = itertools.product(*(range(len(game.sets[k].actions)) for k in own))
    return [dict(zip(own, choice, strict=True)) for choice in choices]


def value_by_enumeration(game):
    """Return the first agent's value of a zero-sum game, from the matrix of all pure strategies."""
    rows, columns = pure_strategies(game, 0), pure_strategies(game, 1)
    matrix = np.array([[float(expected(game, (x, y))[0]) for y in columns] for x in rows])
    # max v such that every column pays at least v.
    n = len(rows)
    found = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([-matrix.T, np.ones((len(columns), 1))]),
        b_ub=np.zeros(len(columns)),
        A_eq=np.append(np.ones(n), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * n + [(None, None)],
    )
    assert found.status == 0
    return -found.fun
