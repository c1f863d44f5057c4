"""Zero-sum games in sequence form: equilibria in behaviour strategies on full private histories."""

from lp_posg.sequence.response import Exploitability
from lp_posg.sequence.solution import SequenceSolution, SequenceStats
from lp_posg.sequence.solving import ENTRY_LIMIT, solve_sequence_form

__all__ = ["ENTRY_LIMIT", "Exploitability", "SequenceSolution", "SequenceStats", "solve_sequence_form"]
