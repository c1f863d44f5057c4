"""The text of a ``.efg`` file: its grammar, and its nodes one after the other, not yet a tree.

The words are in `gambit_text`. Where a node names an information set, a chance event or an outcome, a
description may follow; it has to at the first mention, and where it comes again it has to be the same. Its name may
be left out, and then says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple

from lp_posg.deadline import check_time
from lp_posg.formats.gambit.gambit_text import check_first_words, parsed, parser_of, player_names, text_of
from lp_posg.formats.source import Source

if TYPE_CHECKING:
    from lark import Lark

MAX_TEXT = 1 << 24
"""Most characters of a file: some 400,000 nodes, read in about a minute (a tenth of a millisecond a node)."""

READING = "reading a game tree"

_GRAMMAR = r"""
start: WORD NUMBER WORD STRING players comment node+
players: "{" STRING+ "}"
comment: STRING?
?node: chance | personal | terminal
chance: "c" STRING NUMBER [event] outcome
event: [STRING] "{" branch+ "}"
branch: STRING NUMBER
personal: "p" STRING NUMBER NUMBER [moves] outcome
moves: [STRING] "{" STRING+ "}"
terminal: "t" STRING outcome
outcome: NUMBER [payoffs]
payoffs: [STRING] "{" (NUMBER ","?)+ "}"
"""


class Word(NamedTuple):
    """A word of the file, a quoted one as the text it stands for, and its line."""

    text: str
    line: int


class Branches(NamedTuple):
    """The description of an information set or of a chance event; an agent's branches have no numbers."""

    name: Word | None
    line: int
    labels: tuple[str, ...]
    numbers: tuple[Word, ...]


class Payoffs(NamedTuple):
    """The description of an outcome."""

    name: Word | None
    line: int
    numbers: tuple[Word, ...]


class Node(NamedTuple):
    """A node as it is written."""

    kind: str  # ``"c"``, ``"p"`` or ``"t"``
    line: int
    # player and move: the numbers of the player and of the information set, or of the event; None where there is none
    player: Word | None
    move: Word | None
    branches: Branches | None  # What is said of the latter here
    outcome: Word  # Its number
    payoffs: Payoffs | None  # What is said of the outcome here


@dataclass(frozen=True)
class TreeText:
    """What a ``.efg`` file says, its nodes in prefix order."""

    title: str
    players: tuple[str, ...]
    nodes: Sequence[Node]


def parse_efg(source: Source) -> TreeText:
    """Return the nodes that a file lists; that they make a tree is not checked, or raise FormatError."""
    words, players, nodes = parsed(source, _parser(), source.text(MAX_TEXT), "EFG")
    check_first_words(source, words[:3], ("EFG", "2"))
    return TreeText(text_of(words[3]), player_names(source, players), nodes)


@cache
def _parser() -> Lark:
    return parser_of(_GRAMMAR, _transformer())


def _word(token: Any) -> Word:
    # Interned, since few words of such a file are different.
    text = text_of(token) if token.type == "STRING" else str(token)
    return Word(intern(text), token.line)


def _name(parts: list[Any]) -> Word | None:
    """Return the name that a description begins with, None where it is left out."""
    return None if parts[0] is None else _word(parts[0])


def _transformer() -> Any:
    """Return what makes a `Node` of each node while the file is read, so that no tree of words is held."""
    from lark import Transformer

    class Nodes(Transformer):  # type: ignore[type-arg]
        def start(self, parts: list[Any]) -> tuple[list[Any], list[Any], list[Node]]:
            return parts[:4], parts[4], parts[6:]

        def players(self, tokens: list[Any]) -> list[Any]:
            return tokens

        def comment(self, tokens: list[Any]) -> None:
            return None

        def chance(self, parts: list[Any]) -> Node:
            check_time(READING)
            name, number, event, (outcome, payoffs) = parts
            return Node("c", name.line, None, _word(number), event, outcome, payoffs)

        def event(self, parts: list[Any]) -> Branches:
            labels, numbers = zip(*parts[1:], strict=True)
            return Branches(_name(parts), numbers[0].line if parts[0] is None else parts[0].line, labels, numbers)

        def branch(self, parts: list[Any]) -> tuple[str, Word]:
            return _word(parts[0]).text, _word(parts[1])

        def personal(self, parts: list[Any]) -> Node:
            check_time(READING)
            name, player, number, moves, (outcome, payoffs) = parts
            return Node("p", name.line, _word(player), _word(number), moves, outcome, payoffs)

        def moves(self, parts: list[Any]) -> Branches:
            labels = tuple(_word(part).text for part in parts[1:])
            return Branches(_name(parts), (parts[0] or parts[1]).line, labels, ())

        def terminal(self, parts: list[Any]) -> Node:
            check_time(READING)
            name, (outcome, payoffs) = parts
            return Node("t", name.line, None, None, None, outcome, payoffs)

        def outcome(self, parts: list[Any]) -> tuple[Word, Payoffs | None]:
            return _word(parts[0]), parts[1]

        def payoffs(self, parts: list[Any]) -> Payoffs:
            return Payoffs(_name(parts), (parts[0] or parts[1]).line, tuple(map(_word, parts[1:])))

    return Nodes()
