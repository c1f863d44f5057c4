"""Best equilibria of small matrix games of two agents in fractions, by textbook methods, without the package."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np

Row = list[Fraction]


def maximum(cost: Row, rows: list[tuple[Row, Fraction]], equal: list[tuple[Row, Fraction]]) -> Fraction:
    """Return the largest ``cost . x`` with ``row . x >= bound`` for all rows, the equations, and x >= 0.

    By the simplex method in two phases, with Bland's rule.
    """
    n, m = len(cost), len(rows) + len(equal)
    table, basis = [], []
    for i, (row, bound) in enumerate([*rows, *equal]):
        surplus = [Fraction(-(j == i)) for j in range(len(rows))]
        line = [*row, *surplus, bound]
        if bound < 0 or (bound == 0 and i < len(rows)):
            line = [-number for number in line]
        artificial = [Fraction(j == i) for j in range(m)]
        table.append([*line[:-1], *artificial, line[-1]])
        basis.append(n + i if i < len(rows) and line[n + i] == 1 else n + len(rows) + i)
    usable = n + len(rows)
    for phase in (1, 2):
        if phase == 1:
            price = [Fraction(0)] * usable + [Fraction(-1)] * m
        else:
            price = [*cost, *([Fraction(0)] * (len(rows) + m))]
        height = [
            price[j] - sum(price[b] * line[j] for b, line in zip(basis, table, strict=True)) for j in range(usable)
        ]
        while True:
            enter = next((j for j in range(usable) if height[j] > 0), None)
            if enter is None:
                break
            ratios = [(line[-1] / line[enter], basis[i], i) for i, line in enumerate(table) if line[enter] > 0]
            assert ratios, "unbounded"
            leave = min(ratios)[2]
            pivot = table[leave][enter]
            own = table[leave] = [number / pivot for number in table[leave]]
            nonzero = [j for j, number in enumerate(own) if number]
            for i, line in enumerate(table):
                if i != leave and line[enter]:
                    factor = line[enter]
                    for j in nonzero:
                        line[j] -= factor * own[j]
            factor = height[enter]
            for j in nonzero:
                if j < usable:
                    height[j] -= factor * own[j]
            basis[leave] = enter
        if phase == 1:
            assert not any(line[-1] for b, line in zip(basis, table, strict=True) if b >= usable), "infeasible"
            for i, b in enumerate(basis):  # an artificial that is left at 0 must not grow later
                enter = next((j for j in range(usable) if table[i][j]), None) if b >= usable else None
                if enter is not None:
                    own = table[i] = [number / table[i][enter] for number in table[i]]
                    for k, line in enumerate(table):
                        if k != i and line[enter]:
                            factor = line[enter]
                            table[k] = [a - factor * c for a, c in zip(line, own, strict=True)]
                    basis[i] = enter
    return sum((cost[b] * line[-1] for b, line in zip(basis, table, strict=True) if b < n), Fraction(0))


def _exact(payoff: np.ndarray) -> list[list[list[Fraction]]]:
    return [[[Fraction(number) for number in row] for row in own] for own in payoff.tolist()]


def obedience(payoff: np.ndarray, kind: str) -> list[Row]:
    """Return what following gains over each deviation, by joint action: `kind` "ce" or "cce"."""
    both, (rows, columns) = _exact(payoff), payoff.shape[1:]
    found = []
    for i, size in enumerate((rows, columns)):
        for instead in range(size):
            for heard in range(size) if kind == "ce" else (None,):
                row = []
                for a, b in product(range(rows), range(columns)):
                    own, other = (a, b) if i == 0 else (b, a)
                    at = (instead, other) if i == 0 else (other, instead)
                    counts = heard is None or heard == own
                    row.append(both[i][a][b] - both[i][at[0]][at[1]] if counts else Fraction(0))
                found.append(row)
    return found


def best_correlated(payoff: np.ndarray, kind: str, weights: tuple[int, int] | None) -> tuple[Fraction, ...]:
    """Return the largest weighted sum of values of a ce or cce, or without weights its sorted leximin values."""
    worth = [[number for row in own for number in row] for own in _exact(payoff)]
    rows = [(row, Fraction(0)) for row in obedience(payoff, kind)]
    total = [([Fraction(1)] * len(worth[0]), Fraction(1))]
    if weights is not None:
        cost = [weights[0] * a + weights[1] * b for a, b in zip(*worth, strict=True)]
        return (maximum(cost, rows, total),)
    none, one = Fraction(0), Fraction(1)
    wide = [([*row, none, none], bound) for row, bound in rows]
    every = [([*own, -one, one], none) for own in worth]
    least = maximum([*([none] * len(worth[0])), one, -one], wide + every, [([*total[0][0], none, none], one)])
    tops = [maximum(worth[i], [*rows, (worth[1 - i], least), (worth[i], least)], total) for i in range(2)]
    return least, max(tops)


def extreme_nash(payoff: np.ndarray) -> list[tuple[Fraction, Fraction]]:
    """Return both values of every extreme Nash equilibrium."""
    first, second = _exact(payoff)
    turned = [list(column) for column in zip(*first, strict=True)]
    # Of agent 1's mixtures what agent 2 gets, and the other way round.
    one = _corners([list(column) for column in zip(*second, strict=True)])
    two = _corners([list(column) for column in zip(*turned, strict=True)])
    return [
        (value_1, value_2)
        for used_1, best_2, value_2 in one
        for used_2, best_1, value_1 in two
        if used_1 <= best_1 and used_2 <= best_2
    ]


def _corners(reply: list[Row]) -> list[tuple[frozenset[int], frozenset[int], Fraction]]:
    """Return what is used, the best replies and their value at each corner of the regions of one best reply."""
    n_replies, n_own, found = len(reply), len(reply[0]), {}
    for size in range(1, min(n_own, n_replies) + 1):
        for used, best in product(combinations(range(n_own), size), combinations(range(n_replies), size)):
            system = [[*(reply[r][a] for a in used), Fraction(-1), Fraction(0)] for r in best]
            solution = _solve([*system, [*([Fraction(1)] * size), Fraction(0), Fraction(1)]])
            if solution is None or min(solution[:-1]) < 0:
                continue
            x = [Fraction(0)] * n_own
            for place, a in enumerate(used):
                x[a] = solution[place]
            worth = [sum((u * p for u, p in zip(row, x, strict=True)), Fraction(0)) for row in reply]
            if max(worth) == solution[-1]:
                replies = frozenset(r for r, own in enumerate(worth) if own == solution[-1])
                found[tuple(x)] = frozenset(a for a, p in enumerate(x) if p), replies, solution[-1]
    return list(found.values())


def _solve(system: list[Row]) -> Row | None:
    """Return the solution of as many equations as unknowns; None if it is not the only one."""
    system = [list(row) for row in system]
    for place in range(len(system)):
        pivot = next((r for r in range(place, len(system)) if system[r][place]), None)
        if pivot is None:
            return None
        system[place], system[pivot] = system[pivot], system[place]
        system[place] = [number / system[place][place] for number in system[place]]
        for r, row in enumerate(system):
            if r != place and row[place]:
                system[r] = [a - row[place] * b for a, b in zip(row, system[place], strict=True)]
    return [row[-1] for row in system]


def best_nash(payoff: np.ndarray, weights: tuple[int, int] | None) -> tuple[Fraction, ...]:
    """Return the largest weighted sum of values of a Nash equilibrium, or without weights its sorted leximin values."""
    values = extreme_nash(payoff)
    if weights is None:
        return max(tuple(sorted(pair)) for pair in values)
    return (max(weights[0] * a + weights[1] * b for a, b in values),)


def best_team(payoff: np.ndarray) -> Fraction:
    """Return the largest sum of the agents' payoffs."""
    first, second = _exact(payoff)
    return max(a + b for one, two in zip(first, second, strict=True) for a, b in zip(one, two, strict=True))
