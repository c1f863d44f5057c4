"""Stored games and solutions whose members promise what they must not: refused before anything large is unpacked."""

from __future__ import annotations

import json
import tracemalloc
import zipfile

import numpy as np
import pytest

import lp_posg as posg
import lp_posg.files
from lp_posg.errors import FormatError
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.trees import Tree

LARGE = 1 << 26
"""Bytes of zeros, packed in a thousandth of that."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a small file of each kind by its name."""
    folder = tmp_path_factory.mktemp("stored")
    game, poker = posg.catalog("chicken"), posg.catalog("kuhn-poker-tree")
    assert isinstance(poker, Tree)
    posg.save(game, folder / "game.npz")
    posg.solve(game, 2, "full", "ce").save(folder / "states.npz")
    posg.solve(posg.catalog("noisy-pennies"), 2, "none", method="sequence-form").save(folder / "histories.npz")
    posg.solve(poker).save(folder / "tree.npz")
    return {path.stem: path for path in folder.iterdir()}


def zeros(path, name, shape, dtype="<f8"):
    """Put a member of zeros in the place of another, or beside all, without holding them."""
    with zipfile.ZipFile(path) as packed:
        members = {member: packed.read(member) for member in packed.namelist() if member != f"{name}.npy"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, data in members.items():
            packed.writestr(member, data)
        with packed.open(f"{name}.npy", "w", force_zip64=True) as stream:
            header = {"descr": dtype, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            left = int(np.prod(shape)) * np.dtype(dtype).itemsize
            while left:
                left -= stream.write(bytes(min(left, 1 << 20)))
    return path


def copied(files, name, tmp_path):
    path = tmp_path / f"{name}.npz"
    path.write_bytes(files[name].read_bytes())
    return path


def refused(path):
    """Return the message of a file that is refused within two MiB."""
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            posg.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < len(str(path)) + 900
    return str(caught.value)


@pytest.mark.parametrize("kind", ["game", "states", "histories", "tree"])
def test_a_member_that_belongs_to_nothing_is_refused_before_it_is_unpacked(files, tmp_path, kind):
    path = zeros(copied(files, kind, tmp_path), "more", (LARGE // 8,))
    assert path.stat().st_size < LARGE // 500
    assert "found a member 'more' that does not belong to it" in refused(path)


@pytest.mark.parametrize(
    ("kind", "member", "shape", "dtype"),
    [
        ("game", "reward.0", (2, 1, LARGE // 8), "<f8"),
        ("game", "initial", (LARGE // 8,), "<f8"),
        ("game", "transition.0.data", (LARGE // 8,), "<f8"),
        ("game", "transition.0.indptr", (LARGE // 8,), "<i8"),
        ("game", "transition.0.shape", (2,), f"<U{LARGE // 4}"),
        ("states", "certificate.gaps", (LARGE // 8,), "<f8"),
        ("states", "node_values.0", (LARGE // 16, 2), "<f8"),
        ("states", "policy.steps.0.blocks.0.atom_prob", (LARGE // 8,), "<f8"),
        ("states", "policy.steps.0.blocks.0.nodes", (LARGE // 8,), "<i8"),
        ("states", "policy.steps.0.blocks.0.private.1", (1, LARGE // 8), "<i8"),
        ("states", "policy.steps.1.parent", (LARGE // 8,), "<i8"),
        ("states", "policy.start_increment", (LARGE // 8,), "<i8"),
        ("states", "game.observation.0.indices", (LARGE // 4,), "<i4"),
        ("histories", "trees.0.parent", (LARGE // 8,), "<i8"),
        ("histories", "sets.reach", (1, LARGE // 8), "<f8"),
        ("histories", "stakes", (LARGE // 8,), "<f8"),
        ("tree", "game.owner", (LARGE // 8,), "<i8"),
        ("tree", "sets.behaviour", (1, LARGE // 8), "<f8"),
        ("tree", "sets.first", (LARGE // 8,), "<i8"),
    ],
)
def test_a_member_that_promises_more_than_the_rest_says_is_not_unpacked(files, tmp_path, kind, member, shape, dtype):
    with np.load(files[kind]) as stored:
        assert member in stored.files
    # Which of the members that do not fit together is named depends on the order of the checks.
    assert member.rpartition(".")[0] in refused(zeros(copied(files, kind, tmp_path), member, shape, dtype))


def with_text(files, kind, tmp_path, *place, value):
    """Return a stored file in whose JSON text one value was replaced."""
    with np.load(files[kind]) as stored:
        arrays = {name: stored[name] for name in stored.files}
    meta = json.loads(str(arrays["meta"]))
    *way, last = place
    part = meta
    for key in way:
        part = part[key]
    assert last in part
    part[last] = value
    path = tmp_path / "text.npz"
    np.savez(path, **arrays | {"meta": np.array(json.dumps(meta))})
    return path


def test_a_small_file_does_not_unpack_to_any_size_though_its_shapes_agree(files, tmp_path, monkeypatch):
    """Atoms of probability 0, as many as one likes."""
    monkeypatch.setattr(lp_posg.files, "MAX_UNPACKED", 1 << 20)
    path = copied(files, "states", tmp_path)
    at, n_atoms = "policy.steps.0.blocks.0", LARGE // 8
    zeros(path, f"{at}.atom_prob", (n_atoms,))
    for i in range(2):
        zeros(path, f"{at}.prescription.{i}", (n_atoms, 1, 2))
    assert "its arrays would take" in refused(path)


def test_what_is_large_is_stored_so_that_it_is_read(files, tmp_path, monkeypatch):
    solution = posg.load(files["states"])
    monkeypatch.setattr(lp_posg.files, "MAX_UNPACKED", 100)
    solution.save(tmp_path / "again.npz")
    with zipfile.ZipFile(tmp_path / "again.npz") as packed:
        assert {member.compress_type for member in packed.infolist()} == {zipfile.ZIP_STORED}
    assert posg.load(tmp_path / "again.npz").values.tolist() == solution.values.tolist()


LONG = "x" * 100_000


@pytest.mark.parametrize("kind", ["states", "histories", "tree"])
@pytest.mark.parametrize("value", ["bogus", "", LONG, None, 7])
@pytest.mark.parametrize("member", ["kind", "status"])
def test_what_a_certificate_says_is_checked(files, tmp_path, kind, value, member):
    assert f"certificate.{member}" in refused(
        with_text(files, kind, tmp_path, "solution", "certificate", member, value=value)
    )


@pytest.mark.parametrize("member", ["method", "concept", "sharing", "objective", "compression"])
@pytest.mark.parametrize("value", ["", LONG])
def test_names_are_neither_empty_nor_endless(files, tmp_path, member, value):
    assert member in refused(with_text(files, "states", tmp_path, "solution", member, value=value))


@pytest.mark.parametrize("place", [("form",), ("format",), ("format_version",)])
def test_what_a_message_quotes_is_clipped(files, tmp_path, place):
    assert "xxx..." in refused(with_text(files, "states", tmp_path, *place, value=LONG))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"agent": "nobody"}, "certificate.deviation.agent is not what it has to be, expected an agent of the game"),
        ({"time": 2}, "certificate.deviation.time is not what it has to be, expected a step before the horizon"),
        ({"action": None}, "certificate.deviation.action is not what it has to be, expected a text"),
    ],
)
def test_a_stored_deviation_is_one_of_the_game(files, tmp_path, changes, says):
    deviation = {"agent": "driver2", "time": 1, "common_info": "x", "private_info": "x", "recommendation": None}
    deviation |= {"action": "dare", "gain": 1.0, "local_gain": 1.0, **changes}
    path = with_text(files, "states", tmp_path, "solution", "certificate", "deviation", value=deviation)
    if says is None:
        assert posg.load(path).certificate.deviation.agent == "driver2"
    else:
        assert says in refused(path)


@pytest.mark.parametrize(("kind", "value"), [("states", 10.5), ("histories", 5 / 6), ("tree", -1 / 18)])
def test_sound_files_are_read(files, kind, value):
    found = posg.load(files[kind])
    assert posg.verify(found).gap < 1e-6
    assert found.values[0] == pytest.approx(value, abs=1e-9)


def test_a_part_of_a_checkpoint_is_no_larger_than_its_file(tmp_path):
    checkpoint = Checkpoint(tmp_path / "parts", "digest", {})
    checkpoint.save("depth-0", "rules", {"values": np.arange(3.0)})
    assert checkpoint.load("depth-0", "rules") is not None
    path = zeros(tmp_path / "parts" / "depth-0.npz", "more", (LARGE // 8,))
    tracemalloc.start()
    try:
        assert checkpoint.load("depth-0", "rules") is None
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    assert path.stat().st_size < LARGE // 500
