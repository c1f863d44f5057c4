"""The catalogue's game trees: the ``[[tree]]`` entries of each folder's ``about.toml``, each a generator."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from lp_posg.catalogue.entries import (
    KINDS,
    Named,
    abouts,
    by_label,
    catalog_entries,
    generator,
    key_of,
    listed,
    read_about,
    unknown_entry,
)
from lp_posg.errors import ModelError
from lp_posg.trees import Tree


@dataclass(frozen=True)
class TreeValue:
    """A value of a game tree that was published or can be derived by hand.

    Attributes
    ----------
    concept : str
    values : tuple of float
        Value of each agent, in the units of payoffs.
    source : str
        Where the value was published, or how it follows.
    """

    concept: str
    values: tuple[float, ...]
    source: str


@dataclass(frozen=True)
class TreeEntry:
    """What the catalogue knows about one game tree, without building it.

    Attributes
    ----------
    name, aliases, title, description, source, kind, path, builder
        As in `CatalogEntry`.
    n_nodes : int
        Number of nodes, at default parameters.
    n_sets : tuple of int
        Number of information sets of each agent, at default parameters.
    known_values : tuple of TreeValue
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    source: str
    kind: str
    known_values: tuple[TreeValue, ...]
    description: str
    path: Path
    builder: str
    n_nodes: int
    n_sets: tuple[int, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the generator with their defaults."""
        signature = inspect.signature(generator(self.path, self.builder))
        return {name: parameter.default for name, parameter in signature.parameters.items()}


def extensive_catalog(name: str, **parameters: Any) -> Tree:
    """Return the game tree called `name` in the catalogue.

    Parameters
    ----------
    name : str
        A name or an alias; case, ``-``, ``_`` and spaces do not matter.
    **parameters
        Passed on to the generator.

    Raises
    ------
    ModelError
        If no game tree has this name, or a parameter is unknown or out of its range.

    Examples
    --------
    >>> extensive_catalog("leduc-poker", suits=True).n_nodes
    9457
    """
    entry = extensive_entry(name)
    unknown = [key for key in parameters if key not in entry.parameters]
    if unknown:
        takes = f"it takes {listed(entry.parameters)}" if entry.parameters else "it takes none"
        raise ModelError(
            f"game tree {entry.name!r} has no parameter {listed(unknown)}; {takes}",
            model=entry.name,
            accepted=tuple(entry.parameters),
        )
    return cast(Tree, generator(entry.path, entry.builder)(**parameters))


def extensive_entry(name: str) -> TreeEntry:
    """Return what the catalogue knows about the game tree `name`, without building it.

    Raises
    ------
    ModelError
        If no game tree has this name or alias; the message has the nearest names and the list.
    """
    by_name, key = by_label(extensive_entries()), key_of(name)
    if key not in by_name:
        raise unknown_entry("game tree", name, by_name)
    return by_name[key]


@cache
def extensive_entries() -> tuple[TreeEntry, ...]:
    """Return all game trees of the catalogue, sorted by name.

    Raises
    ------
    ModelError
        If an ``about.toml`` is not as it has to be, or a game tree answers to the name of another model.
    """
    entries = [entry for about in abouts() for entry in read_about(about, _entries)]
    everything: list[Named] = [*catalog_entries(), *entries]
    by_label(everything)
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _entries(about: Path, content: Mapping[str, Any]) -> list[TreeEntry]:
    return [_entry(about, content["source"], tree) for tree in content.get("tree", ())]


def _entry(about: Path, folder_source: str, tree: Mapping[str, Any]) -> TreeEntry:
    path = about.parent / tree["file"]
    if path.suffix != ".py" or not path.is_file():
        raise ModelError(f"{about}: file {tree['file']!r} of a game tree is not a .py file of this folder")
    if tree["kind"] not in KINDS:
        raise ModelError(f"{about}: kind is {tree['kind']!r}, expected one of {listed(KINDS)}")
    return TreeEntry(
        name=tree["name"],
        aliases=tuple(tree.get("aliases", ())),
        title=tree["title"],
        source=tree.get("source", folder_source),
        kind=tree["kind"],
        known_values=tuple(
            TreeValue(known["concept"], tuple(map(float, known["values"])), known["source"])
            for known in tree.get("known", ())
        ),
        description=" ".join(tree["description"].split()),
        path=path,
        builder=tree.get("builder", "build"),
        n_nodes=tree["nodes"],
        n_sets=tuple(tree["information_sets"]),
    )
