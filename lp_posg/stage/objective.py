"""Which equilibrium of a stage game is selected.

``welfare``: the largest sum of values; ``worst``: the smallest sum; ``agent:k``: the largest value of agent k
(1-based, or its name); ``weighted:w1,w2,...``: the largest weighted sum, a weight of at least 0 per agent;
``egalitarian``: the largest smallest value, among these the largest second smallest, and so on (leximin);
``entropy``: the largest entropy of the distribution over joint pure prescriptions; or a concave function of the
values.

Where several equilibria are optimal a linear objective takes the vertex that the simplex method ends at, which
depends on the stage game alone. The values of the leximin and of a strictly concave function are unique.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.types import FloatArray

NAMES = ("welfare", "egalitarian", "agent:k", "weighted:w1,w2,...", "worst", "entropy")

OWN = "own:"
"""How the name of a user's function begins."""


@dataclass(frozen=True)
class Objective:
    """A selection rule.

    Attributes
    ----------
    name : str
    weights : float array, shape (n,), or None
        Maximise ``weights . values``; None: another rule.
    concave : callable or None
        Maximise this function of the values: a cvxpy expression of shape (n,) in, a concave one out.
    """

    name: str
    weights: FloatArray | None
    concave: Callable[[Any], Any] | None = None

    @property
    def is_conic(self) -> bool:
        """Whether it takes a conic program (entropy, and concave functions)."""
        return self.weights is None and self.name != "egalitarian"


def parse_objective(objective: str | Callable[[Any], Any], agents: tuple[str, ...]) -> Objective:
    """Return the objective of this name, or that is this function of the values.

    Raises
    ------
    ModelError
        If the name is unknown, names an agent that does not exist, or has other weights than one per agent.
    """
    n = len(agents)
    if callable(objective):
        return Objective(OWN + getattr(objective, "__name__", type(objective).__name__), None, objective)
    if objective == "welfare":
        return Objective(objective, np.ones(n))
    if objective == "worst":
        return Objective(objective, -np.ones(n))
    if objective in ("egalitarian", "entropy"):
        return Objective(objective, None)
    head, _, rest = str(objective).partition(":")
    if head == "weighted":
        return Objective(objective, _weights(objective, rest, agents))
    if head == "agent" and rest in agents:
        return Objective(objective, np.eye(n)[agents.index(rest)])
    if head == "agent" and rest.isascii() and rest.isdigit() and 1 <= int(rest) <= n:
        return Objective(objective, np.eye(n)[int(rest) - 1])
    if head == "agent":
        raise ModelError(
            f"objective {objective!r}: expected agent:k with k from 1 to {n}, or one of {', '.join(agents)}"
        )
    raise ModelError(
        f"unknown objective {objective!r}; expected one of {', '.join(NAMES)}, or a function of the values"
    )


def _weights(name: str, listed: str, agents: tuple[str, ...]) -> FloatArray:
    try:
        weights = np.array([float(part) for part in listed.split(",")])
    except ValueError:
        weights = np.empty(0)
    if len(weights) != len(agents) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ModelError(
            f"objective {name!r}: expected weighted: and {len(agents)} numbers of at least 0, not all 0, one per agent"
            f" ({', '.join(agents)}), as in weighted:{','.join(str(i + 1) for i in range(len(agents)))}"
        )
    # Only their ratios count; where sums of payoffs so weighted would overflow, others with these ratios do.
    most = weights.max()
    return weights if 1e-100 < most < 1e100 else weights / most
