"""At home in a shell: no colour where none is wanted, completion that completes, a version, types that are marked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import pytest

import lp_posg as posg
from lp_posg.cli import screen
from lp_posg.cli.application import COMMANDS
from lp_posg.cli.games import complete_game

COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")

SCRIPT = Path(sys.executable).with_name("lp-posg")

CALLS = {
    "solve": ("dectiger", "-H", "2", "--save", "s.npz"),
    "compare": ("chicken", "-H", "1", "--sharing", "full,delay:2"),
    "info": ("dectiger", "-H", "2"),
    "check": ("dectiger",),
    "verify": ("s.npz", "dectiger"),
    "simulate": ("s.npz", "--runs", "100"),
    "policy": ("s.npz",),
    "plot": ("dag", "s.npz", "-o", "s.svg"),
    "report": ("chicken", "-H", "1", "--sharing", "full", "--concept", "ce", "-o", "r.html"),
    "convert": ("chicken", "chicken.dpomdp.posg"),
    "learn": ("dectiger", "-H", "1", "--episodes", "50", "--rounds", "1", "--evaluation-episodes", "50"),
    "models": (),
}


def test_no_command_shows_a_colour_if_none_is_wanted(run, monkeypatch):
    """https://no-color.org; without the variable a terminal does show some, so that the test can fail."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    assert set(CALLS) == set(COMMANDS)
    monkeypatch.setattr(screen, "is_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = set()
    for command, arguments in CALLS.items():
        monkeypatch.delenv("NO_COLOR", raising=False)
        status, out, err = run(command, *arguments)
        assert (command, status, err) == (command, 0, "")
        coloured |= {command} if COLOUR.search(out) else set()
        monkeypatch.setenv("NO_COLOR", "1")
        status, out, err = run(command, *arguments)
        assert (command, status, err) == (command, 0, "")
        assert not COLOUR.search(out)
    assert {"solve", "compare", "policy"} <= coloured


def in_terminal(*arguments, **variables):
    """Return what a command shows on a terminal of its own, stdout and stderr together."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    master, slave = pty.openpty()
    keep = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    environment = {**keep, "TERM": "xterm-256color", "COLUMNS": "100", **variables}
    command = [sys.executable, "-m", "lp_posg", *arguments]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed: that is how a terminal ends
                break
            if not part:
                break
            shown += part
    os.close(master)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(("arguments", "status"), [(("solve", "--help"), 0), (("solve",), 2)])
def test_neither_do_help_and_usage_on_a_real_terminal(arguments, status):
    found, shown = in_terminal(*arguments)
    assert found == status
    assert COLOUR.search(shown)
    found, shown = in_terminal(*arguments, NO_COLOR="1")
    assert found == status
    assert "solve" in shown
    assert not COLOUR.search(shown)


def test_the_version_is_that_of_the_package():
    result = subprocess.run([sys.executable, "-m", "lp_posg", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"lp-posg {posg.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:\.?(?:dev|a|b|rc)\d+)?", posg.__version__)


def test_the_package_says_that_it_is_typed():
    assert files("lp_posg").joinpath("py.typed").is_file()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_completion_is_installed_and_completes(tmp_path):
    """In a home of its own: commands, options and nothing else."""
    assert any(
        own.name == "lp-posg" and own.value == "lp_posg.cli:main" for own in entry_points(group="console_scripts")
    )
    assert SCRIPT.exists()
    folder = str(SCRIPT.parent)
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": folder + os.pathsep + os.environ["PATH"]}
    # The shell is looked for among this process's parents: here it is said instead.
    install = ["bash", "-c", "lp-posg --install-completion; true"]
    result = subprocess.run(install, env=environment, capture_output=True, text=True, check=True)
    assert "completion installed" in result.stdout
    scripts = list(tmp_path.rglob("*.sh"))
    assert len(scripts) == 1
    assert scripts[0].name in (tmp_path / ".bashrc").read_text()

    def completed(*words):
        listed = " ".join(f"'{word}'" for word in ("lp-posg", *words))
        code = f"source '{scripts[0]}'; COMP_WORDS=({listed}); COMP_CWORD={len(words)}; _lp_posg_completion"
        shown = subprocess.run(
            ["bash", "-c", code + ' lp-posg; printf "%s\\n" "${COMPREPLY[@]}"'],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return set(shown.stdout.split())

    assert completed("s") == {"solve", "simulate"}
    assert {"--horizon", "--sharing"} <= completed("solve", "dectiger", "--")
    assert completed("solve", "dect") == {"dectiger"}
    assert completed("info", "kuhn") == {"kuhn-poker", "kuhn-poker-tree"}
    assert completed("verify", "out.npz", "shapley-f") == {"shapley-figure-2", "shapley-figure-3"}


def test_names_of_games_are_completed_with_files_of_games(tmp_path, monkeypatch):
    """Of what is in a folder those that can be read as games; what is neither is left to the shell."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("chicken.efg", "chicken.txt", "in/chess.posg", "in/notes.md"):
        (tmp_path / name).touch()
    assert complete_game("chick") == ["chicken", "chicken-signals", "chicken.efg"]
    assert complete_game("in/") == ["in/chess.posg"]
    assert complete_game("nowhere/ch") == []
    assert {"dectiger", "leduc-poker", "chicken.efg"} <= set(complete_game(""))
