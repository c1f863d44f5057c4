"""``.npz`` game files: told from stored solutions by name, bounded, and never unpickled."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import FormatError
from lp_posg.files import read_arrays
from lp_posg.formats import load, load_game, save
from lp_posg.game import Game
from lp_posg.planning import load_solution


@pytest.fixture
def stored(tmp_path):
    """Return the arrays of a small game's file."""
    save(posg.catalog("matching-pennies"), tmp_path / "game.npz")
    with np.load(tmp_path / "game.npz") as file:
        return {name: file[name] for name in file.files}


def test_the_name_is_kept(tmp_path):
    save(posg.catalog("dectiger"), tmp_path / "game.npz")
    assert load(tmp_path / "game.npz").name == "dectiger"


@pytest.mark.parametrize("label", ["\ud83d", "\ud83d\ude00", "\U0001f600", "\x00", "two\nlines", '"', "é"])
def test_odd_labels(tmp_path, label):
    game = Game(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [[[-0.0]]], [1], states=[label])
    save(game, tmp_path / "odd.npz")
    assert load(tmp_path / "odd.npz") == game
    assert np.signbit(load(tmp_path / "odd.npz").reward).all()


def test_a_solution_is_no_game_and_a_game_no_solution(tmp_path):
    game = posg.catalog("matching-pennies")
    posg.solve(game, 1, "full").save(tmp_path / "solution.npz")
    save(game, tmp_path / "game.npz")
    assert load(tmp_path / "game.npz") == load(tmp_path / "solution.npz").game == game
    with pytest.raises(FormatError, match=r"found a stored solution, expected a game; .*\.game` is its game"):
        load_game(tmp_path / "solution.npz")
    with pytest.raises(FormatError, match=r"found a game, expected a stored solution; solve it .*lp-posg solve"):
        load_solution(tmp_path / "game.npz")


def changed_meta(stored, **changes):
    return stored | {"meta": np.array(json.dumps(json.loads(str(stored["meta"])) | changes))}


def game_meta(stored, **changes):
    return changed_meta(stored, game=json.loads(str(stored["meta"]))["game"] | changes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: changed_meta(s, format="other"), "found format 'other' version 1, expected 'lp-posg game'"),
        (lambda s: changed_meta(s, format_version=9), "version 9, expected 'lp-posg game' version 1"),
        (lambda s: changed_meta(s, game=[]), "not a stored game, or damaged"),
        (lambda s: s | {"meta": np.array("{")}, "not a stored game, or damaged"),
        (lambda s: s | {"meta": np.array("[" * 10**5)}, "not a stored game, or damaged"),
        (lambda s: game_meta(s, states=["a", "b"]), "damaged"),
        (lambda s: game_meta(s, states="a"), "the labels are not lists of texts"),
        (lambda s: game_meta(s, states=[7]), "the labels are not lists of texts"),
        (lambda s: game_meta(s, discount="1"), "the discount no number"),
        (lambda s: game_meta(s, discount=float("nan")), "discount is nan"),
        (lambda s: game_meta(s, more=1), "not a stored game, or damaged"),
        (lambda s: {k: v for k, v in s.items() if k != "initial"}, "'initial'"),
        (lambda s: s | {"initial": np.array([0.5])}, "initial sums to 0.5"),
        (lambda s: s | {"reward.0": s["reward.0"] * np.inf}, "expected a finite number"),
        (lambda s: s | {"reward.0": s["reward.0"].astype(str)}, "reward.0 holds <U32, expected numbers"),
        (lambda s: s | {"reward.0": s["reward.0"] + 0j}, "reward.0 holds complex128, expected numbers"),
        (lambda s: s | {"transition.0.data": s["transition.0.data"] * 0.9}, "transition from state"),
        (lambda s: s | {"transition.0.indices": s["transition.0.indices"] + 9}, "damaged"),
        (lambda s: s | {"transition.0.indptr": s["transition.0.indptr"][::-1]}, "damaged"),
        (lambda s: s | {"transition.0.shape": np.array([2**40, 2**40])}, "damaged"),
    ],
)
def test_damage_is_told(tmp_path, stored, change, says):
    path = tmp_path / "damaged.npz"
    with np.errstate(invalid="ignore"):
        np.savez(path, **change(stored))
    with pytest.raises(FormatError) as caught:
        load(path)
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def header(shape, dtype="<f8"):
    text = repr({"descr": dtype, "fortran_order": False, "shape": shape}).ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def archive(path, content, compression=zipfile.ZIP_DEFLATED, name="meta.npy"):
    with zipfile.ZipFile(path, "w", compression) as packed:
        packed.writestr(name, content)
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    # 128 MiB of zeros in an eighth of one: the directory says so. A header that claims more is found out first.
    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("meta.npy", "w", force_zip64=True) as f,
    ):
        f.write(header((3 * 2**27,)))
        block = bytes(1 << 24)
        for _ in range(8):
            f.write(block)
    with pytest.raises(FormatError, match="would take 134217856 bytes, expected at most 1000000"):
        read_arrays(path, 10**6, "x")
    with pytest.raises(FormatError, match=r"not an \.npz file"):
        load(path)


def test_a_header_that_claims_more_than_there_is(tmp_path):
    for shape in ((2**40,), (2**70,), (-1,), (2**62, 2**62)):
        path = archive(tmp_path / "claim.npz", header(shape) + bytes(64))
        with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
            load(path)


def test_what_the_directory_does_not_tell_is_not_unpacked(tmp_path):
    # 64 MiB of zeros of which the directory and the array's own header admit 64 KiB.
    path = archive(tmp_path / "liar.npz", header((2**13,)) + bytes(2**26))
    size, told = (2**26 + 128).to_bytes(4, "little"), (2**16 + 128).to_bytes(4, "little")
    data = path.read_bytes()
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, told))
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_objects_are_never_unpickled(tmp_path):
    stream = io.BytesIO()
    np.save(stream, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
        load(archive(tmp_path / "pickle.npz", stream.getvalue()))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(tmp_path, compression):
    with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
        load(archive(tmp_path / "packed.npz", header((8,)) + bytes(64), compression))


def test_a_name_that_stands_twice(tmp_path):
    path = archive(tmp_path / "twice.npz", header((8,)) + bytes(64))
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("meta.npy", header((8,)) + bytes(64))
    with pytest.raises(FormatError, match=r"not an \.npz file of plain arrays"):
        load(path)


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(FormatError, match="cannot be read"):
            read_arrays(path, 1, "x")
