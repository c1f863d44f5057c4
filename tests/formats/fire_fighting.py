"""The fire fighting problem as the text of a ``.dpomdp`` file with a reward for every pair of states.

Two agents, houses in a row with fire levels 0, 1 and 2, and agents who stand at the depot or at a house (after
Oliehoek, Spaan and Vlassis 2008). Each action goes to a house and fights its fire. Two agents
put a fire out; one lowers it by a level, for certain if no neighbour burns, else with probability 0.6. A house without
an agent and with a burning neighbour gets worse with probability 0.8, one that burns alone with 0.4. Each agent sees
flames at its house with probability 0.2, 0.5 or 0.8, as the level is. The reward is minus the sum of the next levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

LEVELS = 3
FLAMES = (0.2, 0.5, 0.8)

Fire = tuple[int, ...]


def fire_text(n_houses: int, reward: str) -> str:
    """Return the file; `reward` is how its rewards are written, such as ``R: * : {s} : {t} : * : {x}``.

    There is one line for every pair of states s and t, or for every t if `reward` names no s.
    """
    return "\n".join(_lines(n_houses, reward)) + "\n"


def states_of(n_houses: int) -> list[tuple[Fire, tuple[int, int]]]:
    """Return the states: the level of each house, and where each agent stands (0 is the depot)."""
    places = product(range(n_houses + 1), repeat=2)
    return [(fire, where) for fire, where in product(product(range(LEVELS), repeat=n_houses), places)]


def _lines(n_houses: int, reward: str) -> Iterator[str]:
    states = states_of(n_houses)
    number = {state: k for k, state in enumerate(states)}
    yield f"agents: 2\ndiscount: 1.0\nvalues: reward\nstates: {len(states)}\nstart:\nuniform"
    yield f"actions:\n{n_houses}\n{n_houses}\nobservations:\nflames none\nflames none"
    for i, j in product(range(n_houses), repeat=2):
        for s, (fire, _) in enumerate(states):
            for chances in product(
                *(_next_levels(fire, house, (i == house) + (j == house)) for house in range(n_houses))
            ):
                after = tuple(level for level, _ in chances)
                p = 1.0
                for _, chance in chances:
                    p *= chance
                yield f"T: {i} {j} : {s} : {number[after, (i + 1, j + 1)]} : {p!r}"
        for t, (fire, _) in enumerate(states):
            first, second = FLAMES[fire[i]], FLAMES[fire[j]]
            see = ((first, "flames"), (1 - first, "none")), ((second, "flames"), (1 - second, "none"))
            for (p, one), (q, two) in product(*see):
                yield f"O: {i} {j} : {t} : {one} {two} : {p * q!r}"
    for s in range(len(states) if "{s}" in reward else 1):
        for t, (fire, _) in enumerate(states):
            yield reward.format(s=s, t=t, x=-float(sum(fire)))


def _next_levels(fire: Fire, house: int, n_agents: int) -> list[tuple[int, float]]:
    """Return the levels that a house may have next, each with its chance."""
    level = fire[house]
    is_near = any(fire[k] for k in (house - 1, house + 1) if 0 <= k < len(fire))
    if n_agents == 2 or (n_agents == 1 and level == 0 and not is_near):
        return [(0, 1.0)]
    if n_agents == 1:
        lower = max(level - 1, 0)
        return [(lower, 0.6), (level, 0.4)] if is_near and lower != level else [(lower, 1.0)]
    worse, chance = min(level + 1, LEVELS - 1), 0.8 if is_near else 0.4 if level else 0.0
    return [(worse, chance), (level, 1 - chance)] if chance and worse != level else [(level, 1.0)]
