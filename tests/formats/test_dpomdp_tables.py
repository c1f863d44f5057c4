"""T, O and R in .dpomdp files: every form, against arrays written out by hand."""

import numpy as np
import pytest

EYE = np.eye(2)
FLAT = np.full((2, 2), 0.5)


def moves(game, a1, a2):
    return game.transition[:, a1, a2, :]


def laws(game, a1, a2):
    """Rows are next states; columns joint observations 00, 01, 10, 11, last agent fastest."""
    return game.observation[a1, a2].reshape(2, 4)


# ---- T -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "T: jam go : north : north : 0.25\nT: jam go : north : south : 0.75",
        "T:jam go:north:north:.25\nT:jam go:north:south:+0.75",
        "T: 1 0 : 0 : 0 : 25e-2\nT: 1 go : 0 : south : 7.5E-1",
        "T: 2 : north : 0 : 0.25\nT: 2 : 0 : 1 : 0.75",  # joint index: last agent fastest, so 2 is (1, 0)
        "T: jam go : north : 0.25 0.75",
        "T: jam go : north\n0.25 0.75",
        "T: jam go : north :\n0.25\n0.75",
        "T: jam go : north : 0.25\n0.75",
        "T: jam go : north : 0.25 0.75\nT: jam go : south : 0 1",
        "T: jam go :\n0.25 0.75\n0 1",
        "T: jam go\n0.25 0.75 0 1",
        "T: jam go : 0.25 0.75 0 1",
        "T: jam go : 0.25 0.75\n0 1",
        "T:\njam go\n: north :\nnorth : 0.25\nT: jam go : north : south :\n0.75",
    ],
)
def test_transition_forms(load_body, text):
    game = load_body(text)
    np.testing.assert_array_equal(moves(game, 1, 0), [[0.25, 0.75], [0, 1]])
    for other in [(0, 0), (0, 1), (1, 1)]:
        np.testing.assert_array_equal(moves(game, *other), EYE)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("T: * : uniform", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("T: *\nuniform", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("T: * * : * : uniform", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("T: jam * : uniform", [(1, 0), (1, 1)]),
        ("T: * stop :\nuniform", [(0, 1), (1, 1)]),
        ("T: 3 : * : * : 0.5", [(1, 1)]),
        ("T: * stop : * :\n0.5 0.5", [(0, 1), (1, 1)]),
    ],
)
def test_transition_wildcards(load_body, text, changed):
    game = load_body(text)
    for joint in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        np.testing.assert_array_equal(moves(game, *joint), FLAT if joint in changed else EYE)


@pytest.mark.parametrize("last", ["T: jam go : identity", "T: jam go :\nidentity", "T: jam go : 1 0 0 1"])
def test_later_matrices_overwrite_whole_rows(load_body, last):
    game = load_body(f"T: * : * : 0.5 0.5\nT: jam go : north : 0 1\n{last}")
    np.testing.assert_array_equal(moves(game, 1, 0), EYE)
    np.testing.assert_array_equal(moves(game, 1, 1), FLAT)


def test_later_entries_overwrite_earlier_ones(load_body):
    game = load_body(
        "T: * : * : south : 1\nT: * : * : north : 0\nT: wait go : north : * : 0.5\n"
        "T: wait go : south : north : 1\nT: wait go : south : south : 0\n"
    )
    np.testing.assert_array_equal(moves(game, 0, 0), [[0.5, 0.5], [1, 0]])
    np.testing.assert_array_equal(moves(game, 1, 1), [[0, 1], [0, 1]])


def test_a_later_wildcard_overwrites_an_earlier_entry(load_body):
    game = load_body("T: wait go : north : 0 1\nT: * : * : north : 0.5\nT: * : * : south : 0.5")
    np.testing.assert_array_equal(moves(game, 0, 0), FLAT)


# ---- O -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "O: 0 1 : south : * : 0\nO: wait stop : south : quiet light : 0.25\nO: wait stop : south : loud dark : 0.75",
        "O: 1 : 1 : 0 : 0\nO: 1 : 1 : 1 : 0.25\nO: 1 : 1 : 2 : 0.75\nO: 1 : 1 : 3 : 0",
        "O: 0 1 : 1 : 0 * : 0\nO: 0 1 : 1 : * 1 : 0\nO: 0 1 : 1 : 0 1 : .25\nO: 0 1 : 1 : loud 0 : .75",
        "O: wait stop : south : 0 0.25 0.75 0",
        "O: wait stop : south\n0 0.25\n0.75 0",
        "O: wait stop : south : 0 0.25\n0.75 0",
        "O: wait stop :\n0.25 0.25 0.25 0.25\n0 0.25 0.75 0",
    ],
)
def test_observation_forms(load_body, text):
    game = load_body(text)
    # Joint observation 1 is (quiet, light), 2 is (loud, dark): last agent fastest.
    np.testing.assert_array_equal(laws(game, 0, 1), [[0.25] * 4, [0, 0.25, 0.75, 0]])
    np.testing.assert_array_equal(laws(game, 1, 1), [[0.25] * 4] * 2)
    assert game.observation[0, 1, 1, 0, 1] == pytest.approx(0.25, abs=0)


@pytest.mark.parametrize("text", ["O: * : uniform", "O: jam * : south : uniform", "O: * : * : * : 0.25"])
def test_observation_uniform(load_body, text):
    game = load_body(f"O: * : 0 0 0 1 0 0 0 1\n{text}")
    np.testing.assert_array_equal(laws(game, 1, 0)[1], [0.25] * 4)


# ---- R -------------------------------------------------------------------------------------------


def rewards(game):
    """Rows are states; columns joint actions 00, 01, 10, 11, last agent fastest."""
    assert game.is_common_reward
    return game.reward[0].reshape(2, 4)


def test_rewards_never_given_are_zero(load_body):
    np.testing.assert_array_equal(rewards(load_body("")), np.zeros((2, 4)))


def test_reward_of_state_and_action(load_body):
    game = load_body("R: jam * : * : * : * : 3\nR: 1 : south : * : * : -2.5\nR: jam stop : 0 : * : * * : +20")
    np.testing.assert_array_equal(rewards(game), [[0, 0, 3, 20], [0, -2.5, 3, 3]])


# Under (wait, go) the next state is north with 0.25 and south with 0.75 from both states; then the
# observations 00, 01, 10, 11 have 0.1, 0.2, 0.3, 0.4 in north and 1, 0, 0, 0 in south.
KNOWN = "T: wait go : * : 0.25 0.75\nO: wait go :\n0.1 0.2 0.3 0.4\n1 0 0 0\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R: 0 : 0 : north : * : 8", 2.0),  # 0.25 * 8
        ("R: 0 : 0 : * : * : 1\nR: 0 : 0 : north : * : 9", 3.0),  # 1 + 0.25 * (9 - 1)
        ("R: 0 : 0 : north : * : 9\nR: 0 : 0 : * : * : 1", 1.0),  # the later line overwrites
        ("R: 0 : 0 : north : 3 : 10", 1.0),  # 0.25 * 0.4 * 10
        ("R: 0 : 0 : north : loud light : 10", 1.0),
        ("R: 0 : 0 : * : quiet dark : 10", 7.75),  # (0.25 * 0.1 + 0.75) * 10
        ("R: 0 : 0 : * : quiet * : 10", 8.25),  # (0.25 * (0.1 + 0.2) + 0.75) * 10
        ("R: 0 : 0 : north : 10 20 30 40", 7.5),  # 0.25 * (1 + 4 + 9 + 16)
        ("R: 0 : 0 : north\n10 20 30 40", 7.5),
        ("R: 0 : 0 :\n10 20 30 40\n4 0 0 9", 10.5),  # 7.5 + 0.75 * 4
        ("R: 0 : 0\n10 20 30 40\n4 0 0 9", 10.5),
        ("R: * : * :\n10 20 30 40\n4 0 0 9", 10.5),
        # a later rule for s' overwrites an earlier one for o, and the other way round
        ("R: 0 : 0 : north : 3 : 10\nR: 0 : 0 : north : * : 8", 2.0),
        ("R: 0 : 0 : north : * : 8\nR: 0 : 0 : north : 3 : 18", 3.0),  # 2 + 0.25 * 0.4 * 10
        ("R: 0 : 0 : north : 10 20 30 40\nR: * : * : * : * : 6", 6.0),
        ("R: 0 : 0 : north : * : 8\nR: 0 : 0 : north : * : 0", 0.0),
    ],
)
def test_reward_expectation(load_body, text, expected):
    assert rewards(load_body(KNOWN + text))[0, 0] == pytest.approx(expected, abs=1e-12)


def test_reward_expectation_uses_laws_given_later(load_body):
    before = load_body("R: 0 : 0 : north : 3 : 10\n" + KNOWN)
    assert rewards(before)[0, 0] == pytest.approx(1.0, abs=1e-12)


def test_reward_expectation_with_cost(load_text, header, laws):
    text = header.replace("reward", "cost") + laws + KNOWN + "R: 0 : 0 : north : * : 8"
    assert rewards(load_text(text))[0, 0] == pytest.approx(-2.0, abs=1e-12)


def test_large_tables_are_merged_on_the_way(load_text):
    # 1.5 million cells: more than the log holds before it merges; each T row is assigned twice.
    head = "agents: 1\ndiscount: 1\nvalues: reward\nstates: 500\nstart: 0\nactions: 3\nobservations: 1\n"
    body = "T: * : * : * : 0.7\nT: * : uniform\nT: 1 : identity\nT: 2 : 7 : * : 0\nT: 2 : 7 : 9 : 1\nO: * : uniform\n"
    game = load_text(head + body)
    table = game.transition_matrix(0)
    assert table.nnz == 500 * 500 + 500 + 499 * 500 + 1
    assert game.transition[7, 2, 9] == pytest.approx(1.0, abs=0)
    assert game.transition[8, 2, 9] == pytest.approx(0.002, abs=1e-15)


def test_reward_oracle_on_random_rules(load_body):
    """Rules in random order against a dense array that each one is simply written into."""
    rng = np.random.default_rng(5)
    table = np.zeros((2, 4, 2, 4))  # s, a, s', o
    lines = []
    for _ in range(60):
        places = [int(rng.integers(n + 1)) for n in (4, 2, 2, 4)]  # the last value of each means *
        value = int(rng.integers(-9, 10))
        cut = [slice(None) if p == n else p for p, n in zip(places, (4, 2, 2, 4), strict=True)]
        a, s, s_next, o = cut
        table[s, a, s_next, o] = value
        words = ["*" if p == n else str(p) for p, n in zip(places, (4, 2, 2, 4), strict=True)]
        lines.append(f"R: {' : '.join(words)} : {value}")
        game = load_body(KNOWN + "T: jam * : uniform\n" + "\n".join(lines))
        law = game.observation.reshape(4, 2, 4)
        expected = np.einsum("sat,ato,sato->sa", game.transition.reshape(2, 4, 2), law, table)
        np.testing.assert_allclose(rewards(game), expected, rtol=0, atol=1e-12)
