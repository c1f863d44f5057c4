"""Merging: which beliefs become one state, and that this changes no value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from random_games import random_game

from lp_posg import Game, catalog
from lp_posg.induction.backward import sweep
from lp_posg.information import merging, reachable_states, sharing_structure
from lp_posg.information.merging import Gathering, Merged, merge_rows
from lp_posg.stage import concept_named, parse_objective
from lp_posg.types import MERGE_TOL

VALUE_TOL = 1e-7
DISTANCE_TOL = 1e-15

# Common-information states of dectiger up to each horizon (published values; the full-sharing
# counts are the numbers of differences between left and right hearings: 1, 3, 5, ... per depth).
DECTIGER_STATES = {
    "full": [1, 4, 9, 16, 25, 36, 49],
    "one-step-delay": [1, 3, 7, 13, 21, 31, 43],
    "one-directional": [1, 4, 9, 16, 25, 36, 49],
}
DECTIGER_H100 = 1444


def merged(rows: list[list[float]], label: list[int] | None = None, *, tolerance=MERGE_TOL) -> Merged:
    matrix = sp.csr_array(np.array(rows, dtype=float))
    labels = np.zeros(matrix.shape[0], dtype=np.int64) if label is None else np.array(label)
    return merge_rows(matrix, labels, tolerance)


def classes(found: Merged) -> list[int]:
    return found.member_of.tolist()


# ---- rows by hand -----------------------------------------------------------------------------


def test_equal_rows_are_one():
    found = merged([[0.5, 0.5], [0.2, 0.8], [0.5, 0.5], [0.2, 0.8], [0.5, 0.5]])
    assert classes(found) == [0, 1, 0, 1, 0]
    assert found.representative.tolist() == [0, 1]
    assert found.distance <= 0


def test_rows_within_the_tolerance_are_one_and_the_distance_is_told():
    found = merged([[0.5, 0.5], [0.5 + 0.1, 0.5 - 0.1], [0.9, 0.1]], tolerance=0.11)
    assert classes(found) == [0, 0, 1]
    assert found.distance == pytest.approx(0.1, abs=DISTANCE_TOL)


@pytest.mark.parametrize(("gap", "together"), [(0.5, True), (0.9, True), (1.1, False), (3.0, False)])
def test_the_default_tolerance_is_in_total_variation(gap: float, together: bool):
    shift = gap * MERGE_TOL
    found = merged([[0.5, 0.3, 0.2], [0.5 + shift, 0.3 - shift / 2, 0.2 - shift / 2]])
    assert classes(found) == ([0, 0] if together else [0, 1])


def test_a_rounding_boundary_does_not_part_rows():
    below, above = 0.3 + 4.9e-11, 0.3 + 5.1e-11
    assert round(below, 10) != round(above, 10)
    found = merged([[below, 1 - below], [above, 1 - above]])
    assert classes(found) == [0, 0]
    assert 0 < found.distance < MERGE_TOL


def test_different_labels_are_never_one():
    rows = [[0.5, 0.5]] * 4
    assert classes(merged(rows, [0, 1, 0, 7])) == [0, 1, 0, 2]
    assert classes(merged(rows, [0, 1, 2, 3], tolerance=1.0)) == [0, 1, 2, 3]


def test_different_supports_are_never_one_however_close():
    """What is possible under one belief and not under another may lead to news that the other has no answer to."""
    rows = [[0.5, 0.5, 0, 0], [0.5, 0.5 - 1e-12, 1e-12, 0], [1.0, 0, 0, 0], [1 - 1e-12, 1e-12, 0, 0]]
    assert classes(merged(rows)) == [0, 1, 2, 3]


def test_far_supports_of_equal_shape_are_not_one():
    assert classes(merged([[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]])) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # a ~ b ~ c but a !~ c: decided against the first of the class, whatever the order.
        ("abc", [0, 0, 1]),
        ("cba", [0, 0, 1]),
        ("bac", [0, 0, 0]),
        ("acb", [0, 1, 0]),
        ("cab", [0, 1, 0]),
        ("abcd", [0, 0, 1, 1]),
    ],
)
def test_chains_are_decided_against_the_first(order: str, expected: list[int]):
    at = {"a": 0.50, "b": 0.53, "c": 0.56, "d": 0.59}
    found = merged([[at[x], 1 - at[x]] for x in order], tolerance=0.04)
    assert classes(found) == expected
    assert found.distance == pytest.approx(0.03, abs=DISTANCE_TOL)


def test_one_row_and_no_label_in_order():
    found = merged([[1.0, 0.0]], [5])
    assert (classes(found), found.representative.tolist()) == ([0], [0])


@pytest.mark.parametrize("tolerance", [0.0, 1e-10, 0.02, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_random_rows_are_classed_as_by_comparing_all_pairs(seed: int, tolerance: float):
    rng = np.random.default_rng(seed)
    centres = rng.dirichlet(np.ones(6), size=8)
    centres[:4, rng.integers(6)] = 0  # other supports
    rows = centres[rng.integers(8, size=60)] + rng.choice([0, 1e-12, 1e-3], (60, 1)) * (rng.random((60, 6)) - 0.5)
    rows = np.where(rows < 1e-2, 0, rows)
    rows /= rows.sum(axis=1, keepdims=True)
    label = rng.integers(2, size=60)
    found = merge_rows(sp.csr_array(rows), label, tolerance)
    leaders: list[int] = []
    expected, furthest = [], 0.0
    for i, row in enumerate(rows):
        known = row > 0
        for rank, j in enumerate(leaders):
            apart = 0.5 * np.abs(row - rows[j]).sum()
            if label[i] == label[j] and ((rows[j] > 0) == known).all() and apart <= tolerance:
                expected.append(rank)
                furthest = max(furthest, apart)
                break
        else:
            expected.append(len(leaders))
            leaders.append(i)
    assert 1 < len(leaders) < 60
    assert found.representative.tolist() == leaders
    assert classes(found) == expected
    assert found.distance == pytest.approx(furthest, abs=DISTANCE_TOL)


@pytest.mark.parametrize("pending", [0, 7, 25, 1000])
@pytest.mark.parametrize("measured", [False, True])
def test_rows_that_arrive_in_batches_are_classed_as_all_at_once(monkeypatch, pending: int, measured: bool):
    """Merged after every batch, after some, once: the same representatives, members and distance."""
    monkeypatch.setattr(merging, "PENDING_ROWS", pending)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        centres = rng.dirichlet(np.ones(5), size=12)
        rows = centres[rng.integers(12, size=90)] + 3e-4 * (rng.random((90, 5)) - 0.5)
        label = rng.integers(3, size=90)
        measure = (lambda part: part * 0.5) if measured else None  # halves every distance
        gathering = Gathering(4e-4, measure)
        cuts = [0, *np.sort(rng.choice(np.arange(1, 90), 6, replace=False)), 90]
        known = []
        for first, last in itertools.pairwise(cuts):
            gathering.add(sp.csr_array(rows[first:last]), label[first:last])
            known.append(gathering.n_classes)
        kept, found = gathering.result()
        expected = merge_rows(sp.csr_array(rows * (0.5 if measured else 1.0)), label, 4e-4)
        assert 12 < len(expected.representative) < 80
        assert found.representative.tolist() == expected.representative.tolist()
        assert classes(found) == classes(expected)
        assert found.distance == pytest.approx(expected.distance, abs=DISTANCE_TOL)
        np.testing.assert_array_equal(kept.toarray(), rows[expected.representative])
        assert gathering.n_classes == len(expected.representative)
        assert (known[-1] > 0) == (pending < 90), "merged on the way exactly where fewer may wait"
        assert known == sorted(known)


def test_nothing_waits_once_it_is_merged(monkeypatch):
    """Rows are merged when more wait than may, and when more wait than are held."""
    monkeypatch.setattr(merging, "PENDING_ROWS", 3)
    gathering, rows = Gathering(), sp.csr_array(np.eye(12))
    labels = np.zeros(12, dtype=np.int64)
    for first, last, held in [(0, 3, 0), (3, 4, 4), (4, 8, 4), (8, 9, 9), (9, 12, 9)]:
        gathering.add(rows[first:last], labels[first:last])
        assert gathering.n_classes == held


# ---- merged and unmerged games ----------------------------------------------------------------


def value_of(game: Game, sharing: str, horizon: int, concept: str, merge: bool) -> tuple[np.ndarray, int]:
    structure = sharing_structure(sharing, game.n_agents)
    space = reachable_states(game, structure, horizon, merge=merge)
    swept = sweep(game, space, sharing, concept_named(concept), parse_objective("welfare", game.agents))
    start = np.zeros(len(swept.node_values[0]))
    np.add.at(start, space.start.child, space.start_prob)
    return start @ swept.node_values[0], space.n_states


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
@pytest.mark.parametrize(
    ("options", "concept"),
    [
        ({"common": True, "initial_observation": True}, "team"),
        ({"zero_sum": True}, "ne"),
        ({"controlled_by": 0, "initial_observation": True}, "cce"),
        ({"sparse": True}, "ce"),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_merging_changes_no_value_of_random_games(sharing: str, options: dict, concept: str, seed: int):
    game = random_game(seed, **options)
    together, few = value_of(game, sharing, 3, concept, merge=True)
    apart, many = value_of(game, sharing, 3, concept, merge=False)
    assert few <= many
    np.testing.assert_allclose(together, apart, atol=VALUE_TOL)
    if options.get("controlled_by") == 0:
        assert few < many  # the joint action is shared and tells nothing


def test_merging_changes_no_value_where_data_may_come_later():
    game = random_game(0, controlled_by=0, initial_observation=True)
    together, few = value_of(game, "uncontrolled:2", 3, "cce", merge=True)
    apart, many = value_of(game, "uncontrolled:2", 3, "cce", merge=False)
    assert few <= many
    np.testing.assert_allclose(together, apart, atol=VALUE_TOL)


@pytest.mark.parametrize(
    ("sharing", "horizon", "value"),
    [("full", 3, 13.0154875), ("one-step-delay", 3, 8.815), ("one-directional", 2, 7.5)],
)
def test_merging_changes_no_value_of_dectiger(sharing: str, horizon: int, value: float):
    game = catalog("dectiger")
    together, few = value_of(game, sharing, horizon, "team", merge=True)
    apart, many = value_of(game, sharing, horizon, "team", merge=False)
    assert (few, few < many) == (DECTIGER_STATES[sharing][horizon - 1], True)
    np.testing.assert_allclose(together, [value, value], atol=VALUE_TOL)
    np.testing.assert_allclose(apart, together, atol=VALUE_TOL)


@pytest.mark.parametrize("sharing", DECTIGER_STATES)
def test_dectiger_has_the_known_numbers_of_states(sharing: str):
    game = catalog("dectiger")
    found = reachable_states(game, sharing_structure(sharing, 2), 7)
    per_depth = [depth.level.n_nodes for depth in found.depths]
    assert np.cumsum(per_depth).tolist() == DECTIGER_STATES[sharing]
    assert found.n_states == DECTIGER_STATES[sharing][-1]
    if sharing == "full":
        assert per_depth == [1, 3, 5, 7, 9, 11, 13]
    assert max(depth.merge_distance for depth in found.depths) <= MERGE_TOL


def test_a_hundred_steps_of_dectiger_stay_small():
    found = reachable_states(catalog("dectiger"), sharing_structure("full", 2), 100)
    assert len(found.depths) == 100
    assert 100 < found.n_states <= DECTIGER_H100


def test_without_merging_every_common_history_is_a_state():
    # One agent, two actions and two observations, all of positive probability: 1, 4, 16 histories.
    found = reachable_states(random_game(0, n_agents=1, controlled_by=0), sharing_structure("full", 1), 3, merge=False)
    assert [depth.level.n_nodes for depth in found.depths] == [1, 4, 16]
    # The action tells nothing, so half of the first and three quarters of the second depth's are the same.
    found = reachable_states(random_game(0, n_agents=1, controlled_by=0), sharing_structure("full", 1), 3)
    assert [depth.level.n_nodes for depth in found.depths] == [1, 2, 4]


def test_tags_keep_states_apart():
    game = catalog("dectiger")
    structure = sharing_structure("full", 2)

    def parity(time: int, tags: np.ndarray, increments: np.ndarray) -> np.ndarray:
        return np.zeros_like(increments) if time < 0 else (tags + increments) % 2

    tagged = reachable_states(game, structure, 3, follow=parity)
    plain = reachable_states(game, structure, 3)
    assert tagged.n_states > plain.n_states
    assert {int(tag) for depth in tagged.depths for tag in depth.tag} == {0, 1}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_increment_whose_probability_underflows_does_not_happen(monkeypatch: pytest.MonkeyPatch):
    # From state 0 the game moves to state 1 with probability 1e-200, and signals it there with 1e-200: their
    # product, 1e-400, is not a number of double precision, so that increment has mass 0.
    tiny = 1e-200
    transition = np.array([[[[1, tiny]]], [[[0, 1]]]]).reshape(2, 1, 1, 2)
    observation = np.array([[[[[1.0], [0.0]], [[1.0], [tiny]]]]])
    game = Game(transition, observation, np.zeros((2, 2, 1, 1)), [1.0, 0.0])
    seen = []

    def watched(rows, *rest):
        seen.append(rows)
        assert np.isfinite(rows.data).all(), "a belief is not a number"
        return merge_rows(rows, *rest)

    monkeypatch.setattr("lp_posg.information.merging.merge_rows", watched)
    found = reachable_states(game, sharing_structure("full", 2), 3)
    assert len(seen) == 3
    beliefs = [depth.level.belief.toarray() for depth in found.depths]
    np.testing.assert_allclose(np.concatenate(beliefs), [[1, 0], [1, tiny], [1, 2 * tiny]], rtol=1e-12)
