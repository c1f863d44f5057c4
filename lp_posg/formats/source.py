"""A text file as numbered lines without comments, and errors that say where in it.

Quoted names leave this module as single tokens that begin with a double quote and contain neither spaces nor
punctuation of the format, so that later steps can split lines without care.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from lp_posg.checks import did_you_mean, meant
from lp_posg.errors import FormatError, ModelError
from lp_posg.files import PACKED
from lp_posg.types import FloatArray

MAX_LINE_BYTES = 1 << 27
"""A longer line is refused, so that a file without line ends cannot fill the memory."""

MAX_UNPACKED_BYTES = 1 << 28
"""More in a packed file is refused: a small one may unpack to any size."""

MAX_BLANK_LINES = 1_000_000
"""Most lines with nothing or only a comment on them in a row."""

_MANY = 2000
_SHOWN = 60
_LONGEST = 800
_BOM = b"\xef\xbb\xbf"
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|(#.*)|[^"#]+|"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Source:
    """One file being read: its lines, its place in messages, and whether it may use extensions.

    Only where `extended` is what only ``.posg`` files have allowed.
    """

    def __init__(self, path: Path, *, extended: bool) -> None:
        self.path = path
        self.extended = extended
        self.last_line = 1  # an empty file is to blame at its first line
        self.is_packed = path.suffix.lower() == PACKED
        self.stem = (path.with_suffix("") if self.is_packed else path).stem  # the name without extension

    def error(self, line: int | None, message: str) -> FormatError:
        """Return a FormatError that puts the file's name and the line before `message`."""
        place = self.path.name if line is None else f"{self.path.name}:{line}"
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST - 200]} ... {message[-200:]}"
        return FormatError(f"{place}: {message}", path=str(self.path), line=line)

    def wrong(self, line: int | None, found: object, expected: object, advice: str = "correct it") -> FormatError:
        """Return the FormatError that something was found where something else was expected, with what to do."""
        return self.error(line, f"found {found}, expected {expected}; {advice}")

    @contextmanager
    def making_a_game(self) -> Iterator[None]:
        """Blame the last line read for what is no game, or does not fit into memory, by a FormatError."""
        try:
            yield
        except ModelError as error:
            raise self.error(self.last_line, str(error)) from None
        except MemoryError:
            raise self.error(self.last_line, "the game does not fit into memory; make it smaller") from None

    def need_extended(self, line: int, found: str) -> None:
        """Raise FormatError unless extensions are allowed here."""
        if not self.extended:
            raise self.wrong(line, found, "plain .dpomdp", "the .posg format has this: rename the file to end in .posg")

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield (number from 1, text) of each line that is not blank, comments removed, or raise FormatError."""
        blank = 0
        for number, text in self._decoded():
            self.last_line = number
            if '"' in text:
                text = self._protected(number, text)
            elif "#" in text:
                text = text[: text.index("#")]
            text = text.strip()
            if text:
                blank = 0
                yield number, text
            else:
                blank = self._one_more(number, blank)

    def text(self, limit: int) -> str:
        """Return the whole text as it stands, with every line end a newline, or raise FormatError."""
        parts: list[str] = []
        size = blank = 0
        for number, text in self._decoded():
            self.last_line = number
            size += len(text) + 1
            if size > limit:
                raise self.error(number, f"found over {limit} characters, the most of such a file; make it smaller")
            parts.append(text.removesuffix("\n"))
            blank = self._one_more(number, blank) if text.isspace() or not text else 0
        return "\n".join(parts)

    def _one_more(self, number: int, blank: int) -> int:
        """Return the number of lines in a row with nothing on them, or raise FormatError if it is too large."""
        if blank >= MAX_BLANK_LINES:
            raise self.error(number, f"found over {MAX_BLANK_LINES} lines in a row with nothing on them; remove them")
        return blank + 1

    def _decoded(self) -> Iterator[tuple[int, str]]:
        number = 0
        for raw in self._raw():
            raw = raw if number else raw.removeprefix(_BOM)
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                byte = raw[error.start]
                raise self.wrong(number + 1, f"byte 0x{byte:02x}", "UTF-8 text", "save the file as UTF-8") from None
            parts = text.replace("\r\n", "\n").removesuffix("\n").split("\r") if "\r" in text else [text]
            for part in parts:
                number += 1
                yield number, part

    def _raw(self) -> Iterator[bytes]:
        try:
            if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
                raise self._unreadable("found a device or a pipe, expected a file; write it to a file first")
            with gzip.open(self.path, "rb") if self.is_packed else self.path.open("rb") as file:
                number = size = 0
                while raw := file.readline(MAX_LINE_BYTES):
                    number += 1
                    size += len(raw)
                    if len(raw) == MAX_LINE_BYTES:
                        raise self.error(number, f"found a line of over {MAX_LINE_BYTES} bytes; break it up")
                    if self.is_packed and size > MAX_UNPACKED_BYTES:
                        raise self.error(number, f"found over {MAX_UNPACKED_BYTES} bytes in a packed file; unpack it")
                    yield raw
        except FileNotFoundError:
            raise self._unreadable("there is no such file; correct the path") from None
        except IsADirectoryError:
            raise self._unreadable("found a directory, expected a file; correct the path") from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            found = f"content that gzip cannot unpack ({error})"
            raise self.wrong(self.last_line, found, "a packed text", "pack the file anew, or remove .gz") from None
        except (OSError, ValueError) as error:
            raise self._unreadable(f"cannot be read ({error}); make it a readable file") from None

    def _unreadable(self, message: str) -> FormatError:
        return FormatError(f"{self.path}: {message}", path=str(self.path), line=None)

    def _protected(self, number: int, text: str) -> str:
        """Return the line with each quoted name as one token and without its comment."""
        pieces: list[str] = []
        for piece in _PIECE.finditer(text):
            if piece.group(2) is not None:
                break
            if not piece.group().startswith('"'):
                pieces.append(piece.group())
                continue
            if piece.group(1) is None:
                raise self.wrong(number, 'a quote (") that is not closed', "the name to end on this line", "close it")
            pieces.append(f" {protect(self._unescaped(number, piece.group(1)))} ")
        return "".join(pieces)

    def _unescaped(self, number: int, body: str) -> str:
        if not body:
            raise self.wrong(number, 'the empty name ""', "at least one character", "name it")

        def char(match: re.Match[str]) -> str:
            code = match.group(1)
            if len(code) == 5:
                return chr(int(code[1:], 16))
            if code not in _ESCAPES:
                expected = 'one of \\", \\\\, \\n, \\r, \\t, \\uXXXX'
                raise self.error(number, f"found '\\{code}', expected {expected}; double the backslash")
            return _ESCAPES[code]

        return _ESCAPE.sub(char, body)


def protect(name: str) -> str:
    """Return the token that stands for the quoted `name` after reading a line."""
    return '"' + quote(name, safe="", errors="surrogatepass")


def unprotect(token: str) -> str:
    """Return the name for which the `token` made by `protect` stands."""
    return unquote(token[1:], errors="surrogatepass")


def has_half_character(name: str) -> bool:
    """Whether half of a pair of surrogates stands in `name`, which UTF-8 cannot hold."""
    return _SURROGATE.search(name) is not None


def quoted(name: str) -> str:
    """Return `name` as it is written in a file between quotes."""
    plain = name.replace("\\", "\\\\").replace('"', '\\"')
    plain = plain.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", plain) + '"'


def shown(token: str) -> str:
    """Return `token` as a message shows it: in quotation marks, a quoted name as its name."""
    return clip(repr(unprotect(token) if token.startswith('"') else token))


def clip(text: str) -> str:
    """Return `text`, its end cut off when it is too long for a message."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def suggestion(found: str, known: Iterable[str], otherwise: str) -> str:
    """Return advice to end a message with: the nearest known word, or `otherwise`."""
    return did_you_mean(meant(found[:_SHOWN], islice(known, _MANY), most=1), after="") or otherwise


_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)


def whole(token: str) -> int | None:
    """Return the count or index written as `token`, or None if it is not digits only (15 at most)."""
    return int(token) if _WHOLE.fullmatch(token) else None


def is_number(token: str) -> bool:
    """Whether `token` is written as a number."""
    return _NUMBER.fullmatch(token) is not None


def number(source: Source, line: int, text: str) -> float:
    """Return the finite number that `text` is, or raise FormatError."""
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isfinite(value):
            return value
    raise source.wrong(line, shown(text.strip()), "a finite number")


def all_numbers(source: Source, line: int, tokens: list[str]) -> FloatArray:
    """Return the finite numbers that the `tokens` of one line are, or raise FormatError."""
    try:
        values = np.array([float(token) for token in tokens])
    except ValueError:
        values = np.array([math.nan])
    joined = "".join(tokens)
    if not np.isfinite(values).all() or "_" in joined or not joined.isascii():
        for token in tokens:
            number(source, line, token)
    return values
