"""The best joint prescription by branch and bound, against all prescriptions in turn."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.evaluate import joint_search
from lp_posg.evaluate.joint_search import best_joint_value

SHAPES = [((3, 2), (2, 3)), ((2, 2, 2), (2, 3, 2)), ((2, 1, 2, 1), (2, 2, 2, 2)), ((1, 1), (3, 3)), ((4,), (3,))]


def best_of_all(payoff, n_private, n_actions):
    """Return the largest value of a joint pure prescription, each summed over the private profiles."""
    pure = [list(product(range(a), repeat=k)) for k, a in zip(n_private, n_actions, strict=True)]
    profiles = list(product(*map(range, n_private)))
    return max(
        sum(payoff[(*p, *(g[i] for g, i in zip(joint, p, strict=True)))] for p in profiles) for joint in product(*pure)
    )


@pytest.mark.parametrize(("n_private", "n_actions"), SHAPES)
def test_it_is_the_best_of_all_whatever_is_known(n_private, n_actions):
    rng, found = np.random.default_rng(0), []
    for draw in range(6):
        payoff = rng.normal(size=(*n_private, *n_actions))
        if draw % 2:  # ties, and profiles that cannot be
            payoff = payoff.round() * (rng.random(n_private) > 0.3).reshape(*n_private, *(1,) * len(n_private))
        best = best_of_all(payoff, n_private, n_actions)
        found += [best_joint_value(payoff, known) for known in (best, best - 0.1, -1e9)]
        assert [value for value, _ in found[-3:]] == pytest.approx([best] * 3, abs=1e-11)
    assert not any(is_bound for _, is_bound in found)


def test_a_search_that_has_to_end_gives_a_bound_and_says_so(monkeypatch):
    payoff = np.random.default_rng(1).normal(size=(3, 3, 2, 2))
    best, bounds = best_of_all(payoff, (3, 3), (2, 2)), []
    for work in (0, 40, 80):
        monkeypatch.setattr(joint_search, "WORK_LIMIT", work)
        bounds.append(best_joint_value(payoff, -1e9))
    assert all(is_bound for _, is_bound in bounds)
    assert bounds[0][0] == pytest.approx(payoff.max(axis=3).sum(axis=1).max(axis=1).sum(), abs=1e-12)
    assert bounds[0][0] >= bounds[1][0] >= bounds[2][0] > best


def chain(k, n_actions):
    """Return a game of one step with a common reward, in which neighbouring private informations come together."""
    rng = np.random.default_rng(0)
    pairs = [(p, q) for p in range(k) for q in range(k) if abs(p - q) <= 1]
    rewards = rng.normal(size=(len(pairs), n_actions, n_actions))
    seen = np.zeros((len(pairs), k, k))
    seen[(np.arange(len(pairs)), *np.transpose(pairs))] = 1.0
    size = (len(pairs), n_actions, n_actions)
    stay = np.broadcast_to(np.eye(len(pairs))[:, None, None, :], (*size, len(pairs)))
    later = np.broadcast_to(seen, (n_actions, n_actions, *seen.shape))
    return (
        posg.Game(stay, later, np.stack([rewards, rewards]), np.full(len(pairs), 1 / len(pairs)), seen),
        rewards,
        pairs,
    )


def best_of_chain(rewards, pairs, k, n_actions):
    """Return the team optimum of a `chain`, by a dynamic program along it: of the last two decisions of both."""
    reward, every = dict(zip(pairs, rewards, strict=True)), list(product(range(n_actions), repeat=2))
    worth = {(a, b): reward[0, 0][a, b] for a, b in every}
    for p in range(1, k):
        worth = {
            (a, b): reward[p, p][a, b]
            + max(worth[c, d] + reward[p, p - 1][a, d] + reward[p - 1, p][c, b] for c, d in every)
            for a, b in every
        }
    return max(worth.values()) / len(pairs)


@pytest.mark.parametrize(("k", "n_actions"), [(18, 2), (12, 3), (9, 4)])
def test_teams_of_many_private_informations_are_certified(k, n_actions):
    game, rewards, pairs = chain(k, n_actions)
    found = posg.solve(game, 1, "one-step-delay", "team")
    assert found.values == pytest.approx([best_of_chain(rewards, pairs, k, n_actions)] * 2, abs=1e-9)
    assert found.certificate.status == "exact"
    assert found.certificate.gap == pytest.approx(0.0, abs=1e-9)
    assert posg.compare(game, 1, ["one-step-delay"], ["team"]).solutions[0].certificate.status == "exact"
