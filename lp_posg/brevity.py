"""`brief`: a result's `repr` in a line or two, whatever it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

Class = TypeVar("Class", bound=type)

LONGEST = 400
"""Characters of a `repr`; what is beyond is left out, and said to be."""

_LONGEST_PART, _MOST_NUMBERS = 90, 8


def brief(*names: str) -> Callable[[Class], Class]:
    """Return a decorator of a dataclass that gives it and its subclasses a short `repr`.

    Parameters
    ----------
    *names : str
        The attributes to show, also of attributes, as in ``certificate.gap``; by default all fields. Parts of a game or
        a solution that have a name are shown by it, and what is long by its size.
    """

    def decorate(cls: Class) -> Class:
        chosen = names or tuple(one.name for one in fields(cls) if one.repr)
        cls.__repr__ = lambda self: _repr(self, chosen)  # type: ignore[misc, assignment]
        return cls

    return decorate


def _repr(value: Any, names: Collection[str]) -> str:
    parts = [f"{name.rpartition('.')[2]}={shown(attrgetter(name)(value))}" for name in names]
    start, kept = f"{type(value).__name__}(", list[str]()
    for part in parts:
        if len(start) + sum(len(one) + 2 for one in kept) + len(part) > LONGEST:
            kept.append("...")
            break
        kept.append(part)
    return f"{start}{', '.join(kept)})"


def shown(value: Any) -> str:
    """Return a value in a few words.

    >>> shown(1 / 3), shown(np.zeros((30, 2))), shown("x" * 10**6)[-8:], shown(tuple(range(99)))
    ('0.333333', 'array of shape (30, 2)', 'xxxx...', '99 items')
    """
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        few = value.size <= _MOST_NUMBERS
        return str(list(map(shown, value.tolist()))).replace("'", "") if few and value.ndim == 1 else _shape(value)
    if isinstance(getattr(value, "name", None), str) and not isinstance(value, type):
        return _clipped(repr(value.name))
    if isinstance(value, (tuple, list, Mapping, set, frozenset)) and (
        len(value) > _MOST_NUMBERS or len(repr(value)) > _LONGEST_PART
    ):
        return f"{len(value)} item{'s' * (len(value) != 1)}"
    return _clipped(" ".join(repr(value).split()))


def _shape(value: Any) -> str:
    return f"array of shape {value.shape}"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_PART else text[: _LONGEST_PART - 3] + "..."
