"""Equilibria of partially observable stochastic games with information sharing.

>>> import lp_posg as posg
>>> game = posg.catalog("dectiger")
>>> posg.solve(game, horizon=2, sharing="full").values.round(6).tolist()
[10.815, 10.815]
"""

from lp_posg import errors
from lp_posg.bounds import (
    Contraction,
    Observability,
    belief_contraction,
    measured_memory,
    observability,
    theoretical_memory,
)
from lp_posg.errors import LpPosgError
from lp_posg.evaluate import Certificate, certify
from lp_posg.extensive import ExtensiveGame, extensive_game, game_from_rules, strategic_form
from lp_posg.formats import (
    catalog,
    catalog_entries,
    extensive_catalog,
    extensive_entries,
    load,
    load_extensive,
    save,
    save_extensive,
)
from lp_posg.game import Game
from lp_posg.induction import Comparison, PayoffRegion, Solution, compare, ledger, payoff_region, solve, survey, verify
from lp_posg.information import (
    CompressionRule,
    DelayedSharing,
    FiniteMemory,
    MergeWithin,
    SharingStructure,
    sharing_names,
    sharing_structure,
)
from lp_posg.interop import from_open_spiel, open_spiel_policy, to_open_spiel
from lp_posg.learning import learn
from lp_posg.sequence import ExtensiveSolution, SequenceSolution, solve_extensive, solve_sequence_form
from lp_posg.version import __version__

__all__ = [
    "Certificate",
    "Comparison",
    "CompressionRule",
    "Contraction",
    "DelayedSharing",
    "ExtensiveGame",
    "ExtensiveSolution",
    "FiniteMemory",
    "Game",
    "LpPosgError",
    "MergeWithin",
    "Observability",
    "PayoffRegion",
    "SequenceSolution",
    "SharingStructure",
    "Solution",
    "__version__",
    "belief_contraction",
    "catalog",
    "catalog_entries",
    "certify",
    "compare",
    "errors",
    "extensive_catalog",
    "extensive_entries",
    "extensive_game",
    "from_open_spiel",
    "game_from_rules",
    "learn",
    "ledger",
    "load",
    "load_extensive",
    "measured_memory",
    "observability",
    "open_spiel_policy",
    "payoff_region",
    "save",
    "save_extensive",
    "sharing_names",
    "sharing_structure",
    "solve",
    "solve_extensive",
    "solve_sequence_form",
    "strategic_form",
    "survey",
    "theoretical_memory",
    "to_open_spiel",
    "verify",
]
