"""Payoffs as whole numbers: what floats stand for exactly, in one unit for all agents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from lp_posg.types import FloatArray

# Sums of 2 ** 33 digits of this base are exact in floats.
DIGIT = 2**20
MOST_DIGITS = 16  # payoffs whose largest has more digits, in the unit of the smallest, are left to rounding


def as_whole(numbers: FloatArray) -> Any:
    """Return finite floats times their smallest common denominator, an array of whole numbers (dtype object)."""
    exact = [Fraction(number) for number in numbers.ravel().tolist()]
    unit = lcm(*(number.denominator for number in exact))
    whole = np.empty(len(exact), dtype=object)
    whole[:] = [number.numerator * (unit // number.denominator) for number in exact]
    return whole.reshape(numbers.shape)


def digits_of(payoff: FloatArray) -> FloatArray | None:
    """Return the digits of payoffs as whole numbers, the lowest first, shape (K, ...); None if there are too many."""
    whole = as_whole(payoff)
    sign, rest, digits = np.where(whole < 0, -1, 1), abs(whole), []
    while rest.any():
        digits.append((sign * (rest % DIGIT)).astype(np.float64))
        rest = rest // DIGIT
        if len(digits) > MOST_DIGITS:
            return None
    return np.stack(digits) if digits else np.zeros((1, *payoff.shape))


def exactly(linear: Callable[[FloatArray], Sequence[FloatArray]], digits: FloatArray) -> list[Any]:
    """Return what a linear map with few terms, all 0, 1 or -1, makes of whole numbers, without rounding.

    `linear`: from arrays of payoffs, shape (K, ...), to arrays of shape (K, ...).
    """
    place = [DIGIT**k for k in range(len(digits))]
    return [
        sum((own.astype(np.int64).astype(object) * unit for own, unit in zip(part, place, strict=True)), start=0)
        for part in linear(digits)
    ]
