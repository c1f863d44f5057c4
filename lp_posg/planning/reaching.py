"""How likely a strategy makes each common-information state, and what is believed there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.evaluate.strategy_cells import cell_actions
from lp_posg.information.levels import Level
from lp_posg.planning.state_plan import StatePlan, plan_states
from lp_posg.types import FloatArray, SparseMatrix, read_only


@dataclass(frozen=True, eq=False)
class Reach:
    """Probabilities of states and beliefs, in the model planned in.

    Attributes
    ----------
    prob : tuple per depth of float arrays, shape (N,)
        Probability of each state if the strategy is followed; those of a depth sum to 1.
    step_prob : tuple per step but the last of CSR arrays, shape (N, N')
        Probability of each next state given the state; transitions that only deviations make are not stored.
    beliefs : tuple per depth of float arrays, shape (N, S)
        P(s | c): the belief of each state about the game's state.
    """

    prob: tuple[FloatArray, ...]
    step_prob: tuple[SparseMatrix, ...]
    beliefs: tuple[FloatArray, ...]

    def __post_init__(self) -> None:
        read_only(*self.prob, *self.beliefs)


def reach(plan: StatePlan) -> Reach:
    """Return how likely each state is if the strategy of a plan is followed, and the beliefs there.

    The states are expanded anew, which takes as long as it took `solve`.

    Raises
    ------
    ModelError
        If the game, its rule and its compression give other states than the plan has.

    Examples
    --------
    >>> import lp_posg as posg
    >>> found = reach(posg.solve(posg.catalog("dectiger"), 2, "full"))
    >>> found.prob[1].round(4).tolist()  # both hear left, one each, both hear right
    [0.3725, 0.255, 0.3725]
    """
    game, steps = plan.game, plan.policy.steps
    model = plan_states(plan, game)
    levels = [depth.level for depth in model.depths]
    prob: list[FloatArray] = [
        np.bincount(model.start.child, weights=model.start_prob, minlength=levels[0].n_nodes).astype(np.float64)
    ]
    step_prob = []
    for depth, step in zip(model.depths[:-1], steps[:-1], strict=True):
        acts = cell_actions(game, step, np.arange(step.n_nodes), depth.level)
        step_prob.append(_sums(depth.level, acts, depth.edges))
        step_prob[-1].eliminate_zeros()
        prob.append(prob[-1] @ step_prob[-1])
    beliefs = (_sums(level, np.ones((level.n_cells, 1)), level.belief).toarray() for level in levels)
    return Reach(tuple(prob), tuple(step_prob), tuple(beliefs))


def _sums(level: Level, weights: FloatArray, rows: SparseMatrix) -> SparseMatrix:
    """Return for each state the weighted sum of the rows of its cells: weights (C, A), one row for each, to (N, -)."""
    place = (np.repeat(level.cell_node, weights.shape[1]), np.arange(weights.size))
    return sp.csr_array(sp.csr_array((weights.ravel(), place), shape=(level.n_nodes, weights.size)) @ rows)
