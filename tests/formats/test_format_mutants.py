"""Damaged files of every format: either a whole game or one error that says where, in bounded time and memory."""

from __future__ import annotations

import random
import sys

import mutants
import numpy as np
import pytest

from lp_posg.errors import FormatError
from lp_posg.formats import load

EXTENSIONS = sorted(mutants.SAMPLES)
pytestmark = pytest.mark.filterwarnings(
    "ignore::lp_posg.errors.RoundedProbabilityWarning",
    "ignore::lp_posg.errors.GambitNameWarning",
    "ignore::lp_posg.errors.RepeatedNameWarning",
    "ignore::lp_posg.errors.UnsetRowsWarning",
)


def test_every_format_is_covered():
    assert mutants.missing_samples() == set()


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_samples_are_sound(tmp_path, extension):
    for number, data in enumerate(mutants.SAMPLES[extension].files):
        path = tmp_path / f"sound{number}{extension}"
        path.write_bytes(data)
        load(path)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_few_hundred_mutants(tmp_path, extension):
    report = mutants.run_mutants(extension, 400, 1, tmp_path)
    assert report.wrong == []
    assert report.n_read + report.n_refused == 400
    assert report.n_read >= 4
    assert report.n_refused > 150
    assert len(report.messages) > 5


@pytest.mark.slow
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_ten_thousand_mutants(tmp_path, extension):
    report = mutants.run_mutants(extension, 10_000, 2, tmp_path)
    assert report.wrong == []
    assert report.n_read + report.n_refused == 10_000
    assert report.n_read > 100
    assert report.n_refused > 4000


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_random_bytes(tmp_path, extension):
    rng = random.Random(7)
    path = tmp_path / f"noise{extension}"
    for size in range(200):
        path.write_bytes(rng.randbytes(size))
        with pytest.raises(FormatError):
            load(path)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("run", [b'"', b"{", b"[", b"1 ", b"9", b"\\", b"<a>", b'{"a":'])
def test_long_runs_of_one_word(tmp_path, extension, run):
    # Alone they are refused; in the middle of a sound file they may be part of a name.
    sample = mutants.SAMPLES[extension]
    path, sound = tmp_path / f"run{extension}", sample.files[0]
    for data, reads in ((run * 200_000, 0), (sound[: len(sound) // 2] + run * 200_000 + sound[len(sound) // 2 :], 1)):
        report = mutants.Report()
        path.write_bytes(data)
        with mutants.memory_within(mutants.ROOM):
            problem = mutants.judge(path, tmp_path / f"again{extension}", sample, report, sample.read, sample.write)
        assert problem is None
        assert report.n_read <= reads


def test_the_driver_sees_what_is_wrong(tmp_path):
    def crashes(path):
        raise RuntimeError("broken")

    def greedy(path):
        np.zeros(mutants.ROOM, dtype=np.float64)

    def changes(path):
        return object()

    def verbose(path):
        raise FormatError(f"{path.name}:1: " + "x" * 2000, path=str(path), line=1)

    def vague(path):
        raise FormatError("something is wrong", path=str(path), line=None)

    def told(read):
        report = mutants.run_mutants(".nfg", 3, 1, tmp_path, read=read, write=lambda game, path: None)
        return [text for _, text in report.wrong]

    assert told(crashes) == ["raised RuntimeError: broken"] * 3
    if sys.platform.startswith("linux"):
        assert ["MemoryError" in text for text in told(greedy)] == [True] * 3
    assert told(changes) == ["reads as a game that is another one after it was written"] * 3
    assert [text[:14] for text in told(verbose)] == ["says too much "] * 3
    assert told(vague) == ["names line None: something is wrong"] * 3


def test_a_mutant_is_found_again(tmp_path):
    seen = []

    def keep(path):
        seen.append(path.read_bytes())
        raise FormatError(f"{path.name}:1: no", path=str(path), line=1)

    mutants.run_mutants(".posg", 5, 3, tmp_path, read=keep)
    assert mutants.mutant_numbered(".posg", 3, 4) == seen[4]
