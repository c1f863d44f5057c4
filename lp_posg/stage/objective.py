"""Which equilibrium of a stage game is selected.

``welfare``: the largest sum of values; ``worst``: the smallest sum; ``agent:k``: the largest value of agent k (1-based,
or its name); ``weighted:w1,w2,...``: the largest weighted sum, a weight of at least 0 per agent; ``egalitarian``: the
largest smallest value, among these the largest second smallest, and so on (leximin); ``entropy``: the largest entropy
of the distribution over joint pure prescriptions; or a concave function of the values.

Where several equilibria are optimal a linear objective takes the vertex that the simplex method ends at, which depends
on the stage game alone. The values of the leximin and of a strictly concave function are unique.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lp_posg.checks import plain_name, unknown
from lp_posg.errors import OptionError
from lp_posg.lp import entropy
from lp_posg.types import FloatArray

OWN = "own:"
"""How the name of an objective that is not in `OBJECTIVES` begins."""


@dataclass(frozen=True)
class Objective:
    """A selection rule. One of the last three says what is maximised; without any it is the leximin of the values.

    Attributes
    ----------
    name : str
    weights : float array, shape (n,), or None
        ``weights . values``.
    concave : callable or None
        This function of the values: a cvxpy expression of shape (n,) in, a concave one out.
    of_law : callable or None
        This function of the probabilities of all joint pure prescriptions, likewise.
    """

    name: str
    weights: FloatArray | None = None
    concave: Callable[[Any], Any] | None = None
    of_law: Callable[[Any], Any] | None = None

    @property
    def is_linear(self) -> bool:
        """Whether it is a weighted sum of the values."""
        return self.weights is not None

    @property
    def is_leximin(self) -> bool:
        """Whether it is the leximin of the values."""
        return self.weights is None and not self.is_conic

    @property
    def is_conic(self) -> bool:
        """Whether it takes a conic program."""
        return self.concave is not None or self.of_law is not None

    @cached_property
    def is_monotone(self) -> bool:
        """Whether larger values of all agents are certainly no worse."""
        return not self.is_conic if self.weights is None else bool((self.weights >= 0).all())

    @cached_property
    def counts_all_alike(self) -> bool:
        """Whether it is a multiple of the sum of the values."""
        return self.weights is not None and bool(np.ptp(self.weights) == 0)

    @property
    def maximises(self) -> str:
        """What is maximised, for messages."""
        return f"{self.name}, minus the sum of values" if self.name == "worst" else self.name


Make = Callable[[str, tuple[str, ...]], Objective]  # from a name such as ``agent:2``, and the agents, to the objective


def _one_agent(name: str, agents: tuple[str, ...]) -> Objective:
    agent, n = name.partition(":")[2], len(agents)
    if agent in agents:
        return Objective(name, np.eye(n)[agents.index(agent)])
    if agent.isascii() and agent.isdigit() and 1 <= int(agent) <= n:
        return Objective(name, np.eye(n)[int(agent) - 1])
    raise OptionError(f"objective {name!r}: expected agent:k with k from 1 to {n}, or one of {', '.join(agents)}")


def _weighted(name: str, agents: tuple[str, ...]) -> Objective:
    try:
        weights = np.array([float(part) for part in name.partition(":")[2].split(",")])
    except ValueError:
        weights = np.empty(0)
    if len(weights) != len(agents) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise OptionError(
            f"objective {name!r}: expected weighted: and {len(agents)} numbers of at least 0, not all 0, one per agent"
            f" ({', '.join(agents)}), as in weighted:{','.join(str(i + 1) for i in range(len(agents)))}"
        )
    # Only their ratios count; where sums of payoffs so weighted would overflow, others with these ratios do.
    most = weights.max()
    return Objective(name, weights if 1e-100 < most < 1e100 else weights / most)


OBJECTIVES: dict[str, Make] = {
    "welfare": lambda name, agents: Objective(name, np.ones(len(agents))),
    "egalitarian": lambda name, agents: Objective(name),
    "agent:k": _one_agent,
    "weighted:w1,w2,...": _weighted,
    "worst": lambda name, agents: Objective(name, -np.ones(len(agents))),
    "entropy": lambda name, agents: Objective(name, of_law=entropy),
}
"""All objectives by name, with a placeholder for what may follow the colon.

To add one, write a function that makes it and list it here: every concept reads an `Objective` alone.
"""


def parse_objective(objective: str | Objective | Callable[[Any], Any], agents: tuple[str, ...]) -> Objective:
    """Return the objective of this name, or that is this function of the values; one made by the user is checked.

    Raises
    ------
    OptionError
        If the name is unknown, names an agent that does not exist, or has other weights than one per agent.
    """
    if isinstance(objective, Objective):
        return _checked(objective, agents)
    if callable(objective):
        return Objective(OWN + getattr(objective, "__name__", type(objective).__name__), concave=objective)
    head, colon, rest = objective.partition(":") if isinstance(objective, str) else ("", "", "")
    for form, make in OBJECTIVES.items():
        if plain_name(head) == form.partition(":")[0] and (":" in form or not colon):
            return make(plain_name(head) + colon + rest, agents)
    raise unknown("objective", objective, OBJECTIVES, ", or a function of the values")


def _checked(objective: Objective, agents: tuple[str, ...]) -> Objective:
    """Return a user's objective, under a name that differs from the built-in ones."""
    weights = objective.weights
    fits = weights is None or (np.shape(weights) == (len(agents),) and np.isfinite(weights).all() and np.any(weights))
    if not fits:
        raise OptionError(
            f"objective {objective.name!r}: expected {len(agents)} finite weights, not all 0, one per agent"
            f" ({', '.join(agents)}), found {weights!r}"
        )
    if [weights is None, objective.concave is None, objective.of_law is None].count(False) > 1:
        raise OptionError(f"objective {objective.name!r}: expected one of weights, concave and of_law, found several")
    named = objective.name.startswith(OWN) or _is_built_in(objective, agents)
    return objective if named else replace(objective, name=OWN + objective.name)


def _is_built_in(objective: Objective, agents: tuple[str, ...]) -> bool:
    try:
        known = parse_objective(objective.name, agents)
    except OptionError:
        return False
    alike = np.array_equal(known.weights, objective.weights)  # type: ignore[arg-type]
    return alike and objective.concave is None and known.of_law is objective.of_law
