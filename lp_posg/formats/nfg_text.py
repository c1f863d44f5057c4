"""The text of a ``.nfg`` file: its grammar, and the strategic form it describes in exact numbers.

The form is that of Gambit's manual, version 16, "Game representation formats". What its prose leaves
open follows Gambit's own reader: a backslash is an escape only before a quote, a number is a fraction,
a decimal or a power of ten, and commas stand between the payoffs of an outcome only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

from lp_posg.errors import FormatError
from lp_posg.formats.header import MAX_AGENTS, MAX_LABELS, MAX_TABLE
from lp_posg.formats.numbers import whole
from lp_posg.formats.source import Source, clip
from lp_posg.types import REWARD_LIMIT

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

MAX_TEXT = 1 << 23
"""Most characters of a file: the grammar holds every word of it at once, at some 500 bytes each."""

_MAX_DIGITS = 400
_MAX_EXPONENT = 1000
_LIMIT = Fraction(REWARD_LIMIT)

# \134 is a backslash and \042 a quote, which the grammar's own language would take for its own.
# A number ends at a space or at a bracket, so that "12-3" is one wrong word and not two numbers.
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

STRING: /"(?:[^"\134]|\134\042|\134(?!\042))*"/
NUMBER.2: /[+-]?(?:[0-9]+\/[0-9]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![^\s{}",])/
WORD: /[^\s{}",]+/
%ignore /\s+/
"""
_TERMINALS = {
    "NUMBER": "a number",
    "STRING": "a text in quotes",
    "WORD": "a word",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "COMMA": "','",
    "$END": "the end of the file",
}


@dataclass(frozen=True)
class StrategicForm:
    """What a ``.nfg`` file says.

    Parameters
    ----------
    players : tuple of str
    strategies : tuple of tuple of str
        Per player.
    payoffs : tuple of tuple of Fraction
        Per profile of strategies one payoff per player; the *first* player's strategy changes fastest.
    """

    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]
    payoffs: tuple[tuple[Fraction, ...], ...]


def parse_nfg(source: Source) -> StrategicForm:
    """Return the strategic form that a file describes.

    Raises
    ------
    FormatError
        If it cannot be read or is wrong anywhere; attributes ``path`` and ``line``.
    """
    parts = _parts(source, source.text(MAX_TEXT))
    players = _players(source, parts["players"])
    sizes = _sizes(source, parts, players)
    numbers = _Numbers(source)
    if "payoffs" in parts:
        payoffs = _payoff_body(source, parts["payoffs"].children, sizes, numbers)
    else:
        payoffs = _outcome_body(source, parts["outcomes"], parts["indices"], sizes, numbers)
    return StrategicForm(players, _strategies(source, parts, players, sizes), payoffs)


# ---- words -------------------------------------------------------------------------------------------


@cache
def _parser() -> Lark:
    # Imported here since only these files need it.
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True)


def _parts(source: Source, text: str) -> dict[str, Tree[Token]]:
    """Return the trees of a file by their rule, after a look at its first three words."""
    from lark.exceptions import UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _unexpected(source, text, error) from None
    words: list[Any] = tree.children[:3]
    for token, expected in zip(words, (("NFG",), ("1",), ("R", "D")), strict=True):
        if token not in expected:
            raise _wrong(source, token, f"{' or '.join(expected)} (a .nfg file begins with NFG 1 R)", "correct it")
    rules: list[Any] = tree.children[4:]
    return {str(rule.data): rule for rule in rules}


def _unexpected(source: Source, text: str, error: UnexpectedInput) -> FormatError:
    token: Any = getattr(error, "token", None)
    if token is None:
        char = text[error.pos_in_stream or 0]
        if char == '"':
            return source.error(error.line, 'found a quote (") that is not closed; close it')
        return source.error(error.line, f"found {char!r}, expected a number, a text in quotes or a bracket; correct it")
    names = sorted(_TERMINALS.get(name, name) for name in getattr(error, "expected", ()))
    expected = " or ".join(names) or "something else"
    if token.type == "$END":
        return source.error(source.last_line, f"found the end of the file, expected {expected}; complete the file")
    return _wrong(source, token, expected, "correct it")


def _wrong(source: Source, token: Token, expected: str, advice: str) -> FormatError:
    return source.error(token.line, f"found {clip(repr(str(token)))}, expected {expected}; {advice}")


def _text(token: Token) -> str:
    return token[1:-1].replace('\\"', '"')


class _Numbers:
    """Numbers of a file as exact fractions, each different word taken once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, Fraction] = {}

    def __call__(self, token: Token) -> Fraction:
        value = self._known.get(token)
        if value is None:
            value = self._known[str(token)] = self._exact(token)
        return value

    def _exact(self, token: Token) -> Fraction:
        exponent = token.lower().partition("e")[2]
        # Bounded before the number is made: 1e999999999 has a billion digits.
        if len(token) > _MAX_DIGITS or (exponent and abs(int(exponent)) > _MAX_EXPONENT):
            expected = f"at most {_MAX_DIGITS} characters and an exponent of size at most {_MAX_EXPONENT}"
            raise _wrong(self._source, token, expected, "shorten it")
        try:
            value = Fraction(token)
        except ZeroDivisionError:
            raise _wrong(self._source, token, "a denominator above 0", "correct it") from None
        if abs(value) > _LIMIT:
            raise _wrong(self._source, token, f"a payoff of size at most {REWARD_LIMIT:g}", "rescale the payoffs")
        return value


# ---- players and strategies --------------------------------------------------------------------------


def _players(source: Source, tree: Tree[Token]) -> tuple[str, ...]:
    tokens = _tokens(tree)
    if len(tokens) > MAX_AGENTS:
        raise source.error(tokens[-1].line, f"found {len(tokens)} players, expected at most {MAX_AGENTS}; use fewer")
    return _names(source, tokens, "player", "Player ")


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
        _names(source, _tokens(own), f"strategy of {clip(repr(player))}", "")
        for player, own in zip(players, owns, strict=True)
    )


def _names(source: Source, tokens: Sequence[Token], kind: str, stem: str) -> tuple[str, ...]:
    """Return the names that `tokens` are; an empty one becomes its number from 1 after the `stem`."""
    lines: dict[str, int | None] = {}
    for k, token in enumerate(tokens):
        name = _text(token) or f"{stem}{k + 1}"
        if name in lines:
            message = f"found {clip(repr(name))} twice (first on line {lines[name]}), expected a new name ({kind})"
            raise source.error(token.line, f"{message}; rename one")
        lines[name] = token.line
    return tuple(lines)


# ---- payoffs -----------------------------------------------------------------------------------------


def _payoff_body(
    source: Source, entries: Sequence[Any], sizes: Sequence[int], numbers: _Numbers
) -> tuple[tuple[Fraction, ...], ...]:
    n = len(sizes)
    _check_count(source, entries, prod(sizes) * n, "payoffs", "one per profile and player")
    values = [numbers(token) for token in entries]
    return tuple(tuple(values[k : k + n]) for k in range(0, len(values), n))


def _outcome_body(
    source: Source, outcomes: Tree[Token], indices: Tree[Token], sizes: Sequence[int], numbers: _Numbers
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
        rows.append(tuple(map(numbers, payoffs)))
    chosen = _tokens(indices)
    _check_count(source, chosen, prod(sizes), "outcomes of profiles", "one per profile")
    return tuple(rows[_index(source, token, len(rows) - 1)] for token in chosen)


def _index(source: Source, token: Token, last: int) -> int:
    index = whole(token)
    if index is None or index > last:
        raise _wrong(source, token, f"an outcome from 1 to {last}, or 0 for none", "correct it")
    return index


def _check_count(source: Source, entries: Sequence[Any], expected: int, what: str, why: str) -> None:
    if len(entries) != expected:
        line = entries[min(expected, len(entries) - 1)].line
        raise source.error(line, f"found {len(entries)} {what}, expected {expected}, {why}; correct them")


def _tokens(tree: Tree[Token]) -> list[Token]:
    """Return the words of a rule that has only words."""
    tokens: list[Any] = tree.children
    return tokens


def _line(entries: Sequence[Any]) -> int:
    """Return the line of the last of `entries`, which are words or rules."""
    last = entries[-1]
    return int(last.meta.line if hasattr(last, "meta") else last.line)
