"""Planning: `solve`, `compare`, `survey`, `verify`, and the solutions they return."""

from lp_posg.game import allowed_gaps
from lp_posg.planning.agent_names import agent_number
from lp_posg.planning.comparison import Check, Comparison, Row, compare
from lp_posg.planning.fits import Fit, survey
from lp_posg.planning.gains import PlaceGain, StateGains
from lp_posg.planning.history_solution import SequenceSolution, SequenceStats
from lp_posg.planning.history_solving import ENTRY_LIMIT, solve_sequence_form
from lp_posg.planning.ledgers import ledger
from lp_posg.planning.regions import payoff_region
from lp_posg.planning.solution import Atom, Labels, Solution, Stats
from lp_posg.planning.solving import Progress, check_certificate, default_concept, solve
from lp_posg.planning.tree_solution import ExtensiveSolution, ExtensiveStats
from lp_posg.planning.tree_solving import solve_extensive
from lp_posg.planning.verification import verify
from lp_posg.stage import PayoffRegion

__all__ = [
    "ENTRY_LIMIT",
    "Atom",
    "Check",
    "Comparison",
    "ExtensiveSolution",
    "ExtensiveStats",
    "Fit",
    "Labels",
    "PayoffRegion",
    "PlaceGain",
    "Progress",
    "Row",
    "SequenceSolution",
    "SequenceStats",
    "Solution",
    "StateGains",
    "Stats",
    "agent_number",
    "allowed_gaps",
    "check_certificate",
    "compare",
    "default_concept",
    "ledger",
    "payoff_region",
    "solve",
    "solve_extensive",
    "solve_sequence_form",
    "survey",
    "verify",
]
