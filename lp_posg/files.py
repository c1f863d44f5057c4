"""Files written whole or not at all, and ``.npz`` files of plain arrays read within bounds."""

from __future__ import annotations

import gzip
import io
import math
import os
import secrets
import warnings
import zipfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

import numpy as np

from lp_posg.errors import FormatError

PACKED = ".gz"
"""The end of the name of a packed text file."""

_NOT_PLAIN = "not an .npz file of plain arrays"
_PLAIN_KINDS = "biufcU"
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_HEADER = 10_000
_PIECE = 1 << 20
_SHOWN = 60

MAX_UNPACKED = 1 << 30
"""Most bytes that a file's arrays may take in any case; beyond that only as many times the file's size as is usual."""

_MAX_RATIO = 256

MAX_TEXT = 1 << 28
"""Most bytes of one text among stored arrays, four for each character."""


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
    """Write lines of text to a file as `write_whole`, each with a line end; packed if its name ends in ``.gz``."""

    def write(stream: BinaryIO) -> None:
        content = (f"{line}\n".encode() for line in lines)
        if Path(path).suffix.lower() != PACKED:
            stream.writelines(content)
            return
        # Neither name nor time in it, so that equal games make equal files.
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
            packed.writelines(content)

    write_whole(path, write)


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
    for name, array in content.items():
        if array.dtype.kind == "U" and array.nbytes > MAX_TEXT:
            raise _wrong(path, f"cannot be written: its text {name!r} takes over {MAX_TEXT} bytes; shorten the labels")
    # What is large is not compressed, so that a reader may refuse small files that unpack to much.
    save = np.savez if sum(array.nbytes for array in content.values()) > MAX_UNPACKED else np.savez_compressed
    write_whole(path, lambda stream: save(stream, **content))


class Promise(NamedTuple):
    """What the header of a stored array says that it is."""

    shape: tuple[int, ...]
    dtype: Any


class StoredArrays:
    """The arrays of an open ``.npz`` file, of which only the headers are read until one is asked for.

    Made by `opened_arrays`. ``promises`` has what each header says, by name; each agrees with the size that the
    archive states.
    """

    def __init__(self, path: str | PathLike[str], file: BinaryIO, limit: int, advice: str) -> None:
        self._path, self._advice = path, advice
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.promises: dict[str, Promise] = {}
        with self._damage():
            self._packed = zipfile.ZipFile(file)
            self._index(file, limit)

    def __getitem__(self, name: str) -> Any:
        """Return one array, from no more bytes than its header promises; FormatError if they are not there."""
        with self._damage(), self._packed.open(self._members[name]) as stream:
            shape, by_column, dtype = _header(stream)
            array = np.empty(shape, dtype, order="F" if by_column else "C")
            content: Any = array.reshape(-1, order="A").view(np.uint8) if array.nbytes else b""
            left, into = memoryview(content), cast(io.BufferedIOBase, stream)
            while left:
                count = into.readinto(left[:_PIECE])
                if not count:
                    raise ValueError("the member ends early")
                left = left[count:]
            return array

    def text(self, name: str) -> str:
        """Return the one text that a member holds.

        Raises FormatError if it is none or too long, KeyError if there is no such member.
        """
        shape, dtype = self.promises[name]
        with self._damage():
            if shape or dtype.kind != "U":
                raise ValueError("not one text")
            if dtype.itemsize > MAX_TEXT:
                raise _wrong(
                    self._path, f"its text {name!r} would take {dtype.itemsize} bytes, expected at most {MAX_TEXT}"
                )
        return str(self[name])

    def check_names(self, known: Container[str]) -> None:
        """Raise FormatError if there is a member whose name is not `known`."""
        for name in self.promises:
            if name not in known:
                found = f"found a member {name[:_SHOWN]!r} that does not belong to it"
                raise _wrong(self._path, f"{found}; {self._advice}, with nothing added")

    def all(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {name: self[name] for name in self.promises}

    def _index(self, file: BinaryIO, limit: int) -> None:
        """Read the directory and the headers, and see that they agree."""
        members = self._packed.infolist()
        total = sum(member.file_size for member in members)
        most = min(limit, max(MAX_UNPACKED, _MAX_RATIO * os.fstat(file.fileno()).st_size))
        if total > most:
            raise _wrong(self._path, f"its arrays would take {total} bytes, expected at most {most}")
        for member in members:
            name = member.filename.removesuffix(".npy")
            if member.compress_type not in _PACKINGS or name in self._members:
                raise ValueError("no member of a file of arrays")
            with self._packed.open(member) as stream:
                shape, _, dtype = _header(stream)
                begins = stream.tell()
            if dtype.kind not in _PLAIN_KINDS or min(shape, default=0) < 0:
                raise ValueError("no plain array")
            if math.prod(shape) * dtype.itemsize != member.file_size - begins:
                raise ValueError("the header promises another size than the directory")
            self._members[name], self.promises[name] = member, Promise(shape, dtype)

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """Make whatever a damaged file raises a FormatError that names it."""
        try:
            with warnings.catch_warnings():
                # A damaged header makes the parsers behind numpy warn before they give up.
                warnings.simplefilter("ignore")
                yield
        except FormatError as error:
            raise FormatError(f"{error}; {self._advice}", **error.facts) from None
        except MemoryError:
            raise _wrong(self._path, "its arrays do not fit into memory; free some, or use a larger machine") from None
        except Exception:  # whatever a damaged file makes zipfile and numpy raise
            raise _wrong(self._path, f"{_NOT_PLAIN}; {self._advice}") from None


@contextmanager
def opened_arrays(path: str | PathLike[str], limit: int, advice: str) -> Iterator[StoredArrays]:
    """Open an ``.npz`` file, so that what its headers promise can be judged before anything is unpacked.

    Parameters
    ----------
    path : path
    limit : int
        Most bytes of all arrays together, unpacked.
    advice : str
        Ends the message if it is no such file.

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
        yield StoredArrays(path, file, limit, advice)


def read_arrays(path: str | PathLike[str], limit: int, advice: str) -> dict[str, Any]:
    """Return the arrays of an ``.npz`` file by name; parameters and errors as of `opened_arrays`."""
    with opened_arrays(path, limit, advice) as stored:
        return stored.all()


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    """Return shape, whether columns come first, and type of a stored array; leave the stream where it begins."""
    version = np.lib.format.read_magic(stream)
    head = stream.read({(1, 0): 2, (2, 0): 4}[version])
    size = int.from_bytes(head, "little")
    if size > _MAX_HEADER:
        raise ValueError("a header is too long")
    text = io.BytesIO(head + stream.read(size))
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    found: tuple[tuple[int, ...], bool, Any] = read(text)
    return found


def _wrong(path: str | PathLike[str], message: str) -> FormatError:
    return FormatError(f"{path}: {message}", path=str(path), line=None)
