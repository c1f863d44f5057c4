"""Statements: a keyword, a colon, and what follows up to the next keyword."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lp_posg.errors import FormatError
from lp_posg.formats.source import Source, shown, suggestion

HEADERS = ("agents", "discount", "values", "states", "start", "actions", "observations")
START_SETS = ("start include", "start exclude")
TABLES = ("T", "O", "R")
EXTENSIONS = ("horizon", "start-observation")
KEYWORDS = (*HEADERS, *START_SETS, *TABLES, *EXTENSIONS)

MAX_STATEMENT_CHARS = 1 << 28
"""A longer statement is refused, so that a broken file cannot fill the memory."""

_QUALIFIED = re.compile(r"(T|O|R|start-observation)\s*(?:@\s*([^\s@\[\]]+))?\s*(?:\[\s*([^\[\]]+?)\s*\])?")


class Head(NamedTuple):
    """What stands before the first colon: the keyword, a step and an agent as written."""

    keyword: str
    step: str | None = None
    agent: str | None = None


class Statement(NamedTuple):
    """One statement: `rest` follows the first colon on `line`, `more` are the lines below it."""

    head: Head
    line: int
    rest: str
    more: list[tuple[int, str]]

    def texts(self) -> list[tuple[int, str]]:
        """Return the lines of the content with their numbers, blank ones left out."""
        first = [(self.line, self.rest.strip())] if self.rest.strip() else []
        return first + self.more


def iter_statements(source: Source) -> Iterator[Statement]:
    """Yield the statements of a file, in order, each when the next one begins.

    Raises FormatError if the file cannot be read, does not begin with a keyword, or uses an extension that it may not
    use.
    """
    heads: dict[str, Head | None] = {}
    current: Statement | None = None
    size = 0
    for line, text in source.lines():
        before, colon, rest = text.partition(":")
        head = None
        if colon:
            if before not in heads:
                heads[before] = _head(source, line, before)
            head = heads[before]
        if head is not None:
            if current is not None:
                yield current
            current, size = Statement(head, line, rest, []), 0
        elif current is None:
            raise unexpected(source, line, text)
        else:
            size += len(text)
            if size > MAX_STATEMENT_CHARS:
                limit = f"at most {MAX_STATEMENT_CHARS} characters in one statement"
                raise source.error(line, f"found a longer statement, expected {limit}; split it")
            current.more.append((line, text))
    if current is not None:
        yield current


def unexpected(source: Source, line: int, text: str) -> FormatError:
    """Return the error for a line that belongs to no statement."""
    before, colon, _ = text.partition(":")
    word = before.split()[0] if colon and before.strip() else text.split()[0]
    known = [k for k in KEYWORDS if source.extended or k not in EXTENSIONS]
    advice = suggestion(word, known, "correct the line or remove it") if colon else "correct the line or remove it"
    return source.wrong(line, shown(word), f"a keyword ({', '.join(known)}) with a colon, or the end", advice)


def _head(source: Source, line: int, before: str) -> Head | None:
    words = " ".join(before.split())
    if words in EXTENSIONS:
        source.need_extended(line, f"the keyword '{words}:'")
    if words in KEYWORDS:
        return Head(words)
    match = _QUALIFIED.fullmatch(words)
    if match is None:
        return None
    head = Head(*match.groups())
    source.need_extended(line, f"{shown(words)} with a step or an agent")
    if head.agent is not None and head.keyword != "R":
        raise source.wrong(line, f"an agent after '{head.keyword}'", "one after 'R' only", "remove it")
    if head.step is not None and head.keyword not in TABLES:
        message = f"found a step after '{head.keyword}', expected one after T, O or R only; remove it"
        raise source.error(line, message)
    return head
