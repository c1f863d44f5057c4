"""Frozen dataclasses as a JSON-ready object and named arrays, and back, as the type hints of their fields say.

An array stands in the object as the name of its type, and among the arrays under its place, such as
``policy.steps.0.child``. Fields with the metadata ``{"stored": False}`` are left out. Reading checks every type; that
indices are within their ranges and probabilities sum to 1 has to be checked afterwards.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from lp_posg.errors import ModelError, OptionError
from lp_posg.evaluate import Kind
from lp_posg.game import Game, game_arrays, game_labels
from lp_posg.information import Compression, SharingStructure
from lp_posg.stage import Concept, Objective

_SHOWN = 60

NAMED = frozenset({Compression, Concept, Kind, Objective, SharingStructure})
"""Types of objects that may be a user's: only their names are stored."""


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of the fields that are stored."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if field.metadata.get("stored", True)}


def _place(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)


def pack(value: Any, arrays: dict[str, Any], at: str = "") -> Any:
    """Return a value as JSON holds it, and add its arrays to `arrays`."""
    if isinstance(value, np.ndarray):
        arrays[at] = value
        return value.dtype.name
    if isinstance(value, Game):
        arrays |= game_arrays(value, f"{at}.")
        return game_labels(value)
    if isinstance(value, tuple):
        return [pack(part, arrays, _place(at, i)) for i, part in enumerate(value)]
    if is_dataclass(value):
        hints = _hints(value.__class__).items()
        return {name: _packed_field(getattr(value, name), hint, arrays, _place(at, name)) for name, hint in hints}
    if isinstance(value, Mapping):
        return {key: pack(part, arrays, _place(at, key)) for key, part in value.items()}
    return str(value) if isinstance(value, Fraction) else value


def _packed_field(value: Any, hint: Any, arrays: dict[str, Any], at: str) -> Any:
    return getattr(value, "name", None) if NAMED & {hint, *get_args(hint)} else pack(value, arrays, at)


def shown(name: object) -> str:
    """Return what a file says, short enough for a message."""
    text = repr(name)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def expect(is_right: Any, at: str, expected: str) -> None:
    """Raise ModelError, which names the part, unless something holds of it."""
    if not is_right:
        raise ModelError(f"{at} is not what it has to be, expected {expected}")


@dataclass(frozen=True)
class Unpacker:
    """Makes values of what `pack` returned.

    Attributes
    ----------
    arrays : mapping of str to arrays
    readers : mapping of type to callable
        What makes a value of some type from what JSON holds of it and its place.
    """

    arrays: Mapping[str, Any]
    readers: Mapping[Any, Callable[[Any, str], Any]]

    def fields(self, kind: type, stored: Any, at: str = "") -> dict[str, Any]:
        """Return the fields of a dataclass.

        Raises
        ------
        ModelError
            If a part is not of its type; the message names it.
        KeyError
            If an array is missing.
        """
        hints = _hints(kind)
        expect(isinstance(stored, dict) and stored.keys() == hints.keys(), at or "the solution", ", ".join(hints))
        return {name: self.value(hint, stored[name], _place(at, name)) for name, hint in hints.items()}

    def value(self, kind: Any, stored: Any, at: str) -> Any:
        """Return a value of a type; errors as of `fields`."""
        if kind in self.readers:
            return self.readers[kind](stored, at)
        if kind in _PLAIN:
            is_right, expected = _PLAIN[kind]
            expect(is_right(stored), at, expected)
            return stored
        origin, parts = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            if stored is None and NoneType in parts:
                return None
            fits = [part for part in parts if (get_origin(part) is tuple) == isinstance(stored, list)]
            return self.value(fits[0] if fits else parts[0], stored, at)
        if origin is np.ndarray:
            return self.array(np.dtype(get_args(parts[1])[0]), stored, at)
        if origin is tuple:
            expect(isinstance(stored, list), at, "a list")
            kinds = parts[:1] * len(stored) if parts[-1] is Ellipsis else parts
            expect(len(stored) == len(kinds), at, f"{len(kinds)} entries")
            return tuple(
                self.value(part, one, _place(at, i)) for i, (part, one) in enumerate(zip(kinds, stored, strict=True))
            )
        if origin is Literal:
            expect(isinstance(stored, str) and stored in parts, at, " or ".join(parts))
            return stored
        if origin is Mapping:
            expect(isinstance(stored, dict), at, "an object")
            return {key: self.value(parts[1], one, _place(at, key)) for key, one in stored.items()}
        return self.made(kind, self.fields(kind, stored, at))

    def made(self, kind: Any, parts: dict[str, Any]) -> Any:
        """Return the dataclass of some fields."""
        return kind(**parts)

    def array(self, dtype: Any, stored: Any, at: str) -> Any:
        """Return the array at a place, which has to be of that type."""
        array = self.arrays[at]
        is_right = stored == dtype.name and array.dtype == dtype and np.isfinite(array).all()
        expect(is_right, at, f"an array of finite numbers ({dtype.name})")
        return array


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


_PLAIN: dict[Any, tuple[Callable[[Any], bool], str]] = {
    str: (lambda value: isinstance(value, str), "a text"),
    int: (_is_count, "a whole number of at least 0"),
    float: (_is_number, "a finite number"),
    NoneType: (lambda value: value is None, "nothing"),
}


def read_fraction(stored: Any, at: str) -> Fraction:
    """Return a fraction from its text, which has to be short enough to be read quickly."""
    is_right = isinstance(stored, str) and re.fullmatch(r"-?\d{1,4000}(/\d{1,4000})?", stored, flags=re.ASCII)
    expect(is_right, at, "a fraction")
    return Fraction(stored)


class Unknown:
    """A user's object of which a stored solution has the name only: all else says how to pass the object.

    Parameters
    ----------
    what : {"sharing", "compression", "concept"}
    name : str
    **known
        Its members that are known.
    """

    def __init__(self, what: str, name: str, **known: Any) -> None:
        vars(self).update(known, what=what, name=name)

    def __getattr__(self, member: str) -> Any:
        if member.startswith("__"):
            raise AttributeError(member)
        what, name = vars(self)["what"], vars(self)["name"]
        raise OptionError(
            f"the solution was computed with {what} {shown(name)}, which is not built in; pass the object when you load"
            f" it: load(path, {what}=...)"
        )
