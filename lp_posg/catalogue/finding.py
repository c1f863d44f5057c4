"""The game that a text names: a file if there is one, else a model of the catalogue, or a game of OpenSpiel."""

from __future__ import annotations

import os
from pathlib import Path

from lp_posg.catalogue.about import catalog_entry
from lp_posg.catalogue.entries import CatalogEntry
from lp_posg.checks import did_you_mean
from lp_posg.errors import FormatError, ModelError
from lp_posg.formats import load, stored_solution
from lp_posg.game import Game
from lp_posg.planning import Solution
from lp_posg.trees import Tree

OPEN_SPIEL = ("open_spiel:", "openspiel:")
"""What comes before the name of a game of OpenSpiel."""

Found = tuple[Game | Tree | Solution, CatalogEntry | None, str]
"""What was found, its entry if it is of the catalogue, and the Python expression for it, `posg` being lp_posg."""


def find(given: str | os.PathLike[str]) -> Found:
    """Return what a file or a name stands for.

    Raises
    ------
    FormatError
        If there is none, and as `lp_posg.load` and `lp_posg.interop.from_open_spiel`.
    """
    name = os.fspath(given)
    if not isinstance(given, str) or (os.path.exists(name) and not os.path.isdir(name)):
        return load(given), None, "posg.load(FILE)"
    if name.startswith(OPEN_SPIEL):
        from lp_posg.interop import from_open_spiel

        name = name.split(":", 1)[1]
        return from_open_spiel(name), None, f"posg.interop.from_open_spiel({name!r})"
    try:
        entry = catalog_entry(name)
    except ModelError as error:
        raise _missing(name, error) from None
    return entry.build(), entry, f"posg.catalog({entry.name!r})"


def game_named(given: str | os.PathLike[str]) -> Game | Tree:
    """Return the game or game tree of a file or a name; raise as `find`, and FormatError for a stored solution."""
    found, _, _ = find(given)
    if isinstance(found, Solution):
        raise stored_solution(given)
    return found


def _missing(given: str, error: ModelError) -> FormatError:
    """Return the error that names both possibilities, and the nearest models."""
    near = list(error.facts.get("suggestions", ()))
    try:
        near.insert(0, catalog_entry(Path(given).stem).name)
    except ModelError as other:
        near += other.facts.get("suggestions", ())
    near = list(dict.fromkeys(near))
    advice = did_you_mean(near, "") or "`lp-posg models` lists the catalogue"
    what = "this is a directory" if given and os.path.isdir(given) else "there is no such file"
    return FormatError(
        f"{given!r}: {what}, and the catalogue has no model of that name; {advice}", path=given, line=None
    )
