"""Simulated play against exact values and exact laws of histories."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from oracles import Oracle
from random_games import random_game
from random_strategies import with_random_strategy
from scipy.stats import chisquare

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.evaluate import GameSampler, Simulation, certify, simulate
from lp_posg.information import sharing_structure

RUNS = 20_000
SURE = 1 - 1e-6
"""Confidence at which an exact value has to lie in a simulated interval; about eighty are looked at."""


def assert_worth(game, structure, policy, deviations, seed, runs=RUNS):
    """Assert that exact values lie in both kinds of interval, and that the intervals say something."""
    exact = certify(game, structure, policy, deviations).values
    played = simulate(game, structure, policy, runs, seed, level=SURE)
    for kind in ("normal", "bernstein", "hoeffding"):
        low, high = played.interval(kind).T
        assert ((low <= exact) & (exact <= high)).all(), (kind, exact, low, high)
    low, high = played.interval("normal").T
    assert (played.standard_error > 1e-4).all()
    assert (high - low <= 0.08 * np.ptp(played.bounds, axis=1)).all()


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
@pytest.mark.parametrize(
    ("concept", "kind"),
    [
        ("team", {"common": True, "n_agents": 3}),
        ("ne", {"zero_sum": True}),
        ("ce", {"n_agents": 3}),
        ("interim-cce", {}),
        ("cce", {"n_states": 3}),
    ],
)
def test_solutions_are_worth_what_the_certificate_says(sharing, concept, kind):
    game = random_game(12, initial_observation=concept in ("ne", "ce"), sparse=concept == "cce", **kind)
    solution = posg.solve(game, 2 if game.n_agents == 3 else 3, sharing, concept, discount=0.8)
    structure = sharing_structure(sharing, game.n_agents)
    assert_worth(solution.game, structure, solution.policy, solution.certificate.deviations, seed=1)


@pytest.mark.parametrize(
    ("sharing", "kind"),
    [
        ("full", {"horizon": 3}),
        ("one-step-delay", {"horizon": 3, "initial_observation": True}),
        ("one-step-delay", {"n_agents": 3}),
        ("controller:2", {"controlled_by": 1}),
        ("uncontrolled:2", {"controlled_by": 0, "initial_observation": True}),
    ],
)
def test_mixed_and_correlated_strategies_are_worth_what_full_histories_say(sharing, kind):
    for seed in range(2):
        game = random_game(seed, **kind).with_discount(0.9)
        structure = sharing_structure(sharing, game.n_agents)
        horizon = 2 if game.n_agents == 3 else 3
        solution = with_random_strategy(posg.solve(game, horizon, sharing, "cce"), seed, atoms=2)
        played = solution.simulate(RUNS, seed, level=SURE)
        exact = Oracle(solution, structure).values()
        low, high = played.interval("normal").T
        assert ((low <= exact) & (exact <= high)).all()


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
def test_whole_histories_come_as_often_as_their_probability_says(sharing):
    """Everything at once: first observation, atoms, actions, states, news. Correlated strategy, two steps."""
    game = random_game(7, initial_observation=True, sparse=True)
    structure = sharing_structure(sharing, 2)
    solution = with_random_strategy(posg.solve(game, 2, sharing, "cce"), 5, atoms=3)
    oracle = Oracle(solution, structure)
    law: Counter = Counter()
    # The weight of a root is over (state, first observation); histories are told by what agents see and do.
    firsts = [seen for seen in product(range(2), range(2)) if (game.initial * game.initial_observation[:, *seen]).any()]
    for first, root in zip(firsts, oracle.roots(), strict=True):
        for action, chance in oracle.law(0, root).items():
            moved = root.weight @ game.transition[:, *action]
            seconds = [
                o for o in product(range(2), range(2)) if (moved * game.observation[(*action, slice(None), *o)]).any()
            ]
            for second, child in zip(seconds, oracle.children(0, root, action), strict=True):
                for last, more in oracle.law(1, child).items():
                    law[first, action, second, last] += chance * more * child.weight.sum()
    assert sum(law.values()) == pytest.approx(1)

    runs = 6000
    played = solution.simulate(runs, seed=3, traces=runs)
    assert len(played.traces) == runs
    # The labels of random games are their indices.
    found = Counter(
        tuple(tuple(map(int, part)) for step in trace.steps for part in (step.observations, step.actions))
        for trace in played.traces
    )
    assert set(found) <= set(law)
    often = [history for history, chance in law.items() if runs * chance >= 5]
    assert len(often) >= 20
    rest = runs - sum(found[history] for history in often), runs * (1 - sum(law[history] for history in often))
    counts = [*(found[history] for history in often), rest[0]]
    expected = [*(runs * law[history] for history in often), rest[1]]
    assert chisquare(counts, expected).pvalue > 1e-4


def test_traces_are_possible_at_every_step_and_add_up():
    game = posg.catalog("dectiger").with_discount(0.9)
    solution = posg.solve(game, 4, "one-step-delay", "team")
    played = solution.simulate(300, seed=2, traces=300)
    state = {label: s for s, label in enumerate(game.states)}
    changes = 0
    for trace, returns in zip(played.traces, played.returns, strict=True):
        total = 0.0
        before = None
        for time, step in enumerate(trace.steps):
            s, a = state[step.state], index(game.actions, step.actions)
            if before is None:
                assert game.initial[s] > 0
                assert step.observations is None
                assert step.shared == "nothing new"
            else:
                was, did = before
                o = index(game.observations, step.observations)
                assert game.transition[(was, *did, s)] > 0
                assert game.observation[(*did, s, *o)] > 0
                assert f"agent2 did {game.actions[1][did[1]]}" in step.shared
                assert step.private[0] == f"saw {step.observations[0]}"
                changes += was != s
            atom = solution.strategy(time, step.node)[step.atom]
            for i, agent in enumerate(game.agents):
                assert atom.prescriptions[agent][step.private[i]][step.actions[i]] > 0
            np.testing.assert_array_equal(step.rewards, game.reward[(slice(None), s, *a)])
            total += 0.9**time * step.rewards[0]
            before = s, a
        assert returns[0] == pytest.approx(total, abs=1e-12)
    assert changes > 10
    json.dumps(played.summary())


def index(labels, chosen):
    return tuple(own.index(label) for own, label in zip(labels, chosen, strict=True))


def test_the_answer_depends_on_the_seed_alone():
    game = random_game(3, n_agents=3, initial_observation=True)
    solution = with_random_strategy(posg.solve(game, 2, "one-step-delay", "cce"), 1)
    structure = sharing_structure("one-step-delay", 3)
    first = simulate(game, structure, solution.policy, 500, 7, traces=9)
    for size in (1, 8, 499, 500, 10_000):
        again = simulate(game, structure, solution.policy, 500, 7, traces=9, batch_runs=size)
        np.testing.assert_array_equal(again.returns, first.returns)
        assert again.traces == first.traces
    longer = simulate(game, structure, solution.policy, 800, 7)
    np.testing.assert_array_equal(longer.returns[:500], first.returns)
    other = simulate(game, structure, solution.policy, 500, 8)
    assert (other.returns != first.returns).any(axis=1).mean() > 0.5


def test_a_long_horizon_is_played_in_smaller_batches(monkeypatch):
    """Two steps of dectiger take 2 + 2 * 5 = 12 uniform numbers: 100 of them are eight runs."""
    sizes = []
    start = GameSampler.start
    monkeypatch.setattr("lp_posg.evaluate.simulation.BATCH_DRAWS", 100)
    monkeypatch.setattr(GameSampler, "start", lambda self, u: sizes.append(u.shape[1]) or start(self, u))
    posg.solve(posg.catalog("dectiger"), 2, "full").simulate(20)
    assert sizes == [8, 8, 4]


def test_listening_for_ever_costs_two_a_step():
    """Dectiger, one step: without information the best is to listen, worth -2 for sure."""
    played = posg.solve(posg.catalog("dectiger"), 1, "full").simulate(50, seed=4)
    np.testing.assert_array_equal(played.returns, np.full((50, 2), -2.0))
    np.testing.assert_array_equal(played.standard_error, [0, 0])
    np.testing.assert_array_equal(played.interval("normal"), [[-2, -2], [-2, -2]])
    low, high = played.interval("bernstein").T
    assert (low < -2).all()
    assert (high > -2).all()


@pytest.mark.parametrize("bound", [0.3, 0.1 + 0.2])
def test_rounding_excludes_no_value_from_intervals_that_are_proven(bound):
    """Three rewards of 0.1 are 0.3 or one unit in the last place more, by the order of their sum."""
    for least in (0.0, bound):
        played = Simulation(np.full((200, 1), bound), np.array([[least, bound]]), 0.95, 0)
        for kind in ("hoeffding", "bernstein"):
            low, high = played.interval(kind)[0]
            assert low <= 0.3 < 0.1 + 0.2 <= high < 0.3 + 1e-11


def test_intervals_by_hand():
    """200 returns, half of them 0 and half 1, bounds 0 and 1, level 0.95.

    The sample variance is 50 / 199, so the standard error sqrt(50 / 199 / 200) = 0.0354441.
    normal: 1.959964 of these, 0.0694692. hoeffding: sqrt(ln 40 / 400) = 0.0960323.
    bernstein: ln 80 = 4.382027; sqrt(2 * 4.382027) * 0.0354441 + 7 * 4.382027 / (3 * 199) = 0.1563093.
    """
    returns = np.repeat([[0.0], [1.0]], 100, axis=0)
    played = Simulation(returns, np.array([[0.0, 1.0]]), 0.95, 0)
    for kind, radius in (("normal", 0.0694692), ("hoeffding", 0.0960323), ("bernstein", 0.1563093)):
        np.testing.assert_allclose(played.interval(kind), [[0.5 - radius, 0.5 + radius]], atol=1e-6)
    with pytest.raises(ModelError, match="unknown interval 'exact'; expected normal, hoeffding or bernstein"):
        played.interval("exact")


def test_one_run_proves_nothing():
    played = posg.solve(posg.catalog("dectiger"), 2, "full").simulate(1)
    assert np.isinf(played.standard_error).all()
    for kind in ("normal", "bernstein", "hoeffding"):
        np.testing.assert_allclose(played.interval(kind), played.bounds, rtol=1e-11)


def test_distribution_free_intervals_hold_where_the_normal_one_does_not():
    """A return of 1 with chance 0.002: most samples of 100 never see it, and the normal interval is a point."""
    rng = np.random.default_rng(0)
    held = dict.fromkeys(("normal", "bernstein", "hoeffding"), 0)
    for _ in range(400):
        returns = (rng.random((100, 1)) < 0.002).astype(float)
        played = Simulation(returns, np.array([[0.0, 1.0]]), 0.95, 0)
        for kind in held:
            low, high = played.interval(kind)[0]
            held[kind] += low <= 0.002 <= high
    assert held["normal"] < 200
    assert held["bernstein"] >= 380
    assert held["hoeffding"] >= 380


def test_bounds_are_those_of_the_rewards():
    """Rewards of dectiger lie between -101 and 20; three steps at discount 0.5 weigh 1.75."""
    played = posg.solve(posg.catalog("dectiger"), 3, "full", discount=0.5).simulate(10)
    np.testing.assert_allclose(played.bounds, [[-101 * 1.75, 20 * 1.75]] * 2)


def test_a_strategy_for_another_game_is_refused():
    chicken = posg.solve(posg.catalog("chicken"), 2, "full", "ce")
    with pytest.raises(ModelError, match="for agents with"):
        simulate(posg.catalog("dectiger"), sharing_structure("full", 2), chicken.policy, 10)
    with pytest.raises(ModelError, match="computed for another game"):
        chicken.simulate(10, game=posg.catalog("dectiger"))
    tiger = posg.solve(posg.catalog("dectiger"), 3, "one-step-delay")
    with pytest.raises(ModelError, match="computed for another game"):
        simulate(posg.catalog("dectiger"), sharing_structure("full", 2), tiger.policy, 1000)
    short = random_game(4, horizon=3)
    longer = posg.solve(random_game(4), 4, "full", "cce")
    with pytest.raises(ModelError, match="cover 3 steps"):
        simulate(short, sharing_structure("full", 2), longer.policy, 10)


def test_gaps_in_a_strategy_are_met_and_named():
    solution = posg.solve(posg.catalog("dectiger"), 2, "one-step-delay")
    structure = sharing_structure("one-step-delay", 2)
    first, last = solution.policy.steps
    (block,) = last.blocks
    one = replace(block, private=(block.private[0][:, :1], block.private[1]),
                  prescription=(block.prescription[0][:, :1], block.prescription[1]))  # fmt: skip
    policy = replace(solution.policy, steps=(first, replace(last, blocks=(one,))))
    with pytest.raises(ModelError, match="no prescription for a private information"):
        simulate(solution.game, structure, policy, 1000)
    other = replace(block, private=(block.private[0] + 1, block.private[1]))
    policy = replace(solution.policy, steps=(first, replace(last, blocks=(other,))))
    with pytest.raises(ModelError, match="private information that the sharing does not know at step 2"):
        simulate(solution.game, structure, policy, 1000)
    cut = replace(last, n_nodes=last.n_nodes + 1)
    moved = replace(first, child=np.full_like(first.child, last.n_nodes))
    with pytest.raises(ModelError, match="not every state stands in exactly one block"):
        simulate(solution.game, structure, replace(solution.policy, steps=(moved, cut)), 1000)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_runs": 0}, "n_runs is 0, expected a whole number of at least 1"),
        ({"n_runs": 2.5}, r"n_runs is 2\.5"),
        ({"seed": -1}, "seed is -1, expected a whole number of at least 0"),
        ({"traces": True}, "traces is True"),
        ({"level": 1.0}, r"level is 1\.0, expected a confidence between 0 and 1"),
        ({"level": math.nan}, "level is nan"),
    ],
)
def test_arguments_are_checked(arguments, message):
    solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
    with pytest.raises(ModelError, match=message):
        solution.simulate(**arguments)


class Late:
    """One-step delay, written by a user."""

    name = "late"

    def increment(self, agent, private, action, observation):
        return (private, action)

    def retain(self, agent, private, action, observation):
        return () if observation is None else (observation,)


def test_a_structure_of_the_user_s_own_is_kept():
    solution = posg.solve(posg.catalog("dectiger"), 3, sharing=Late())
    played = solution.simulate(2000, 1, traces=1)
    built_in = posg.solve(posg.catalog("dectiger"), 3, "one-step-delay").simulate(2000, 1)
    np.testing.assert_array_equal(played.returns, built_in.returns)
    assert played.traces[0].steps[1].shared == "agent1 ((), 0); agent2 ((), 0)"


def test_results_are_read_only():
    played = posg.solve(posg.catalog("chicken"), 1, "full", "ce").simulate(10)
    with pytest.raises(ValueError, match="read-only"):
        played.returns[0, 0] = 1.0
