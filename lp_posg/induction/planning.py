"""`solve`: game and options in, certified solution out."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from lp_posg.errors import CertificateError, ModelError
from lp_posg.evaluate import Certificate, certify
from lp_posg.game import Game
from lp_posg.induction.solution import Labels, Solution, Stats
from lp_posg.induction.sweep import Swept, sweep
from lp_posg.information import (
    SharingStructure,
    Unrolled,
    check_compression,
    check_horizon,
    sharing_structure,
    unroll,
)
from lp_posg.information.describe import private_text
from lp_posg.stage import Concept, Objective, concept_named, parse_objective
from lp_posg.types import GAP_TOL


@dataclass(frozen=True)
class Progress:
    """How far a solve has come.

    Attributes
    ----------
    phase : {"expand", "solve", "certify"}
    done, total : int
        Depths done in ``expand`` and ``certify``; states solved in ``solve``.
    states : int
        Common-information states known so far.
    """

    phase: str
    done: int
    total: int
    states: int


@dataclass(frozen=True)
class Request:
    """The options of a solve, checked."""

    game: Game
    horizon: int
    structure: SharingStructure
    concept: Concept
    objective: Objective
    compression: str
    tolerance: float
    approximate: bool
    progress: Callable[[Progress], None] | None
    workers: int


def default_concept(game: Game) -> str:
    """Return ``team`` for a common reward, else ``cce``."""
    return "team" if game.is_common_reward else "cce"


def solve(
    game: Game,
    horizon: int,
    sharing: str | SharingStructure = "full",
    concept: str | None = None,
    objective: str = "welfare",
    *,
    discount: float | None = None,
    compression: str = "exact",
    tolerance: float = GAP_TOL,
    approximate: bool = False,
    progress: Callable[[Progress], None] | None = None,
    workers: int = 1,
) -> Solution:
    """Return a certified equilibrium, or the team optimum, of a game played over `horizon` steps.

    Parameters
    ----------
    game : Game
    horizon : int
        Number of steps, at least 1.
    sharing : str or SharingStructure
        What becomes common knowledge when; see `sharing_names`.
    concept : {"team", "ne", "ce", "interim-cce", "cce"}, optional
        Default: ``team`` if the reward is common, else ``cce``.
    objective : {"welfare", "egalitarian", "agent:k", "worst"}
        Which equilibrium is selected at each stage game. Selecting stage by stage is not the
        optimum over all equilibria of the whole game.
    discount : float, optional
        Replaces the game's.
    compression : {"exact"}
    tolerance : float
        Largest accepted gap of an agent, relative to the game's largest reward range.
    approximate : bool
        Accept a larger gap; it is then in the certificate.
    progress : callable, optional
        Called with a `Progress`.
    workers : int
        Threads for the stage games; the answer does not depend on it.

    Returns
    -------
    Solution

    Raises
    ------
    ModelError
        If an option is not valid.
    StrategyDependenceError
        If the belief over what is hidden depends on how the agents play; with a counterexample.
    UnsupportedError
        If the concept is not available for this game, or a stage game is too large.
    SolveError
        If a program cannot be solved.
    CertificateError
        If the gap exceeds the tolerance: then the strategy is not an equilibrium.

    Notes
    -----
    The paper's planning algorithm: backward induction over the exact common-information model;
    see `certify` for what is proven.

    Examples
    --------
    >>> import lp_posg as posg
    >>> solution = posg.solve(posg.catalog("dectiger"), horizon=3, sharing="one-step-delay")
    >>> solution.values.round(6).tolist(), solution.certificate.status
    ([8.815, 8.815], 'exact')
    """
    request = checked(
        game,
        horizon,
        sharing,
        concept,
        objective,
        discount=discount,
        compression=compression,
        tolerance=tolerance,
        approximate=approximate,
        progress=progress,
        workers=workers,
    )
    begun = clock.perf_counter()
    unrolled = expanded(request)
    return solved(request, unrolled, clock.perf_counter() - begun)


def checked(
    game: Game,
    horizon: int,
    sharing: str | SharingStructure,
    concept: str | None,
    objective: str,
    *,
    discount: float | None = None,
    compression: str = "exact",
    tolerance: float = GAP_TOL,
    approximate: bool = False,
    progress: Callable[[Progress], None] | None = None,
    workers: int = 1,
) -> Request:
    """Return the options of `solve`, all checked before any work."""
    if not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    if not (isinstance(tolerance, (int, float)) and tolerance >= 0):
        raise ModelError(f"tolerance is {tolerance!r}, expected a number of at least 0")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ModelError(f"workers is {workers!r}, expected a whole number of at least 1")
    if discount is not None:
        game = game.with_discount(discount)
    found = concept_named(default_concept(game) if concept is None else concept)
    found.check_game(game)
    return Request(
        game,
        check_horizon(game, horizon),
        sharing_structure(sharing, game.n_agents),
        found,
        parse_objective(objective, game.agents),
        check_compression(compression),
        float(tolerance),
        approximate,
        progress,
        workers,
    )


def expanded(request: Request) -> Unrolled:
    """Return the common-information states of the request's game."""
    total = 0

    def on_depth(time: int, n_states: int) -> None:
        nonlocal total
        total += n_states
        if request.progress is not None:
            request.progress(Progress("expand", time + 1, request.horizon, total))

    return unroll(request.game, request.structure, request.horizon, on_depth=on_depth)


def solved(request: Request, unrolled: Unrolled, expand_seconds: float) -> Solution:
    """Return the certified solution of a request whose states are known."""
    begun = clock.perf_counter()
    swept = _swept(request, unrolled)
    planned = clock.perf_counter()
    certificate = certify(request.game, request.structure, swept.policy, request.concept.deviations)
    if request.progress is not None:
        request.progress(Progress("certify", request.horizon, request.horizon, unrolled.n_states))
    phases = {"expand": expand_seconds, "solve": planned - begun, "certify": clock.perf_counter() - planned}
    stats = Stats(
        unrolled.n_states,
        swept.programs,
        sum(phases.values()),
        phases,
        tuple(depth.level.n_nodes for depth in unrolled.depths),
    )
    solution = Solution(
        request.game,
        request.horizon,
        request.structure.name,
        request.concept.name,
        request.objective.name,
        request.compression,
        request.tolerance,
        certificate.values,
        swept.policy,
        swept.node_values,
        _labels(request.game, unrolled),
        stats,
        certificate,
    )
    check_certificate(certificate, request.game, request.concept.name, request.tolerance, request.approximate)
    _check_values(solution, unrolled, request.tolerance)
    return solution


def check_certificate(
    certificate: Certificate, game: Game, concept: str, tolerance: float, approximate: bool = False
) -> None:
    """Raise CertificateError if a proven gap exceeds the tolerance (relative to the reward range)."""
    allowed = tolerance * game.reward_range
    # A bound above the tolerance disproves nothing, so only an exact gap is held against the strategy.
    if certificate.gap <= allowed or (np.isfinite(certificate.gap) and (approximate or certificate.status != "exact")):
        return
    found = certificate.deviation or f"the gap is {certificate.gap}"
    raise CertificateError(
        f"{found}; the tolerance is {allowed:.3g} ({tolerance:g} of the reward range), so this is"
        f" not {'an optimum' if concept == 'team' else 'an equilibrium'} ({concept}) of {game.name!r}",
        certificate=certificate,
    )


def _check_values(solution: Solution, unrolled: Unrolled, tolerance: float) -> None:
    """Raise CertificateError if planner and certificate disagree on what the strategy is worth."""
    start = np.bincount(unrolled.start.child, weights=unrolled.start_prob, minlength=len(solution.node_values[0]))
    planned = start @ solution.node_values[0]
    allowed = max(tolerance, GAP_TOL) * max(solution.game.reward_range, float(np.abs(planned).max()), 1e-300)
    if not (np.abs(planned - solution.values) <= allowed).all():
        raise CertificateError(
            f"the planner values its strategy at {planned.tolist()}, the certificate at"
            f" {solution.values.tolist()}; this is a defect of lp_posg, please report it",
            certificate=solution.certificate,
        )


def _swept(request: Request, unrolled: Unrolled) -> Swept:
    done = 0

    def on_block(n_states: int) -> None:
        nonlocal done
        done += n_states
        if request.progress is not None:
            request.progress(Progress("solve", done, unrolled.n_states, unrolled.n_states))

    return sweep(
        request.game,
        unrolled,
        request.structure.name,
        request.concept,
        request.objective,
        workers=request.workers,
        on_block=lambda block: on_block(len(block.nodes)),
    )


def _labels(game: Game, unrolled: Unrolled) -> Labels:
    tables = [unrolled.start_table, *(depth.table for depth in unrolled.depths if depth.table is not None)]
    return Labels(
        tuple(
            tuple(tuple(private_text(game, i, p) for p in own) for i, own in enumerate(depth.private))
            for depth in unrolled.depths
        ),
        tuple(
            tuple(tuple(_news(game, i, z) for z in own) for i, own in enumerate(table.increments)) for table in tables
        ),
    )


def _news(game: Game, agent: int, increment: Hashable) -> str:
    text = private_text(game, agent, increment)
    return "" if text == "nothing" else f"{game.agents[agent]} {text}"
