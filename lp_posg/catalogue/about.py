"""The folders of models: one per publication, each described by its ``about.toml``.

A folder of ``models/`` holds one ``about.toml`` and, per model, either a ``.posg`` or ``.efg`` file or a Python
generator with a function ``build``, or another that `builder` names, where one file makes several models. POSGs are
its ``[[model]]`` tables, game trees its ``[[tree]]`` tables. In a checkout the folder lies beside the package, in an
installed wheel inside it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lp_posg.catalogue.entries import CatalogEntry, KnownValue, listed
from lp_posg.checks import did_you_mean, meant
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.trees import Tree

KINDS = ("team", "zero-sum", "general-sum")


def models_folder(package: Path | None = None) -> Path:
    """Return the folder of models: inside the `package` folder in a wheel, beside it in a checkout.

    Raises ModelError if neither place has one.
    """
    package = package or Path(__file__).resolve().parent.parent
    places = (package / "models", package.parent / "models")
    for place in places:
        if any(place.glob("*/about.toml")):
            return place
    raise ModelError(f"the catalogue's models are neither in {places[0]} nor in {places[1]}; reinstall the package")


def abouts() -> list[Path]:
    """Return the ``about.toml`` of every folder of models."""
    return sorted(models_folder().glob("*/about.toml"))


def read_about(about: Path) -> list[CatalogEntry]:
    """Return the models that an ``about.toml`` describes, in its order.

    Raises ModelError if the file is not as it has to be.
    """
    try:
        content = tomllib.loads(about.read_text(encoding="utf-8"))
        models = content.get("model", ()) if "tree" in content else content["model"]
        return [
            *(_entry(about, content["source"], model, is_tree=False) for model in models),
            *(_entry(about, content["source"], tree, is_tree=True) for tree in content.get("tree", ())),
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        what = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{about}: {what}") from None


def _entry(about: Path, folder_source: str, model: Mapping[str, Any], *, is_tree: bool) -> CatalogEntry:
    path = about.parent / model["file"]
    ending = ".efg" if is_tree else ".posg"
    if path.suffix not in (ending, ".py") or not path.is_file():
        raise ModelError(f"{about}: model file {model['file']!r} is not a {ending} or .py file of this folder")
    if model["kind"] not in KINDS:
        raise ModelError(f"{about}: kind is {model['kind']!r}, expected one of {listed(KINDS)}")
    sizes: dict[str, Any] = (
        {"n_nodes": model["nodes"], "n_sets": tuple(model["information_sets"])}
        if is_tree
        else {
            "sharing": tuple(model["sharing"]),
            "n_states": model["states"],
            "n_actions": tuple(model["actions"]),
            "n_observations": tuple(model["observations"]),
        }
    )
    n_agents = len(model["information_sets" if is_tree else "actions"])
    known = [value for row in model.get("known", ()) for value in _known_values(row, n_agents, is_tree)]
    return CatalogEntry(
        name=model["name"],
        aliases=tuple(model.get("aliases", ())),
        title=model["title"],
        source=model.get("source", folder_source),
        kind=model["kind"],
        is_tree=is_tree,
        known_values=tuple(known),
        description=" ".join(model["description"].split()),
        path=path,
        builder=model.get("builder", "build"),
        **sizes,
    )


def _known_values(row: Mapping[str, Any], n_agents: int, is_tree: bool) -> Iterable[KnownValue]:
    """Yield the value of a game tree, or one per horizon; ``team`` and ``welfare`` are lists along ``horizons``."""
    if is_tree:
        paid = tuple(map(float, row["values"]))
        yield KnownValue(None, row["concept"], None, 1.0, paid, math.fsum(paid), row["source"])
        return
    horizons = row["horizons"]
    team, welfare, values = row.get("team"), row.get("welfare"), row.get("values")
    if team is not None:
        values = [[value] * n_agents for value in team]
    if welfare is None:
        welfare = [math.fsum(own) for own in values or ()]
    for horizon, total, own in zip(horizons, welfare, values or [None] * len(horizons), strict=True):
        yield KnownValue(
            sharing=row["sharing"],
            concept=row["concept"],
            horizon=int(horizon),
            discount=float(row["discount"]),
            values=None if own is None else tuple(map(float, own)),
            welfare=float(total),
            source=row["source"],
        )


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
    names = list(dict.fromkeys(known[match].name for match in meant(key, known)))
    has = listed(entry.name for entry in catalog_entries())
    raise ModelError(f"no model {name!r} in the catalogue; {did_you_mean(names)}it has {has}", suggestions=tuple(names))


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
