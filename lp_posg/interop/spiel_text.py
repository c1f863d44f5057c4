"""An extensive game in the part of Gambit's `.efg` that OpenSpiel reads.

OpenSpiel's reader (``open_spiel/games/efg_game/efg_game.cc``) knows less than the format has: no payoffs at inner
nodes, no escapes in quoted words, fractions of 32 bits only. It distinguishes actions by their labels, and numbers
an agent's information sets from 1 without holes.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lp_posg.errors import UnsupportedError
from lp_posg.trees import CHANCE, TERMINAL, Tree

DEPTH_LIMIT = 900
"""Most moves in a row: OpenSpiel's reader and its algorithms in Python call themselves once per move."""

_LARGEST = 2**31 - 1


def efg_for_spiel(game: Tree) -> str:
    """Return the text; information sets are numbered by `set_numbers`.

    What inner nodes pay is paid at the end. Labels that are equal or empty at one node get their number, and
    quotation marks, backslashes and what is not printable are replaced.

    Raises UnsupportedError if there are more moves in a row than `DEPTH_LIMIT`.
    """
    numbers, children = set_numbers(game), game.children
    if game.depth.max() > DEPTH_LIMIT:
        raise UnsupportedError(
            f"game {game.name!r} has {game.depth.max()} moves in a row, OpenSpiel takes {DEPTH_LIMIT}; make it shorter"
        )
    payoffs = _totals(game)
    outcomes: dict[tuple[Fraction, ...], int] = {}
    agents = " ".join(_quoted(word) for word in _distinct(game.agents))
    lines = [f"EFG 2 R {_quoted(game.name)} {{ {agents} }}"]
    waiting, n_chance = [0], 0
    while waiting:
        node = waiting.pop()
        waiting += reversed(children[node])
        if game.owner[node] == TERMINAL:
            number = outcomes.setdefault(payoffs[node], len(outcomes) + 1)
            lines.append(f't "" {number} "" {{ {" ".join(_number(x) for x in payoffs[node])} }}')
        elif game.owner[node] == CHANCE:
            n_chance += 1
            words = _distinct([game.labels[c] for c in children[node]])
            law = (f"{_quoted(w)} {_number(game.probability[c])}" for w, c in zip(words, children[node], strict=True))
            lines.append(f'c "" {n_chance} "" {{ {" ".join(law)} }} 0')
        else:
            own = game.sets[game.information[node]]
            actions = " ".join(_quoted(word) for word in _distinct(own.actions))
            place = f"{own.agent + 1} {numbers[game.information[node]]} {_quoted(own.label)}"
            lines.append(f'p "" {place} {{ {actions} }} 0')
    return "\n".join(lines) + "\n"


def set_numbers(game: Tree) -> list[int]:
    """Return what number each information set has among its agent's, from 1."""
    count = [0] * game.n_agents
    numbers = []
    for own in game.sets:
        count[own.agent] += 1
        numbers.append(count[own.agent])
    return numbers


def set_key(agent: int, number: int, label: str) -> str:
    """Return OpenSpiel's information state string of an information set of a game read from such a text."""
    return f"{agent}-{agent}-{number}-{_plain(label)}"


def _totals(game: Tree) -> list[tuple[Fraction, ...]]:
    """Return what agents have got on coming to each node, in all."""
    nothing = (Fraction(0),) * game.n_agents
    totals: list[tuple[Fraction, ...]] = []
    for node, (parent, place) in enumerate(zip(game.parent.tolist(), game.outcome.tolist(), strict=True)):
        total = totals[parent] if node else nothing
        if place >= 0:
            total = tuple(x + y for x, y in zip(total, game.outcomes[place], strict=True))
        totals.append(total)
    return totals


def _number(x: Fraction) -> str:
    """Return a number: exact if OpenSpiel can read it so, else the nearest float."""
    if x.denominator == 1 or (abs(x.numerator) <= _LARGEST and x.denominator <= _LARGEST):
        return str(x)
    return repr(float(x))


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return plain labels, all followed by their number if two are equal or one is empty."""
    plain = [_plain(word) for word in labels]
    if len(set(plain)) == len(plain) and all(plain):
        return plain
    return [f"{word}#{k}" for k, word in enumerate(plain, start=1)]


def _plain(label: str) -> str:
    return "".join({'"': "'", "\\": "/"}.get(c, c) if c.isprintable() else " " for c in label)


def _quoted(label: str) -> str:
    return f'"{_plain(label)}"'
