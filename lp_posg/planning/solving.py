"""`solve`: game and options in, certified solution out."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import CertificateError, LimitError, ModelError, OptionError, UnsupportedError
from lp_posg.evaluate import Certificate, certify, certify_bounds
from lp_posg.evaluate.best_deviations import HEARS_PRESCRIPTION
from lp_posg.evaluate.deviator import check_options
from lp_posg.game import (
    Game,
    allowed_gaps,
    checked_tolerance,
    has_large_gap,
    usual_rewards,
    warn_of_large_gap,
)
from lp_posg.induction.backward import Swept, sweep
from lp_posg.induction.blocks import Block
from lp_posg.induction.checkpoint import Checkpoint
from lp_posg.induction.workers import THREADS, runner
from lp_posg.information import (
    Compression,
    CompressionRule,
    Ruled,
    SharingStructure,
    StateSpace,
    check_horizon,
    compression_named,
    reachable_states,
    sharing_structure,
)
from lp_posg.information.describe import private_text
from lp_posg.information.resources import Resources
from lp_posg.planning.solution import Labels, Solution, Stats
from lp_posg.stage import OWN, Concept, Objective, concept_named, parse_objective
from lp_posg.types import GAP_TOL, FloatArray

CERTIFICATES = ("auto", "exact", "bounded")

PAIR_LIMIT = 2_000_000
"""Most pairs of exact belief and state of the strategy that ``auto`` goes through before it settles for bounds."""


@dataclass(frozen=True)
class Progress:
    """How far a solve has come.

    Attributes
    ----------
    phase : {"expand", "solve", "certify"}
    done, total : int
        Depths done in ``expand``; states solved in ``solve``; in ``certify`` depths done, forward and backward.
    states : int
        Common-information states known so far.
    programs : int
        Programs solved so far.
    seconds : float
        Wall time since the phase began; with `done` and `total` it gives rate and time left.
    """

    phase: str
    done: int
    total: int
    states: int
    programs: int = 0
    seconds: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of the phase at the rate so far; None if that is not known, as while states grow."""
        known = self.done and self.total and self.phase != "expand"
        return self.seconds * (self.total - self.done) / self.done if known else None


@dataclass(frozen=True)
class Request:
    """The options of a solve, checked."""

    game: Game
    horizon: int
    structure: SharingStructure
    concept: Concept
    objective: Objective
    compression: Compression
    tolerance: float
    approximate: bool
    certificate: str
    progress: Callable[[Progress], None] | None
    resources: Resources


def default_concept(game: Game) -> str:
    """Return ``team`` for a common reward, else ``cce``."""
    return "team" if game.is_common_reward else "cce"


def solve(
    game: Game,
    horizon: int,
    sharing: str | SharingStructure = "full",
    concept: str | None = None,
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
) -> Solution:
    """Return a certified equilibrium, or the team optimum, of a game played over `horizon` steps.

    Parameters
    ----------
    game : Game
    horizon : int
        Number of steps, at least 1.
    sharing : str or SharingStructure
        What becomes common knowledge when; see `sharing_names`.
    concept : {"team", "ne", "strategic-ce", "ce", "interim-cce", "cce"}, optional
        Default: ``team`` if the reward is common, else ``cce``.
    objective : {"welfare", "egalitarian", "agent:k", "weighted:w1,w2,...", "worst", "entropy"} or callable
        Which equilibrium is selected at each stage game; ``egalitarian`` is lexicographic, ``entropy`` is that of
        the distribution over joint pure prescriptions. A callable is given the agents' values, a cvxpy expression
        of shape (n,), and returns a concave one to maximise. Selecting stage by stage is not the optimum over all
        equilibria of the whole game.
    discount : float, optional
        Replaces the game's.
    compression : str, Compression or CompressionRule
        What is kept of the common information: ``exact`` (its belief); ``finite-memory:L`` or
        ``finite-memory:L:LAW`` (the last L increments; see `FiniteMemory`); ``merge:EPS`` (beliefs within
        EPS become one state; see `MergeWithin`); or an object. The strategy of an approximate model is
        valued and certified in the original game.
    tolerance : float
        Largest accepted gap of an agent, relative to the game's largest reward range.
    approximate : bool, optional
        Accept a larger gap; it is in the certificate. By default that is accepted if, and only if, a
        compression other than ``exact`` is asked for.
    certificate : {"auto", "exact", "bounded"}
        How the gap is proven. ``exact``: by the pairs of exact belief and state of the strategy, whose
        number grows as in exact planning. ``bounded``: two-sided bounds from the states of the model
        alone. ``auto``: exact; with a compression, bounded if the pairs are more than 2 million, than
        `max_states`, or than memory allows. For ``strategic-ce`` there are no bounds, so it is always exact.
    progress : callable, optional
        Called with a `Progress`.
    workers : int
        How many processes (or threads, or workers of a cluster); the answer does not depend on it.
    backend : str, optional
        Where the stage games are solved: ``loky`` (processes, the default), ``threading``, ``dask``,
        ``ray``, or any backend registered with joblib.
    checkpoint : path, optional
        A folder that keeps every finished depth; the same call takes a stopped run up again.
    max_states : int, optional
        Most common-information states of all depths together.
    time_limit : float, optional
        Seconds of wall time.
    memory_limit : float, optional
        Bytes of resident memory; a step that is estimated to need more is not begun.

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
        If a program cannot be solved; its kind LimitError if a limit is met.
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
        certificate=certificate,
        progress=progress,
        workers=workers,
        backend=backend,
        checkpoint=checkpoint,
        max_states=max_states,
        time_limit=time_limit,
        memory_limit=memory_limit,
    )
    begun = clock.perf_counter()
    space = expanded(request)
    return solved(request, space, clock.perf_counter() - begun)


def checked(
    game: Game,
    horizon: int,
    sharing: str | SharingStructure,
    concept: str | None,
    objective: str | Callable[[Any], Any],
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
) -> Request:
    """Return the options of `solve`, all checked before any work."""
    if not isinstance(game, Game):
        raise ModelError(f"game is {type(game).__name__}, expected a Game; load a file with lp_posg.load(path)")
    tolerance = checked_tolerance(tolerance)
    if progress is not None and not callable(progress):
        raise ModelError(f"progress is {progress!r}, expected a function of one Progress, or None")
    if approximate is not None and not isinstance(approximate, bool):
        raise ModelError(f"approximate is {approximate!r}, expected True, False or None")
    if certificate not in CERTIFICATES:
        raise OptionError(f"certificate is {certificate!r}, expected one of {', '.join(CERTIFICATES)}")
    workers = _count("workers", workers)
    max_states = None if max_states is None else _count("max_states", max_states)
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None and not (isinstance(limit, (int, float)) and 0 < limit < np.inf):
            raise ModelError(f"{name} is {limit!r}, expected a number above 0")
    if backend is not None and not isinstance(backend, str):
        raise OptionError(f"backend is {backend!r}, expected a name such as 'loky', 'threading' or 'dask'")
    if discount is not None:
        game = game.with_discount(discount)
    found = concept_named(default_concept(game) if concept is None else concept)
    found.check_game(game)
    if certificate == "bounded":
        check_options(found.deviations)
    structure = sharing_structure(sharing, game.n_agents)
    selection = parse_objective(objective, game.agents)
    found.check_objective(selection)
    if selection.name.startswith(OWN) and checkpoint is not None:
        raise ModelError("a checkpoint cannot tell one function of your own from another; use an objective with a name")
    steps = check_horizon(game, horizon)
    squeezed = compression_named(compression)
    store = None
    if checkpoint is not None:
        if isinstance(squeezed, Ruled):
            raise UnsupportedError(
                f"a checkpoint cannot keep the states of compression {squeezed.name!r}, which is a rule; leave"
                " `checkpoint` out"
            )
        options = {
            "horizon": steps,
            "sharing": structure.name,
            "concept": found.name,
            "objective": selection.name,
            "compression": squeezed.name,
        }
        store = Checkpoint(checkpoint, game, options)
    resources = Resources(
        runner(workers, backend),
        runner(workers, THREADS),
        store,
        max_states,
        None if time_limit is None else clock.time() + time_limit,
        None if memory_limit is None else int(memory_limit),
    )
    accepts = squeezed.name != "exact" if approximate is None else approximate
    return Request(
        game, steps, structure, found, selection, squeezed, tolerance, accepts, certificate, progress, resources
    )


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ModelError(f"{name} is {value!r}, expected a whole number of at least 1")
    return int(value)


def expanded(request: Request) -> StateSpace:
    """Return the common-information states of the request's game."""
    total, begun = 0, clock.perf_counter()

    def on_depth(time: int, n_states: int) -> None:
        nonlocal total
        total += n_states
        if request.progress is not None:
            seconds = clock.perf_counter() - begun
            request.progress(Progress("expand", time + 1, request.horizon, total, 0, seconds))

    return reachable_states(
        request.game,
        request.structure,
        request.horizon,
        compression=request.compression,
        on_depth=on_depth,
        resources=request.resources,
    )


def solved(request: Request, space: StateSpace, expand_seconds: float) -> Solution:
    """Return the certified solution of a request whose states are known."""
    begun = clock.perf_counter()
    swept = _swept(request, space)
    planned = clock.perf_counter()
    certificate = _certified(request, swept, space)
    phases = {"expand": expand_seconds, "solve": planned - begun, "certify": clock.perf_counter() - planned}
    stats = Stats(
        space.n_states,
        swept.programs,
        swept.methods.get("shortcut", 0),
        sum(phases.values()),
        phases,
        tuple(depth.level.n_nodes for depth in space.depths),
        swept.methods,
    )
    solution = Solution(
        request.game,
        request.horizon,
        request.structure.name,
        request.concept.name,
        request.objective.name,
        request.compression.name,
        request.tolerance,
        certificate.values,
        _planned(space, swept),
        swept.policy,
        swept.node_values,
        labels_of(request.game, space),
        stats,
        certificate,
    )
    check_certificate(certificate, request.game, request.concept.name, request.tolerance, request.approximate)
    if request.compression.name == "exact":
        _check_values(solution, request.tolerance)
    return solution


def _certified(request: Request, swept: Swept, model: StateSpace) -> Certificate:
    """Return the certificate of a strategy, of the kind asked for."""
    game, kind, policy = request.game, request.concept.deviations, swept.policy
    begun = clock.perf_counter()

    def on_depth(done: int, total: int) -> None:
        if request.progress is not None:
            seconds = clock.perf_counter() - begun
            request.progress(Progress("certify", done, total, model.n_states, swept.programs, seconds))

    alone = replace(request.resources, store=None, max_states=None, phase="certify")
    if request.certificate != "bounded":
        may = request.certificate == "auto" and kind not in HEARS_PRESCRIPTION
        falls_back = may and request.compression.name != "exact"
        most = request.resources.max_states or PAIR_LIMIT
        try:
            use = replace(alone, max_states=most) if falls_back else alone
            return certify(game, request.structure, policy, kind, resources=use, on_depth=on_depth)
        except LimitError as error:
            if not falls_back or error.facts["limit"] == "time":
                raise
    return certify_bounds(game, policy, model, kind, resources=alone, on_depth=on_depth)


def _planned(space: StateSpace, swept: Swept) -> FloatArray:
    """Return what the planner's model says its strategy is worth, shape (n,)."""
    first = swept.node_values[0]
    start = np.bincount(space.start.child, weights=space.start_prob, minlength=len(first))
    return np.asarray(start @ first)


def check_certificate(
    certificate: Certificate, game: Game, concept: str, tolerance: float, approximate: bool = False
) -> None:
    """Raise CertificateError unless every gap is proven to be within the tolerance (see `allowed_gaps`)."""
    most = allowed_gaps(game, tolerance, certificate.deviations)
    over = certificate.gaps - most
    if (over <= 0).all():
        _warn_of_large_gap(certificate, game, tolerance)
        return
    if approximate and np.isfinite(certificate.gap):
        return
    agent = int(over.argmax())
    allowed, gap = most[agent], certificate.gaps[agent]
    what = f"{'an optimum' if concept == 'team' else 'an equilibrium'} ({concept}) of {game.name!r}"
    limit = f"the tolerance is {allowed:.3g} ({tolerance:g} of the reward range)"
    if certificate.status == "exact":
        found = f"agent {game.agents[agent]!r} gains {gap:.6g} by deviating"
        if certificate.deviation is not None and certificate.deviation.agent in ("team", game.agents[agent]):
            found = str(certificate.deviation)
        raise CertificateError(f"{found}; {limit}, so this is not {what}", certificate=certificate)
    raise CertificateError(
        f"the gap is proven to be at most {gap:.6g}, and {limit}, so it is not proven that this is"
        f" {what}; allow approximate solutions to accept the bound",
        certificate=certificate,
    )


def _warn_of_large_gap(certificate: Certificate, game: Game, tolerance: float) -> None:
    """Warn of a gap that is large beside the values and beside most rewards; of a team's rewards, those of one."""
    beside = np.abs(certificate.values)
    # Rewards are looked at only where the values leave a doubt.
    if certificate.status == "exact" and has_large_gap(certificate.gaps, beside, tolerance):
        warn_of_large_gap(game.agents, certificate.gaps, np.maximum(beside, usual_rewards(game)), tolerance)


def _check_values(solution: Solution, tolerance: float) -> None:
    """Raise CertificateError if planner and certificate disagree on what the strategy is worth."""
    planned = solution.model_values
    allowed = max(tolerance, GAP_TOL) * max(solution.game.reward_range, float(np.abs(planned).max()), 1e-300)
    if not (np.abs(planned - solution.values) <= allowed).all():
        raise CertificateError(
            f"the planner values its strategy at {planned.tolist()}, the certificate at"
            f" {solution.values.tolist()}; this is a defect of lp_posg, please report it",
            certificate=solution.certificate,
        )


def _swept(request: Request, space: StateSpace) -> Swept:
    done, programs, begun = 0, 0, clock.perf_counter()

    def on_block(block: Block, solved: int) -> None:
        nonlocal done, programs
        done, programs = done + len(block.nodes), programs + solved
        if request.progress is not None:
            seconds = clock.perf_counter() - begun
            total = space.n_states
            request.progress(Progress("solve", done, total, total, programs, seconds))

    return sweep(
        request.game,
        space,
        request.structure.name,
        request.concept,
        request.objective,
        resources=request.resources,
        on_block=on_block,
    )


def labels_of(game: Game, space: StateSpace) -> Labels:
    """Return private informations and increments in words."""
    tables = [space.start_table, *(depth.table for depth in space.depths if depth.table is not None)]
    return Labels(
        tuple(
            tuple(tuple(private_text(game, i, p) for p in own) for i, own in enumerate(depth.private))
            for depth in space.depths
        ),
        tuple(
            tuple(tuple(_news(game, i, z) for z in own) for i, own in enumerate(table.increments)) for table in tables
        ),
    )


def _news(game: Game, agent: int, increment: Hashable) -> str:
    text = private_text(game, agent, increment)
    return "" if text == "nothing" else f"{game.agents[agent]} {text}"
