"""Array aliases and the named tolerances that the rooms share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
# scipy ships no type information, so a sparse matrix is Any to the type checker.
SparseMatrix = Any

PROB_TOL = 1e-9
"""A row of probabilities may miss 1 by this much in the input; it is then normalised."""

EXACT_ROW_TOL = 1e-14
"""A row this close to 1 is left alone, so that normalising twice changes nothing."""

MERGE_TOL = 1e-10
"""Beliefs this close in total variation (and with the same supported private information) are one state."""

INDEPENDENCE_TOL = 1e-12
"""Posteriors that differ by at most this in total variation are equal up to rounding; others are not."""

REWARD_TOL = 1e-12
"""Rewards that differ by at most this, relative to the reward range, count as equal."""

ATOM_TOL = 1e-11
"""A recommendation with at most this probability is rounding of the solver and is dropped."""

NULL_TOL = 1e-12
"""Observability of at most this is rounding: the two beliefs of the witness give the same observations."""

BOUND_TOL = 1e-9
"""Bounds of observability this close, relative to the upper one, have met."""

REWARD_LIMIT = 1e100
"""Largest size of a reward; beyond it sums over a horizon overflow."""

ROUNDING = 1e-13
"""A gain this small relative to the largest reward is rounding."""

GAP_TOL = 1e-7
"""Default largest gap of an accepted equilibrium, relative to the largest reward range of an agent."""


def read_only(*arrays: NDArray[Any] | None) -> None:
    """Set arrays read-only, where there are any: nothing may change what a frozen value holds."""
    for array in arrays:
        if array is not None:
            array.flags.writeable = False
