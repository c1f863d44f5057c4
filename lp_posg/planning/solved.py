"""What solutions of every method hold, and do alike; see `Solution`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, ClassVar, cast

from lp_posg.brevity import brief
from lp_posg.evaluate import Certificate
from lp_posg.game import Game, allowed_gaps
from lp_posg.information import Compression, SharingStructure
from lp_posg.pieces import as_html, as_text
from lp_posg.planning.facts import solution_piece
from lp_posg.planning.members import Members
from lp_posg.planning.solution import Solution, Stats
from lp_posg.planning.storage import write_solution
from lp_posg.stage import Concept, Objective
from lp_posg.trees import Tree
from lp_posg.types import FloatArray
from lp_posg.version import __version__
from lp_posg.wording import value_scale


@brief(
    "game", "horizon", "sharing", "concept", "objective", "method", "values", "certificate.status", "certificate.gap"
)
@dataclass(frozen=True, eq=False, kw_only=True)
class SolvedGame(Members):
    """A game, how it was solved, and what is proven of the strategy; the attributes are those of `Solution`."""

    game: Game | Tree
    horizon: int | None
    sharing: SharingStructure | None
    concept: Concept
    objective: Objective
    compression: Compression | None
    method: str
    reason: str
    tolerance: float
    stats: Stats
    certificate: Certificate

    form: ClassVar[str]
    """What a stored solution of this class says it is."""

    def __str__(self) -> str:
        return as_text([solution_piece(cast(Solution, self))])

    def _repr_html_(self) -> str:
        return as_html([solution_piece(cast(Solution, self))])

    @property
    def values(self) -> FloatArray:
        """Value to each agent, in reward units over the horizon, shape (n,)."""
        return self.certificate.values

    @property
    def welfare(self) -> float:
        """Sum of the agents' values."""
        return float(self.values.sum())

    @property
    def to_play(self) -> str:
        """Who draws, and what each agent hears before it acts, for the certificate to hold; a sentence."""
        return self.certificate.kind.to_play

    def save(self, path: str | PathLike[str]) -> None:
        """Write the solution, game and certificate included, as one ``.npz`` file without pickle.

        Raises
        ------
        FormatError
            If the file cannot be written; an older file of that name is then left as it was.
        """
        write_solution(self, self.form, path)

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object, as ``lp-posg solve --json`` writes it.

        What its game or method does not have is None; for a method over information sets, ``states`` counts those of
        all agents.
        """
        values = self.values.tolist()
        return {
            "game": self.game.name,
            "agents": list(self.game.agents),
            "horizon": self.horizon,
            "discount": self.game.discount if isinstance(self.game, Game) else None,
            "sharing": None if self.sharing is None else self.sharing.name,
            "concept": self.concept.name,
            "objective": self.objective.name,
            "method": self.method,
            "method_chosen_because": self.reason or None,
            "compression": None if self.compression is None else self.compression.name,
            "values": values,
            "welfare": self.welfare,
            "model_values": values,
            "certificate": certificate_summary(self.certificate),
            "stats": self.stats.summary(),
            "version": __version__,
        }


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SolvedPosg(SolvedGame):
    """A `SolvedGame` that is a POSG, solved for some steps."""

    game: Game
    horizon: int
    sharing: SharingStructure

    @property
    def discount(self) -> float:
        """The discount solved with."""
        return self.game.discount

    @cached_property
    def allowed_gaps(self) -> FloatArray:
        """Largest gap that the tolerance accepts of each agent, in reward units, shape (n,)."""
        return allowed_gaps(self.game, self.tolerance, self.certificate.kind.together)

    @cached_property
    def scale(self) -> float:
        """Size beside which a value is rounding, in reward units; for screens."""
        return value_scale(self.game, self.horizon)


def certificate_summary(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as a JSON-ready object."""
    gains = certificate.found_gains
    return {
        "status": certificate.status,
        "gaps": certificate.gaps.tolist(),
        "deviations": certificate.deviations,
        "deviation": None if certificate.deviation is None else str(certificate.deviation),
        "merge_error": certificate.merge_error,
        "found_gains": None if gains is None else gains.tolist(),
    }
