"""JSON text with places: what stands in it, strictly read, and the line on which a part of it stands.

The standard decoder reads it. Only after an error is the text walked a second time, to find the line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from lp_posg.errors import FormatError
from lp_posg.formats.source import Source, clip

MAX_TEXT = 1 << 24
"""Most characters of a file: its numbers are held as objects at first, at some ten times their text."""

MAX_DEPTH = 32
"""Most brackets inside brackets; a game has four."""

MAX_DIGITS = 400
"""Most digits of a whole number."""

Path = Sequence[str | int]
"""Keys and 0-based indices that lead from the whole text to a part of it."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


class _Piece(NamedTuple):
    """A key or the beginning of a value, with where it stands; `path` changes as the walk goes on."""

    token: str
    offset: int
    path: list[Any]
    is_key: bool


class _Refused(Exception):
    """What the decoder's hooks raise; the walk then finds the place and the words."""


class JsonText:
    """The text of a JSON file and its errors, or raise FormatError."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text(MAX_TEXT)

    def value(self) -> Any:
        """Return what the text says.

        Raises FormatError if it is no JSON, has a key twice in one object, a number that is not finite or has too many
        digits, or is nested too deeply.
        """
        try:
            return json.loads(self._text, object_pairs_hook=_unique, parse_constant=_refuse)
        except json.JSONDecodeError as error:
            found = self._text[error.pos : error.pos + 60].split("\n")[0]
            shown = clip(repr(found)) if found else "the end of the line"
            if error.pos >= len(self._text):
                shown = "the end of the file"
            message = f"found {shown}, expected JSON ({error.msg[:1].lower()}{error.msg[1:]}); correct it"
            raise self._source.error(self._line(error.pos), message) from None
        except (_Refused, RecursionError, ValueError):
            raise self._refusal() from None

    def error(self, path: Path, message: str) -> FormatError:
        """Return a FormatError at the line where the value at `path` begins, or the deepest part of it there is."""
        wanted, best, deepest = list(path), 0, -1
        for piece in _pieces(self._text):
            depth = len(piece.path)
            if not piece.is_key and deepest < depth <= len(wanted) and piece.path == wanted[:depth]:
                best, deepest = piece.offset, depth
                if depth == len(wanted):
                    break
        return self._source.error(self._line(best), message)

    def wrong(self, path: Path, found: object, expected: object, advice: str = "correct it") -> FormatError:
        """Return a FormatError at `path` that something was found where something else was expected."""
        return self.error(path, f"found {found}, expected {expected}; {advice}")

    def _refusal(self) -> FormatError:
        keys: list[set[str]] = []
        for piece in _pieces(self._text):
            depth = len(piece.path)
            found = clip(repr(piece.token))
            if depth > MAX_DEPTH:
                message = f"found over {MAX_DEPTH} brackets inside brackets, expected at most 4 of a game; remove some"
                return self._source.error(self._line(piece.offset), message)
            if piece.is_key and depth:
                # One set of keys for each object around; deeper ones are over.
                keys = (keys + [set() for _ in range(depth)])[:depth]
                if piece.path[-1] in keys[-1]:
                    message = f"found the key {found} a second time, expected it once; remove one"
                    return self._source.error(self._line(piece.offset), message)
                keys[-1].add(piece.path[-1])
            elif piece.token == "{":
                keys = keys[:depth]
            elif piece.token in _NOT_FINITE:
                message = f"found {piece.token}, expected a finite number; correct it"
                return self._source.error(self._line(piece.offset), message)
            elif len(piece.token) > MAX_DIGITS and piece.token[0] != '"':
                message = f"found a number of {len(piece.token)} characters, expected at most {MAX_DIGITS}; shorten it"
                return self._source.error(self._line(piece.offset), message)
        return self._source.error(self._source.last_line, "found something that is no JSON of a game; correct it")

    def _line(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1


def path_text(path: Path) -> str:
    """Return a path as messages show it.

    >>> path_text(["transition", 0, 5])
    'transition[0][5]'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the whole file"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _Refused
    return content


def _refuse(constant: str) -> NoReturn:
    raise _Refused


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield the keys and the beginnings of values of a text that may be broken, with their paths."""
    path: list[Any] = []
    before_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == ":":
            continue
        if token == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
            else:
                before_key = True
        elif token in "]}":
            before_key = False
            if path:
                path.pop()
        elif before_key and token[0] == '"':
            before_key = False
            if path:
                path[-1] = _key(token)
            yield _Piece(token, match.start(), path, True)
        else:
            yield _Piece(token, match.start(), path, False)
            before_key = token == "{"
            if token in "[{":
                path.append(0 if token == "[" else None)


def _key(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token
