"""Stage games and the concepts that solve them; one file per concept."""

from __future__ import annotations

from typing import Protocol

from lp_posg.errors import OptionError
from lp_posg.game.protocols import Payoffs
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.no_signalling import no_signalling_bound
from lp_posg.stage.correlated.obedience import largest_share
from lp_posg.stage.correlated.region import Efficiency, PayoffRegion, efficiency_of, payoff_region_of
from lp_posg.stage.nash.nash_concept import Nash
from lp_posg.stage.objective import OWN, Objective, parse_objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import METHODS, BlockStrategy, added, joined
from lp_posg.stage.team import Team


class Concept(Protocol):
    """A solution concept for stage games.

    To add one: write a class with these members in a file of its own and list it in ``CONCEPTS``.
    """

    name: str
    deviations: str
    """The kind of deviation that its certificate rules out; one of ``evaluate.DEVIATIONS``."""

    def check_game(self, game: Payoffs) -> None:
        """Raise UnsupportedError before any work if no stage game of `game` could be solved."""

    def check_objective(self, objective: Objective) -> None:
        """Raise UnsupportedError before any work if the concept cannot be selected by `objective`."""

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return the strategies of a block; called from several threads at once."""


CONCEPTS: dict[str, Concept] = {
    concept.name: concept
    for concept in (
        Team(),
        Nash(),
        Correlated("strategic-ce", "prescription"),
        Correlated("ce", "action"),
        Correlated("interim-cce", "interim"),
        Correlated("cce", "ex-ante"),
    )
}


def concept_named(name: str) -> Concept:
    """Return the concept of this name.

    Raises
    ------
    OptionError
        If there is none.
    """
    if not isinstance(name, str) or name not in CONCEPTS:
        raise OptionError(f"unknown concept {name!r}; expected one of {', '.join(CONCEPTS)}")
    return CONCEPTS[name]


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
    "concept_named",
    "efficiency_of",
    "joined",
    "largest_share",
    "no_signalling_bound",
    "parse_objective",
    "payoff_region_of",
]
