"""Files that appear, or replace an older one, only when they are complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from lp_posg.errors import FormatError


def write_whole(path: str | PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Let `write` fill a draft beside `path`, then move it there; links are followed.

    Raises
    ------
    FormatError
        If `path` is a directory or a device, or cannot be written; nothing is then left behind and an
        older file of that name is as it was.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "a device or a pipe"
        raise FormatError(f"{path}: cannot be written: it is {what}; choose another place", path=str(path), line=None)
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        stream = draft.open("xb")
        try:
            with stream:
                write(stream)
            draft.replace(target)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise FormatError(
            f"{path}: cannot be written: {error.strerror or error}; choose another place", path=str(path), line=None
        ) from None


def remove_drafts(folder: Path, names: str) -> None:
    """Remove the drafts of files named by a pattern that processes no longer running have left in a folder."""
    for draft in folder.glob(f".{names}.*-*.tmp"):
        writer = draft.name.rsplit(".", 2)[1].partition("-")[0]
        if writer.isdigit() and not _is_running(int(writer)):
            with suppress(OSError):
                draft.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
