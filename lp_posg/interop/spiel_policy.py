"""Solutions as game trees with one law of actions per information set: what OpenSpiel's tables hold."""

from __future__ import annotations

import numpy as np

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.evaluate import KINDS
from lp_posg.information import Policy
from lp_posg.planning import HistorySolution, SetStrategy, StatePlan, TreeSolution
from lp_posg.trees import Tree
from lp_posg.trees.unrolling import Known, UnrolledTree, unrolled_tree
from lp_posg.types import FloatArray


def behaviour_of(solution: object, max_nodes: int) -> tuple[Tree, list[FloatArray]]:
    """Return the game of a solution as a tree, and the law of actions at each of its information sets.

    Raises ModelError if it is no solution. Raises UnsupportedError if a mediator draws for all agents, that is for the
    correlated concepts. Raises LimitError if the tree has more nodes than allowed.
    """
    if not isinstance(solution, (StatePlan, HistorySolution, TreeSolution)):
        raise ModelError(f"solution is {type(solution).__name__}, expected a solution; lp_posg.solve returns one")
    if not solution.certificate.kind.draws_alone:
        raise UnsupportedError(
            f"concept {solution.concept.name!r} has a mediator draw for all agents, and OpenSpiel's policies draw for"
            " each agent by itself; solve with concept"
            f" {' or '.join(repr(kind.name) for kind in KINDS.values() if kind.draws_alone)}"
        )
    if isinstance(solution, TreeSolution):
        return solution.game, _only_atom(solution.sets)
    game = unrolled_tree(solution.game, solution.horizon, solution.sharing, max_nodes=max_nodes)
    if isinstance(solution, StatePlan):
        return game.tree, _prescribed(game, solution.policy)
    return game.tree, _planned(game, solution)


def _only_atom(sets: SetStrategy) -> list[FloatArray]:
    """Return the law at each information set of a strategy of one atom."""
    if len(sets.atom_prob) > 1:
        raise UnsupportedError(
            f"the strategy draws among {len(sets.atom_prob)} behaviour strategies for all agents, and OpenSpiel's"
            " policies draw for each agent by itself"
        )
    return np.split(sets.behaviour[0], sets.first[1:-1])


def _prescribed(game: UnrolledTree, policy: Policy) -> list[FloatArray]:
    """Return what a strategy over states of common information prescribes at each information set of the tree."""
    node_of: dict[tuple[int, ...], int] = {}
    return [
        _law(policy, own.agent, known, _follow(policy, known.news, node_of))
        for own, known in zip(game.tree.sets, game.known, strict=True)
    ]


def _follow(policy: Policy, news: tuple[int, ...], node_of: dict[tuple[int, ...], int]) -> int:
    """Return the strategy's state after some joint increments; histories met before are looked up."""
    if news not in node_of:
        before = _follow(policy, news[:-1], node_of) if len(news) > 1 else 0
        found = policy.follow(len(news) - 2, np.array([before]), np.array([news[-1]]))
        node_of[news] = int(found[0])
    return node_of[news]


def _law(policy: Policy, agent: int, known: Known, node: int) -> FloatArray:
    step = len(known.news) - 1
    for block in policy.steps[step].blocks:
        row = int(np.searchsorted(block.nodes, node))
        if row == len(block.nodes) or block.nodes[row] != node:
            continue
        place = np.flatnonzero(block.private[agent][row] == known.private)
        first, last = block.atom_start[row : row + 2].tolist()
        if last - first > 1:
            raise UnsupportedError(
                f"the strategy draws among {last - first} profiles of prescriptions for all agents at step"
                f" {step + 1}, and OpenSpiel's policies draw for each agent by itself"
            )
        if len(place):
            law: FloatArray = block.prescription[agent][first, place[0]]
            return law
    raise ModelError(
        f"the strategy has no prescription for what an agent may know at step {step + 1}: it was computed for another"
        " game or sharing"
    )


def _planned(game: UnrolledTree, solution: HistorySolution) -> list[FloatArray]:
    """Return the behaviour over private histories at each information set of the tree."""
    behaviour: dict[tuple[int, Known], FloatArray] = {}
    for agent, tree in enumerate(solution.trees):
        for number in range(tree.n_sets):
            path = tree.path(number)
            known = Known(
                tuple(int(tree.increment[v]) for v, _ in path),
                int(tree.private[number]),
                tuple(action for _, action in path if action is not None),
            )
            behaviour[agent, known] = solution.behaviour[agent][number]
    return [behaviour[own.agent, known] for own, known in zip(game.tree.sets, game.known, strict=True)]
