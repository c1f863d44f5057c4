"""Names and indices: what stands between two colons, as positions along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lp_posg.errors import FormatError
from lp_posg.formats.source import Source, clip, is_number, shown, suggestion, unprotect, whole
from lp_posg.types import IntArray

RESERVED = ("*", "uniform", "identity", "include", "exclude")
"""Words that are never an unquoted name."""

Index = int | IntArray
"""One position, or the sorted positions that a wildcard stands for."""

_CACHE_CELLS = 1 << 23
_LISTED = 6


def is_bare_name(token: str) -> bool:
    """Whether `token` can be a name without quotes."""
    plain = token.isprintable() and token.split() == [token] and not any(c in token for c in ':#"')
    return plain and token not in RESERVED and not is_number(token) and not token.endswith(",")


@dataclass(frozen=True)
class Names:
    """The members of one list of the header."""

    kind: str  # What one member is, with its article, for messages
    size: int
    labels: tuple[str, ...] | None = None  # None when the header gave only their number
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {label: i for i, label in enumerate(self.labels or ())})

    def position(self, source: Source, line: int, token: str) -> int:
        """Return the position of the member that `token` names or indexes, or raise FormatError."""
        if token.startswith('"'):
            name = unprotect(token)
            found = self._index.get(name)
            if found is None and self.labels is None and str(whole(name)) == name:
                found = whole(name)
        else:
            found = whole(token)
            found = self._index.get(token) if found is None else found
        if found is not None and found < self.size:
            return found
        raise source.error(line, self._message(token))

    def _message(self, token: str) -> str:
        if self.labels is None or is_number(token):
            return f"found {shown(token)}, expected {self.kind} (index 0 to {self.size - 1}); correct the index"
        some = ", ".join(clip(repr(label)) for label in self.labels[:_LISTED])
        more = ", ..." if self.size > _LISTED else ""
        name = unprotect(token) if token.startswith('"') else token
        advice = suggestion(name, self.labels, "correct the name")
        return f"found {shown(token)}, expected {self.kind} (one of {some}{more}); {advice}"


class Axis:
    """One axis of a table: single members (one list of names) or joint ones (a list per agent).

    A joint index runs with the last agent fastest; `kind` is what messages call one position.
    """

    def __init__(self, source: Source, kind: str, parts: Sequence[Names]) -> None:
        self.kind = kind
        self.size = int(np.prod([part.size for part in parts], dtype=object))
        self.seen: dict[str, Index] = {}
        self._source = source
        self._parts = tuple(parts)
        self._seen_cells = 0

    def index(self, line: int, text: str) -> Index:
        """Return what `text` stands for, or raise FormatError; the answer is remembered in ``seen``."""
        found = self.seen.get(text)
        if found is None:
            found = self._resolve(line, text.split())
            self._seen_cells += int(np.size(found))
            if self._seen_cells > _CACHE_CELLS:
                self.seen.clear()
                self._seen_cells = 0
            self.seen[text] = found
        return found

    def _resolve(self, line: int, tokens: list[str]) -> Index:
        if tokens == ["*"]:
            return np.arange(self.size)
        if len(tokens) == len(self._parts):
            return self._joint([self._member(line, t, p) for t, p in zip(tokens, self._parts, strict=True)])
        joint = whole(tokens[0]) if len(tokens) == 1 else None
        if joint is not None and joint < self.size:
            return joint
        raise self._wrong(line, tokens)

    def _member(self, line: int, token: str, names: Names) -> Index:
        return np.arange(names.size) if token == "*" else names.position(self._source, line, token)

    def _joint(self, members: list[Index]) -> Index:
        flat: Index = 0
        for member, part in zip(members, self._parts, strict=True):
            if isinstance(flat, int) and isinstance(member, int):
                flat = flat * part.size + member
            else:
                flat = np.add.outer(np.asarray(flat) * part.size, member).ravel()
        return flat

    def _wrong(self, line: int, tokens: list[str]) -> FormatError:
        found = clip(repr(" ".join(shown(t).strip("'") for t in tokens[:20])))
        if len(self._parts) == 1:
            expected = f"{self._parts[0].kind}, as one word, or *"
        else:
            one = f"one joint index from 0 to {self.size - 1}"
            expected = f"a {self.kind} ({len(self._parts)} words, one per agent, or {one}, or *)"
        return self._source.wrong(line, found, expected)
