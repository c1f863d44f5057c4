"""What all payoffs have in common: it changes no incentive, and beside it what does would be rounding."""

from __future__ import annotations

import numpy as np

from lp_posg.types import FloatArray

FAR = 1e4
"""Payoffs this many times as far from 0 as from each other are told from their middle."""


def common_part(payoffs: FloatArray) -> float:
    """Return the middle of some payoffs, of any shape, if it is large beside what they differ from it by; or 0."""
    if not payoffs.size:
        return 0.0
    middle = float(np.median(payoffs))
    apart = np.abs(payoffs - middle)
    apart = apart[apart > 0]
    return middle if abs(middle) > FAR * (float(np.median(apart)) if len(apart) else 0.0) else 0.0
