"""Planning: the DAG of common-information states, the backward sweep, solutions."""

from lp_posg.induction.admissibility import Fit, survey
from lp_posg.induction.comparison import Check, Comparison, Row, compare
from lp_posg.induction.ledger import ledger
from lp_posg.induction.planning import Progress, allowed_gaps, check_certificate, default_concept, solve
from lp_posg.induction.solution import Atom, Labels, Solution, Stats
from lp_posg.induction.verification import verify

__all__ = [
    "Atom",
    "Check",
    "Comparison",
    "Fit",
    "Labels",
    "Progress",
    "Row",
    "Solution",
    "Stats",
    "allowed_gaps",
    "check_certificate",
    "compare",
    "default_concept",
    "ledger",
    "solve",
    "survey",
    "verify",
]
