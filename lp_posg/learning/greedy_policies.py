"""What was learnt by Q-learning with sharing, as a strategy that can be certified."""

from __future__ import annotations

from math import prod

import numpy as np

from lp_posg.errors import UnsupportedError
from lp_posg.information import Policy, PolicyBlock, PolicyStep
from lp_posg.learning.q_values import Values
from lp_posg.learning.views import SharedView, View

POLICY_ENTRIES = 5_000_000
"""Most prescription entries, or transitions, of one step of a policy."""


def greedy_policy(view: View, values: list[list[Values]], horizon: int) -> Policy:
    """Return greedy strategies as a `Policy`; see `QLearned.policy`.

    Every memory that the numbers allow has a state, met or not, so that every deviation has a reply.
    """
    if not isinstance(view, SharedView):
        raise UnsupportedError("what was learnt without sharing is no strategy on common information; learn with it")
    frame = view.frame
    assert frame is not None
    sizes = [prod(frame.radices(time)) for time in range(horizon)]
    steps = []
    for time in range(horizon):
        n_private = frame.tables[time].n_next
        after = frame.n_increments[time + 1] if time + 1 < horizon else 0
        entries = sum(p * v.n_actions for p, v in zip(n_private, values[time], strict=True))
        if sizes[time] * max(after, entries) > POLICY_ENTRIES:
            raise UnsupportedError(
                f"a memory of {view.memory} has {sizes[time]} values at step {time + 1}, too many for a policy;"
                " remember fewer steps"
            )
        block = _block(sizes[time], n_private, values[time])
        parent, increment = np.divmod(np.arange(sizes[time] * after), max(after, 1))
        child = frame.extended(time + 1, parent, increment) if after else parent
        steps.append(PolicyStep(sizes[time], (block,), parent, increment, child))
    start = np.arange(frame.n_increments[0])
    return Policy(view.structure.name, start, start, tuple(steps))


def _block(n_nodes: int, n_private: tuple[int, ...], values: list[Values]) -> PolicyBlock:
    """Return the greedy prescriptions of a step at all states and private informations."""
    nodes = np.arange(n_nodes)
    prescriptions = []
    for count, own in zip(n_private, values, strict=True):
        best = own.best(np.arange(n_nodes * count))
        law = np.full((len(best), own.n_actions), 1.0 / own.n_actions)
        law[best >= 0] = np.eye(own.n_actions)[best[best >= 0]]
        prescriptions.append(law.reshape(n_nodes, count, own.n_actions))
    private = tuple(np.tile(np.arange(count), (n_nodes, 1)) for count in n_private)
    return PolicyBlock(np.arange(n_nodes + 1), np.ones(n_nodes), tuple(prescriptions), nodes, private)
