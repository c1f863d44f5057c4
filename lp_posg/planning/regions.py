"""`payoff_region`: what equilibria of a one-step game, or of one stage of a solution, can give two agents."""

from __future__ import annotations

from math import prod
from os import PathLike

import numpy as np

from lp_posg.checks import did_you_mean, meant, plain_name
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game import Game, opened
from lp_posg.induction.blocks import Block, blocks_of, stage_block
from lp_posg.information import SharingStructure, StateSpace, reachable_states, sharing_structure
from lp_posg.planning.solution import Solution
from lp_posg.planning.state_plan import StatePlan, plan_states
from lp_posg.stage import CONCEPTS, Concept, Correlated, PayoffRegion, StageBlock, payoff_region_of
from lp_posg.trees import Tree, strategic_form
from lp_posg.trees.recall import recall_of
from lp_posg.trees.strategic import PLAN_LIMIT, plan_count
from lp_posg.types import FloatArray

ONE_STEP = "of the game of one step"
LAST_STAGE = "of the stage game at the last step"
STAGE = "of the stage game, with the selected equilibrium's continuation"


def payoff_region(
    source: Game | Tree | Solution | str | PathLike[str],
    concept: str | Concept | None = None,
    sharing: str | SharingStructure | None = None,
    *,
    time: int | None = None,
    node: int | None = None,
) -> PayoffRegion:
    """Return the polygon of all values that equilibria of a correlated concept give two agents.

    Of a game: played for one step. Of a tree: of its reduced strategic form. Of a solution: at one state, given what
    the selected equilibrium is worth from there on; that is not the region of the whole game.

    Parameters
    ----------
    source : Game, Tree, Solution, str or path
    concept : {"strategic-ce", "ce", "interim-cce", "cce"}, optional
        Default: the solution's, if it is one of these, else ``cce``.
    sharing : str or SharingStructure, optional
        Of a game: ``full`` if not given. Of a solution: the one it was solved for.
    time, node : int, optional
        The state of the solution, 0-based as in `Solution.graph`; without them the solution has to
        have one step, and all its states count, each with its probability.

    Raises
    ------
    ModelError
        If an argument is not valid, or there is no such state.
    UnsupportedError
        If there are not two agents, or a program would be too large.
    SolveError
        If a program cannot be solved.

    Examples
    --------
    >>> import lp_posg as posg
    >>> region = posg.payoff_region(posg.catalog("chicken"), "ce")
    >>> region.vertices.round(6).tolist()
    [[2.0, 7.0], [3.6, 3.6], [7.0, 2.0], [5.25, 5.25]]
    >>> region.efficiency.price_of_stability.__round__(6)
    1.142857
    """
    source = opened(source)
    if isinstance(source, Tree):
        return _of_tree(source, concept, sharing, time, node)
    if isinstance(source, StatePlan):
        return _of_plan(source, concept, sharing, time, node)
    if not isinstance(source, Game):
        raise ModelError(f"source is {type(source).__name__}, expected a game or a solution over its states")
    if time is not None or node is not None:
        raise ModelError("time and node are a state of a Solution; of a game there is the first step only")
    structure = sharing_structure("full" if sharing is None else sharing, source.n_agents)
    found = _concept("cce" if concept is None else concept)
    return payoff_region_of(found, one_step_games(source, reachable_states(source, structure, 1)), ONE_STEP)


def one_step_games(game: Game, space: StateSpace, deadline: float | None = None) -> list[StageBlock]:
    """Return the stage games of a game of one step, payoffs times the probability of their states."""
    level, nothing = space.depths[0].level, np.zeros((0, game.n_agents))
    chance = np.bincount(space.start.child, weights=space.start_prob, minlength=level.n_nodes)
    games = []
    for block in blocks_of(0, level):
        stage = stage_block(game, block, space.depths[0], nothing)
        own = chance[block.nodes].reshape(-1, *(1,) * (stage.payoff.ndim - 1))
        games.append(StageBlock(stage.payoff * own, 0, block.nodes, deadline))
    return games


def _of_tree(
    tree: Tree,
    concept: str | Concept | None,
    sharing: str | SharingStructure | None,
    time: int | None,
    node: int | None,
) -> PayoffRegion:
    """Return the region of the reduced strategic form, whose size is told in plans where it is too large."""
    recall = recall_of(tree)
    counts = [plan_count(tree, recall, agent) for agent in range(tree.n_agents)]
    name = _concept("cce" if concept is None else concept).name
    advice = "take a smaller tree; if it is zero-sum with two agents, `solve` finds concept 'ne' without listing plans"
    if prod(counts) <= PLAN_LIMIT:
        smaller = "" if name == "cce" else "ask for that of 'cce', whose program is smaller, "
        advice = (
            f"{smaller}take a smaller tree, or `solve` it for single points: objectives 'welfare', 'worst', 'agent:k'"
        )
        try:
            return payoff_region(strategic_form(tree), concept, sharing, time=time, node=node)
        except UnsupportedError:
            if tree.n_agents != 2:
                raise
    each = ", ".join(f"{agent!r} {count:.6g}" for agent, count in zip(tree.agents, counts, strict=True))
    raise UnsupportedError(
        f"game tree {tree.name!r} has too many plans ({each}) for the payoff region of concept {name!r}; {advice}"
    )


def _of_plan(
    plan: StatePlan, concept: str | Concept | None, sharing: object, time: int | None, node: int | None
) -> PayoffRegion:
    game, name = plan.game, getattr(sharing, "name", sharing)
    if name not in (None, plan.sharing.name):
        raise ModelError(f"the solution is of sharing {plan.sharing.name!r}, not {name!r}")
    default = plan.concept if isinstance(plan.concept, Correlated) else "cce"
    found = _concept(concept or default)
    if (time is None) != (node is None) or (time is None and plan.horizon > 1):
        raise ModelError("give both time and node of a state, as in `graph`; only with one step neither")
    if time is None or node is None:
        return payoff_region_of(found, one_step_games(game, plan_states(plan, game)), ONE_STEP)
    plan.check_state(time, node)
    depth, last = plan_states(plan, game).depths[time], time == plan.horizon - 1
    ahead: FloatArray = np.zeros((0, game.n_agents)) if last else plan.node_values[time + 1]
    block = Block(time, tuple(depth.level.counts[node].tolist()), np.array([node]))
    return payoff_region_of(found, [stage_block(game, block, depth, ahead)], LAST_STAGE if last else STAGE)


def _concept(concept: str | Concept) -> Correlated:
    found = CONCEPTS.get(plain_name(concept)) if isinstance(concept, str) else concept
    if not isinstance(found, Correlated):
        known = [key for key, other in CONCEPTS.items() if isinstance(other, Correlated)]
        near = did_you_mean(meant(concept, known), after="")
        text = f"a payoff region is of a correlated concept, one of {', '.join(known)}; found {concept!r}"
        raise ModelError(f"{text}; {near}" if near else text)
    return found
