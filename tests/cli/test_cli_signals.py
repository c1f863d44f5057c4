"""Signals that ask the command line to end: one line, their own exit status, what is finished kept."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, sys
from lp_posg import cli
from lp_posg.cli import application

def command(*_):
    os.kill(os.getpid(), {number})
    raise AssertionError("the signal did not arrive")

application.command_named = command
sys.argv = ["lp-posg", "models"]
cli.main()
"""


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "hung up")],
)
def test_a_signal_to_end_is_one_line_and_its_status(name, status, word):
    # Whoever runs the tests may ignore signals, as nohup does; what is started inherits that.
    usual = "default_int_handler" if name == "SIGINT" else "SIG_DFL"
    script = f"import signal\nsignal.signal(signal.{name}, signal.{usual})\n"
    script += SCRIPT.format(number=int(getattr(signal, name)))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (status, "", f"error: {word}\n")


def test_a_signal_that_is_ignored_as_by_nohup_stays_so():
    script = "import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + SCRIPT.format(
        number=int(signal.SIGHUP)
    ).replace('raise AssertionError("the signal did not arrive")', "sys.exit(7)")
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 7
