"""Which equilibrium of a stage game is selected.

``welfare``: the largest sum of values; ``egalitarian``: the largest smallest value;
``agent:k``: the largest value of agent k (1-based, or its name); ``worst``: the smallest sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.types import FloatArray

NAMES = ("welfare", "egalitarian", "agent:k", "worst")


@dataclass(frozen=True)
class Objective:
    """A selection rule, linear in the agents' values or the smallest of them.

    Attributes
    ----------
    name : str
    weights : float array, shape (n,), or None
        Maximise ``weights . values``; None: maximise the smallest value.
    """

    name: str
    weights: FloatArray | None


def parse_objective(name: str, agents: tuple[str, ...]) -> Objective:
    """Return the objective of this name.

    Raises
    ------
    ModelError
        If the name is unknown or names an agent that does not exist.
    """
    n = len(agents)
    if name == "welfare":
        return Objective(name, np.ones(n))
    if name == "worst":
        return Objective(name, -np.ones(n))
    if name == "egalitarian":
        return Objective(name, None)
    head, _, who = str(name).partition(":")
    if head == "agent" and who in agents:
        return Objective(name, np.eye(n)[agents.index(who)])
    if head == "agent" and who.isascii() and who.isdigit() and 1 <= int(who) <= n:
        return Objective(name, np.eye(n)[int(who) - 1])
    if head == "agent":
        raise ModelError(f"objective {name!r}: expected agent:k with k from 1 to {n}, or one of {', '.join(agents)}")
    raise ModelError(f"unknown objective {name!r}; expected one of {', '.join(NAMES)}")
