"""Checks for generators of models: what a parameter may be."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

from lp_posg.errors import ModelError


def check_number(name: str, value: object, *, at_least: float = -math.inf) -> float:
    """Return the parameter `value` as a finite float of at least `at_least`, or raise ModelError."""
    number = _as_float(value)
    if number is None or number < at_least:
        bound = f" of at least {at_least:g}" if at_least > -math.inf else ""
        raise ModelError(f"parameter {name} is {value!r}, expected a finite number{bound}")
    return number


def check_probability(name: str, value: object) -> float:
    """Return the parameter `value` as a float in [0, 1], or raise ModelError."""
    number = _as_float(value)
    if number is None or not 0.0 <= number <= 1.0:
        raise ModelError(f"parameter {name} is {value!r}, expected a probability from 0 to 1")
    return number


def check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    """Raise ModelError unless the parameter `value` is one of `choices`, type included."""
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ModelError(f"parameter {name} is {value!r}, expected {' or '.join(map(repr, choices))}")


def check_count(name: str, value: object, *, at_least: int = 0) -> int:
    """Return the parameter `value` as an int of at least `at_least`, or raise ModelError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < at_least:
        raise ModelError(f"parameter {name} is {value!r}, expected a whole number of at least {at_least}")
    return int(value)


def _as_float(value: object) -> float | None:
    if isinstance(value, bool | str | bytes):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
