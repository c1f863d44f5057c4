"""`payoff_region` of games of one step and of the states of a solution, and the spreads of `compare`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, UnsupportedError

OBJECTIVES = {"welfare": (1, 1), "worst": (-1, -1), "agent:1": (1, 0), "agent:2": (0, 1)}


@pytest.mark.parametrize("concept", ["strategic-ce", "ce", "interim-cce", "cce"])
@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
def test_region_of_one_step_has_the_extremes_that_solve_finds(sharing: str, concept: str):
    # Observations before the first action: many common states, or private informations, or both.
    game = random_game(5, initial_observation=True)
    region = posg.payoff_region(game, concept, sharing)
    for objective, direction in OBJECTIVES.items():
        solution = posg.solve(game, 1, sharing, concept, objective)
        assert (region.vertices @ direction).max() == pytest.approx(solution.values @ direction, abs=1e-7)
        assert region.contains(solution.values)
    assert region.optimum == pytest.approx(posg.solve(game, 1, sharing, "team").welfare, abs=1e-7)
    assert region.of == "of the game of one step"


def test_region_of_a_solution_of_one_step_is_that_of_its_game():
    game = random_game(6, initial_observation=True)
    solution = posg.solve(game, 1, "one-step-delay", "ce")
    np.testing.assert_allclose(
        posg.payoff_region(solution).vertices, posg.payoff_region(game, "ce", "one-step-delay").vertices
    )


def test_region_of_a_state_counts_the_selected_continuation():
    game = random_game(7)
    solution = posg.solve(game, 2, "one-step-delay", "cce")
    first = posg.payoff_region(solution, time=0, node=0)
    assert first.of == "of the stage game, with the selected equilibrium's continuation"
    assert first.contains(solution.node_values[0][0])
    # Welfare is the objective, stage by stage: no equilibrium of the stage has more.
    assert first.efficiency.best == pytest.approx(solution.welfare, abs=1e-7)
    last = posg.payoff_region(solution, "ce", time=1, node=2)
    assert last.of == "of the stage game at the last step"
    cce = posg.payoff_region(solution, time=1, node=2)
    assert cce.efficiency.best == pytest.approx(solution.node_values[1][2].sum(), abs=1e-7)
    assert all(cce.contains(vertex) for vertex in last.vertices)


def test_what_has_no_region_is_refused():
    game, solution = random_game(7), posg.solve(random_game(7), 2, "full", "cce")
    for arguments, match in [
        ((game, "ne"), "correlated concept"),
        ((game, "magic"), "correlated concept"),
        ((3,), "expected a game or a solution over its states"),
        ((solution,), "both time and node"),
        ((solution, "ce", "one-step-delay"), "is of sharing 'full'"),
    ]:
        with pytest.raises(ModelError, match=match):
            posg.payoff_region(*arguments)
    for place in ({"time": 0}, {"node": 0}):
        with pytest.raises(ModelError, match="both time and node"):
            posg.payoff_region(solution, **place)
    with pytest.raises(ModelError, match="there is no state 99 at time 1"):
        posg.payoff_region(solution, time=1, node=99)
    with pytest.raises(ModelError, match="first step only"):
        posg.payoff_region(game, time=0, node=0)
    with pytest.raises(UnsupportedError, match="two agents"):
        posg.payoff_region(random_game(7, n_agents=3))


def test_compare_tells_what_all_equilibria_of_one_step_are_worth():
    table = posg.compare(posg.catalog("chicken"), 1, ["full"])
    assert [(s.sharing, s.concept) for s in table.spreads] == [("full", "ce"), ("full", "cce")]
    found = json.loads(json.dumps(table.summary()))["spreads"][0]
    # By hand: 36/5 to 21/2 of 12.
    expected = {"welfare_worst": 7.2, "welfare_best": 10.5, "optimum": 12.0}
    expected |= {"price_of_anarchy": 5 / 3, "price_of_stability": 8 / 7}
    assert {key: found[key] for key in expected} == pytest.approx(expected)
    assert found["reason"] is None
    assert "price of anarchy 1.66667" in table.spreads[0].text


def test_compare_says_why_a_price_is_undefined():
    table = posg.compare(posg.catalog("matching-pennies"), 1, ["full"], ["ne", "cce"])
    (spread,) = table.spreads
    assert spread.summary()["price_of_anarchy"] is None
    assert "the team optimum is 0" in spread.summary()["reason"]
    assert "undefined" in spread.text


def test_over_several_steps_or_with_more_agents_there_are_no_spreads():
    assert posg.compare(posg.catalog("chicken"), 2, ["full"], ["ce"]).spreads == ()
    assert posg.compare(random_game(0, n_agents=3), 1, ["full"], ["ce"]).spreads == ()


@pytest.mark.parametrize(
    ("name", "concept", "told"),
    [
        ("kuhn-poker-tree", "ce", r"plans \('player1' 27, 'player2' 64\).*'cce', whose.*`solve` it for single points"),
        ("leduc-poker", "cce", r"plans \('player1' 1.04.*smaller tree; .*'ne' without listing plans"),
    ],
)
def test_a_tree_too_large_for_a_region_is_told_in_plans(name: str, concept: str, told: str):
    with pytest.raises(UnsupportedError, match=told) as caught:
        posg.payoff_region(posg.catalog(name), concept)
    assert "share more" not in str(caught.value)


def test_what_the_refused_region_of_a_tree_advises_works():
    tree = posg.catalog("kuhn-poker-tree")
    assert posg.payoff_region(tree, "cce").vertices == pytest.approx(np.array([[-1, 1]]) / 18)
    assert posg.solve(tree, concept="ce", objective="worst").values == pytest.approx(np.array([-1, 1]) / 18)
