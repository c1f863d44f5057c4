"""Solution concepts: what one has to provide, and the registry of those built in."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lp_posg.checks import plain_name, unknown
from lp_posg.errors import ModelError
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.game.protocols import Payoffs
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.nash.nash_concept import Nash
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock
from lp_posg.stage.strategy import BlockStrategy
from lp_posg.stage.team import Team


@runtime_checkable
class Concept(Protocol):
    """A solution concept for stage games.

    To add one: write a class with these members in a file of its own, and list it in ``CONCEPTS`` or pass an object of
    it to `solve`, `compare` or `learn`.
    """

    @property
    def name(self) -> str:
        """Shown in reports and stored with solutions."""

    @property
    def deviations(self) -> Kind:
        """The kind of deviation that its certificate rules out; one of ``evaluate.KINDS``, or one of your own."""

    def check_game(self, game: Payoffs) -> None:
        """Raise UnsupportedError before any work if no stage game of `game` could be solved."""

    def check_objective(self, objective: Objective) -> None:
        """Raise UnsupportedError before any work if the concept cannot be selected by `objective`."""

    def solve(self, block: StageBlock, objective: Objective) -> BlockStrategy:
        """Return strategies of a block that maximise the objective among those of the concept.

        Called from several threads at once. If they do maximise it, say so by a member ``selects_best = True``: without
        it, `compare` expects of no strategy that its welfare is the best of the concept. If it solves games one by one,
        each of which may take long, say so by a member ``solves_apart(block, objective) -> bool``: workers get fewer of
        them at a time then, so that more is in the checkpoint of a run that is stopped.
        """


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
"""The built-in concepts by name: one line each."""


def selects_best(concept: Concept) -> bool:
    """Whether a concept maximises the objective: a built-in one does, one of a user's if it says so."""
    return type(concept) is type(CONCEPTS.get(concept.name)) or getattr(concept, "selects_best", False) is True


def solves_apart(concept: Concept, block: StageBlock, objective: Objective) -> bool:
    """Whether a concept solves the games of a block one by one, each of which may take long."""
    says = getattr(concept, "solves_apart", None)
    return says is not None and bool(says(block, objective))


def check_selection(concept: Concept, game: Payoffs, objective: Objective) -> None:
    """Raise UnsupportedError before any work if the concept cannot be selected by `objective` in this game.

    A concept for which that depends on both says so by a member ``check_selection(game, objective)``.
    """
    concept.check_objective(objective)
    of_both = getattr(concept, "check_selection", None)
    if of_both is not None:
        of_both(game, objective)


_MEMBERS = ("name", "deviations", "check_game", "check_objective", "solve")


def concept_named(concept: str | Concept) -> Concept:
    """Return the concept of this name; a concept object as it is, once checked.

    Raises
    ------
    OptionError
        If there is none of this name.
    ModelError
        If an object lacks a member, or one is not what it has to be.
    """
    missing = [member for member in _MEMBERS if not hasattr(concept, member)]
    if isinstance(concept, str) or len(missing) == len(_MEMBERS):
        known = CONCEPTS.get(plain_name(concept)) if isinstance(concept, str) else None
        if known is None:
            raise unknown("concept", concept, CONCEPTS)
        return known
    if isinstance(concept, type):
        raise ModelError(f"concept is the class {concept.__name__}, expected an object of it")
    if missing:
        raise ModelError(f"concept {concept!r} has no {', '.join(missing)}; a concept has {', '.join(_MEMBERS)}")
    name, kind = concept.name, concept.deviations
    if not isinstance(name, str) or not name:
        raise ModelError(f"the concept's name is {name!r}, expected a text")
    if name in CONCEPTS and type(concept) is not type(CONCEPTS[name]):
        raise ModelError(f"the concept's name is {name!r}, that of a built-in concept; give it another")
    if not isinstance(kind, Kind):
        raise ModelError(
            f"concept {name!r}: deviations is {kind!r}, expected a Kind, as lp_posg.evaluate.kind_named('ce') is one"
        )
    try:
        kind_named(kind)
    except ModelError as error:
        raise ModelError(f"concept {name!r}: {error}") from None
    return concept
