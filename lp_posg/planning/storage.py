"""What all stored solutions share: one ``.npz`` of plain arrays and one JSON text; nothing is ever unpickled."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import FormatError, LpPosgError, ModelError, OptionError
from lp_posg.evaluate import Certificate, Deviation, Kind, kind_named
from lp_posg.files import read_arrays, write_arrays
from lp_posg.game import GAME_FORMAT, SOLUTION_FORMAT, Game
from lp_posg.information import Compression, CompressionRule, SharingStructure, compression_named, sharing_structure
from lp_posg.planning.solution import Result, Stats
from lp_posg.planning.stored_parts import check_common, check_finite
from lp_posg.planning.unknown_objects import Unknown
from lp_posg.stage import OWN, Concept, Objective, concept_named, parse_objective
from lp_posg.trees import Tree
from lp_posg.types import FloatArray
from lp_posg.version import __version__

MAX_BYTES = 1 << 34
"""Most bytes that the arrays of a solution may take."""

FORMAT = SOLUTION_FORMAT
FORMAT_VERSION = 3


def write_solution(
    solution: Result, form: str, meta: Mapping[str, Any], arrays: Mapping[str, Any], path: str | PathLike[str]
) -> None:
    """Write a solution to `path` in one move; on failure nothing is left behind.

    Parameters
    ----------
    solution : Result
    form : {"states", "histories", "tree"}
    meta, arrays : mappings
        What the form adds to what all solutions have.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    whole = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "version": __version__,
        "form": form,
        **common_meta(solution),
        **meta,
    }
    text = {"meta": np.array(json.dumps(whole, ensure_ascii=False))}
    write_arrays(path, text | certificate_arrays(solution.certificate) | dict(arrays))


def common_meta(solution: Result) -> dict[str, Any]:
    """Return options, sizes and certificate of a solution as a JSON-ready object, arrays apart."""
    certificate, stats = solution.certificate, solution.stats
    objects = {key: getattr(solution, key) for key in ("sharing", "concept", "objective", "compression")}
    return {
        "options": {
            **{key: getattr(solution, key) for key in ("horizon", "tolerance", "method", "reason")},
            **{key: None if value is None else value.name for key, value in objects.items()},
        },
        "stats": {
            **vars(stats),
            "phases": dict(stats.phases),
            "methods": dict(stats.methods),
            "sizes": dict(stats.sizes),
        },
        "certificate": {
            "status": certificate.status,
            "deviations": certificate.deviations,
            "deviation": None if certificate.deviation is None else vars(certificate.deviation),
            "merge_error": certificate.merge_error,
            "states": certificate.states,
        },
    }


def certificate_arrays(certificate: Certificate) -> dict[str, FloatArray]:
    """Return the arrays of a certificate by name."""
    gains = certificate.found_gains
    arrays = {"certificate.gaps": certificate.gaps, "certificate.values": certificate.values}
    return arrays | ({} if gains is None else {"certificate.found_gains": gains})


def read_stored(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON text and the arrays of a stored solution, `meta` and `arrays`, unchecked.

    Raises
    ------
    FormatError
        If the file cannot be read or is no solution of this format.
    """
    arrays = read_arrays(path, MAX_BYTES, "expected one that `Solution.save` wrote")
    with damage_of(path):
        meta = json.loads(str(arrays["meta"]))
        if meta["format"] == GAME_FORMAT:
            raise FormatError(
                f"{path}: found a game, expected a stored solution; solve it (`lp-posg solve {path} --save OUT.npz`),"
                " or load it with `lp_posg.load`",
                path=str(path),
                line=None,
            )
        if meta["format"] != FORMAT or meta["format_version"] != FORMAT_VERSION:
            raise FormatError(
                f"{path}: found format {meta['format']!r} version {meta['format_version']}, expected {FORMAT!r}"
                f" version {FORMAT_VERSION}; solve the game again with this version ({__version__})",
                path=str(path),
                line=None,
            )
    return meta, arrays


@contextmanager
def damage_of(path: str | PathLike[str]) -> Iterator[None]:
    """Make whatever a damaged file raises a FormatError that names it."""
    try:
        yield
    except (FormatError, OptionError):
        raise
    except LpPosgError as error:
        raise FormatError(
            f"{path}: the stored solution is damaged: {' '.join(str(error).split())[:800]}", path=str(path), line=None
        ) from None
    except MemoryError:
        raise FormatError(
            f"{path}: the stored solution does not fit into memory; use a larger machine", path=str(path), line=None
        ) from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        found = " ".join(f"{type(error).__name__}: {error}".split())[:800]
        raise FormatError(
            f"{path}: not a stored solution, or damaged: {found}; solve the game again",
            path=str(path),
            line=None,
        ) from None


@dataclass(frozen=True)
class Given:
    """The user's own objects that a stored solution can only name."""

    sharing: SharingStructure | None = None
    concept: Concept | None = None
    objective: Callable[[Any], Any] | None = None
    compression: Compression | CompressionRule | None = None


@dataclass(frozen=True)
class Common:
    """What all stored solutions have, made anew."""

    concept: Concept
    objective: Objective
    method: str
    reason: str
    tolerance: float
    certificate: Certificate
    stats: Stats


def common_parts(meta: Mapping[str, Any], arrays: Mapping[str, Any], agents: tuple[str, ...], given: Given) -> Common:
    """Return what `common_meta` and `certificate_arrays` took apart, checked.

    Raises
    ------
    ModelError
        If a part is not what it has to be.
    OptionError
        If a given object is another than the stored one.
    """
    check_common(meta)
    options, stats, certificate = meta["options"], dict(meta["stats"]), meta["certificate"]
    names = ("certificate.gaps", "certificate.values", "certificate.found_gains")
    check_finite(arrays, {name: (len(agents),) for name in names if name in arrays or name != names[2]})
    if not isinstance(options["tolerance"], float) or not math.isfinite(options["tolerance"]):
        raise ModelError("the tolerance is not what it has to be")
    stats["states_by_depth"] = tuple(stats["states_by_depth"])
    stats["sizes"] = {key: tuple(size) if isinstance(size, list) else size for key, size in stats["sizes"].items()}
    kind = _kind(certificate["deviations"], given.concept)
    deviation = certificate["deviation"]
    return Common(
        _named("concept", options["concept"], given.concept, concept_named, deviations=kind),
        _objective(options["objective"], given.objective, agents),
        str(options["method"]),
        str(options["reason"]),
        options["tolerance"],
        Certificate(
            certificate["status"],
            kind,
            arrays["certificate.gaps"],
            arrays["certificate.values"],
            None if deviation is None else Deviation(**deviation),
            certificate["merge_error"],
            certificate["states"],
            found_gains=arrays.get("certificate.found_gains"),
        ),
        Stats(**stats),
    )


def stored_sharing(name: object, given: Given, game: Game | Tree) -> SharingStructure:
    """Return the rule of a stored solution: built in, given, or one that can only be named."""
    found: SharingStructure = _named(
        "sharing", name, given.sharing, lambda rule: sharing_structure(rule, game.n_agents)
    )
    return found


def stored_compression(name: object, given: Given) -> Compression:
    """Return the compression of a stored solution: built in, given, or one that can only be named."""
    found: Compression = _named("compression", name, given.compression, compression_named)
    return found


def _named(what: str, name: object, given: Any, made: Callable[[Any], Any], **known: Any) -> Any:
    """Return the object of a stored name: the one given, a built-in one, or a stand-in."""
    if not isinstance(name, str):
        raise ModelError(f"{name!r} is no name of an option")
    if given is not None:
        found = made(given)
        if getattr(found, "name", None) != name:
            raise OptionError(f"the solution was computed with {name!r}, not with {getattr(found, 'name', found)!r}")
        return found
    try:
        return made(name)
    except ModelError:
        return Unknown(what, name, **known)


def _objective(name: object, given: Callable[[Any], Any] | None, agents: tuple[str, ...]) -> Objective:
    if given is None and isinstance(name, str) and name.startswith(OWN):
        return Objective(name, None)
    found: Objective = _named("objective", name, given, lambda value: parse_objective(value, agents))
    if not isinstance(found, Objective):
        raise ModelError(f"there is no objective {name!r}")
    return found


def _kind(name: str, concept: Concept | None) -> Kind:
    if concept is not None and concept_named(concept).deviations.name == name:
        return concept.deviations
    try:
        return kind_named(name)
    except ModelError:
        raise OptionError(
            f"the solution withstands deviations of kind {name!r}, which is not built in; pass the concept: load(path,"
            " concept=...)"
        ) from None
