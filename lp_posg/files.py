"""Files written whole or not at all, and ``.npz`` files of plain arrays read within bounds."""

from __future__ import annotations

import os
import secrets
import warnings
import zipfile
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lp_posg.errors import FormatError

_NOT_PLAIN = "not an .npz file of plain arrays"


def path_of(path: object, what: str = "file") -> Path:
    """Return the name of a file as a path, or raise FormatError if it is none."""
    if isinstance(path, (str, PathLike)):
        return Path(path)
    raise FormatError(f"{path!r} is not a path; give the name of a {what}", path=str(path), line=None)


def check_no_device(path: str | PathLike[str]) -> None:
    """Raise FormatError if `path` is a device or a pipe: reading it might never end."""
    if is_device(path):
        raise _wrong(path, "cannot be read: it is a device or a pipe; write it to a file first")


def is_device(path: str | PathLike[str]) -> bool:
    """Whether there is something at `path` that is neither a file nor a directory."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def write_whole(path: str | PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Let `write` fill a draft beside `path`, then move it there; links are followed.

    Raises
    ------
    FormatError
        If `path` is no path, a directory or a device, or cannot be written; nothing is then left behind and an
        older file of that name is as it was.
    """
    if "\0" in str(path_of(path)):
        raise _wrong(path, "cannot be written: it has a null character in it; choose another name")
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        what = "a directory" if target.is_dir() else "a device or a pipe"
        raise _wrong(path, f"cannot be written: it is {what}; choose another place")
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
        raise _wrong(path, f"cannot be written: {error.strerror or error}; choose another place") from None


def write_lines(path: str | PathLike[str], lines: Iterable[str]) -> None:
    """Write lines of text to a file as `write_whole`, each with a line end."""
    write_whole(path, lambda stream: stream.writelines(f"{line}\n".encode() for line in lines))


def remove_drafts(folder: Path, names: str) -> None:
    """Remove from a folder the drafts, named by a pattern, of processes that no longer run."""
    for draft in folder.glob(f".{names}.*-*.tmp"):
        writer = draft.name.rsplit(".", 2)[1].partition("-")[0]
        if writer.isdigit() and not _is_running(int(writer)):
            with suppress(OSError):
                draft.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write arrays to an ``.npz`` file, all of them or nothing.

    Raises
    ------
    FormatError
        If the file cannot be written; it is then left as it was.
    """
    content: dict[str, Any] = dict(arrays)
    write_whole(path, lambda stream: np.savez_compressed(stream, **content))


def read_arrays(
    path: str | PathLike[str], limit: int, advice: str, names: Container[str] | None = None
) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file by name.

    Parameters
    ----------
    path : path
    limit : int
        Most bytes of all arrays together, unpacked. The sizes that the file states are checked before
        anything is unpacked, and no more is unpacked than they say.
    advice : str
        Ends the message if it is no such file.
    names : container of str, optional
        Leave out other arrays.

    Raises
    ------
    FormatError
        If the file cannot be read, is no such file, or is beyond the limit.
    """
    check_no_device(path)
    try:
        file = open(path, "rb")  # noqa: SIM115, closed below, where errors mean something else
    except (OSError, ValueError) as error:
        raise _wrong(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    with file:
        try:
            return _arrays(path, file, limit, names)
        except FormatError as error:
            raise FormatError(f"{error}; {advice}", **error.facts) from None
        except MemoryError:
            raise _wrong(path, "its arrays do not fit into memory; free some, or use a larger machine") from None
        except Exception:  # whatever a damaged file makes zipfile and numpy raise
            raise _wrong(path, f"{_NOT_PLAIN}; {advice}") from None


def _arrays(path: str | PathLike[str], file: BinaryIO, limit: int, names: Container[str] | None) -> dict[str, Any]:
    with zipfile.ZipFile(file) as packed:
        members = packed.infolist()
        total = sum(member.file_size for member in members)
        if total > limit:
            raise _wrong(path, f"its arrays would take {total} bytes, expected at most {limit}")
        arrays: dict[str, Any] = {}
        with warnings.catch_warnings():
            # A damaged header makes the parsers behind numpy warn before they give up.
            warnings.simplefilter("ignore")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or name in arrays:
                    raise _wrong(path, _NOT_PLAIN)
                if names is None or name in names:
                    arrays[name] = _array(path, packed, member)
        return arrays


def _array(path: str | PathLike[str], packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    """Return one array, from no more bytes than the archive's directory says it has."""
    with packed.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, by_column, dtype = header(stream)
        if min(shape, default=0) < 0:
            raise _wrong(path, _NOT_PLAIN)
        # With a size given, no more is unpacked at once; whatever is short or over does not fit the shape.
        data = bytearray(stream.read(member.file_size))
        return np.frombuffer(data, dtype).reshape(shape, order="F" if by_column else "C")


def _wrong(path: str | PathLike[str], message: str) -> FormatError:
    return FormatError(f"{path}: {message}", path=str(path), line=None)
