"""Counted models against dictionaries, and the true model, counted from all episodes, against exact planning."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from learning_oracles import Counted, all_episodes, decoded, play_of, private_labels, random_episodes, true_model
from memory_models import MemoryModel
from random_games import random_game

import lp_posg as posg
from lp_posg import Game
from lp_posg.evaluate import certify
from lp_posg.game.protocols import AgentSizes
from lp_posg.information import sharing_structure
from lp_posg.learning import Episodes
from lp_posg.learning.actors import Explorer
from lp_posg.learning.counting import _groups, estimate
from lp_posg.learning.environments import GameEnvironment
from lp_posg.learning.learnt_errors import model_errors
from lp_posg.learning.model_planning import planned
from lp_posg.learning.windows import WindowIndex, frame_of
from lp_posg.stage import concept_named, parse_objective

EXACT = 1e-9
SIGMAS = 5.0  # a normal error beyond it has probability 6e-7
STRUCTURES = ["full", "one-step-delay", "one-directional", "uncontrolled:2"]
CONCEPTS = ["team", "ne", "ce", "interim-cce", "cce"]


def plan(model, sharing, concept, game):
    return planned(model, sharing, concept_named(concept), parse_objective("welfare", game.agents))


# ---- counting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sharing", [*STRUCTURES, "none"])
@pytest.mark.parametrize(
    ("memory", "horizon", "first", "count"),
    [(0, 3, False, 40), (1, 3, True, 40), (2, 4, False, 15), (3, 3, True, 40), (2, 1, True, 9), (1, 4, False, 400)],
)
def test_counts_and_back_off_are_those_of_dictionaries(sharing, memory, horizon, first, count):
    # Two batches; 9 to 400 episodes of many windows, so that all kinds of back-off occur.
    structure, sizes = sharing_structure(sharing, 2), AgentSizes((2, 2), (2, 2), first)
    episodes = random_episodes(count + memory, count, horizon, (2, 2), (2, 2), first)
    halves = [
        Episodes(None if episodes.first is None else episodes.first[rows], *(
            getattr(episodes, name)[rows] for name in ("actions", "observations", "rewards", "weight")
        ))
        for rows in (slice(0, 5), slice(5, None))
    ]  # fmt: skip
    frame = frame_of(sizes, structure, horizon, memory)
    model, counted = estimate(frame, halves, 0.9), Counted(structure, episodes, memory)
    actions = signals = list(product(range(2), range(2)))
    assert model.n_episodes == count
    for time, step in enumerate(model.steps):
        windows = [decoded(frame, time, code) for code in step.index.codes]
        assert set(windows) == set(counted.windows[time])
        assert len(windows) == len(step.index)
        assert step.n_cells == len(counted.cells[time])
        for c, (node, profile) in enumerate(zip(step.cell_node, step.cell_profile, strict=True)):
            window, private = windows[node], private_labels(frame, time, profile)
            assert step.cell_count[c] == pytest.approx(counted.cells[time][window, private], rel=1e-12)
            assert step.prob[c] == pytest.approx(counted.prob(time, window)[private], rel=1e-12)
            for a, action in enumerate(actions):
                tried = counted.tried[time].get((window, private, action), 0.0)
                assert step.tried[c, a] == pytest.approx(tried, rel=1e-12)
                reward = counted.reward(time, window, private, action, 2)
                np.testing.assert_allclose(step.reward[:, c, a], reward, rtol=0, atol=1e-12)
                if time + 1 < horizon:
                    law = counted.law(time, window, private, action, signals)
                    row = step.law[[4 * c + a]].toarray().ravel()
                    np.testing.assert_allclose(row, [law.get(o, 0.0) for o in signals], rtol=0, atol=1e-12)
    assert [step.law is None for step in model.steps] == [False] * (horizon - 1) + [True]


def test_an_action_never_tried_at_a_step_has_reward_0_and_uniform_observations():
    frame = frame_of(AgentSizes((2, 1), (2, 2)), sharing_structure("full", 2), 2, 1)
    zeros = np.zeros((3, 2, 2), dtype=np.int64)
    model = estimate(frame, [Episodes(None, zeros, zeros[:, :1], np.ones((3, 2, 2)))], 1.0)
    step = model.steps[0]
    np.testing.assert_array_equal(step.reward[:, 0], [[1, 0], [1, 0]])
    np.testing.assert_array_equal(step.law.toarray(), [[1, 0, 0, 0], [0.25] * 4])


@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize(("memory", "horizon", "first"), [(0, 3, True), (1, 4, False), (3, 3, True)])
def test_transitions_are_those_of_dictionaries(sharing, memory, horizon, first):
    structure = sharing_structure(sharing, 2)
    episodes = random_episodes(memory, 30, horizon, (2, 2), (2, 2), first)
    frame = frame_of(AgentSizes((2, 2), (2, 2), first), structure, horizon, memory)
    model, counted = estimate(frame, [episodes], 0.9), Counted(structure, episodes, memory)
    space, signals = model.space, list(product(range(2), range(2)))
    windows = [[decoded(frame, time, code) for code in step.index.codes] for time, step in enumerate(model.steps)]
    start = dict(zip(space.start.increment.tolist(), space.start.child.tolist(), strict=True))
    total = sum(counted.windows[0].values())
    for flat in range(frame.n_increments[0]):
        window = (frame.tables[0].increment_label(flat),)
        assert windows[0][start[flat]] == counted.nearest(0, window)
        assert space.start_prob[flat] == pytest.approx(counted.windows[0].get(window, 0.0) / total)
    for time in range(horizon - 1):
        depth, step = space.depths[time], model.steps[time]
        assert len(depth.arcs.parent) == len(windows[time]) * frame.n_increments[time + 1]
        for parent, flat, child in zip(depth.arcs.parent, depth.arcs.increment, depth.arcs.child, strict=True):
            news = frame.tables[time + 1].increment_label(int(flat))
            assert windows[time + 1][child] == counted.after(time, windows[time][parent], news)
        for c, (node, profile) in enumerate(zip(step.cell_node, step.cell_profile, strict=True)):
            window, private = windows[time][node], private_labels(frame, time, profile)
            for a, action in enumerate(product(range(2), range(2))):
                wanted = dict.fromkeys(windows[time + 1], 0.0)
                for signal, chance in counted.law(time, window, private, action, signals).items():
                    news = tuple(structure.increment(i, private[i], action[i], signal[i]) for i in range(2))
                    wanted[counted.after(time, window, news)] += chance * counted.prob(time, window)[private]
                row = depth.edges[[4 * c + a]].toarray().ravel()
                np.testing.assert_allclose(row, [wanted[w] for w in windows[time + 1]], rtol=0, atol=1e-12)


def test_what_has_no_weight_was_not_seen():
    frame = frame_of(AgentSizes((2, 2), (2, 2)), sharing_structure("full", 2), 3, 2)
    kept = random_episodes(0, 20, 3, (2, 2), (2, 2), False)
    more = random_episodes(1, 20, 3, (2, 2), (2, 2), False)
    gone = Episodes(None, more.actions, more.observations, more.rewards, np.zeros(20))
    one, two = estimate(frame, [kept], 1.0), estimate(frame, [kept, gone], 1.0)
    assert one.n_episodes == two.n_episodes == 20
    for own, other in zip(one.steps, two.steps, strict=True):
        np.testing.assert_array_equal(own.index.codes, other.index.codes)
        np.testing.assert_array_equal(own.prob, other.prob)


def test_equal_weights_count_like_none():
    frame = frame_of(AgentSizes((2, 2), (2, 2)), sharing_structure("one-step-delay", 2), 3, 1)
    own = random_episodes(0, 50, 3, (2, 2), (2, 2), False)
    found = [
        estimate(frame, [Episodes(None, own.actions, own.observations, own.rewards, weight)], 1.0)
        for weight in (None, np.full(50, 0.25))
    ]
    for a, b in zip(found[0].steps, found[1].steps, strict=True):
        np.testing.assert_allclose(a.reward, b.reward, rtol=0, atol=1e-12)
        np.testing.assert_allclose(a.prob, b.prob, rtol=0, atol=1e-12)
        assert a.law is None or abs(sp.csr_array(a.law - b.law)).max() < 1e-12


# ---- the true model ---------------------------------------------------------------------------------------


def tiny(seed: int, sharing: str, concept: str, **options):
    """Return a tiny game that the structure and the concept suit."""
    options |= {"zero_sum": concept == "ne", "common": concept == "team"}
    if sharing.startswith("uncontrolled"):
        options["controlled_by"] = 0
    return random_game(seed, **options)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("seed", [0, 1])
def test_with_all_that_is_common_remembered_the_true_model_is_planned_in_exactly(concept, sharing, seed):
    horizon = 3 if seed else 2
    game = tiny(seed, sharing, concept, initial_observation=seed == 0, sparse=seed == 1).with_discount(0.9)
    structure = sharing_structure(sharing, 2)
    model = true_model(game, structure, horizon, horizon - 1)
    policy, promised, _ = plan(model, sharing, concept, game)
    solution = posg.solve(game, horizon, sharing, concept)
    np.testing.assert_allclose(promised, solution.values, rtol=0, atol=EXACT)
    certificate = certify(game, structure, policy, concept_named(concept).deviations)
    np.testing.assert_allclose(certificate.values, solution.values, rtol=0, atol=EXACT)
    assert certificate.status == "exact"
    assert certificate.gaps.max() < EXACT


@pytest.mark.parametrize("concept", ["team", "ne", "cce"])
@pytest.mark.parametrize("sharing", STRUCTURES)
@pytest.mark.parametrize("memory", [0, 1])
def test_with_less_remembered_it_is_the_finite_memory_model_from_the_propagated_law(concept, sharing, memory):
    game = tiny(7 + memory, sharing, concept, initial_observation=bool(memory))
    model = true_model(game, sharing_structure(sharing, 2), 3, memory)
    _, promised, _ = plan(model, sharing, concept, game)
    solution = posg.solve(
        game, 3, sharing, concept, compression=f"finite-memory:{memory}:prior", approximate=True
    )  # fmt: skip
    np.testing.assert_allclose(promised, solution.model_values, rtol=0, atol=EXACT)
    exact = posg.solve(game, 3, sharing, concept)
    forgets = sharing != "uncontrolled:2"  # of three steps, only the first observation becomes common in time
    assert (abs(promised - exact.values).max() > 1e-6) == forgets


def test_three_agents_time_and_horizon_1():
    for options, horizon in (({"n_agents": 3, "n_observations": 1}, 2), ({"horizon": 3}, 3), ({}, 1)):
        game = random_game(4, **options)
        for sharing in ("full", "one-step-delay"):
            model = true_model(game, sharing_structure(sharing, game.n_agents), horizon, horizon)
            _, promised, _ = plan(model, sharing, "cce", game)
            np.testing.assert_allclose(promised, posg.solve(game, horizon, sharing).values, rtol=0, atol=EXACT)


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_the_true_model_makes_no_error(sharing):
    game = tiny(3, sharing, "cce")
    structure = sharing_structure(sharing, 2)
    model = true_model(game, structure, 3, 2)
    policy = plan(model, sharing, "cce", game)[0]
    errors = model_errors(game, structure, policy, model)
    assert max(errors.reward_error.max(), errors.transition_error.max()) < EXACT
    short = true_model(game, structure, 3, 0)
    errors = model_errors(game, structure, plan(short, sharing, "cce", game)[0], short)
    # Delayed by two steps, nothing is common yet that could be forgotten.
    assert (errors.reward_error[1:].max() > 1e-3) == (sharing != "uncontrolled:2")


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_node_values_are_those_of_playing_on_from_there(sharing):
    # Of the first step's states, weighted by the law of the first observation: the value of the whole.
    game = tiny(2, sharing, "cce", initial_observation=True)
    model = true_model(game, sharing_structure(sharing, 2), 2, 1)
    policy, promised, node_values = plan(model, sharing, "cce", game)
    assert [len(values) for values in node_values] == [len(step.index) for step in model.steps]
    share = model.steps[0].index.counts / model.steps[0].index.counts.sum()
    np.testing.assert_allclose(share @ node_values[0], promised, rtol=0, atol=1e-12)
    oracle = MemoryModel(game, sharing_structure(sharing, 2), 9)
    np.testing.assert_allclose(oracle.values(2, play_of(policy, model)), promised, rtol=0, atol=EXACT)


# ---- statistics ----------------------------------------------------------------------------------------------


def mellow(game: Game) -> Game:
    """Return the game with all probabilities moved half-way to uniform, so that no outcome is rare."""

    def moved(law: np.ndarray, axes: int) -> np.ndarray:
        return (law + 1 / np.prod(law.shape[-axes:])) / 2

    first = moved(game.initial_observation, 2)
    return Game(moved(game.transition, 1), moved(game.observation, 2), game.reward, moved(game.initial, 1), first)


@pytest.mark.parametrize("sharing", ["full", "one-step-delay"])
def test_estimates_are_unbiased_given_that_their_cell_was_seen(sharing):
    # 300 models of 40 episodes each. Every number that is known by itself (no back-off) is averaged over the
    # models that have it; about 150 averages, none more than 5 standard errors off (chance below 1e-4).
    game, horizon, memory = mellow(random_game(11, initial_observation=True)), 2, 1
    structure = sharing_structure(sharing, 2)
    frame, environment = frame_of(game, structure, horizon, memory), GameEnvironment(game)
    truth = true_model(game, structure, horizon, memory)
    rng = np.random.default_rng(0)
    gathered: dict[tuple, list[float]] = {}
    exact: dict[tuple, float] = {}
    for number in range(301):
        model = truth if number == 300 else estimate(frame, [environment.play(Explorer(frame), 40, 2, rng)], 1.0)
        for time, step in enumerate(model.steps):
            for c, (code, profile) in enumerate(zip(step.index.codes[step.cell_node], step.cell_profile, strict=True)):
                told = {("reward", a): step.reward[0, c, a] for a in range(4) if step.tried[c, a] > 0}
                if time == 0:
                    rows = step.law[np.arange(4 * c, 4 * c + 4)].toarray()
                    told |= {("law", a, o): rows[a, o] for a in range(4) for o in range(4) if step.tried[c, a] > 0}
                for what, value in told.items():
                    key = (time, int(code), int(profile), *what)
                    if number == 300:
                        exact[key] = float(value)
                    else:
                        gathered.setdefault(key, []).append(float(value))
            n_profiles = int(np.prod(frame.tables[time].n_next))
            for node, code in enumerate(step.index.codes):
                for profile in range(n_profiles):
                    cell = step.cell_of(np.array([node]), np.array([profile]), n_profiles)[0]
                    key = (time, int(code), profile, "prob")
                    value = 0.0 if cell < 0 else float(step.prob[cell])
                    if number == 300:
                        exact[key] = value
                    else:
                        gathered.setdefault(key, []).append(value)
    assert set(gathered) <= set(exact)
    checked = 0
    for key, values in gathered.items():
        if len(values) >= 50:
            error = np.std(values, ddof=1) / np.sqrt(len(values))
            assert abs(np.mean(values) - exact[key]) <= SIGMAS * error + 1e-9, key
            checked += 1
    assert checked > 100


def test_every_episode_is_counted_once():
    episodes = all_episodes(random_game(0, initial_observation=True), 2)
    assert len(episodes) == 4 * 4 * 4 * 4
    assert episodes.weight.sum() == pytest.approx(1.0)


def test_long_runs_of_many_profiles_do_not_count_together_by_overflow():
    # Runs 0 and 2^33 with 2^31 profiles: coded as run * profiles + profile, the second would be 2^64, that is 0.
    frame = SimpleNamespace(length=lambda time: 3, radices=lambda time: (2, 2**30, 2**10))
    index = WindowIndex(np.array([0, 2**33]), np.ones(2), frame.radices(0))
    node, profile = np.array([0, 0, 1]), np.array([0, 2**31 - 1, 0])
    same_two, same_one, alone, action = _groups(frame, 0, index, node, profile, 1)
    assert len(set(same_two.tolist())) == 3
    assert same_one.tolist() == alone.tolist() == [0, 1, 0]  # the newest increments are equal
    assert action.tolist() == [0, 0, 0]
