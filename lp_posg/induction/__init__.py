"""Planning: the DAG of common-information states, the backward sweep, solutions."""

from lp_posg.game import allowed_gaps
from lp_posg.induction.admissibility import Fit, survey
from lp_posg.induction.comparison import Check, Comparison, Row, compare
from lp_posg.induction.gains import PlaceGain, StateGains
from lp_posg.induction.ledger import ledger
from lp_posg.induction.planning import Progress, check_certificate, default_concept, solve
from lp_posg.induction.region import payoff_region
from lp_posg.induction.solution import Atom, Labels, Solution, Stats
from lp_posg.induction.verification import verify
from lp_posg.stage import PayoffRegion

__all__ = [
    "Atom",
    "Check",
    "Comparison",
    "Fit",
    "Labels",
    "PayoffRegion",
    "PlaceGain",
    "Progress",
    "Row",
    "Solution",
    "StateGains",
    "Stats",
    "allowed_gaps",
    "check_certificate",
    "compare",
    "default_concept",
    "ledger",
    "payoff_region",
    "solve",
    "survey",
    "verify",
]
