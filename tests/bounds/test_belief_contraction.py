"""Contraction of beliefs against plain filters over all histories, and the two memories."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.bounds import belief_pairs, sampled_pairs
from lp_posg.errors import ModelError

TOL = 1e-12


def tables(game, step):
    """Return T[s][a][s'] and O[a][s'][o] of a step as nested lists."""
    n, n_joint = game.n_states, game.n_joint_actions
    varies = game.max_horizon is not None
    move = (game.transition[step] if varies else game.transition).reshape(n, n_joint, n)
    law = (game.observation[step] if varies else game.observation).reshape(n_joint, n, -1)
    return move.tolist(), law.tolist()


def updated(belief, move, law, action, seen):
    """Return the unnormalised belief after an action and an observation, by the definition."""
    n = len(belief)
    return [sum(belief[s] * move[s][action][t] for s in range(n)) * law[action][t][seen] for t in range(n)]


def distance(b, c):
    return sum(abs(x / sum(b) - y / sum(c)) for x, y in zip(b, c, strict=True)) / 2


def worst_of(game, b, c, step, left):
    """Return the largest expected distance after `left` steps, by recursion over all histories, none merged."""
    if not left:
        return distance(b, c)
    move, law = tables(game, step)
    values = []
    for action in range(game.n_joint_actions):
        value = 0.0
        for seen in range(game.n_joint_observations):
            following = updated(b, move, law, action, seen)
            if sum(following) > 0:
                chance = sum(following)
                other = updated(c, move, law, action, seen)
                value += chance * worst_of(
                    game, [x / chance for x in following], [y / sum(other) for y in other], step + 1, left - 1
                )
        values.append(value)
    return max(values)


def uniform_of(game, first, step, steps):
    """Return the expected distance under uniform actions: a sum over all histories, with unnormalised beliefs."""
    uniform = [1 / game.n_states] * game.n_states
    total = 0.0
    moves = range(game.n_joint_actions)
    seen = range(game.n_joint_observations)
    for history in itertools.product(itertools.product(moves, seen), repeat=steps):
        b, c = list(first), list(uniform)
        for k, (action, observation) in enumerate(history):
            move, law = tables(game, step + k)
            b, c = updated(b, move, law, action, observation), updated(c, move, law, action, observation)
        if sum(b) > 0:
            total += sum(b) * distance(b, c)
    return total / game.n_joint_actions**steps


GAMES = {
    "dense": random_game(0, n_states=3),
    "sparse": random_game(3, n_states=3, sparse=True),
    "varying": random_game(2, n_states=2, horizon=5),
    "tiger": posg.catalog("dectiger"),
}


@pytest.mark.parametrize("name", GAMES)
def test_it_is_what_plain_filters_over_all_histories_say(name):
    game = GAMES[name]
    steps = 1 if name == "tiger" else 2
    found = posg.bounds.belief_contraction(game, steps)
    uniform = [1 / game.n_states] * game.n_states
    start = game.initial.tolist()
    assert found.worst.shape == (steps + 1,)
    np.testing.assert_allclose(found.worst, [worst_of(game, start, uniform, 0, k) for k in range(steps + 1)], atol=TOL)
    np.testing.assert_allclose(found.uniform, [uniform_of(game, start, 0, k) for k in range(steps + 1)], atol=TOL)
    assert set(found.worst_status) == set(found.uniform_status) == {"exact"}
    np.testing.assert_array_equal(found.worst, found.worst_lower)
    np.testing.assert_array_equal(found.uniform_lower, found.uniform_upper)


def test_a_later_start_has_the_law_of_that_step_and_its_own_arrays():
    game = GAMES["varying"]
    # The law of step 2 if the four joint actions are equally likely at step 1.
    second = np.einsum("s,sat->t", game.initial, game.transition[0].reshape(2, 4, 2)) / 4
    found = posg.bounds.belief_contraction(game, 2, time=1)
    np.testing.assert_allclose(
        found.worst, [worst_of(game, second.tolist(), [0.5, 0.5], 1, k) for k in range(3)], atol=TOL
    )
    given = posg.bounds.belief_contraction(game, 2, time=1, prior=second)
    np.testing.assert_allclose(given.worst, found.worst, atol=TOL)


def door(q, prior=(0.9, 0.1)) -> posg.Game:
    """Return a door that never moves, behind one listener who is right with q."""
    return posg.Game(np.eye(2)[:, None], np.array([[[q, 1 - q], [1 - q, q]]]), np.zeros((1, 2, 1)), prior)


def test_known_curves():
    # Seen at once: both beliefs are the truth. Heard never: they stay (0.9, 0.1) and (0.5, 0.5), 0.4 apart.
    np.testing.assert_allclose(posg.bounds.belief_contraction(door(1.0), 3).worst, [0.4, 0, 0, 0], atol=TOL)
    np.testing.assert_allclose(posg.bounds.belief_contraction(door(0.5), 3).worst, [0.4] * 4, atol=TOL)
    # Of k sounds j are from the left: the beliefs are 0.9 : 0.1 and 1 : 1, each times q^j r^(k-j) : r^j q^(k-j).
    q, r = 0.85, 0.15
    expected = []
    for k in range(6):
        total = 0.0
        for j in range(k + 1):
            left, right = q**j * r ** (k - j), r**j * q ** (k - j)
            mass = 0.9 * left + 0.1 * right
            total += math.comb(k, j) * mass * abs(0.9 * left / mass - left / (left + right))
        expected.append(total)
    found = posg.bounds.belief_contraction(door(q), 5)
    np.testing.assert_allclose(found.worst, expected, atol=TOL)
    assert found.n_pairs == (1, 2, 3, 4, 5, 6)  # what counts is the number of sounds from the left


def test_a_law_that_is_uniform_already_has_nothing_to_forget():
    found = posg.bounds.belief_contraction(door(0.7, (0.5, 0.5)), 4)
    np.testing.assert_allclose(found.worst, 0, atol=TOL)
    assert posg.bounds.measured_memory(found, 0.0) == 0
    # Certainty has: after one sound the other filter gives the truth 0.7 with chance 0.7, else 0.3.
    worst = posg.bounds.belief_contraction(door(0.7, (0.5, 0.5)), 1, prior="worst")
    np.testing.assert_allclose(worst.worst, [0.5, 0.7 * 0.3 + 0.3 * 0.7], atol=TOL)


def test_no_prior_is_worse_than_certainty_of_the_worst_state():
    rng = np.random.default_rng(4)
    for name, steps in (("dense", 2), ("varying", 3)):
        game = GAMES[name]
        found = posg.bounds.belief_contraction(game, steps, prior="worst")
        ends = {state: posg.bounds.belief_contraction(game, steps, prior=state).worst[-1] for state in game.states}
        assert ends[found.state] == pytest.approx(max(ends.values()), abs=TOL)
        assert found.worst[-1] == pytest.approx(ends[found.state], abs=TOL)
        for prior in rng.dirichlet(np.ones(game.n_states), size=20):
            assert posg.bounds.belief_contraction(game, steps, prior=prior).worst[-1] <= found.worst[-1] + TOL


def test_the_worst_state_is_the_one_that_is_forgotten_slowest():
    # The first two states are told apart by what is seen, the others are not: certainty of one of these stays.
    seen = np.array([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]])
    game = posg.Game(np.eye(4)[:, None], seen, np.zeros((1, 4, 1)), [0.4, 0.4, 0.05, 0.15], states=list("abcd"))
    found = posg.bounds.belief_contraction(game, 1, prior="worst")
    # Of c and d, as bad as each other, the likelier one. The other filter knows that it is one of the two.
    assert found.state == "d"
    np.testing.assert_allclose(found.worst, [0.75, 0.5], atol=TOL)
    np.testing.assert_allclose(posg.bounds.belief_contraction(game, 1, prior="a").worst, [0.75, 0], atol=TOL)
    assert posg.bounds.belief_contraction(game, 1, prior="law").state == ""


def test_of_a_game_too_large_to_expand_the_likeliest_state_is_taken(monkeypatch):
    monkeypatch.setattr(belief_pairs, "MOST_ENTRIES", 5)
    assert posg.bounds.belief_contraction(door(0.7, (0.2, 0.8)), 1, prior="worst", n_samples=2).state == "1"


def test_beyond_the_pairs_allowed_it_is_bounded_and_estimated():
    game = random_game(5, n_states=3)
    exact = posg.bounds.belief_contraction(game, 2)
    cut = posg.bounds.belief_contraction(game, 2, max_pairs=exact.n_pairs[1], n_samples=4000, seed=1)
    assert exact.n_pairs[2] > exact.n_pairs[1]
    assert cut.n_pairs == exact.n_pairs[:2]
    assert cut.worst_status == ("exact", "exact", "bounded")
    assert cut.uniform_status == ("exact", "exact", "estimated")
    np.testing.assert_allclose(cut.worst[:2], exact.worst[:2], atol=TOL)
    assert cut.worst_lower[2] <= exact.worst[2] <= cut.worst[2]
    assert cut.worst[2] == pytest.approx(2 * cut.worst[:2].min())
    assert cut.uniform_lower[2] <= exact.uniform[2] <= cut.uniform_upper[2]
    assert cut.uniform_upper[2] - cut.uniform_lower[2] < 0.05
    assert (exact.n_samples, cut.n_samples) == (0, 4000)


def test_simulation_in_batches_is_the_same_law(monkeypatch):
    game = random_game(5, n_states=3)
    monkeypatch.setattr(sampled_pairs, "BATCH_ENTRIES", 6 * 100)
    cut = posg.bounds.belief_contraction(game, 2, max_pairs=1, n_samples=4050)
    exact = posg.bounds.belief_contraction(game, 2)
    assert cut.n_pairs == (1,)
    for k in (1, 2):
        assert cut.uniform_lower[k] <= exact.uniform[k] <= cut.uniform_upper[k]
        assert cut.worst_lower[k] <= exact.worst[k] <= cut.worst[k]


def test_simulation_takes_the_arrays_of_each_step():
    """Nothing is seen at the first step, all at the second; after that the beliefs stay equal."""
    law = np.array([np.full((2, 2), 0.5), np.eye(2), np.full((2, 2), 0.5)])[:, None]
    move = np.tile(np.eye(2)[:, None], (4, 1, 1, 1))
    game = posg.Game(move, law, np.zeros((1, 2, 1)), [0.9, 0.1])
    for found in (
        posg.bounds.belief_contraction(game, 3),
        posg.bounds.belief_contraction(game, 3, max_pairs=1, n_samples=100),
    ):
        np.testing.assert_allclose(found.uniform, [0.4, 0.4, 0, 0], atol=TOL)
    assert found.uniform_status == ("exact", "exact", "estimated", "estimated")


def test_the_interval_is_the_empirical_bernstein_one():
    # Four numbers with variance 1/3 (n - 1 = 3): sqrt(2 * 1/3 * log 80 / 4) + 7 log 80 / 9.
    sample = np.array([0.0, 1.0, 0.0, 1.0])
    assert sampled_pairs.half_width(sample) == pytest.approx(math.sqrt(math.log(80) / 6) + 7 * math.log(80) / 9)


def test_rows_are_ready_for_a_file():
    found = posg.bounds.belief_contraction(door(0.85), 2)
    rows = found.rows()
    assert [row["memory"] for row in rows] == [0, 1, 2]
    assert [row["worst"] for row in rows] == found.worst.tolist()
    assert {type(value) for row in rows for value in row.values()} == {float, int, str}


def test_measured_memory_is_the_first_that_is_enough():
    found = posg.bounds.belief_contraction(door(0.85), 5)
    for epsilon in (0.5, 0.3, 0.15, 0.1):
        memory = posg.bounds.measured_memory(found, epsilon)
        assert found.worst[memory] <= epsilon
        assert (found.worst[:memory] > epsilon).all()
    assert posg.bounds.measured_memory(found, 0.5) == 0
    assert posg.bounds.measured_memory(found, 1e-9) is None


def test_theoretical_memory_by_hand():
    # 1 * 1^-4 * log(e^2) with S H / eps = 2 * 3 / (6 / e^2), a hair above and below.
    assert posg.bounds.theoretical_memory(1.0, 2, 3, 6 / math.exp(2) * 1.001) == 2
    assert posg.bounds.theoretical_memory(1.0, 2, 3, 6 / math.exp(2) * 0.999) == 3
    # Half the observability costs 16 times as much; log 64 = 4.158...
    assert [posg.bounds.theoretical_memory(g, 2, 4, 0.125) for g in (1.0, 0.5)] == [5, 67]
    assert posg.bounds.theoretical_memory(0.5, 2, 4, 0.125, constant=2.0) == 134
    assert posg.bounds.theoretical_memory(1.0, 1, 1, 1.0) == posg.bounds.theoretical_memory(0.0, 1, 1, 2.0) == 0
    assert posg.bounds.theoretical_memory(0.0, 2, 4, 0.125) == math.inf
    assert posg.bounds.theoretical_memory(1e-90, 2, 4, 0.125) == math.inf


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((1.1, 2, 4, 0.1), "observability"),
        ((float("nan"), 2, 4, 0.1), "observability"),
        ((0.5, 0, 4, 0.1), "n_states"),
        ((0.5, 2, 0, 0.1), "horizon"),
        ((0.5, 2, 4, 0.0), "epsilon"),
        ((0.5, 2, 4, 0.1, 0.0), "constant"),
    ],
)
def test_theoretical_memory_refuses(arguments, word):
    with pytest.raises(ModelError, match=word):
        posg.bounds.theoretical_memory(*arguments)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"max_memory": -1}, "max_memory"),
        ({"max_memory": 1, "time": -1}, "time"),
        ({"max_memory": 1, "max_pairs": 0}, "max_pairs"),
        ({"max_memory": 1, "n_samples": 1}, "n_samples"),
        ({"max_memory": 5}, "first 4 steps only"),
        ({"max_memory": 1, "prior": np.array([0.5, 0.4])}, "prior"),
        ({"max_memory": 1, "prior": "nowhere"}, "'nowhere', expected 'law', 'worst' or a state"),
        ({"max_memory": 1, "prior": np.array([0.5, 0.25, 0.25])}, "prior"),
    ],
)
def test_contraction_refuses(options, word):
    with pytest.raises(ModelError, match=word):
        posg.bounds.belief_contraction(GAMES["varying"], **options)


def test_measured_memory_refuses_what_is_no_distance():
    with pytest.raises(ModelError, match="epsilon"):
        posg.bounds.measured_memory(posg.bounds.belief_contraction(door(0.85), 1), float("nan"))
