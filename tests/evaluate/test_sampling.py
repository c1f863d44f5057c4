"""Draws follow the laws of the game: inverted exactly, counted by chi-square, nothing impossible drawn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from random_games import random_game
from scipy.stats import chisquare

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate.sampling import GameSampler, RowSampler

CHANCE = 1e-4
"""Seeds are fixed; a right sampler would fail a test with a fresh seed with this chance."""


def test_a_grid_of_uniform_numbers_meets_every_outcome_as_often_as_its_probability_says():
    """Row by row: 1, 5 and 2 outcomes, with zeros stored and between them; tenths, so that counts are exact."""
    dense = np.array([[0, 1, 0, 0, 0, 0], [0.1, 0.2, 0, 0.4, 0.1, 0.2], [0.7, 0, 0, 0, 0, 0.3]])
    stored = sp.csr_array((dense.ravel(), np.tile(np.arange(6), 3), [0, 6, 12, 18]), shape=(3, 6))
    uniform = (np.arange(1000) + 0.5) / 1000
    for matrix in (sp.csr_array(dense), stored):
        sampler = RowSampler(matrix)
        for row in range(3):
            drawn = sampler.draw(np.full(1000, row), uniform)
            np.testing.assert_array_equal(np.bincount(drawn, minlength=6), np.round(1000 * dense[row]))
            assert (np.diff(drawn) >= 0).all()


def test_the_ends_of_the_unit_interval_give_possible_outcomes():
    """Ten times a tenth sums to less than 1 in floating point, and the largest draw lies above that sum."""
    sampler = RowSampler(sp.csr_array(np.array([[0.1] * 10 + [0.0], [0.0] * 10 + [1.0]])))
    ends = np.array([0.0, np.nextafter(1.0, 0.0)])
    np.testing.assert_array_equal(sampler.draw(np.array([0, 0]), ends), [0, 9])
    np.testing.assert_array_equal(sampler.draw(np.array([1, 1]), ends), [10, 10])


def test_a_draw_on_a_boundary_belongs_to_the_outcome_above():
    """Each outcome has a half-open interval: [0, 0.25), [0.25, 0.5), [0.5, 1)."""
    sampler = RowSampler(sp.csr_array(np.array([[0.25, 0.25, 0.5]])))
    np.testing.assert_array_equal(sampler.draw(np.zeros(3, dtype=np.int64), np.array([0, 0.25, 0.5])), [0, 1, 2])


def test_many_long_rows_keep_their_own_probabilities():
    rng = np.random.default_rng(3)
    dense = rng.dirichlet(np.full(37, 0.3), 500)
    dense[dense < 1e-3] = 0
    dense /= dense.sum(axis=1, keepdims=True)
    sampler, uniform = RowSampler(sp.csr_array(dense)), (np.arange(2000) + 0.5) / 2000
    rows = np.repeat(np.arange(500), 2000)
    counts = np.zeros_like(dense)
    np.add.at(counts, (rows, sampler.draw(rows, np.tile(uniform, 500))), 1)
    # A grid of 2000 points meets an interval of length p between 2000 p - 1 and 2000 p + 1 times.
    assert np.abs(counts - 2000 * dense).max() <= 1 + 1e-6
    assert (counts[dense == 0] == 0).all()


@pytest.mark.parametrize(("n_agents", "sparse"), [(1, False), (2, True), (3, False)])
def test_frequencies_are_those_of_the_laws(n_agents, sparse):
    game = random_game(5, n_agents=n_agents, n_states=3, initial_observation=True, sparse=sparse)
    sampler, rng, runs = GameSampler(game), np.random.default_rng(1), 40_000
    n_observations = game.n_joint_observations

    states, observations = sampler.reset(runs, rng)
    law = game.initial[:, None] * game.initial_observation.reshape(game.n_states, -1)
    agree(states * n_observations + observations, law.ravel(), runs)

    transition = game.transition.reshape(3, -1, 3)
    observation = game.observation.reshape(-1, 3, n_observations)
    reward = game.reward.reshape(n_agents, 3, -1)
    for state, action in [(0, 0), (1, game.n_joint_actions - 1), (2, game.n_joint_actions // 2)]:
        start, done = np.full(runs, state), np.full(runs, action)
        moved, seen, gained = sampler.step(0, start, done, rng)
        law = transition[state, action][:, None] * observation[action]
        agree(moved * n_observations + seen, law.ravel(), runs)
        np.testing.assert_array_equal(gained, np.tile(reward[:, state, action], (runs, 1)))


def agree(drawn, law, runs):
    """Chi-square over the outcomes that are possible, those expected less than five times taken together."""
    counts = np.bincount(drawn, minlength=len(law))
    assert (counts[law == 0] == 0).all()
    expected = runs * law
    often = expected >= 5
    assert often.sum() >= 2
    found, wanted = list(counts[often]), list(expected[often])
    if (rest := expected[~often].sum()) > 0:
        found[-1] += counts[~often].sum()
        wanted[-1] += rest
    assert chisquare(found, np.array(wanted) * runs / sum(wanted)).pvalue > CHANCE


def test_a_game_that_varies_with_time_is_drawn_from_each_step_s_arrays():
    game = random_game(4, horizon=3)
    sampler, rng, runs = GameSampler(game), np.random.default_rng(2), 20_000
    states, done = np.zeros(runs, dtype=np.int64), np.full(runs, 2)
    for time in (0, 1):
        moved, seen, gained = sampler.step(time, states, done, rng)
        law = game.transition[time, 0, 1, 0][:, None] * game.observation[time, 1, 0].reshape(2, -1)
        agree(moved * 4 + seen, law.ravel(), runs)
        np.testing.assert_array_equal(gained[0], game.reward[time, :, 0, 1, 0])
    moved, seen, _ = sampler.step(2, states, done, rng)
    assert seen is None
    agree(moved, game.transition[2, 0, 1, 0], runs)


def test_without_an_initial_observation_there_is_none():
    states, observations = GameSampler(posg.catalog("dectiger")).reset(10, np.random.default_rng(0))
    assert observations is None
    assert states.shape == (10,)


def test_what_is_not_in_the_game_is_refused():
    sampler, rng = GameSampler(random_game(4, horizon=3)), np.random.default_rng(0)
    good = np.zeros(3, dtype=np.int64)
    for time in (-1, 3):
        with pytest.raises(ModelError, match=f"no step at time {time} .* cover 3 steps"):
            sampler.step(time, good, good, rng)
    with pytest.raises(ModelError, match=r"states .* expected one index below 2 for each of 3 runs"):
        sampler.step(0, np.array([0, 2, 0]), good, rng)
    with pytest.raises(ModelError, match=r"joint actions .* below 4"):
        sampler.step(0, good, np.array([0, -1, 0]), rng)
    with pytest.raises(ModelError, match=r"joint actions of shape \(2,\)"):
        sampler.step(0, good, good[:2], rng)
