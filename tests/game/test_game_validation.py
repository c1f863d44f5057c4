"""A wrong game is refused before any work, and the message names the place in the user's labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from lp_posg import Game
from lp_posg.errors import LpPosgError, ModelError

# Two guards and a door: n_actions (2, 3), n_observations (2, 1), so that no two axes can be mixed up unnoticed.
AGENTS, STATES = ("guard", "thief"), ("open", "shut", "stuck")
ACTIONS, OBSERVATIONS = (("wait", "push"), ("run", "hide", "pick")), (("dark", "light"), ("silence",))
INSIDE_TOL, OUTSIDE_TOL = 5e-10, 5e-9  # on either side of PROB_TOL = 1e-9


def parts() -> dict[str, np.ndarray]:
    """Return the arrays of a right game, all writable."""
    rng = np.random.default_rng(0)
    return {
        "transition": rng.dirichlet(np.ones(3), size=(3, 2, 3)),
        "observation": rng.dirichlet(np.ones(2), size=(2, 3, 3)).reshape(2, 3, 3, 2, 1),
        "reward": rng.uniform(-1, 1, (2, 3, 2, 3)),
        "initial": np.array([0.5, 0.25, 0.25]),
        "initial_observation": rng.dirichlet(np.ones(2), size=3).reshape(3, 2, 1),
    }


def build(changed: dict | None = None, **options) -> Game:
    labels = {"agents": AGENTS, "states": STATES, "actions": ACTIONS, "observations": OBSERVATIONS}
    return Game(**(parts() | (changed or {})), **(labels | options))


def over_time(array: np.ndarray, steps: int) -> np.ndarray:
    return np.stack([array] * steps)


def test_the_game_the_other_tests_break_is_right():
    assert build().n_states == 3


@pytest.mark.parametrize(
    ("part", "shape", "words"),
    [
        ("transition", (3, 3, 2, 3), ["transition", "(3, 3, 2, 3)", "(3, 2, 3, 3)"]),
        ("transition", (3, 2, 3), ["transition", "(3, 2, 3)", "(3, 2, 3, 3)"]),
        ("transition", (3, 2, 3, 2), ["transition", "(3, 2, 3, 2)", "(3, 2, 3, 3)"]),
        ("transition", (0, 3, 2, 3, 3), ["transition", "(0, 3, 2, 3, 3)", "(3, 2, 3, 3)"]),
        ("reward", (3, 2, 3), ["reward", "(3, 2, 3)", "(2, 3, 2, 3)"]),
        ("reward", (2, 3, 3, 2), ["reward", "(2, 3, 3, 2)", "(2, 3, 2, 3)"]),
        ("initial", (2,), ["initial", "(2,)", "(3,)"]),
        ("initial", (3, 1), ["initial", "(3, 1)", "(3,)"]),
        ("initial_observation", (3, 2), ["initial_observation", "(3, 2)", "(3, 2, 1)"]),
        ("initial_observation", (3, 1, 2), ["initial_observation", "(3, 1, 2)", "(3, 2, 1)"]),
        ("initial_observation", (2, 2, 1), ["initial_observation", "(2, 2, 1)", "(3, 2, 1)"]),
        ("observation", (3, 2), ["observation", "2 axes", "2n + 1"]),
        ("observation", (), ["observation", "0 axes", "2n + 1"]),
    ],
)
def test_wrong_shapes_are_refused_with_found_and_expected(part: str, shape: tuple[int, ...], words: list[str]):
    with pytest.raises(ModelError) as caught:
        build({part: np.full(shape, 1.0)})
    for word in words:
        assert word in str(caught.value)


def test_an_observation_law_of_other_sizes_than_the_transition_is_refused():
    law = np.ones((2, 2, 3, 1, 1))  # the second agent has 3 actions in transition and reward
    with pytest.raises(ModelError, match=r"transition has shape \(3, 2, 3, 3\), expected \(3, 2, 2, 3\)"):
        build({"observation": law, "initial_observation": None}, observations=None, actions=None)


# The rows are flat: each entry gives (array, index of one probability, words of its place in labels).
PLACES = [
    ("transition", (1, 0, 2, 0), ["transition", "'shut'", "'wait'", "'pick'"]),
    ("observation", (1, 1, 2, 1, 0), ["observation", "'stuck'", "'push'", "'hide'"]),
    ("initial", (2,), ["initial"]),
    ("initial_observation", (1, 0, 0), ["initial_observation", "'shut'"]),
]


@pytest.mark.parametrize(("part", "index", "words"), PLACES)
@pytest.mark.parametrize("error", [0.03, OUTSIDE_TOL, -OUTSIDE_TOL])
def test_a_row_that_does_not_sum_to_one_is_named(part: str, index: tuple[int, ...], words: list[str], error: float):
    changed = parts()[part]
    assert changed[index] > abs(error)
    changed[index] += error
    with pytest.raises(ModelError) as caught:
        build({part: changed})
    for word in [*words, "expected 1 within 1e-09", f"sums to {1 + error:.12g}"]:
        assert word in str(caught.value)


@pytest.mark.parametrize(("part", "index", "words"), PLACES)
def test_a_negative_probability_is_named_with_its_column(part: str, index: tuple[int, ...], words: list[str]):
    changed = parts()[part]
    row = changed.reshape(-1, 2 if "observation" in part else 3)[
        int(np.ravel_multi_index(index, changed.shape)) // (2 if "observation" in part else 3)
    ]
    row[:] = 0  # a row that sums to 1 all the same
    row[0], row[-1] = -0.25, 1.25
    column = "('dark', 'silence')" if "observation" in part else "'open'"
    with pytest.raises(ModelError) as caught:
        build({part: changed})
    for word in [*words, column, "-0.25", "from 0 to 1"]:
        assert word in str(caught.value)


@pytest.mark.parametrize("part", ["transition", "observation", "reward", "initial", "initial_observation"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(part: str, value: float):
    changed = parts()[part]
    changed[(0,) * changed.ndim] = value
    with pytest.raises(ModelError, match=part) as caught:
        build({part: changed})
    assert str(value) in str(caught.value)


@pytest.mark.parametrize(
    ("part", "index", "words"),
    [PLACES[0], PLACES[1], ("reward", (1, 2, 0, 1), ["reward", "'thief'", "'stuck'", "'wait'", "'hide'"])],
)
def test_a_number_that_is_not_finite_is_named_by_labels(part: str, index: tuple[int, ...], words: list[str]):
    changed = parts()[part]
    changed[index] = np.nan
    with pytest.raises(ModelError) as caught:
        build({part: changed})
    missing = [word for word in words if word not in str(caught.value)]
    assert missing == []


@pytest.mark.parametrize("part", ["transition", "observation", "reward", "initial", "initial_observation"])
def test_what_is_not_numbers_is_refused(part: str):
    with pytest.raises(ModelError, match=part):
        build({part: "uniform"})


def test_a_bad_row_of_one_step_names_the_step():
    moves = over_time(parts()["transition"], 3)
    moves[1, 2, 1, 0] = [0.5, 0.4, 0.0]
    with pytest.raises(ModelError, match=r"transition at step 2 from state 'stuck'.*'push', 'run'.*sums to 0\.9"):
        build({"transition": moves})
    laws = over_time(parts()["observation"], 2)
    laws[1, 1, 2, 0] = [[0.5], [0.4]]
    with pytest.raises(ModelError, match=r"observation at step 2 in next state 'open'.*'push', 'pick'.*sums to 0\.9"):
        build({"observation": laws})


def test_an_error_about_a_row_carries_it_as_an_attribute():
    start = {"transition": parts()["transition"]}
    start["transition"][1, 1, 2] = [0.1, 0.1, 0.1]
    with pytest.raises(ModelError) as caught:
        build(start)
    assert caught.value.row == 1 * 6 + 1 * 3 + 2  # state 1; joint action (1, 2), last agent fastest
    assert isinstance(caught.value, LpPosgError)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"agents": ("guard", "guard")}, ["agents", "'guard'", "twice"]),
        ({"agents": ("guard", "")}, ["agents", "empty"]),
        ({"agents": ("guard", "thief", "third")}, ["agents", "3 labels", "expected 2"]),
        ({"states": ("open", "shut", "open")}, ["states", "'open'", "twice"]),
        ({"states": ("open", "", "stuck")}, ["states", "empty"]),
        ({"states": ("open", "shut")}, ["states", "2 labels", "expected 3"]),
        ({"actions": (("wait", "wait"), ACTIONS[1])}, ["actions", "'guard'", "'wait'", "twice"]),
        ({"actions": (ACTIONS[0], ("run", "", "pick"))}, ["actions", "'thief'", "empty"]),
        ({"actions": (ACTIONS[0], ("run", "hide"))}, ["actions", "'thief'", "2 labels", "expected 3"]),
        ({"actions": (ACTIONS[0],)}, ["actions", "1 agents", "expected 2"]),
        ({"observations": (("dark", "dark"), ("silence",))}, ["observations", "'guard'", "'dark'", "twice"]),
        ({"observations": (("dark", "light"), ("",))}, ["observations", "'thief'", "empty"]),
        ({"observations": (("dark", "light"), ("a", "b"))}, ["observations", "'thief'", "2 labels", "expected 1"]),
        ({"observations": (OBSERVATIONS[0], OBSERVATIONS[1], ("x",))}, ["observations", "3 agents", "expected 2"]),
    ],
)
def test_wrong_labels_are_named(labels: dict, words: list[str]):
    with pytest.raises(ModelError) as caught:
        build(**labels)
    for word in words:
        assert word in str(caught.value)


def test_labels_of_different_agents_may_be_equal():
    game = build(actions=(("go", "stay"), ("go", "stay", "wait")))
    assert game.actions[0] == game.actions[1][:2]


def test_labels_that_are_not_given_are_numbered():
    game = build(agents=None, states=None, actions=None, observations=None)
    assert game.agents == ("agent1", "agent2")
    assert game.states == ("0", "1", "2")
    assert game.actions == (("0", "1"), ("0", "1", "2"))
    assert game.observations == (("0", "1"), ("0",))


@pytest.mark.parametrize("labels", [{"agents": ()}, {"states": ()}])
def test_no_labels_at_all_are_not_taken_for_unnamed(labels: dict):
    with pytest.raises(ModelError):
        build(**labels)


@pytest.mark.parametrize("labels", [{"agents": np.array(AGENTS)}, {"states": np.array(STATES)}])
def test_labels_may_be_an_array(labels: dict):
    assert build(**labels).agents == AGENTS


@pytest.mark.parametrize("discount", [0, -0.1, 1.0000001, 2, np.nan, np.inf, "much", None])
def test_discounts_outside_zero_to_one_are_refused(discount: object):
    with pytest.raises(ModelError, match=r"discount is .*\(0, 1\]"):
        build(discount=discount)


@pytest.mark.parametrize("discount", [1, 1.0, 1e-12, 0.9, np.float64(0.5)])
def test_discounts_up_to_one_are_accepted(discount: float):
    assert build(discount=discount).discount == float(discount)


@pytest.mark.parametrize(
    "steps",
    [
        {"transition": 2, "reward": 3},
        {"transition": 3, "observation": 3},
        {"observation": 2, "reward": 2},
        {"transition": 4, "observation": 2, "reward": 4},
    ],
)
def test_time_axes_that_cover_different_numbers_of_steps_are_refused(steps: dict[str, int]):
    right = parts()
    with pytest.raises(ModelError, match="time axes disagree"):
        build({part: over_time(right[part], count) for part, count in steps.items()})


def test_an_observation_law_with_an_empty_time_axis_is_refused():
    with pytest.raises(ModelError, match="time axes disagree"):
        build({"observation": parts()["observation"][None][:0]})


def flat(**changed) -> dict:
    """Return the right game as `from_matrices` takes it."""
    right = parts()
    return {
        "n_actions": (2, 3),
        "n_observations": (2, 1),
        "transitions": [sp.csr_array(right["transition"].reshape(18, 3))],
        "observation_laws": [sp.csr_array(right["observation"].reshape(18, 2))],
        "rewards": [right["reward"].reshape(2, 3, 6)],
        "initial": right["initial"],
        "agents": AGENTS,
        "states": STATES,
        "actions": ACTIONS,
        "observations": OBSERVATIONS,
    } | changed


def _with_entry(matrix: sp.csr_array, row: int, column: int, value: float) -> sp.csr_array:
    dense = matrix.toarray()
    dense[row, column] = value
    return sp.csr_array(dense)


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda f: {"transitions": [sp.csr_array((17, 3))]}, r"transition has flattened shape \(17, 3\).*\(18, 3\)"),
        (lambda f: {"observation_laws": [sp.csr_array((18, 3))]}, r"observation has flattened shape .*\(18, 2\)"),
        (lambda f: {"rewards": [np.zeros((2, 3, 5))]}, r"reward has flattened shape \(2, 3, 5\).*\(2, 3, 6\)"),
        (lambda f: {"transitions": []}, "time axes disagree"),
        (lambda f: {"transitions": f["transitions"] * 2, "rewards": f["rewards"] * 3}, "time axes disagree"),
        (
            lambda f: {"transitions": [_with_entry(f["transitions"][0], 7, 1, np.nan)]},
            r"transition from state 'shut'.*\('wait', 'hide'\).*nan",
        ),
        (
            lambda f: {"transitions": [_with_entry(f["transitions"][0], 7, 1, 2.0)]},
            r"transition from state 'shut'.*\('wait', 'hide'\).*state 'shut' probability 2",
        ),
        (
            lambda f: {"rewards": [np.full((2, 3, 6), np.inf)]},
            "reward.*inf",
        ),
        (lambda f: {"initial": np.array([0.5, 0.25, 0.3])}, "initial sums to 1.05"),
        (lambda f: {"initial_observation": sp.csr_array(np.ones((3, 2)))}, "initial_observation in state 'open' sums"),
        (lambda f: {"discount": 0.0}, "discount"),
        (lambda f: {"states": ("open", "shut", "shut")}, "'shut' stands twice"),
    ],
)
def test_sparse_parts_are_validated_as_the_arrays_are(change: Callable[[dict], dict], pattern: str):
    with pytest.raises(ModelError, match=pattern):
        Game.from_matrices(**flat(**change(flat())))


@pytest.mark.parametrize("shape", [(2, 2), (3, 1), (3, 3), (4, 2)])
def test_a_sparse_initial_observation_of_the_wrong_shape_is_refused(shape: tuple[int, int]):
    law = np.zeros(shape)
    law[:, 0] = 1.0
    with pytest.raises(ModelError, match="initial_observation"):
        Game.from_matrices(**flat(initial_observation=sp.csr_array(law)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"states": "abc"}, "not one string"),
        ({"agents": 5}, "expected a sequence of labels"),
        ({"actions": ["up", "no"]}, "not one string"),
        ({"actions": 5}, "expected a sequence of labels per agent"),
        ({"reward": np.zeros((2, 3, 2, 2)) + 1j}, "complex"),
        ({"transition": np.zeros((0, 2, 2, 0)), "observation": np.zeros((2, 2, 0, 2, 2))}, "at least one state"),
        ({"observation": np.zeros((0, 2, 3, 2, 2))}, "at least one"),
    ],
    ids=str,
)
def test_other_kinds_of_arguments_are_named(given: dict, words: str):
    with pytest.raises(ModelError, match=words):
        build(given) if {"transition", "observation", "reward"} & set(given) else build(**given)


def test_a_forgotten_step_of_the_observations_is_noticed():
    moves = over_time(parts()["transition"], 3)
    laws = over_time(parts()["observation"], 1)
    with pytest.raises(ModelError, match="time axes disagree"):
        build({"transition": moves, "observation": laws})
