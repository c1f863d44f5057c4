"""Stage games and the concepts that solve them; one file per concept."""

from lp_posg.stage.concepts import CONCEPTS, Concept, check_selection, concept_named, selects_best, solves_apart
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.incentives import largest_share
from lp_posg.stage.correlated.no_signalling import no_signalling_bound
from lp_posg.stage.correlated.region import Efficiency, PayoffRegion, efficiency_of, payoff_region_of
from lp_posg.stage.objective import OWN, Objective, parse_objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import METHODS, BlockStrategy, added, joined

__all__ = [
    "CONCEPTS",
    "METHODS",
    "OWN",
    "BlockStrategy",
    "Concept",
    "Correlated",
    "Efficiency",
    "Objective",
    "PayoffRegion",
    "StageBlock",
    "added",
    "check_selection",
    "concept_named",
    "efficiency_of",
    "joined",
    "largest_share",
    "no_signalling_bound",
    "parse_objective",
    "payoff_region_of",
    "selects_best",
    "solves_apart",
]
