"""The methods that solve a game, by name, and the choice between them.

To add one: write a class with the members of `Method` in a file of its own and list it in ``METHODS``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from lp_posg.checks import plain_name, unknown
from lp_posg.game import Game
from lp_posg.planning.common_information import CommonInformation
from lp_posg.planning.request import Request
from lp_posg.planning.sequence_form import SequenceForm
from lp_posg.planning.solution import Solution
from lp_posg.planning.strategic_form import StrategicForm
from lp_posg.stage import Concept
from lp_posg.trees import Tree

AUTO = "auto"


class Method(Protocol):
    """A way to solve games."""

    name: str

    def claims(self, request: Request) -> str:
        """Return why ``auto`` takes this method for a request, in a clause; empty if it does not.

        ``auto`` takes the first method in ``METHODS`` that gives one. The concept is None if the user named none.
        """

    def default_concept(self, game: Game | Tree) -> Concept:
        """Return the concept to solve for where the user named none."""

    def check(self, request: Request) -> None:
        """Raise UnsupportedError or OptionError before any work if the method cannot do what is asked."""

    def solve(self, request: Request) -> Solution:
        """Return the certified solution of a request that passed `check`."""


METHODS: dict[str, Method] = {method.name: method for method in (SequenceForm(), StrategicForm(), CommonInformation())}
"""The methods by name, in the order in which ``auto`` asks them."""


def settle(request: Request) -> tuple[Method, Request]:
    """Return the method for a request, and the request with method and concept filled in and checked.

    Raises
    ------
    OptionError
        If there is no such method, or it does not take an option.
    UnsupportedError
        If it cannot solve the game.
    """
    name, reason = plain_name(request.method) if isinstance(request.method, str) else request.method, ""
    if name == AUTO:
        claims = ((method.name, method.claims(request)) for method in METHODS.values())
        name, reason = next((name, why) for name, why in claims if why)
    if not isinstance(name, str) or name not in METHODS:
        raise unknown("method", request.method, (AUTO, *METHODS))
    method = METHODS[name]
    concept = method.default_concept(request.game) if request.concept is None else request.concept
    settled = replace(request, method=name, reason=reason, concept=concept)
    method.check(settled)
    return method, settled
