"""Numbers as they stand in a file: strict where ``float`` and ``int`` are lenient."""

from __future__ import annotations

import math
import re

import numpy as np

from lp_posg.formats.source import Source, shown
from lp_posg.types import FloatArray

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
