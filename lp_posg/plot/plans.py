"""The plan over common-information states that a picture of a solution shows."""

from __future__ import annotations

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.planning import Solution, StatePlan, TreeSolution
from lp_posg.planning.solved import SolvedGame
from lp_posg.plot.captions import named
from lp_posg.trees import Tree
from lp_posg.wording import counted


def plan_of(solution: Solution, picture: str, *, strategic_form: bool = False) -> StatePlan:
    """Return the plan of a solution over common-information states, which the picture of this name shows.

    With `strategic_form` the plan in the reduced strategic form of a game tree will do. Raises ModelError if it is no
    solution, UnsupportedError if it has no such plan.
    """
    if isinstance(solution, StatePlan):
        return solution
    if not isinstance(solution, Solution):
        raise ModelError(f"solution is {type(solution).__name__}, expected a solution; lp_posg.solve returns one")
    if strategic_form and isinstance(solution, TreeSolution) and solution.plan is not None:
        return solution.plan
    advice = "solve with method 'common-information'"
    if isinstance(solution.game, Tree):
        advice = "solve with method 'strategic-form'" if strategic_form else "of game trees see `values` and `payoffs`"
    raise UnsupportedError(
        f"picture {picture!r} shows common-information states, and the solution of game {solution.game.name!r} by"
        f" method {solution.method!r} is over information sets; {advice}"
    )


def facts(solution: Solution | SolvedGame) -> str:
    """Return rule, concept and number of steps of a solution for a title."""
    parts = [] if solution.sharing is None else [named(solution.sharing.name)]
    parts.append(named(solution.concept.name))
    parts.append(solution.method if solution.horizon is None else counted(solution.horizon, "step"))
    return ", ".join(parts)
