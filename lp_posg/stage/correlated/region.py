"""The polygon of what two agents can get in the correlated equilibria of a stage game.

The equilibria of a correlated concept are a polytope, so the pairs of values they give are a polygon. Its support
function is the stage program with another cost:

    h(d) = max of d . values over all equilibria

`polygon_search` finds it.

Several stage games that are drawn by chance and seen by both (the first increments of a game of one step) have as their
polygon the sum of theirs, each times its probability, and the support function is the sum of theirs; so they go through
the same search.

Arithmetic is in units of each agent's stakes, in which `EDGE_TOL` holds: a polygon thinner than that is a segment, one
smaller a point.

Sources of the concepts: see `correlated`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lp_posg.brevity import brief
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.lp import CostSweep
from lp_posg.stage.correlated.concept import Correlated
from lp_posg.stage.correlated.polygon_search import EDGE_TOL, polygon_within
from lp_posg.stage.correlated.semi_compact import form_of
from lp_posg.stage.correlated.whole_program import incentive_programs
from lp_posg.stage.objective import parse_objective
from lp_posg.stage.payoffs import StageBlock, scaled
from lp_posg.stage.team import Team
from lp_posg.types import FloatArray, read_only


@brief("concept", "of", "vertices")
@dataclass(frozen=True, eq=False)
class PayoffRegion:
    """All pairs of values that equilibria of a concept give two agents.

    Attributes
    ----------
    concept : str
    of : str
        What it is the region of, in words.
    vertices : float array, shape (V, 2)
        Counter-clockwise, in reward units; one for a point, two for a segment.
    normals : float array, shape (K, 2)
        Outward unit normals: of the edge from each vertex to the next; of a segment its two sides and its two ends in
        turn; of a point the four directions of the axes.
    supports : float array, shape (K,)
        Largest value of ``normal . values`` over all equilibria, each from a program of its own.
    optimum : float
        Welfare of the team optimum: the largest sum of values, incentives aside.
    scale : float
        Bound on the size of an agent's values, in reward units; what is tiny beside it is rounding.
    """

    concept: str
    of: str
    vertices: FloatArray
    normals: FloatArray
    supports: FloatArray
    optimum: float
    scale: float

    def __post_init__(self) -> None:
        read_only(self.vertices, self.normals, self.supports)

    @property
    def kind(self) -> str:
        """``point``, ``segment`` or ``polygon``."""
        return ("point", "segment", "polygon")[min(len(self.vertices), 3) - 1]

    @cached_property
    def efficiency(self) -> Efficiency:
        """The largest and smallest welfare of an equilibrium, against the team optimum."""
        welfare = self.vertices.sum(axis=1)
        return Efficiency(self.optimum, float(welfare.max()), float(welfare.min()), self.scale)

    def contains(self, values: Sequence[float] | FloatArray, tolerance: float = 1e-8) -> bool:
        """Whether a pair of values is in the region, up to `tolerance` times `scale`."""
        point = np.asarray(values, dtype=np.float64)
        if point.shape != (2,):
            raise ModelError(f"values have shape {point.shape}, expected (2,): one per agent")
        return bool((self.normals @ point <= self.supports + tolerance * self.scale).all())


@brief()
@dataclass(frozen=True)
class Efficiency:
    """The welfare of the equilibria of a concept, against that of the team optimum.

    The ratios are those of the literature on costs and payoffs, at least 1 where they are defined: optimum to
    equilibrium where the optimum is positive and so is the equilibrium's welfare; equilibrium to optimum where both are
    negative, as costs are. They depend on where the rewards have their zero; with an optimum of 0, or positive beside
    an equilibrium that is not, there is none.

    Attributes
    ----------
    optimum : float
    best, worst : float
        Largest and smallest welfare of an equilibrium.
    scale : float
        As in `PayoffRegion`.

    Notes
    -----
    Source: Koutsoupias and Papadimitriou (1999), STACS (price of anarchy); Anshelevich et al. (2004), FOCS (price of
    stability).
    """

    optimum: float
    best: float
    worst: float
    scale: float

    @property
    def price_of_anarchy(self) -> float | None:
        """Ratio of the team optimum and the worst equilibrium, at least 1; None where undefined."""
        return self._ratio(self.worst)

    @property
    def price_of_stability(self) -> float | None:
        """Ratio of the team optimum and the best equilibrium, at least 1; None where undefined."""
        return self._ratio(self.best)

    @property
    def reason(self) -> str:
        """Why a price is undefined; empty if both are defined."""
        if self.price_of_anarchy is not None and self.price_of_stability is not None:
            return ""
        if self._is_zero(self.optimum):
            return "the team optimum is 0, so no ratio to it is defined"
        which = "worst equilibrium's" if self.price_of_stability is not None else "equilibria's"
        return f"the team optimum is positive and the {which} welfare is not, so no ratio bounds the loss"

    def _ratio(self, welfare: float) -> float | None:
        if self._is_zero(self.optimum) or (self.optimum > 0 and (welfare <= 0 or self._is_zero(welfare))):
            return None
        ratio = self.optimum / welfare if self.optimum > 0 else welfare / self.optimum
        return max(ratio, 1.0)  # below 1 it is rounding: no equilibrium beats the optimum

    def _is_zero(self, welfare: float) -> bool:
        return abs(welfare) <= EDGE_TOL * self.scale


def payoff_region_of(concept: Correlated, games: Sequence[StageBlock], of: str = "the stage game") -> PayoffRegion:
    """Return the payoff region of stage games of two agents, drawn by chance and seen by both.

    Parameters
    ----------
    games : sequence of StageBlock
        Payoffs times the probability of each game.
    of : str
        What they are, for reports.

    Raises
    ------
    UnsupportedError
        If there are not two agents, or a program would be too large.
    SolveError
        If a program cannot be solved.
    """
    sums = _Sum(concept, games)
    vertices, normals = polygon_within(sums.point)
    corners = np.array([sums.values(v) for v in vertices])
    # A normal of the scaled polygon, divided by the scale, is one of the polygon itself.
    true = normals / sums.unit
    length = np.linalg.norm(true, axis=1, keepdims=True)
    supports = [n @ sums.values(sums.point(d)) for n, d in zip(true / length, normals, strict=True)]
    optimum = _welfare(Team(), "welfare", games)
    return PayoffRegion(concept.name, of, corners, true / length, np.array(supports), optimum, _scale(games))


def efficiency_of(concept: Correlated, games: Sequence[StageBlock]) -> Efficiency:
    """Return the welfare that equilibria can have: `PayoffRegion.efficiency`, by whatever way solves each game.

    Parameters and errors are those of `payoff_region_of`; but where the concept generates columns, games may be large.
    """
    best, worst = (_welfare(concept, goal, games) for goal in ("welfare", "worst"))
    return Efficiency(_welfare(Team(), "welfare", games), best, worst, _scale(games))


def _welfare(concept: Correlated | Team, objective: str, games: Sequence[StageBlock]) -> float:
    """Return the sum of the agents' values over stage games of two agents."""
    goal = parse_objective(objective, ("1", "2"))
    return float(sum(concept.solve(block, goal).values(block.payoff).sum() for block in games))


class _Sum:
    """The sum of the polygons of stage games, in units of each agent's stakes and counted from its best."""

    def __init__(self, concept: Correlated, games: Sequence[StageBlock]) -> None:
        n_agents = {block.n_agents for block in games}
        if n_agents != {2}:
            raise UnsupportedError(
                f"a payoff region is drawn for two agents, not for {max(n_agents, default=0)}; ask for single points of"
                " it with the objectives 'welfare', 'worst' and 'agent:k'"
            )
        self._parts: list[tuple[CostSweep, FloatArray]] = []
        scales = [scaled(block) for block in games]
        stakes = np.sum([game.size.sum(axis=0) for game in scales], axis=0)
        self.unit = np.where(stakes > 0, stakes, 1.0)
        self.best = np.sum([game.best.sum(axis=0) for game in scales], axis=0)
        for block, game in zip(games, scales, strict=True):
            form = form_of(block.n_private, block.n_actions, concept.kind)
            form.check_size(concept.name, block)
            programs, values = incentive_programs(form, game)
            share = game.size / self.unit
            for b in range(len(block)):
                what = f"stage LP at {block.where(b)} (payoff region, concept {concept.name!r})"
                sweep = CostSweep(programs.program(b), what, block.deadline)
                own = np.zeros((2, programs.n_columns))
                own[:, : form.n_y] = share[b][:, None] * values[b]
                self._parts.append((sweep, own))

    def point(self, direction: FloatArray) -> FloatArray:
        """Return a point furthest in a direction."""
        return np.asarray(np.sum([own @ sweep.solve(-direction @ own).x for sweep, own in self._parts], axis=0))

    def values(self, point: FloatArray) -> FloatArray:
        """Return a point in reward units."""
        return np.asarray(self.best + self.unit * point)


def _scale(games: Sequence[StageBlock]) -> float:
    """Return the sum over games and private profiles of the largest size of a payoff."""
    return float(sum(np.abs(block.payoff).max(axis=(1, 4, 5)).sum() for block in games))
