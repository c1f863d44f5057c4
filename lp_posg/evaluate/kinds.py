"""Kinds of deviation: what a concept rules out, and everything that depends on it, as one value per kind.

To add one: a `Kind` here, in ``KINDS``. Certificates, bounds, learning, comparisons, exports, reports and pictures
read from it; nothing else lists kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from lp_posg.brevity import brief
from lp_posg.checks import choice, plain_name, unknown
from lp_posg.errors import ModelError
from lp_posg.evaluate.best_deviations import (
    Gain,
    StepView,
    fixed_action,
    fixed_prescription,
    modification,
    reaction,
    team_gain,
)
from lp_posg.types import FloatArray

Hears = Literal["nothing", "action", "prescription"]
Decides = Literal["interim", "ex-ante", "together"]

_HEARS = ("nothing", "action", "prescription")
_DECIDES = ("interim", "ex-ante", "together")


@brief("name", "hears", "decides")
@dataclass(frozen=True)
class Kind:
    """One kind of deviation.

    Attributes
    ----------
    name : str
        As certificates and stored solutions give it.
    hears : {"nothing", "action", "prescription"}
        What a deviator knows of its recommendation when it decides.
    decides : {"interim", "ex-ante", "together"}
        When: knowing its private information, before it knows any, or all agents at once, as a team.
    independent : bool
        Whether the agents' prescriptions must be drawn independently; then a recommendation says nothing of others.
    to_play : str
        Who draws and who hears what in a strategy that withstands these deviations; anew at every state.
    note : str
        What has to be known to read the gains of single actions; BEST stands for the best deviation at a state.
    best : callable
        The one-step program: of a `StepView`, the best deviation values, shape (N, n), and where they gain.

    Raises
    ------
    ModelError
        If a member is not what it has to be.
    """

    name: str
    hears: Hears
    decides: Decides
    to_play: str = field(repr=False)
    best: Callable[[StepView], tuple[FloatArray, Gain]] = field(repr=False)
    independent: bool = False
    note: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ModelError(f"the name of a kind of deviation is {self.name!r}, expected a text")
        what = f"kind of deviation {self.name!r}"
        choice(f"{what}: hears", self.hears, _HEARS)
        choice(f"{what}: decides", self.decides, _DECIDES)
        choice(f"{what}: independent", self.independent, (True, False))
        for member in ("to_play", "note"):
            if not isinstance(getattr(self, member), str):
                raise ModelError(f"{what}: {member} is {getattr(self, member)!r}, expected a text")
        if not callable(self.best):
            raise ModelError(f"{what}: best is {self.best!r}, expected a function of a StepView")

    @property
    def together(self) -> bool:
        """Whether all agents deviate at once, for their common good."""
        return self.decides == "together"

    @property
    def hears_prescription(self) -> bool:
        """Whether a strategy's atoms are needed; for other kinds the law of the joint action is enough."""
        return self.hears == "prescription"

    @property
    def draws_alone(self) -> bool:
        """Whether each agent draws for itself, so that no mediator is needed."""
        return self.independent or self.together

    @property
    def secures(self) -> bool:
        """Whether each agent has at least what it can secure by a fixed prescription; it fixes zero-sum values."""
        return self.implies(KINDS["cce"])

    @property
    def width(self) -> tuple[bool, int, bool]:
        """What sorts kinds of single deviators by inclusion, the one with fewest equilibria first."""
        return not self.independent, -_HEARS.index(self.hears), self.decides == "ex-ante"

    def implies(self, other: Kind) -> bool:
        """Whether every strategy that withstands these deviations is known to withstand those of `other` too.

        A kind with a one-step program of its own may allow fewer deviations than `hears` and `decides` say, so nothing
        is known of it but that it implies itself.

        >>> KINDS["ne"].implies(KINDS["ce"]), KINDS["cce"].implies(KINDS["ce"]), KINDS["team"].implies(KINDS["ne"])
        (True, False, False)
        """
        if self == other:
            return True
        allows = next((kind for kind in KINDS.values() if kind.best is self.best), None)
        if allows is None or (other.independent and not self.independent):
            return False
        if self.together or other.together or allows.together:
            return self.together and other.together and allows.together
        heard = min(_HEARS.index(kind.hears) for kind in (self, allows))
        interim = self.decides == allows.decides == "interim"
        hears = self.independent or heard >= _HEARS.index(other.hears)
        return hears and (interim or other.decides == "ex-ante")

    def advice(self, best: str) -> str:
        """Return the note, with `best` for the best deviation at a state."""
        return self.note.replace("BEST", best)


_ALONE = (
    "each agent follows its own entry for its private information and, where that has several actions, draws one"
    " by itself; no mediator is needed"
)
_COMMITTED = (
    " and before anything is drawn; who leaves hears nothing of the draw. Those who follow are bound to it: an atom may"
    " be drawn for them by a device that all of them hear, and each plays its own entry"
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "team",
            "nothing",
            "together",
            _ALONE,
            team_gain,
            note="BEST: what all agents together could gain there, changing their actions at once",
        ),
        Kind("ne", "nothing", "interim", _ALONE, fixed_action, independent=True),
        Kind(
            "strategic-ce",
            "prescription",
            "interim",
            "a trusted mediator draws an atom and tells each agent its own prescription and nothing else,"
            " never the atom or what others are told; the agent plays its entry for its private information",
            reaction,
            note="BEST: a deviator who hears the whole prescription, not the action alone",
        ),
        Kind(
            "ce",
            "action",
            "interim",
            "a trusted mediator draws an atom and, for each agent on its own, an action from its entry for its private"
            " information; it tells each agent that action and nothing else, never the atom or what others are told",
            modification,
        ),
        Kind(
            "interim-cce",
            "nothing",
            "interim",
            f"each agent decides whether to follow when it knows its private information{_COMMITTED}",
            fixed_action,
        ),
        Kind(
            "cce",
            "nothing",
            "ex-ante",
            f"each agent decides whether to follow before it knows its private information of the step{_COMMITTED}",
            fixed_prescription,
            note="a deviator decides before it knows its private information: one place above 0 is no gain if BEST"
            " is 0",
        ),
    )
}
"""The built-in kinds of deviation by name."""


def kind_named(kind: str | Kind) -> Kind:
    """Return the kind of deviation of this name; a `Kind` as it is.

    Raises
    ------
    ModelError
        If there is none, or a `Kind` has the name of a built-in one that it is not: solutions store the name only.
    """
    if isinstance(kind, Kind):
        if kind != KINDS.get(kind.name, kind):
            raise ModelError(
                f"a kind of deviation has the name {kind.name!r} of a built-in kind, but is another; give it a name of"
                " its own"
            )
        return kind
    known = KINDS.get(plain_name(kind)) if isinstance(kind, str) else None
    if known is None:
        raise unknown("kind of deviation", kind, KINDS)
    return known
