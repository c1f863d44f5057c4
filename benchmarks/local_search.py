"""Local search: rule after rule is replaced by a best one given all others, from many starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.memoryless import SAME, Problem, Rules, action_law, joint_actions, moved, step_values
from lp_posg.types import FloatArray, IntArray

STARTS, ROUNDS = 64, 12
"""Strategies improved at a time, and how often the best are changed a little and improved again."""


def local_search(problem: Problem, known: Sequence[Rules], seed: int) -> Rules:
    """Return the best strategy found by replacing one rule at a time, from random starts and from `known` ones."""
    rng = np.random.default_rng(seed)
    rules = [
        [rng.integers(0, a, (STARTS, o)) for a, o in zip(problem.n_actions, problem.n_observations, strict=True)]
        for _ in range(problem.horizon)
    ]
    for number, start in enumerate(known):
        # Half of the starts are known strategies, once as they are, then with a quarter of their entries redrawn.
        for step, given in zip(rules, start, strict=True):
            for own, fixed in zip(step, given, strict=True):
                places = np.arange(number, STARTS // 2, len(known))
                kept = rng.random((len(places), own.shape[1])) >= 0.25
                kept[0] = True
                own[places] = np.where(kept, fixed, own[places])
    value = _improved(problem, rules)
    for _ in range(ROUNDS):
        # The better quarter, each four times: once as it is, three times with a tenth of its entries redrawn.
        best = np.tile(np.argsort(-value, kind="stable")[: STARTS // 4], 4)
        for step in rules:
            for i, a in enumerate(problem.n_actions):
                own = step[i][best]
                other = rng.random(own.shape) < 0.1
                other[: STARTS // 4] = False
                step[i] = np.where(other, rng.integers(0, a, own.shape), own)
        value = _improved(problem, rules)
    best_of_all = int(value.argmax())
    return tuple(tuple(own[best_of_all] for own in step) for step in rules)


def _improved(problem: Problem, rules: list[list[IntArray]]) -> FloatArray:
    """Improve strategies in place until no single rule of an agent can be improved; return their values.

    A rule is replaced, observation by observation, by a best one against the law that earlier rules
    lead to and the values that later rules will bring, so that values never fall.
    """
    value = np.full(len(rules[0][0]), -np.inf)
    while True:
        values = _all_values(problem, rules)
        law = np.broadcast_to(problem.start, (len(value), *problem.start.shape))
        for t, step in enumerate(rules):
            worth = law.transpose(0, 2, 1) @ values[t]
            for _ in range(len(problem.n_actions)):
                for i in range(len(problem.n_actions)):
                    step[i] = _best_reply(problem, worth, step, i)
            weight = action_law(problem, law, joint_actions(problem, tuple(step)))
            if t + 1 < problem.horizon:
                law = moved(problem, t, weight)
        new = _all_values(problem, rules)[0]
        joint = joint_actions(problem, tuple(rules[0]))
        now = (np.take_along_axis(new, joint[:, None, :], axis=2) * problem.start).sum(axis=(1, 2))
        if (now <= value + SAME * np.maximum(1.0, np.abs(now))).all():
            return np.asarray(now)
        value = now


def _all_values(problem: Problem, rules: list[list[IntArray]]) -> list[FloatArray]:
    """Return Q of every step, each shape (R, S, A)."""
    later: FloatArray | None = None
    found = []
    for t in reversed(range(problem.horizon)):
        values = step_values(problem, t, later, len(rules[0][0]))
        later = np.take_along_axis(values, joint_actions(problem, tuple(rules[t]))[:, None, :], axis=2)
        found.append(values)
    return found[::-1]


def _best_reply(problem: Problem, worth: FloatArray, step: list[IntArray], agent: int) -> IntArray:
    """Return the best rule of an agent, shape (R, O_i); the rule it has where that is as good.

    `worth` (R, O, A) is what a joint action brings at a joint observation, times the chance of the latter.
    """
    count, n_own = problem.n_actions[agent], problem.n_observations[agent]
    options = []
    for action in range(count):
        rule = tuple(np.full_like(own, action) if i == agent else own for i, own in enumerate(step))
        options.append(np.take_along_axis(worth, joint_actions(problem, rule)[:, :, None], axis=2)[:, :, 0])
    table = np.stack(options, axis=2).reshape(len(worth), *problem.n_observations, count)
    others = tuple(1 + i for i in range(len(problem.n_observations)) if i != agent)
    gain = table.sum(axis=others)
    assert gain.shape == (len(worth), n_own, count)
    held = np.take_along_axis(gain, step[agent][:, :, None], axis=2)[:, :, 0]
    better = gain.max(axis=2) > held + SAME * np.maximum(1.0, np.abs(held))
    return np.where(better, gain.argmax(axis=2), step[agent])
