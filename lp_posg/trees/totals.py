"""What a game tree pays in all, along complete paths: whether it is zero-sum is asked of these, not of nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.types import REWARD_TOL, ROUNDING, FloatArray, read_only


@dataclass(frozen=True, eq=False)
class Totals:
    """Payoffs of the M complete paths that chance makes possible.

    Attributes
    ----------
    paid : float array, shape (n, M)
        The sum of an agent's outcomes along a path.
    sums : float array, shape (M,)
        The sum over the agents, each outcome's taken exactly.
    """

    paid: FloatArray
    sums: FloatArray

    def __post_init__(self) -> None:
        read_only(self.paid, self.sums)

    @property
    def largest(self) -> float:
        """Size of the largest payoff."""
        return float(np.abs(self.paid).max(initial=0.0))

    @property
    def is_constant_sum(self) -> bool:
        """Whether all paths pay the same in sum, up to rounding beside the largest payoff."""
        return bool(np.ptp(self.sums) <= REWARD_TOL * self.largest)

    @property
    def is_common_payoff(self) -> bool:
        """Whether all agents always get the same in all."""
        return bool(np.ptp(self.paid, axis=0).max() <= REWARD_TOL * self.largest)

    def allowed_gaps(self, tolerance: float) -> FloatArray:
        """Return the largest gap accepted of each agent: relative to its own range of payoffs, shape (n,)."""
        return np.asarray(tolerance * np.ptp(self.paid, axis=1) + ROUNDING * np.abs(self.paid).max(axis=1))
