"""The best a team could do at one step if all agents changed their prescriptions together.

Plain enumeration of the other agents' prescriptions, over all states at once; one agent replies for
each private information. Independent of the planner.
"""

from __future__ import annotations

import numpy as np

from lp_posg.evaluate.best_deviations import Gain, StepView
from lp_posg.types import FloatArray, IntArray

ENUMERATION_LIMIT = 200_000
"""Most joint prescriptions of all agents but one that are tried at a state; beyond it, a bound."""

CHUNK_ENTRIES = 4_000_000
"""Most numbers (prescription, state, private information, action) held at a time."""


def team_gain(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best joint deviation values (N, n), the same for every agent, and where they gain.

    The payoff is the agents' mean reward, which is the reward itself if they have it in common.
    Beyond ``ENUMERATION_LIMIT`` there is a bound instead: the value if private information were shared at this step.
    """
    payoff = view.deviating.mean(axis=0)
    best = np.empty(view.level.n_nodes)
    bounded = False
    shapes, group = np.unique(view.level.counts, axis=0, return_inverse=True)
    for g, counts in enumerate(shapes):
        nodes = np.flatnonzero(group.ravel() == g)
        dense = _dense(view, payoff, nodes, counts)
        free = int(np.argmax(counts))
        n_each = [float(a) ** k for a, k in zip(view.n_actions, counts, strict=True)]
        if np.prod(n_each[:free] + n_each[free + 1 :]) > ENUMERATION_LIMIT:
            n = view.n_agents
            best[nodes] = dense.max(axis=tuple(range(1 + n, 1 + 2 * n))).reshape(len(nodes), -1).sum(axis=1)
            bounded = True
        else:
            best[nodes] = _best_joint(dense, free)
    obeyed = view.per_node((payoff * view.chosen).sum(axis=1))
    amount = np.tile(np.maximum(best - obeyed, 0.0), (view.n_agents, 1))
    return np.tile(best[:, None], (1, view.n_agents)), Gain(amount, bounded=bounded)


def _dense(view: StepView, payoff: FloatArray, nodes: IntArray, counts: IntArray) -> FloatArray:
    """Return payoffs of states of one shape, (B, k_1, ..., k_n, A_1, ..., A_n)."""
    row = np.full(view.level.n_nodes, -1, dtype=np.int64)
    row[nodes] = np.arange(len(nodes))
    cells = np.flatnonzero(row[view.level.cell_node] >= 0)
    dense = np.zeros((len(nodes), *counts, payoff.shape[1]))
    ranks = tuple(support.cell_rank[cells] for support in view.level.supports)
    dense[(row[view.level.cell_node[cells]], *ranks)] = payoff[cells]
    return dense.reshape(len(nodes), *counts, *view.n_actions)


def _best_joint(dense: FloatArray, free: int) -> FloatArray:
    """Return the best joint prescription's value for each state, (B,); `free` replies to all of the others'."""
    n = (dense.ndim - 1) // 2
    dense = np.moveaxis(dense, (1 + free, 1 + n + free), (n, 2 * n))
    counts, actions = dense.shape[1 : n + 1], dense.shape[n + 1 :]
    numbers = [a**k for a, k in zip(actions[:-1], counts[:-1], strict=True)]
    total = int(np.prod(numbers)) if numbers else 1
    step = max(1, CHUNK_ENTRIES // (len(dense) * counts[-1] * actions[-1]))
    best = np.full(len(dense), -np.inf)
    for first in range(0, total, step):
        joint = np.arange(first, min(first + step, total))
        prescriptions = np.unravel_index(joint, numbers) if numbers else ()
        worth = np.zeros((len(joint), len(dense), counts[-1], actions[-1]))
        for profile in np.ndindex(*counts[:-1]):
            # The action that each prescription, a number in base A_i, has at this private information.
            played = [o // a**p % a for o, a, p in zip(prescriptions, actions[:-1], profile, strict=True)]
            here = dense[(slice(None), *profile)]  # (B, k_free, A_others.., A_free)
            worth += np.moveaxis(here, 1, -2)[(slice(None), *played)].swapaxes(0, 1) if played else here[None]
        best = np.maximum(best, worth.max(axis=3).sum(axis=2).max(axis=0))
    return best
