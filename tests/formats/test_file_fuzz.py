"""Damaged files: whatever the bytes, either a whole game or one of our errors, in little time."""

import random
import time

import pytest

from lp_posg.errors import FormatError
from lp_posg.formats import load
from lp_posg.game import Game

TABLES = """T: wait go : north : 0.25 0.75
T: jam * :
0.5 0.5
0 1
O: 1 : south : quiet light : 1
O: 1 : south : * dark : 0
O: 1 : south : 3 : 0
R: * : * : * : * : -1
R: jam go : north : south : * : 20
R: 0 : south : * : loud * : .5
"""
EXTENDED = """start-observation: * : uniform
T@2: * : uniform
O@1: 0 : 0 : 1 0 0 0
R@3[agent1]: 0 : "north" : * : * : 1
R["agent2"]: 3 : 1 : * : * : 4
"""
WORDS = [
    "T:", "O:", "R:", ":", "*", "#", '"', "@", "[", "]", "0", "1", "-1", "9999999", "1e999", "nan", "0.5", "uniform",
    "identity", "start:", "horizon:", "\n", "\r", "\t",
    "T@", "R[", "\x00", "\ufeff", "é", "agents: 3\n", "start include:", "-", "+", ".", "e", "99999999999999999999",
]  # fmt: skip
BYTES = [b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x80", b"\n", b" ", b":", b"9", b'"', b"*"]


def mutate(rng, text):
    data = text
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(6)
        a = rng.randrange(len(data) + 1)
        b = min(len(data), a + rng.choice([1, 2, 5, 30]))
        if kind == 0:
            data = data[:a] + data[b:]
        elif kind == 1:
            data = data[:a] + rng.choice(WORDS).encode() + data[a:]
        elif kind == 2:
            data = data[:a] + rng.choice(BYTES) + data[b:]
        elif kind == 3:
            data = data[:a] + data[a:b] * rng.choice([2, 3, 50]) + data[b:]
        elif kind == 4:
            lines = data.split(b"\n")
            i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
            data = b"\n".join(lines)
        else:
            words = data.split(b" ")
            words[rng.randrange(len(words))] = rng.choice(WORDS).encode()
            data = b" ".join(words)
    return data


@pytest.mark.parametrize(("extension", "seed"), [("dpomdp", 1), ("dpomdp", 2), ("posg", 3), ("posg", 4)])
def test_damaged_files(tmp_path, header, laws, extension, seed):
    rng = random.Random(seed)
    text = header + laws + TABLES
    if extension == "posg":
        text = "horizon: 3\n" + text.replace("R: 0 : south : * : loud * : .5\n", "") + EXTENDED
    path = tmp_path / f"damaged.{extension}"
    path.write_text(text)
    assert isinstance(load(path), Game)
    n_good = n_bad = 0
    said = []
    slowest = 0.0
    for _ in range(1200):
        path.write_bytes(mutate(rng, text.encode()))
        started = time.perf_counter()
        try:
            game = load(path)
        except FormatError as error:
            n_bad += 1
            said.append((str(error), error.line))
        else:
            n_good += game.n_states >= 1
        slowest = max(slowest, time.perf_counter() - started)
    assert [text for text, line in said if not text.startswith(f"{path.name}:{line}: ") or len(text) > 1000] == []
    assert n_good > 10
    assert n_bad > 500
    assert slowest < 5.0


def test_random_bytes(tmp_path):
    rng = random.Random(7)
    path = tmp_path / "noise.posg"
    for size in range(300):
        path.write_bytes(rng.randbytes(size + 1))
        with pytest.raises(FormatError):
            load(path)
