"""What is to be solved: all options of `solve`, checked once before any work, in one immutable value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lp_posg.brevity import brief
from lp_posg.checks import unknown
from lp_posg.deadline import until
from lp_posg.errors import ModelError, OptionError
from lp_posg.game import Game, checked_tolerance, opened
from lp_posg.information import (
    Compression,
    CompressionRule,
    SharingStructure,
    check_horizon,
    compression_named,
    sharing_structure,
)
from lp_posg.planning.run_options import Run, checked_run
from lp_posg.stage import Concept, Objective, concept_named, parse_objective
from lp_posg.trees import Tree
from lp_posg.trees.as_game import checked_posg

CERTIFICATES = ("auto", "exact", "bounded")

DEFAULTS: Mapping[str, object] = {
    "objective": "welfare",
    "compression": "exact",
    "certificate": "auto",
    "approximate": None,
    "workers": 1,
    "backend": None,
    "checkpoint": None,
    "max_states": None,
    "memory_limit": None,
}
"""The options that some method does not take, with the values that stand for not giving them."""


@brief()
@dataclass(frozen=True)
class Request:
    """A game and how it is to be solved.

    Attributes
    ----------
    game : Game or Tree
        A game's discount is the one to solve with.
    horizon : int or None
        Number of steps; None for a tree, which is played to its end.
    sharing : SharingStructure or None
        None for a tree.
    concept : Concept or None
        None: the default of the method.
    objective : Objective
    compression : Compression
    tolerance : float
    approximate : bool or None
        None: whether the compression is another than ``exact``.
    certificate : {"auto", "exact", "bounded"}
    method, reason : str
        The method, and why ``auto`` chose it (empty if it was named).
    run : Run
    """

    game: Game | Tree
    horizon: int | None
    sharing: SharingStructure | None
    concept: Concept | None
    objective: Objective
    compression: Compression
    tolerance: float
    approximate: bool | None
    certificate: str
    method: str
    reason: str
    run: Run

    @property
    def accepts_gap(self) -> bool:
        """Whether a gap above the tolerance is accepted."""
        return self.compression.name != "exact" if self.approximate is None else self.approximate

    @property
    def given(self) -> list[str]:
        """Names of the options in `DEFAULTS` that have another value than the default."""
        names = {"objective": self.objective.name, "compression": self.compression.name}
        values = {key: names.get(key, getattr(self, key, getattr(self.run, key, None))) for key in DEFAULTS}
        return [key for key, value in values.items() if value != DEFAULTS[key]]

    @property
    def resolved_concept(self) -> Concept:
        """The concept, once a method has filled in its default."""
        assert self.concept is not None
        return self.concept

    @property
    def posg(self) -> tuple[Game, SharingStructure, int]:
        """Game, rule and horizon of a request for a POSG."""
        assert isinstance(self.game, Game)
        assert self.sharing is not None
        assert self.horizon is not None
        return self.game, self.sharing, self.horizon

    @property
    def solved(self) -> dict[str, Any]:
        """What a `SolvedGame` keeps of the request, but for the compression."""
        names = ("game", "horizon", "sharing", "objective", "method", "reason", "tolerance")
        return {name: getattr(self, name) for name in names} | {"concept": self.resolved_concept}

    def refusal(self, option: str, why: str) -> OptionError:
        """Return the error that an option does not apply to the method."""
        return OptionError(f"{option} does not apply to method {self.method!r}, {why}", option=option)


def check_request(
    game: object,
    horizon: int | None,
    sharing: str | SharingStructure | None,
    concept: str | Concept | None,
    objective: str | Callable[[Any], Any],
    *,
    method: str = "auto",
    discount: float | None = None,
    compression: str | Compression | CompressionRule = "exact",
    tolerance: float,
    approximate: bool | None = None,
    certificate: str = "auto",
    run: Run | Mapping[str, Any],
) -> Request:
    """Return the options of `solve`, checked; of the method only that it is a text.

    Raises
    ------
    ModelError
        If an option is not valid.
    """
    checked = run if isinstance(run, Run) else checked_run(run)
    with until(checked.deadline):  # a file takes time too
        game = checked_game(game)
    tolerance = checked_tolerance(tolerance)
    if approximate is not None and not isinstance(approximate, bool):
        raise ModelError(f"approximate is {approximate!r}, expected True, False or None")
    if not isinstance(certificate, str) or certificate not in CERTIFICATES:
        raise unknown("certificate", certificate, CERTIFICATES)
    steps, structure = None, None
    if isinstance(game, Tree):
        _check_tree_options(horizon, sharing, discount)
    else:
        game = game if discount is None else game.with_discount(discount)
        structure = sharing_structure("full" if sharing is None else sharing, game.n_agents)
        if horizon is None:
            raise OptionError("a POSG is planned for a number of steps; give a horizon", option="horizon")
        steps = check_horizon(game, horizon)
    wanted = None if concept is None else concept_named(concept)
    use, selection = compression_named(compression), parse_objective(objective, game.agents)
    rest = (tolerance, approximate, certificate, method, "", checked)
    return Request(game, steps, structure, wanted, selection, use, *rest)


def checked_game(game: object) -> Game | Tree:
    """Return a game or a game tree, as it is or of a name or a file; raise ModelError if it is neither."""
    game = opened(game)
    return game if isinstance(game, Tree) else checked_posg(game)


def _check_tree_options(horizon: object, sharing: object, discount: object) -> None:
    for name, value in (("horizon", horizon), ("sharing", sharing), ("discount", discount)):
        if value is not None:
            raise OptionError(
                f"{name} does not apply to a game tree, which is played to its end by agents who know what its"
                " information sets say; leave it out, or make a POSG of the tree with lp_posg.trees.to_game",
                option=name,
            )
