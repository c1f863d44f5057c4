"""An equilibrium in sequence form: what the program found, judged, and sought once more where that is in doubt."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lp_posg.errors import CertificateError, LimitError, SolveError
from lp_posg.trees.sequence.form import SequenceGame
from lp_posg.trees.sequence.plan_program import equilibrium_plans
from lp_posg.trees.sequence.response import Exploitability, behaviour_of, exploitability, plan_of
from lp_posg.types import FloatArray

DOUBT = 1e-6
"""A gap of more than this, beside what is paid on the way, is looked into."""


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Strategies of both agents and what they are worth.

    Attributes
    ----------
    behaviour, plans : tuple of two float arrays, shape (L_i,)
        See `response`.
    found : Exploitability
    seconds : float
        What judging took.
    """

    behaviour: tuple[FloatArray, FloatArray]
    plans: tuple[FloatArray, FloatArray]
    found: Exploitability
    seconds: float

    @property
    def share(self) -> float:
        """The largest gap beside what is paid on the way; inf if there is one beside nothing."""
        gaps, stakes = self.found.gaps, self.found.stakes
        return float(np.where(gaps > 0, gaps / np.where(stakes > 0, stakes, np.finfo(float).tiny), 0.0).max())


def solve_form(game: SequenceGame, what: str, deadline: float | None) -> Equilibrium:
    """Return an equilibrium, up to the solver's rounding.

    Where its gap is no rounding beside what is paid on the way, payoffs that are hardly ever met may have hidden from
    the solver what is at stake: the program is then solved in units of its rows and columns, and the better is kept.

    Raises LimitError if the deadline passes before there is any. Raises SolveError if the program cannot be solved.
    """
    first = _judged(game, equilibrium_plans(game, what, deadline))
    if first.share <= DOUBT:
        return first
    try:
        second = _judged(game, equilibrium_plans(game, what, deadline, balance=True))
    except (LimitError, SolveError):
        return first
    return min(first, second, key=lambda own: own.found.gap)


def check_gaps(found: Exploitability, agents: Sequence[str], allowed: FloatArray, what: str, advice: str) -> None:
    """Raise CertificateError if an agent gains more by its best response than is allowed.

    Parameters
    ----------
    allowed : float array, shape (2,)
    what, advice : str
        Of what it is no equilibrium then, and what to do.
    """
    if (found.gaps <= allowed).all():
        return
    worst = int((found.gaps - allowed).argmax())
    raise CertificateError(
        f"agent {agents[worst]!r} gains {found.gaps[worst]:.6g} by its best response (tolerance {allowed[worst]:.3g}),"
        f" so this is not an equilibrium of {what}; the solver's rounding is at fault: {advice}",
        certificate=found,
    )


def _judged(game: SequenceGame, weights: tuple[FloatArray, FloatArray]) -> Equilibrium:
    begun = clock.perf_counter()
    behaviour = (behaviour_of(game.trees[0], weights[0]), behaviour_of(game.trees[1], weights[1]))
    plans = (plan_of(game.trees[0], behaviour[0]), plan_of(game.trees[1], behaviour[1]))
    return Equilibrium(behaviour, plans, exploitability(game, plans), clock.perf_counter() - begun)
