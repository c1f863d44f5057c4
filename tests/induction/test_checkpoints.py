"""What a checkpoint keeps while a depth is being solved, and what of it is believed."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import warnings
import zipfile

import numpy as np
import pytest
from random_games import random_game

import lp_posg as posg
from lp_posg.errors import FormatError, LpPosgError
from lp_posg.induction import backward, kept_parts
from lp_posg.induction.checkpoint import DIGEST_KEY, PART_KEY, SUM_KEY


@pytest.fixture(scope="module")
def game():
    return random_game(0, n_states=3)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(backward, "PART_MOST", 20)


def solve(game, folder=None, **how):
    return posg.solve(game, 3, "full", "ce", checkpoint=folder, **how)


def same(one, other):
    """Assert that two solutions agree bit for bit."""
    np.testing.assert_array_equal(one.values, other.values)
    for mine, theirs in zip(one.policy.steps, other.policy.steps, strict=True):
        for a, b in zip(mine.blocks, theirs.blocks, strict=True):
            np.testing.assert_array_equal(a.nodes, b.nodes)
            np.testing.assert_array_equal(a.atom_start, b.atom_start)
            np.testing.assert_array_equal(a.atom_prob, b.atom_prob)
            for x, y in zip(a.prescription, b.prescription, strict=True):
                np.testing.assert_array_equal(x, y)


class Stop(BaseException):
    """The run is stopped."""


def counting(monkeypatch, stop_after=10**9, at_stop=Stop):
    """Count parts as they are solved; raise `at_stop` at the one after `stop_after`."""
    right, counted = backward._solve_rows, []

    def solve_rows(concept, objective, rows_games):
        if len(counted) == stop_after:
            raise at_stop
        counted.append(rows_games[0])
        return right(concept, objective, rows_games)

    monkeypatch.setattr(backward, "_solve_rows", solve_rows)
    return counted, lambda: monkeypatch.setattr(backward, "_solve_rows", right)


@pytest.mark.parametrize("at_stop", [Stop, KeyboardInterrupt, MemoryError])
def test_parts_of_a_depth_are_kept_whatever_stops_the_run(game, tmp_path, monkeypatch, small_parts, at_stop):
    whole = solve(game)
    every, restore = counting(monkeypatch)
    same(whole, solve(game))
    restore()
    before, restore = counting(monkeypatch, stop_after=5, at_stop=at_stop)
    with pytest.raises(at_stop):
        solve(game, tmp_path / "c")
    restore()
    after, restore = counting(monkeypatch)
    again = solve(game, tmp_path / "c")
    assert len(before) == 5
    assert len(after) == len(every) - 5 > 5
    same(whole, again)
    assert again.stats.stage_lps == whole.stats.stage_lps
    assert again.stats.methods == whole.stats.methods


def test_parts_are_kept_while_others_are_solved(game, tmp_path, monkeypatch, small_parts):
    """Nothing runs when the process is killed; what is old enough was kept when a part ended."""
    clock = iter(range(10**6))
    monkeypatch.setattr(kept_parts.clock, "monotonic", lambda: 2.0 * next(clock))  # two seconds from look to look
    monkeypatch.setattr(kept_parts.Piece, "save", (save := kept_parts.Piece.save))
    counting(monkeypatch, stop_after=10)
    kept = []

    def noting(piece):
        save(piece)
        kept.append(sum(map(len, piece._rows[: piece._kept])))

    monkeypatch.setattr(kept_parts.Piece, "save", noting)
    with pytest.raises(Stop):
        solve(game, tmp_path / "c")
    assert kept == [40, 80, 120, 160, 200, 200]
    assert len(list((tmp_path / "c").glob("solved-2-0-0*.npz"))) == 5


def test_parts_that_end_in_another_order_give_the_same_answer(game, tmp_path, monkeypatch, small_parts):
    def backwards(function, items):
        yield from reversed([function(item) for item in items])

    whole = solve(game)
    from lp_posg.planning import run_options

    monkeypatch.setattr(run_options, "runner", lambda *_, ordered=True: map if ordered else backwards)
    monkeypatch.setattr(kept_parts, "SAVE_SECONDS", -1.0)
    same(whole, solve(game, tmp_path / "c"))
    assert len(list((tmp_path / "c").glob("solved-2-0-0*.npz"))) == 13
    same(whole, solve(game, tmp_path / "c"))


def test_files_after_one_that_is_lost_are_not_taken_for_others(game, tmp_path, monkeypatch, small_parts):
    whole = solve(game)
    monkeypatch.setattr(kept_parts, "SAVE_SECONDS", -1.0)
    same(whole, solve(game, tmp_path / "c"))
    for name in ("solved-2-0-0.npz", "solved-2-0-0-4.npz"):
        (tmp_path / "c" / name).unlink()
    monkeypatch.setattr(kept_parts, "SAVE_SECONDS", 1e9)
    same(whole, solve(game, tmp_path / "c"))
    every, _ = counting(monkeypatch)
    same(whole, solve(game, tmp_path / "c"))
    assert every == []


def test_few_games_go_to_a_worker_at_a_time_where_each_may_take_long(monkeypatch):
    game, counted = random_game(1, n_states=2), counting(monkeypatch)[0]
    monkeypatch.setattr(backward, "APART_MOST", 4)

    def most(*how, **options):
        counted.clear()
        posg.solve(*how, **options)
        return max(rows.stop - rows.start for rows in counted)

    assert most(game, 2, "full", "ne") == 4
    assert most(game, 2, "full", "cce", objective="entropy") == 4
    assert most(game, 2, "full", "cce") > 4
    assert most(posg.catalog("dectiger"), 2, "full", "ne") > 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
@pytest.mark.parametrize("name", ["about.json", "solved-2-0-0.npz", "depth-0.npz", "other"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_in_the_folder_is_refused_and_not_opened(game, tmp_path, kind, name):
    place = tmp_path / "c"
    solve(game, place)
    (place / name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place / name)
    else:
        (place / name).symlink_to("/dev/zero")
    with pytest.raises(FormatError, match=f"{name} in it is a device or a pipe; remove it"):
        solve(game, place)
    (place / name).unlink()
    if name != "about.json":
        same(solve(game), solve(game, place))


def test_a_part_that_became_a_pipe_meanwhile_is_computed_again(game, tmp_path):
    from lp_posg.induction.checkpoint import Checkpoint

    store = Checkpoint(tmp_path / "c", "game", {})
    store.save("part", "digest", {"a": np.arange(3)})
    assert store.load("part", "digest")["a"].tolist() == [0, 1, 2]
    (tmp_path / "c" / "part.npz").unlink()
    os.mkfifo(tmp_path / "c" / "part.npz")
    assert store.load("part", "digest") is None


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("name", ["depth-0.npz", "depth-1.npz", "solved-0-0-0.npz", "solved-2-0-0.npz"])
def test_a_planted_pickle_is_not_run(game, tmp_path, name):
    place, trap = tmp_path / "c", tmp_path / "sprung"
    whole = solve(game, place)
    with np.load(place / name) as stored:
        arrays = {key: stored[key] for key in stored.files}
    planted = np.array([Trap(trap)], dtype=object)
    for key in arrays:
        np.savez(place / name, **arrays | {key: planted})
        same(whole, solve(game, place))
        assert not trap.exists()
    pickle.loads(pickle.dumps(Trap(trap)))
    assert trap.exists()  # it would have been


def test_a_part_that_unpacks_to_more_than_its_file_is_not_unpacked(game, tmp_path, monkeypatch):
    place = tmp_path / "c"
    whole = solve(game, place)
    np.savez_compressed(place / "depth-0.npz", a=np.zeros(10**7))
    from lp_posg import files

    unpacked, right = [], files.StoredArrays.__getitem__
    monkeypatch.setattr(
        files.StoredArrays, "__getitem__", lambda own, key: unpacked.append(own._path.name) or right(own, key)
    )
    same(whole, solve(game, place))
    assert "depth-0.npz" not in unpacked
    assert "depth-1.npz" in unpacked


def flipped(data, rng, place):
    """Return the bytes with a few bits turned."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def cut(data, rng, place):
    """Return the first bytes."""
    return data[: rng.randrange(len(data))]


def grown(data, rng, place):
    """Return the bytes with others in their midst or at their end."""
    at = rng.choice([len(data), rng.randrange(len(data))])
    return data[:at] + rng.randbytes(rng.randrange(1, 200)) + data[at:]


def zeroed(data, rng, place):
    """Return the bytes with a page of zeros, as a disk leaves it after a power failure."""
    at = rng.randrange(len(data))
    return (data[:at] + bytes(min(4096, len(data) - at)) + data[at + 4096 :])[: len(data)]


def of_another(data, rng, place):
    """Return the bytes of another file of the folder."""
    return rng.choice(sorted(place.iterdir())).read_bytes()


def changed(data, rng, place):
    """Return a part whose numbers are others, its own checksum kept: a file that is sound but for its contents."""
    if data[:2] != b"PK":
        return flipped(data, rng, place)
    from io import BytesIO

    with np.load(BytesIO(data)) as stored:
        arrays = {key: stored[key].copy() for key in stored.files}
    key = rng.choice(sorted(key for key in arrays if key not in (PART_KEY, DIGEST_KEY, SUM_KEY) and arrays[key].size))
    arrays[key].reshape(-1)[rng.randrange(arrays[key].size)] += rng.choice([1, -1, 10**6])
    stream = BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def reshaped(data, rng, place):
    """Return a part with a member gone, doubled or renamed."""
    if data[:2] != b"PK":
        return cut(data, rng, place)
    from io import BytesIO

    with zipfile.ZipFile(BytesIO(data)) as stored:
        members = [(name, stored.read(name)) for name in stored.namelist()]
    at, stream = rng.randrange(len(members)), BytesIO()
    name, content = members.pop(at)
    members += {"gone": [], "doubled": [(name, content)] * 2, "renamed": [(f"x{name}", content)]}[
        rng.choice(["gone", "doubled", "renamed"])
    ]
    with zipfile.ZipFile(stream, "w") as written, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # doubled names
        for name, content in members:
            written.writestr(name, content)
    return stream.getvalue()


DAMAGES = (flipped, cut, grown, zeroed, of_another, changed, reshaped)


def solved_or_told(game, place):
    try:
        return solve(game, place)
    except LpPosgError as error:
        return str(error)


def damaged_runs(count, seed, tmp_path):
    """Damage finished checkpoints and take them up again; return how many gave the answer, and how many one error."""
    rng = random.Random(seed)
    game = random_game(0, n_states=3)
    whole, ended = solve(game, tmp_path / "sound"), {"answer": 0, "error": 0}
    names = sorted(path.name for path in (tmp_path / "sound").iterdir())
    for number in range(count):
        place = tmp_path / f"{number}"
        shutil.copytree(tmp_path / "sound", place)
        for name in rng.sample(names, rng.choice([1, 1, 2, len(names)])):
            data = (place / name).read_bytes()
            (place / name).write_bytes(DAMAGES[number % len(DAMAGES)](data, rng, place))
        found = solved_or_told(game, place)
        if isinstance(found, str):
            assert "\n" not in found
            assert str(place) in found
        else:
            same(whole, found)
        ended["error" if isinstance(found, str) else "answer"] += 1
        shutil.rmtree(place)
    return ended


def test_damaged_checkpoints_give_the_answer_or_one_error(tmp_path, small_parts, monkeypatch):
    monkeypatch.setattr(kept_parts, "SAVE_SECONDS", -1.0)
    ended = damaged_runs(14, 0, tmp_path)
    assert sum(ended.values()) == 14
    assert ended["answer"] > 7


@pytest.mark.slow
def test_many_damaged_checkpoints_give_the_answer_or_one_error(tmp_path, small_parts, monkeypatch):
    monkeypatch.setattr(kept_parts, "SAVE_SECONDS", -1.0)
    ended = damaged_runs(300, 1, tmp_path)
    assert sum(ended.values()) == 300
    assert ended["answer"] > 200
    assert ended["error"] > 10


def test_a_damaged_description_of_the_run_is_an_error(game, tmp_path):
    solve(game, tmp_path / "c")
    about = tmp_path / "c" / "about.json"
    content = json.loads(about.read_text())
    about.write_text(json.dumps(content)[:-5])
    with pytest.raises(FormatError, match="not a checkpoint, yet not empty"):
        solve(game, tmp_path / "c")
