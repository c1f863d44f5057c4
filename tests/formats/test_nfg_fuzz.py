"""Damaged ``.nfg`` files: either a whole game or one FormatError with a line, in little time."""

from __future__ import annotations

import random
import time

import pytest

from lp_posg.errors import FormatError
from lp_posg.formats import load
from lp_posg.game import Game

HEAD = (
    'NFG 1 R "A title" { "Row" "Column" }\n\n{ { "up" "down" }\n{ "left" "mid \\"dle\\"" "right" } }\n"A comment"\n\n'
)
TEXTS = {
    "payoffs": HEAD + "1 2\n3/4 -0.5\n1e2 0\n\n7 8\n-3 .5\n0 0\n",
    "outcomes": HEAD + '{\n{ "first" 1, 2 }\n{ "" 3/4 -5 }\n{ "third" 0, 1e1 }\n}\n1 2 3 0 2 1\n',
}
WORDS = [
    "NFG", "1", "R", "D", '"', '""', "{", "}", "{ }", ",", "\\", '\\"', "0", "2", "-", "3/0", "1/3", "1e999999999",
    "nan", "99999999999999999999", "\n", "\r", "\t", "\x00", "é", '"a"', "{ 2 3 }", "1.5.5", "/", "٣",
]  # fmt: skip
BYTES = [b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x80", b"\n", b" ", b"{", b"9", b'"', b"\\"]


def mutate(rng, data):
    for _ in range(rng.randint(1, 3)):
        a = rng.randrange(len(data) + 1)
        b = min(len(data), a + rng.choice([1, 2, 5, 30]))
        kind = rng.randrange(5)
        if kind == 0:
            data = data[:a] + data[b:]
        elif kind == 1:
            data = data[:a] + rng.choice(WORDS).encode() + data[a:]
        elif kind == 2:
            data = data[:a] + rng.choice(BYTES) + data[b:]
        elif kind == 3:
            data = data[:a] + data[a:b] * rng.choice([2, 3, 50]) + data[b:]
        else:
            words = data.split(b" ")
            words[rng.randrange(len(words))] = rng.choice(WORDS).encode()
            data = b" ".join(words)
    return data


@pytest.mark.parametrize(("version", "seed"), [("payoffs", 1), ("outcomes", 2)])
def test_damaged_files(tmp_path, version, seed):
    rng = random.Random(seed)
    path = tmp_path / "damaged.nfg"
    path.write_text(TEXTS[version])
    assert isinstance(load(path), Game)
    n_good = 0
    said = []
    slowest = 0.0
    for _ in range(1000):
        path.write_bytes(mutate(rng, TEXTS[version].encode()))
        started = time.perf_counter()
        try:
            game = load(path)
        except FormatError as error:
            said.append((str(error), error.line))
        else:
            n_good += game.n_states == 1
        slowest = max(slowest, time.perf_counter() - started)
    assert n_good + len(said) == 1000
    assert [text for text, line in said if not text.startswith(f"{path.name}:{line}: ") or len(text) > 1000] == []
    assert n_good > 50
    assert len(said) > 400
    assert slowest < 5.0


def test_random_bytes(tmp_path):
    rng = random.Random(7)
    path = tmp_path / "noise.nfg"
    for size in range(200):
        path.write_bytes(rng.randbytes(size + 1))
        with pytest.raises(FormatError):
            load(path)


@pytest.mark.parametrize("text", ['"' * 200_001, "{" * 200_000, '"\\"' + "\\" * 200_000, "1 " * 200_000, "9" * 200_000])
def test_long_runs_of_one_character_are_refused_at_once(tmp_path, text):
    path = tmp_path / "run.nfg"
    path.write_text(HEAD + text)
    started = time.perf_counter()
    with pytest.raises(FormatError):
        load(path)
    assert time.perf_counter() - started < 10
