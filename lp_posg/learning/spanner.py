"""Exploration plans that reach what can be reached: barycentric spanners in a learnt model.

The law of the joint observation that ends a step is linear in how often its cells and actions occur. Of
all plans of the learnt model, a *barycentric spanner* of these laws is a set of at most as many plans as
there are joint observations, such that every other plan's law is a combination of theirs with
coefficients of size at most C. Playing them all, and uniformly drawn actions for the following
steps, therefore shows every reachable part of the game often enough, if observations tell states apart
(the paper's observability assumption).

The spanner is found by exchange (Awerbuch and Kleinberg 2008, J. Computer and System Sciences 74,
97-114) with plans as an oracle: the plan whose law is farthest in a direction is found by backward
induction in the learnt model. Source of its use: Golowich, Moitra and Rohatgi (2022), Learning in
observable POMDPs, without computationally intractable oracles; the paper's learning algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.deadline import check_time
from lp_posg.errors import LimitError
from lp_posg.information.lookup import sums_by
from lp_posg.learning.actors import ExplorationPlan
from lp_posg.learning.counted_model import LearntModel
from lp_posg.types import FloatArray, IntArray, SparseMatrix

GROWTH = 2.0
"""C: an exchange has to make the determinant grow by this factor."""

MOST_SPANNED = 2_000
"""Most different joint observations of one step that are spanned: an exchange solves a dense system."""

EMPTY_TOL = 1e-9
"""A direction in which no plan's law reaches further than this is left out."""


@dataclass(frozen=True)
class _Chain:
    """A learnt model as a decision process over windows and profiles, all agents acting as one."""

    edges: tuple[SparseMatrix, ...]  # per step but the last CSR (C * A, K'): P^(next state | c^, p, a)
    prob: tuple[FloatArray, ...]  # per step (C,)
    cell_node: tuple[IntArray, ...]  # per step (C,)
    start: FloatArray  # (K,)


def _chain(model: LearntModel) -> _Chain:
    space, n_joint = model.space, model.n_joint_actions
    prob = tuple(step.prob for step in model.steps)
    edges = tuple(
        sp.csr_array(sp.diags_array(np.repeat(1.0 / cells, n_joint)) @ depth.edges)
        for cells, depth in zip(prob, space.depths, strict=False)
        if depth.edges is not None
    )
    return _Chain(edges, prob, tuple(step.cell_node for step in model.steps), space.first_prob)


def spanner_plans(model: LearntModel) -> list[ExplorationPlan]:
    """Return exploration plans for every step but the last, each until the step it aims at is over.

    Raises
    ------
    LimitError
        If more than `MOST_SPANNED` joint observations can end a step.

    Notes
    -----
    One backward induction per exchange tried: for each step at most about O log O of them, O the number
    of joint observations that can end it in the learnt model.
    """
    _check_size(model)
    chain = _chain(model)
    plans: list[ExplorationPlan] = []
    for aim in range(len(model.steps) - 1):
        plans += [ExplorationPlan(model, aim + 1, actions) for actions in _spanner(model, chain, aim)]
    return plans


def _possible(model: LearntModel, aim: int) -> IntArray:
    """Return the joint observations that can end a step in the learnt model, ascending."""
    law = sp.csr_array(model.steps[aim].law)
    return np.unique(law.indices[law.data > 0]).astype(np.int64)


def spanner_bytes(model: LearntModel) -> int:
    """Return about how many bytes `spanner_plans` needs: a basis, and its copies where a system is solved."""
    return 3 * 8 * max((len(_possible(model, aim)) ** 2 for aim in range(len(model.steps) - 1)), default=0)


def _check_size(model: LearntModel) -> None:
    """Raise LimitError before any work if a step has too many observations to span."""
    for aim in range(len(model.steps) - 1):
        size = len(_possible(model, aim))
        if size > MOST_SPANNED:
            raise LimitError(
                f"{size} different joint observations can end step {aim + 1} of the learnt model, of"
                f" {model.frame.n_joint_observations} there are; a spanner is looked for among at most {MOST_SPANNED}:"
                " explore with exploration 'uniform' instead",
                limit="memory",
                phase="explore",
                time=aim,
            )


def _spanner(model: LearntModel, chain: _Chain, aim: int) -> list[tuple[IntArray, ...]]:
    """Return the plans whose observation laws after step `aim` span those of all plans, C-approximately."""
    # What never occurs has chance 0 under every plan, and would only make the dense basis larger.
    law: SparseMatrix = sp.csr_array(model.steps[aim].law)[:, _possible(model, aim)]
    size = law.shape[1]
    basis = np.eye(size)
    plans: dict[int, tuple[IntArray, ...]] = {}

    def exchange(place: int, least: float) -> bool:
        """Put the farthest plan at a place of the basis, if its coefficient there is large enough."""
        check_time("looking for plans that explore")
        reached, features, plan = _farthest(model, chain, aim, law, basis, place)
        if abs(reached) > least:
            basis[:, place], plans[place] = features, plan
        return abs(reached) > least

    for place in range(size):
        exchange(place, EMPTY_TOL)
    # Coefficients are in units of the present column, whose coefficient is 1.
    while sum(exchange(place, GROWTH) for place in plans):
        pass
    return list({b"".join(actions.tobytes() for actions in plan): plan for plan in plans.values()}.values())


def _farthest(
    model: LearntModel, chain: _Chain, aim: int, law: SparseMatrix, basis: FloatArray, place: int
) -> tuple[float, FloatArray, tuple[IntArray, ...]]:
    """Return the largest coefficient (in size) of a plan's law at one place of the basis, that law and the plan."""
    direction = np.linalg.solve(basis.T, np.eye(len(basis))[place])
    options = []
    for sign in (1.0, -1.0):
        plan = _best_plan(model, chain, aim, law @ (sign * direction))
        features = _observation_law(model, chain, aim, law, plan)
        options.append((float(direction @ features), features, plan))
    return max(options, key=lambda option: abs(option[0]))


def _best_plan(model: LearntModel, chain: _Chain, aim: int, worth: FloatArray) -> tuple[IntArray, ...]:
    """Return the actions, per step and cell, that maximise the expectation of `worth` (C * A,) at step `aim`."""
    n_joint = model.n_joint_actions
    actions: list[IntArray] = []
    for time in range(aim, -1, -1):
        table = worth.reshape(-1, n_joint)
        actions.append(table.argmax(axis=1))
        if time:
            cells = chain.prob[time] * table.max(axis=1)
            worth = chain.edges[time - 1] @ sums_by(chain.cell_node[time], cells, len(model.steps[time].index))
    return tuple(reversed(actions))


def _observation_law(
    model: LearntModel, chain: _Chain, aim: int, law: SparseMatrix, plan: tuple[IntArray, ...]
) -> FloatArray:
    """Return the law of the joint observation after step `aim` under a plan, shape (O,): the columns of `law`."""
    n_joint, state = model.n_joint_actions, chain.start
    for time in range(aim):
        cells = state[chain.cell_node[time]] * chain.prob[time]
        rows = np.arange(len(cells)) * n_joint + plan[time]
        state = cells @ chain.edges[time][rows]
    cells = state[chain.cell_node[aim]] * chain.prob[aim]
    return np.asarray(cells @ law[np.arange(len(cells)) * n_joint + plan[aim]])
