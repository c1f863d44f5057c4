"""Q-learning against known optima; its tables and memories against plain Python, its policies against certificates."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate import certify
from lp_posg.learning import EpsilonSchedule, GameEnvironment, SimulatorEnvironment, q_learning
from lp_posg.learning.q_values import Values, kept_weight
from lp_posg.learning.views import OwnView, SharedView

HORIZON = 3


def observed_game(seed: int) -> posg.Game:
    """A Markov decision process: one agent that sees the state, before the first action too."""
    game = random_game(seed, n_agents=1, n_states=3, n_actions=2)
    sees = np.broadcast_to(np.eye(3), (2, 3, 3))
    return posg.Game(game.transition, sees, game.reward, game.initial, np.eye(3))


def optimum(game: posg.Game, horizon: int, discount: float) -> float:
    """Backward induction in plain arrays."""
    value = np.zeros(game.n_states)
    for _ in range(horizon):
        value = (game.reward[0] + discount * game.transition @ value).max(axis=1)
    return float(game.initial @ value)


@pytest.mark.parametrize(("seed", "discount"), [(1, 1.0), (2, 0.9)])
@pytest.mark.parametrize("memory", [1, 2])
def test_a_decision_process_is_solved(seed, discount, memory):
    game = observed_game(seed)
    best = optimum(game, HORIZON, discount)
    learnt = q_learning(game, HORIZON, sharing="full", memory=memory, discount=discount, n_runs=30_000, seed=seed)
    # Two actions of nearly the same value may be mistaken for one another, where play seldom goes.
    found = certify(game.with_discount(discount), posg.information.sharing_structure("full", 1), learnt.policy(), "ne")
    assert best - 2e-3 <= found.values[0] <= best + 1e-12
    assert found.gaps[0] == pytest.approx(best - found.values[0], abs=1e-9)
    assert abs(learnt.mean[0] - best) < 3 * learnt.half_width[0]
    alone = q_learning(game, HORIZON, sharing=None, memory=memory, discount=discount, n_runs=30_000, seed=seed)
    assert abs(alone.mean[0] - best) < 3 * alone.half_width[0]
    with pytest.raises(UnsupportedError, match="without sharing"):
        alone.policy()


class Wait:
    """Action 0 pays 1 at once and ends the run, action 1 pays nothing now and 1.5 at the next step."""

    n_actions, n_observations = (2,), (1,)

    def reset(self, seed):
        self.waited = False

    def step(self, actions):
        reward = 1.5 if self.waited else 1.0 - actions[0]
        self.waited = True
        return [0], [reward], bool(reward)


@pytest.mark.parametrize(("discount", "value"), [(1.0, 1.5), (0.8, 1.2), (0.5, 1.0)])
def test_the_discount_says_whether_to_wait(discount, value):
    """By hand: waiting is worth 1.5 times the discount, which is more than 1 unless the discount is 0.5."""
    learnt = q_learning(Wait(), 2, sharing=None, discount=discount, n_runs=200, batch_runs=20, evaluation_runs=5)
    assert learnt.mean.tolist() == pytest.approx([value])


class Guess:
    """A coin is thrown every step, and agent 1 sees it; then agent 2 guesses, and both are paid a right guess."""

    n_actions, n_observations = (1, 2), (2, 1)

    def reset(self, seed):
        self.rng = np.random.default_rng(seed)
        self.coin = int(self.rng.integers(2))
        return [self.coin, 0]

    def step(self, actions):
        reward = float(actions[1] == self.coin)
        self.coin = int(self.rng.integers(2))
        return [self.coin, 0], [reward, reward], False


@pytest.mark.parametrize(
    ("sharing", "memory", "value"),
    [
        # Told at once, agent 2 is right in all three steps.
        ("full", 1, 3.0),
        # Told of the coins before only, or of none, or remembering none but the first: it is right half the time.
        ("one-step-delay", 2, 1.5),
        (None, 2, 1.5),
        # The increment of the start is remembered up to step L = 0, later ones are forgotten: 1 + 1/2 + 1/2.
        ("full", 0, 2.0),
    ],
)
def test_what_sharing_is_worth_is_found_through_a_simulator(sharing, memory, value):
    env = SimulatorEnvironment(*(Guess() for _ in range(50)))
    learnt = q_learning(
        env, 3, sharing=sharing, memory=memory, n_runs=1500, batch_runs=100, evaluation_runs=1000, seed=4
    )
    # Three fair coins have standard deviation sqrt(3) / 2: 0.03 for the mean of 1000, times 4.
    assert learnt.mean == pytest.approx([value, value], abs=0.0 if value == 3 else 0.12)
    assert learnt.learning_runs == 1500
    assert learnt.curve.shape == (15, 2)


def test_learning_is_the_same_one_run_at_a_time():
    """The actor begins anew for each run; what was learnt comes from the episodes as a whole."""
    learnt = q_learning(Guess(), 2, sharing="full", memory=1, n_runs=300, batch_runs=50, evaluation_runs=50)
    np.testing.assert_array_equal(learnt.mean, [2, 2])
    np.testing.assert_array_equal(learnt.half_width, [0, 0])


@pytest.mark.parametrize(("sharing", "memory"), [("one-step-delay", 1), ("one-directional", 2), ("full", 3)])
def test_the_policy_is_what_is_played(sharing, memory):
    """Few samples, so that much is unknown and drawn: the certified value and the simulated one still agree."""
    game = random_game(11, initial_observation=True)
    learnt = q_learning(
        game, 4, sharing=sharing, memory=memory, n_runs=400, batch_runs=100, evaluation_runs=40_000, level=0.9999
    )
    found = certify(game, posg.information.sharing_structure(sharing, 2), learnt.policy(), "ne")
    assert (np.abs(found.values - learnt.mean) < learnt.half_width).all()
    assert (learnt.half_width < 0.05).all()
    played = GameEnvironment(game).play(learnt.actor(), 40_000, 4, np.random.default_rng(1))
    assert (np.abs(played.rewards.sum(axis=1).mean(axis=0) - found.values) < learnt.half_width).all()


def test_the_seed_decides():
    game = random_game(12)
    runs = [
        q_learning(game, 2, sharing="full", n_runs=600, batch_runs=100, evaluation_runs=100, seed=s) for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].curve, runs[1].curve)
    np.testing.assert_array_equal(runs[0].mean, runs[1].mean)
    assert not np.array_equal(runs[0].curve, runs[2].curve)


def test_single_samples_are_plain_q_learning():
    """One sample per update: the recursion with rate (H + 1) / (H + m), in plain Python."""
    rng, horizon = np.random.default_rng(5), 3
    table, mean, visits = Values(2, horizon), {}, {}
    for key, action, target in zip(
        rng.integers(4, size=200), rng.integers(2, size=200), rng.normal(size=200), strict=True
    ):
        table.update(np.array([key]), np.array([action]), np.array([target]))
        m = visits[key, action] = visits.get((key, action), 0) + 1
        rate = (horizon + 1) / (horizon + m)
        mean[key, action] = (1 - rate) * mean.get((key, action), 0.0) + rate * target
    assert len(mean) == 8
    for (key, action), value in mean.items():
        assert table.mean[key, action] == pytest.approx(value, abs=1e-12)
        assert table.visits[key, action] == visits[key, action]


def test_a_batch_weighs_as_its_samples_one_by_one():
    """Equal targets in one batch are the same as one after the other; a key in between keeps its place."""
    one, many = Values(2, 4), Values(2, 4)
    for table in (one, many):
        table.update(np.array([9, 3]), np.array([0, 0]), np.array([1.0, 5.0]))
    for _ in range(6):
        one.update(np.array([9]), np.array([0]), np.array([2.0]))
    many.update(np.array([9] * 6 + [7]), np.array([0] * 7), np.array([2.0] * 6 + [-8.0]))
    assert many.known.tolist() == [3, 7, 9]
    assert many.mean[2, 0] == pytest.approx(one.mean[1, 0], abs=1e-12)
    assert many.mean[:2, 0].tolist() == [5.0, -8.0]
    # Action 1 was never tried: it is not best, though its entry is 0; and 4 was never met.
    assert many.best(np.array([7, 4, 9, 100])).tolist() == [0, -1, 0, -1]
    assert many.most(np.array([7])).tolist() == [-8.0]


def test_no_samples_change_nothing():
    assert kept_weight(np.array([0, 7]), np.array([0, 0]), 3).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("memory", [0, 1, 2, 5])
@pytest.mark.parametrize("first", [False, True])
def test_a_memory_is_told_by_its_number(memory, first):
    """Runs have one number if and only if they remember the same, in plain tuples."""
    rng, n_runs = np.random.default_rng(6), 300
    seen = rng.integers(2, size=(n_runs, 2)) if first else None
    shared = SharedView(posg.information.sharing_structure("one-step-delay", 2), memory, 5, (2, 1), (2, 2))
    own = OwnView(memory, (2, 1), (2, 2))
    # What is common after each step, and what agent 1 alone knows; by hand: observations come one step late.
    common = [[()] for _ in range(n_runs)]
    newest = [() if seen is None else tuple(row) for row in seen] if seen is not None else [()] * n_runs
    alone = [[row[:1]] for row in newest]
    for view in (shared, own):
        view.begin(n_runs, seen)
    for time in range(4):
        kept = time + 1 if time <= memory else memory
        remembered = [(tuple(row[len(row) - kept :]), new[:1]) for row, new in zip(common, newest, strict=True)]
        assert_same_partition(shared.keys()[0], remembered)
        assert_same_partition(own.keys()[0], [tuple(row[len(row) - kept :]) for row in alone])
        actions = np.stack([rng.integers(2, size=n_runs), np.zeros(n_runs, dtype=np.int64)], axis=1)
        later = rng.integers(2, size=(n_runs, 2))
        for view in (shared, own):
            view.observe(time, actions, later)
        for run in range(n_runs):
            common[run].append((newest[run], tuple(actions[run].tolist())))
            alone[run].append((int(actions[run, 0]), int(later[run, 0])))
        newest = [tuple(row) for row in later.tolist()]


def assert_same_partition(keys, labels):
    pairs = set(zip(keys.tolist(), labels, strict=True))
    assert len(pairs) == len(set(keys.tolist())) == len(set(labels))


def test_memories_that_cannot_be_numbered_are_refused():
    """100 actions and 100 observations: ten pairs are 1e40 memories."""
    env = Wide()
    for sharing in ("full", None):
        with pytest.raises(UnsupportedError, match="remember"):
            q_learning(env, 12, sharing=sharing, memory=10, n_runs=2, batch_runs=2, evaluation_runs=2)


class Wide:
    n_actions, n_observations = (100,), (100,)

    def reset(self, seed):
        return None

    def step(self, actions):
        return [0], [0.0], False


def test_policies_too_large_to_write_out_are_refused():
    """Dec-tiger with full sharing: 36 increments a step, 36 ** 5 memories."""
    learnt = q_learning(posg.catalog("dectiger"), 6, sharing="full", memory=5, n_runs=10, evaluation_runs=10)
    with pytest.raises(UnsupportedError, match="remember fewer steps"):
        learnt.policy()


def test_exploration_falls_and_stays():
    use = EpsilonSchedule(first=0.9, last=0.1, over=0.5)
    # Of 8 batches the first half: 0.9, 0.7, 0.5, 0.3, then 0.1.
    assert [use.at(b, 8) for b in range(8)] == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1, 0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": 0}, "horizon is 0"),
        ({"memory": -1}, "memory is -1"),
        ({"memory": True}, "memory is True"),
        ({"n_runs": 0}, "n_runs is 0"),
        ({"evaluation_runs": 1}, "evaluation_runs is 1"),
        ({"discount": 1.5}, "discount is 1.5"),
        ({"level": 1}, "level is 1"),
        ({"sharing": "everything"}, "unknown sharing"),
    ],
)
def test_bad_arguments_are_refused(change, words):
    arguments = {"horizon": 2, "sharing": "full"} | change
    with pytest.raises(ModelError, match=words):
        q_learning(posg.catalog("dectiger"), **arguments)


@pytest.mark.parametrize("change", [{"first": 1.2}, {"first": 0.1, "last": 0.2}, {"over": 0}])
def test_bad_exploration_is_refused(change):
    with pytest.raises(ModelError, match="expected 0 <= last <= first <= 1"):
        EpsilonSchedule(**change)
