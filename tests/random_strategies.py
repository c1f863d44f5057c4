"""Strategies that are no equilibria: those of a solution, replaced or mixed with random ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lp_posg import Solution
from lp_posg.information import PolicyBlock


def with_random_strategy(solution: Solution, seed: int, atoms: int = 2, amount: float = 1.0) -> Solution:
    """Return the solution with its prescriptions mixed with random ones, `atoms` per state if all are replaced."""
    rng = np.random.default_rng(seed)

    def block(old: PolicyBlock) -> PolicyBlock:
        if amount < 1.0:
            mixed = tuple(
                (1 - amount) * own + amount * rng.dirichlet(np.ones(own.shape[2]), own.shape[:2])
                for own in old.prescription
            )
            return replace(old, prescription=mixed)
        size = len(old.nodes)
        prescription = tuple(
            rng.dirichlet(np.ones(own.shape[2]), (size * atoms, own.shape[1])) for own in old.prescription
        )
        prob = rng.dirichlet(np.ones(atoms), size).ravel()
        return replace(old, atom_start=np.arange(size + 1) * atoms, atom_prob=prob, prescription=prescription)

    steps = tuple(replace(s, blocks=tuple(block(b) for b in s.blocks)) for s in solution.policy.steps)
    return replace(solution, policy=replace(solution.policy, steps=steps))
