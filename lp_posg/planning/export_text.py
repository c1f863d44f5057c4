"""Tables and JSON objects as text files for other programs: what the exports of all solutions share."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from lp_posg.errors import FormatError
from lp_posg.files import write_whole
from lp_posg.version import __version__

JSON_VERSION = 1


def checked_suffix(path: str | PathLike[str], what: str, suffixes: Iterable[str]) -> str:
    """Return the suffix of a file, or raise FormatError if it is none of those that `what` is written with."""
    suffix = Path(path).suffix.lower()
    if suffix in suffixes:
        return suffix
    raise FormatError(
        f"{str(path)!r} ends in {suffix or 'no suffix'!r}; {what} is written as {', '.join(suffixes)}",
        path=str(path),
        line=None,
    )


def table_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table with comma-separated values."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return out.getvalue()


def object_text(name: str, content: Mapping[str, Any]) -> str:
    """Return a JSON object that says first what it is."""
    whole = {"format": name, "format_version": JSON_VERSION, "version": __version__, **content}
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text to a file, or raise FormatError; an older file is then left as it was."""
    write_whole(path, lambda stream: stream.writelines([text.encode()]))
