"""The catalogue: ready-made games and game trees, found by name or alias."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache
from typing import Any

from lp_posg.catalogue.about import abouts, read_about
from lp_posg.catalogue.entries import CatalogEntry, listed
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.trees import Tree


def catalog(name: str, **parameters: Any) -> Game | Tree:
    """Return the game or game tree called `name` in the catalogue.

    Parameters
    ----------
    name : str
        A name or an alias; case, ``-``, ``_`` and spaces do not matter.
    **parameters
        Passed on to the model's generator; a model kept as a file takes none.

    Raises
    ------
    ModelError
        If no model has this name, or a parameter is unknown or out of its range.

    Examples
    --------
    >>> catalog("box pushing").n_states
    100
    >>> catalog("leduc-poker", suits=True).n_nodes
    9457
    """
    return catalog_entry(name).build(**parameters)


def catalog_entry(name: str) -> CatalogEntry:
    """Return what the catalogue knows about `name`, without building the game.

    Raises
    ------
    ModelError
        If no model has this name or alias; the message has the nearest names and the list.
    """
    known = _by_label(catalog_entries())
    key = _normalised(name) if isinstance(name, str) else ""
    if key in known:
        return known[key]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
    names = list(dict.fromkeys(known[match].name for match in near))
    meant = f"did you mean {' or '.join(map(repr, names))}? " if names else ""
    has = listed(entry.name for entry in catalog_entries())
    raise ModelError(f"no model {name!r} in the catalogue; {meant}it has {has}", suggestions=tuple(names))


@cache
def catalog_entries() -> tuple[CatalogEntry, ...]:
    """Return all games and game trees of the catalogue, sorted by name.

    Raises
    ------
    ModelError
        If the folder of models is missing, one of its ``about.toml`` is not as it has to be, or two models answer to
        one name.
    """
    entries = [entry for about in abouts() for entry in read_about(about)]
    _by_label(entries)
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _by_label(entries: Iterable[CatalogEntry]) -> dict[str, CatalogEntry]:
    """Return entries by each of their names and aliases, normalised; raise ModelError if two answer to one."""
    known: dict[str, CatalogEntry] = {}
    for entry in entries:
        for label in (entry.name, *entry.aliases):
            first = known.setdefault(_normalised(label), entry)
            if first.name != entry.name:
                raise ModelError(f"catalogue models {first.name!r} and {entry.name!r} both answer to {label!r}")
    return known


def _normalised(name: str) -> str:
    """Return what two ways to write one name have in common."""
    return "".join(name.lower().split()).replace("-", "").replace("_", "")
