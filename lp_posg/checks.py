"""Checks of single arguments: each returns the value in its type, or raises `ModelError` with the argument's name.

`called` does so for what a user's function raises, `unknown` says which names there are and which may have been meant.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterable
from numbers import Integral, Real
from typing import Any, TypeVar

from lp_posg.errors import LpPosgError, ModelError, OptionError

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


def plain_name(name: str) -> str:
    """Return a name as the registries have it, whichever of ``-`` and ``_`` it was written with.

    >>> plain_name(" one_step_delay")
    'one-step-delay'
    """
    return name.strip().replace("_", "-")


def meant(given: object, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that a name may have been meant for, the nearest first.

    >>> meant("oen-step-delay", ["full", "one-step-delay"]), meant(3, ["full"])
    (['one-step-delay'], [])
    """
    names = {plain_name(name).lower(): name for name in known}
    wanted = plain_name(given).lower() if isinstance(given, str) else ""
    return [names[near] for near in difflib.get_close_matches(wanted, names, n=most)]


def did_you_mean(near: Collection[str], after: str = " ") -> str:
    """Return the question whether one of these names was meant, followed by `after`; nothing if there is none.

    >>> did_you_mean(["ce", "cce"])
    "did you mean 'ce' or 'cce'? "
    """
    return f"did you mean {' or '.join(map(repr, near))}?{after}" if near else ""


def unknown(what: str, given: object, known: Collection[str], more: str = "") -> OptionError:
    """Return the error that an option has no such value; `known` is how its values are written."""
    near = did_you_mean(meant(given, known))
    option = what if what.isidentifier() else ""
    return OptionError(f"unknown {what} {given!r}; {near}expected one of {', '.join(known)}{more}", option=option)


def listed(name: str, given: Any, usual: Iterable[Any]) -> list[Any]:
    """Return the values of an argument that takes one or several; `usual` if it is None.

    Raises
    ------
    OptionError
        If it is a sequence of none.
    """
    if given is None:
        return list(usual)
    several = isinstance(given, Iterable) and not isinstance(given, (str, bytes, type))
    values = list(given) if several else [given]
    if not values:
        raise OptionError(f"{name} is empty, expected at least one, as in {name}={[*usual][:1]!r}", option=name)
    return values


def instance(name: str, value: object, kind: type | tuple[type, ...], expected: str) -> None:
    """Raise `ModelError` unless `value` is of a kind, which `expected` says in words."""
    if not isinstance(value, kind):
        raise ModelError(f"{name} is {type(value).__name__}, expected {expected}")


def called(what: str, function: Callable[..., Result], *arguments: Any) -> Result:
    """Return what a user's function returns; an exception that it raises is the cause of a `ModelError`."""
    try:
        return function(*arguments)
    except (LpPosgError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{what} raised {type(error).__name__}: {error}") from error
