"""The vault with and without the paper's two hypotheses: sizes, observability, growth, memory.

The oracles are enumerations over the game's arrays; they share no code with the planner.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.catalogue import catalog, catalog_entry
from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.game import Game

ATOL = 1e-12
SOLVED = 1e-9
FAMILIES = ("easy-observable", "hard-no-sharing", "hard-unobservable")
SEEDS = (0, 1, 2)
ACTIONS = list(product(range(2), repeat=2))


# ---- the three versions differ in one hypothesis -----------------------------------------------


def test_sizes_are_equal_and_one_hypothesis_differs():
    shared, unshared, blind = (catalog(name) for name in FAMILIES)
    sizes = {(g.n_states, g.n_actions, g.n_observations, g.max_horizon) for g in (shared, unshared, blind)}
    assert sizes == {(4, (2, 2), (2, 2), 3)}
    for part in ("transition", "observation", "reward", "initial", "initial_observation"):
        np.testing.assert_array_equal(getattr(shared, part), getattr(unshared, part))
        if part != "observation":
            np.testing.assert_array_equal(getattr(shared, part), getattr(blind, part))
    np.testing.assert_allclose(blind.observation, 0.25, atol=ATOL)


def test_observability_leads_from_one_version_to_the_other():
    blind, clear = catalog("hard-unobservable"), catalog("easy-observable", observability=1.0)
    for t in (0.0, 0.3, 0.8):
        between = catalog("easy-observable", observability=t).observation
        np.testing.assert_allclose(between, (1 - t) * blind.observation + t * clear.observation, atol=ATOL)


@pytest.mark.parametrize(
    ("name", "t"), [("hard-unobservable", 0.0), ("hard-no-sharing", 0.8), ("easy-observable", 0.8), ("hard", 0.35)]
)
def test_observability_is_the_parameter_for_every_pair_of_beliefs(name: str, t: float):
    game = catalog("hard-no-sharing", observability=t) if name == "hard" else catalog(name)
    # The ratio is the same for every pair, so the smallest is found by looking at any; two point masses
    # have distance 2, and then it is half the L1 distance of two rows.
    rng = np.random.default_rng(5)
    beliefs = np.vstack([np.eye(4), rng.dirichlet(np.ones(4), size=20), rng.dirichlet(np.full(4, 0.1), size=20)])
    pairs = list(combinations(range(len(beliefs)), 2))
    assert len(pairs) == 44 * 43 // 2
    change = np.array([beliefs[i] - beliefs[j] for i, j in pairs])
    for action in ACTIONS:
        law = game.observation[action].reshape(4, -1)
        np.testing.assert_allclose(np.abs(change @ law).sum(1), t * np.abs(change).sum(1), atol=ATOL)
        assert 0.5 * np.abs(law[0] - law[2]).sum() == pytest.approx(t, abs=ATOL)


def test_the_key_stays_and_every_law_of_the_dial_forgets():
    for seed in SEEDS:
        move = catalog("easy-observable", seed=seed).transition.reshape(2, 2, 2, 2, 2, 2)
        dial = move[0, :, :, :, 0]
        np.testing.assert_allclose(dial.sum(axis=-1), 1.0, atol=ATOL)  # the key stays low
        np.testing.assert_array_equal(dial, move[1, :, :, :, 1])  # and moves no dial
        kept = dial[0, ..., 0] - dial[1, ..., 0]  # what a step leaves of a difference between beliefs
        assert (kept > 0.2 - ATOL).all()
        assert (kept < 0.8 + ATOL).all()
        assert len(np.unique(kept.round(6))) == 4


def test_sharing_structures_are_what_the_catalogue_says():
    game = catalog("hard-no-sharing")
    fits = {fit.sharing: fit.admissible for fit in posg.survey(game, 3)}
    assert {sharing for sharing, fits_ in fits.items() if fits_} == set(catalog_entry("hard-no-sharing").sharing)
    with pytest.raises(StrategyDependenceError):
        posg.solve(game, 3, "none")


def test_own_costs_make_a_game_in_which_nobody_presses():
    game = catalog("easy-observable", own_costs=True)
    assert not game.is_common_reward
    wait, press = 0, 1
    np.testing.assert_array_equal(game.reward[0, :, 0, press, wait], [-1, 0])
    np.testing.assert_array_equal(game.reward[-1, :, 3, press, press], [1, 1])
    values = posg.solve(game, 3, "full", "cce").values
    assert values == pytest.approx([0.90756, 0.90756], abs=SOLVED)  # the team's optimum is an equilibrium


# ---- exact states grow exponentially with merging ---------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_blind_states_multiply_by_the_joint_actions(seed: int):
    # Readings are noise, so they lead to equal beliefs, which are merged; nothing else is.
    solution = posg.solve(catalog("hard-unobservable", horizon=6, seed=seed), 6)
    assert solution.stats.states_by_depth == tuple(4**h for h in range(1, 7))


@pytest.mark.parametrize("seed", SEEDS)
def test_observable_states_multiply_by_joint_actions_and_readings(seed: int):
    solution = posg.solve(catalog("easy-observable", horizon=4, seed=seed), 4)
    assert solution.stats.states_by_depth == tuple(4 * 16**h for h in range(4))


# ---- values by hand ------------------------------------------------------------------------------------


def blind_values(horizon: int, clue: float = 0.8) -> tuple[float, float]:
    """Return the optimum of the unobservable vault, and the best without the first readings, by formula.

    Nobody presses. With M the dial's law over horizon - 1 steps, the readings (i, j) come with the key k
    and the last dial y with probability (1 - clue)/16 sum_x M[x, y] + clue/4 [i = k] M[j, y]; the best k is i.
    Without them the key is a coin, and the dial starts uniform.
    """
    moved = np.linalg.matrix_power(np.array([[0.9, 0.1], [0.2, 0.8]]), horizon - 1)
    guessed = (1 - clue) / 16 * moved.sum(axis=0) + clue / 4 * moved
    return 2 * float(guessed.max(axis=1).sum()), 0.25 * float(moved.sum(axis=0).max())


def test_blind_values_at_short_and_at_infinite_horizon():
    # Horizon 2: 2 (0.0125 x 1.1 + 0.2 x 0.9) + 2 (0.0125 x 0.9 + 0.2 x 0.8) = 0.3875 + 0.3425.
    assert blind_values(1) == pytest.approx((0.85, 0.25))
    assert blind_values(2) == pytest.approx((0.73, 0.275))
    assert blind_values(3) == pytest.approx((0.646, 0.2925))
    # In the end the dial is low with probability 2/3 whatever was read, the key as read with 0.9.
    assert blind_values(200) == pytest.approx((0.6, 1 / 3))


@pytest.mark.parametrize("horizon", range(1, 7))
def test_the_planner_finds_the_blind_values(horizon: int):
    game = catalog("hard-unobservable", horizon=horizon)
    assert posg.solve(game, horizon).values[0] == pytest.approx(blind_values(horizon)[0], abs=SOLVED)


def test_the_planner_finds_the_observable_values_of_one_and_two_steps():
    # One step: both readings right (0.8 + 0.2/4). Two steps: with A the weights above, guess the second reading
    # unless 1/17 of the best weight outdoes it: 0.85 (0.19375 + 0.03125 + 0.01375) + 0.05 x 0.19375 after a low
    # dial, 0.85 (0.05375 + 0.17125 + 0.01375 + 0.01125) after a high one, twice each.
    low = 0.85 * (0.19375 + 0.03125 + 0.01375) + 0.05 * 0.19375
    high = 0.85 * (0.05375 + 0.17125 + 0.01375 + 0.01125)
    for horizon, value in ((1, 0.85), (2, 2 * (low + high))):
        game = catalog("easy-observable", horizon=horizon)
        assert posg.solve(game, horizon).values[0] == pytest.approx(value, abs=SOLVED)


# ---- without sharing: whole private histories ------------------------------------------------------------


def reading_law(game: Game, horizon: int) -> np.ndarray:
    """Return P(readings of agent 1, of agent 2, state) at the last step if all wait; oldest reading first."""
    law = np.einsum("s,sab->abs", game.initial, game.initial_observation)
    for _ in range(horizon - 1):
        moved = law @ game.transition[:, 0, 0]
        n = 2 * len(law)
        law = np.einsum("abt,tcd->acbdt", moved, game.observation[0, 0]).reshape(n, n, 4)
    return law


def best_guesses(law: np.ndarray) -> float:
    """Return the largest chance that both guesses are right: all rules of agent 1, best replies of agent 2."""
    n = len(law)
    split = law.reshape(n, law.shape[1], 2, 2)
    rules = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return max(float(split[np.arange(n), :, rule].sum(axis=0).max(axis=1).sum()) for rule in rules)


def window(law: np.ndarray, memory: int) -> np.ndarray:
    """Return the law in which each agent has its last `memory` readings only."""
    kept = 2**memory
    old = len(law) // kept
    return law.reshape(old, kept, old, kept, 4).sum(axis=(0, 2))


def best_of_all_policies(game: Game) -> tuple[float, int]:
    """Return the best of all joint policies of two steps without sharing, and how many there are."""
    firsts, seconds = list(product(range(2), repeat=2)), np.array(list(product(range(2), repeat=4)))
    start = np.einsum("s,sab->abs", game.initial, game.initial_observation)
    histories = np.arange(4)  # of one agent at step 2: twice the first reading plus the second
    best, count = -np.inf, 0
    for f, g in product(firsts, repeat=2):
        law, paid = np.empty((2, 2, 2, 2, 4)), 0.0
        for a, b in ACTIONS:
            action = (f[a], g[b])
            paid += float(start[a, b] @ game.reward[(0, 0, slice(None), *action)])
            moved = start[a, b] @ game.transition[:, *action]
            law[a, :, b] = np.einsum("t,tcd->cdt", moved, game.observation[action])
        worth = np.einsum("pqs,sxy->pqxy", law.reshape(4, 4, 4), game.reward[1, 0])
        for one, two in product(seconds, repeat=2):
            total = paid + float(worth[histories[:, None], histories, one[:, None], two].sum())
            best, count = max(best, total), count + 1
    return best, count


@pytest.mark.parametrize("seed", SEEDS)
def test_without_sharing_nobody_presses(seed: int):
    # Over all joint policies the best waits at the first step, as the docstring of the generator argues.
    game = catalog("hard-no-sharing", horizon=2, seed=seed)
    best, count = best_of_all_policies(game)
    assert count == 4096
    assert best == pytest.approx(best_guesses(reading_law(game, 2)), abs=ATOL)


def test_without_sharing_the_whole_private_history_is_needed():
    law = reading_law(catalog("hard-no-sharing"), 3)
    assert law.sum() == pytest.approx(1.0)
    (known,) = [k for k in catalog_entry("hard-no-sharing").known_values if k.sharing == "none" and k.horizon == 3]
    # Majority of the key's readings, last reading of the dial: 0.85 x 0.99 + 0.05 x 0.81.
    assert known.values == pytest.approx((0.882, 0.882))
    assert best_guesses(law) == pytest.approx(0.882, abs=ATOL)
    for memory in (1, 2):
        assert best_guesses(window(law, memory)) == pytest.approx(0.85, abs=ATOL)


def test_without_sharing_the_blind_values_stay():
    (known,) = [k for k in catalog_entry("hard-unobservable").known_values if k.sharing == "none" and k.horizon == 3]
    assert best_guesses(reading_law(catalog("hard-unobservable"), 3)) == pytest.approx(known.values[0], abs=ATOL)


@pytest.mark.parametrize("agent", [0, 1])
def test_no_two_private_histories_mean_the_same(agent: int):
    # Two histories could be one only if they told the same of the state and of the other's history.
    law = np.moveaxis(reading_law(catalog("hard-no-sharing"), 3), agent, 0).reshape(8, -1)
    given = law / law.sum(axis=1, keepdims=True)
    assert min(0.5 * np.abs(p - q).sum() for p, q in combinations(given, 2)) > 0.1


# ---- without observability: memory ----------------------------------------------------------------------


def best_with_window(game: Game, horizon: int, memory: int) -> float:
    """Return an upper bound on what policies of the last `memory` < horizon shared pieces earn in the blind vault.

    The readings after the first are independent of everything, so they only draw lots among policies
    that do not look at them: the best of those is the best. Such a policy makes, of the first readings,
    a word of joint actions (here *any* map is allowed, which can only help), and guesses at the last
    step from the last `memory` joint actions of the word.
    """
    words = list(product(ACTIONS, repeat=horizon - 1))
    n_groups = 4 ** min(memory, horizon - 1)
    start = np.einsum("s,sab->abs", game.initial, game.initial_observation).reshape(4, 4)
    law, cost = np.empty((4, len(words), 4)), np.empty((4, len(words)))
    for (o, first), (w, word) in product(enumerate(start), enumerate(words)):
        belief, paid = first, 0.0
        for step, action in enumerate(word):
            paid += float(belief @ game.reward[(step, 0, slice(None), *action)])
            belief = belief @ game.transition[:, *action]
        law[o, w], cost[o, w] = belief, paid
    seen = np.arange(len(words)) % n_groups  # the last joint actions: words are in lexicographic order
    choice = np.array(list(product(range(len(words)), repeat=4)))
    total, told = np.zeros(len(choice)), np.zeros((len(choice), n_groups, 4))
    for o in range(4):
        total += cost[o, choice[:, o]]
        told[np.arange(len(choice)), seen[choice[:, o]]] += law[o, choice[:, o]]
    return float((total + told.max(axis=2).sum(axis=1)).max())  # success is 1 at one joint action per state


@pytest.mark.parametrize(("horizon", "memory"), [(2, 1), (3, 1), (3, 2)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_window_without_the_first_readings_loses_what_they_are_worth(horizon: int, memory: int, seed: int):
    game = catalog("hard-unobservable", horizon=horizon, seed=seed)
    exact, forgetful = blind_values(horizon)
    assert posg.solve(game, horizon).values[0] == pytest.approx(exact, abs=SOLVED)
    assert best_with_window(game, horizon, memory) == pytest.approx(forgetful, abs=ATOL)
    assert exact - forgetful > 0.3


def test_cheap_presses_would_carry_the_key():
    # Why a press has to cost as much as the vault is worth: for nothing, presses write down what was read.
    game = catalog("hard-unobservable", horizon=2, press_cost=0.0)
    assert best_with_window(game, 2, 1) > blind_values(2)[1] + 0.2


def test_loss_of_memory_is_lasting_without_observability_and_small_with_it():
    for horizon in (5, 7):
        blind = reading_law(catalog("hard-unobservable", horizon=horizon), horizon)
        seen = reading_law(catalog("easy-observable", horizon=horizon), horizon)
        for memory in range(1, horizon):
            lost = blind.max(axis=2).sum() - window(blind, memory).max(axis=2).sum()
            assert lost == pytest.approx(np.subtract(*blind_values(horizon)), abs=ATOL)
            assert lost > 0.25
        losses = [seen.max(axis=2).sum() - window(seen, memory).max(axis=2).sum() for memory in (1, 3, 5)]
        # Two more readings of the key: the error of a majority of 1, 3, 5 is 0.1, 0.028, 0.0086.
        assert losses[1] < losses[0] / 3
        assert losses[1] < 0.025
        assert horizon == 5 or losses[2] < losses[1] / 3


# ---- the catalogue --------------------------------------------------------------------------------------


def test_a_builder_that_is_not_there_is_named():
    entry = replace(catalog_entry("easy-observable"), builder="impossible")
    with pytest.raises(ModelError, match="no function 'impossible'"):
        _ = entry.parameters
