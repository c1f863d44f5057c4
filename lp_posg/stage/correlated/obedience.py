"""How nearly a strategy of stage games keeps the incentive rows of a correlated concept, row by row.

A certificate judges an agent's whole gain against the range of its rewards. The programs of `correlated` are stricter:
each incentive row is scaled by its own largest entry, so a gain of 1e-10 that is all there is to gain by that deviation
is not allowed. What is found by other programs, as a Nash equilibrium is, may take it.
"""

from __future__ import annotations

import numpy as np

from lp_posg.stage.correlated.incentives import Kind
from lp_posg.types import FloatArray


def largest_share(payoff: FloatArray, law: FloatArray, kind: Kind) -> float:
    """Return the largest gain of a deviation, as a share of the most that it could change.

    `payoff`: shape (B, n, k_1, ..., k_n, A_1, ..., A_n); weighted payoffs of B stage games. `law`: shape (B, k_1, ...,
    k_n, A_1, ..., A_n); P(a | p). `kind`: {"action", "interim"}; whether a deviation is from one recommended action to
    another, at a private information (the rows of ce), or from whatever is recommended there (those of interim-cce).
    """
    n, most = payoff.shape[1], 0.0
    for i in range(n):
        own, chance = (np.moveaxis(part, (1 + i, 1 + n + i), (1, 2)) for part in (payoff[:, i], law))
        size, k, a = own.shape[:3]
        n_others = int(np.prod(own.shape[3 : 2 + n]))
        own, chance = (part.reshape(size, k, a, n_others, -1) for part in (own, chance))
        for instead in range(a):
            change = own[:, :, [instead]] - own  # (B, k, recommended, others' privates, others' actions)
            gain, stake = (chance * change).sum(axis=(3, 4)), np.abs(change).max(axis=4).sum(axis=3)
            if kind == "interim":
                gain, stake = gain.sum(axis=2), stake.max(axis=2)
            most = max(most, float((gain / np.where(stake > 0, stake, 1.0)).max()))
    return most
