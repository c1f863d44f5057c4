"""Finite memory: attached beliefs, transitions and supports are those of its definition."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from memory_models import MemoryModel
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import ModelError, StrategyDependenceError
from lp_posg.information import FiniteMemory, finite_memory, reachable_states, sharing_structure
from lp_posg.information.finite_memory import stationary_law

BELIEF_TOL = 1e-8

# sharing, memories, horizon, what the game is like
CASES = [
    ("full", (0, 1), 3, {}),
    ("full", (0, 1, 2), 4, {"initial_observation": True, "sparse": True}),
    ("one-step-delay", (0, 1), 3, {}),
    ("one-step-delay", (1, 2), 4, {"sparse": True, "n_states": 3}),
    ("one-step-delay", (0, 1), 3, {"initial_observation": True, "horizon": 3}),
    ("one-directional", (0, 1), 3, {"initial_observation": True, "sparse": True}),
    ("one-directional", (0, 1), 3, {"n_agents": 3, "n_actions": 1}),
    ("controller:2", (0, 1, 2), 4, {"controlled_by": 1}),
    ("controller:2", (0, 1), 4, {"controlled_by": 1, "initial_observation": True, "sparse": True}),
    ("uncontrolled:2", (0, 2), 4, {"controlled_by": 0, "initial_observation": True}),
    ("uncontrolled:2", (0, 1, 3), 5, {"controlled_by": 0, "sparse": True, "n_states": 3, "horizon": 5}),
]
LAWS = ("uniform", "prior", "stationary")


def follow(space, tables, memory_model, horizon):
    """Yield (time, common history, state it leads to) for every common history of the game."""
    found = {}
    for time in range(horizon):
        for common in memory_model.commons(time):
            arcs = space.start if time == 0 else space.depths[time - 1].arcs
            parent = 0 if time == 0 else found[time - 1, common[:-1]]
            flat = 0
            for own, labels in zip(common[-1], tables[time].increments, strict=True):
                flat = flat * len(labels) + labels.index(own)
            arc = np.flatnonzero((arcs.parent == parent) & (arcs.increment == flat))
            assert len(arc) == 1, "the model does not know what the game makes possible"
            found[time, common] = int(arcs.child[arc[0]])
    return found


def attached(depth, node):
    """Return the attached belief of a state as a dictionary over (state, private profile)."""
    level, law = depth.level, {}
    for cell in np.flatnonzero(level.cell_node == node):
        private = tuple(own[int(p)] for own, p in zip(depth.private, level.cell_profile[:, cell], strict=True))
        row = level.belief[[cell]]
        law |= {(int(s), private): float(b) for s, b in zip(row.indices, row.data, strict=True)}
    return law


def apart(mine, theirs):
    return max((abs(mine.get(key, 0) - theirs.get(key, 0)) for key in {**mine, **theirs}), default=0.0)


def check_against_definition(game, sharing, horizon, compression):
    structure = sharing_structure(sharing, game.n_agents)
    model = MemoryModel(game, structure, compression.memory, compression.law, compression.exploration)
    space = reachable_states(game, structure, horizon, compression=compression)
    tables = [space.start_table, *(d.table for d in space.depths if d.table is not None)]
    node_of = follow(space, tables, model, horizon)
    checked = 0
    for time in range(horizon):
        by_memory = defaultdict(set)
        for common in model.commons(time):
            by_memory[model.remembered(time, common)].add(node_of[time, common])
        assert all(len(nodes) == 1 for nodes in by_memory.values()), "the state is not a function of the memory"
        assert {node for nodes in by_memory.values() for node in nodes} == set(range(space.depths[time].level.n_nodes))
        for memory, (node,) in ((m, tuple(n)) for m, n in by_memory.items()):
            mine, theirs = attached(space.depths[time], node), model.attached(time, memory)
            assert set(mine) == set(theirs)
            assert apart(mine, theirs) < BELIEF_TOL, (time, memory, mine, theirs)
            checked += 1
    assert checked > horizon - 1
    return space, model, node_of


@pytest.mark.parametrize(
    ("case", "law"),
    # No stationary law where the game varies.
    [(c, law) for c in range(len(CASES)) for law in LAWS if law != "stationary" or "horizon" not in CASES[c][3]],
)
def test_attached_beliefs_by_bayes_from_the_law(case, law):
    sharing, memories, horizon, kind = CASES[case]
    for memory in memories:
        check_against_definition(random_game(case, **kind), sharing, horizon, FiniteMemory(memory, law))


# ---- laws that miss something possible ----------------------------------------------------------------


def chain_game(transition, observation, initial, n_actions=1):
    """Return a game of two agents; only agent 1 acts and sees. `transition` (S, A, S), `observation` (S, O)."""
    transition, observation = np.asarray(transition, float), np.asarray(observation, float)
    n_states, n_seen = observation.shape
    reward = np.zeros((2, n_states, n_actions, 1))
    reward[:, 0] = 1.0
    return posg.Game(
        transition[:, :, None, :],
        np.broadcast_to(observation[None, None, :, :, None], (n_actions, 1, n_states, n_seen, 1)),
        reward,
        np.asarray(initial, float),
    )


def stays_or_goes():
    """Return a game in which action 1 alone leads from the first state to the second, which is seen."""
    return chain_game([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], np.eye(2), [1, 0], n_actions=2)


def two_ways_out():
    """Return a game with two transient states; the third observation tells that it is one of them, not which."""
    transition = [[[0.3, 0, 0.7]], [[0, 0.3, 0.7]], [[0, 0, 1]]]
    return chain_game(transition, [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.5, 0.5, 0]], [0.5, 0.5, 0])


STAY = FiniteMemory(1, "prior", exploration=np.array([1.0, 0.0]))


@pytest.mark.parametrize("memory", [0, 1, 2])
def test_exploration_that_misses_what_is_possible(memory):
    compression = FiniteMemory(memory, "prior", exploration=np.array([1.0, 0.0]))
    check_against_definition(stays_or_goes(), "full", 4, compression)
    solution = posg.solve(stays_or_goes(), 4, "full", "cce", compression=compression)
    assert solution.certificate.status == "exact"
    np.testing.assert_allclose(solution.values, [4, 4], atol=1e-9)  # staying is best, and is planned


@pytest.mark.parametrize("sharing", ["full", "one-step-delay", "one-directional"])
@pytest.mark.parametrize("seed", range(4))
def test_deterministic_exploration_of_sparse_games(sharing, seed):
    compression = FiniteMemory(1, "prior", exploration=np.eye(4)[seed])
    game = random_game(seed, sparse=True, n_states=3)
    check_against_definition(game, sharing, 3, compression)
    assert posg.solve(game, 3, sharing, "cce", compression=compression).certificate.status == "exact"


def test_without_the_covering_prior_the_strategy_could_not_be_followed(monkeypatch):
    monkeypatch.setattr(finite_memory, "COVERING", 0.0)
    with pytest.raises(ModelError, match="no state for an increment that the game makes possible"):
        posg.solve(stays_or_goes(), 4, "full", "cce", compression=STAY)


@pytest.mark.parametrize("memory", [0, 1, 2])
@pytest.mark.parametrize("law", LAWS)
def test_states_that_are_left_for_ever(memory, law):
    # With memory 2 the memories (left, third) and (right, third) tell the transient states apart, though the
    # beliefs after (left) and (right) are within 1e-10 of each other: the stationary law is all on the last state.
    check_against_definition(two_ways_out(), "full", 6, FiniteMemory(memory, law))
    solution = posg.solve(two_ways_out(), 6, "full", "cce", compression=FiniteMemory(memory, law))
    # Nobody can do anything: 1 for each step in the first state, which holds with probability 0.3^t / 2.
    np.testing.assert_allclose(solution.values, sum(0.3**t / 2 for t in range(6)), atol=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_what_grows_unlikely_stays_possible_in_long_games(law):
    # The first state is kept with probability 1e-9 and seen: after 36 steps 1e-324, less than any number held.
    game = chain_game([[[1e-9, 1 - 1e-9]], [[0, 1]]], np.eye(2), [1, 0])
    solution = posg.solve(game, 40, "full", "cce", compression=FiniteMemory(1, law))
    assert solution.stats.states == 2 * 40 - 1
    np.testing.assert_allclose(solution.values, 1, atol=1e-8)
    np.testing.assert_allclose(solution.model_values, 1, atol=1e-8)


def test_a_memory_lost_to_underflow_has_the_law_itself():
    # Staying is seen and has probability 1e-200: from the prior one step ago (1e-100 at least) that is 1e-300, taken
    # for 0, but the belief of the state that it follows makes it possible. The prior then stands in.
    game = chain_game([[[1e-200, 1.0]], [[0, 1]]], np.eye(2), [1, 0])
    compression = FiniteMemory(1, "prior")
    space = reachable_states(game, sharing_structure("full", 2), 3, compression=compression)
    assert [depth.level.n_nodes for depth in space.depths] == [1, 2, 2]
    np.testing.assert_allclose(space.depths[2].level.belief.toarray(), [[0, 1], [0, 1]], atol=1e-90)
    solution = posg.solve(game, 3, "full", "cce", compression=compression)
    np.testing.assert_allclose(solution.values, 1, atol=1e-12)


def test_long_run_laws():
    swap = chain_game([[[0, 1]], [[1, 0]]], np.eye(2), [1, 0])  # a period of two
    np.testing.assert_allclose(stationary_law(swap), [0.5, 0.5], atol=1e-12)
    split = chain_game([[[0, 0.3, 0.7]], [[0, 1, 0]], [[0, 0, 1]]], np.eye(3), [1, 0, 0])  # two closed classes
    np.testing.assert_allclose(stationary_law(split), [0, 0.3, 0.7], atol=1e-12)
    slow = chain_game([[[1 - 1e-7, 1e-7]], [[3e-7, 1 - 3e-7]]], np.eye(2), [1, 0])  # balance: 1e-7 x = 3e-7 y
    np.testing.assert_allclose(stationary_law(slow), [0.75, 0.25], atol=1e-6)
    both = chain_game([[[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]], np.eye(2), [1, 0], n_actions=2)
    # Uniform actions: the first is left with 1/2, the second with 1/4: x / 2 = y / 4.
    np.testing.assert_allclose(stationary_law(both), [1 / 3, 2 / 3], atol=1e-12)


def test_long_run_laws_of_many_states_are_iterated(monkeypatch):
    game = chain_game([[[0, 0.3, 0.7, 0]], [[0, 0, 0, 1]], [[0, 0, 1, 0]], [[0, 1, 0, 0]]], np.eye(4), [1, 0, 0, 0])
    monkeypatch.setattr(finite_memory, "DENSE_STATES", 3)
    np.testing.assert_allclose(stationary_law(game), [0, 0.15, 0.7, 0.15], atol=1e-11)
    assert stationary_law(game)[0] == pytest.approx(0, abs=0)  # left for ever: exactly 0


# ---- which memories are one state ---------------------------------------------------------------------


class Unpruned:
    """Finite memory that is told of a longer plan, so that it keeps every age to the end."""

    def __init__(self, inner):
        self.inner, self.name = inner, f"unpruned {inner.name}"

    def first(self, step, children):
        return self.inner.first(step, children)

    def update(self, step, state, children):
        return self.inner.update(replace(step, horizon=step.horizon + self.inner.memory + 1), state, children)


@pytest.mark.parametrize("name", ["dectiger", "broadcast-channel"])
def test_ages_that_never_come_of_use_are_dropped_without_loss(name):
    sharing = "full" if name == "dectiger" else "one-step-delay"
    game, structure, horizon = posg.catalog(name), sharing_structure(sharing, 2), 4
    inner = FiniteMemory(2)
    short, long = (reachable_states(game, structure, horizon, compression=c) for c in (inner, Unpruned(inner)))
    kept, all_kept = ([depth.level.n_nodes for depth in u.depths] for u in (short, long))
    assert kept[:-1] == all_kept[:-1]
    assert kept[-1] < all_kept[-1]
    if name == "dectiger":
        # The growls heard at one step are both left, one each, or both right; opening a door says nothing. The last
        # two steps' add up to one of 5 differences (beliefs), and with the last one's alone they make 3 x 3 pairs.
        assert (kept[-1], all_kept[-1]) == (5, 9)
    mine, theirs = (posg.solve(game, horizon, sharing, "team", compression=c) for c in (inner, Unpruned(inner)))
    np.testing.assert_allclose(mine.model_values, theirs.model_values, atol=1e-9)
    np.testing.assert_allclose(mine.values, theirs.values, atol=1e-9)
    np.testing.assert_allclose(mine.certificate.gaps, theirs.certificate.gaps, atol=1e-9)


@pytest.mark.parametrize("sharing", ["full", "controller:2"])
@pytest.mark.parametrize("memory", [0, 1, 2, 3])
def test_dropping_ages_changes_no_value_of_random_games(sharing, memory):
    game = random_game(memory, controlled_by=1, sparse=True)
    mine, theirs = (
        posg.solve(game, 4, sharing, "cce", compression=c)
        for c in (FiniteMemory(memory), Unpruned(FiniteMemory(memory)))
    )
    np.testing.assert_allclose(mine.model_values, theirs.model_values, atol=1e-9)
    np.testing.assert_allclose(mine.values, theirs.values, atol=1e-9)


@pytest.mark.parametrize("memory", [0, 1])
def test_states_of_the_last_depth_differ_in_their_attached_beliefs_alone(memory):
    game, structure, horizon = posg.catalog("dectiger"), sharing_structure("one-step-delay", 2), 3
    space = reachable_states(game, structure, horizon, compression=FiniteMemory(memory))
    model = MemoryModel(game, structure, memory)
    beliefs = {
        tuple(sorted(((s, repr(p)), round(b, 9)) for (s, p), b in model.attached(2, memory_).items()))
        for memory_ in {model.remembered(2, common) for common in model.commons(2)}
    }
    assert space.depths[-1].level.n_nodes == len(beliefs)


# ---- options --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((-1,), "the memory is -1, expected 0, 1, 2"),
        ((1.5,), "the memory is 1.5"),
        ((True,), "the memory is True"),
        ((1, "posterior"), "unknown law 'posterior'; expected uniform, prior, stationary"),
        ((1, "uniform", np.ones(4) / 4), "exploration is for law 'prior'"),
        ((1, "prior", np.ones(4)), "not a distribution"),
        ((1, "prior", np.array([2.0, -1.0])), "not a distribution"),
        ((1, "prior", np.array([np.nan, 1.0])), "not a distribution"),
    ],
)
def test_options_are_checked(options, words):
    with pytest.raises(ModelError, match=words):
        FiniteMemory(*options)


def test_exploration_has_to_be_of_the_game():
    with pytest.raises(ModelError, match="exploration has 2 entries, game 'random-0' has 4 joint actions"):
        posg.solve(random_game(0), 2, "full", compression=STAY)


def test_a_game_that_varies_has_no_stationary_law():
    with pytest.raises(ModelError, match="needs a game that does not vary with time"):
        posg.solve(random_game(0, horizon=2), 2, "full", compression="finite-memory:1:stationary")


def test_a_model_whose_beliefs_depend_on_play_is_not_held_against_the_game():
    # The state of chicken tells what both did last. From step 2 on agent 1 has seen it, so the exact belief is
    # certain; without memory it is uniform, and what agent 2 keeps to itself then tells of its action, not shared.
    game = posg.catalog("chicken")
    assert posg.solve(game, 3, "controller:2", compression="finite-memory:2").certificate.gap <= 1e-7
    with pytest.raises(StrategyDependenceError) as caught:
        posg.solve(game, 3, "controller:2", compression="finite-memory:0")
    text = str(caught.value)
    assert "in the model that compression 'finite-memory:0' makes of game 'chicken'" in text
    assert text.endswith("or keep more of the common information: the game itself may well be")
    with pytest.raises(StrategyDependenceError, match="not strategy-independent in game 'dectiger'"):
        posg.solve(posg.catalog("dectiger"), 3, "none")
