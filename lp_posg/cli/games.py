"""The game that an argument names: a file if there is one, else a model of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lp_posg.errors import FormatError, ModelError
from lp_posg.formats import FORMATS

if TYPE_CHECKING:
    from lp_posg.game import Game


def game_endings(*, writing: bool = False) -> str:
    """Return the endings of game files that can be read, or written, in words."""
    known = [ending for ending, entry in FORMATS.items() if entry.write is not None or not writing]
    return f"{', '.join(known[:-1])} or {known[-1]}"


def game_named(given: str) -> Game:
    """Return the game in the file `given`, or the catalogue's of that name.

    Raises
    ------
    FormatError
        If there is neither, or the file is not right; see `lp_posg.load`.
    UnsupportedError
        If no reader knows the file's extension.
    """
    import lp_posg as posg
    from lp_posg.formats.catalog import catalog_entry

    if os.path.exists(given) and not os.path.isdir(given):
        return posg.load(given)
    try:
        entry = catalog_entry(given)
    except ModelError as error:
        raise _missing(given, error) from None
    return posg.catalog(entry.name)


def _missing(given: str, error: ModelError) -> FormatError:
    """Return the error that names both possibilities, and the nearest models."""
    from lp_posg.formats.catalog import catalog_entry

    near = list(error.facts.get("suggestions", ()))
    try:
        near.insert(0, catalog_entry(Path(given).stem).name)
    except ModelError as other:
        near += other.facts.get("suggestions", ())
    near = list(dict.fromkeys(near))
    advice = f"did you mean {' or '.join(map(repr, near))}?" if near else "`lp-posg models` lists the catalogue"
    what = "this is a directory" if given and os.path.isdir(given) else "there is no such file"
    return FormatError(
        f"{given!r}: {what}, and the catalogue has no model of that name; {advice}", path=given, line=None
    )
