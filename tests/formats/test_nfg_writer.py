"""Writing ``.nfg`` files: what is read back, what is refused, and what Gambit itself makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lp_posg.catalogue import catalog, catalog_entries
from lp_posg.errors import GambitNameWarning, UnsupportedError
from lp_posg.formats import load, save
from lp_posg.game import Game
from lp_posg.trees import strategic_form, unroll

ONE_STATE = [entry.name for entry in catalog_entries() if entry.n_states == 1]
ODD_LABELS = [
    "0",
    "1.5",
    "{",
    "}",
    ",",
    "a b",
    'say "x"',
    '"',
    'a\\"b',
    "a\\\\b",
    "#",
    "é",
    "line\nend",
    "\u2028",
    "\x00",
    "NFG",
]


def one_step(n_actions, reward, **more):
    """Return a game of one state in which nothing is seen."""
    n = len(n_actions)
    n_joint = int(np.prod(n_actions))
    return Game.from_matrices(
        n_actions=n_actions, n_observations=(1,) * n, transitions=[np.ones((n_joint, 1))],
        observation_laws=[np.ones((n_joint, 1))], rewards=[np.reshape(reward, (n, 1, n_joint))], initial=np.ones(1),
        **more,
    )  # fmt: skip


def test_the_catalogue_has_games_of_one_state():
    assert {"chicken", "matching-pennies", "shapley-game", "nau-section-4"} <= set(ONE_STATE)


@pytest.mark.parametrize("name", ONE_STATE)
def test_one_step_of_each_model_of_one_state(tmp_path, name):
    game = catalog(name)
    path = tmp_path / f"{name}.nfg"
    save(game, path)
    once = load(path)
    assert (once.agents, once.actions) == (game.agents, game.actions)
    assert np.array_equal(once.reward, game.reward)
    told = 'what is seen after it is left out."' in path.read_text()
    assert told == (max(game.n_observations) > 1)
    save(once, path)
    assert load(path) == once
    assert "left out" not in path.read_text()


@pytest.mark.filterwarnings("ignore::lp_posg.errors.GambitNameWarning")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_round_trip(tmp_path_factory, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n_actions = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    size = (len(n_actions), int(np.prod(n_actions)))
    reward = np.where(
        rng.random(size) < 0.5, rng.integers(-5, 6, size), rng.normal(size=size) * 10.0 ** rng.integers(-20, 20)
    )

    def labels(count):
        known = st.one_of(st.sampled_from(ODD_LABELS), st.text("abc\"'{} \\,.1", min_size=1, max_size=4))
        return data.draw(st.lists(known.filter(lambda s: s[-1] != "\\"), min_size=count, max_size=count, unique=True))

    game = one_step(n_actions, reward, agents=labels(len(n_actions)), actions=[labels(k) for k in n_actions])
    path = tmp_path_factory.mktemp("round") / "game.nfg"
    save(game, path)
    assert load(path) == game


def test_the_text(tmp_path):
    # Player 1 has 2 strategies and runs fastest; whole numbers are written without a point.
    game = one_step(
        [2, 3], [[[1, 2, 3], [4, 5, 6.5]], [[-1, 0, 0], [0, 0, 1e-7]]], name='odd "\ud83d\\', agents=["x", "y"]
    )
    save(game, tmp_path / "text.nfg")
    assert (tmp_path / "text.nfg").read_text().splitlines() == [
        'NFG 1 R "odd \\"?"', '{ "x" "y" }', "", '{ { "0" "1" }', '  { "0" "1" "2" } }',
        '"One step of the game, written by lp-posg."', "", "1 -1", "4 0", "2 0", "5 0", "3 0", "6.5 1e-07",
    ]  # fmt: skip


def refused():
    """Return (game, what the refusal says) by the reason for it."""
    varying = np.arange(16.0).reshape(2, 2, 1, 2, 2)
    one = np.ones((2, 2, 1, 1, 1))
    seen = np.full((2, 2, 1, 2, 1), 0.5)
    move = np.ones((1, 2, 2, 1))
    return {
        "states": (catalog("dectiger"), "2 states"),
        "rewards": (Game(move, one, varying, [1]), "rewards vary with time"),
        "signals": (Game(move, seen, varying[0], [1], [[[0.5], [0.5]]]), "observation before the first action"),
        "backslash": (one_step([1], [0], agents=["a\\"]), "backslash"),
        "return": (one_step([1], [0], actions=[["a\rb"]]), "carriage return"),
        "surrogate": (one_step([1], [0], actions=[["\ud83d"]]), "half a character"),
    }


@pytest.mark.parametrize("case", ["states", "rewards", "signals", "backslash", "return", "surrogate"])
def test_what_such_a_file_cannot_hold(tmp_path, case):
    game, says = refused()[case]
    with pytest.raises(UnsupportedError, match=says) as caught:
        save(game, tmp_path / "game.nfg")
    assert "save it as .posg" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_gambit_reads_what_is_written(tmp_path):
    gambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(3)
    game = one_step([2, 3, 4], rng.integers(-99, 99, 72) / 8, agents=["x", 'the "y"', "z"])
    save(game, tmp_path / "ours.nfg")
    theirs = gambit.read_nfg(str(tmp_path / "ours.nfg"))
    assert [player.label for player in theirs.players] == list(game.agents)
    assert np.array_equal(np.array(theirs.to_arrays(dtype=float), dtype=float), game.reward[:, 0])


def test_what_gambit_writes_is_read(tmp_path):
    gambit = pytest.importorskip("pygambit")
    rng = np.random.default_rng(4)
    payoffs = rng.integers(-99, 99, (3, 4, 2, 3))
    (tmp_path / "theirs.nfg").write_text(gambit.Game.from_arrays(*payoffs).to_nfg())
    assert np.array_equal(load(tmp_path / "theirs.nfg").reward[:, 0], payoffs)


TIE = """EFG 2 R "tie" { "A" "B" }
p "" 1 1 "" { "lottery" "sure" } 0
c "" 1 "" { "l" 1/2 "r" 1/2 } 0
t "" 1 "" { -5/3 2 }
t "" 2 "" { 5 4 }
t "" 3 "" { 5/3 0 }
"""


def test_a_tree_is_written_in_exact_fractions(tmp_path):
    # -5/3 * 1/2 + 5 * 1/2 = 5/3, so that A may mix as it likes: three equilibria in extreme points, else one.
    (tmp_path / "tie.efg").write_text(TIE)
    tree = load(tmp_path / "tie.efg")
    save(tree, tmp_path / "tie.nfg")
    assert (tmp_path / "tie.nfg").read_text().splitlines()[-2:] == ["5/3 3", "5/3 0"]
    assert load(tmp_path / "tie.nfg") == strategic_form(tree)


@pytest.mark.parametrize("name", ["é", " a", "a ", "a\tb", "\u00a0"])
def test_names_that_gambit_refuses_are_told(tmp_path, name):
    game = one_step((2, 1), range(4), agents=("one", "two"), actions=((name, "b"), ("c",)))
    with pytest.warns(GambitNameWarning, match="Gambit refuses names") as told:
        save(game, tmp_path / "odd.nfg")
    assert [str(one.message).count(repr(name)) for one in told] == [1]
    with pytest.warns(GambitNameWarning):
        save(unroll(game, 1, "none"), tmp_path / "odd.efg")
    assert load(tmp_path / "odd.nfg") == game


def test_plain_names_are_written_without_a_word(tmp_path, recwarn):
    save(one_step((2, 1), range(4), actions=(('say "x"', "{"), ("a b",))), tmp_path / "plain.nfg")
    assert not recwarn.list
