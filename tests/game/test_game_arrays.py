"""The game gives back what it was given: joint indices, time axes, kinds; and nothing can change it."""

from __future__ import annotations

import copy
import pickle
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from random_games import random_game

from lp_posg import Game, solve
from lp_posg.errors import ModelError

EXACT_TOL = 1e-15  # values are copied or divided by a sum within 1e-9 of 1, nothing else
ROUNDING_ERROR = 5e-10  # inside PROB_TOL = 1e-9
VALUE_TOL = 1e-9

# 3 states, actions (2, 3), observations (3, 2): no two axes have the same product.
N_STATES, N_ACTIONS, N_OBSERVATIONS = 3, (2, 3), (3, 2)


def dense(steps: int | None = None, *, first: bool = True) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)

    def law(lead: tuple[int, ...], outcome: tuple[int, ...], length: int) -> np.ndarray:
        axis = () if steps is None else (length,)
        rows = rng.dirichlet(np.ones(int(np.prod(outcome))), size=(*axis, *lead))
        return rows.reshape(*axis, *lead, *outcome)

    axis = () if steps is None else (steps,)
    parts = {
        "transition": law((N_STATES, *N_ACTIONS), (N_STATES,), steps or 1),
        "observation": law((*N_ACTIONS, N_STATES), N_OBSERVATIONS, (steps or 2) - 1),
        "reward": rng.uniform(-1, 1, (*axis, 2, N_STATES, *N_ACTIONS)),
        "initial": rng.dirichlet(np.ones(N_STATES)),
    }
    if first:
        rows = rng.dirichlet(np.ones(int(np.prod(N_OBSERVATIONS))), size=N_STATES)
        parts["initial_observation"] = rows.reshape(N_STATES, *N_OBSERVATIONS)
    return parts


def test_arrays_come_back_in_the_shapes_they_were_given():
    given = dense()
    game = Game(**given)
    assert (game.n_agents, game.n_states) == (2, N_STATES)
    assert (game.n_actions, game.n_observations) == (N_ACTIONS, N_OBSERVATIONS)
    assert (game.n_joint_actions, game.n_joint_observations) == (6, 6)
    assert len(given) == 5
    for part, array in given.items():
        np.testing.assert_allclose(getattr(game, part), array, rtol=0, atol=EXACT_TOL)


def test_the_last_agent_runs_fastest_in_joint_indices():
    given = dense()
    game = Game(**given, actions=(("a", "b"), ("x", "y", "z")), observations=(("k", "l", "m"), ("u", "v")))
    moves, laws = game.transition_matrix(0).toarray(), game.observation_matrix(0).toarray()
    checked = 0
    for a1, a2 in product(range(2), range(3)):
        joint = a1 * 3 + a2
        assert game.joint_action_label(joint) == ("ab"[a1], "xyz"[a2])
        for s in range(N_STATES):
            np.testing.assert_allclose(
                moves[s, joint * N_STATES : (joint + 1) * N_STATES], given["transition"][s, a1, a2], atol=EXACT_TOL
            )
            np.testing.assert_array_equal(game.reward_array(0)[:, s, joint], given["reward"][:, s, a1, a2])
            for o1, o2 in product(range(3), range(2)):
                assert game.joint_observation_label(o1 * 2 + o2) == ("klm"[o1], "uv"[o2])
                found = laws[joint * N_STATES + s, o1 * 2 + o2]
                assert found == pytest.approx(given["observation"][a1, a2, s, o1, o2], abs=EXACT_TOL)
                first = game.initial_observation_matrix.toarray()[s, o1 * 2 + o2]
                assert first == pytest.approx(given["initial_observation"][s, o1, o2], abs=EXACT_TOL)
                checked += 1
    assert checked == 6 * N_STATES * 6


def test_three_agents_run_last_fastest_too():
    game = random_game(0, n_agents=3)
    assert [game.joint_action_label(k) for k in range(8)] == [tuple(bits) for bits in product("01", repeat=3)]


def test_sparse_flattened_parts_make_the_same_game():
    for steps in (None, 3):
        given = dense(steps)
        lead = [part if steps else part[None] for part in (given["transition"], given["observation"], given["reward"])]
        twin = Game.from_matrices(
            n_actions=N_ACTIONS,
            n_observations=N_OBSERVATIONS,
            transitions=[sp.coo_array(m.reshape(N_STATES * 6, N_STATES)) for m in lead[0]],
            observation_laws=[sp.csc_array(m.reshape(6 * N_STATES, 6)) for m in lead[1]],
            rewards=[m.reshape(2, N_STATES, 6) for m in lead[2]],
            initial=given["initial"],
            initial_observation=sp.csr_array(given["initial_observation"].reshape(N_STATES, 6)),
        )
        assert twin == Game(**given)
        assert hash(twin) == hash(Game(**given))


def test_parts_make_the_same_game_again():
    game = Game(**dense(3))
    transitions, laws, rewards, (initial,), (first,) = game.parts()
    twin = Game.from_matrices(
        n_actions=N_ACTIONS,
        n_observations=N_OBSERVATIONS,
        transitions=transitions,
        observation_laws=laws,
        rewards=rewards,
        initial=initial,
        initial_observation=first,
    )
    assert twin == game
    assert Game(**dense(first=False)).parts()[-1] == ()


# ---- normalisation ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["transition", "observation", "initial", "initial_observation"])
@pytest.mark.parametrize("sign", [1, -1])
def test_rows_within_the_tolerance_are_normalised(part: str, sign: int):
    given = dense()
    outcomes = {"transition": 3, "observation": 6, "initial": 3, "initial_observation": 6}[part]
    off = given[part] * (1 + sign * ROUNDING_ERROR)
    game = Game(**(given | {part: off}))
    sums = getattr(game, part).reshape(-1, outcomes).sum(axis=1)
    assert np.abs(off.reshape(-1, outcomes).sum(axis=1) - 1).min() > ROUNDING_ERROR / 2
    np.testing.assert_allclose(sums, 1.0, rtol=0, atol=EXACT_TOL)
    np.testing.assert_allclose(getattr(game, part), given[part], rtol=0, atol=EXACT_TOL)


def test_normalising_twice_changes_nothing():
    rng = np.random.default_rng(2)
    given = dense()
    noisy = {
        part: array if part == "reward" else array * (1 + ROUNDING_ERROR * rng.uniform(-1, 1))
        for part, array in given.items()
    }
    once = Game(**noisy)
    twice = Game(once.transition, once.observation, once.reward, once.initial, once.initial_observation)
    assert twice == once
    assert sum(np.count_nonzero(getattr(once, part) != noisy[part]) for part in noisy) > 0


def test_zeros_that_are_stored_are_dropped():
    move = sp.csr_array((np.array([1.0, 0.0, 1.0]), np.array([0, 1, 1]), np.array([0, 2, 3])), shape=(2, 2))
    assert move.nnz == 3
    game = Game.from_matrices(
        n_actions=(1,),
        n_observations=(1,),
        transitions=[move],
        observation_laws=[sp.csr_array(np.ones((2, 1)))],
        rewards=[np.zeros((1, 2, 1))],
        initial=np.array([1.0, 0.0]),
    )
    assert game.transition_matrix(0).nnz == 2
    assert move.nnz == 3  # the user's own matrix is left alone


# ---- time -------------------------------------------------------------------------------------


def test_arrays_that_vary_are_read_at_their_step():
    given = dense(3)
    game = Game(**given)
    assert game.max_horizon == 3
    for time in range(3):
        np.testing.assert_array_equal(game.reward_array(time), given["reward"][time].reshape(2, N_STATES, 6))
        np.testing.assert_allclose(
            game.transition_matrix(time).toarray(), given["transition"][time].reshape(N_STATES, -1), atol=EXACT_TOL
        )
    for time in range(2):
        np.testing.assert_allclose(
            game.observation_matrix(time).toarray(), given["observation"][time].reshape(-1, 6), atol=EXACT_TOL
        )
    for part in ("transition", "observation", "reward"):
        assert getattr(game, part).shape == given[part].shape


@pytest.mark.parametrize(
    ("varying", "expected"),
    [
        ((), None),
        (("reward",), 3),
        (("transition",), 3),
        (("observation",), 3),
        (("transition", "observation"), 3),
        (("transition", "observation", "reward"), 3),
    ],
)
def test_the_longest_horizon_is_what_the_arrays_cover(varying: tuple[str, ...], expected: int | None):
    still, moving = dense(), dense(3)
    game = Game(**(still | {part: moving[part] for part in varying}))
    assert game.max_horizon == expected


def test_a_horizon_beyond_the_arrays_is_refused_and_within_is_not():
    game = random_game(0, horizon=2)
    assert solve(game, 2).horizon == 2
    with pytest.raises(ModelError, match=r"horizon is 3.*cover 2 steps"):
        solve(game, 3)


def test_a_game_repeated_at_every_step_has_the_value_of_the_static_one():
    game = random_game(3, common=True, initial_observation=True)
    copies = [np.stack([part] * 3) for part in (game.transition, game.observation[None][0], game.reward)]
    varying = Game(copies[0], copies[1][:2], copies[2], game.initial, game.initial_observation)
    assert varying.max_horizon == 3
    assert varying != game
    expected = solve(game, 3, "one-step-delay").values
    np.testing.assert_allclose(solve(varying, 3, "one-step-delay").values, expected, atol=VALUE_TOL)


# ---- immutability -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["name", "discount", "agents", "initial", "transition", "_rewards", "brand_new"])
def test_attributes_can_neither_be_set_nor_deleted(name: str):
    game = Game(**dense())
    before = getattr(game, name, None)
    with pytest.raises(AttributeError, match="immutable"):
        setattr(game, name, 0.5)
    with pytest.raises(AttributeError, match="immutable"):
        delattr(game, name)
    assert getattr(game, name, None) is before or name == "transition"


@pytest.mark.parametrize("part", ["transition", "observation", "reward", "initial", "initial_observation"])
def test_arrays_are_read_only_and_copies_of_the_users(part: str):
    given = dense()
    game = Game(**given)
    with pytest.raises(ValueError, match="read-only"):
        getattr(game, part)[...] = 0
    before = getattr(game, part).copy()
    given[part][...] = 0
    np.testing.assert_array_equal(getattr(game, part), before)
    assert before.any()


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
def test_arrays_that_other_rooms_compute_with_are_read_only():
    game = random_game(0, sparse=True, initial_observation=True)
    matrices = [game.transition_matrix(0), game.observation_matrix(0), game.initial_observation_matrix]
    matrices += [m for part in (game.parts()[0], game.parts()[1]) for m in part]
    assert len(matrices) == 5
    for matrix in matrices:
        for array in (matrix.data, matrix.indices, matrix.indptr):
            assert not array.flags.writeable
    assert not game.reward_array(0).flags.writeable
    matrix = game.transition_matrix(0)
    absent = np.argwhere(matrix.toarray() == 0)
    assert len(absent)
    before = matrix.toarray()
    with pytest.raises(ValueError, match="read-only"):
        matrix[tuple(absent[0])] = 0.5
    np.testing.assert_array_equal(matrix.toarray(), before)


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda game: pickle.loads(pickle.dumps(game))])
def test_copies_are_the_same_game(clone):
    game = Game(**dense(3), discount=0.9, name="kept")
    twin = clone(game)
    assert twin == game
    assert (twin.name, twin.max_horizon) == ("kept", 3)
    with pytest.raises(AttributeError, match="immutable"):
        twin.discount = 0.5


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda game: pickle.loads(pickle.dumps(game))])
def test_copies_are_read_only_too(clone):
    twin = clone(Game(**dense()))
    assert not twin.initial.flags.writeable
    assert not twin.reward_array(0).flags.writeable


# ---- equality and discount --------------------------------------------------------------------


def test_equality_is_of_labels_and_numbers_but_not_of_the_name():
    given = dense()
    game = Game(**given)
    assert game == Game(**dense(), name="other")
    assert hash(game) == hash(Game(**dense(), name="other"))
    assert game != "game"
    different = [
        Game(**given, discount=0.5),
        Game(**given, agents=("left", "right")),
        Game(**given, states=("x", "y", "z")),
        Game(**given, actions=(("a", "b"), ("c", "d", "e"))),
        Game(**given, observations=(("a", "b", "c"), ("d", "e"))),
        Game(**dense(first=False)),
        Game(**(given | {"reward": given["reward"] + 1e-12})),
        Game(**(given | {"initial": given["initial"][::-1]})),
        Game(**(given | {"transition": given["transition"][::-1]})),
        Game(**(given | {"observation": given["observation"][::-1]})),
        Game(**(given | {"initial_observation": given["initial_observation"][::-1]})),
        Game(**(given | {"reward": np.stack([given["reward"]] * 2)})),
    ]
    assert [game == other for other in different] == [False] * 12


def test_another_discount_makes_another_game_and_leaves_the_first():
    game = Game(**dense(), name="kept", agents=("left", "right"))
    assert game.reward_range > 0  # a cached property must not stand in the way
    other = game.with_discount(0.5)
    assert (game.discount, other.discount) == (1.0, 0.5)
    assert (other.name, other.agents) == ("kept", ("left", "right"))
    assert other != game
    assert other == Game(**dense(), agents=("left", "right"), discount=0.5)
    assert other.with_discount(1.0) == game
    with pytest.raises(AttributeError, match="immutable"):
        other.discount = 1.0
    for wrong in (0.0, 1.5, np.nan):
        with pytest.raises(ModelError, match="discount"):
            game.with_discount(wrong)


# ---- kinds ------------------------------------------------------------------------------------


def with_rewards(first: np.ndarray, second: np.ndarray) -> Game:
    given = dense()
    return Game(**(given | {"reward": np.stack([first, second])}))


def test_kinds_of_games():
    rng = np.random.default_rng(3)
    one, other = rng.uniform(-1, 1, (2, N_STATES, *N_ACTIONS))
    cases = {
        "common": (with_rewards(one, one), True, False),
        "zero sum": (with_rewards(one, -one), False, True),
        "constant sum": (with_rewards(one, 7.5 - one), False, True),
        "nearly constant sum": (with_rewards(one, 7.5 - one + 1e-6 * other), False, False),
        "nearly common": (with_rewards(one, one + 1e-6 * other), False, False),
        "general": (with_rewards(one, other), False, False),
        "all zero": (with_rewards(0 * one, 0 * one), True, True),
    }
    for name, (game, common, zero_sum) in cases.items():
        assert (game.is_common_reward, game.is_zero_sum) == (common, zero_sum), name
    assert cases["general"][0].reward_range == pytest.approx(max(np.ptp(one), np.ptp(other)), abs=EXACT_TOL)


def test_kinds_look_at_every_step():
    given = dense(2)
    common = np.repeat(given["reward"][:, :1], 2, axis=1)
    assert Game(**(given | {"reward": common})).is_common_reward
    assert not Game(**(given | {"reward": np.stack([common[0], given["reward"][1]])})).is_common_reward
    opposed = common * np.array([1, -1])[:, None, None, None]
    assert Game(**(given | {"reward": opposed})).is_zero_sum
    assert not Game(**(given | {"reward": np.stack([opposed[0], given["reward"][1]])})).is_zero_sum


@pytest.mark.parametrize("n_agents", [1, 3])
def test_only_two_agents_are_zero_sum(n_agents: int):
    game = random_game(0, n_agents=n_agents)
    reward = game.reward - game.reward.mean(axis=0)  # sums to zero over the agents
    assert not Game(game.transition, game.observation, reward, game.initial).is_zero_sum


# ---- one agent --------------------------------------------------------------------------------


def test_one_agent_is_a_game_too():
    transition = np.array([[[1.0, 0.0], [0.3, 0.7]], [[0.0, 1.0], [0.5, 0.5]]])
    observation = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.5, 0.5]]])
    game = Game(transition, observation, np.array([[[1.0, 0.0], [0.0, 2.0]]]), [0.5, 0.5])
    assert (game.n_agents, game.n_actions, game.n_observations) == (1, (2,), (2,))
    assert game.agents == ("agent1",)
    assert game.is_common_reward
    np.testing.assert_allclose(game.observation, observation, atol=EXACT_TOL)
    # One step: the best action at belief (1/2, 1/2) earns max(1/2 * 1, 1/2 * 2) = 1.
    assert solve(game, 1).values == pytest.approx([1.0], abs=VALUE_TOL)
    varying = Game(np.stack([transition] * 2), observation[None], np.zeros((2, 1, 2, 2)), [0.5, 0.5])
    assert (varying.n_agents, varying.max_horizon) == (1, 2)
