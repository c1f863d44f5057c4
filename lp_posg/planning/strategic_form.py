"""The method ``strategic-form``: game trees by way of their reduced strategic form, for every concept.

Equilibria of this form are what their concepts say of whole plans: for `ne` that is a Nash equilibrium of the tree; for
`ce` a device recommends a whole plan, not one action after the other (that would be an extensive-form correlated
equilibrium). By Kuhn's theorem each agent's mixture of plans is played as a behaviour strategy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from lp_posg.errors import LpPosgError, OptionError
from lp_posg.game import Game
from lp_posg.information import sharing_structure
from lp_posg.planning.common_information import CommonInformation
from lp_posg.planning.request import Request
from lp_posg.planning.set_certificates import plan_sets, plan_stakes
from lp_posg.planning.solution import Stats
from lp_posg.planning.state_plan import StatePlan
from lp_posg.planning.tree_solution import TreeSolution
from lp_posg.stage import Concept
from lp_posg.trees import Tree
from lp_posg.trees.strategic import ReducedForm, reduced_form


class StrategicForm:
    """A stage game whose actions are the reduced plans of a tree; see `Method`."""

    name = "strategic-form"
    takes = frozenset({"objective", "approximate", "certificate", "memory_limit", "workers", "backend"})
    _planner = CommonInformation()

    def claims(self, request: Request) -> str:
        """Return why ``auto`` takes this method; see `Method`."""
        if not isinstance(request.game, Tree):
            return ""
        return "a game tree whose sequence form is no linear program for this concept"

    def default_concept(self, game: Game | Tree) -> Concept:
        """Return the team optimum for common payoffs, else coarse correlated equilibrium."""
        return self._planner.default_concept(game)

    def check(self, request: Request) -> None:
        """Raise UnsupportedError or OptionError before any work; see `Method`."""
        if not isinstance(request.game, Tree):
            raise OptionError(
                f"method {self.name!r} is for game trees; use 'common-information' for a POSG", option="method"
            )
        for name in request.given:
            if name not in self.takes:
                raise request.refusal(name, "which plans one choice of whole plans")
        request.resolved_concept.check_objective(request.objective)

    def solve(self, request: Request) -> TreeSolution:
        """Return the certified solution."""
        assert isinstance(request.game, Tree)
        form = reduced_form(request.game)
        one_step = form_request(request, form.game)
        self._planner.check(one_step)
        return tree_planned(request.game, form, partial(self._planner.solve, one_step))


def form_request(request: Request, form: Game) -> Request:
    """Return the request for the strategic form that one for its tree amounts to."""
    return replace(request, game=form, horizon=1, sharing=sharing_structure("full", form.n_agents))


def tree_planned(game: Tree, form: ReducedForm, plan: Callable[[], StatePlan]) -> TreeSolution:
    """Return the solution of a tree by a plan of its reduced strategic form; likewise one that an error has with it."""
    try:
        return tree_solution(game, form, plan())
    except LpPosgError as error:
        found = error.facts.get("solution")
        if isinstance(found, StatePlan):
            raise type(error)(str(error), **{**error.facts, "solution": tree_solution(game, form, found)}) from error
        raise


def tree_solution(game: Tree, form: ReducedForm, plan: StatePlan) -> TreeSolution:
    """Return the solution of a tree that an equilibrium of its reduced strategic form is."""
    sizes: dict[str, int | tuple[int, ...]] = {"plans": form.game.n_actions, "nodes": game.n_nodes}
    found = plan.stats
    stats = Stats(len(game.sets), found.stage_lps, found.closed, found.seconds, found.phases, (), found.methods, sizes)
    same = ("concept", "objective", "method", "reason", "tolerance", "certificate")
    return TreeSolution(
        **{name: getattr(plan, name) for name in same},
        stats=stats,
        sets=plan_sets(game, form, plan),
        stakes=plan_stakes(form),
        game=game,
        plan=plan,
    )
