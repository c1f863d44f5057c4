"""What is written is read back as the same game, for games of all kinds."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lp_posg.errors import LpPosgError, UnsupportedError
from lp_posg.formats import load, save
from lp_posg.game import Game

ODD_LABELS = [
    "0", "1", "1.5", "-2", "nan", "*", "uniform", "identity", "open left", "a:b", "T", "R[0]", "x#y", '"', "\\", "\\n",
    "line\nend", "\r", "\t", " ", "é", "\u2028", "\ud83d\ude00", "\ud83d", "\ufeff", "a,", "%41",
    "start", "\x00", "\x1c",
]  # fmt: skip


def label_lists(size):
    labels = st.one_of(st.sampled_from(ODD_LABELS), st.text(min_size=1, max_size=4))
    return st.one_of(st.none(), st.lists(labels, min_size=size, max_size=size, unique=True))


@st.composite
def games(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 3))
    n_states = draw(st.integers(1, 4))
    sizes = st.lists(st.integers(1, 3), min_size=n, max_size=n)
    n_actions, n_seen = draw(sizes), draw(sizes)
    horizon = draw(st.integers(1, 4))
    vary = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    n_joint = int(np.prod(n_actions))

    def laws(rows, columns):
        table = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.5)
        table[table.sum(axis=1) == 0, rng.integers(columns)] = 1
        return sp.csr_array(table / table.sum(axis=1, keepdims=True))

    def reward():
        own = rng.normal(size=(n, n_states, n_joint)) * 10.0 ** rng.integers(-6, 7)
        common = rng.random((n_states, n_joint)) < 0.3
        return np.where(rng.random(own.shape) < 0.3, 0.0, np.where(common, own[0], own))

    def labels(count):
        return draw(label_lists(count))

    lists_a = [labels(k) or [str(i) for i in range(k)] for k in n_actions]
    lists_o = [labels(k) or [str(i) for i in range(k)] for k in n_seen]
    start = rng.dirichlet(np.ones(n_states)) if draw(st.booleans()) else np.eye(n_states)[rng.integers(n_states)]
    return Game.from_matrices(
        n_actions=n_actions,
        n_observations=n_seen,
        transitions=[laws(n_states * n_joint, n_states) for _ in range(horizon if vary[0] else 1)],
        observation_laws=[
            laws(n_joint * n_states, int(np.prod(n_seen))) for _ in range(max(1, horizon - 1 if vary[1] else 1))
        ],
        rewards=[reward() for _ in range(horizon if vary[2] else 1)],
        initial=start,
        initial_observation=laws(n_states, int(np.prod(n_seen))) if draw(st.booleans()) else None,
        discount=draw(st.sampled_from([1.0, 0.9, 1 / 3])),
        agents=labels(n),
        states=labels(n_states),
        actions=lists_a,
        observations=lists_o,
    )


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(game=games())
def test_posg_round_trip(tmp_path_factory, game):
    path = tmp_path_factory.mktemp("round") / "game.posg"
    save(game, path)
    again = load(path)
    assert again == game
    assert again.max_horizon == game.max_horizon


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(game=games())
def test_dpomdp_round_trip_or_refusal(tmp_path_factory, game):
    path = tmp_path_factory.mktemp("round") / "game.dpomdp"
    try:
        save(game, path)
    except LpPosgError:
        assert not path.exists()
    else:
        assert load(path) == game


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(game=games())
def test_json_and_npz_round_trip(tmp_path_factory, game):
    path = tmp_path_factory.mktemp("round") / "game.npz"
    save(game, path)
    assert load(path) == game
    assert load(path).max_horizon == game.max_horizon
    labels = (*game.agents, *game.states, *sum(game.actions + game.observations, ()))
    if any("\ud800" <= char <= "\udfff" for label in labels for char in label):
        with pytest.raises(UnsupportedError, match="half a character"):
            save(game, path.with_suffix(".json"))
    else:
        save(game, path.with_suffix(".json"))
        assert load(path.with_suffix(".json")) == load(path)


@pytest.mark.parametrize("name", ODD_LABELS)
def test_each_odd_label(tmp_path, name):
    ones = np.ones
    game = Game(
        ones((2, 1, 2)) / 2, ones((1, 2, 1)), [[[3], [4]]], [0, 1],
        agents=[name], states=["a", name], actions=[[name]], observations=[[name]],
    )  # fmt: skip
    save(game, tmp_path / "odd.posg")
    again = load(tmp_path / "odd.posg")
    assert again.states == ("a", name)
    assert again == game


def test_a_dpomdp_that_fits_is_written(tmp_path, load_body):
    game = load_body("T: 0 : north : 0.1 0.9\nR: * : north : * : * : 0.1\nR: 3 : south : south : 2 : -7\n")
    save(game, tmp_path / "again.dpomdp")
    assert load(tmp_path / "again.dpomdp") == game


def test_the_text_is_compact(tmp_path, load_body):
    # Common rewards are one line, zeros none, numbered labels a count.
    game = load_body(
        "T: * : 0 : 0 1\nT: * : 1 : 1 0\nO: * : * : 1 0 0 0\nR: 1 : south : * : * : 0.1\nR[1]: 2 : 0 : * : * : -2\n",
        "x.posg",
    )
    save(game, tmp_path / "x.posg")
    lines = (tmp_path / "x.posg").read_text().splitlines()
    assert lines[:11] == [
        "agents: 2", "discount: 0.5", "values: reward", "states: north south", "start: 0.5 0.5",
        "actions:", "wait jam", "go stop", "observations:", "quiet loud", "dark light",
    ]  # fmt: skip
    assert lines[11] == "T: wait go : north : south : 1.0"
    assert len([text for text in lines if text.startswith("T")]) == 8
    assert len([text for text in lines if text.startswith("O")]) == 8
    assert [text for text in lines if text.startswith("R")] == [
        "R[agent2]: jam go : north : * : * : -2.0",
        "R: wait stop : south : * : * : 0.1",
    ]


def test_an_existing_file_and_a_link_to_it_are_replaced(tmp_path, load_body):
    target, link = tmp_path / "real.posg", tmp_path / "link.posg"
    target.write_text("old")
    link.symlink_to(target)
    game = load_body("")
    save(game, str(link))
    assert link.is_symlink()
    assert load(target) == game
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fence.dpomdp", "link.posg", "real.posg"]


def test_wide_rows_survive(tmp_path):
    rng = np.random.default_rng(3)
    rows = rng.random((300, 300))
    game = Game.from_matrices(
        n_actions=[1], n_observations=[1], transitions=[sp.csr_array(rows / rows.sum(axis=1, keepdims=True))],
        observation_laws=[sp.csr_array(np.ones((300, 1)))], rewards=[np.zeros((1, 300, 1))],
        initial=rng.dirichlet(np.ones(300)),
    )  # fmt: skip
    save(game, tmp_path / "wide.posg")
    assert load(Path(tmp_path / "wide.posg")) == game
