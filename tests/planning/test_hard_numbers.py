"""Numbers at the edge of what doubles and solvers can do: nothing false is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.evaluate import certify
from lp_posg.information import sharing_structure
from lp_posg.stage import concept_named


def slowly_dependent(chance: float) -> posg.Game:
    """Return a game in which agent 2's hidden action 1 leads from bad to good with a tiny chance."""
    transition = np.zeros((2, 1, 2, 2))
    transition[0, 0, 0] = [1, 0]
    transition[0, 0, 1] = [1 - chance, chance]
    transition[1, 0, :] = [0, 1]
    reward = np.zeros((2, 2, 1, 2))
    reward[1, 1] = 1.0
    reward[0, :, :, 1] = 0.5
    return posg.Game(transition, np.ones((1, 2, 2, 1, 1)), reward, [1, 0], states=["bad", "good"])


@pytest.mark.parametrize("chance", [0.9e-8, 1e-10, 1e-11])
def test_a_small_dependence_is_a_dependence(chance):
    """Step by step it is next to nothing; over a long horizon it would be an equilibrium that is none."""
    with pytest.raises(StrategyDependenceError, match="good"):
        posg.solve(slowly_dependent(chance), 10, "uncontrolled:1", "ne")


def test_what_is_let_pass_as_rounding_enters_the_error_bound():
    solution = posg.solve(slowly_dependent(4e-13), 50, "uncontrolled:1", "ce")
    # Over 50 steps the chance of good is at most 50 * 4e-13, worth at most 50.
    assert 1e-13 < solution.certificate.merge_error < 1e-7
    assert solution.certificate.gap + solution.certificate.merge_error >= 4e-13 * sum(range(50)) / 10


def test_a_correlated_strategy_is_not_certified_as_nash():
    solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
    with pytest.raises(ModelError, match="correlates the agents' prescriptions at step 1"):
        certify(solution.game, sharing_structure("full", 2), solution.policy, "ne")
    with pytest.raises(ModelError, match="cannot be a Nash"):
        posg.verify(replace(solution, concept=concept_named("ne")))


@pytest.mark.parametrize("concept", ["team", "ne", "ce", "interim-cce", "cce"])
@pytest.mark.parametrize("constant", [0.0, 0.3, -1e6 / 3])
def test_constant_rewards_are_solved(concept, constant):
    for seed in (1, 2):
        plain = random_game(seed, n_states=3, initial_observation=True)
        game = posg.Game(
            plain.transition, plain.observation, np.full_like(plain.reward, constant), plain.initial,
            plain.initial_observation,
        )  # fmt: skip
        solution = posg.solve(game, 3, "one-step-delay", concept)
        assert solution.values == pytest.approx([3 * constant] * 2, rel=1e-12)


@pytest.mark.parametrize(
    "reward",
    [
        [[[1e3, 1e3], [1e3, 1e3]], [[0, 1e-6], [0, 1e-6]]],
        [[[1e9, 1e9 + 1], [1e9 + 2, 1e9]], [[1e9 + 1, 1e9], [1e9, 1e9 + 3]]],
        [[[0, 1e-9], [0, 0]], [[1e9, 0], [0, 1e9]]],
    ],
    ids=["small against large", "large offset", "mixed"],
)
def test_kinds_of_stage_games_are_told_by_what_is_at_stake(reward):
    game = posg.Game(np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1, 1)), np.array(reward)[:, None], [1.0])
    solution = posg.solve(game, 1, "full", "ne")
    joint = solution.policy.steps[0].blocks[0].joint().reshape(2, 2)
    for agent, own in enumerate(np.array(reward)):
        own = own - own.mean()
        stake = np.ptp(own)
        reply = (own @ joint.sum(axis=0)).max() if agent == 0 else (joint.sum(axis=1) @ own).max()
        assert reply - (own * joint).sum() <= 1e-7 * stake


def test_the_place_of_a_deviation_is_one_that_is_reached():
    """Two ways after step 1, one never taken; what is wrong there does not count, nor is it reported."""
    transition = np.zeros((3, 2, 1, 3))  # start; on; off
    transition[0, 0, 0, 1] = transition[0, 1, 0, 2] = 1
    transition[1, :, :, 1] = transition[2, :, :, 2] = 1
    observation = np.zeros((2, 1, 3, 3, 1))
    observation[..., :, :, 0] = np.eye(3)
    reward = np.zeros((2, 3, 2, 1))
    reward[0, 0, 1] = -100  # leaving the way costs too much
    reward[0, 1, 1], reward[0, 2, 1] = 1, 50
    game = posg.Game(transition, observation, reward, [1, 0, 0], states=["start", "on", "off"],
                     observations=[["s", "on", "off"], ["-"]])  # fmt: skip
    solution = posg.solve(game, 2, "full", "ne")
    steps = list(solution.policy.steps)
    lazy = tuple(
        replace(block, prescription=(np.tile([1.0, 0.0], (len(block.atom_prob), 1, 1)), block.prescription[1]))
        for block in steps[1].blocks
    )
    steps[1] = replace(steps[1], blocks=lazy)
    found = certify(game, sharing_structure("full", 2), replace(solution.policy, steps=tuple(steps)), "ne")
    assert found.gaps[0] == pytest.approx(1.0)
    assert (found.deviation.time, found.deviation.local_gain) == (1, pytest.approx(1.0))
    assert "saw on" in found.deviation.common_info


def test_the_error_bound_of_a_team_s_sum_covers_all_agents():
    """Beliefs 0.9e-10 apart are one state; the sum of n agents' values may move n times as far."""
    n = 3
    first = np.zeros((2, 2, 1, 1))
    first[0, 0, 0, 0] = first[1, 1, 0, 0] = 0.5 + 0.45e-10
    first[0, 1, 0, 0] = first[1, 0, 0, 0] = 0.5 - 0.45e-10
    reward = np.zeros((n, 2, 1, 1, 1))
    reward[:, 1] = 1.0
    reward[2, 1] = 0.5
    game = posg.Game(np.ones((2, 1, 1, 1, 2)) / 2, np.ones((1, 1, 1, 2, 2, 1, 1)) / 2, reward, [0.5, 0.5], first)
    solution = posg.solve(game, 1, "full", "team")
    assert solution.stats.states == 1
    assert abs(solution.welfare - 1.25) <= solution.certificate.merge_error
    assert solution.certificate.merge_error == pytest.approx(3 * 2 * 0.9e-10, rel=1e-3)
