"""Planning: the DAG of common-information states, the backward sweep, solutions."""

from lp_posg.induction.compare import Check, Comparison, Row, compare
from lp_posg.induction.solution import Atom, Labels, Solution, Stats
from lp_posg.induction.solve import Progress, check_certificate, default_concept, solve
from lp_posg.induction.survey import Fit, survey
from lp_posg.induction.verify import verify

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
    "check_certificate",
    "compare",
    "default_concept",
    "solve",
    "survey",
    "verify",
]
