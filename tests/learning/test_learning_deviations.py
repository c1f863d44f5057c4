"""Best deviations in a learnt model: against the certificate in the true one, and as they are played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from learning_oracles import play_of, true_model
from memory_models import MemoryModel
from random_games import random_game

from lp_posg.evaluate import certify
from lp_posg.information import sharing_structure
from lp_posg.learning.actors import Follower
from lp_posg.learning.environments import GameEnvironment
from lp_posg.learning.fresh_episodes import best_deviations
from lp_posg.learning.model_planning import planned
from lp_posg.stage import concept_named, parse_objective

EXACT = 1e-9
SIGMAS = 5.0  # a normal error beyond it has probability 6e-7
KINDS = ["ne", "ce", "interim-cce", "cce"]
STRUCTURES = ["full", "one-step-delay", "one-directional", "uncontrolled:2"]


def some_game(seed: int, sharing: str, **options):
    return random_game(seed, controlled_by=0 if sharing.startswith("uncontrolled") else None, **options)


def arbitrary(model, sharing: str, seed: int, atoms: int):
    """Return a total strategy whose prescriptions are random: no equilibrium."""
    game_free = planned(model, sharing, concept_named("team"), parse_objective("welfare", model.agents))[0]
    rng = np.random.default_rng(seed)

    def block(old):
        size = len(old.nodes)
        prescription = tuple(
            rng.dirichlet(np.full(own.shape[2], 0.5), (size * atoms, own.shape[1])) for own in old.prescription
        )
        prob = rng.dirichlet(np.ones(atoms), size).ravel()
        return replace(old, atom_start=np.arange(size + 1) * atoms, atom_prob=prob, prescription=prescription)

    return replace(
        game_free, steps=tuple(replace(s, blocks=tuple(block(b) for b in s.blocks)) for s in game_free.steps)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize(("seed", "horizon"), [(0, 3), (1, 2), (2, 1)])
def test_in_the_true_model_gains_are_the_gaps_of_arbitrary_strategies(kind, sharing, seed, horizon):
    game = some_game(seed, sharing, initial_observation=seed > 0).with_discount(0.8)
    structure = sharing_structure(sharing, 2)
    model = true_model(game, structure, horizon, horizon - 1 if horizon > 1 else 3)
    policy = arbitrary(model, sharing, seed, 1 if kind == "ne" else 2)
    gains, plans = best_deviations(model, policy, kind)
    certificate = certify(game, structure, policy, kind)
    assert certificate.gaps.min() > 1e-6
    np.testing.assert_allclose(gains, certificate.gaps, rtol=0, atol=EXACT)
    # The deviations found, played from history to history, gain just that.
    oracle = MemoryModel(game, structure, 9)
    follow = oracle.values(horizon, play_of(policy, model))
    np.testing.assert_allclose(follow, certificate.values, rtol=0, atol=EXACT)
    for i, plan in enumerate(plans):
        assert plan.agent == i
        away = oracle.values(horizon, play_of(policy, model, plan))
        assert away[i] - follow[i] == pytest.approx(gains[i], abs=EXACT)


@pytest.mark.parametrize("kind", ["ce", "cce"])
def test_three_agents(kind):
    game = random_game(3, n_agents=3, n_observations=1)
    structure = sharing_structure("full", 3)
    model = true_model(game, structure, 2, 1)
    policy = arbitrary(model, "full", 0, 2)
    gains, plans = best_deviations(model, policy, kind)
    np.testing.assert_allclose(gains, certify(game, structure, policy, kind).gaps, rtol=0, atol=EXACT)
    assert [plan.agent for plan in plans] == [0, 1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_an_equilibrium_of_the_true_model_leaves_nothing_to_gain(kind):
    game = random_game(5, zero_sum=kind == "ne")
    structure = sharing_structure("one-step-delay", 2)
    model = true_model(game, structure, 3, 2)
    policy = planned(model, structure.name, concept_named(kind), parse_objective("welfare", game.agents))[0]
    gains, _ = best_deviations(model, policy, kind)
    assert gains.min() >= 0
    assert gains.max() < EXACT


def worth_in_model(model, policy, plan=None) -> np.ndarray:
    """Return each agent's value in the model itself, forward over its states, cells and actions in plain loops."""
    n_agents, shape = model.n_agents, model.n_actions
    chance = np.bincount(model.space.start.child, weights=model.space.start_prob, minlength=len(model.steps[0].index))
    total = np.zeros(n_agents)
    for time, step in enumerate(model.steps):
        (block,) = policy.steps[time].blocks
        later = None if step.law is None else np.zeros(len(model.steps[time + 1].index))
        for c, (node, profile) in enumerate(zip(step.cell_node, step.cell_profile, strict=True)):
            held = np.unravel_index(profile, model.frame.tables[time].n_next)
            for atom in range(block.atom_start[node], block.atom_start[node + 1]):
                for told in np.ndindex(shape):
                    weight = chance[node] * step.prob[c] * block.atom_prob[atom]
                    weight *= np.prod([block.prescription[i][atom, held[i], told[i]] for i in range(n_agents)])
                    done = list(told)
                    if plan is not None:
                        option = plan.option[time][node, held[plan.agent]]
                        instead = int(option[told[plan.agent] if len(option) > 1 else 0])
                        done[plan.agent] = done[plan.agent] if instead == shape[plan.agent] else instead
                    a = int(np.ravel_multi_index(done, shape))
                    total += weight * model.discount**time * step.reward[:, c, a]
                    if later is not None:
                        row = model.space.depths[time].edges[[c * model.n_joint_actions + a]].toarray().ravel()
                        later += weight * row / step.prob[c]
        chance = later
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("memory", [0, 1])
def test_with_less_memory_no_other_deviation_gains_more_in_the_model(kind, memory):
    game = random_game(6, n_states=3).with_discount(0.9)
    model = true_model(game, sharing_structure("one-step-delay", 2), 2 + memory, memory)
    policy = arbitrary(model, "one-step-delay", 1, 1 if kind == "ne" else 2)
    gains, plans = best_deviations(model, policy, kind)
    follow, rng = worth_in_model(model, policy), np.random.default_rng(0)
    assert gains.min() > 1e-6
    for i, plan in enumerate(plans):
        assert worth_in_model(model, policy, plan)[i] - follow[i] == pytest.approx(gains[i], abs=EXACT)
        for _ in range(5):
            other = replace(plan, option=tuple(rng.integers(2, size=option.shape) for option in plan.option))
            assert worth_in_model(model, policy, other)[i] - follow[i] <= gains[i] + EXACT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sharing", ["one-step-delay", "one-directional"])
def test_deviations_played_on_the_environment_gain_what_the_model_says(kind, sharing):
    runs, horizon = 20_000, 2
    game = random_game(8, initial_observation=True).with_discount(0.7)
    structure = sharing_structure(sharing, 2)
    model = true_model(game, structure, horizon, 1)
    policy = arbitrary(model, sharing, 2, 1 if kind == "ne" else 2)
    gains, plans = best_deviations(model, policy, kind)
    values = certify(game, structure, policy, kind).values
    environment, rng = GameEnvironment(game), np.random.default_rng(1)
    discounts = 0.7 ** np.arange(horizon)
    for i, plan in enumerate((None, *plans), start=-1):
        episodes = environment.play(Follower(model.frame, policy, plan), runs, horizon, rng)
        returns = np.einsum("nhi,h->ni", episodes.rewards, discounts)
        error = returns.std(axis=0, ddof=1) / np.sqrt(runs)
        if plan is None:
            assert (abs(returns.mean(axis=0) - values) <= SIGMAS * error).all()
        else:
            assert abs(returns[:, i].mean() - values[i] - gains[i]) <= SIGMAS * error[i]
            assert gains[i] > SIGMAS * error[i]  # so that following would not pass
