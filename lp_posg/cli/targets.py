"""Files to write: checked before any work starts, and JSON written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import typer

from lp_posg.errors import FormatError, LpPosgError, OptionError
from lp_posg.files import write_whole
from lp_posg.formats import FORMATS
from lp_posg.wording import finite

STDOUT = "-"

_NOT_FOR_JSON = tuple({*FORMATS, ".npz"} - {".json"})


def check_json_target(target: str | None, *inputs: str | None) -> None:
    """Raise unless JSON could be written to `target`: a path, ``-`` for stdout, or None for nowhere.

    Raises BadParameter if it is one of the `inputs` or ends like a game or a solution, else as `check_target`.
    """
    if target is None or target == STDOUT:
        return
    if Path(target).suffix.lower() in _NOT_FOR_JSON or any(i and _is_same(target, i) for i in inputs):
        raise typer.BadParameter(
            f"{target!r} is a game or a solution; give a .json file, or - for stdout", param_hint="--json"
        )
    if not _is_special(target):
        check_target(target)


def check_target(target: str) -> None:
    """Raise FormatError unless a file could be written at `target`."""
    path = Path(target)
    if not target or path.is_dir():
        raise _unwritable(target, "it is a directory" if target else "the name is empty")
    if not path.parent.is_dir():
        raise _unwritable(target, f"there is no directory {str(path.parent)!r}")
    if _is_special(target):
        raise _unwritable(target, "it is a device or a pipe, not a file")


def check_solution_target(target: str | None, given: str, *outputs: str | None) -> None:
    """Raise unless a solution could be written at `target`, or it is None; see `check_output`."""
    if target is None:
        return
    check_output("--save", target, given, *outputs)
    if not target.endswith(".npz"):
        advice = "(how to play as a table is written by --export of `solve` and `policy`)"
        reason = f"{target!r} is no name for a solution; give one that ends in .npz {advice}"
        raise typer.BadParameter(reason, param_hint="--save")


def check_export_target(target: str | None, given: str, *outputs: str | None) -> None:
    """Raise unless how to play could be written at `target`, or it is None; see `check_output`."""
    if target is None:
        return
    from lp_posg.planning.export import writer_for

    if target.endswith(".npz"):
        raise typer.BadParameter(f"{target!r} is a name for a solution; store it with --save", param_hint="--export")
    with naming_a_file():
        writer_for(target)
    check_output("--export", target, given, *outputs)


def check_output(option: str, target: str, given: str, *outputs: str | None) -> None:
    """Raise unless the file of a flag can be written; it may be neither the file given nor another of the `outputs`."""
    check_not_input(target, given, option)
    if target == STDOUT or any(other and os.path.abspath(other) == os.path.abspath(target) for other in outputs):
        raise typer.BadParameter(f"{target!r} cannot be two files of one name", param_hint=option)
    check_target(target)


@contextmanager
def naming_a_file() -> Iterator[None]:
    """Make an error about the ending of a file to write one about an option's value."""
    try:
        yield
    except LpPosgError as error:
        raise OptionError(str(error)) from None


def check_not_input(target: str, given: str, option: str) -> None:
    """Raise BadParameter if the file to write is the file given."""
    if _is_same(target, given):
        raise typer.BadParameter(f"{target!r} is the input itself; give another name", param_hint=option)


def check_drawn_target(out: str, inputs: Sequence[str], what: str, check_suffix: Callable[[str], object]) -> None:
    """Raise before any work unless a page or a picture, in words `what`, could be written to `out`."""
    for file in inputs:
        check_not_input(out, file, "--out")
    if out == STDOUT:
        raise typer.BadParameter(f"a {what} is not written to stdout; give a file", param_hint="--out")
    with naming_a_file():
        check_suffix(out)
    check_target(out)


def deliver(target: str | None, summary: Callable[[], Mapping[str, Any] | list[Any]], show: Callable[[], None]) -> None:
    """Write the result as JSON if there is a target, and show it unless stdout is that target."""
    if target is not None:
        write_json(target, summary())
    if target != STDOUT:
        show()


def write_json(target: str, content: Mapping[str, Any] | list[Any]) -> None:
    """Write `content` as JSON to a path, or to stdout for ``-``; numbers that are not finite become null.

    Raises FormatError if the file cannot be written; it is then left as it was.
    """
    text = json.dumps(finite(content), indent=2, allow_nan=False) + "\n"
    if target == STDOUT:
        print(text, end="")
        return
    if not _is_special(target):
        write_whole(target, lambda stream: stream.writelines([text.encode()]))
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(target, str(error.strerror or error)) from None


def _is_special(target: str) -> bool:
    return os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)


def _is_same(one: str, other: str) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    return False


def _unwritable(target: str, why: str) -> FormatError:
    return FormatError(
        f"{target or repr(target)}: cannot be written: {why}; choose another place", path=target, line=None
    )
