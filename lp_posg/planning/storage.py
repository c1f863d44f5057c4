"""Solutions on disk: one ``.npz`` of plain arrays and one JSON text; nothing is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import FormatError, LpPosgError, OptionError
from lp_posg.files import StoredArrays, opened_arrays, write_arrays
from lp_posg.game import GAME_FORMAT, SOLUTION_FORMAT
from lp_posg.planning.packing import pack, shown
from lp_posg.version import __version__

MAX_BYTES = 1 << 34
"""Most bytes that the arrays of a solution may take."""

FORMAT_VERSION = 3


def write_solution(solution: object, form: str, path: str | PathLike[str]) -> None:
    """Write a solution to `path` in one move; on failure nothing is left behind.

    Parameters
    ----------
    solution : dataclass
    form : {"states", "histories", "tree"}
        Says which dataclass it is.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    arrays: dict[str, Any] = {}
    meta = {
        "format": SOLUTION_FORMAT,
        "format_version": FORMAT_VERSION,
        "version": __version__,
        "form": form,
        "solution": pack(solution, arrays),
    }
    write_arrays(path, {"meta": np.array(json.dumps(meta, ensure_ascii=False))} | arrays)


@contextmanager
def opened_solution(path: str | PathLike[str]) -> Iterator[tuple[dict[str, Any], StoredArrays]]:
    """Open a stored solution: its JSON object, unchecked, and its arrays, not yet unpacked.

    What a damaged file raises within is a FormatError that names it.

    Raises
    ------
    FormatError
        If the file cannot be read or is no solution of this format.
    """
    with opened_arrays(path, MAX_BYTES, "expected one that `Solution.save` wrote") as stored, damage_of(path):
        meta = json.loads(stored.text("meta"))
        if meta["format"] == GAME_FORMAT:
            raise _error(
                path,
                f"found a game, expected a stored solution; solve it (`lp-posg solve {path} --save OUT.npz`), or load"
                " it with `lp_posg.load`",
            )
        if meta["format"] != SOLUTION_FORMAT or meta["format_version"] != FORMAT_VERSION:
            raise _error(
                path,
                f"found format {shown(meta['format'])} version {shown(meta['format_version'])}, expected"
                f" {SOLUTION_FORMAT!r} version {FORMAT_VERSION}; solve the game again with this version"
                f" ({__version__})",
            )
        yield meta, stored


@contextmanager
def damage_of(path: str | PathLike[str]) -> Iterator[None]:
    """Make whatever a damaged file raises a FormatError that names it."""
    try:
        yield
    except (FormatError, OptionError):
        raise
    except LpPosgError as error:
        raise _error(path, f"the stored solution is damaged: {_short(str(error))}") from None
    except MemoryError:
        raise _error(path, "the stored solution does not fit into memory; use a larger machine") from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        problem = _short(f"{type(error).__name__}: {error}")
        raise _error(path, f"not a stored solution, or damaged: {problem}; solve the game again") from None


def _short(text: str) -> str:
    return " ".join(text.split())[:800]


def _error(path: str | PathLike[str], message: str) -> FormatError:
    return FormatError(f"{path}: {message}", path=str(path), line=None)
