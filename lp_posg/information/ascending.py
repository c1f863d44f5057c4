"""Looking numbers up among ascending ones, many at a time."""

from __future__ import annotations

import numpy as np

from lp_posg.types import BoolArray, IntArray


def places(known: IntArray, wanted: IntArray) -> tuple[IntArray, BoolArray]:
    """Return where each number wanted stands among the ascending `known`, and whether it does.

    Where it does not, the place is that of some other number, or 0 if none is known.

    Examples
    --------
    >>> at, met = places(np.array([2, 5, 9]), np.array([9, 5, 7]))
    >>> at[met].tolist(), met.tolist()
    ([2, 1], [True, True, False])
    """
    if not len(known):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted
