"""Spanners against the enumeration of every plan of tiny true models, and the lock that they open."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from learning_oracles import decoded, private_labels, true_model
from memory_models import static
from random_games import random_game

import lp_posg as posg
from lp_posg import Game
from lp_posg.errors import LimitError
from lp_posg.information import sharing_structure
from lp_posg.learning import GameEnvironment, learn
from lp_posg.learning.actors import Explorer
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.spanner import GROWTH, _best_plan, _chain, _observation_law, spanner_plans

SLACK = 1e-6
SIGMAS = 5.0


def joint(counts):
    return list(product(*(range(count) for count in counts)))


def all_laws(game: Game, aim: int) -> np.ndarray:
    """Return the law of the joint observation after a step under every deterministic plan that sees all."""
    n = game.n_agents

    def go(time, weight):
        found = []
        for action in joint(game.n_actions):
            moved = weight @ static(game.transition, n + 2, time)[(slice(None), *action)]
            law = static(game.observation, 2 * n + 1, time)[action].reshape(game.n_states, -1)
            if time == aim:
                found.append(moved @ law)
                continue
            parts = [go(time + 1, moved * column) for column in law.T if (moved * column).sum() > 0]
            found += [np.sum(choice, axis=0) for choice in product(*parts)]
        return np.unique(np.round(found, 14), axis=0)

    if game.initial_observation is None:
        return go(0, game.initial)
    first = (game.initial[:, None] * game.initial_observation.reshape(game.n_states, -1)).T
    return np.array([np.sum(choice, axis=0) for choice in product(*(go(0, w) for w in first if w.sum() > 0))])


def law_of(game: Game, sharing: str, plan, aim: int) -> np.ndarray:
    """Return the law of the joint observation after a step when a plan is played, by running over histories."""
    structure, model, n = sharing_structure(sharing, game.n_agents), plan.model, game.n_agents
    cells = [
        {
            (decoded(model.frame, t, step.index.codes[v]), private_labels(model.frame, t, p)): c
            for c, (v, p) in enumerate(zip(step.cell_node, step.cell_profile, strict=True))
        }
        for t, step in enumerate(model.steps)
    ]
    total = np.zeros(game.n_observations)

    def go(time, weight, common, private):
        window = common if time <= model.frame.memory else common[len(common) - model.frame.memory :]
        action = joint(game.n_actions)[plan.action[time][cells[time][window, private]]]
        moved = weight @ static(game.transition, n + 2, time)[(slice(None), *action)]
        for seen in joint(game.n_observations):
            after = moved * static(game.observation, 2 * n + 1, time)[action][(slice(None), *seen)]
            if time == aim:
                total[seen] += after.sum()
            elif after.sum() > 0:
                args = [(i, private[i], action[i], seen[i]) for i in range(n)]
                news = tuple(structure.increment(*a) for a in args)
                go(time + 1, after, (*common, news), tuple(structure.retain(*a) for a in args))

    for seen in [(None,) * n] if game.initial_observation is None else joint(game.n_observations):
        weight = game.initial * (
            1.0 if game.initial_observation is None else game.initial_observation[(slice(None), *seen)]
        )
        news = tuple(structure.increment(i, (), None, seen[i]) for i in range(n))
        go(0, weight, (news,), tuple(structure.retain(i, (), None, seen[i]) for i in range(n)))
    return total.ravel()


def by_aim(model: LearntModel) -> list[list]:
    plans = spanner_plans(model)
    assert all(len(plan.action) == plan.until for plan in plans)
    return [[plan for plan in plans if plan.until == aim + 1] for aim in range(len(model.steps) - 1)]


def predicted(plan) -> np.ndarray:
    aim = plan.until - 1
    return _observation_law(plan.model, _chain(plan.model), aim, plan.model.steps[aim].law, plan.action)


CASES = [
    (random_game(0), "full", 3),
    (random_game(1, n_states=3), "one-step-delay", 3),
    (random_game(2, n_states=4, sparse=True), "one-directional", 3),
    (random_game(3, initial_observation=True), "one-step-delay", 2),
    (random_game(4, n_states=3, n_actions=3, n_observations=1), "full", 3),
    (random_game(5, controlled_by=0), "uncontrolled:2", 3),  # no action matters: one plan is enough
    (random_game(6, n_agents=3, n_states=3), "full", 2),
    (random_game(7, n_states=4, horizon=3), "one-step-delay", 3),
]


@pytest.mark.parametrize(("game", "sharing", "horizon"), CASES, ids=lambda x: getattr(x, "name", x))
def test_every_plan_is_a_combination_with_coefficients_at_most_c(game, sharing, horizon):
    model = true_model(game, sharing_structure(sharing, game.n_agents), horizon, horizon - 1)
    for aim, plans in enumerate(by_aim(model)):
        laws, spanning = all_laws(game, aim), np.array([predicted(plan) for plan in plans])
        assert 1 <= len(plans) <= game.n_joint_observations
        assert len(plans) == np.linalg.matrix_rank(laws, tol=1e-7)
        coefficient = np.linalg.lstsq(spanning.T, laws.T, rcond=None)[0]
        np.testing.assert_allclose(coefficient.T @ spanning, laws, rtol=0, atol=1e-8)
        assert abs(coefficient).max() <= GROWTH * (1 + SLACK)
        # What is predicted is what playing does, and one of the laws that there are.
        for plan, law in zip(plans, spanning, strict=True):
            np.testing.assert_allclose(law, law_of(game, sharing, plan, aim), rtol=0, atol=1e-12)
            assert abs(laws - law).max(axis=1).min() < 1e-12


def test_exchanges_go_on_until_coefficients_are_small(monkeypatch):
    # Five actions with these laws: one pass over the places leaves the basis with a coefficient of 3.
    tenths = [[2, 4, 3, 1], [3, 1, 3, 3], [3, 1, 4, 2], [3, 0, 4, 3], [3, 2, 1, 4]]
    laws = np.array(tenths) / 10
    game = Game(np.ones((1, 5, 1, 1)), laws.reshape(5, 1, 1, 4, 1), np.zeros((2, 1, 5, 1)), np.ones(1))
    model = true_model(game, sharing_structure("full", 2), 2, 1)
    largest = {}
    for growth in (GROWTH, 1e9):
        monkeypatch.setattr("lp_posg.learning.spanner.GROWTH", growth)
        spanning = np.array([predicted(plan) for plan in by_aim(model)[0]])
        assert spanning.shape == (4, 4)
        largest[growth] = abs(np.linalg.solve(spanning.T, laws.T)).max()
    assert largest[1e9] == pytest.approx(3.0)
    assert largest[GROWTH] <= GROWTH * (1 + SLACK)


@pytest.mark.parametrize(("game", "sharing", "horizon"), CASES, ids=lambda x: getattr(x, "name", x))
def test_the_plan_found_in_a_direction_is_the_farthest_of_all(game, sharing, horizon):
    model = true_model(game, sharing_structure(sharing, game.n_agents), horizon, horizon - 1)
    rng, chain = np.random.default_rng(0), _chain(model)
    for aim in range(horizon - 1):
        laws, law = all_laws(game, aim), model.steps[aim].law
        for _ in range(10):
            direction = rng.normal(size=game.n_joint_observations)
            plan = _best_plan(model, chain, aim, law @ direction)
            reached = _observation_law(model, chain, aim, law, plan) @ direction
            assert reached == pytest.approx((laws @ direction).max(), abs=1e-12)


def test_with_less_memory_plans_are_spanned_as_the_model_sees_them():
    # In the model of memory 0 after two steps, each step's state is one window; the law after the second
    # is that of the action alone: at most four, and the spanner is among their combinations.
    game = random_game(8, n_states=3)
    model = true_model(game, sharing_structure("full", 2), 3, 0)
    laws = model.steps[1].law.toarray()
    assert laws.shape == (4, 4)
    spanning = np.array([predicted(plan) for plan in by_aim(model)[1]])
    coefficient = np.linalg.lstsq(spanning.T, laws.T, rcond=None)[0]
    np.testing.assert_allclose(coefficient.T @ spanning, laws, rtol=0, atol=1e-8)
    assert abs(coefficient).max() <= GROWTH * (1 + SLACK)


def test_one_action_one_observation_and_one_step():
    one_action = true_model(random_game(0, n_actions=1), sharing_structure("full", 2), 3, 2)
    blind = true_model(random_game(0, n_observations=1), sharing_structure("full", 2), 3, 2)
    for model in (one_action, blind):
        assert [len(plans) for plans in by_aim(model)] == [1, 1]
    assert spanner_plans(true_model(random_game(0), sharing_structure("full", 2), 1, 0)) == []


def test_observations_that_never_happen_are_left_out():
    # Agent 2 always sees its first observation: joint observations 1 and 3 are impossible.
    game = random_game(9, n_states=3)
    seen = game.observation.sum(axis=-1, keepdims=True) * np.array([1.0, 0.0])
    model = true_model(Game(game.transition, seen, game.reward, game.initial), sharing_structure("full", 2), 3, 2)
    for plans in by_aim(model):
        assert len(plans) == 2
        assert max(predicted(plan)[[1, 3]].max() for plan in plans) == 0


def test_the_basis_holds_only_observations_that_can_occur(monkeypatch):
    # Two of 400 x 400 joint observations can occur; a dense basis over all of them would be 205 GB.
    observation = np.zeros((2, 1, 2, 400, 400))
    # [action, other's, next state, own, other's]
    observation[:, 0, 0, 7, 9], observation[:, 0, 1, 7, 9], observation[:, 0, 1, 11, 13] = 1.0, 0.5, 0.5
    transition = np.zeros((2, 2, 1, 2))
    transition[:, 0, 0, 0] = transition[:, 1, 0, 1] = 1.0  # the first agent's action chooses the state
    game = Game(transition, observation, np.zeros((2, 2, 2, 1)), [1.0, 0.0])
    found = learn(GameEnvironment(game), 2, "full", "team", episodes=200, rounds=2, evaluation_episodes=2, memory=0)
    assert found.candidates[1].plans >= 2
    monkeypatch.setattr("lp_posg.learning.spanner.MOST_SPANNED", 1)
    with pytest.raises(LimitError, match=r"of 160000 there are.*'uniform'") as refused:
        spanner_plans(found.model)
    assert refused.value.limit == "memory"


def test_transitions_are_counted_before_they_are_made(monkeypatch):
    model = true_model(random_game(0), sharing_structure("full", 2), 3, 2)
    # One state at first; 2 x 2 actions and 2 x 2 observations make 16 joint increments, so 16 transitions.
    monkeypatch.setattr("lp_posg.learning.counted_model.MOST_ARCS", 15)
    with pytest.raises(LimitError, match=r"1 states of step 1 times 16 joint increments .* are 16 transitions"):
        model.space  # noqa: B018
    # Of 1 and 16 states (4 joint actions times 4 joint observations) of the first two steps.
    assert model.n_arcs == 16 + 16 * 16


def test_explorers_play_the_plan_and_then_uniformly():
    game, sharing, runs = random_game(10, n_states=3, initial_observation=True), "one-step-delay", 20_000
    structure = sharing_structure(sharing, 2)
    model = true_model(game, structure, 3, 2)
    rng, environment = np.random.default_rng(0), GameEnvironment(game)
    for plan in spanner_plans(model):
        aim = plan.until - 1
        episodes = environment.play(Explorer(model.frame, plan), runs, 3, rng)
        seen = np.bincount(episodes.observations[:, aim] @ [2, 1], minlength=4) / runs
        law = law_of(game, sharing, plan, aim)
        assert (abs(seen - law) <= SIGMAS * np.sqrt(law * (1 - law) / runs) + 1e-12).all()
        after = np.bincount(episodes.actions[:, plan.until] @ [2, 1], minlength=4) / runs
        assert (abs(after - 0.25) <= SIGMAS * np.sqrt(0.25 * 0.75 / runs)).all()


# ---- the combination lock ---------------------------------------------------------------------------------


LENGTH, EPISODES, ROUNDS = 10, 2_000, 4


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_spanners_open_the_lock_that_uniform_actions_do_not(seed):
    # Uniform actions come to the last level with probability 4^-9: 0.03 times in all of a learner's episodes.
    game = posg.catalog("combination-lock", length=LENGTH, seed=seed)
    found = {
        exploration: learn(
            game, LENGTH, episodes=EPISODES, rounds=ROUNDS, memory=1, exploration=exploration, seed=seed,
            evaluation_episodes=50,
        )
        for exploration in ("spanner", "uniform")
    }  # fmt: skip
    assert found["spanner"].samples["explore"] == found["uniform"].samples["explore"] == EPISODES * ROUNDS
    np.testing.assert_allclose(found["spanner"].best.certificate.values, 1.0)
    np.testing.assert_array_equal(found["uniform"].best.certificate.values, 0.0)


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
def test_spanners_open_the_lock_whose_readings_are_noisy(sharing):
    game = posg.catalog("combination-lock", length=6, accuracy=0.9, seed=5)
    found = learn(game, 6, sharing, episodes=3_000, rounds=4, memory=2, evaluation_episodes=200)
    # Less than 1 only where a rare misreading leads to windows that were hardly tried.
    assert found.best.certificate.values.min() > 0.95
