"""The Nash equilibrium that the objective selects in a small stage game of any number of agents, with a proof.

With three agents or more equilibria solve polynomial equations, and no one program finds them; branch and bound over
boxes of prescriptions does (`box_search`). What it returns is an equilibrium whether or not the programs are to be
trusted; they prove that it is the best.
"""

from __future__ import annotations

from lp_posg.errors import LimitError, SolveError, UnsupportedError
from lp_posg.stage.aim import Aim, aims_in_turn
from lp_posg.stage.nash.box_search import BoxSearch, Searched
from lp_posg.stage.nash.multilinear import Multilinear
from lp_posg.stage.objective import Objective
from lp_posg.stage.payoffs import StageBlock, scaled
from lp_posg.stage.strategy import BlockStrategy, one_atom

ENTRY_LIMIT = 256
"""Most pairs of a private profile and a joint action of a game to be tried (4 by 4 by 4 actions are 64)."""


def best_nash(block: StageBlock, objective: Objective) -> BlockStrategy:
    """Return the Nash equilibrium of one stage game (a block of one) that the objective selects.

    Raises UnsupportedError if the search comes to its limit of programs before it has a proof; LimitError if the
    deadline passes. Its facts and those of the other error: ``bound`` is what no equilibrium exceeds, ``incumbent``
    what the best found so far has, in what the objective maximises (nan: none was found); SolveError if the search says
    that there is no equilibrium, which cannot be.
    """
    game = Multilinear.of(block.payoff[0])
    aims, x, solved = aims_in_turn(objective, scaled(block)), None, 0
    for place, aim in enumerate(aims):
        if x is not None:
            aim = aim.holding(aims[:place], game.agent_values(x))
        found = BoxSearch(game, aim, block.deadline).run(x)
        solved += found.n_programs
        if found.stopped or found.x is None:
            raise _unproved(block, objective, aim, found)
        x = found.x
    assert x is not None
    return one_atom([own[None] for own in game.prescriptions(x)], solved, "boxes")


def _where(block: StageBlock, objective: Objective) -> str:
    return f"concept 'ne' with objective {objective.name!r} at {block.where(0)}"


def _unproved(block: StageBlock, objective: Objective, aim: Aim, found: Searched) -> Exception:
    """Return the error of a search that did not end with a proof."""
    if not found.stopped:
        return SolveError(
            f"{_where(block, objective)}: the search found no Nash equilibrium; one always exists, so this is a defect"
            " of lp_posg, not of the game"
        )
    bound, incumbent = (aim.in_reward(t) for t in (found.bound, found.score))
    best = f"the best found has {incumbent:.8g}" if found.x is not None else "no equilibrium was found"
    facts = {"bound": bound, "incumbent": incumbent if found.x is not None else float("nan")}
    outcome = (
        f"after {found.n_programs} programs: of objective {aim.name!r} no Nash equilibrium there exceeds {bound:.8g},"
        f" {best}"
    )
    if found.stopped == "time":
        return LimitError(f"{_where(block, objective)}: the time limit was met {outcome}", limit="time", **facts)
    return UnsupportedError(
        f"{_where(block, objective)} is not available: {found.stopped} {outcome}; use 'ce', 'interim-cce' or 'cce'",
        **facts,
    )
