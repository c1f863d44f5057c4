"""Observability: known values, brute force over patterns of signs, witnesses, bounds, and its place in a game."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from random_games import random_game
from scipy.optimize import linprog

import lp_posg as posg
from lp_posg.bounds import branching, differences, observable
from lp_posg.bounds.observable import merged_columns, step_laws
from lp_posg.errors import ModelError

TOL = 1e-9


def one_law(rows) -> posg.Game:
    """Return the game of one agent with one action whose observation law is `rows`, (S, O)."""
    rows = np.asarray(rows, dtype=float)
    n = len(rows)
    return posg.Game(np.full((n, 1, n), 1 / n), rows[None], np.zeros((1, n, 1)), np.full(n, 1 / n))


def ratio_of(rows, beliefs) -> float:
    """Return the ratio from its definition."""
    rows, (b, c) = np.asarray(rows, dtype=float), beliefs
    seen = sum(abs(sum(rows[s, o] * (b[s] - c[s]) for s in range(len(b)))) for o in range(rows.shape[1]))
    return seen / sum(abs(b[s] - c[s]) for s in range(len(b)))


def brute_force(rows) -> float:
    """Return observability by one linear program of scipy for each pattern of signs.

    Variables x and u with -u <= O'x <= u; sum of signs * x is 1, and each entry of x has its sign.
    """
    rows = np.asarray(rows, dtype=float)
    n, m = rows.shape
    best = np.inf
    for signs in itertools.product([1, -1], repeat=n):
        if signs[0] < 0 or len(set(signs)) == 1:
            continue  # x and -x have one ratio; x sums to 0
        result = linprog(
            np.r_[np.zeros(n), np.ones(m)],
            A_ub=np.block([[rows.T, -np.eye(m)], [-rows.T, -np.eye(m)]]),
            b_ub=np.zeros(2 * m),
            A_eq=np.array([np.r_[np.ones(n), np.zeros(m)], np.r_[signs, np.zeros(m)]]),
            b_eq=[0, 1],
            bounds=[(0, None) if sign > 0 else (None, 0) for sign in signs] + [(0, None)] * m,
        )
        assert result.status == 0
        best = min(best, result.fun)
    return best


def dense(seed, n, m) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(m), size=n)


def accurate(seed, n, m) -> np.ndarray:
    """Return half the identity and half noise."""
    return 0.5 * np.eye(n, m) + 0.5 * dense(seed, n, m)


def sparse(seed, n, m) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = dense(seed, n, m) * (rng.random((n, m)) < 0.3)
    rows[np.arange(n), rng.integers(0, m, n)] += 0.1
    return rows / rows.sum(axis=1, keepdims=True)


def channel(q) -> np.ndarray:
    return np.array([[q, 1 - q], [1 - q, q]])


# b - b' = (1, -1) times a number is the only direction of two states, so the value is half the rows' L1 distance.
KNOWN = {
    "identity": (np.eye(5), 1.0),
    "two of the three see nothing": ([[1, 0], [1, 0], [0, 1]], 0.0),
    "channel 0.85": (channel(0.85), 0.7),
    "channel 0.3": (channel(0.3), 0.4),
    "blind": (np.full((4, 3), 1 / 3), 0.0),
    "one observation": (np.ones((3, 1)), 0.0),
    "same rows": ([[0.2, 0.8, 0], [0.2, 0.8, 0], [0, 0.5, 0.5]], 0.0),
    "more observations than needed": ([[0.5, 0.5, 0, 0], [0, 0, 0.25, 0.75]], 1.0),
    # t of a constant law u: 1'x = 0, so O'x = (1 - t) x.
    "0.3 of a constant": (0.7 * np.eye(6) + 0.3 * np.ones((6, 1)) * np.array([0.5, 0.3, 0.2, 0, 0, 0]), 0.7),
    # The third state looks like a half of each of the others: b = (1/2, 1/2, 0) is the same as b' = (0, 0, 1).
    "a mixture": ([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]], 0.0),
    "a mixture with an eye": ([[1, 0, 0], [0, 1, 0], [0.45, 0.45, 0.1]], 0.1),
}


@pytest.mark.parametrize(("rows", "value"), KNOWN.values(), ids=KNOWN)
def test_known_values(rows, value):
    found = posg.bounds.observability(one_law(rows))
    assert found.status == "exact"
    assert found.value == found.upper == pytest.approx(value, abs=TOL)
    assert found.lower == pytest.approx(value, abs=TOL)
    assert ratio_of(rows, found.beliefs) == pytest.approx(value, abs=TOL)
    np.testing.assert_allclose(found.beliefs.sum(axis=1), 1, atol=TOL)
    assert found.beliefs.min() >= 0
    assert not (found.beliefs[0] * found.beliefs[1]).any()


def test_a_value_that_is_zero_is_zero():
    """Rounding is not reported as a small observability."""
    for seed in range(5):
        found = posg.bounds.observability(one_law(dense(seed, 6, 4)))
        assert (found.value, found.lower, found.upper, found.status) == (0.0, 0.0, 0.0, "exact")
        assert ratio_of(dense(seed, 6, 4), found.beliefs) < 1e-12


def test_a_small_value_is_not_zero():
    """Two rows that differ by 1e-6 in two places: half their L1 distance is 1e-6, and no other pair is as close."""
    found = posg.bounds.observability(one_law([[0.5, 0.5, 0], [0.5 - 1e-6, 0.5 + 1e-6, 0], [0, 0, 1]]))
    assert found.status == "exact"
    assert found.value == pytest.approx(1e-6, rel=1e-8)
    np.testing.assert_allclose(found.beliefs[:, 2], 0, atol=TOL)


@pytest.mark.parametrize("others", [np.eye(2), channel(0.9)], ids=["identity", "channel 0.9"])
def test_a_product_of_independent_channels(others):
    """The product of two channels has the product of their values.

    With C = channel(q), C'(1, -1) = (2q - 1)(1, -1). The difference (1, -1) x (1, -1) has the ratio
    |2q - 1| |2r - 1|. It is least: the inverse of the product is the product of the inverses, and the
    largest L1 norm of a column of a product of matrices is the product of the largest.
    """
    rows = np.kron(channel(0.8), others)
    value = 0.6 * abs(2 * others[0, 0] - 1)
    assert posg.bounds.observability(one_law(rows)).value == pytest.approx(value, abs=TOL)


@pytest.mark.parametrize("make", [dense, accurate, sparse])
@pytest.mark.parametrize(("n", "m"), [(2, 5), (4, 4), (5, 6), (6, 9), (7, 14)])
def test_it_is_the_least_over_all_patterns_of_signs(make, n, m):
    rows = make(n + m, n, m)
    found = posg.bounds.observability(one_law(rows))
    assert found.status == "exact"
    assert found.value == pytest.approx(brute_force(rows), abs=1e-8)
    assert found.lower == pytest.approx(found.value, rel=2e-9)
    assert ratio_of(rows, found.beliefs) == pytest.approx(found.upper, rel=1e-12)


# Of these the first program does not decide.
BRANCHING = [dense(4, 8, 11), dense(2, 8, 16), dense(6, 9, 18), accurate(8, 8, 11), accurate(11, 8, 14)]


@pytest.mark.parametrize("rows", BRANCHING)
def test_the_search_has_to_branch_and_proves_its_value(rows, monkeypatch):
    searched = []

    def recorded(*args):
        searched.append(branching.search(*args))
        return searched[-1]

    monkeypatch.setattr(observable, "search", recorded)
    found = posg.bounds.observability(one_law(rows))
    assert found.status == "exact"
    assert [s.n_nodes >= 3 for s in searched] == [True]
    assert found.value == pytest.approx(brute_force(rows), abs=1e-8)


def test_a_decoder_that_misses_its_equations_proves_less():
    """The inverse of a channel proves 1/0.7; a wrong one must not prove more than is true."""
    inverse = np.linalg.inv(channel(0.85))
    assert branching.decoder_bound(inverse, np.zeros((2, 2))) == pytest.approx(1 / 0.7)
    wrong = 0.9 * inverse
    assert branching.decoder_bound(wrong, np.eye(2) - wrong @ channel(0.85)) >= 1 / 0.7 - TOL
    assert branching.decoder_bound(0 * inverse, np.eye(2)) == np.inf


def test_a_decoder_is_put_right_before_it_proves_anything():
    """Of a decoder of zeros the inverse is left, which proves 1/0.7, with all signs open and with all fixed."""
    tree = branching._Tree(channel(0.85), np.array([1.0, -1.0]), 0.1, 1.0, np.inf)
    assert tree._proved(np.zeros((3, 2)), np.zeros(2, int)) == pytest.approx(1 / 0.7)
    assert tree._proved(np.zeros((1, 2)), np.array([1, -1])) == pytest.approx(1 / 0.7)


def test_local_search_never_goes_up():
    rows = dense(3, 8, 16)
    for seed in range(5):
        start = np.random.default_rng(seed).standard_normal(8)
        start -= start.mean()
        end = differences.descend(rows, start, np.inf)
        assert differences.ratio(rows, end) <= differences.ratio(rows, start) + TOL
        assert abs(end.sum()) < TOL


def test_names_and_order_do_not_matter():
    rows = accurate(2, 6, 9)
    rng = np.random.default_rng(0)
    states, seen = rng.permutation(6), rng.permutation(9)
    one, other = posg.bounds.observability(one_law(rows)), posg.bounds.observability(one_law(rows[states][:, seen]))
    assert other.value == pytest.approx(one.value, abs=TOL)
    pair = {tuple(b.round(9)) for b in one.beliefs}
    back = np.empty_like(other.beliefs)
    back[:, states] = other.beliefs
    assert {tuple(b.round(9)) for b in back} == pair


def test_splitting_an_observation_changes_nothing():
    """An observation told apart from another by a coin says the same; the two are taken together."""
    rows = dense(1, 4, 5)
    split = np.hstack([rows[:, :4], 0.3 * rows[:, 4:], 0.7 * rows[:, 4:], np.zeros((4, 1))])
    assert merged_columns(split).shape == (4, 5)
    value = posg.bounds.observability(one_law(rows)).value
    assert posg.bounds.observability(one_law(split)).value == pytest.approx(value, abs=TOL)


def test_out_of_time_the_bounds_hold_and_the_status_says_so():
    rows = accurate(0, 9, 18)
    exact = posg.bounds.observability(one_law(rows))
    early = posg.bounds.observability(one_law(rows), time_limit=0)
    assert (exact.status, early.status) == ("exact", "bounded")
    assert early.lower <= exact.value <= early.upper == early.value
    assert 0 < early.lower < early.upper
    assert ratio_of(rows, early.beliefs) == pytest.approx(early.upper, rel=1e-12)


def test_a_search_that_is_stopped_keeps_valid_bounds(monkeypatch):
    """Stopped after every number of nodes in turn."""
    rows = BRANCHING[1]
    exact = posg.bounds.observability(one_law(rows)).value
    start = differences.closest_states(rows)
    solve = branching._Tree._solve
    gaps = []
    for allowed in range(12):

        def stopping(self, *args, allowed=allowed):
            return None if self._n_nodes >= allowed else solve(self, *args)

        monkeypatch.setattr(branching._Tree, "_solve", stopping)
        found = branching.search(rows, start, 0.5 * exact, 1.0, np.inf)
        upper = differences.ratio(rows, found.difference)
        assert found.lower <= exact + TOL
        assert upper >= exact - TOL
        gaps.append(upper - found.lower)
    assert gaps[0] > 1e-3
    assert gaps[1] > 1e-6
    assert gaps[-1] < TOL
    assert gaps == sorted(gaps, reverse=True)


def test_a_node_whose_program_fails_keeps_the_bound_of_its_parent(monkeypatch):
    """Each program of the search in turn fails: the bounds hold, and nothing is proven of what it was to decide."""
    rows = BRANCHING[1]
    exact = posg.bounds.observability(one_law(rows)).value
    start = differences.closest_states(rows)
    solve, asked, gaps = branching._DecoderProgram.solve, [0], []
    nothing = branching._Found(branching.Status.FAILED, np.empty((0, rows.shape[1])), np.empty((0, len(rows))), None)
    for failing in range(7):

        def failed(self, *args, failing=failing):
            asked[0] += 1
            return nothing if asked[0] == failing + 1 else solve(self, *args)

        asked[0] = 0
        monkeypatch.setattr(branching._DecoderProgram, "solve", failed)
        found = branching.search(rows, start, 0.5 * exact, 1.0, np.inf)
        assert asked[0] > failing
        assert found.lower <= exact + TOL
        assert differences.ratio(rows, found.difference) >= exact - TOL
        gaps.append(exact - found.lower)
    # Without the root's program the bound is the one that was given; a later one costs less.
    assert gaps[0] == pytest.approx(0.5 * exact, rel=1e-9)
    assert max(gaps[1:]) > 1e-6


@pytest.mark.parametrize(("name", "limit"), [("SEARCHED_ENTRIES", 10), ("LARGEST", 5)])
def test_a_law_too_large_to_search_is_bounded(monkeypatch, name, limit):
    rows = accurate(1, 8, 12)
    exact = posg.bounds.observability(one_law(rows))
    monkeypatch.setattr(observable, name, limit)
    found = posg.bounds.observability(one_law(rows))
    assert found.status == "bounded"
    assert found.lower <= exact.value <= found.upper
    assert ratio_of(rows, found.beliefs) == pytest.approx(found.upper, rel=1e-12)


def test_a_law_too_large_to_be_dense_is_bounded_by_its_first_states(monkeypatch):
    rows = accurate(1, 8, 12)
    part = posg.bounds.observability(one_law(rows[:5]))
    monkeypatch.setattr(observable, "DENSE_ENTRIES", 5 * 12)
    found = posg.bounds.observability(one_law(rows))
    assert (found.status, found.lower) == ("bounded", 0.0)
    assert part.value - TOL <= found.upper
    assert ratio_of(rows, found.beliefs) == pytest.approx(found.upper, rel=1e-12)
    assert not found.beliefs[:, 5:].any()


def test_more_states_than_observations_is_zero_at_any_size():
    rows = dense(0, 1500, 7)
    found = posg.bounds.observability(one_law(rows), time_limit=0)
    assert (found.value, found.status) == (0.0, "exact")
    assert np.abs((found.beliefs[0] - found.beliefs[1]) @ rows).sum() < 1e-12


# ---- the law in a game ----------------------------------------------------------------------------


def test_a_game_has_the_value_of_its_worst_joint_action_and_step():
    """By hand: |2q - 1| of the worst of six channels, at step 2 after the second action."""
    accuracy = np.array([[0.9, 0.8], [0.95, 0.6], [0.99, 0.7]])
    law = np.array([[channel(q) for q in step] for step in accuracy])  # (H - 1, A, S, O)
    first = channel(0.55)
    game = posg.Game(np.full((2, 2, 2), 0.5), law, np.zeros((1, 2, 2)), [0.5, 0.5], first, actions=[["left", "right"]])
    found = posg.bounds.observability(game)
    assert (found.value, found.time, found.joint_action) == (pytest.approx(0.2, abs=TOL), 1, ("right",))
    assert found.where == "step 2, joint action (right)"
    assert found.initial.value == pytest.approx(0.1, abs=TOL)
    assert found.initial.where == "before the first action"
    assert found.initial.initial is None


def test_random_games_against_each_of_their_laws():
    for seed in range(4):
        game = random_game(seed, n_states=3, n_observations=2, horizon=3)
        matrices = [game.observation[t].reshape(4, 3, 4)[a] for t in range(2) for a in range(4)]
        expected = [brute_force(rows) for rows in matrices]
        found = posg.bounds.observability(game)
        assert found.value == pytest.approx(min(expected), abs=1e-8)
        time, action = divmod(int(np.argmin(expected)), 4)
        assert (found.time, found.joint_action) == (time, game.joint_action_label(action))
        assert ratio_of(matrices[4 * time + action], found.beliefs) == pytest.approx(found.value, rel=1e-9)


def test_equal_laws_are_treated_once():
    """Recycling robots see their states whatever they do: nine joint actions, one law."""
    assert len(step_laws(posg.catalog("recycling"))) == 1
    assert posg.bounds.observability(posg.catalog("recycling")).value == pytest.approx(1.0, abs=TOL)


def test_an_observation_that_opening_the_door_makes_useless():
    found = posg.bounds.observability(posg.catalog("dectiger"))
    assert (found.value, found.status, found.where) == (0.0, "exact", "every step, joint action (listen, open-left)")


def test_one_state_leaves_nothing_to_tell_apart():
    found = posg.bounds.observability(posg.catalog("chicken"))
    assert (found.value, found.status, found.beliefs, found.where) == (1.0, "exact", None, "one state only")


def test_the_answer_is_frozen_and_repeatable():
    game = one_law(accurate(4, 7, 11))
    one, other = posg.bounds.observability(game), posg.bounds.observability(game)
    assert one.value == pytest.approx(other.value, rel=1e-15)
    np.testing.assert_array_equal(one.beliefs, other.beliefs)
    with pytest.raises(ValueError, match="read-only"):
        one.beliefs[0, 0] = 1.0


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_time_limit_that_is_none_is_refused(limit):
    with pytest.raises(ModelError, match="time_limit"):
        posg.bounds.observability(posg.catalog("dectiger"), limit)


@pytest.mark.slow
def test_thirty_states_are_exact():
    """Sizes of real use, sparse and dense; more observations than states, so that the tree is needed."""
    for rows in (sparse(1, 30, 60), accurate(0, 30, 33)):
        found = posg.bounds.observability(one_law(rows), time_limit=300.0)
        assert found.status == "exact"
        assert ratio_of(rows, found.beliefs) == pytest.approx(found.upper, rel=1e-12)
