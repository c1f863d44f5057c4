"""Extensive games as POSGs: clocks, and values against other computations."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from game_trees import expected, kuhn, pure_strategies, random_tree, tree, value_by_enumeration

import lp_posg as posg
from lp_posg.errors import UnsupportedError
from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree, n_steps, times, to_game


def test_kuhn_poker(tmp_path):
    path = tmp_path / "kuhn.efg"
    posg.save(kuhn(), path)
    game = posg.load(path)
    assert game == kuhn()
    # Pass or bet, the answer, and the first agent's answer to a bet after a pass.
    assert n_steps(game) == 3
    found = posg.solve(to_game(game), 3, "none", method="sequence-form")
    assert found.values == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)
    assert to_game(posg.load(path)) == to_game(game)


def test_what_the_posg_of_kuhn_poker_looks_like():
    game = to_game(kuhn())
    # Each deal has four nodes where someone moves; each agent has two sets per card.
    assert (game.n_states, game.n_actions, game.n_observations) == (25, (2, 2), (7, 7))
    assert game.actions == (("pass", "bet"), ("pass", "bet"))
    assert game.observations[0] == ("nothing", "J", "Jpb", "Q", "Qpb", "K", "Kpb")
    assert game.states[0] == "node 1 after JQ"
    assert game.states[-1] == "end"
    assert game.initial[game.initial > 0] == pytest.approx([1 / 6] * 6)
    assert game.is_zero_sum
    assert to_game(kuhn(), "cards").name == "cards"


@pytest.mark.parametrize("clock", [True, False])
def test_values_of_random_trees(clock):
    solved = waits = 0
    for seed in range(26):
        game = random_tree(seed, clock=clock)
        if game.n_nodes < 8 or max(len(pure_strategies(game, agent)) for agent in (0, 1)) > 12:
            continue
        try:
            steps = n_steps(game)
        except UnsupportedError:
            assert not clock
            continue
        stage = to_game(game)
        waits += sum(", in " in name for name in stage.states)
        value = value_by_enumeration(game)
        found = posg.solve(stage, steps, "none", method="sequence-form").values
        assert found == pytest.approx([value, -value], abs=1e-8)
        solved += 1
    assert solved > 5
    # Without a clock in the making, some sets are met after different numbers of moves.
    assert (waits > 0) == (not clock)


def test_three_agents_and_any_payoffs():
    """The value of every agent at fixed strategies, against the sum over the tree."""
    rng = np.random.default_rng(2)
    checked = 0
    for seed in range(30):
        game = random_tree(seed, n_agents=3, zero_sum=False, clock=seed % 2 == 0)
        try:
            steps = n_steps(game)
        except UnsupportedError:
            continue
        stage = to_game(game)
        plans = [{k: int(rng.integers(len(own.actions))) for k, own in enumerate(game.sets)}] * 3
        assert value_of(stage, steps, game, plans, rng) == pytest.approx([float(x) for x in expected(game, plans)])
        checked += game.n_nodes > 10
    assert checked > 10


def value_of(stage, steps, game, plans, rng):
    """Return the agents' values where each does what it planned for the set it observes, and anything elsewhere."""
    sets = [[k for k, one in enumerate(game.sets) if one.agent == agent] for agent in range(3)]
    law = stage.initial.copy()
    total = np.zeros(3)
    seen = stage.initial_observation_matrix.toarray()
    for step in range(steps):
        following = np.zeros_like(law)
        for state in np.flatnonzero(law):
            joint = np.unravel_index(int(seen[state].argmax()), stage.n_observations)
            choice = [
                plans[agent][sets[agent][o - 1]] if o else int(rng.integers(stage.n_actions[agent]))
                for agent, o in enumerate(joint)
            ]
            action = int(np.ravel_multi_index(choice, stage.n_actions))
            total += law[state] * stage.reward_array(step)[:, state, action]
            row = stage.transition_matrix(step)[[state]].toarray().reshape(-1, stage.n_states)[action]
            following += law[state] * row
        law = following
    assert law[-1] == pytest.approx(1)
    return total


def test_actions_beyond_a_set_do_what_its_last_one_does():
    def tell(path):
        if len(path) == 2:
            return "end", ({"x": 1, "y": 2, "only": 5}[path[1]], 0)
        return (1, "first", ("l", "r")) if not path else (0, path[0], ("x", "y") if path[0] == "l" else ("only",))

    game = tree(("a", "b"), tell)
    stage = to_game(game)
    assert stage.actions == (("x/only", "y"), ("l", "r"))
    rewards = stage.reward_array(0)[0].reshape(stage.n_states, 2, 2)
    place = stage.states.index("node 4 after r")
    assert rewards[place].tolist() == [[5, 5], [5, 5]]
    assert rewards[stage.states.index("node 1 after l")].tolist() == [[1, 1], [2, 2]]


def test_payments_before_the_first_move_and_ends_without_one():
    # A coin pays 3 at once; heads: the game is over, which pays 10 more; tails: a choice of 1 or 2.
    def tell(path):
        if not path:
            return "chance", {"heads": "1/4", "tails": "3/4"}, (3,)
        if path == ("tails",):
            return 0, "choose", ("one", "two")
        return "end", ({"heads": 10, "one": 1, "two": 2}[path[-1]],)

    stage = to_game(tree(("a",), tell))
    # 3 + 10/4 + 2 * 3/4 = 7.
    assert posg.solve(stage, 1, "none", "team").values == pytest.approx([7])


def test_a_game_without_moves():
    stage = to_game(tree(("a", "b"), lambda path: ("end", (3, 4))))
    assert (n_steps(tree(("a", "b"), lambda path: ("end", (3, 4)))), stage.n_actions) == (1, (1, 1))
    assert posg.solve(stage, 1, "none", "ce").values == pytest.approx([3, 4])


# ---- clocks ------------------------------------------------------------------------------------------


def who_was_first():
    """Return the game in which a coin says who moves first, and neither agent learns it."""

    def tell(path):
        if not path:
            return "chance", {"heads": "1/2", "tails": "1/2"}
        if len(path) == 3:
            return "end", (0, 0)
        who = (path[0] == "tails") ^ (len(path) == 2)
        return int(who), "ab"[who], ("l", "r")

    return tree(("a", "b"), tell)


def test_no_clock():
    with pytest.raises(UnsupportedError) as caught:
        to_game(who_was_first())
    message = str(caught.value)
    assert "information set 'a' of agent 'a' is met after 0 and after 1 moves" in message
    assert "both before and after 'b' of 'b'" in message
    assert "lp_posg.load" in message
    assert (caught.value.information_set, caught.value.moves) == (0, (0, 1))


def test_a_set_met_after_different_numbers_of_moves_waits():
    # Heads: b moves and then a; tails: a moves at once, and does not know whether b has moved.
    def tell(path):
        if not path:
            return "chance", {"heads": "1/2", "tails": "1/2"}
        if path == ("heads",):
            return 1, "b", ("l", "r")
        if path == ("tails",) or (len(path) == 2 and path[0] == "heads"):
            return 0, "a", ("l", "r")
        pays = path[-1] == "l" if path[0] == "tails" else path[1] == path[2]
        return "end", (int(pays), -int(pays))

    game = tree(("a", "b"), tell)
    assert dict(zip([own.label for own in game.sets], times(game).tolist(), strict=True)) == {"b": 0, "a": 1}
    stage = to_game(game)
    assert [name for name in stage.states if ", in " in name] == ["node 8 after tails, in 1"]
    # b answers r, so that a's l wins after tails only and r after heads only: 1/2 either way.
    assert posg.solve(stage, 2, "none", method="sequence-form").values == pytest.approx([1 / 2, -1 / 2])
    assert value_by_enumeration(game) == pytest.approx(1 / 2)


def test_too_large():
    def tell(path):
        if not path:
            return "chance", {str(k): "1/3000" for k in range(3000)}
        return (len(path) - 1, path[0], ("l",)) if len(path) < 4 else ("end", (0, 0, 0))

    with pytest.raises(UnsupportedError, match=r"would have 2\.7\S* joint observations"):
        to_game(tree("abc", tell))


def test_too_much_waiting():
    """Many nodes of a set that comes late would wait for long: told before any state is made."""
    n, k = 5000, 6000
    # A chain of k moves of b, each at a set of its own, ends where a moves; n branches of chance lead a to it at once.
    parent = [-1, *[0] * (n + 1)]
    owner = [CHANCE, *[0] * n, 1]
    information = [-1, *[0] * n, 1]
    for step in range(k):
        parent.append(len(parent) - 1)
        owner.append(1 if step < k - 1 else 0)
        information.append(2 + step if step < k - 1 else 0)
    moves = [node for node in range(1, len(parent)) if owner[node] == 0]
    game = Tree(
        name="late",
        agents=("a", "b"),
        parent=np.array([*parent, *moves]),
        owner=np.array([*owner, *[TERMINAL] * len(moves)]),
        information=np.array([*information, *[-1] * len(moves)]),
        sets=(InformationSet(0, "", ("go",)), *[InformationSet(1, "", ("go",))] * k),
        probability=(Fraction(1), *[Fraction(1, n + 1)] * (n + 1), *[Fraction(1)] * (k + len(moves))),
        outcome=np.full(len(parent) + len(moves), -1),
        outcomes=(),
        labels=("", *["c"] * (n + 1), *["go"] * (k + len(moves))),
    )
    assert n_steps(game) == k + 1
    with pytest.raises(UnsupportedError, match=r"would have 6\.\d+e\+07 rewards"):
        to_game(game)


def test_names_are_different():
    game = kuhn()
    nameless = replace(game, sets=tuple(replace(own, label="nothing") for own in game.sets))
    assert to_game(nameless).observations[1][:3] == ("nothing", "nothing (2)", "nothing (3)")
