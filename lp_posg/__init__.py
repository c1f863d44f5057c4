"""Equilibria of partially observable stochastic games with information sharing.

>>> import lp_posg as posg
>>> game = posg.catalog("dectiger")
>>> posg.solve(game, horizon=2, sharing="full").values.round(6).tolist()
[10.815, 10.815]
"""

from lp_posg import bounds, errors, evaluate, information, interop, learning, trees
from lp_posg.catalogue import catalog
from lp_posg.errors import LpPosgError
from lp_posg.evaluate import Certificate
from lp_posg.formats import load, save
from lp_posg.game import Game
from lp_posg.information import CompressionRule, DelayedSharing, SharingStructure
from lp_posg.learning import learn
from lp_posg.planning import (
    Comparison,
    ExtensiveSolution,
    PayoffRegion,
    SequenceSolution,
    Solution,
    compare,
    ledger,
    payoff_region,
    solve,
    solve_extensive,
    solve_sequence_form,
    survey,
    verify,
)
from lp_posg.trees import Tree
from lp_posg.version import __version__

__all__ = [
    "Certificate",
    "Comparison",
    "CompressionRule",
    "DelayedSharing",
    "ExtensiveSolution",
    "Game",
    "LpPosgError",
    "PayoffRegion",
    "SequenceSolution",
    "SharingStructure",
    "Solution",
    "Tree",
    "__version__",
    "bounds",
    "catalog",
    "compare",
    "errors",
    "evaluate",
    "information",
    "interop",
    "learn",
    "learning",
    "ledger",
    "load",
    "payoff_region",
    "save",
    "solve",
    "solve_extensive",
    "solve_sequence_form",
    "survey",
    "trees",
    "verify",
]
