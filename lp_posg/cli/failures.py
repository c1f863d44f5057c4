"""Whatever goes wrong becomes one line on stderr and an exit status."""

from __future__ import annotations

import os
import re
import sys
import warnings
from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from lp_posg.cli.signals import told
from lp_posg.errors import LpPosgError, OptionError
from lp_posg.wording import clean

ERROR, USAGE, BROKEN_PIPE = 1, 2, 141
"""Exit statuses; the last is 128 plus the number of the signal, as shells have it, and so are those of `signals`."""


class Command(TyperCommand):
    """A command for which ``--json`` without a value means ``--json -``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the arguments left over, after a bare ``--json`` was given its value."""
        full: list[str] = []
        for place, here in enumerate(args):
            after = args[place + 1] if place + 1 < len(args) else "--"
            full.append(here)
            if here == "--json" and after.startswith("-") and after != "-":
                full.append("-")
        return super().parse_args(ctx, full)


class CommandGroup(TyperGroup):
    """Commands whose errors end in one line on stderr, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Return what the command returns; any error becomes `typer.Exit` after its line is shown."""
        try:
            with warnings.catch_warnings():
                # An overflow must not end in a result, nor in a wrong reason for there being none.
                warnings.simplefilter("error", RuntimeWarning)
                result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except OptionError as error:
            fail(_with_flag(error), USAGE)
        except LpPosgError as error:
            fail(_with_flags(str(error)))
        except KeyboardInterrupt as stop:
            fail(*told(stop))
        except BrokenPipeError:
            # Whoever read the output has seen enough, as in `lp-posg models | head -3`.
            _abandon_stdout()
            raise typer.Exit(BROKEN_PIPE) from None
        except MemoryError as error:
            fail(f"out of memory ({error or 'no more can be had'}); choose a shorter horizon or a smaller game")
        except (RuntimeWarning, FloatingPointError) as error:
            fail(f"the game's numbers are too large or too small to compute with ({error}); rescale its rewards")
        except OSError as error:
            _abandon_stdout()
            fail(f"{error.filename or 'input or output failed'}: {error.strerror or error}")
        except Exception as error:
            # Typer ends a command by an exception too, and shows wrong usage by itself.
            if isinstance(error, (typer.Exit, typer.Abort)) or hasattr(error, "exit_code"):
                raise
            _fail_unforeseen(error)
        else:
            return result


def fail(message: str, status: int = ERROR) -> NoReturn:
    """Show ``error: message`` as one line on stderr and end the command."""
    with suppress(OSError):  # the terminal may be gone
        if sys.stderr is not None:
            typer.echo(f"error: {clean(message)}", err=True)
    raise typer.Exit(status) from None


def _with_flag(error: OptionError) -> str:
    """Return the message of an error about an option, named as on the command line."""
    text, option = _with_flags(str(error)), str(error.facts.get("option") or "")
    flag = f"--{option.replace('_', '-')}"
    if not option or flag in text:
        return text
    return flag + text.removeprefix(option) if text.startswith(f"{option} ") else f"{flag}: {text}"


def _with_flags(text: str) -> str:
    """Return a message of the library with its limits named as on the command line."""
    return re.sub(r"\b(max_states|time_limit|memory_limit)\b", lambda name: f"--{name[0].replace('_', '-')}", text)


def one_line_warnings() -> None:
    """From now on show a warning of a library as one line on stderr, without its source."""

    def show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
        if sys.stderr is not None:
            typer.echo(f"warning: {category.__name__}: {clean(str(message))}", err=True)

    warnings.showwarning = show


def _fail_unforeseen(error: Exception) -> NoReturn:
    if os.environ.get("LP_POSG_TRACEBACK"):
        raise error
    fail(
        f"{type(error).__name__}: {error}; this is a defect of lp_posg, please report it"
        " (LP_POSG_TRACEBACK=1 shows where it comes from)"
    )


def _abandon_stdout() -> None:
    """Send what is still buffered for stdout nowhere, so that the interpreter's exit stays silent."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (OSError, ValueError, AttributeError):
        return
