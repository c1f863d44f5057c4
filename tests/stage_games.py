"""Random stage games and plain recomputations on them, by full enumeration of joint prescriptions."""

from __future__ import annotations

from itertools import product

import numpy as np

from lp_posg.stage import StageBlock


def random_block(seed, n_private, n_actions, size=1, *, zero_sum=False, common=False, integers=False) -> StageBlock:
    """Return stage games with random beliefs (some profiles impossible) and payoffs."""
    rng = np.random.default_rng(seed)
    n = len(n_private)
    shape = (size, n, *n_private, *n_actions)
    payoff = rng.integers(-3, 4, shape).astype(float) if integers else rng.uniform(-1, 1, shape)
    if zero_sum:
        payoff[:, 1] = -payoff[:, 0]
    if common:
        payoff[:] = payoff[:, :1]
    belief = rng.dirichlet(np.ones(int(np.prod(n_private))), size).reshape(size, 1, *n_private, *(1,) * n)
    if np.prod(n_private) > 2 and seed % 2:
        belief[:, :, *(0,) * n] = 0.0
        belief /= belief.sum(axis=tuple(range(2, 2 + n)), keepdims=True)
    return StageBlock(payoff * belief, 0, np.arange(size))


def prescriptions(n_private, n_actions) -> list[list[tuple[int, ...]]]:
    """Return every pure prescription of every agent."""
    return [list(product(range(a), repeat=k)) for k, a in zip(n_private, n_actions, strict=True)]


def joint_prescriptions(n_private, n_actions) -> list[tuple[tuple[int, ...], ...]]:
    """Return every profile of pure prescriptions."""
    return list(product(*prescriptions(n_private, n_actions)))


def worth(payoff, profile, agent, *, only=None, instead=None) -> float:
    """Return an agent's weighted payoff under a profile of pure prescriptions, by summing private profiles.

    `only`: count just the private profiles in which the agent has this information; `instead`: it
    then plays this action.
    """
    n = payoff.shape[0]
    total = 0.0
    for p in np.ndindex(payoff.shape[1 : 1 + n]):
        if only is not None and p[agent] != only:
            continue
        action = [profile[i][p[i]] for i in range(n)]
        if instead is not None:
            action[agent] = instead
        total += payoff[(agent, *p, *action)]
    return total


def joint_law(block_strategy, row, n_private, n_actions) -> np.ndarray:
    """Return P(a | p) of one game's strategy, by plain loops."""
    law = np.zeros((*n_private, *n_actions))
    for atom in range(block_strategy.atom_start[row], block_strategy.atom_start[row + 1]):
        for p in np.ndindex(*n_private):
            for a in np.ndindex(*n_actions):
                chance = block_strategy.atom_prob[atom]
                for i in range(len(n_private)):
                    chance *= block_strategy.prescription[i][atom, p[i], a[i]]
                law[(*p, *a)] += chance
    return law


def values(payoff, law) -> np.ndarray:
    """Return the agents' values under P(a | p)."""
    return np.array([(own * law).sum() for own in payoff])
