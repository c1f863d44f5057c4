"""The benchmark files of the literature, where they are at hand: sizes, spot values, round trips."""

import time
from pathlib import Path

import pytest

from lp_posg.formats import load, save

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# states, actions, observations, discount, (least, largest reward), nonzeros of T and O
FILES = {
    "dectiger": (2, (3, 3), (2, 2), 1.0, (-101, 20)),
    "prisoners": (1, (2, 2), (2, 2), 1.0, (-10, 0)),
    "recycling": (4, (3, 3), (2, 2), 0.9, (-3.88, 5)),
    "broadcastChannel": (4, (2, 2), (2, 2), 1.0, (0, 1)),
    "boxPushingUAI07": (100, (4, 4), (5, 5), 1.0, (-10.2, 99.8)),
}


def shared(name):
    path = FOLDER / f"{name}.dpomdp"
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand beside the checkout")
    return path


@pytest.mark.parametrize("name", FILES)
def test_shared_file(tmp_path, name):
    path = shared(name)
    started = time.perf_counter()
    game = load(path)
    assert time.perf_counter() - started < 1.0
    found = (game.n_states, game.n_actions, game.n_observations, game.discount)
    assert found == FILES[name][:4]
    reward = game.reward_array(0)
    assert (reward.min(), reward.max()) == pytest.approx(FILES[name][4], abs=1e-12)
    assert game.is_common_reward
    assert game.name == name
    for extension in ("posg", "dpomdp"):
        save(game, tmp_path / f"again.{extension}")
        assert load(tmp_path / f"again.{extension}") == game


def test_dectiger_values():
    game = load(shared("dectiger"))
    # Listening twice keeps the tiger where it is; each hears right with 0.85.
    assert game.transition[0, 0, 0].tolist() == [1, 0]
    assert game.observation[0, 0, 1].tolist() == [[0.0225, 0.1275], [0.1275, 0.7225]]
    assert game.reward[0, 0, 1, 1] == pytest.approx(-50, abs=0)
    assert game.reward[0, 1, 1, 1] == pytest.approx(20, abs=0)
    assert game.reward[0, 0, 1, 2] == pytest.approx(-100, abs=0)


def test_broadcast_channel_overwrites_its_wildcard_rows():
    game = load(shared("broadcastChannel"))
    assert game.observation[0, 0, 2].tolist() == [[0.81, 0.09], [0.09, 0.01]]  # send send, from a later line
    assert game.observation[1, 0, 2].tolist() == [[0.01, 0.09], [0.09, 0.81]]
    assert game.initial.tolist() == [0, 0, 0, 1]
