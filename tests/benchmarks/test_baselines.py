"""Open-loop plans and memoryless strategies against enumeration, simulation and the optimum under sharing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from benchmarks import exact_search, local_search
from benchmarks.baselines import best_memoryless, best_open_loop
from lp_posg.evaluate import GameSampler

TOL = 1e-9


def value_of(game, choose, horizon):
    """Return the value of a deterministic strategy by running over all states and observations, one by one.

    `choose(time, seen)` gives the joint action at the newest joint observation, None before there is any.
    """

    def at(array, static, time):
        return array[time] if array.ndim > static else array

    n = game.n_agents
    joint_observations = list(product(*(range(o) for o in game.n_observations)))
    law = {}
    for s in range(game.n_states):
        if game.initial_observation is None:
            law[s, None] = game.initial[s]
        else:
            law |= {(s, o): game.initial[s] * game.initial_observation[(s, *o)] for o in joint_observations}
    total = 0.0
    for time in range(horizon):
        later = {}
        for (s, seen), chance in law.items():
            a = choose(time, seen)
            total += game.discount**time * chance * at(game.reward, n + 2, time)[(0, s, *a)]
            if time + 1 == horizon:
                continue
            for s2 in range(game.n_states):
                moved = chance * at(game.transition, n + 2, time)[(s, *a, s2)]
                for o in joint_observations:
                    both = moved * at(game.observation, 2 * n + 1, time)[(*a, s2, *o)]
                    later[s2, o] = later.get((s2, o), 0.0) + both
        law = later
    return total


def best_plan_by_enumeration(game, horizon):
    actions = list(product(*(range(a) for a in game.n_actions)))
    return max(value_of(game, lambda t, _, p=plan: p[t], horizon) for plan in product(actions, repeat=horizon))


def best_memoryless_by_enumeration(game, horizon):
    """Each agent's rule of a step is one action per own observation; before any there is one for None."""

    def menu(time):
        blind = time == 0 and game.initial_observation is None
        keys = [[None] if blind else list(range(o)) for o in game.n_observations]
        own = [
            [dict(zip(k, rule, strict=True)) for rule in product(range(a), repeat=len(k))]
            for k, a in zip(keys, game.n_actions, strict=True)
        ]
        return list(product(*own))

    def play(strategy):
        def choose(time, seen):
            seen = (None,) * game.n_agents if seen is None else seen
            return tuple(rule[o] for rule, o in zip(strategy[time], seen, strict=True))

        return value_of(game, choose, horizon)

    return max(play(strategy) for strategy in product(*(menu(t) for t in range(horizon))))


CASES = {
    "plain": (0, 2, {}),
    "discounted": (1, 2, {"sparse": True}),
    "first observation": (2, 2, {"initial_observation": True}),
    "varies with time": (3, 2, {"horizon": 2}),
    "one agent, three steps": (4, 3, {"n_agents": 1, "n_states": 3}),
    "three actions": (5, 2, {"n_agents": 1, "n_actions": 3, "n_observations": 3, "initial_observation": True}),
    "three steps, one observation": (6, 3, {"n_observations": 1}),
}


@pytest.mark.parametrize(("seed", "horizon", "kind"), CASES.values(), ids=CASES)
def test_both_are_the_best_of_all_enumerated(seed, horizon, kind):
    game = random_game(seed, common=True, **kind).with_discount(0.9 if seed % 2 else 1.0)
    plan, strategy = best_open_loop(game, horizon), best_memoryless(game, horizon)
    assert (plan.kind, strategy.kind) == ("exact", "exact")
    assert plan.value == pytest.approx(best_plan_by_enumeration(game, horizon), abs=TOL)
    assert strategy.value == pytest.approx(best_memoryless_by_enumeration(game, horizon), abs=TOL)


@pytest.mark.parametrize("seed", range(6))
def test_local_search_finds_no_more_than_there_is_and_says_what_it_is(monkeypatch, seed):
    game = random_game(seed, common=True, n_states=3)
    exact = best_memoryless(game, 4)
    with monkeypatch.context() as patch:
        patch.setattr(exact_search, "RULES_LIMIT", 1)
        found = best_memoryless(game, 4)
    assert (exact.kind, found.kind) == ("exact", "local search")
    assert found.value <= exact.value + TOL
    # Games this small are no challenge: the best is among the many starts.
    assert found.value == pytest.approx(exact.value, abs=TOL)


@pytest.fixture
def no_local_search(monkeypatch):
    """Nothing is improved before the exact search, which then has to find the strategy itself."""
    monkeypatch.setattr(local_search, "_improved", lambda problem, rules: np.zeros(local_search.STARTS))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("no_local_search")
def test_the_exact_search_alone_finds_the_best_plan(seed):
    game = random_game(seed, common=True, n_states=3).with_discount(0.6)
    found = best_open_loop(game, 4)
    assert found.kind == "exact"
    assert found.value == pytest.approx(best_plan_by_enumeration(game, 4), abs=TOL)


@pytest.mark.usefixtures("no_local_search")
def test_merging_and_dropping_lose_nothing(monkeypatch):
    """All 9 * 81 ** 3 memoryless strategies of dectiger, four steps: none is merged or dropped the second time."""
    game = posg.catalog("dectiger")
    short = best_memoryless(game, 4)

    def unmerged(rows, total, n_parents, pick):
        rule, parent = np.divmod(np.arange(len(rows)), n_parents)
        return exact_search._Half(rows, total, (*pick, (parent, rule)))

    bounds = exact_search._bounds
    monkeypatch.setattr(exact_search, "_merged", unmerged)
    monkeypatch.setattr(exact_search, "_bounds", lambda *given: [own + 1e6 for own in bounds(*given)])
    whole = best_memoryless(game, 4)
    assert (short.kind, whole.kind) == ("exact", "exact")
    assert short.value == pytest.approx(whole.value, abs=TOL)
    assert short.value > -8 + 1


def test_limits_of_the_exact_search_are_said(monkeypatch):
    game = random_game(0, common=True, n_states=3)
    for limit in ("ENTRIES_LIMIT", "PRODUCTS_LIMIT"):
        with monkeypatch.context() as patch:
            patch.setattr(exact_search, limit, 10)
            assert best_open_loop(game, 4).kind == "local search"


@pytest.mark.parametrize("horizon", [1, 3, 7])
def test_the_tiger_without_information_is_listened_to_for_ever(horizon):
    """-2 a step: a door opened by both without any knowledge is worth (20 - 50) / 2 = -15."""
    plan = best_open_loop(posg.catalog("dectiger"), horizon)
    assert plan.kind == "exact"
    assert plan.value == pytest.approx(-2 * horizon)


def test_one_noise_does_not_pay_for_opening():
    """Two steps: after one noise each both open the right door with 0.85 ** 2; apart costs 100.

    0.7225 * 20 - 0.0225 * 50 - 0.255 * 100 = -12.175 is worse than listening again.
    """
    strategy = best_memoryless(posg.catalog("dectiger"), 2)
    assert strategy.kind == "exact"
    assert strategy.value == pytest.approx(-4)


@pytest.mark.parametrize(("name", "horizon"), [("dectiger", 4), ("box-pushing", 4)])
def test_strategies_are_worth_what_playing_them_brings(monkeypatch, name, horizon):
    monkeypatch.setattr(local_search, "ROUNDS", 1)
    game = posg.catalog(name).with_discount(1.0)
    strategy = best_memoryless(game, horizon)
    sampler, rng, runs = GameSampler(game), np.random.default_rng(1), 100_000
    states, _ = sampler.reset(runs, rng)
    seen = [np.zeros(runs, dtype=np.int64)] * 2
    total = np.zeros(runs)
    for time, rule in enumerate(strategy.rules):
        actions = [own[o] for own, o in zip(rule, seen, strict=True)]
        joint = np.ravel_multi_index(actions, game.n_actions)
        states, observation, reward = sampler.step(time, states, joint, rng)
        seen = np.unravel_index(observation, game.n_observations)
        total += reward[:, 0]
    assert abs(total.mean() - strategy.value) < 4.5 * total.std() / np.sqrt(runs)


@pytest.mark.parametrize(("name", "horizon"), [("dectiger", 5), ("box-pushing", 3)])
def test_more_information_is_worth_no_less(monkeypatch, name, horizon):
    monkeypatch.setattr(local_search, "ROUNDS", 1)
    game = posg.catalog(name).with_discount(1.0)
    values = [
        best_open_loop(game, horizon).value,
        best_memoryless(game, horizon).value,
        float(posg.solve(game, horizon, "one-step-delay", "team").values[0]),
    ]
    assert values[0] < values[1] < values[2]


def test_agents_with_rewards_of_their_own_are_no_team():
    with pytest.raises(posg.errors.UnsupportedError, match="no common reward"):
        best_open_loop(posg.catalog("chicken"), 2)
