"""Equilibria of partially observable stochastic games with information sharing.

>>> import lp_posg as posg
>>> game = posg.catalog("dectiger")
>>> posg.solve(game, horizon=2, sharing="full").values.round(6).tolist()
[10.815, 10.815]

A name is loaded when it is first used, so that a script or a command pays only for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lp_posg.version import __version__

if TYPE_CHECKING:
    from lp_posg import bounds as bounds
    from lp_posg import catalogue as catalogue
    from lp_posg import errors as errors
    from lp_posg import evaluate as evaluate
    from lp_posg import formats as formats
    from lp_posg import information as information
    from lp_posg import interop as interop
    from lp_posg import learning as learning
    from lp_posg import planning as planning
    from lp_posg import plot as plot
    from lp_posg import report as report
    from lp_posg import testing as testing
    from lp_posg import trees as trees
    from lp_posg.catalogue import catalog
    from lp_posg.errors import LpPosgError
    from lp_posg.evaluate import Certificate
    from lp_posg.formats import load, save
    from lp_posg.game import Game
    from lp_posg.information import CompressionRule, DelayedSharing, SharingStructure
    from lp_posg.learning import learn
    from lp_posg.planning import Comparison, Solution, compare, payoff_region, solve, survey, verify
    from lp_posg.stage import Concept
    from lp_posg.trees import Tree

__all__ = [
    "Certificate",
    "Comparison",
    "CompressionRule",
    "Concept",
    "DelayedSharing",
    "Game",
    "LpPosgError",
    "SharingStructure",
    "Solution",
    "Tree",
    "__version__",
    "catalog",
    "compare",
    "errors",
    "learn",
    "load",
    "payoff_region",
    "save",
    "solve",
    "survey",
    "verify",
]

NAMESPACES = (
    "bounds",
    "catalogue",
    "errors",
    "evaluate",
    "formats",
    "information",
    "interop",
    "learning",
    "planning",
    "plot",
    "report",
    "testing",
    "trees",
)
"""Rooms that are attributes of the package without an import of their own."""

HOMES = {
    "Certificate": "evaluate",
    "Comparison": "planning",
    "CompressionRule": "information",
    "Concept": "stage",
    "DelayedSharing": "information",
    "Game": "game",
    "LpPosgError": "errors",
    "SharingStructure": "information",
    "Solution": "planning",
    "Tree": "trees",
    "catalog": "catalogue",
    "compare": "planning",
    "learn": "learning",
    "load": "formats",
    "payoff_region": "planning",
    "save": "formats",
    "solve": "planning",
    "survey": "planning",
    "verify": "planning",
}
"""The room in which each public name is defined."""


def __getattr__(name: str) -> Any:
    if name in NAMESPACES:
        return import_module(f"lp_posg.{name}")
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"lp_posg.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *NAMESPACES})
