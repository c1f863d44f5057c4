"""Probabilities that miss 1 by rounding, as exact fractions that sum to 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from lp_posg.trees.plan_payoffs import common_denominator

ROUNDED_TOL = Fraction(1, 10**6)
"""A probability may be moved by at most this to make a sum of 1."""

_DOUBLE = Fraction(1, 10**15)
# Denominators of up to 655,360 are looked for, small ones first.
_MOST_DISTINCT = 1000
_DENOMINATORS = [10 << k for k in range(17)]


def exact_sum(values: Sequence[Fraction]) -> Fraction | None:
    """Return the sum, or None if its denominator, over all, would have more than `MAX_BITS` binary digits."""
    common = common_denominator(values)
    return None if common is None else Fraction(sum(x.numerator * (common // x.denominator) for x in values), common)


def summing_to_one(values: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
    """Return fractions that sum to 1 exactly and of which `values`, at least 0, are roundings, or None.

    First the simplest fractions within one unit of the last decimal place of all the values are tried
    (0.333333333333 becomes 1/3); where these do not sum to 1, the values are divided by their sum. No
    value moves by more than `ROUNDED_TOL`.

    Examples
    --------
    >>> [str(p) for p in summing_to_one([Fraction("0.333333"), Fraction("0.666667"), Fraction("0.000001")])]
    ['333333/1000001', '666667/1000001', '1/1000001']
    >>> [str(p) for p in summing_to_one([Fraction("0.166667")] * 6)]
    ['1/6', '1/6', '1/6', '1/6', '1/6', '1/6']
    """
    total = exact_sum(values)
    if total is None or abs(total - 1) > ROUNDED_TOL * len(values):
        return None
    distinct = set(values)
    if len(distinct) <= _MOST_DISTINCT:
        unit = min(ROUNDED_TOL, max(_last_place(distinct), _DOUBLE))
        for most in _DENOMINATORS:
            simple = _simplest(distinct, most, unit)
            if simple is not None and exact_sum(found := tuple(simple[value] for value in values)) == 1:
                return found
    if abs(total - 1) > ROUNDED_TOL:
        return None
    return tuple(value / total for value in values)


def _simplest(values: Iterable[Fraction], most: int, unit: Fraction) -> dict[Fraction, Fraction] | None:
    """Return the nearest fraction of a denominator of at most `most` for each value, or None if one is not near."""
    found = {}
    for value in values:
        near = value.limit_denominator(most)
        if abs(near - value) > unit or bool(near) != bool(value):
            return None
        found[value] = near
    return found


def _last_place(values: Iterable[Fraction]) -> Fraction:
    """Return the unit of the last decimal place of the values that are decimals."""
    places = 0
    for denominator in {value.denominator for value in values}:
        twos = (denominator & -denominator).bit_length() - 1
        rest, fives = denominator >> twos, 0
        while rest % 5 == 0:
            rest //= 5
            fives += 1
        if rest == 1:
            places = max(places, twos, fives)
    return Fraction(1, 10**places)
