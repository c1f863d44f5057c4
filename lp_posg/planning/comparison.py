"""Concepts and sharing rules side by side, and the relations that theory demands between them."""

from __future__ import annotations

import hashlib
import re
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

from lp_posg.errors import LimitError, LpPosgError, ModelError, UnsupportedError
from lp_posg.evaluate import certify, pairs_of
from lp_posg.game import Game, allowed_gaps
from lp_posg.information import (
    Compression,
    CompressionRule,
    SharingStructure,
    compression_named,
    reachable_states,
    sharing_structure,
)
from lp_posg.planning.regions import one_step_games
from lp_posg.planning.solution import Solution
from lp_posg.planning.solving import Progress, Request, checked, expanded, solved
from lp_posg.stage import CONCEPTS, Correlated, Efficiency, efficiency_of, largest_share, parse_objective
from lp_posg.stage.correlated.incentives import Kind
from lp_posg.types import GAP_TOL
from lp_posg.version import __version__

WIDER = ("ne", "strategic-ce", "ce", "interim-cce", "cce")
"""Concepts in the order of inclusion: every equilibrium of one is an equilibrium of the next."""

ACTION_HEARD = ("strategic-ce", "ce")
"""Of these, those whose deviations react to a recommended action, or to more."""

OBEYED_TOL = 1e-10
"""A strategy that misses no incentive row by more than this share of its size is exact, as the programs' own are.

It is what these allow a row to be missed by: one that misses a row by 1e-9 of its size is none of their solutions.
"""

MORE_SHARING = ("full", "one-directional", "one-step-delay")
"""Structures in which, from right to left, every agent learns everything at least as early."""


@dataclass(frozen=True)
class Row:
    """One (sharing, concept) of a comparison: a solution, or why there is none.

    Attributes
    ----------
    sharing, concept : str
    solution : Solution or None
    error : LpPosgError or None
    """

    sharing: str
    concept: str
    solution: Solution | None
    error: LpPosgError | None


@dataclass(frozen=True)
class Check:
    """One relation that theory demands, and whether the numbers obey it.

    Attributes
    ----------
    text : str
    holds : bool
    detail : str
        The numbers compared.
    """

    text: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Spread:
    """The welfare that equilibria of a concept can have in a game of one step.

    Attributes
    ----------
    sharing, concept : str
    efficiency : Efficiency or None
    error : LpPosgError or None
        Why there is none: a program is too large, or the time limit was met.
    """

    sharing: str
    concept: str
    efficiency: Efficiency | None
    error: LpPosgError | None = None

    @property
    def text(self) -> str:
        """The spread in words."""
        found, which = self.efficiency, f"{self.sharing}: welfare of {_a(self.concept)}"
        if found is None:
            return f"{which}: best and worst are not available ({self.error})"
        return (
            f"{which} from {found.worst:.9g} to {found.best:.9g}, team optimum"
            f" {found.optimum:.9g}; price of anarchy {_price(found.price_of_anarchy)}, price of stability"
            f" {_price(found.price_of_stability)}" + (f" ({found.reason})" if found.reason else "")
        )

    def summary(self) -> dict[str, Any]:
        """Return the spread as a JSON-ready object; what is not defined or not known is null, with a reason."""
        found = self.efficiency
        if found is None:
            numbers = ("welfare_best", "welfare_worst", "optimum", "price_of_anarchy", "price_of_stability")
            own = {"sharing": self.sharing, "concept": self.concept}
            return own | dict.fromkeys(numbers) | {"reason": str(self.error)}
        return {
            "sharing": self.sharing,
            "concept": self.concept,
            "welfare_best": found.best,
            "welfare_worst": found.worst,
            "optimum": found.optimum,
            "price_of_anarchy": found.price_of_anarchy,
            "price_of_stability": found.price_of_stability,
            "reason": found.reason or None,
        }


def _a(concept: str) -> str:
    """Return the concept with its article."""
    return f"a{'n' * (concept[0] in 'aei')} {concept}"


def _price(price: float | None) -> str:
    return "undefined" if price is None else f"{price:.6g}"


@dataclass(frozen=True)
class Comparison:
    """The table of `compare`.

    Attributes
    ----------
    game : Game
    horizon : int
    objective, compression : str
    rows : tuple of Row
        One per (sharing, concept), in the order asked for.
    checks : tuple of Check
    note : str
        What the order of the rows does and does not mean.
    spreads : tuple of Spread
        For two agents and one step: over *all* equilibria, not the selected one, of each correlated
        concept asked for. Over several steps equilibria are selected stage by stage, and there are none.
    """

    game: Game
    horizon: int
    objective: str
    compression: str
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    note: str
    spreads: tuple[Spread, ...] = ()

    def row(self, sharing: str, concept: str) -> Row:
        """Return one row.

        Raises
        ------
        ModelError
            If it was not asked for.
        """
        for row in self.rows:
            if (row.sharing, row.concept) == (sharing, concept):
                return row
        raise ModelError(f"the comparison has no row for sharing {sharing!r} and concept {concept!r}")

    def summary(self) -> dict[str, Any]:
        """Return the table as a JSON-ready object; a row without a solution has ``error`` instead of values."""
        return {
            "rows": [self._row_summary(row) for row in self.rows],
            "checks": [{"text": c.text, "holds": c.holds, "detail": c.detail} for c in self.checks],
            "note": self.note,
            "spreads": [spread.summary() for spread in self.spreads],
        }

    def _row_summary(self, row: Row) -> dict[str, Any]:
        if row.solution is not None:
            return row.solution.summary()
        return {
            "game": self.game.name,
            "horizon": self.horizon,
            "discount": self.game.discount,
            "sharing": row.sharing,
            "concept": row.concept,
            "objective": self.objective,
            "compression": self.compression,
            "error": {"kind": type(row.error).__name__, "message": str(row.error)},
            "version": __version__,
        }


def compare(
    game: Game,
    horizon: int,
    sharing: Sequence[str | SharingStructure] = ("full", "one-step-delay"),
    concepts: Sequence[str] = ("team", "ne", "ce", "cce"),
    objective: str | Callable[[Any], Any] = "welfare",
    *,
    discount: float | None = None,
    compression: str | Compression | CompressionRule = "exact",
    tolerance: float = GAP_TOL,
    approximate: bool | None = None,
    certificate: str = "auto",
    progress: Callable[[Progress], None] | None = None,
    workers: int = 1,
    backend: str | None = None,
    checkpoint: str | PathLike[str] | None = None,
    max_states: int | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Comparison:
    """Return certified solutions for every sharing rule and concept, and the relations between them.

    A combination that this package or theory rules out (`UnsupportedError`, with its kind
    `StrategyDependenceError`), or that meets a limit (`LimitError`), becomes a row with that error;
    anything else is raised.

    Parameters
    ----------
    sharing : sequence of str or SharingStructure
    concepts : sequence of str
    checkpoint : path, optional
        A folder with one checkpoint per row; the same call takes a stopped comparison up again.
    time_limit : float, optional
        Seconds of wall time for all rows together.
    game, horizon, objective, discount, compression, tolerance, approximate, certificate, progress, workers, \
    backend, max_states, memory_limit
        As in `solve`, for each row.

    Raises
    ------
    ModelError, SolveError, CertificateError
        As `solve`.

    Examples
    --------
    >>> import lp_posg as posg
    >>> table = posg.compare(posg.catalog("chicken"), horizon=1, sharing=["full"], concepts=["team", "ce", "cce"])
    >>> [round(row.solution.welfare, 6) for row in table.rows]
    [12.0, 10.5, 10.5]
    """
    if isinstance(sharing, str) or isinstance(concepts, str) or not sharing or not concepts:
        raise ModelError("sharing and concepts are sequences with at least one entry, as in sharing=['full']")
    rows: list[Row] = []
    checks: list[Check] = []
    spreads: list[Spread] = []
    squeezed = compression_named(compression)
    selection = parse_objective(objective, game.agents).name
    options: dict[str, Any] = {
        "discount": discount,
        "compression": squeezed,
        "tolerance": tolerance,
        "approximate": approximate,
        "certificate": certificate,
        "progress": progress,
        "workers": workers,
        "backend": backend,
        "checkpoint": checkpoint,
        "max_states": max_states,
        "time_limit": time_limit,
        "memory_limit": memory_limit,
    }
    begun = clock.time()
    for structure in [sharing_structure(s, game.n_agents) for s in sharing]:
        own = _rows(game, horizon, structure, concepts, objective, options, begun)
        rows += own
        checks += _inclusions(own, structure, tolerance)
        checks += _orders(own, horizon, selection, game, structure)
        spreads += _spreads(own, structure, None if time_limit is None else begun + time_limit)
    checks += _sharing_orders(rows)
    solved_game = game if discount is None else game.with_discount(discount)
    note = _note(horizon, game)
    return Comparison(solved_game, horizon, selection, squeezed.name, tuple(rows), tuple(checks), note, tuple(spreads))


def _rows(
    game: Game,
    horizon: int,
    structure: SharingStructure,
    concepts: Sequence[str],
    objective: str | Callable[[Any], Any],
    options: dict[str, Any],
    begun_all: float,
) -> list[Row]:
    rows: list[Row] = []
    space, seconds, reason = None, 0.0, None
    for concept in concepts:
        try:
            own = _own_options(options, structure, concept, begun_all)
            request: Request = checked(game, horizon, structure, concept, objective, **own)
            if reason is not None:
                raise reason
            if space is None:
                begun = clock.perf_counter()
                try:
                    space = expanded(request)
                except (UnsupportedError, LimitError) as error:
                    reason = error
                    raise
                seconds = clock.perf_counter() - begun
            rows.append(Row(structure.name, concept, solved(request, space, seconds), None))
        except (UnsupportedError, LimitError) as error:
            rows.append(Row(structure.name, concept, None, error))
    return rows


def _own_options(
    options: dict[str, Any], structure: SharingStructure, concept: str, begun_all: float
) -> dict[str, Any]:
    """Return the options of one row: its own checkpoint, and the time that is left."""
    own = dict(options)
    if options["checkpoint"] is not None:
        # Names of a user's structures may look alike as file names.
        plain = re.sub(r"[^A-Za-z0-9.-]", "_", structure.name)
        told = "" if plain == structure.name else "-" + hashlib.sha256(structure.name.encode()).hexdigest()[:8]
        own["checkpoint"] = Path(options["checkpoint"]) / f"{plain}{told}-{concept}"
    if isinstance(options["time_limit"], (int, float)) and options["time_limit"] > 0:
        own["time_limit"] = max(options["time_limit"] - (clock.time() - begun_all), 1e-9)
    return own


def _inclusions(rows: list[Row], structure: SharingStructure, tolerance: float) -> Iterator[Check]:
    """Yield, for each solved equilibrium, whether it is one of every wider concept asked for."""
    solutions = {row.concept: row.solution for row in rows if row.solution is not None}
    for place, concept in enumerate(WIDER):
        wider = [other for other in WIDER[place + 1 :] if other in solutions]
        solution = solutions.get(concept)
        if solution is None or not wider or solution.certificate.found_gains is not None:
            continue  # where gaps are bounds, exact states are out of reach
        pairs = pairs_of(solution.game, structure, solution.policy)
        found = [certify(solution.game, structure, solution.policy, kind, space=pairs) for kind in wider]
        # Deviations of a wider concept gain no more, whatever the approximation.
        within = [
            (own.gaps <= allowed_gaps(solution.game, tolerance, own.deviations) + solution.certificate.gaps).all()
            for own in found
        ]
        yield Check(
            f"{structure.name}: the {concept} found is also " + " and ".join(_a(other) for other in wider),
            all(within),
            "gaps " + ", ".join(f"{own.gap:.2g}" for own in found),
        )


def _orders(rows: list[Row], horizon: int, objective: str, game: Game, structure: SharingStructure) -> Iterator[Check]:
    """Yield the relations between values under one structure that theory demands."""
    solutions = {row.concept: row.solution for row in rows if row.solution is not None}
    if not solutions:
        return
    sharing = rows[0].sharing
    team = solutions.get("team")
    others = [s for c, s in solutions.items() if c != "team"]
    if team is not None and others:
        best = max(s.welfare for s in others)
        yield Check(
            f"{sharing}: no equilibrium has more welfare than the team optimum",
            best <= team.welfare + _slack(team) + _short(team),
            f"{best:.9g} <= {team.welfare:.9g}",
        )
    found = [solutions[c] for c in WIDER if c in solutions]
    if len(found) < 2:
        return
    names = [c for c in WIDER if c in solutions]
    if game.is_zero_sum:
        values = [float(s.values[0]) for s in found]
        yield Check(
            f"{sharing}: zero-sum, so {', '.join(names)} have one value",
            max(values) - min(values) <= _slack(found[0]) + 2 * max(s.certificate.gap for s in found),
            " = ".join(f"{v:.9g}" for v in values),
        )
    elif horizon == 1 and objective == "welfare" and all(s.compression == "exact" for s in found):
        broken = [(a, b) for a, b in pairwise(found) if a.welfare > b.welfare + _slack(a)]
        # The order is one of exact equilibria: what an incentive worth 1e-10 forbids may have much more welfare, at a
        # gap that no certificate minds. So it is not held against a strategy that is exact up to the tolerance only.
        excused = [(a, b) for a, b in broken if _missed(a, b.concept, structure) > OBEYED_TOL]
        yield Check(
            f"{sharing}: one stage, so the best welfare grows with the concept, {' <= '.join(names)}",
            len(excused) == len(broken),
            " <= ".join(f"{s.welfare:.9g}" for s in found)
            + "".join(
                f"; the {a.concept} found is {_a(b.concept)} within the tolerance, not exactly, and may have more"
                for a, b in excused
            ),
        )


def _missed(solution: Solution, concept: str, structure: SharingStructure) -> float:
    """Return by what share of its size a one-step solution misses an incentive row of a wider concept."""
    games = one_step_games(solution.game, reachable_states(solution.game, structure, 1))
    laws = {block.nodes.tobytes(): block.joint() for block in solution.policy.steps[0].blocks}
    kind: Kind = "action" if concept in ACTION_HEARD else "interim"
    return max(largest_share(block.payoff, laws[block.nodes.tobytes()], kind) for block in games)


def _spreads(rows: list[Row], structure: SharingStructure, deadline: float | None) -> Iterator[Spread]:
    """Yield what welfare the equilibria of each solved correlated concept can have, for two agents and one step."""
    for row in rows:
        solution, concept = row.solution, CONCEPTS[row.concept]
        if solution is None or not isinstance(concept, Correlated):
            continue
        if (solution.horizon, solution.game.n_agents, solution.compression) != (1, 2, "exact"):
            continue
        games = one_step_games(solution.game, reachable_states(solution.game, structure, 1), deadline)
        try:
            yield Spread(row.sharing, row.concept, efficiency_of(concept, games))
        except (UnsupportedError, LimitError) as error:
            yield Spread(row.sharing, row.concept, None, error)


def _sharing_orders(rows: list[Row]) -> Iterator[Check]:
    """Yield whether more sharing never lowers the team optimum."""
    teams = {row.sharing: row.solution for row in rows if row.concept == "team" and row.solution is not None}
    found = [(name, teams[name]) for name in MORE_SHARING if name in teams]
    for (more, rich), (less, poor) in pairwise(found):
        yield Check(
            f"the team optimum under {more} is at least that under {less}",
            poor.welfare <= rich.welfare + _slack(rich) + _short(rich),
            f"{rich.welfare:.9g} >= {poor.welfare:.9g}",
        )


def _short(team: Solution) -> float:
    """Return by how much the welfare of an approximate team solution may fall short of the optimum."""
    return team.certificate.gap * (team.game.n_agents if team.game.is_common_reward else 1)


def _slack(solution: Solution) -> float:
    """Return by how much two sums of values may differ through rounding and accepted gaps."""
    size = max(solution.game.reward_range * solution.horizon, 1e-300)
    return max(solution.tolerance, GAP_TOL) * size * solution.game.n_agents


def _note(horizon: int, game: Game) -> str:
    if horizon == 1 or game.is_zero_sum or game.is_common_reward:
        return "Values are of the selected equilibrium."
    return (
        "Values are of the selected equilibrium: the objective is applied stage by stage, so over several steps"
        " a wider concept may come out lower, and none is the optimum over all equilibria of the whole game."
    )
