"""The memory that theory requires so that a filter forgets where it started."""

from __future__ import annotations

import math

from lp_posg.checks import finite_number, positive_number


def theoretical_memory(
    observability: float, n_states: int, horizon: int, epsilon: float, constant: float = 1.0
) -> int | float:
    """Return the memory L that theory requires: ``ceil(C g^-4 log(S H / eps))``, with g the observability.

    Parameters
    ----------
    observability : float
        In [0, 1]; `Observability.lower` gives a memory that is certainly enough by the formula.
    n_states, horizon : int
        S and H, at least 1.
    epsilon : float
        The distance wanted between the beliefs, more than 0.
    constant : float
        C. Theory says that there is one, not which: the default 1 only shows how the memory grows.

    Returns
    -------
    int, or inf
        Steps; inf if observability is 0 (no memory is enough by this argument) or too small for the memory to be
        written as a floating-point number.

    Raises
    ------
    ModelError
        If an argument is outside its range.

    Notes
    -----
    Source: Golowich, Moitra and Rohatgi (2022), "Planning in observable POMDPs in quasipolynomial time", arXiv
    2201.04735, as used by Liu and Zhang (ICML 2023, arXiv 2308.08705); cited by name.

    Examples
    --------
    With observability 1/2, two states, four steps and 1/8: 16 log 64 = 66.5...

    >>> theoretical_memory(0.5, n_states=2, horizon=4, epsilon=0.125)
    67
    >>> theoretical_memory(0.0, n_states=2, horizon=4, epsilon=0.125)
    inf
    """
    finite_number("observability", observability, 0, 1)
    finite_number("n_states", n_states, 1)
    finite_number("horizon", horizon, 1)
    positive_number("epsilon", epsilon)
    positive_number("constant", constant)
    size = math.log(n_states) + math.log(horizon) - math.log(epsilon)
    if size <= 0:
        return 0
    # Judged by logarithms first, since the power may be too large for a number.
    exponent = math.log(constant) - 4 * math.log(observability) + math.log(size) if observability > 0 else math.inf
    return math.ceil(constant / observability**2 / observability**2 * size) if exponent < 700 else math.inf
