"""Whom an argument of a solution names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lp_posg.errors import ModelError


def agent_number(agents: Sequence[str], agent: int | str) -> int:
    """Return the index of one of two agents, given by index or by name.

    Raises
    ------
    ModelError
        If there is no such agent.
    """
    if isinstance(agent, str) and agent in agents:
        return agents.index(agent)
    if isinstance(agent, (int, np.integer)) and not isinstance(agent, bool) and 0 <= agent < 2:
        return int(agent)
    raise ModelError(f"there is no agent {agent!r}; expected 0, 1 or one of {', '.join(agents)}")
