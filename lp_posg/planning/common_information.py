"""The method ``common-information``: backward induction over the DAG of common-information states.

The paper's planning algorithm. Beliefs must not depend on how the agents play; that is checked.
"""

from __future__ import annotations

import time as clock

import numpy as np

from lp_posg.errors import CertificateError, LimitError, LpPosgError, ModelError, OptionError, UnsupportedError
from lp_posg.evaluate.deviator import check_bounds
from lp_posg.game import Game, warn_of_offset, warn_of_selection
from lp_posg.induction.backward import Swept, sweep
from lp_posg.induction.blocks import Block
from lp_posg.information import Ruled, StateSpace, reachable_states
from lp_posg.information.resources import Resources
from lp_posg.planning.certifying import Judged, check_judged, judged
from lp_posg.planning.request import Request
from lp_posg.planning.solution import Stats
from lp_posg.planning.state_plan import labels_of
from lp_posg.planning.state_solution import StateSolution
from lp_posg.planning.verification import check_planned_values
from lp_posg.stage import OWN, Concept, check_selection, concept_named
from lp_posg.trees import Tree
from lp_posg.types import FloatArray


class CommonInformation:
    """Backward induction over common-information states; see `Method`."""

    name = "common-information"

    def claims(self, request: Request) -> str:
        """Return why ``auto`` takes this method; see `Method`."""
        return "a POSG" if isinstance(request.game, Game) else ""

    def default_concept(self, game: Game | Tree) -> Concept:
        """Return the team optimum for a common reward, else coarse correlated equilibrium."""
        return concept_named("team" if game.is_common_reward else "cce")

    def check(self, request: Request) -> None:
        """Raise UnsupportedError or OptionError before any work; see `Method`."""
        concept = request.resolved_concept
        if isinstance(request.game, Tree):
            raise OptionError(
                f"method {self.name!r} is for POSGs; a game tree is solved by 'sequence-form' or 'strategic-form'",
                option="method",
            )
        concept.check_game(request.game)
        if request.certificate == "bounded":
            check_bounds(concept.deviations)
        check_selection(concept, request.game, request.objective)
        if request.run.checkpoint is not None:
            _check_storable(request)

    def solve(self, request: Request) -> StateSolution:
        """Return the certified solution."""
        begun, resources = clock.perf_counter(), resources_of(request)
        space = states_of(request, resources)
        return plan_over(request, resources, space, clock.perf_counter() - begun)


def _check_storable(request: Request) -> None:
    if request.objective.name.startswith(OWN):
        raise ModelError("a checkpoint cannot tell one function of your own from another; use an objective with a name")
    if isinstance(request.compression, Ruled):
        raise UnsupportedError(
            f"a checkpoint cannot keep the states of compression {request.compression.name!r}, which is a rule; leave"
            " `checkpoint` out"
        )


def states_of(request: Request, resources: Resources) -> StateSpace:
    """Return the common-information states of a request's game."""
    game, structure, horizon = request.posg
    total, begun = 0, clock.perf_counter()

    def on_depth(time: int, n_states: int) -> None:
        nonlocal total
        total += n_states
        request.run.tell("expand", begun, time + 1, horizon, total)

    use = request.compression
    return reachable_states(game, structure, horizon, compression=use, on_depth=on_depth, resources=resources)


def resources_of(request: Request) -> Resources:
    """Return limits, workers and checkpoint of a request."""
    game, structure, horizon = request.posg
    options = {
        "horizon": horizon,
        "sharing": structure.name,
        "concept": request.resolved_concept.name,
        "objective": request.objective.name,
        "compression": request.compression.name,
    }
    return request.run.resources(request.run.store(game, options))


def plan_over(
    request: Request, resources: Resources, space: StateSpace, expand_seconds: float, pairs: StateSpace | None = None
) -> StateSolution:
    """Return the certified solution of a request whose states are known.

    Parameters
    ----------
    resources : Resources
        As `resources_of` returns them.
    space : StateSpace
    expand_seconds : float
        What making the states took.
    pairs : StateSpace, optional
        The pairs of exact belief and state of the strategy, if they are known; see `certify`.
    """
    game, begun = request.posg[0], clock.perf_counter()
    warn_of_offset(game)
    swept = _swept(request, space, resources)
    planned = clock.perf_counter()
    model_values = _planned(space, swept)
    found = judged(request, swept, model_values, space, resources, pairs)
    certificate = found.certificate
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
    solution = StateSolution(
        **request.solved,
        compression=request.compression,
        stats=stats,
        certificate=certificate,
        model_values=model_values,
        policy=swept.policy,
        node_values=swept.node_values,
        labels=labels_of(game, space),
    )
    if swept.stopped is not None:
        raise _stopped(request, swept.stopped, found, solution)
    check_judged(request, found, solution)
    if request.compression.name == "exact":
        check_planned_values(certificate, model_values, game, request.tolerance)
    warn_of_selection(game, swept.methods.get("rounded", 0))
    return solution


def _stopped(request: Request, error: LpPosgError, found: Judged, solution: StateSolution) -> LpPosgError:
    """Return the error of a search that was stopped, with the best it found if that is an equilibrium for certain."""
    try:
        check_judged(request, found, solution)
    except (CertificateError, LimitError):
        return error
    return type(error)(str(error), **{**error.facts, "solution": solution})


def _swept(request: Request, space: StateSpace, resources: Resources) -> Swept:
    game, structure, _ = request.posg
    done, programs, begun = 0, 0, clock.perf_counter()

    def on_block(block: Block, solved: int) -> None:
        nonlocal done, programs
        done, programs = done + len(block.nodes), programs + solved
        request.run.tell("solve", begun, done, space.n_states, space.n_states, programs)

    concept, objective = request.resolved_concept, request.objective
    return sweep(game, space, structure.name, concept, objective, resources=resources, on_block=on_block)


def _planned(space: StateSpace, swept: Swept) -> FloatArray:
    """Return what the planner's model says its strategy is worth, shape (n,)."""
    first = swept.node_values[0]
    start = np.bincount(space.start.child, weights=space.start_prob, minlength=len(first))
    return np.asarray(start @ first)
