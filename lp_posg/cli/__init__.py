"""The command line: arguments in, one result on stdout; nothing is computed here.

Exit status 0; 2 if the call is wrong, an option or its value; 1 with one line on stderr if anything else is, a file or
the game; 130 when interrupted, 143 when terminated, 129 when hung up. Heavy modules are imported by the command that
needs them.
"""

from __future__ import annotations

import sys

from lp_posg.cli.application import app
from lp_posg.cli.failures import one_line_warnings
from lp_posg.cli.signals import end_as_interrupted, told

__all__ = ["app", "main"]


def main() -> None:
    """Run ``lp-posg`` with the arguments of this process, and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A label that the terminal's encoding does not have is shown as its code.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    one_line_warnings()
    end_as_interrupted()
    at_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))
    app.rich_markup_mode = "rich" if at_terminal else None
    try:
        app(prog_name="lp-posg")
    except KeyboardInterrupt as stop:  # before a command is entered or after it is left
        sys.exit(told(stop)[1])
