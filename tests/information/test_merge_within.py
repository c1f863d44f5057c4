"""Merging within a distance: the greedy cover, the attached means, and what is exact at distance 0."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from oracles import Oracle
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError
from lp_posg.information import MergeWithin, merge_within, reachable_states, sharing_structure
from lp_posg.information.compression import mean_rows
from lp_posg.information.merge_within import greedy_cover

VALUE_TOL = 1e-8


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return 0.5 * float(np.abs(a - b).sum())


def distributions(seed: int, n_rows: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(width, 0.4), size=n_rows)
    return np.concatenate([rows, rows[: n_rows // 10]])  # some twice


def plain_cover(rows: np.ndarray, radius: float) -> list[int]:
    """Return the leaders, one row after the other."""
    leaders: list[int] = []
    for i, row in enumerate(rows):
        if all(apart(row, rows[j]) > radius for j in leaders):
            leaders.append(i)
    return leaders


@pytest.mark.parametrize("block", [1, 7, 64, 1024])
@pytest.mark.parametrize("radius", [1e-6, 0.05, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("width", [2, 3, 8])
def test_the_cover_is_the_greedy_one_whatever_the_blocks(monkeypatch, block, radius, width):
    monkeypatch.setattr(merge_within, "BLOCK", block)
    rows = distributions(width, 120, width)
    leader, member_of = greedy_cover(sp.csr_array(rows), radius)
    assert leader.tolist() == plain_cover(rows, radius)
    assert member_of.shape == (len(rows),)
    assert member_of[leader].tolist() == list(range(len(leader)))  # a leader leads itself
    distance = [apart(row, rows[leader[own]]) for row, own in zip(rows, member_of, strict=True)]
    assert max(distance) <= radius + 1e-12
    assert (leader[member_of] <= np.arange(len(rows))).all()  # leaders come first
    between = [apart(rows[i], rows[j]) for i in leader for j in leader if i < j]
    assert min(between, default=1.0) > radius or radius == 1.0
    again = greedy_cover(sp.csr_array(rows), radius)
    assert all((a == b).all() for a, b in zip(again, (leader, member_of), strict=True))


def test_rows_at_just_the_radius_join():
    # 0.25 apart, in numbers that binary floating point holds exactly, within a block and across blocks.
    rows = np.array([[0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [1.0, 0.0]])
    leader, member_of = greedy_cover(sp.csr_array(rows), 0.25)
    assert (leader.tolist(), member_of.tolist()) == ([0, 3], [0, 0, 0, 1])


def test_rows_at_just_the_radius_join_across_blocks(monkeypatch):
    monkeypatch.setattr(merge_within, "BLOCK", 1)
    test_rows_at_just_the_radius_join()


def test_the_mean_has_everything_that_a_member_has():
    rows = sp.csr_array([[1.0, 0, 0], [0, 0.5, 0.5], [0, 1.0, 0], [0, 0, 1.0]])
    member_of = np.array([0, 0, 1, 1])
    mean = mean_rows(rows, np.array([3.0, 1.0, 0.2, 0.6]), member_of, 2).toarray()
    np.testing.assert_allclose(mean, [[0.75, 0.125, 0.125], [0, 0.25, 0.75]], atol=1e-15)
    # Weights lost to underflow: beside others they count for little, but not for nothing; alone, all count alike.
    mean = mean_rows(rows, np.array([1.0, 0.0, 0.0, 0.0]), member_of, 2)
    np.testing.assert_allclose(mean.toarray(), [[1, 0, 0], [0, 0.5, 0.5]], atol=1e-15)
    assert mean.nnz == 5


class Watched:
    """`MergeWithin`, with what comes in and goes out written down."""

    def __init__(self, radius):
        self.inner, self.name, self.seen = MergeWithin(radius), "watched", []

    def first(self, step, children):
        return self.noted(self.inner.first(step, children), [children])

    def update(self, step, state, children):
        parts = list(children)
        return self.noted(self.inner.update(step, state, iter(parts)), parts)

    def noted(self, found, parts):
        rows = np.concatenate([part.rows.toarray() for part in parts])
        weight = np.concatenate([part.weight for part in parts])
        self.seen.append((rows, weight, found))
        return found


@pytest.mark.parametrize("radius", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(
    ("sharing", "kind"), [("full", {"sparse": True}), ("one-step-delay", {"initial_observation": True, "n_states": 3})]
)
def test_attached_beliefs_are_means_of_their_members(sharing, kind, radius):
    watched = Watched(radius)
    space = reachable_states(random_game(2, **kind), sharing_structure(sharing, 2), 3, compression=watched)
    assert len(watched.seen) == 3
    for depth, (rows, weight, found) in zip(space.depths, watched.seen, strict=True):
        belief, n_states = found.belief.toarray(), found.belief.shape[0]
        assert weight.sum() == pytest.approx(1)  # children are weighted by their probability
        assert sorted(set(found.member_of.tolist())) == list(range(n_states))
        for state in range(n_states):
            mine = found.member_of == state
            assert found.representative[state] == np.flatnonzero(mine)[0]
            np.testing.assert_allclose(belief[state], weight[mine] @ rows[mine] / weight[mine].sum(), atol=1e-12)
            np.testing.assert_array_equal(belief[state] > 0, (rows[mine] > 0).any(axis=0))
        worst = max(apart(row, belief[own]) for row, own in zip(rows, found.member_of, strict=True))
        assert found.distance == pytest.approx(worst, abs=2e-10)
        assert found.distance <= 2 * radius
        assert depth.merge_distance == pytest.approx(worst, abs=2e-10)
    assert radius < 1 or [depth.level.n_nodes for depth in space.depths] == [1, 1, 1]


@pytest.mark.parametrize("radius", [0.1, 0.4, 1.0])
@pytest.mark.parametrize(
    ("sharing", "kind"),
    [
        ("full", {"sparse": True}),
        ("one-step-delay", {"sparse": True, "initial_observation": True}),
        ("one-step-delay", {"horizon": 3}),
        ("controller:2", {"controlled_by": 1}),
        ("one-step-delay", {"n_agents": 3, "n_actions": 1, "sparse": True}),
    ],
)
def test_values_and_gaps_in_the_original_game(sharing, kind, radius):
    game = random_game(11, **kind)
    solution = posg.solve(game, 3, sharing, "ce", compression=MergeWithin(radius))
    oracle = Oracle(solution, sharing_structure(sharing, game.n_agents))
    value = oracle.values()
    np.testing.assert_allclose(solution.values, value, atol=VALUE_TOL)
    best = [oracle.best_deviation(i, hears=True, may_follow=False) for i in range(game.n_agents)]
    np.testing.assert_allclose(solution.certificate.gaps, np.array(best) - value, atol=VALUE_TOL)


@pytest.mark.parametrize("compression", ["merge:0", "merge:1e-9"])
@pytest.mark.parametrize("seed", range(4))
def test_a_distance_of_nothing_is_exact(compression, seed):
    game = random_game(seed, sparse=seed % 2 == 1, initial_observation=seed > 1)
    mine = posg.solve(game, 3, "one-step-delay", "cce", compression=compression)
    exact = posg.solve(game, 3, "one-step-delay", "cce")
    assert mine.stats.states_by_depth == exact.stats.states_by_depth
    np.testing.assert_allclose(mine.values, exact.values, atol=1e-7)
    np.testing.assert_allclose(mine.model_values, exact.values, atol=1e-7)
    assert mine.certificate.gap <= 1e-7
    assert exact.compression.name == "exact"
    assert mine.compression.name == compression.replace("1e-9", "1e-09")


def test_a_larger_distance_leaves_fewer_states():
    game = posg.catalog("dectiger")
    states = [
        posg.solve(game, 6, "one-step-delay", compression=c).stats.states
        for c in ("exact", "merge:0.05", "merge:0.2", "merge:1")
    ]
    assert states == sorted(states, reverse=True)
    assert states[0] > states[2] > states[3] == 6


@pytest.mark.parametrize("radius", [-0.1, 1.5, np.nan, np.inf, True, "0.1", None])
def test_the_distance_is_checked(radius):
    with pytest.raises(ModelError, match=r"compression 'merge': the distance is .*expected a number from 0 to 1"):
        MergeWithin(radius)
