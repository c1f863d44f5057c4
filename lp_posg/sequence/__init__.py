"""Zero-sum games in sequence form: equilibria in behaviour strategies on full private histories, and of game trees."""

from lp_posg.sequence.response import Exploitability
from lp_posg.sequence.solution import SequenceSolution, SequenceStats
from lp_posg.sequence.solving import ENTRY_LIMIT, solve_sequence_form
from lp_posg.sequence.tree_solution import ExtensiveSolution, ExtensiveStats
from lp_posg.sequence.tree_solving import solve_extensive

__all__ = [
    "ENTRY_LIMIT",
    "Exploitability",
    "ExtensiveSolution",
    "ExtensiveStats",
    "SequenceSolution",
    "SequenceStats",
    "solve_extensive",
    "solve_sequence_form",
]
