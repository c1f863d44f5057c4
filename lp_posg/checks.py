"""Checks of single arguments: each returns the value in its type, or raises `ModelError` with the argument's name.

`called` does so for what a user's function raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, TypeVar

from lp_posg.errors import LpPosgError, ModelError

Result = TypeVar("Result")


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Return `value` as an int of at least `least`; a truth value is no number."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ModelError(f"{name} is {value!r}, expected a whole number of at least {least}")
    return int(value)


def whole_numbers(least: int, **values: object) -> None:
    """Raise `ModelError` unless each of `values` is a whole number of at least `least`."""
    for name, value in values.items():
        whole_number(name, value, least)


def is_index(value: object, size: float = math.inf) -> bool:
    """Whether `value` is a whole number from 0 to `size` - 1; a truth value is none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and 0 <= int(value) < size


def finite_number(name: str, value: object, least: float = -math.inf, most: float = math.inf) -> float:
    """Return `value` as a finite float from `least` to `most`."""
    number = real_number(value)
    if not (math.isfinite(number) and least <= number <= most):
        low = f" of at least {least:g}" if least > -math.inf else ""
        expected = f"a finite number{low}" if most == math.inf else f"a number from {least:g} to {most:g}"
        raise ModelError(f"{name} is {value!r}, expected {expected}")
    return number


def positive_number(name: str, value: object) -> float:
    """Return `value` as a finite float above 0."""
    number = real_number(value)
    if not 0 < number < math.inf:
        raise ModelError(f"{name} is {value!r}, expected a number above 0")
    return number


def probability(name: str, value: object) -> float:
    """Return `value` as a float from 0 to 1."""
    number = real_number(value)
    if not 0 <= number <= 1:
        raise ModelError(f"{name} is {value!r}, expected a probability from 0 to 1")
    return number


def confidence(name: str, value: object) -> float:
    """Return `value` as a float between 0 and 1, both left out."""
    number = real_number(value)
    if not 0 < number < 1:
        raise ModelError(f"{name} is {value!r}, expected a confidence between 0 and 1, such as 0.95")
    return number


def choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    """Raise unless `value` is one of `choices`, type included."""
    if not any(type(value) is type(one) and value == one for one in choices):
        raise ModelError(f"{name} is {value!r}, expected {' or '.join(map(repr, choices))}")


def real_number(value: object) -> float:
    """Return a real number as a float, nan for anything else."""
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.inf


def called(what: str, function: Callable[..., Result], *arguments: Any) -> Result:
    """Return what a user's function returns; an exception that it raises is the cause of a `ModelError`."""
    try:
        return function(*arguments)
    except (LpPosgError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{what} raised {type(error).__name__}: {error}") from error
