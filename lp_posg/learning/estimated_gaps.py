"""The best deviation from a strategy in a learnt model: what to try out on the environment."""

from __future__ import annotations

import numpy as np

from lp_posg.evaluate.deviator import Deviator, deviators_of
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.strategy_cells import cell_actions
from lp_posg.information import Policy
from lp_posg.information.levels import Level
from lp_posg.learning.actors import DeviationPlan
from lp_posg.learning.counted_model import LearntModel
from lp_posg.types import FloatArray, IntArray


def best_deviations(
    model: LearntModel, policy: Policy, kind: str | Kind
) -> tuple[FloatArray, tuple[DeviationPlan, ...]]:
    """Return what each agent's best deviation gains in the model, shape (n,), and the deviations.

    Parameters
    ----------
    policy : Policy
        On the model's states.
    kind : str or Kind
        As in `certify`, but for ``team``.

    Notes
    -----
    Backward induction: at each state the options that are best given the private information (ex
    ante: all of them or none), with the deviation's own values ahead.
    """
    deviators = deviators_of(model, kind_named(kind))
    n, space = model.n_agents, model.space
    follow = np.zeros((0, n))
    away = [np.zeros(0) for _ in deviators]
    options: list[list[IntArray]] = [[] for _ in deviators]
    for time in reversed(range(len(model.steps))):
        depth, step = space.depths[time], model.steps[time]
        chosen = cell_actions(model, policy.steps[time], np.arange(len(step.index)), depth.level)
        weighted = step.prob[:, None] * step.reward  # (n, C, A)

        def worth(reward: FloatArray, ahead: FloatArray, depth=depth) -> FloatArray:  # type: ignore[no-untyped-def]
            if depth.edges is None:
                return reward
            return np.asarray(reward + model.discount * (depth.edges @ ahead).reshape(reward.shape))

        own_follow = [
            np.bincount(
                step.cell_node,
                weights=(chosen * worth(weighted[i], follow[:, i] if len(follow) else np.zeros(0))).sum(axis=1),
                minlength=len(step.index),
            )
            for i in range(n)
        ]
        for k, deviator in enumerate(deviators):
            q = deviator.options(worth(deviator.payoff(weighted), away[k]), chosen)
            away[k], option = _taken(depth.level, deviator, q)
            options[k].append(option)
        follow = np.stack(own_follow, axis=1)
    start = np.bincount(space.start.child, weights=space.start_prob, minlength=len(follow))
    gains = np.array([start @ (away[i] - follow[:, i]) for i in range(n)])
    plans = tuple(DeviationPlan(i, tuple(reversed(options[i]))) for i in range(n))
    return np.maximum(gains, 0.0), plans


def _taken(level: Level, deviator: Deviator, q: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the deviator's value at each state, and its options (K, P_i, R); it follows where nothing was seen."""
    agent = deviator.agent
    assert agent is not None
    support = level.supports[agent]
    group = support.start[level.cell_node] + support.cell_rank
    sums = np.zeros((len(support.private), *q.shape[1:]))
    np.add.at(sums, group, q)
    node = np.repeat(np.arange(level.n_nodes), np.diff(support.start))
    option = deviator.taken(sums, node)
    value = np.take_along_axis(sums, option[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    table = np.full((level.n_nodes, level.n_private[agent], q.shape[1]), deviator.n_actions[agent], dtype=np.int64)
    table[node, support.private] = option
    return np.bincount(node, weights=value, minlength=level.n_nodes).astype(np.float64), table
