"""The check of strategy independence against brute force over all pure prescription profiles."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from full_histories import History, data, first_histories, joined, joint_actions, next_histories, split
from random_games import random_game

from lp_posg import Game, catalog
from lp_posg.errors import StrategyDependenceError, UnsupportedError
from lp_posg.information import reachable_states, sharing_structure
from lp_posg.information.tables import first_table, next_table
from lp_posg.types import INDEPENDENCE_TOL

BELIEF_TOL = 1e-12
CLEARLY_APART, CLEARLY_EQUAL = 1e-6, 1e-10  # in between, brute force could not tell: no game of ours is there
STRUCTURES = (
    "full",
    "one-step-delay",
    "one-directional",
    "controller:2",
    "uncontrolled:2",
    "delay:2",
    "none",
)
ALWAYS_FIT = STRUCTURES[:3]


# ---- the counterexample -----------------------------------------------------------------------


def caught(game: Game, sharing: str, horizon: int = 3) -> StrategyDependenceError:
    with pytest.raises(StrategyDependenceError) as found:
        reachable_states(game, sharing_structure(sharing, game.n_agents), horizon)
    return found.value


def posterior(game: Game, sharing: str, error: StrategyDependenceError, way: int) -> dict:
    """Return P(s, p | common information, increment) if the agents play the error's way, by full histories."""
    table = first_table(game, sharing_structure(sharing, game.n_agents))
    for _ in range(error.time + 1):
        table = next_table(game, sharing_structure(sharing, game.n_agents), table.next_private)
    switched = [
        None if own is None else (data((table.private[agent][own[0]],))[0], own[1])
        for agent, own in enumerate(error.prescriptions[way])
    ]
    before, after = joined(error.common_info), joined((*error.common_info, error.increment))
    histories = first_histories(game)
    for _ in range(error.time):
        histories = [c for h in histories for a in joint_actions(game) for c in next_histories(game, h, a)]
    found: dict = defaultdict(float)
    used = [False] * game.n_agents
    for history in histories:
        common, private = split(sharing, history, game.n_agents)
        if common != before:
            continue
        action = []
        for agent, own in enumerate(switched):
            change = own is not None and private[agent] == own[0]
            used[agent] |= change
            action.append(own[1] if change else 0)
        for child in next_histories(game, history, tuple(action)):
            news, kept = split(sharing, child, game.n_agents)
            if news == after:
                for state, weight in enumerate(child.weight):
                    found[kept, state] += weight
    assert used == [own is not None for own in switched], "a switch at private information that is not supported"
    total = sum(found.values())
    assert total > 0, "this way to play makes the increment impossible"
    return {key: weight / total for key, weight in found.items() if weight > 0}


def stated(game: Game, sharing: str, error: StrategyDependenceError, way: int) -> dict:
    """Return the belief that the error states, by the same keys."""
    table = first_table(game, sharing_structure(sharing, game.n_agents))
    for _ in range(error.time + 1):
        table = next_table(game, sharing_structure(sharing, game.n_agents), table.next_private)
    row = error.beliefs[way].toarray().ravel()
    found = {}
    for column in np.flatnonzero(row):
        profile = np.unravel_index(column // game.n_states, table.n_next)
        labels = tuple(table.next_private[i][int(p)] for i, p in enumerate(profile))
        found[data(labels), int(column % game.n_states)] = row[column]
    return found


def total_variation(one: dict, other: dict) -> float:
    return 0.5 * sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys())


def check_counterexample(game: Game, sharing: str, error: StrategyDependenceError) -> None:
    """Check that the error states two beliefs, that they are right, and that they differ."""
    assert len(error.prescriptions) == len(error.beliefs) == 2
    found = [posterior(game, sharing, error, way) for way in (0, 1)]
    for way in (0, 1):
        assert total_variation(found[way], stated(game, sharing, error, way)) < BELIEF_TOL
        (_, state), prob = max(found[way].items(), key=lambda item: item[1])
        likeliest = [f"{prob:.6g}: {game.states[s]}" for (_, s), p in found[way].items() if p > prob - BELIEF_TOL]
        assert any(text in str(error) for text in likeliest), (likeliest, state)
    assert total_variation(*found) > INDEPENDENCE_TOL


@pytest.mark.parametrize("sharing", ["delay:2", "none"])
def test_dectiger_has_a_counterexample_in_the_users_labels(sharing: str):
    game = catalog("dectiger")
    error = caught(game, sharing)
    assert error.time == 0
    check_counterexample(game, sharing, error)
    for words in (
        f"sharing '{sharing}'",
        "game 'dectiger'",
        "at step 1, with common information [nothing]",
        "increment [nothing new]",
        "(agent1: 'listen'; agent2: 'listen') leads to {",
        "'open-left'",
        "tiger-left",
        "agent1 did listen and saw hear-left",
    ):
        assert words in str(error)
    assert isinstance(error, UnsupportedError)


def late_control() -> Game:
    """Return a game, labelled, whose state only the second step's action of agent 2 moves."""
    still = np.broadcast_to(np.array([[0.8, 0.2], [0.3, 0.7]])[:, None, None], (2, 2, 2, 2)).copy()
    moved = still.copy()
    moved[:, :, 1] = [0.1, 0.9]
    law = np.array([[0.6, 0.1], [0.2, 0.1]]), np.array([[0.1, 0.2], [0.1, 0.6]])
    observation = np.broadcast_to(np.stack(law), (2, 2, 2, 2, 2))
    return Game(
        np.stack([still, moved, still]),
        observation,
        np.zeros((2, 2, 2, 2)),
        [0.5, 0.5],
        np.stack(law),
        name="late",
        agents=("pilot", "crew"),
        states=("calm", "storm"),
        actions=(("idle", "steer"), ("rest", "reef")),
        observations=(("blue", "grey"), ("dry", "wet")),
    )


def test_a_counterexample_at_a_later_step_tells_the_history():
    game = late_control()
    sharing = "uncontrolled:1"
    reachable_states(game, sharing_structure(sharing, 2), 2)  # the first step depends on nobody's play
    error = caught(game, sharing)
    assert error.time == 1
    assert len(error.common_info) == 2
    check_counterexample(game, sharing, error)
    # One step late: at step 2 the observations of step 1 are common, and those of step 2 are about to be.
    assert "at step 2, with common information [step 2: pilot saw " in str(error)
    assert "pilot: 'idle'" in str(error)
    assert "'reef'" in str(error)
    assert "crew saw" in str(error)
    assert "steer" not in str(error)  # the pilot influences nothing


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sharing", ["controller:2", "uncontrolled:2", "delay:2", "none"])
def test_counterexamples_of_random_games_are_right(sharing: str, seed: int):
    game = random_game(seed, initial_observation=seed % 2 == 0, sparse=seed >= 3)
    error = caught(game, sharing)
    check_counterexample(game, sharing, error)


def test_counterexamples_with_three_agents_are_right():
    game = random_game(0, n_agents=3, controlled_by=2)
    error = caught(game, "controller:1")
    check_counterexample(game, "controller:1", error)


# ---- structures that fit ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sharing"),
    [("uncontrolled", f"uncontrolled:{d}") for d in (1, 2, 3)]
    + [("single-controller", f"controller:{d}") for d in (1, 2)],
)
def test_the_catalogue_games_made_for_a_structure_fit_it(name: str, sharing: str):
    game = catalog(name)
    found = reachable_states(game, sharing_structure(sharing, game.n_agents), 4)
    assert len(found.depths) == 4
    assert min(depth.level.n_nodes for depth in found.depths) >= 1


def test_the_catalogue_game_with_a_controller_does_not_fit_without_hearing_of_its_actions():
    error = caught(catalog("single-controller"), "uncontrolled:2")
    check_counterexample(catalog("single-controller"), "uncontrolled:2", error)
    assert "owner: 'repair'" in str(error)


@pytest.mark.parametrize("sharing", ALWAYS_FIT)
def test_one_step_of_delay_or_less_fits_every_game(sharing: str):
    tried = 0
    for seed in range(12):
        for options in (
            {"n_agents": 1},
            {"n_agents": 2, "n_states": 3, "sparse": True},
            {"n_agents": 2, "n_actions": 3, "n_observations": 3},
            {"n_agents": 2, "horizon": 3, "sparse": seed % 2 == 0},
            {"n_agents": 3, "sparse": seed % 2 == 0},
        ):
            game = random_game(seed, initial_observation=seed % 3 != 0, **options)
            found = reachable_states(game, sharing_structure(sharing, game.n_agents), 2)
            tried += len(found.depths)
    assert tried == 12 * 5 * 2


# ---- verdicts ---------------------------------------------------------------------------------


def brute_force_verdict(game: Game, sharing: str) -> int | None:
    """Return the first of two steps at which the next belief depends on the pure prescriptions, or None."""
    for time in (0, 1):
        at: dict = defaultdict(list)
        for number, history in enumerate(histories_of(game)[time]):
            common, private = split(sharing, history, game.n_agents)
            at[common].append((private, number))
        if any(node_depends(game, sharing, time, node) for node in at.values()):
            return time
    return None


@lru_cache(maxsize=4)
def histories_of(game: Game) -> tuple[list[History], list[History]]:
    first = first_histories(game)
    return first, [child for numbers in children_of(game, 0) for own in numbers.values() for child in own]


@lru_cache(maxsize=4)
def children_of(game: Game, time: int) -> list[dict[tuple[int, ...], list[History]]]:
    histories = first_histories(game) if time == 0 else histories_of(game)[1]
    return [{a: next_histories(game, history, a) for a in joint_actions(game)} for history in histories]


def node_depends(game: Game, sharing: str, time: int, node: list) -> bool:
    """Return whether P(s, p | c, z) differs between two pure prescription profiles at one common information."""
    news_index: dict = {}
    kept_index: dict = {}
    rows: dict = defaultdict(list)
    for private, number in node:
        for action, children in children_of(game, time)[number].items():
            for child in children:
                news, kept = split(sharing, child, game.n_agents)
                z = news_index.setdefault(news, len(news_index))
                p = kept_index.setdefault(kept, len(kept_index))
                rows[private, action].append((z, p, child.weight))
    shape = (len(news_index), len(kept_index), game.n_states)
    weights = {}
    for key, entries in rows.items():
        weights[key] = np.zeros(shape)
        for z, p, weight in entries:
            weights[key][z, p] += weight
    privates = sorted({private for private, _ in node})
    own = [sorted({private[i] for private in privates}) for i in range(game.n_agents)]
    pure = [
        [dict(zip(mine, choice, strict=True)) for choice in product(range(count), repeat=len(mine))]
        for mine, count in zip(own, game.n_actions, strict=True)
    ]
    first = np.full(shape, np.nan)
    furthest = 0.0
    for profile in product(*pure):
        total = np.zeros(shape)
        for private in privates:
            action = tuple(plan[mine] for plan, mine in zip(profile, private, strict=True))
            total += weights.get((private, action), 0)
        mass = total.sum(axis=(1, 2))
        belief = total[mass > 0] / mass[mass > 0, None, None]
        known = first[mass > 0]
        fresh = np.isnan(known[:, 0, 0])
        known[fresh] = belief[fresh]
        first[mass > 0] = known
        furthest = max(furthest, 0.5 * float(np.abs(belief - known).sum(axis=(1, 2)).max()))
        if furthest > CLEARLY_APART:
            return True
    assert furthest < CLEARLY_EQUAL, "neither clearly equal nor clearly apart: choose another game"
    return False


# The parameters of 72 random games: every kind of influence, dense and sparse, two and three agents.
GAMES = [
    {"seed": seed, "n_agents": 2, "controlled_by": controlled_by, "sparse": sparse, "initial_observation": first}
    for seed in range(5)
    for controlled_by in (None, 0, 1)
    for sparse in (False, True)
    for first in (False, True)
] + [
    {"seed": seed, "n_agents": 3, "controlled_by": controlled_by, "sparse": sparse}
    for seed in range(2)
    for controlled_by in (None, 0, 1)
    for sparse in (False, True)
]
# Verdicts that follow from who influences what: the state of a game with `controlled_by` = k is moved by the
# first k agents' actions alone. None: either, as the zeros fall.
EXPECTED = {
    ("controller:2", 0, False): True,
    ("controller:2", 1, False): True,
    ("controller:2", None, False): False,
    ("uncontrolled:2", 0, False): True,
    ("uncontrolled:2", 1, False): False,
    ("uncontrolled:2", None, False): False,
}


@pytest.mark.parametrize("sharing", STRUCTURES)
def test_verdicts_on_random_games_are_those_of_brute_force(sharing: str):
    assert len(GAMES) == 72
    verdicts: Counter = Counter()
    for options in GAMES:
        game = random_game(**options)
        expected = brute_force_verdict(game, sharing)
        try:
            reachable_states(game, sharing_structure(sharing, game.n_agents), 3)
            found = None
        except StrategyDependenceError as error:
            found = error.time
        assert found == expected, options
        verdicts[found is None] += 1
        known = EXPECTED.get((sharing, options["controlled_by"], options["sparse"]))
        assert known is None or (found is None) == known
    if sharing in ALWAYS_FIT:
        assert verdicts == {True: 72}
    elif sharing in ("delay:2", "none"):
        # What is kept holds the agent's own action, so with two actions to choose from it always depends on play.
        assert verdicts == {False: 72}
    else:
        assert min(verdicts[True], verdicts[False]) >= 12


@pytest.mark.parametrize("sharing", ["delay:2", "none"])
def test_longer_delays_fit_where_there_is_one_action(sharing: str):
    for seed in range(4):
        game = random_game(seed, n_actions=1, initial_observation=True, sparse=seed % 2 == 0)
        assert brute_force_verdict(game, sharing) is None
        assert len(reachable_states(game, sharing_structure(sharing, 2), 3).depths) == 3


def test_a_dependence_in_the_second_step_only_is_found_by_both():
    game = late_control()
    for sharing, expected in (("uncontrolled:1", 1), ("uncontrolled:2", 1), ("one-step-delay", None)):
        assert brute_force_verdict(game, sharing) == expected
        if expected is None:
            assert len(reachable_states(game, sharing_structure(sharing, 2), 3).depths) == 3
        else:
            assert caught(game, sharing).time == expected


# ---- more than one shape of supports at a depth -----------------------------------------------


class PublicBranch:
    """Shares the branch that an observation names, and keeps the rest of it."""

    name = "public-branch"

    def increment(self, agent, private, action, observation):
        return None if observation is None else observation // 3

    def retain(self, agent, private, action, observation):
        return private if observation is None else (*private, observation % 3)


def branches(*, moved_in: int) -> Game:
    """Return a game with three public branches, of 1, 2 and 3 private informations; the coin after it
    depends on the private information, and in one branch on the action too.
    """
    starts = [(branch, rank) for branch in range(3) for rank in range(branch + 1)]
    n_states, n_seen = len(starts) + 2, 9  # then a coin
    transition = np.zeros((n_states, 2, n_states))
    seen = np.zeros((n_states, n_seen))
    for state, (branch, rank) in enumerate(starts):
        seen[state, 3 * branch + rank] = 1
        for action in range(2):
            heads = 0.2 + 0.2 * rank + (0.1 * action if branch == moved_in else 0.0)
            transition[state, action, -2:] = heads, 1 - heads
    transition[-2:, :, -2:] = np.eye(2)[:, None]
    seen[-2:, 0] = 1
    start = np.append(np.full(len(starts), 1 / len(starts)), [0, 0])
    return Game(transition, np.stack([seen] * 2), np.zeros((1, n_states, 2)), start, seen)


def test_every_shape_of_supports_at_a_depth_is_tested():
    space = reachable_states(branches(moved_in=-1), PublicBranch(), 2)
    assert [depth.level.n_nodes for depth in space.depths] == [3, 3]
    for branch in range(3):
        with pytest.raises(StrategyDependenceError) as caught:
            reachable_states(branches(moved_in=branch), PublicBranch(), 2)
        assert caught.value.common_info[0] == (branch,)
        game = branches(moved_in=branch)
        for way, belief in zip(caught.value.prescriptions, caught.value.beliefs, strict=True):
            # Heads for the branch's private informations alike, each with 0.1 more where the action is the second.
            later = 0 if way[0] is None else 1
            heads = 0.2 + 0.1 * branch + 0.1 * later / (branch + 1)
            coin = belief.toarray().reshape(-1, game.n_states).sum(axis=0)[-2:]
            assert coin == pytest.approx([heads, 1 - heads], abs=BELIEF_TOL)


@pytest.mark.parametrize("harmful", [1, 2, 3])
def test_every_action_beyond_the_first_is_in_the_basis(harmful: int):
    """One of four actions moves the coin that the next step hides; the others leave it alone."""
    transition = np.zeros((4, 4, 4))
    transition[:2, :, 2:] = [[0.3, 0.7]]
    transition[:2, harmful, 2:] = [[0.6, 0.4]]
    transition[2:, :, 2:] = np.eye(2)[:, None]
    seen = np.zeros((4, 2))
    seen[[0, 1], [0, 1]] = seen[2:, 0] = 1

    class Private(PublicBranch):
        def increment(self, agent, private, action, observation):
            return None

        def retain(self, agent, private, action, observation):
            return (*private, observation)

    game = Game(transition, np.stack([seen] * 4), np.zeros((1, 4, 4)), [0.5, 0.5, 0, 0], seen)
    with pytest.raises(StrategyDependenceError) as caught:
        reachable_states(game, Private(), 2)
    assert {way[0][1] for way in caught.value.prescriptions if way[0] is not None} == {harmful}
