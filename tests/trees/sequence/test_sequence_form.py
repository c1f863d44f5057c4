"""Values in sequence form: known ones, against the common-information engine, and against plain enumeration."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from private_histories import Histories, behaviour_in
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import CertificateError, LimitError, ModelError, UnsupportedError
from lp_posg.information import sharing_structure
from lp_posg.trees.sequence import equilibrium, response
from lp_posg.trees.sequence.form import InformationTree

TOL = 1e-7


def solved(game, horizon, sharing="none", **options):
    solution = posg.solve(game, horizon, sharing, method="sequence-form", **options)
    assert solution.certificate.gap <= 1e-9 * max(1.0, game.reward_range)
    return solution


# ---- known values ----------------------------------------------------------------------------------


def test_kuhn_poker_is_worth_a_chip_in_eighteen_deals_to_the_second_player():
    solution = solved(posg.catalog("kuhn-poker"), 3)
    assert solution.values == pytest.approx([-1 / 18, 1 / 18], abs=1e-12)


def test_kuhns_second_player_has_one_equilibrium_strategy():
    # Kuhn (1950): it always bets the king, bets a jack after a pass with 1/3, and calls with a queen with 1/3.
    solution = solved(posg.catalog("kuhn-poker"), 3)
    # Its action at step 1 is idle, so what counts is the mean over it, by how often it is taken.
    total, bets = defaultdict(float), defaultdict(float)
    for name in solution.information_sets("player2", 1):
        told, play = name.split("saw ")[1].split(";")[0], solution.at("player2", name)
        total[told] += play.own_reach
        bets[told] += play.own_reach * play.actions.get("bet", 0.0)
    assert total == pytest.approx(dict.fromkeys(total, 1.0))
    expected = {"jack, passed": 1 / 3, "jack, bet": 0, "queen, passed": 0, "queen, bet": 1 / 3}
    assert bets == pytest.approx(expected | {"king, passed": 1, "king, bet": 1}, abs=1e-9)


def test_competitive_tiger_without_sharing_is_fair():
    # Exchanging the agents turns the game into its negative, so its value is 0. Sizes: 1 + 6 + 36 information
    # sets (an action and a sound a step), three actions each.
    solution = solved(posg.catalog("competitive-tiger"), 3)
    assert solution.values == pytest.approx([0, 0], abs=TOL)
    assert solution.stats.sizes["information_sets"] == (43, 43)
    assert solution.stats.sizes["sequences"] == (129, 129)
    assert solution.stats.seconds < 10


def test_one_step_without_observations_is_the_matrix_game():
    solution = solved(posg.catalog("matching-pennies"), 1)
    assert solution.values == pytest.approx([0, 0], abs=1e-12)
    assert [solution.at(i, 0).actions for i in range(2)] == [
        pytest.approx(dict.fromkeys(solution.game.actions[i], 0.5)) for i in range(2)
    ]


def test_a_constant_sum_is_shared_out():
    game = random_game(3, zero_sum=True)
    reward = game.reward.copy()
    reward[1] += 5.0
    shifted = posg.Game(game.transition, game.observation, reward, game.initial)
    first, second = solved(game, 2, discount=0.5), solved(shifted, 2, discount=0.5)
    assert second.values == pytest.approx(first.values + np.array([0, 5 + 0.5 * 5]), abs=1e-9)
    assert second.discount == pytest.approx(0.5)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_units_of_payoffs_do_not_matter(unit: float):
    game = random_game(4, zero_sum=True)
    scaled = posg.Game(game.transition, game.observation, unit * game.reward, game.initial)
    assert solved(scaled, 3).values / unit == pytest.approx(solved(game, 3).values, abs=1e-9)


def test_a_game_without_payoffs_is_worth_nothing():
    game = random_game(5, zero_sum=True)
    empty = posg.Game(game.transition, game.observation, 0 * game.reward, game.initial)
    assert solved(empty, 2).values.tolist() == [0.0, 0.0]


# ---- against the engine of common information ------------------------------------------------------

ADMISSIBLE = ["full", "one-step-delay", "one-directional", "controller:2", "uncontrolled:2"]
CONTROLLED = {"controller:2": 1, "uncontrolled:2": 0}


def admissible_game(sharing: str, seed: int) -> posg.Game:
    return random_game(
        seed,
        zero_sum=True,
        initial_observation=seed % 2 == 0,
        controlled_by=CONTROLLED.get(sharing),
        sparse=seed % 3 == 0,
        n_actions=2 + (seed % 5 == 0),
        horizon=2 + seed % 2 if seed % 7 == 0 else None,
    )


def check_against_engine(sharing: str, seeds: range) -> None:
    horizons = set()
    for seed in seeds:
        game = admissible_game(sharing, seed)
        horizon = 2 + seed % 2
        horizons.add(horizon)
        planned = posg.solve(game, horizon, sharing, "ne")
        assert solved(game, horizon, sharing).values == pytest.approx(planned.values, abs=TOL), seed
    assert horizons == {2, 3}


@pytest.mark.parametrize("sharing", ADMISSIBLE)
def test_agrees_with_the_common_information_engine(sharing: str):
    check_against_engine(sharing, range(6))


@pytest.mark.slow
@pytest.mark.parametrize("sharing", ADMISSIBLE)
def test_agrees_with_the_common_information_engine_on_many_games(sharing: str):
    check_against_engine(sharing, range(6, 40))


def test_sharing_later_than_the_last_step_is_no_sharing():
    for seed in range(4):
        game = random_game(seed, zero_sum=True, initial_observation=True)
        assert solved(game, 2, "delay:3").values == pytest.approx(solved(game, 2).values, abs=TOL)


def test_delay_one_is_one_step_delay_and_delay_two_may_be_neither():
    apart = 0
    for seed in range(4):
        game = random_game(seed, zero_sum=True, initial_observation=True)
        one = solved(game, 3, "delay:1")
        assert one.values == pytest.approx(posg.solve(game, 3, "one-step-delay", "ne").values, abs=TOL)
        apart += abs(solved(game, 3, "delay:2").values[0] - one.values[0]) > 1e-6
    assert apart


# ---- against plain enumeration -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_value_without_sharing_is_that_of_the_normal_form(seed: int):
    game = random_game(seed, zero_sum=True, initial_observation=seed == 0, horizon=2 if seed == 1 else None)
    value = Histories(game, sharing_structure("none", 2), 2).normal_form_value()
    assert solved(game, 2).values[0] == pytest.approx(value, abs=TOL)


class Gossip:
    """A structure of one's own: agent 1's actions become common at once, nothing else ever does."""

    name = "gossip"

    def increment(self, agent, private, action, observation):
        return action if agent == 0 else None

    def retain(self, agent, private, action, observation):
        return (*private, observation) if agent == 0 else (*private, action, observation)


@pytest.mark.parametrize("sharing", ["none", "delay:2", "controller:2", "one-directional", Gossip()])
def test_strategies_are_an_equilibrium_by_enumeration(sharing):
    # No strategy independence here: every action moves states and observations.
    game = random_game(11, zero_sum=True, initial_observation=True, sparse=True)
    solution = solved(game, 3, sharing)
    histories = Histories(game, sharing_structure(sharing, 2), 3)
    behaviour = behaviour_in(solution)
    value = histories.value(behaviour)
    assert solution.values == pytest.approx([value, -value], abs=1e-9)
    best = [histories.best_response(i, behaviour) for i in range(2)]
    assert best == pytest.approx([value, -value], abs=TOL)
    assert solution.certificate.values + solution.certificate.gaps == pytest.approx(best, abs=1e-9)


def test_gaps_of_what_is_no_equilibrium_are_those_by_enumeration(monkeypatch):
    game = random_game(12, zero_sum=True)

    def uniform(form, what, deadline, balance=False):
        return tuple(np.ones(tree.n_sequences) for tree in form.trees)

    monkeypatch.setattr(equilibrium, "equilibrium_plans", uniform)
    solution = posg.solve(game, 3, "none", tolerance=100.0, method="sequence-form")
    histories = Histories(game, sharing_structure("none", 2), 3)
    value = histories.value(lambda *_: np.array([0.5, 0.5]))
    best = [histories.best_response(i, lambda *_: np.array([0.5, 0.5])) for i in range(2)]
    assert min(best) + value > 0.01 or max(best) - value > 0.01
    assert solution.certificate.values + solution.certificate.gaps == pytest.approx(best, abs=1e-9)
    assert solution.certificate.gaps == pytest.approx([best[0] - value, best[1] + value], abs=1e-9)
    with pytest.raises(CertificateError, match="gains"):
        posg.solve(game, 3, "none", method="sequence-form")


def test_realisation_plans_and_behaviour_are_each_others_inverse():
    # Two steps: the root with actions 0 and 1, and a set after each.
    tree = InformationTree(np.array([0, 1, 3]), np.array([0, 2, 4, 6]), np.array([-1, 0, 1]))
    plan = np.array([0.25, 0.75, 0.25, 0.0, 0.5, 0.25])
    behaviour = response.behaviour_of(tree, plan)
    np.testing.assert_allclose(behaviour, [0.25, 0.75, 1, 0, 2 / 3, 1 / 3])
    np.testing.assert_allclose(response.plan_of(tree, behaviour), plan)
    np.testing.assert_allclose(tree.constraints @ plan, tree.total)
    # Left then its best (1 + 4), right then its best (3 + 0): 5.
    assert response.best_response(tree, np.array([1.0, 3.0, 4.0, 2.0, 0.0, -1.0])) == pytest.approx(5.0)


# ---- labels, limits and errors -------------------------------------------------------------------------


def test_information_and_strategies_are_told_in_labels():
    solution = solved(posg.catalog("competitive-tiger"), 2, "one-step-delay")
    texts = solution.information_sets("agent2", 1)
    assert len(set(texts)) == len(texts)
    assert (
        "step 2; common: step 2: agent1 did listen; agent2 did open-right;"
        " private: saw hear-left; own actions: open-right" in texts
    )
    played = solution.at(0, 0).actions
    assert set(played) <= {"listen", "open-left", "open-right"}
    assert sum(played.values()) == pytest.approx(1)
    for wrong in ((2, 0), ("nobody", 0), (0, 1000), (0, -1), (0, "nothing")):
        with pytest.raises(ModelError, match="no "):
            solution.at(*wrong)
    for wrong in ((2, 0), (-1, 0), (0, 1), (0, -1)):
        with pytest.raises(ModelError, match="no "):
            solution.strategy(*wrong)


def test_a_strategy_by_common_history_is_that_of_its_information_sets():
    solution = solved(posg.catalog("competitive-tiger"), 3, "one-step-delay")
    for time, n_places in enumerate((1, 9, 9 * 4 * 9)):
        assert solution.n_places(time) == n_places
        n_sets = 0
        for node in range(n_places):
            (atom,) = solution.strategy(time, node)
            n_sets += sum(map(len, atom.prescriptions.values()))
            for agent, known in atom.prescriptions.items():
                for name, law in known.items():
                    common = " | ".join(
                        f"step {h + 1}: {news}"
                        for h, news in enumerate(solution.history(time, node))
                        if news != "nothing new"
                    )
                    place = f"step {time + 1}; common: {common or 'nothing'}; {name}"
                    assert solution.at(agent, place).actions == law
        assert n_sets == sum(len(solution.information_sets(i, time)) for i in range(2))


def test_the_solution_cannot_be_changed():
    solution = solved(posg.catalog("matching-pennies"), 1)
    for array in (solution.sets.own_reach, *solution.behaviour, solution.values, solution.trees[0].parent):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("game", "works"),
    [
        (posg.catalog("chicken"), "'ce'"),
        (posg.catalog("dectiger"), "'team'"),
        (random_game(0, n_agents=3), "'cce'"),
        (random_game(0, n_agents=1), "'team'"),
    ],
    ids=["general-sum", "common reward", "three agents", "one agent"],
)
def test_other_games_are_refused_with_what_works(game, works):
    with pytest.raises(UnsupportedError, match=works):
        posg.solve(game, 1, "none", method="sequence-form")


def test_size_is_told_before_it_is_built():
    with pytest.raises(LimitError, match="memory_limit") as caught:
        posg.solve(posg.catalog("competitive-tiger"), 9, "none", memory_limit=100_000 * 200, method="sequence-form")
    # Done: 1 + 36 pairs of information sets with 9 joint actions each. Step 3 has 36 * 36 pairs, so as many payoffs
    # times 9, and 2 states each, from which listening twice leads to 1 state and 4 sounds and the other 8 joint
    # actions to 2 states and 4 sounds.
    assert caught.value.time == 2
    assert caught.value.entries == 37 * 9 + 36**2 * (9 + 2 * (4 + 8 * 8))


def test_time_is_limited():
    with pytest.raises(LimitError):
        posg.solve(posg.catalog("competitive-tiger"), 4, "none", time_limit=1e-6, method="sequence-form")


@pytest.mark.parametrize(
    "options", [{"tolerance": -1}, {"memory_limit": 0}, {"memory_limit": True}, {"time_limit": 0}, {"discount": 2}]
)
def test_options_are_checked(options):
    with pytest.raises(ModelError):
        posg.solve(posg.catalog("matching-pennies"), 1, "none", method="sequence-form", **options)


def test_a_file_is_no_game():
    with pytest.raises(ModelError, match="expected a Game"):
        posg.solve(3, 3, method="sequence-form")
