"""Pursuit and evasion on a grid as ``.osposg`` text: two pursuers who do not see the evader, who sees everything.

The game is that of Horák and Bošanský (2017), "Heuristic search value iteration for one-sided partially observable
stochastic games", AAAI 31, section on pursuit-evasion games: in each step all units move to a neighbouring cell; the
evader is caught, for a reward of 100, if it ends where a pursuer is or meets one on its way. Pursuers start in one
corner, the evader in the opposite one.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations_with_replacement, product

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

Cell = tuple[int, int]
Units = tuple[Cell, Cell]
END = "end"


def pursuit(rows: int, columns: int) -> str:
    """Return the game on a grid of some rows and columns; player 1 moves both pursuers."""
    cells = list(product(range(rows), range(columns)))
    near = {
        cell: [other for other in cells if abs(cell[0] - other[0]) + abs(cell[1] - other[1]) == 1] for cell in cells
    }
    pairs = list(combinations_with_replacement(cells, 2))
    states = [(units, evader) for units in pairs for evader in cells if evader not in units]
    orders = {units: sorted({_sorted(*to) for to in product(near[units[0]], near[units[1]])}) for units in pairs}
    first = sorted({order for of_pair in orders.values() for order in of_pair})
    second = cells
    number = {state: k for k, state in enumerate(states)}
    moves, gains = [], []
    for (units, evader), k in number.items():
        for order, to in product(orders[units], near[evader]):
            caught = to in order or (evader in order and to in units)
            after = len(states) if caught else number[order, to]
            moves.append(f"{k} {first.index(order)} {second.index(to)} {int(caught)} {after} 1")
            if caught:
                gains.append(f"{k} {first.index(order)} {second.index(to)} 100")
    moves.append(f"{len(states)} {len(first)} {len(second)} 1 {len(states)} 1")
    start = number[(cells[0], cells[0]), cells[-1]]
    partition = [pairs.index(units) for units, _ in states] + [len(pairs)]
    belief = [str(int(k == start)) for k, at in enumerate(partition) if at == partition[start]]
    lines = [
        f"{len(states) + 1} {len(pairs) + 1} {len(first) + 1} {len(second) + 1} 2 {len(moves)} {len(gains)} 0.95",
        *(f"{_word(units)}{_word((evader,))} {at}" for (units, evader), at in zip(states, partition, strict=False)),
        f"{END} {len(pairs)}",
        *(f"to{_word(order)}" for order in first), "stay",
        *(f"to{_word((cell,))}" for cell in second), "stay",
        "free", "caught",
        *(" ".join(str(second.index(to)) for to in near[evader]) for _, evader in states), str(len(second)),
        *(" ".join(str(first.index(order)) for order in orders[units]) for units in pairs), str(len(first)),
        *moves,
        *gains,
        " ".join([str(partition[start]), *belief]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _sorted(one: Cell, other: Cell) -> Units:
    return (one, other) if one <= other else (other, one)


def _word(cells: tuple[Cell, ...]) -> str:
    return "".join(f"[{row}:{column}]" for row, column in cells)


def value_by_histories(text: str, horizon: int) -> float:
    """Return player 1's value over some steps, by a program over sequences read straight from a file with one start.

    Of the package nothing is used: a history is a path of the file's transitions, player 1 knows its own actions and
    observations, player 2 the whole path.
    """
    lines = text.split("\n")
    n_states, n_parts, n_first, n_second, n_seen, n_moves, n_gains = map(int, lines[0].split()[:7])
    discount = float(lines[0].split()[7])
    at = 1 + n_states + n_first + n_second + n_seen + n_states + n_parts
    moves: dict[int, list[tuple[int, ...]]] = {}
    for line in lines[at : at + n_moves]:
        state, *rest = map(int, line.split()[:5])
        moves.setdefault(state, []).append(tuple(rest))
    gains = {tuple(map(int, line.split()[:3])): float(line.split()[3]) for line in lines[at + n_moves :][:n_gains]}
    part, *belief = lines[at + n_moves + n_gains].split()
    inside = [k for k, line in enumerate(lines[1 : 1 + n_states]) if line.split()[1] == part]
    program = _Sequences()
    front = [(inside[[float(p) for p in belief].index(1.0)], ((), ()))]
    for time in range(horizon):
        after = []
        for state, known in front:
            for one, two, seen, target in moves[state]:
                gain = discount**time * gains.get((state, one, two), 0.0)
                program.add(known, (one, two), gain)
                after.append((target, ((*known[0], one, seen), (*known[1], one, two, target))))
        front = after
    return program.value()


class _Sequences:
    """A zero-sum game in sequence form: sequences are (what is known, action), and what is known holds own actions."""

    def __init__(self) -> None:
        self.numbers: tuple[dict, dict] = ({}, {})
        self.payoff: dict[tuple[int, int], float] = defaultdict(float)

    def add(self, known: tuple[tuple, tuple], done: tuple[int, int], gain: float) -> None:
        pair = [own.setdefault((k, a), len(own)) for own, k, a in zip(self.numbers, known, done, strict=True)]
        self.payoff[pair[0], pair[1]] += gain

    def _constraints(self, agent: int, step: int) -> tuple[sp.csr_array, np.ndarray]:
        """Return what makes numbers a realisation plan; a step adds `step` labels, the own action at `agent`."""
        sets: dict[tuple, int] = {}
        entries = [(sets.setdefault(known, len(sets)), k, 1.0) for (known, _), k in self.numbers[agent].items()]
        for known, row in sets.items():
            if known:
                entries.append((row, self.numbers[agent][known[:-step], known[len(known) - step + agent]], -1.0))
        row, column, value = zip(*entries, strict=True)
        shape = (len(sets), len(self.numbers[agent]))
        return sp.csr_array((value, (row, column)), shape=shape), np.array([float(not known) for known in sets])

    def value(self) -> float:
        (e, right), (f, total) = self._constraints(0, 2), self._constraints(1, 3)
        row, column = zip(*self.payoff, strict=True)
        payoff = sp.csr_array((list(self.payoff.values()), (row, column)), shape=(e.shape[1], f.shape[1]))
        # max total'v subject to E x = e, payoff' x - F'v >= 0.
        found = linprog(
            np.concatenate([np.zeros(e.shape[1]), -total]),
            A_ub=sp.hstack([-payoff.T, f.T]),
            b_ub=np.zeros(f.shape[1]),
            A_eq=sp.hstack([e, sp.csr_array((e.shape[0], f.shape[0]))]),
            b_eq=right,
            bounds=[(0, None)] * e.shape[1] + [(None, None)] * f.shape[0],
        )
        assert found.status == 0
        return -float(found.fun)
