"""Known values against oracles that share no code with the package: enumeration and plain LPs."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog

from lp_posg.catalogue import CatalogEntry, KnownValue, catalog, catalog_entries
from lp_posg.game import Game

ATOL = 1e-7
ENTRIES = [entry for entry in catalog_entries() if not entry.is_tree]
CASES = [(entry, known) for entry in ENTRIES for known in entry.known_values]


def case_id(case: object) -> str:
    if isinstance(case, CatalogEntry):
        return case.name
    assert isinstance(case, KnownValue)
    return f"{case.sharing}-{case.concept}-{case.horizon}"


# ---- teams: dynamic programming over beliefs --------------------------------------------------


def team_value(game: Game, sharing: str, horizon: int, discount: float) -> float:
    """Return the team optimum of a two-agent game, by enumeration; only its rewards may vary with time."""
    move, see, first = game.transition, game.observation, game.initial_observation

    def act(belief: np.ndarray, time: int) -> np.ndarray:
        """Value of each joint action when `belief` is common knowledge."""
        value = (belief @ game.reward_array(time)[0]).reshape(game.n_actions)
        if time < horizon - 1:
            for a, b in np.ndindex(value.shape):
                value[a, b] += discount * observe(belief @ move[:, a, b], see[a, b], time + 1)
        return value

    def observe(prior: np.ndarray, seen: np.ndarray, time: int) -> float:
        """Value before an observation of law `seen`, which becomes common within a step."""
        law = prior[:, None, None] * seen
        weight = law.sum(axis=0)
        rows, columns = np.flatnonzero(weight.sum(axis=1)), np.flatnonzero(weight.sum(axis=0))
        weighted = np.zeros((len(rows), len(columns), *game.n_actions))
        for (i, x), (j, y) in product(enumerate(rows), enumerate(columns)):
            if weight[x, y] > 0:
                weighted[i, j] = weight[x, y] * act(law[:, x, y] / weight[x, y], time)
        if sharing == "full":
            return float(weighted.max(axis=(2, 3)).sum())
        if sharing == "one-directional":  # agent 1's reading is known to both
            return float(weighted.max(axis=3).sum(axis=1).max(axis=1).sum())
        plans = product(range(game.n_actions[0]), repeat=len(rows))
        return max(float(sum(weighted[i, :, a] for i, a in enumerate(plan)).max(axis=1).sum()) for plan in plans)

    return float(act(game.initial, 0).max()) if first is None else observe(game.initial, first, 0)


LONGEST = {"box-pushing": 3, "broadcast-channel": 4, "recycling": 4, "dectiger": 4, "prisoners": 3}
LONGEST |= {"combination-lock": 3, "easy-observable": 3, "hard-no-sharing": 3, "hard-unobservable": 3}
TEAM_CASES = [
    (entry, known)
    for entry, known in CASES
    if entry.kind == "team" and known.sharing != "none" and known.horizon <= LONGEST[entry.name]
]


@pytest.mark.parametrize(("entry", "known"), TEAM_CASES, ids=case_id)
def test_team_values(entry: CatalogEntry, known: KnownValue):
    value = team_value(catalog(entry.name), known.sharing, known.horizon, known.discount)
    assert known.values == pytest.approx((value, value), abs=ATOL)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.kind == "team"], ids=case_id)
def test_more_sharing_never_lowers_the_published_team_value(entry: CatalogEntry):
    order = ["none", "one-step-delay", "one-directional", "full"]
    value = {(k.sharing, k.horizon): k.welfare for k in entry.known_values}
    pairs = [
        (value[less, h], value[more, h])
        for less, more in combinations(order, 2)
        for h in range(1, 10)
        if (less, h) in value and (more, h) in value
    ]
    assert pairs
    assert all(low <= high + ATOL for low, high in pairs)


# ---- games: every stage of a game whose information is common -----------------------------------


def equilibrium_welfare(payoff: np.ndarray, concept: str) -> float:
    """Return the largest sum of payoffs of an equilibrium of a game, shape (n, A_1, ..., A_n); Nash's for n = 2."""
    if concept == "ne":
        return max(nash_welfares(payoff))
    n_actions = payoff.shape[1:]
    rows = []
    for agent in range(len(payoff)):
        own = np.moveaxis(payoff[agent], agent, 0)
        if concept == "ce":
            for told, other in product(range(n_actions[agent]), repeat=2):
                gain = np.zeros_like(own)
                gain[told] = own[other] - own[told]
                rows.append(np.moveaxis(gain, 0, agent).ravel())
        else:
            rows += [np.moveaxis(own[other] - own, 0, agent).ravel() for other in range(n_actions[agent])]
    result = linprog(
        -payoff.sum(axis=0).ravel(),
        A_ub=np.array(rows),
        b_ub=np.zeros(len(rows)),
        A_eq=np.ones((1, payoff[0].size)),
        b_eq=[1.0],
    )
    assert result.status == 0
    return -float(result.fun)


def nash_welfares(payoff: np.ndarray) -> list[float]:
    """Return the sum of payoffs of every equilibrium on supports of equal size (all, if nondegenerate)."""
    found = []
    for size in range(1, min(payoff.shape[1:]) + 1):
        for rows in combinations(range(payoff.shape[1]), size):
            for columns in combinations(range(payoff.shape[2]), size):
                x = indifferent(payoff[1].T, columns, rows)
                y = indifferent(payoff[0], rows, columns)
                if x is None or y is None:
                    continue
                best1, best2 = (payoff[0] @ y).max(), (x @ payoff[1]).max()
                total1, total2 = x @ payoff[0] @ y, x @ payoff[1] @ y
                if total1 >= best1 - 1e-9 and total2 >= best2 - 1e-9:
                    found.append(float(total1 + total2))
    assert found
    return found


def indifferent(own: np.ndarray, mine: tuple[int, ...], others: tuple[int, ...]) -> np.ndarray | None:
    """Return the other's mix on `others` that makes all of `mine` equally good, if there is one."""
    size = len(mine)
    system = np.zeros((size + 1, size + 1))
    system[:size, :size] = own[np.ix_(mine, others)]
    system[:size, size] = -1.0
    system[size, :size] = 1.0
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    solved = np.linalg.solve(system, np.eye(size + 1)[size])[:size]
    if solved.min() < -1e-12:
        return None
    mix = np.zeros(own.shape[1])
    mix[list(others)] = solved
    return mix


def first_stage_welfare(game: Game, concept: str) -> float:
    """Return the best welfare of one step with everything shared: a matrix game per first observation."""
    first = game.initial_observation
    law = np.ones((game.n_states, 1, 1)) if first is None else first
    joint = (game.initial[:, None, None] * law).reshape(game.n_states, -1)
    total = 0.0
    for column in joint.T:
        if column.sum() > 0:
            payoff = np.einsum("s,is...->i...", column / column.sum(), game.reward)
            total += column.sum() * equilibrium_welfare(payoff, concept)
    return total


FIRST_STAGE = [
    (entry, known)
    for entry, known in CASES
    if entry.kind != "team" and known.horizon == 1 and known.sharing == "full"
    # The Nash equilibria of three agents are derived in test_published_matrix_games.py.
    if known.concept != "ne" or len(entry.n_actions) == 2
]


@pytest.mark.parametrize(("entry", "known"), FIRST_STAGE, ids=case_id)
def test_values_of_one_step(entry: CatalogEntry, known: KnownValue):
    welfare = first_stage_welfare(catalog(entry.name), known.concept)
    assert known.welfare == pytest.approx(welfare, abs=ATOL)


def test_every_game_that_is_not_a_team_has_a_value_of_one_step():
    assert {entry.name for entry, _ in FIRST_STAGE} == {e.name for e in ENTRIES if e.kind != "team"}


def matrix_value(payoff: np.ndarray) -> float:
    """Return the value of a zero-sum matrix game to the row agent."""
    n_rows, n_columns = payoff.shape
    result = linprog(
        np.append(np.zeros(n_rows), -1.0),
        A_ub=np.hstack([-payoff.T, np.ones((n_columns, 1))]),
        b_ub=np.zeros(n_columns),
        A_eq=np.append(np.ones(n_rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * n_rows + [(None, None)],
    )
    assert result.status == 0
    return -float(result.fun)


def zero_sum_value(game: Game, belief: np.ndarray, horizon: int) -> float:
    """Return agent 1's value when everything is shared, by recursion over all histories."""
    payoff = np.einsum("s,sab->ab", belief, game.reward[0])
    if horizon > 1:
        for a, b in np.ndindex(payoff.shape):
            law = ((belief @ game.transition[:, a, b])[:, None, None] * game.observation[a, b]).reshape(
                game.n_states, -1
            )
            payoff[a, b] += sum(
                column.sum() * zero_sum_value(game, column / column.sum(), horizon - 1)
                for column in law.T
                if column.sum() > 0
            )
    return matrix_value(payoff)


ZERO_SUM = [
    (entry, known)
    for entry, known in CASES
    if entry.kind == "zero-sum" and known.sharing == "full" and known.horizon <= 2
]


@pytest.mark.parametrize(("entry", "known"), ZERO_SUM, ids=case_id)
def test_zero_sum_values(entry: CatalogEntry, known: KnownValue):
    game = catalog(entry.name)
    value = zero_sum_value(game, game.initial, known.horizon)
    assert known.values == pytest.approx((value, -value), abs=ATOL)


@pytest.mark.parametrize("q", [0.0, 0.25, 0.5, 0.9])
def test_noisy_pennies_formula(q: float):
    game = catalog("noisy-pennies")
    assert zero_sum_value(game, np.array([q, 1 - q]), 1) == pytest.approx((1 + 2 * q - 2 * q * q) / 3, abs=ATOL)


def own_reward_value(game: Game, sharing: str, agent: int) -> float:
    """Return `agent`'s value of two steps when rewards do not depend on the other: listen, then act on it."""
    listen, reward = 0, np.moveaxis(game.reward[agent], 1 + agent, 1)[:, :, 0]
    law = game.initial[:, None, None] * game.observation[listen, listen]
    knows_other = sharing == "full" or (sharing == "one-directional" and agent == 1)
    known = law.reshape(game.n_states, -1) if knows_other else law.sum(axis=2 - agent)
    return float(game.initial @ reward[:, listen] + (known.T @ reward).max(axis=1).sum())


TIGER_CASES = [
    (entry, known)
    for entry, known in CASES
    if entry.name in ("general-tiger", "competitive-tiger") and known.horizon == 2
]


@pytest.mark.parametrize(("entry", "known"), TIGER_CASES, ids=case_id)
def test_tigers_of_two_steps(entry: CatalogEntry, known: KnownValue):
    # Agent i's own part of the reward is that of the general tiger in both; the rest follows by subtraction.
    own = [own_reward_value(catalog("general-tiger"), known.sharing, agent) for agent in range(2)]
    ahead = own[0] - own[1]
    expected = own if entry.name == "general-tiger" else [ahead, -ahead]
    assert known.values == pytest.approx(tuple(expected), abs=ATOL)


def test_shapley_game_has_one_equilibrium():
    assert nash_welfares(catalog("shapley-game").reward[:, 0]) == pytest.approx([2.0], abs=ATOL)
