"""What Gambit's text files have in common: their words, exact numbers and quoted names, and errors about them.

The words are those of Gambit's manual, version 16, "Game representation formats". What its prose leaves
open follows Gambit's own reader: a backslash is an escape only before a quote, and a number is a
fraction, a decimal or a power of ten.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lp_posg.errors import FormatError, GambitNameWarning, RepeatedNameWarning
from lp_posg.formats.header import MAX_AGENTS
from lp_posg.formats.source import Source, clip, has_half_character
from lp_posg.types import REWARD_LIMIT

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

MAX_FRACTION = 4000
"""Most characters of a number written as a fraction: what a number of a file becomes when it is written again."""

_MAX_DIGITS = 400
_MAX_EXPONENT = 1000
_LIMIT = Fraction(REWARD_LIMIT)

# \134 is a backslash and \042 a quote, which the grammar's own language would take for its own.
# A number ends at a space or at a bracket, so that "12-3" is one wrong word and not two numbers.
_WORDS = r"""
STRING: /"(?:[^"\134]|\134\042|\134(?!\042))*"/
NUMBER.2: /[+-]?(?:[0-9]+\/[0-9]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![^\s{}",])/
WORD: /[^\s{}",]+/
%ignore /\s+/
"""
_KINDS = {"EFG": "EFG 2 R", "NFG": "NFG 1 R"}
_TERMINALS = {
    "NUMBER": "a number",
    "STRING": "a text in quotes",
    "WORD": "a word",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "COMMA": "','",
    "C": "'c'",
    "P": "'p'",
    "T": "'t'",
    "$END": "the end of the file",
}


def parser_of(rules: str, transformer: Any = None) -> Lark:
    """Return a parser of the words above put together by `rules`; a `transformer` is applied while reading."""
    # Imported here since only these files need it.
    from lark import Lark

    # A transformer sees the words themselves, so that their places need not be passed on.
    placed = transformer is None
    return Lark(rules + _WORDS, parser="lalr", lexer="basic", propagate_positions=placed, transformer=transformer)


def parsed(source: Source, parser: Lark, text: str, magic: str) -> Any:
    """Return what `parser` makes of the text of a file whose first word is to be `magic`, or raise FormatError."""
    from lark.exceptions import UnexpectedInput

    _check_kind(source, text, magic)
    try:
        return parser.parse(text)
    except UnexpectedInput as error:
        raise _unexpected(source, text, error) from None


def _check_kind(source: Source, text: str, magic: str) -> None:
    """Raise FormatError if a text is empty, or by its first word another kind of file of Gambit's."""
    words = text.split(maxsplit=1)
    begins = f"expected a .{magic.lower()} file, which begins with {_KINDS[magic]}"
    if not words:
        raise source.error(1, f"found an empty file, {begins}; write the game to it")
    if words[0] in _KINDS and words[0] != magic:
        line = text[: text.index(words[0])].count("\n") + 1
        kind = f".{words[0].lower()}"
        raise source.error(line, f"found {words[0]!r}, the beginning of a {kind} file, {begins}; rename it to {kind}")


def check_first_words(source: Source, words: Sequence[Any], expected: tuple[str, str]) -> None:
    """Raise FormatError unless a file begins with the two `expected` words and R or D."""
    magic, version = expected
    for token, allowed in zip(words, ((magic,), (version,), ("R", "D")), strict=True):
        if token not in allowed:
            begins = f"a .{magic.lower()} file begins with {magic} {version} R"
            raise wrong_word(source, token.line, token, f"{' or '.join(allowed)} ({begins})")


def _unexpected(source: Source, text: str, error: UnexpectedInput) -> FormatError:
    token: Any = getattr(error, "token", None)
    if token is None:
        char = text[error.pos_in_stream or 0]
        if char == '"':
            return source.error(error.line, 'found a quote (") that is not closed; close it')
        return source.wrong(error.line, f"{char!r}", "a number, a text in quotes or a bracket")
    names = sorted(_TERMINALS.get(name, name) for name in getattr(error, "expected", ()))
    expected = " or ".join(names) or "something else"
    if token.type == "$END":
        return source.wrong(source.last_line, "the end of the file", expected, "complete the file")
    return wrong_word(source, token.line, token, expected)


def wrong_word(source: Source, line: int | None, word: str, expected: str, advice: str = "correct it") -> FormatError:
    """Return the error that another word than `word` was expected."""
    return source.wrong(line, clip(repr(str(word))), expected, advice)


def text_of(word: str) -> str:
    """Return the text for which a quoted word stands."""
    return word[1:-1].replace('\\"', '"')


def tokens_of(tree: Tree[Token]) -> list[Token]:
    """Return the words of a rule that has only words."""
    tokens: list[Any] = tree.children
    return tokens


def unique_names(source: Source, tokens: Sequence[Token], kind: str, stem: str) -> tuple[str, ...]:
    """Return the names that `tokens` are; an empty one becomes its number from 1 after the `stem`."""
    lines: dict[str, int | None] = {}
    for k, token in enumerate(tokens):
        name = text_of(token) or f"{stem}{k + 1}"
        if name in lines:
            message = f"found {clip(repr(name))} twice (first on line {lines[name]}), expected a new name ({kind})"
            raise source.error(token.line, f"{message}; rename one")
        lines[name] = token.line
    return tuple(lines)


def distinct_names(source: Source, tokens: Sequence[Token], kind: str) -> tuple[str, ...]:
    """Return the names that `tokens` are, made different where they are not: a `RepeatedNameWarning` says so.

    An empty one becomes its number from 1.
    """
    plain = [text_of(token) or str(k + 1) for k, token in enumerate(tokens)]
    taken, names, last = set(plain), [], dict.fromkeys(plain, 0)
    for name in plain:
        new = name
        while last[name] and new in taken:
            last[name] += 1
            new = f"{name} ({last[name]})"
        last[name] = last[name] or 1
        taken.add(new)
        names.append(new)
    changed = [k for k in range(len(plain)) if names[k] != plain[k]]
    if changed:
        k = changed[0]
        more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        warnings.warn(
            f"{source.path.name}:{tokens[k].line}: found {clip(repr(plain[k]))} twice ({kind}); taken as"
            f" {clip(repr(names[k]))}{more}",
            RepeatedNameWarning,
            stacklevel=2,
        )
    return tuple(names)


def player_names(source: Source, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the names of the players, which are not too many."""
    if len(tokens) > MAX_AGENTS:
        raise source.wrong(tokens[-1].line, f"{len(tokens)} players", f"at most {MAX_AGENTS}", "use fewer")
    return unique_names(source, tokens, "player", "Player ")


class Numbers:
    """Numbers of a file as exact fractions, each different word taken once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, Fraction] = {}

    def __call__(self, word: str, line: int | None) -> Fraction:
        """Return the number written as `word` on a line, or raise FormatError."""
        value = self._known.get(word)
        if value is None:
            value = self._known[str(word)] = self._exact(word, line)
        return value

    def _exact(self, word: str, line: int | None) -> Fraction:
        exponent = word.lower().partition("e")[2]
        most = MAX_FRACTION if "/" in word else _MAX_DIGITS
        # Bounded before the number is made: 1e999999999 has a billion digits.
        if len(word) > most or (exponent and (len(exponent) > 9 or abs(int(exponent)) > _MAX_EXPONENT)):
            expected = f"at most {most} characters and an exponent of size at most {_MAX_EXPONENT}"
            raise wrong_word(self._source, line, word, expected, "shorten it")
        try:
            value = Fraction(word)
        except ZeroDivisionError:
            raise wrong_word(self._source, line, word, "a denominator above 0", "correct it") from None
        if abs(value) > _LIMIT:
            expected = f"a payoff of size at most {REWARD_LIMIT:g}"
            raise wrong_word(self._source, line, word, expected, "rescale the payoffs")
        return value


def quoted_text(name: str) -> str:
    """Return `name` as it is written between quotes."""
    return '"' + name.replace('"', '\\"') + '"'


def printable_title(title: str) -> str:
    """Return a title that can be written: it is shown only, so odd characters may be replaced."""
    return title.encode(errors="replace").decode().replace("\r", " ").rstrip("\\")


def unwritable_name(names: Iterable[str]) -> str | None:
    """Return which of some names cannot be written so that it is read back, and why; None if all can."""
    for name in names:
        if name.endswith("\\") or "\r" in name or has_half_character(name):
            return f"the name {clip(repr(name))} ends in a backslash, or has a carriage return or half a character"
    return None


def warn_of_names(path: Path, names: Iterable[str]) -> None:
    """Warn of a name that has been written though Gambit takes printable ASCII without blanks around it only."""
    odd = [name for name in names if not (name.isascii() and (name.isprintable() and name == name.strip()))]
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        warnings.warn(
            f"{path}: Gambit refuses names with other than printable ASCII characters or with blanks around them:"
            f" {clip(repr(odd[0]))}{more}; rename what Gambit is to read",
            GambitNameWarning,
            stacklevel=2,
        )
