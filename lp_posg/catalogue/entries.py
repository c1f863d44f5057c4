"""The catalogue: ready-made games, one folder per publication, each with its source and known values.

A folder of ``models/`` holds one ``about.toml`` and, per model, either a ``.posg`` file or a
Python generator with a function ``build``, or another that `builder` names, where one file makes
several models. In a checkout the folder lies beside the package, in an installed wheel inside it.
Game trees are in `tree_catalog`.
"""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from lp_posg.errors import ModelError
from lp_posg.game import Game

KINDS = ("team", "zero-sum", "general-sum")


class Named(Protocol):
    """What is looked up by its name or an alias."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names."""


E = TypeVar("E", bound=Named)
T = TypeVar("T")


@dataclass(frozen=True)
class KnownValue:
    """A value of a model that was published or can be derived by hand.

    Attributes
    ----------
    sharing, concept : str
        The information-sharing structure and the solution concept the value belongs to.
    horizon : int
        Number of steps.
    discount : float
        Weight of the next step's reward the value was computed with.
    values : tuple of float or None
        Value of each agent, in reward units; None when only the sum is determined.
    welfare : float
        Sum of the agents' values, in reward units, of the equilibrium with the largest sum.
    source : str
        Where the value was published, or how it follows.
    """

    sharing: str
    concept: str
    horizon: int
    discount: float
    values: tuple[float, ...] | None
    welfare: float
    source: str


@dataclass(frozen=True)
class CatalogEntry:
    """What the catalogue knows about one model, without building it.

    Attributes
    ----------
    name : str
        Name to give to `catalog`.
    aliases : tuple of str
        Other names of the same model.
    title, description, source : str
        One line, one paragraph, and the publication with year and venue.
    kind : str
        ``"team"``, ``"zero-sum"`` or ``"general-sum"``.
    sharing : tuple of str
        Structures under which the model is strategy-independent, by argument: the structure's
        definition or the model's form. ``D`` in ``uncontrolled:D`` stands for any delay.
    known_values : tuple of KnownValue
        Published or hand-derived values, at default parameters.
    path : pathlib.Path
        The ``.posg`` file or the generator.
    builder : str
        The generator's function.
    n_states : int
        Number of states, at default parameters.
    n_actions, n_observations : tuple of int
        Number of actions and of observations of each agent, at default parameters.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    source: str
    kind: str
    sharing: tuple[str, ...]
    known_values: tuple[KnownValue, ...]
    description: str
    path: Path
    builder: str
    n_states: int
    n_actions: tuple[int, ...]
    n_observations: tuple[int, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the model's generator with their defaults; none for a file."""
        if self.path.suffix != ".py":
            return {}
        signature = inspect.signature(generator(self.path, self.builder))
        return {name: parameter.default for name, parameter in signature.parameters.items()}


def catalog(name: str, **parameters: Any) -> Game:
    """Return the game called `name` in the catalogue.

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
    """
    entry = catalog_entry(name)
    accepted = entry.parameters
    unknown = [key for key in parameters if key not in accepted]
    if unknown:
        takes = f"it takes {listed(accepted)}" if accepted else "it takes none: it is a file with fixed numbers"
        raise ModelError(
            f"catalogue model {entry.name!r} has no parameter {listed(unknown)}; {takes}",
            model=entry.name,
            accepted=tuple(accepted),
        )
    if entry.path.suffix == ".py":
        return cast(Game, generator(entry.path, entry.builder)(**parameters))
    # Imported here because the registry of formats may in turn look names up in the catalogue.
    from lp_posg.formats import load

    return load(entry.path)


def catalog_entry(name: str) -> CatalogEntry:
    """Return what the catalogue knows about `name`, without building the game.

    Raises
    ------
    ModelError
        If no model has this name or alias; the message has the nearest names and the list.
    """
    by_name, key = by_label(catalog_entries()), key_of(name)
    if key in by_name:
        return by_name[key]
    # Imported here because the catalogue of game trees builds on this one.
    from lp_posg.catalogue.tree_entries import extensive_entries

    tree = by_label(extensive_entries()).get(key)
    if tree is not None:
        raise ModelError(f"{tree.name!r} is a game tree; build it by extensive_catalog({tree.name!r})", tree=tree)
    raise unknown_entry("model", name, by_name)


@cache
def catalog_entries() -> tuple[CatalogEntry, ...]:
    """Return all models of the catalogue, sorted by name.

    Raises
    ------
    ModelError
        If the folder of models is missing or one of its ``about.toml`` is not as it has to be.
    """
    entries = [entry for about in abouts() for entry in read_about(about, _entries)]
    by_label(entries)
    return tuple(sorted(entries, key=lambda entry: entry.name))


def by_label(entries: Iterable[E]) -> dict[str, E]:
    """Return entries by each of their names and aliases, normalised.

    Raises
    ------
    ModelError
        If two of them answer to one.
    """
    found: dict[str, E] = {}
    for entry in entries:
        for label in (entry.name, *entry.aliases):
            first = found.setdefault(normalised(label), entry)
            if first.name != entry.name:
                raise ModelError(f"catalogue models {first.name!r} and {entry.name!r} both answer to {label!r}")
    return found


def key_of(name: object) -> str:
    """Return what `by_label` has an entry under; nothing for what is no name."""
    return normalised(name) if isinstance(name, str) else ""


def unknown_entry(what: str, name: object, known: Mapping[str, Named]) -> ModelError:
    """Return the error that there is no such entry, with the nearest names and the list."""
    near = difflib.get_close_matches(key_of(name), known, n=3, cutoff=0.6)
    names = list(dict.fromkeys(known[match].name for match in near))
    meant = f"did you mean {' or '.join(map(repr, names))}? " if names else ""
    has = listed(sorted({entry.name for entry in known.values()}))
    return ModelError(f"no {what} {name!r} in the catalogue; {meant}it has {has}", suggestions=tuple(names))


def models_folder(package: Path | None = None) -> Path:
    """Return the folder of models: inside the `package` folder in a wheel, beside it in a checkout.

    Raises
    ------
    ModelError
        If neither place has one.
    """
    package = package or Path(__file__).resolve().parent.parent
    places = (package / "models", package.parent / "models")
    for place in places:
        if any(place.glob("*/about.toml")):
            return place
    raise ModelError(f"the catalogue's models are neither in {places[0]} nor in {places[1]}; reinstall the package")


# ---- checks for generators -------------------------------------------------------------------


def check_number(name: str, value: object, *, at_least: float = -math.inf) -> float:
    """Return the parameter `value` as a finite float of at least `at_least`, or raise ModelError."""
    number = _as_float(value)
    if number is None or number < at_least:
        bound = f" of at least {at_least:g}" if at_least > -math.inf else ""
        raise ModelError(f"parameter {name} is {value!r}, expected a finite number{bound}")
    return number


def check_probability(name: str, value: object) -> float:
    """Return the parameter `value` as a float in [0, 1], or raise ModelError."""
    number = _as_float(value)
    if number is None or not 0.0 <= number <= 1.0:
        raise ModelError(f"parameter {name} is {value!r}, expected a probability from 0 to 1")
    return number


def check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    """Raise ModelError unless the parameter `value` is one of `choices`, type included."""
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ModelError(f"parameter {name} is {value!r}, expected {' or '.join(map(repr, choices))}")


def check_count(name: str, value: object, *, at_least: int = 0) -> int:
    """Return the parameter `value` as an int of at least `at_least`, or raise ModelError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < at_least:
        raise ModelError(f"parameter {name} is {value!r}, expected a whole number of at least {at_least}")
    return int(value)


def _as_float(value: object) -> float | None:
    if isinstance(value, bool | str | bytes):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


# ---- reading about.toml ----------------------------------------------------------------------


def abouts() -> list[Path]:
    """Return the ``about.toml`` of every folder of models."""
    return sorted(models_folder().glob("*/about.toml"))


def read_about(about: Path, entries: Callable[[Path, Mapping[str, Any]], list[T]]) -> list[T]:
    """Return what `entries` makes of an ``about.toml`` and its content.

    Raises
    ------
    ModelError
        If the file is not as it has to be.
    """
    try:
        return entries(about, tomllib.loads(about.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        what = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{about}: {what}") from None


def _entries(about: Path, content: Mapping[str, Any]) -> list[CatalogEntry]:
    models = content.get("model", ()) if "tree" in content else content["model"]
    return [_entry(about, content["source"], model) for model in models]


def _entry(about: Path, folder_source: str, model: Mapping[str, Any]) -> CatalogEntry:
    path = about.parent / model["file"]
    if path.suffix not in (".posg", ".py") or not path.is_file():
        raise ModelError(f"{about}: model file {model['file']!r} is not a .posg or .py file of this folder")
    if model["kind"] not in KINDS:
        raise ModelError(f"{about}: kind is {model['kind']!r}, expected one of {listed(KINDS)}")
    known = [value for row in model.get("known", ()) for value in _known_values(row, len(model["actions"]))]
    return CatalogEntry(
        name=model["name"],
        aliases=tuple(model.get("aliases", ())),
        title=model["title"],
        source=model.get("source", folder_source),
        kind=model["kind"],
        sharing=tuple(model["sharing"]),
        known_values=tuple(known),
        description=" ".join(model["description"].split()),
        path=path,
        builder=model.get("builder", "build"),
        n_states=model["states"],
        n_actions=tuple(model["actions"]),
        n_observations=tuple(model["observations"]),
    )


def _known_values(row: Mapping[str, Any], n_agents: int) -> Iterable[KnownValue]:
    """Yield one known value per horizon; ``team`` and ``welfare`` are lists along ``horizons``."""
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


# ---- generators ------------------------------------------------------------------------------


@cache
def generator(path: Path, builder: str) -> Callable[..., Any]:
    """Return the function `builder` of a file of models.

    Raises
    ------
    ModelError
        If there is none.
    """
    label = "lp_posg_models_" + "_".join((path.parent.name, path.stem)).replace("-", "_")
    spec = importlib.util.spec_from_file_location(label, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"the generator {path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build: Callable[..., Any] | None = getattr(module, builder, None)
    if build is None:
        raise ModelError(f"the generator {path} has no function {builder!r}")
    return build


def normalised(name: str) -> str:
    """Return what two ways to write one name have in common."""
    return "".join(name.lower().split()).replace("-", "").replace("_", "")


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, with commas between them."""
    return ", ".join(map(repr, names))
