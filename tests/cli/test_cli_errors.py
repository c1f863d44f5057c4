"""Wrong files, wrong arguments and misfortunes: one line, the right exit status, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import lp_posg as posg
from lp_posg.cli import bars

GOOD = """agents: 2
discount: 1.0
values: reward
states: left right
start: 0.5 0.5
actions:
2
2
observations:
1
1
T: * : * : uniform
O: * : * : uniform
R: 0 0 : * : * : * : 1.0
"""

# What is wrong, the file that results, and words that the one line of the error must have.
BAD_FILES = {
    "row of transitions does not sum to 1": (
        GOOD.replace("T: * : * : uniform", "T: * : * : 0.5 0.6"),
        ["bad.posg:12:"],
    ),
    "unknown keyword": (GOOD.replace("values:", "worth:"), ["bad.posg:3:", "worth"]),
    "unknown state": (GOOD.replace("R: 0 0 : *", "R: 0 0 : middle"), ["bad.posg:14:", "middle"]),
    "unknown action": (GOOD.replace("R: 0 0", "R: 0 7"), ["bad.posg:14:", "7"]),
    "a number that is none": (GOOD.replace("* : 1.0\n", "* : one\n"), ["bad.posg:14:", "one"]),
    "not a number": (GOOD.replace("* : 1.0\n", "* : nan\n"), ["bad.posg:14:", "nan"]),
    "discount above 1": (GOOD.replace("discount: 1.0", "discount: 1.5"), ["bad.posg:2:", "1.5"]),
    "no agents": (GOOD.replace("agents: 2", "agents: 0"), ["bad.posg:1:"]),
    "start that does not sum to 1": (GOOD.replace("0.5 0.5", "0.5 0.1"), ["bad.posg:5:"]),
    "an unknown agent": (GOOD.replace("R: 0 0", "R[nobody]: 0 0"), ["bad.posg:14:", "nobody"]),
    "an empty file": ("", ["bad.posg"]),
    "prose": ("Dear reader,\nthis is no game.\n", ["bad.posg:1:"]),
    "bytes": (b"\x00\xff\xfe\x80" * 50, ["bad.posg:1:"]),
    "an unclosed quote": (GOOD.replace("left right", '"left right'), ["bad.posg:4:", "quote"]),
    "rewards beyond the floating-point range": (
        GOOD + "R[agent1]: 0 1 : * : * : * : 1e308\nR[agent1]: 1 0 : * : * : * : -1e308\n",
        ["bad.posg:16", "reward of agent 'agent1'"],
    ),
}

# Arguments, exit status, words of the message.
BAD_ARGUMENTS = [
    (("solve", "nowhere.posg", "-H", "2"), 1, ["nowhere.posg", "no such file", "catalogue"]),
    (("solve", "dectigre", "-H", "2"), 1, ["no such file", "catalogue", "did you mean 'dectiger'?"]),
    (("solve", "dectiger.dpomdp", "-H", "2"), 1, ["did you mean 'dectiger'?"]),
    (("solve", "", "-H", "2"), 1, ["''", "no such file"]),
    (("solve", ".", "-H", "2"), 1, ["directory"]),
    (("solve", "x" * 5000, "-H", "2"), 1, ["no such file"]),
    (("check", "notes.txt"), 1, ["notes.txt", "'.txt'", ".posg"]),
    (("solve", "dectiger"), 2, ["--horizon"]),
    (("solve", "-H", "2"), 2, ["FILE"]),
    (("solve", "dectiger", "-H", "0"), 2, ["--horizon"]),
    (("solve", "dectiger", "-H", "-3"), 2, ["--horizon"]),
    (("solve", "dectiger", "-H", "abc"), 2, ["--horizon"]),
    (("solve", "dectiger", "-H", "2.5"), 2, ["--horizon"]),
    (("solve", "dectiger", "-H", "2", "--workers", "0"), 2, ["--workers"]),
    (("solve", "dectiger", "-H", "2", "--discount", "0"), 2, ["--discount"]),
    (("solve", "dectiger", "-H", "2", "--discount", "nan"), 2, ["--discount"]),
    (("solve", "dectiger", "-H", "2", "--tolerance", "-1"), 2, ["--tolerance"]),
    (("solve", "dectiger", "-H", "2", "--tolerance", "inf"), 2, ["--tolerance"]),
    (("solve", "dectiger", "-H", "2", "--bogus"), 2, ["--bogus"]),
    (("solve", "dectiger", "extra", "-H", "2"), 2, ["extra"]),
    (("frobnicate",), 2, ["frobnicate"]),
    (("solve", "dectiger", "-H", "2", "--concept", "nash"), 2, ["'nash'", "cce"]),
    (("solve", "dectiger", "-H", "2", "--sharing", "half"), 2, ["'half'", "one-step-delay"]),
    (("solve", "dectiger", "-H", "2", "--sharing", "delay:0"), 2, ["delay:D"]),
    (("solve", "dectiger", "-H", "2", "--objective", "agent:9"), 2, ["agent:9"]),
    (("solve", "dectiger", "-H", "2", "--objective", "weighted:1"), 2, ["weighted:1", "2 numbers"]),
    (("solve", "dectiger", "-H", "2", "--compression", "zip"), 2, ["'zip'", "exact"]),
    (("solve", "dectiger", "-H", "2", "--compression", "finite-memory"), 2, ["finite-memory:L"]),
    (("solve", "dectiger", "-H", "2", "--compression", "finite-memory:1:foo"), 2, ["finite-memory:L", "prior"]),
    (("solve", "dectiger", "-H", "2", "--compression", "merge:nan"), 2, ["merge:EPS", "from 0 to 1"]),
    (("solve", "dectiger", "-H", "2", "--compression", "merge:2"), 2, ["merge:EPS", "from 0 to 1"]),
    (("solve", "dectiger", "-H", "2", "--compression", "exact:1"), 2, ["'exact:1'", "expected exact"]),
    (("compare", "dectiger", "-H", "2", "--compression", "merge:"), 2, ["merge:EPS"]),
    (("solve", "dectiger", "-H", "2", "--json", "no/out.json"), 1, ["no/out.json", "no directory"]),
    (("solve", "dectiger", "-H", "2", "--json", "."), 1, ["directory"]),
    (("solve", "dectiger", "-H", "2", "--json", ""), 1, ["empty"]),
    (("solve", "dectiger", "-H", "2", "--save", "no/out.npz"), 1, ["no/out.npz", "no directory"]),
    (("solve", "dectiger", "-H", "2", "--save", "."), 1, ["directory"]),
    (("solve", "dectiger", "-H", "2", "--save", os.devnull), 1, ["device"]),
    (("solve", "good.posg", "-H", "2", "--save", "good.posg"), 2, ["--save", "input"]),
    (("solve", "good.posg", "-H", "2", "--json", "good.posg"), 2, ["--json"]),
    (("compare", "dectiger", "-H", "2", "--concept", ","), 2, ["--concept"]),
    (("solve", "dectiger", "-H", "2", "--certificate", "maybe"), 2, ["'maybe'", "bounded"]),
    (("solve", "dectiger", "-H", "2", "--backend", "steam"), 2, ["'steam'"]),
    (("plot", "dag", "dectiger", "-H", "2", "--out", "dag.bmp"), 2, ["'.bmp'", ".svg"]),
    (("report", "dectiger", "-H", "2", "--out", "page.txt"), 2, ["page.txt", ".html"]),
    (("compare", "dectiger", "-H", "2", "--sharing", "full,what"), 2, ["'what'"]),
    (("info", "dectiger", "--sharing", "what"), 2, ["'what'"]),
    (("models", "dectigre"), 1, ["did you mean 'dectiger'"]),
    (("models", "--json", "dectiger"), 2, ["--json"]),
    (("verify", "nothing.npz"), 1, ["nothing.npz"]),
    (("verify", "good.posg"), 1, ["good.posg"]),
    (("verify", "."), 1, ["."]),
    (("convert", "good.posg", "good.posg"), 2, ["input"]),
    (("convert", "good.posg", "out.xyz"), 2, ["out.xyz", ".dpomdp"]),
    (("convert", "chicken", "out.dpomdp"), 1, ["out.dpomdp", ".posg"]),
    (("convert", "chicken", "no/out.posg"), 1, ["no/out.posg"]),
]  # fmt: skip


@pytest.fixture
def here(run, tmp_path):
    """Give `run` in a directory with a good file and a file of notes."""
    (tmp_path / "good.posg").write_text(GOOD)
    (tmp_path / "notes.txt").write_text(GOOD)
    assert run("check", "good.posg")[0] == 0
    return run


def check_failure(status, out, err, words):
    assert out == ""
    assert "Traceback" not in err
    assert "defect" not in err
    if status == 1 or err.startswith("error: "):
        assert err.startswith("error: ")
        assert err.count("\n") == 1
    for word in words:
        assert word in err


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("command", [("check",), ("solve", "-H", "2"), ("info",)])
def test_a_bad_file_is_one_line_that_names_the_place(run, tmp_path, name, command):
    content, words = BAD_FILES[name]
    (tmp_path / "bad.posg").write_bytes(content if isinstance(content, bytes) else content.encode())
    status, out, err = run(command[0], "bad.posg", *command[1:])
    assert status == 1
    check_failure(status, out, err, words)


@pytest.mark.parametrize(("arguments", "expected", "words"), BAD_ARGUMENTS, ids=lambda value: str(value)[:60])
def test_a_bad_argument_is_told(here, tmp_path, arguments, expected, words):
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    status, out, err = here(*arguments)
    assert status == expected
    check_failure(status, out, err, words)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
        (MemoryError("Unable to allocate 9 TiB"), 1, "error: out of memory (Unable to allocate 9 TiB); "),
        (OSError(28, "No space left on device"), 1, "error: input or output failed: No space left on device\n"),
        (ValueError("two\nlines"), 1, "error: ValueError: two\\nlines; this is a defect of lp_posg"),
        (posg.LpPosgError("odd \x1b[31m label"), 1, "error: odd \\x1b[31m label\n"),
        (RecursionError("too deep"), 1, "error: RecursionError: too deep; this is a defect"),
    ],
)
def test_a_misfortune_is_one_line(run, monkeypatch, error, status, text):
    def unlucky(*arguments, **options):
        raise error

    monkeypatch.setattr(posg, "solve", unlucky)
    found, out, err = run("solve", "dectiger", "-H", "2")
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert err.startswith(text)


def test_a_defect_shows_its_traceback_on_request(run, monkeypatch):
    monkeypatch.setattr(posg, "solve", lambda *arguments, **options: {}["missing"])
    monkeypatch.setenv("LP_POSG_TRACEBACK", "1")
    from typer.testing import CliRunner

    from lp_posg.cli import app

    assert isinstance(CliRunner().invoke(app, ["solve", "dectiger", "-H", "2"]).exception, KeyError)


def test_a_result_is_shown_although_it_cannot_be_stored(run, monkeypatch, tmp_path):
    def full(*arguments):
        raise posg.errors.FormatError("out.npz: cannot be written: disk full")

    monkeypatch.setattr("lp_posg.planning.StateSolution.save", full)
    status, out, err = run("solve", "dectiger", "-H", "2", "--save", "out.npz")
    assert (status, err) == (1, "error: out.npz: cannot be written: disk full\n")
    assert "values: 10.815 10.815\n" in out


def test_json_that_cannot_be_written_leaves_the_old_file(run, monkeypatch, tmp_path):
    (tmp_path / "out.json").write_text("old")

    def broken(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", broken)
    status, _, err = run("solve", "dectiger", "-H", "2", "--json", "out.json")
    assert status == 1
    assert err == "error: out.json: cannot be written: No space left on device; choose another place\n"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.json", "old")]


def lp_posg(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "lp_posg", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_a_reader_that_leaves_is_no_error():
    process = lp_posg("models", "box-pushing", "--json", "-")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_is_one_line():
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "lp_posg", "models"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert (result.returncode, result.stderr) == (1, b"error: input or output failed: No space left on device\n")


def test_labels_that_the_encoding_lacks_are_shown_as_codes(tmp_path):
    text = GOOD.replace("agents: 2", 'agents: "M\u00fcller" "\\ud800"')
    (tmp_path / "names.posg").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    out, err = lp_posg("info", str(tmp_path / "names.posg"), "-H", "1", env=environment).communicate(timeout=60)
    assert err == b""
    assert b"agents: M\\xfcller, \\ud800\n" in out


def test_progress_is_shown_on_a_terminal_only(monkeypatch, capsys):
    from lp_posg.planning import Progress

    with bars.progress_bar() as silent:
        assert silent is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with bars.progress_bar() as show:
        assert show is not None
        show(Progress("solve", 3, 3, 3))
    assert capsys.readouterr().out == ""
