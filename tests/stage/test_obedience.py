"""How nearly strategies keep incentive rows, against plain loops over recommendations."""

from __future__ import annotations

import numpy as np
import pytest
from stage_games import joint_law, random_block

from lp_posg.stage import CONCEPTS, largest_share, parse_objective


def by_loops(payoff, law, *, told):
    """Return the same from sums over private profiles and joint actions, one incentive row at a time."""
    n = len(payoff)
    n_private, n_actions = payoff.shape[1 : 1 + n], payoff.shape[1 + n :]
    most = 0.0
    for i in range(n):
        for own in range(n_private[i]):
            for instead in range(n_actions[i]):
                gains, stakes = np.zeros(n_actions[i]), np.zeros(n_actions[i])
                for p in np.ndindex(n_private):
                    if p[i] != own:
                        continue
                    largest = np.zeros(n_actions[i])
                    for a in np.ndindex(n_actions):
                        b = (*a[:i], instead, *a[i + 1 :])
                        change = payoff[(i, *p, *b)] - payoff[(i, *p, *a)]
                        gains[a[i]] += law[(*p, *a)] * change
                        largest[a[i]] = max(largest[a[i]], abs(change))
                    stakes += largest
                if not told:
                    gains, stakes = gains.sum(keepdims=True), stakes.max(keepdims=True)
                most = max([most, *(g / s for g, s in zip(gains, stakes, strict=True) if s > 0)])
    return most


@pytest.mark.parametrize("shape", [((1, 1), (3, 2)), ((2, 3), (2, 3)), ((2, 1, 2), (2, 3, 2))])
def test_shares_are_those_of_plain_loops(shape):
    for seed in range(3):
        block = random_block(seed, *shape, size=2)
        law = np.random.default_rng(seed).dirichlet(np.ones(np.prod(shape[1])), (2, *shape[0]))
        law = law.reshape(2, *shape[0], *shape[1])
        for told in (True, False):
            expected = max(by_loops(block.payoff[b], law[b], told=told) for b in range(2))
            assert expected > 0.01
            assert largest_share(block.payoff, law, "action" if told else "interim") == pytest.approx(
                expected, abs=1e-13
            )


@pytest.mark.parametrize(("concept", "told"), [("ne", True), ("ce", True), ("strategic-ce", True), ("cce", None)])
def test_equilibria_miss_no_row_of_a_concept_that_holds_them(concept, told):
    """A cce may well miss rows of an interim-cce: here some do, and no other concept's."""
    missed = 0
    for seed in range(8):
        block = random_block(seed, (2, 2), (2, 3))
        found = CONCEPTS[concept].solve(block, parse_objective("welfare", ("a", "b")))
        law = joint_law(found, 0, (2, 2), (2, 3))[None]
        missed += max(largest_share(block.payoff, law, kind) for kind in ("action", "interim")) > 1e-8
    assert (missed > 0) == (told is None)
