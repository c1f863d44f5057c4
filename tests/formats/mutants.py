"""Damaged game files, one driver for all formats: a mutant is read in little time and memory, rightly or not at all.

A format is covered by an entry of `SAMPLES`: some sound files, and words that belong to its language.
Whatever reads as a game must be one: it is written and read again, and both must be equal. Whatever does not must
end in one `FormatError` whose message is short and begins with the file and, for a text, the line.
"""

from __future__ import annotations

import gzip
import io
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fence_text import HEADER, LAWS

from lp_posg.errors import FormatError, ImperfectRecallError, LpPosgError, UnsupportedError
from lp_posg.formats import FORMATS, load, save

SECONDS = 5.0
"""What one file may take of a processor: most take a millisecond."""

ROOM = 1 << 30
"""Bytes of address space that reading may take beyond what the process has: some of the limits are tens of millions."""

LONGEST = 1000
"""Most characters of a message."""

NUMBERS = [
    "0", "1", "-1", "2", "0.5", "1.0", "-0", "-0.0", "1e999", "-1e999", "1e-999", "1e100", "1e308", "nan", "inf",
    "NaN", "-Infinity", "9999999", "99999999999999999999", "0x10", "1_000", "٣", "1e", ".", "+1", "5e-324",
    "0.30000000000000004", "9" * 400, "9" * 5000, "1.5.5", "3/0", "1/3",
]  # fmt: skip
ANYWHERE = ["\n", "\r", "\r\n", "\t", " ", "\x00", "\ufeff", "é", "\u2028", "\U0001f600", '"', "'", "\\", "#", "<", "&"]
BYTES = [b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x80", b"\n", b" ", b":", b"9", b'"', b"*", b"\x00", b"{", b"]"]
OPENERS = [b"[", b"{", b"(", b'{"a":', b'"', b"<a>", b"{ ", b"\\", b"-", b"1 ", b"9"]
NUMBER_STARTS = frozenset(b"0123456789-.")


@dataclass(frozen=True)
class Sample:
    """Sound files of a format.

    Parameters
    ----------
    files : tuple of bytes
    words : tuple of str
        What is put in at random, beside numbers and odd characters.
    has_lines : bool
        Whether an error has to name a line.
    """

    files: tuple[bytes, ...]
    words: tuple[str, ...]
    has_lines: bool = True
    is_packed: bool = False
    """Whether most changes are to be made inside members of a zip archive, which is then packed anew."""
    read: Callable[[Path], Any] = load
    write: Callable[[Any, Path], None] = save
    refusals: tuple[type[LpPosgError], ...] = ()
    """Errors beside `FormatError` that a sound file may end in; they have to say where as well."""


@dataclass
class Report:
    """What became of the mutants of a format.

    ``wrong`` tells what must not happen: the number of the mutant and what it did.
    """

    n_read: int = 0
    n_refused: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    wrong: list[tuple[int, str]] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)


# ---- samples -----------------------------------------------------------------------------------------

_TABLES = """T: wait go : north : 0.25 0.75
T: jam * :
0.5 0.5
0 1
O: 1 : south : quiet light : 1
O: 1 : south : * dark : 0
O: 1 : south : 3 : 0
R: * : * : * : * : -1
R: jam go : north : south : * : 20
"""
_DPOMDP = HEADER + LAWS + _TABLES + "R: 0 : south : * : loud * : .5\n"
# Quoted names, wild rewards, and a state that nothing leads to, of which no row is given.
_DIALECT = """agents: "one" "two"
discount: 1
values: "reward"
states: "a" "b" "never"
start: 1 0 0
actions:
"x" "y"
1
observations:
"u" "v"
1
T: * : "a" : "b" : 1
T: * : "b" :
0.5 0.5 0
O: * : "a" : "u" * : 1
O: "y" * : "b" : 1 0 : 1
O: "x" 0 : 1 : uniform
R: * : * : "b" : * : 3
R: * : "a" : * : 1 * : -1
R: "y" * : * : * :
1 2
"""
_POSG = (
    "horizon: 3\n"
    + HEADER
    + LAWS
    + _TABLES
    + """start-observation: * : uniform
T@2: * : uniform
O@1: 0 : 0 : 1 0 0 0
R@3[agent1]: 0 : "north" : * : * : 1
R["agent2"]: 3 : 1 : * : * : 4
"""
)
_NFG = (
    'NFG 1 R "A title" { "Row" "Column" }\n\n{ { "up" "down" }\n{ "left" "mid \\"dle\\"" "right" } }\n"A comment"\n\n'
)
# A coin that only Ann sees; she says a or b, and Bob, who hears her, believes it or not.
_EFG = """EFG 2 R "Signals" { "Ann" "Bob" }
"A comment"
c "the coin" 7 "coin" { "heads" 1/3 "tails" 0.6666666666667 } 0
p "" 1 12 "saw heads" { "a" "b" } 0
p "" 2 1 "heard a" { "yes" "no" } 0
t "" 1 "right" { 2, 1 }
t "" 2 "wrong" { 0 -1.5 }
p "" 2 5 "heard b" { "yes" "no" } 9 "cost" { -1 0 }
t "" 1
t "" 2
p "" 1 3 "saw tails" { "a" "b" } 0
p "" 2 1 0
t "" 2 "wrong" { 0, -3/2 }
t "" 1 "right" { 2e0, 1. }
p "" 2 5 "heard b" { "yes" "no" } 9
t "" 2
t "" 0
"""
# Neither sets nor events nor outcomes have names, and no commas stand between payoffs.
_BARE_EFG = b"""EFG 2 R "" { "A" "B" }
c "" 1 { "l" 1/2 "r" 1/2 } 0
p "" 1 1 { "x" "y" } 0
t "" 1 { 1 -1 }
t "" 2 { 0 2 }
p "" 2 1 { "x" "y" } 0
t "" 1 { 1 -1 }
t "" 2
"""
_OSPOSG = """3 2 2 2 2 7 2 0.9
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
1 0 1 1 2 0.3333
1 0 1 0 1 0.6667
2 1 0 0 0 1.0000
2 1 1 0 1 1
0 0 1 -2.5
1 0 1 4
0 0.5 0.5
"""
_POSG_WORDS = (
    "T:", "O:", "R:", ":", "*", "#", '"', "@", "[", "]", "uniform", "identity", "start:", "horizon:", "T@", "R[",
    "agents: 3\n", "start include:", "reset", "north", "wait",
)  # fmt: skip


def converted(text: str, extension: str) -> bytes:
    """Return the file of another format that holds the game of a ``.posg`` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.posg"
        path.write_text(text)
        save(load(path), path.with_suffix(extension))
        return path.with_suffix(extension).read_bytes()


SAMPLES: dict[str, Sample] = {
    ".dpomdp": Sample((_DPOMDP.encode(), _DIALECT.encode()), _POSG_WORDS),
    ".posg": Sample((_POSG.encode(), _DIALECT.encode()), _POSG_WORDS),
    ".posg.gz": Sample((gzip.compress(_POSG.encode(), mtime=0),), _POSG_WORDS),
    ".nfg": Sample(
        (
            (_NFG + "1 2\n3/4 -0.5\n1e2 0\n\n7 8\n-3 .5\n0 0\n").encode(),
            b'NFG 1 R "" { "" "b" }\n{ { "x" "x" "" } { "y" "y" } }\n1 2\n3 4\n5 6\n7 8\n9 1\n2 3\n',
            (_NFG + '{\n{ "first" 1, 2 }\n{ "" 3/4 -5 }\n{ "third" 0, 1e1 }\n}\n1 2 3 0 2 1\n').encode(),
        ),
        ("NFG", "R", "D", '""', "{", "}", "{ }", ",", '\\"', '"a"', "{ 2 3 }", "/"),
    ),
    ".efg": Sample(
        (
            _EFG.encode(),
            _BARE_EFG,
            b'EFG 2 D "" { "" }\np "" 1 1 "" { "" "" } 0\np "" 1 2 "" { "x" } 0 t "" 0 t "" 0\n',
        ),
        ("EFG", "R", "D", '""', "{", "}", "{ }", ",", '"a"', 'c "" 1', 'p "" 1 1', 't "" 0\n', '"" { 1, 1 }', "1/2"),
        refusals=(ImperfectRecallError,),
    ),
    ".osposg": Sample(
        (_OSPOSG.encode(),), ("0 0 0 0 0 1\n", "0 0\n", "start", "a/b", "0.3333", "0.6667", "1.000000", "-0.5", "00")
    ),
    ".json": Sample(
        (converted(_POSG, ".json"), converted(_DPOMDP, ".json")),
        (
            '"initial"',
            '"reward"',
            "[0, 0]",
            "null",
            "true",
            "{}",
            "[]",
            '""',
            ",",
            "]",
            "}",
            '"\\ud83d"',
            '"agents": 3,',
            '"x": 1,',
            "[[",
            "]]",
        ),
    ),
    ".npz": Sample(
        (converted(_POSG, ".npz"), converted(_DPOMDP, ".npz")),
        ("meta.npy", "PK\x03\x04", "<f8", "<i4", "|O", "<U1", "(3,)", "True", "fortran_order", "shape", "\x93NUMPY"),
        has_lines=False,
        is_packed=True,
    ),
}


# ---- mutation ----------------------------------------------------------------------------------------


def mutant(rng: random.Random, sample: Sample) -> bytes:
    """Return one of the sample's files after one to four changes."""
    data = rng.choice(sample.files)
    if not sample.is_packed or rng.random() < 0.2:
        return _changed(rng, data, sample)
    members = unpacked(data)
    name = rng.choice(["meta.npy", *sorted(members)])
    if name != "meta.npy":
        return packed(members | {name: _changed(rng, members[name], sample)})
    text = str(np.load(io.BytesIO(members[name]))).encode()
    stream = io.BytesIO()
    np.save(stream, np.array(_changed(rng, text, sample).decode(errors="replace")))
    return packed(members | {name: stream.getvalue()})


def _changed(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        data = rng.choice(CHANGES)(rng, data, sample)
    return data


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the members of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of `members`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def _span(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice([1, 1, 2, 5, 30, 200]))


def _delete(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    a, b = _span(rng, data)
    return data[:a] + data[b:]


def _insert(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + rng.choice([*sample.words, *ANYWHERE, *NUMBERS]).encode() + data[a:]


def _overwrite(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    a, b = _span(rng, data)
    return data[:a] + rng.choice(BYTES) + data[b:]


def _flip(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    if not data:
        return data
    a = rng.randrange(len(data))
    return data[:a] + bytes([data[a] ^ (1 << rng.randrange(8))]) + data[a + 1 :]


def _repeat(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    a, b = _span(rng, data)
    return data[:b] + data[a:b] * rng.choice([1, 2, 50]) + data[b:]


def _truncate(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _splice(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    other = rng.choice(sample.files)
    a, b = _span(rng, data)
    c, d = _span(rng, other)
    return data[:a] + other[c:d] + data[b:]


def _swap_lines(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


def _swap_word(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    words = data.split(b" ")
    words[rng.randrange(len(words))] = rng.choice([*sample.words, *NUMBERS]).encode()
    return b" ".join(words)


def _drop_line(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    lines = data.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def _copy_line(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    """Put a line of some file, with one of its words replaced, somewhere."""
    lines, others = data.split(b"\n"), rng.choice(sample.files).split(b"\n")
    line = _swap_word(rng, rng.choice(others), sample) if rng.random() < 0.5 else rng.choice(others)
    lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _exchange_words(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    """Let two words of one line change places, or two fields between colons."""
    lines = data.split(b"\n")
    k = rng.randrange(len(lines))
    mark = rng.choice([b" ", b":"])
    words = lines[k].split(mark)
    i, j = rng.randrange(len(words)), rng.randrange(len(words))
    words[i], words[j] = words[j], words[i]
    lines[k] = mark.join(words)
    return b"\n".join(lines)


def _swap_number(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    """Put another number in the place of one in the file."""
    places = [k for k, byte in enumerate(data) if byte in NUMBER_STARTS]
    if not places:
        return data
    a = b = rng.choice(places)
    while b < len(data) and data[b] in NUMBER_STARTS:
        b += 1
    return data[:a] + rng.choice(NUMBERS).encode() + data[b:]


def _nest(rng: random.Random, data: bytes, sample: Sample) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + rng.choice(OPENERS) * rng.choice([2, 50, 5000]) + data[a:]


CHANGES: tuple[Callable[[random.Random, bytes, Sample], bytes], ...] = (
    _delete, _insert, _overwrite, _flip, _repeat, _truncate, _splice, _swap_lines, _swap_word, _swap_number, _nest,
    _drop_line, _copy_line, _exchange_words,
)  # fmt: skip


# ---- judgement ---------------------------------------------------------------------------------------


def run_mutants(
    extension: str,
    count: int,
    seed: int,
    folder: Path,
    *,
    read: Callable[[Path], Any] | None = None,
    write: Callable[[Any, Path], None] | None = None,
) -> Report:
    """Return what became of `count` mutants of a format; see the module for what is right.

    Parameters
    ----------
    extension : str
        A key of `SAMPLES`.
    count, seed : int
    folder : path
        Where files are written.
    read, write : callable
        From a path to what the file holds, and back; the sample's if not given.
    """
    rng = random.Random(f"{extension} {seed}")
    sample = SAMPLES[extension]
    read, write = read or sample.read, write or sample.write
    path, again = folder / f"damaged{extension}", folder / f"again{extension}"
    report = Report()
    began = time.perf_counter()
    with memory_within(ROOM):
        for number in range(count):
            put(path, mutant(rng, sample))
            started = time.process_time()
            problem = judge(path, again, sample, report, read, write)
            seconds = time.process_time() - started
            report.slowest = max(report.slowest, seconds)
            if problem is None and seconds > SECONDS:
                problem = f"took {seconds:.1f} s"
            if problem is not None:
                report.wrong.append((number, problem))
    report.seconds = time.perf_counter() - began
    return report


def put(path: Path, data: bytes) -> None:
    """Write a file over an older one in place: some systems wait for the disk where one is emptied first."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(data)
        file.truncate()


def mutant_numbered(extension: str, seed: int, number: int) -> bytes:
    """Return the file of which a report tells something wrong."""
    rng = random.Random(f"{extension} {seed}")
    for _ in range(number):
        mutant(rng, SAMPLES[extension])
    return mutant(rng, SAMPLES[extension])


def judge(
    path: Path,
    again: Path,
    sample: Sample,
    report: Report,
    read: Callable[[Path], Any],
    write: Callable[[Any, Path], None],
) -> str | None:
    """Return what is wrong with how a file is taken, or None."""
    try:
        found = read(path)
    except (FormatError, *sample.refusals) as error:
        report.n_refused += 1
        report.messages.add(_kind(str(error)))
        return _blame(path, sample, error)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"raised {type(error).__name__}: {str(error)[:200]}"
    report.n_read += 1
    try:
        write(found, again)
        if read(again) != found:
            return "reads as a game that is another one after it was written"
    except UnsupportedError:
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"reads as a game that cannot be written: {type(error).__name__}: {str(error)[:200]}"
    return None


def _blame(path: Path, sample: Sample, error: LpPosgError) -> str | None:
    """Return what is wrong with a message, or None."""
    text, line = str(error), error.facts["line"]
    if (line is None) == sample.has_lines or (line is not None and line < 1):
        return f"names line {line}: {text[:200]}"
    place = f"{path.name}:{line}: " if sample.has_lines else f"{path}: "
    if not text.startswith(place):
        return f"does not begin with {place!r}: {text[:200]}"
    if len(text) > LONGEST or "\n" in text:
        return f"says too much ({len(text)} characters): {text[:200]!r}"
    if "memory" in text:
        return f"filled the memory: {text[:200]}"
    return None


def _kind(text: str) -> str:
    """Return a message without what differs from file to file."""
    return "".join(char for char in text.partition(": ")[2] if not char.isdigit())[:100]


@contextmanager
def memory_within(room: int) -> Iterator[None]:
    """Let the process take at most `room` more bytes of address space, where the system can be told so (Linux)."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + room
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def missing_samples() -> set[str]:
    """Return the extensions of the registry that have no sample here."""
    return set(FORMATS) - set(SAMPLES)
