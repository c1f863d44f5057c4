"""``.osposg`` files: one-sided games mean the same as `Game`, and errors say where."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import FormatError, StrategyDependenceError, UnsupportedError
from lp_posg.formats import load, save

# Player 2 hides left or right, unseen; player 1 guesses where the other is and gets 1 if right. The first place is
# left for certain. What player 1 hears of the hiding is right with the probability given.
HIDE = """2 1 2 2 2 {moves} 4 0.5
left 0
right 0
guess-left
guess-right
to-left
to-right
l
r
0 1
0 1
0 1
{transitions}
0 0 0 1
0 0 1 1
1 1 0 1
1 1 1 1
0 1 0
"""

# Line 1 counts; states on 2-4; actions 5-6, 7-8; observations 9-10; playable 11-13 and 14-15; transitions 16-21;
# rewards 22-23; belief 24. In room a player 1 can search and player 2 sneak or stay; the yard is left by walking.
HOUSE = """3 2 2 2 2 6 2 0.9
cellar 0
attic 0
yard 1
search
walk
sneak
stay
quiet
noise
0 1
1
0 1
0
1
0 0 0 0 1 1
0 0 1 0 0 0.75
0 0 1 1 2 0.25
1 0 1 1 2 1
2 1 0 0 0 1
2 1 1 0 1 1
0 0 1 -2.5
1 0 1 4
0 0.5 0.5
"""


def hide(right):
    moves = []
    for state, one, two, heard in product(range(2), repeat=4):
        prob = right if heard == two else 1 - right
        if prob:
            moves.append(f"{state} {one} {two} {heard} {two} {prob}")
    return HIDE.format(moves=len(moves), transitions="\n".join(moves))


@pytest.fixture
def load_osposg(tmp_path):
    def load_it(text, name="house.osposg"):
        (tmp_path / name).write_text(text)
        return load(tmp_path / name)

    return load_it


@pytest.mark.parametrize("right", [1.0, 0.75, 0.5])
def test_value_of_hide_and_seek(load_osposg, right):
    # The first guess is certain. At each later step player 1 can believe its ears and is right with that
    # probability wherever player 2 is; hiding at random makes nothing better. So 1 + 0.5 q + 0.25 q.
    game = load_osposg(hide(right))
    solution = posg.solve(game, 3, "none", method="sequence-form")
    assert solution.values == pytest.approx([1 + 0.75 * right, -1 - 0.75 * right], abs=1e-7)


def test_a_rule_of_the_common_information_approach_is_refused(load_osposg):
    with pytest.raises(StrategyDependenceError):
        posg.solve(load_osposg(hide(0.5)), 3, "none")


def test_states_are_split_only_where_hearing_is_random(load_osposg):
    assert load_osposg(hide(1.0)).states == ("left", "right")
    assert load_osposg(hide(0.75)).states == ("left/l", "left/r", "right/l", "right/r")


def test_names_sizes_and_slots(load_osposg):
    game = load_osposg(HOUSE)
    # The yard is reached with noise only and the cellar in quiet only: nothing is split. Player 1's two actions are
    # never playable in one partition and share a slot; player 2's are both playable in the cellar.
    assert game.states == ("cellar", "attic", "yard")
    assert game.actions == (("search/walk",), ("sneak", "stay"))
    assert game.observations[0] == ("start", "quiet", "noise")
    assert game.observations[1][:2] == ("cellar", "attic")
    assert "yard | search/walk | noise" in game.observations[1]
    assert (game.discount, game.initial.tolist()) == (0.9, [0.5, 0.5, 0])
    assert game.transition[0, 0, 1].tolist() == [0.75, 0, 0.25]
    # In the attic player 2 can only stay, so sneaking is staying.
    assert game.transition[1, 0].tolist() == [[0, 0, 1]] * 2
    assert game.reward[0, :, 0].tolist() == [[0, -2.5], [4, 4], [0, 0]]
    assert game.is_zero_sum
    # Before the first step, player 1 is shown nothing and player 2 the state.
    assert game.initial_observation[0, 0].tolist()[:2] == [1, 0]
    assert game.initial_observation[1, 0].tolist()[:2] == [0, 1]


def random_file(seed):
    """Return the text of a random game, and Pr[o, s' | s, a, a'] and rewards as arrays, nan where not playable."""
    rng = np.random.default_rng(seed)
    n_states, n_first, n_second, n_seen = (int(k) for k in rng.integers(1, 4, size=4))
    n_parts = int(rng.integers(1, n_states + 1))
    part = rng.integers(n_parts, size=n_states)
    # What is heard tells the partition: each observation belongs to one.
    heard_in = rng.permutation(np.concatenate([np.arange(n_parts), rng.integers(n_parts, size=n_seen)]))
    n_seen = len(heard_in)
    play = [[sorted(rng.permutation(k)[: rng.integers(1, k + 1)].tolist()) for _ in range(m)]
            for k, m in ((n_first, n_parts), (n_second, n_states))]  # fmt: skip
    prob = np.full((n_states, n_first, n_second, n_seen, n_states), np.nan)
    gain = np.zeros((n_states, n_first, n_second))
    moves, gains = [], []
    for s in range(n_states):
        for a, b in product(play[0][part[s]], play[1][s]):
            law = rng.integers(0, 4, size=(n_seen, n_states)) * (heard_in[:, None] == part[None]) * (rng.random() + 0.1)
            if not law.any():
                o = int(rng.integers(n_seen))
                law[o, np.flatnonzero(part == heard_in[o])[:1]] = 1
            if not law.any():
                law[np.flatnonzero(heard_in == part[0])[0], 0] = 1
            prob[s, a, b] = law / law.sum()
            moves += [f"{s} {a} {b} {o} {t} {prob[s, a, b, o, t]!r}" for o, t in np.argwhere(law).tolist()]
            if rng.random() < 0.7:
                gain[s, a, b] = rng.integers(-5, 6)
                gains.append(f"{s} {a} {b} {gain[s, a, b]!r}")
    begin = int(part[0])
    belief = rng.dirichlet(np.ones((part == begin).sum()))
    lines = [
        f"{n_states} {n_parts} {n_first} {n_second} {n_seen} {len(moves)} {len(gains)} 0.95",
        *(f"s{k} {p}" for k, p in enumerate(part)), *(f"a{k}" for k in range(n_first)),
        *(f"b{k}" for k in range(n_second)), *(f"o{k}" for k in range(n_seen)),
        *(" ".join(map(str, own)) for own in play[1]), *(" ".join(map(str, own)) for own in play[0]),
        *rng.permutation(moves).tolist(), *rng.permutation(gains).tolist(),
        " ".join(map(repr, [begin, *belief.tolist()])),
    ]  # fmt: skip
    text = "\n".join(lines).replace("np.float64(", "").replace(")", "") + "\n"
    return text, prob, gain, part, play


@pytest.mark.parametrize("seed", range(30))
def test_the_law_of_what_happens_is_the_file_s(load_osposg, tmp_path, seed):
    text, prob, gain, part, play = random_file(seed)
    game = load_osposg(text)
    origin = [int(name.partition("/")[0][1:]) for name in game.states]
    transition, law = game.transition, game.observation
    assert game.n_states >= len(prob)
    for x, (j, first), (k, second) in product(
        range(game.n_states), enumerate(game.actions[0]), enumerate(game.actions[1])
    ):
        s = origin[x]
        a, b = (
            next((action for action in own if f"{letter}{action}" in slot.split("/")), own[0])
            for letter, slot, own in (("a", first, play[0][part[s]]), ("b", second, play[1][s]))
        )
        found = np.zeros(prob.shape[3:])
        for y in np.flatnonzero(transition[x, j, k]):
            ((o, shown),) = np.argwhere(law[j, k, y])
            found[o - 1, origin[y]] += transition[x, j, k, y]
            # Player 2 is shown the state it is now in, player 1's action and what player 1 hears.
            assert game.observations[1][shown] == " | ".join((game.states[y], first, game.observations[0][o]))
        assert found == pytest.approx(prob[s, a, b], abs=1e-14)
        assert game.reward[:, x, j, k].tolist() == [gain[s, a, b], -gain[s, a, b]]
    save(game, tmp_path / "again.osposg")
    assert load(tmp_path / "again.osposg") == game


def test_rounded_numbers_are_rescaled_and_others_not(load_osposg):
    thirds = HOUSE.replace("0.75", "0.333").replace("0.25", "0.6666").replace("0.5 0.5", "0.4999 0.5")
    game = load_osposg(thirds)
    assert game.transition[0, 0, 1].tolist() == pytest.approx([0.333 / 0.9996, 0, 0.6666 / 0.9996], abs=1e-15)
    assert game.initial.tolist() == pytest.approx([0.4999 / 0.9999, 0.5 / 0.9999, 0], abs=1e-15)
    # One digit explains 0.05 and two 0.005, yet more than a thousandth is never taken for rounding.
    for changes, line in (
        ({"0.75": "0.8", "0.25": "0.24"}, 18),
        ({"0.75": "0.7500003", "0.25": "0.25000000"}, 18),
        ({"0.5 0.5": "0.51 0.5"}, 24),
        ({"0.5 0.5": "0.50000000 0.50000002"}, 24),
    ):
        text = HOUSE
        for old, new in changes.items():
            text = text.replace(old, new)
        with pytest.raises(FormatError, match="sums to") as caught:
            load_osposg(text)
        assert caught.value.line == line


def test_names_that_stand_twice_are_told_apart(load_osposg):
    game = load_osposg(HOUSE.replace("attic", "cellar").replace("noise", "quiet"))
    assert game.states == ("cellar", "cellar#1", "yard")
    assert game.observations[0] == ("start", "quiet", "quiet#2")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("3 2 2 2 2 6 2 0.9", "3 2 2 2 2 6 0.9", 1, "found 7 words, expected 8: numbers of states, partitions"),
        ("3 2 2 2 2 6 2 0.9", "0 2 2 2 2 6 2 0.9", 1, "found '0', expected a number of states from 1"),
        ("3 2 2 2 2 6 2 0.9", "3 2 2 2 2 6 2 1.5", 1, "a discount in (0, 1]"),
        ("3 2 2 2 2 6 2 0.9", "3 2 2 2 2 6 2 x", 1, "expected a finite number"),
        (
            "3 2 2 2 2 6 2 0.9",
            "3 2 2 2 2 6 1 0.9",
            23,
            "found 3 probabilities, expected 1, one for each state of partition 1",
        ),
        ("3 2 2 2 2 6 2 0.9", "3 2 2 2 2 99 2 0.9", 22, "found '0 0 1 -2.5', expected [s] [a] [a'] [o] [s']"),
        ("yard 1", "yard 2", 4, "found 'yard 2', expected the name of a state and its partition, from 0 to 1"),
        ("yard 1", "yard", 4, "found 'yard'"),
        ("walk", "", 6, "found an empty line, expected a name"),
        ("noise\n0 1\n", "noise\n0 2\n", 11, "found '0 2', expected the actions that player 2 can play"),
        ("noise\n0 1\n", "noise\n1 1\n", 11, "different numbers from 0 to 1"),
        ("noise\n0 1\n", "noise\n\n", 11, "found '', expected the actions that player 2"),
        ("0 1\n0\n1\n", "0 1\n0\nx\n", 15, "the actions that player 1 can play"),
        ("0 0 0 0 1 1", "0 0 0 0 1", 16, "expected [s] [a] [a'] [o] [s'] [probability]"),
        ("0 0 0 0 1 1", "0 0 0 2 1 1", 16, "found '2', expected an index from 0 to 1"),
        ("0 0 0 0 1 1", "0 0 0 0 1 nan", 16, "found 'nan', expected a finite number"),
        ("0 0 0 0 1 1", "0 0 0 0 1 -1", 16, "found '-1', expected a probability from 0 to 1"),
        ("0 0 0 0 1 1", "0 0 1 0 0 0.75", 17, "expected one line for each entry (line 16 is for it)"),
        ("0 0 0 0 1 1", "0 1 0 0 1 1", 21, "no transition from state 'cellar' under actions 0 and 0"),
        ("1 0 1 1 2 1", "1 0 1 1 1 1", 19, "leads to partition 1 on one line and to 0 here"),
        ("1 0 1 4", "1 0 1 4e101", 23, "at most 1e+100"),
        ("1 0 1 4", "0 0 1 4", 23, "(line 22 is for it)"),
        ("0 0.5 0.5", "0 1", 24, "found 1 probabilities, expected 2, one for each state of partition 0"),
        ("0 0.5 0.5", "2 1", 24, "expected the initial partition, from 0 to 1"),
        ("0 0.5 0.5", "0 0.5 0.4", 24, "initial belief sums to 0.9"),
        ("0 0.5 0.5", "0 0.5 0.5\n1", 25, "found '1', expected the end of the file"),
        ("0 0.5 0.5\n", "", 23, "found the end of the file, expected the initial partition and belief"),
    ],
)
def test_what_is_said_of_a_wrong_file(load_osposg, old, new, line, says):
    assert HOUSE.count(old) == 1
    with pytest.raises(FormatError) as caught:
        load_osposg(HOUSE.replace(old, new))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"house.osposg:{line}: ")
    assert says in str(caught.value)


def test_other_games_are_not_written(tmp_path, load_osposg):
    game = load_osposg(HOUSE)
    for other, says in (
        (posg.catalog("dectiger"), "agent 2 is not shown the first state"),
        (posg.catalog("kuhn-poker"), "first observation is not 'start'"),
        (load_osposg(HOUSE.replace("sneak", "sne\u3000ak"), "a.osposg"), None),
        (load_osposg(HOUSE.replace("attic 0", "old attic 0"), "b.osposg"), "'old attic' has spaces"),
    ):
        if says is None:
            save(other, tmp_path / "out.osposg")
            (tmp_path / "out.osposg").unlink()
            continue
        with pytest.raises(UnsupportedError, match=says):
            save(other, tmp_path / "out.osposg")
        assert not (tmp_path / "out.osposg").exists()
    # The same game with other names for what agent 2 is shown is another game to the format.
    parts = dict(zip(("transitions", "observation_laws", "rewards"), game.parts()[:3], strict=True))
    renamed = posg.Game.from_matrices(
        n_actions=game.n_actions, n_observations=game.n_observations, **parts, initial=game.initial,
        initial_observation=game.initial_observation_matrix, discount=game.discount, states=game.states,
        actions=game.actions, observations=(game.observations[0], game.observations[1][::-1]),
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match=r"not shown just the state.*save it as \.posg"):
        save(renamed, tmp_path / "out.osposg")
