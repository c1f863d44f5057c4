"""Hand-derived numbers and structural properties of the catalogue's models."""

from __future__ import annotations

import numpy as np
import pytest

from lp_posg.catalogue import catalog, catalog_entries
from lp_posg.game import Game
from lp_posg.planning import survey

ATOL = 1e-12
ENTRIES = [entry for entry in catalog_entries() if not entry.is_tree]
TWO_AGENTS = [entry for entry in ENTRIES if len(entry.n_actions) == 2]


def varies_with_action(game: Game, agent: int) -> bool:
    """Whether transition or observation depends on the action of `agent`."""
    move = np.ptp(game.transition, axis=1 + agent).max()
    see = np.ptp(game.observation, axis=agent).max()
    return bool(max(move, see) > ATOL)


@pytest.mark.parametrize("entry", TWO_AGENTS, ids=lambda entry: entry.name)
def test_claims_about_control_hold_on_the_arrays(entry):
    game = catalog(entry.name)
    first, second = varies_with_action(game, 0), varies_with_action(game, 1)
    assert ("uncontrolled:D" in entry.sharing) == (not first and not second)
    if not second:
        assert "controller:D" in entry.sharing


@pytest.mark.parametrize("entry", [e for e in ENTRIES if len(e.n_actions) > 1], ids=lambda entry: entry.name)
def test_the_rules_that_fit_are_those_that_are_named(entry):
    """As `lp-posg info` finds them; a rule with a delay fits if it does with every delay that is tried."""
    game = catalog(entry.name)
    steps = min(4, game.max_horizon or 4)
    tried = {f"{rule}:D": [f"{rule}:{delay}" for delay in (1, 2, 3)] for rule in ("controller", "uncontrolled")}
    tried |= {name: [name] for name in ("full", "one-step-delay", "one-directional", "none")}
    fitting = {name for name, rules in tried.items() if all(found.admissible for found in survey(game, steps, rules))}
    assert fitting == set(entry.sharing)


def test_the_controller_controls_and_the_other_agents_actions_matter():
    game = catalog("single-controller")
    assert varies_with_action(game, 0)
    assert np.ptp(game.transition[:, :, 0], axis=1).max() == pytest.approx(0.9)  # worn: stays, or repaired
    assert np.ptp(game.reward[0], axis=2).max() == pytest.approx(2.0)  # attending saves the owner 2


@pytest.mark.parametrize("name", ["uncontrolled", "noisy-pennies", "chicken-signals", "single-controller"])
def test_hidden_states_are_hidden_and_seen_differently(name: str):
    game = catalog(name)
    assert game.observation.min() > 0  # no joint observation tells the state for certain
    both = game.observation[0, 0, 0]
    assert both[0, 1] > 0  # agents may read the same state differently


def test_dectiger_rewards_and_sounds():
    game = catalog("dectiger")
    listen, left, right = range(3)
    tiger_left = 0
    np.testing.assert_allclose(
        game.reward[0, tiger_left],
        [[-2, -101, 9], [-101, -50, -100], [9, -100, 20]],
    )
    np.testing.assert_allclose(game.reward[0, 1], game.reward[0, 0][:, [0, 2, 1]][[0, 2, 1]])  # mirror image
    np.testing.assert_allclose(game.observation[listen, listen, tiger_left, 0, 0], 0.85**2, atol=ATOL)
    np.testing.assert_allclose(game.observation[listen, left, tiger_left], 0.25)
    np.testing.assert_allclose(game.transition[:, listen, listen], np.eye(2))
    np.testing.assert_allclose(game.transition[:, right, listen], 0.5)


def test_broadcast_channel_buffers_are_independent():
    game = catalog("broadcast-channel")
    # Node 1 (0.9) and node 2 (0.1), each sending (row 0) or waiting (row 1); state Sab is 2a + b.
    fills = [0.9, 0.1]
    by_node = []
    for fill in fills:
        one = np.empty((2, 2, 2))
        one[:, 0] = one[0, 1] = 1 - fill, fill
        one[1, 1] = 0.0, 1.0
        by_node.append(one)
    product = np.einsum("iax,jby->ijabxy", *by_node).reshape(4, 2, 2, 4)
    product[:, 0, 0] = product[0, 1, 1]  # after a collision both buffers start empty: the same law
    np.testing.assert_allclose(game.transition, product, atol=ATOL)


def test_recycling_spot_values():
    game = catalog("recycling")
    recharge, little, big = range(3)
    high_high, high_low, _, low_low = range(4)
    assert game.discount == pytest.approx(0.9)
    assert game.reward[0, high_high, big, big] == pytest.approx(5)
    # 0.7 of a big item, 0.3 of a rescue.
    assert game.reward[0, high_low, big, big] == pytest.approx(0.7 * 5 - 0.3 * 10)
    assert game.reward[0, low_low, big, big] == pytest.approx(0.49 * 5 - 0.6 * 10)
    assert game.reward[0, high_low, big, recharge] == pytest.approx(0)
    assert game.transition[high_high, little, big, low_low] == pytest.approx(0.3 * 0.5)
    assert game.transition[low_low, recharge, recharge, high_high] == pytest.approx(1)


def test_recycling_parameters_reach_the_game():
    game = catalog("recycling", little_item=3, little_drain=0.0, discount=1)
    assert game.discount == pytest.approx(1)
    assert game.reward[0, 0, 1, 1] == pytest.approx(6)
    assert game.transition[0, 1, 1, 0] == pytest.approx(1)


FORWARD, STAY, TURN_LEFT = 2, 3, 0


def box_move(game: Game, state: str, action1: int, action2: int) -> dict[str, float]:
    row = game.transition[game.states.index(state), action1, action2]
    return {game.states[t]: row[t] for t in np.flatnonzero(row)}


@pytest.mark.parametrize(
    ("state", "actions", "reward", "expected"),
    [
        # Both push the large box: moves if both succeed.
        ("s2N3N", (FORWARD, FORWARD), 99.8, {"largeBoxAtGoal": 0.81, "s2N3N": 0.19}),
        ("s2N3N", (FORWARD, STAY), -5.2, {"s2N3N": 1.0}),
        (
            "s1N4N",
            (FORWARD, FORWARD),
            19.8,
            {"leftBoxAtGoal": 0.09, "rightBoxAtGoal": 0.09, "bothSmallAtGoal": 0.81, "s1N4N": 0.01},
        ),
        # Both want field 2: both or none arriving changes nothing.
        ("s1E3W", (FORWARD, FORWARD), -10.2, {"s1E3W": 0.82, "s2E3W": 0.09, "s1E2W": 0.09}),
        # Agent 2 goes away, but agent 1 has bumped into it already.
        ("s2E3E", (FORWARD, FORWARD), -5.2, {"s2E4E": 0.9, "s2E3E": 0.1}),
        ("s1W4E", (FORWARD, FORWARD), -10.2, {"s1W4E": 1.0}),
        ("s1E4W", (TURN_LEFT, STAY), -0.2, {"s1N4W": 0.9, "s1E4W": 0.1}),
        ("largeBoxAtGoal", (FORWARD, STAY), 0.0, {"s1E4W": 1.0}),
    ],
)
def test_box_pushing_follows_the_rules(state, actions, reward, expected):
    game = catalog("box-pushing")
    assert game.reward[(0, game.states.index(state), *actions)] == pytest.approx(reward)
    assert box_move(game, state, *actions) == pytest.approx(expected, abs=ATOL)


def test_box_pushing_departs_from_the_rules_in_one_entry_only():
    listed, ruled = catalog("box-pushing"), catalog("box-pushing", as_distributed=False)
    differs = np.argwhere(np.abs(listed.transition - ruled.transition) > ATOL)
    states = listed.states
    assert [(states[s], a, b, states[t]) for s, a, b, t in differs] == [
        ("s2E4W", FORWARD, FORWARD, "s3E4S"),
        ("s2E4W", FORWARD, FORWARD, "s3E4W"),
    ]
    np.testing.assert_allclose(listed.reward, ruled.reward)
    np.testing.assert_allclose(listed.observation, ruled.observation)


@pytest.mark.parametrize(("west", "east"), [("NESW", "NWSE")])
def test_box_pushing_by_the_rules_is_its_own_mirror_image(west: str, east: str):
    game = catalog("box-pushing", as_distributed=False)
    mirror_direction = dict(zip(west, east, strict=True))

    def mirrored(state: str) -> str:
        if not state.startswith("s"):
            return {"leftBoxAtGoal": "rightBoxAtGoal", "rightBoxAtGoal": "leftBoxAtGoal"}.get(state, state)
        _, x1, d1, x2, d2 = state
        return f"s{5 - int(x2)}{mirror_direction[d2]}{5 - int(x1)}{mirror_direction[d1]}"

    order = [game.states.index(mirrored(state)) for state in game.states]
    turns = [1, 0, 2, 3]  # left and right change places
    image = game.transition[np.ix_(order, turns, turns, order)].swapaxes(1, 2)
    np.testing.assert_allclose(image, game.transition, atol=ATOL)
    np.testing.assert_allclose(game.reward[0][np.ix_(order, turns, turns)].swapaxes(1, 2), game.reward[0], atol=ATOL)


@pytest.mark.parametrize("name", ["competitive-tiger", "general-tiger", "chicken", "shapley-game", "uncontrolled"])
def test_exchanging_the_agents_exchanges_their_rewards(name: str):
    game = catalog(name)
    reward = game.reward
    if name == "shapley-game":  # symmetric as it stands: row's table is column's transposed
        np.testing.assert_allclose(reward[0, 0] + reward[1, 0], 3 * (1 - np.eye(3)))
    np.testing.assert_allclose(reward[0].swapaxes(1, 2), reward[1], atol=ATOL)
    np.testing.assert_allclose(game.transition.swapaxes(1, 2), game.transition, atol=ATOL)


def test_general_tiger_sounds():
    game = catalog("general-tiger")
    listen, left = 0, 1
    right_growl_silence = game.observations[0].index("growl-left+silence")
    both = game.observation[listen, listen, 0]
    assert both[right_growl_silence, right_growl_silence] == pytest.approx((0.85 * 0.9) ** 2)
    heard_by_1 = game.observation[listen, left, 1].sum(axis=1)
    assert heard_by_1[game.observations[0].index("growl-right+creak-left")] == pytest.approx(0.85 * 0.9)
    heard_by_2 = game.observation[listen, left, 1].sum(axis=0)
    np.testing.assert_allclose(heard_by_2, 1 / 6)
    assert catalog("general-tiger", creaks=False).n_observations == (2, 2)


@pytest.mark.parametrize("n_agents", [2, 3])
def test_access_channel_rewards_and_feedback(n_agents: int):
    game = catalog("access-channel", n_agents=n_agents, arrival=0.3, holding_cost=0.125)
    assert game.n_agents == n_agents
    assert game.n_states == 2**n_agents
    full = game.n_states - 1
    alone = (1,) + (0,) * (n_agents - 1)
    everyone = (1,) * n_agents
    np.testing.assert_allclose(game.reward[(slice(None), full, *alone)], [1] + [-0.125] * (n_agents - 1))
    np.testing.assert_allclose(game.reward[(slice(None), full, *everyone)], -0.625)
    np.testing.assert_allclose(game.reward[(slice(None), 0, *alone)], 0)  # an empty packet earns nothing
    # After a single delivery only the sender's buffer is refilled.
    assert game.transition[(full, *alone, full)] == pytest.approx(0.3)
    # Everyone hears "single", and reads its own full buffer.
    heard = game.observations[0].index("full+single")
    assert game.observation[(*alone, full, *(heard,) * n_agents)] == pytest.approx(1)
    assert game.initial[full] == pytest.approx(0.3**n_agents)
    first = game.initial_observation
    assert first is not None
    assert first[(0, *(game.observations[0].index("empty+silence"),) * n_agents)] == pytest.approx(1)


def test_access_channel_buffer_noise():
    game = catalog("access-channel", buffer_noise=0.1)
    full, wait = 3, 0
    as_empty = game.observations[0].index("empty+silence")
    assert game.observation[wait, wait, full, as_empty, as_empty] == pytest.approx(0.01)


def test_chicken_signals_come_before_the_first_action():
    game = catalog("chicken-signals")
    first = game.initial_observation
    assert first is not None
    np.testing.assert_allclose(first, game.observation[0, 0], atol=ATOL)
    others = [e.name for e in ENTRIES if catalog(e.name).initial_observation is not None]
    hardness = ["easy-observable", "hard-no-sharing", "hard-unobservable"]
    assert others == ["access-channel", "chicken-signals", *hardness, "kuhn-poker"]


# ---- combination lock ------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 4])
def test_combination_lock_pays_for_one_sequence_of_joint_actions_alone(length: int):
    game = catalog("combination-lock", length=length, accuracy=0.8, seed=length)
    moves = game.transition.reshape(length + 1, 4, length + 1)
    chance = game.initial[None]  # of the states, per sequence of joint actions
    for _ in range(length - 1):
        chance = np.einsum("ks,sat->kat", chance, moves).reshape(-1, length + 1)
    paid = chance @ game.reward[0, :, 0, 0]
    assert len(paid) == 4 ** (length - 1)
    assert np.sort(paid)[::-1].tolist() == [1.0] + [0.0] * (len(paid) - 1)
    after = np.einsum("ks,sat->kat", chance, moves)[..., -1]  # once only
    np.testing.assert_allclose(after, 1.0)
    np.testing.assert_allclose(game.reward[0], game.reward[0, :, :1, :1] * np.ones((2, 2)))


def test_combination_lock_is_read_by_each_agent_with_its_own_noise():
    game = catalog("combination-lock", length=3, accuracy=0.8)
    alive, dead = [[0.64, 0.16], [0.16, 0.04]], [[0.04, 0.16], [0.16, 0.64]]
    np.testing.assert_allclose(game.observation[1, 0], [alive, alive, alive, dead], atol=ATOL)


def test_combination_lock_is_drawn_by_its_seed():
    assert len({catalog("combination-lock", seed=seed).transition.tobytes() for seed in range(10)}) == 10
    np.testing.assert_array_equal(catalog("combination-lock").transition, catalog("combination-lock").transition)
