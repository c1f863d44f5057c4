"""The ``.npz`` format: a game as plain arrays in one packed file, exact and quick to read.

``meta`` is a JSON text: format, version, name, discount and labels. The other arrays are those of
`game_arrays`: the law of the first state, rewards, and the parts of each matrix in compressed sparse rows.
Stored solutions are ``.npz`` files too, known by what ``meta`` says and read by `lp_posg.planning.loading`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lp_posg.errors import FormatError, ModelError
from lp_posg.files import StoredArrays, opened_arrays, write_arrays
from lp_posg.formats.registry import Format
from lp_posg.formats.source import clip
from lp_posg.game import (
    GAME_FORMAT,
    SOLUTION_FORMAT,
    Game,
    game_arrays,
    game_from_arrays,
    game_labels,
    promised_arrays,
)
from lp_posg.version import __version__

if TYPE_CHECKING:
    from lp_posg.planning import Solution

VERSION = 1

MAX_BYTES, MAX_SOLUTION_BYTES = 1 << 31, 1 << 34
"""Most bytes that the arrays of a game, and of a solution, may take."""

_DAMAGE = (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)


def read(path: Path, **objects: Any) -> Game | Solution:
    """Return the game, or the stored solution, in a ``.npz`` file; `objects` as of `load_solution`."""
    if _stated_format(path) == SOLUTION_FORMAT:
        from lp_posg.planning.loading import load_solution

        return load_solution(path, **objects)
    with opened_arrays(path, MAX_BYTES, f"expected one that lp_posg.save wrote (format {GAME_FORMAT!r})") as stored:
        try:
            return _game(path, stored)
        except FormatError:
            raise
        except ModelError as error:
            raise _error(path, f"the stored game is damaged: {error}") from None
        except MemoryError:
            raise _error(path, "the game does not fit into memory; make it smaller") from None
        except _DAMAGE as error:
            found = f"{type(error).__name__}: {error}"
            raise _error(path, f"not a stored game, or damaged ({found}); save the game anew") from None


def write(game: Game, path: Path) -> None:
    """Write any game to a ``.npz`` file from which exactly this game is read."""
    meta = {"format": GAME_FORMAT, "format_version": VERSION, "version": __version__, "game": game_labels(game)}
    # Not escaped: JSON has one escape for a pair of halves and for the character they make, a label may be either.
    write_arrays(path, {"meta": np.array(json.dumps(meta, ensure_ascii=False))} | game_arrays(game))


def _stated_format(path: Path) -> object:
    """Return what a file of arrays says that it holds, None if it says nothing or cannot be read."""
    try:
        with opened_arrays(path, MAX_SOLUTION_BYTES, "") as stored:
            return json.loads(stored.text("meta"))["format"]
    except (FormatError, *_DAMAGE):
        return None


def _game(path: Path, stored: StoredArrays) -> Game:
    meta = json.loads(stored.text("meta"))
    if meta["format"] != GAME_FORMAT or meta["format_version"] != VERSION:
        found = f"found format {clip(repr(meta['format']))} version {clip(repr(meta['format_version']))}"
        expected = f"expected {GAME_FORMAT!r} version {VERSION}; save the game anew with this version ({__version__})"
        raise _error(path, f"{found}, {expected}")
    labels = dict(meta["game"])
    stored.check_names({"meta", *promised_arrays(labels, stored.promises)})
    return game_from_arrays(labels, stored.all())


def _error(path: Path, message: str) -> FormatError:
    return FormatError(f"{path}: {' '.join(message.split())[:800]}", path=str(path), line=None)


FORMAT = Format(name="npz", extensions=(".npz",), read=read, write_game=write)
