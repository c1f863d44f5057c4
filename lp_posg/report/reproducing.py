"""How to compute a comparison again: Python lines, versions, and a digest of the game."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lp_posg.catalogue import CatalogEntry
from lp_posg.errors import LpPosgError
from lp_posg.game import Game
from lp_posg.induction.checkpoint import fingerprint
from lp_posg.information import compression_named, sharing_structure
from lp_posg.planning import Comparison
from lp_posg.stage import concept_named, parse_objective
from lp_posg.trees import Tree
from lp_posg.version import __version__

LIBRARIES = ("numpy", "scipy", "highspy", "networkx", "cvxpy", "matplotlib", "jinja2")
"""Whose versions are listed: those that can have a say in a number or a picture."""


def code(table: Comparison, entry: CatalogEntry | None, source: str) -> str:
    """Return the Python lines that compute the same comparison; `source` is the expression of its game."""
    game, solved = table.game, table.solutions
    given: dict[str, Any] = {}
    if isinstance(game, Game):
        given |= {"horizon": table.horizon, "sharing": list(dict.fromkeys(row.sharing for row in table.rows))}
    given["concept"] = list(dict.fromkeys(row.concept for row in table.rows))
    given |= {"objective": table.objective, "compression": table.compression}
    if isinstance(game, Game):
        given["discount"] = game.discount
    if solved:
        given["tolerance"] = solved[0].tolerance
        if not all(solution.certificate.is_within(solution.allowed_gaps) for solution in solved):
            given["approximate"] = True
        if any(solution.certificate.found_gains is not None for solution in solved):
            given["certificate"] = "bounded"
    lines = [f"    {key}={value!r},{_foreign(game, key, value)}" for key, value in given.items()]
    head = ["import lp_posg as posg", "", f"game = {source or _source(game, entry)}", "table = posg.compare("]
    return "\n".join([*head, "    game,", *lines, ")"])


def _foreign(game: Game | Tree, key: str, value: Any) -> str:
    """Return a comment that lists the names that stand for objects of the user's."""
    known: dict[str, Callable[[str], Any]] = {
        "sharing": lambda name: sharing_structure(name, game.n_agents),
        "concept": concept_named,
        "objective": lambda name: parse_objective(name, game.agents),
        "compression": compression_named,
    }
    foreign = []
    for name in value if isinstance(value, list) else [value] if key in known else []:
        try:
            known[key](name)
        except LpPosgError:
            foreign.append(repr(name))
    return f"  # not names but objects of your own: {', '.join(foreign)}" if foreign else ""


def _source(game: Game | Tree, entry: CatalogEntry | None) -> str:
    if entry is None:
        return "posg.load(FILE)"
    named = f"posg.catalog({entry.name!r})"
    return f"posg.trees.to_game({named})" if entry.is_tree and isinstance(game, Game) else named


def versions() -> list[tuple[str, str]]:
    """Return the versions of this package, of Python and of the libraries used."""
    found = [("lp-posg", __version__), ("Python", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed"))
    return found


def digest_of(game: Game | Tree) -> str:
    """Return a SHA-256 digest of everything in a game but its name."""
    if isinstance(game, Game):
        return fingerprint(game)
    arrays = [array.tolist() for array in (game.parent, game.owner, game.information, game.outcome)]
    sets = [[info.agent, info.label, info.actions] for info in game.sets]
    numbers = [[*map(str, game.probability)], [[*map(str, row)] for row in game.outcomes]]
    return hashlib.sha256(json.dumps([game.agents, game.labels, sets, arrays, numbers]).encode()).hexdigest()
