"""The text of a ``.nfg`` file: its grammar, and the strategic form it describes in exact numbers.

The words are in `gambit_text`. Commas stand between the payoffs of an outcome only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

from lp_posg.formats.gambit.gambit_text import (
    Numbers,
    check_first_words,
    parsed,
    parser_of,
    player_names,
    tokens_of,
    unique_names,
    wrong_word,
)
from lp_posg.formats.header import MAX_LABELS, MAX_TABLE
from lp_posg.formats.numbers import whole
from lp_posg.formats.source import Source, clip

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MAX_TEXT = 1 << 23
"""Most characters of a file: the grammar holds every word of it at once, at some 500 bytes each."""

_GRAMMAR = r"""
start: WORD NUMBER WORD STRING players _strategies comment? _body
players: "{" STRING+ "}"
_strategies: counts | names
counts: "{" NUMBER+ "}"
names: "{" own+ "}"
own: "{" STRING* "}"
comment: STRING
_body: payoffs | outcomes indices
payoffs: NUMBER+
outcomes: "{" outcome* "}"
outcome: "{" STRING (NUMBER ","?)+ "}"
indices: NUMBER+
"""


@dataclass(frozen=True)
class StrategicForm:
    """What a ``.nfg`` file says."""

    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]  # Per player
    # Per profile of strategies one payoff per player; the *first* player's strategy changes fastest
    payoffs: tuple[tuple[Fraction, ...], ...]


def parse_nfg(source: Source) -> StrategicForm:
    """Return the strategic form that a file describes, or raise FormatError."""
    parts = _parts(source, source.text(MAX_TEXT))
    players = player_names(source, tokens_of(parts["players"]))
    sizes = _sizes(source, parts, players)
    numbers = Numbers(source)
    if "payoffs" in parts:
        payoffs = _payoff_body(source, parts["payoffs"].children, sizes, numbers)
    else:
        payoffs = _outcome_body(source, parts["outcomes"], parts["indices"], sizes, numbers)
    return StrategicForm(players, _strategies(source, parts, players, sizes), payoffs)


@cache
def _parser() -> Lark:
    return parser_of(_GRAMMAR)


def _parts(source: Source, text: str) -> dict[str, Tree[Token]]:
    """Return the trees of a file by their rule, after a look at its first three words."""
    tree = parsed(source, _parser(), text, "NFG")
    check_first_words(source, tree.children[:3], ("NFG", "1"))
    rules: list[Any] = tree.children[4:]
    return {str(rule.data): rule for rule in rules}


def _sizes(source: Source, parts: dict[str, Tree[Token]], players: Sequence[str]) -> tuple[int, ...]:
    """Return how many strategies each player has."""
    entries: list[Any] = (parts.get("counts") or parts["names"]).children
    if len(entries) != len(players):
        line = _line(entries)
        message = f"found strategies of {len(entries)} players, expected {len(players)}, as many as players"
        raise source.error(line, f"{message}; correct them")
    sizes = []
    for player, entry in zip(players, entries, strict=True):
        size = whole(entry) if "counts" in parts else len(entry.children)
        if not size or size > MAX_LABELS:
            found = clip(repr(str(entry))) if "counts" in parts else f"{size} strategies"
            message = f"found {found} for player {clip(repr(player))}, expected 1 to {MAX_LABELS} strategies"
            raise source.error(_line([entry]), f"{message}; correct it")
        sizes.append(size)
    if prod(sizes) * len(sizes) > MAX_TABLE:
        message = f"found profiles x players beyond {MAX_TABLE}, the most that are held; make the game smaller"
        raise source.error(_line(entries), message)
    return tuple(sizes)


def _strategies(
    source: Source, parts: dict[str, Tree[Token]], players: Sequence[str], sizes: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    if "counts" in parts:
        return tuple(tuple(str(k + 1) for k in range(size)) for size in sizes)
    owns: list[Any] = parts["names"].children
    return tuple(
        unique_names(source, tokens_of(own), f"strategy of {clip(repr(player))}", "")
        for player, own in zip(players, owns, strict=True)
    )


def _payoff_body(
    source: Source, entries: Sequence[Any], sizes: Sequence[int], numbers: Numbers
) -> tuple[tuple[Fraction, ...], ...]:
    n = len(sizes)
    _check_count(source, entries, prod(sizes) * n, "payoffs", "one per profile and player")
    values = [numbers(token, token.line) for token in entries]
    return tuple(tuple(values[k : k + n]) for k in range(0, len(values), n))


def _outcome_body(
    source: Source, outcomes: Tree[Token], indices: Tree[Token], sizes: Sequence[int], numbers: Numbers
) -> tuple[tuple[Fraction, ...], ...]:
    n = len(sizes)
    # Outcome 0 is the null outcome, in which nobody gets anything.
    rows: list[tuple[Fraction, ...]] = [(Fraction(0),) * n]
    listed: list[Any] = outcomes.children
    for outcome in listed:
        payoffs = [token for token in outcome.children[1:] if token.type == "NUMBER"]
        if len(payoffs) != n:
            found = f"{len(payoffs)} payoffs in outcome {len(rows)} ({clip(str(outcome.children[0]))})"
            raise source.error(payoffs[-1].line, f"found {found}, expected {n}, one per player; correct them")
        rows.append(tuple(numbers(token, token.line) for token in payoffs))
    chosen = tokens_of(indices)
    _check_count(source, chosen, prod(sizes), "outcomes of profiles", "one per profile")
    return tuple(rows[_index(source, token, len(rows) - 1)] for token in chosen)


def _index(source: Source, token: Token, last: int) -> int:
    index = whole(token)
    if index is None or index > last:
        raise wrong_word(source, token.line, token, f"an outcome from 1 to {last}, or 0 for none")
    return index


def _check_count(source: Source, entries: Sequence[Any], expected: int, what: str, why: str) -> None:
    if len(entries) != expected:
        line = entries[min(expected, len(entries) - 1)].line
        raise source.wrong(line, f"{len(entries)} {what}", f"{expected}, {why}", "correct them")


def _line(entries: Sequence[Any]) -> int:
    """Return the line of the last of `entries`, which are words or rules."""
    last = entries[-1]
    return int(last.meta.line if hasattr(last, "meta") else last.line)
