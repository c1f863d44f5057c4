"""How far a learnt model is from the true game: the ledger's errors, for what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.evaluate import pairs_of
from lp_posg.evaluate.belief_errors import worst_expectations
from lp_posg.game import Game
from lp_posg.information import Policy, SharingStructure
from lp_posg.information.lookup import row_sums, sums_by
from lp_posg.information.resources import Resources
from lp_posg.information.state_space import Depth
from lp_posg.learning.counted_model import LearntModel
from lp_posg.types import FloatArray, IntArray, SparseMatrix, read_only


@brief()
@dataclass(frozen=True, eq=False)
class ModelErrors:
    """Worst-policy expected errors of a learnt model, by step.

    Attributes
    ----------
    reward_error : float array, shape (H,)
        eps_r(h), in reward units.
    transition_error : float array, shape (H,)
        L1 distance of the laws of the next *compressed* state, which is what values depend on; at
        most eps_z(h), that of the next increment.
    """

    reward_error: FloatArray
    transition_error: FloatArray

    def __post_init__(self) -> None:
        read_only(self.reward_error, self.transition_error)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per step, with plain numbers."""
        return [
            {"step": h + 1, "reward_error": float(r), "transition_error": float(t)}
            for h, (r, t) in enumerate(zip(self.reward_error, self.transition_error, strict=True))
        ]


def model_errors(
    game: Game, structure: SharingStructure, policy: Policy, model: LearntModel, resources: Resources | None = None
) -> ModelErrors:
    """Return the errors of a learnt model in the game it was learnt from.

    Parameters
    ----------
    policy : Policy
        Any total strategy on the model's states; only its transitions count.

    Notes
    -----
    As `error_ledger`: at each exact state, the sum over private profiles of the largest difference over
    joint actions, what the model believes possible and the game does not included; then the largest
    expectation over all policies.
    """
    use = resources or Resources()
    pairs = pairs_of(game, structure, policy, use)
    here = []
    for time, step in enumerate(model.steps):
        depth = pairs.depths[time]
        after = None if depth.edges is None else _tags(pairs.depths[time + 1].tag, len(model.steps[time + 1].index))
        n_profiles = int(np.prod(depth.level.n_private))
        cell = step.cell_of(depth.tag[depth.level.cell_node], depth.level.cell_private, n_profiles)
        errors = _reward(game, time, depth, model, cell), _transition(depth, model, time, cell, after)
        here.append(np.stack(errors, axis=1))
    worst = worst_expectations(game, pairs, here, use)
    return ModelErrors(worst[:, 0], worst[:, 1])


def _tags(tag: IntArray, n_states: int) -> SparseMatrix:
    """Return the 0/1 matrix from pairs to states of the strategy."""
    return sp.csr_array((np.ones(len(tag)), (np.arange(len(tag)), tag)), shape=(len(tag), n_states))


def _per_pair(
    depth: Depth, model: LearntModel, time: int, cell: IntArray, known: FloatArray, learnt: FloatArray
) -> FloatArray:
    """Return, per pair, the sum of differences `known` at its cells (C,) and of `learnt` at the model's other cells."""
    step, level = model.steps[time], depth.level
    everywhere = sums_by(step.cell_node, learnt, len(step.index))[depth.tag]
    met = np.where(cell >= 0, learnt[np.maximum(cell, 0)], 0.0)
    return sums_by(level.cell_node, known - met, level.n_nodes) + everywhere


def _reward(game: Game, time: int, depth: Depth, model: LearntModel, cell: IntArray) -> FloatArray:
    step, worst = model.steps[time], np.zeros(depth.level.n_nodes)
    for i in range(game.n_agents):
        learnt = step.prob[:, None] * step.reward[i]
        true = depth.level.belief @ game.reward_array(time)[i]
        error = np.abs(true - np.where(cell[:, None] >= 0, learnt[np.maximum(cell, 0)], 0.0)).max(axis=1)
        worst = np.maximum(worst, _per_pair(depth, model, time, cell, error, np.abs(learnt).max(axis=1)))
    return worst


def _transition(depth: Depth, model: LearntModel, time: int, cell: IntArray, after: SparseMatrix | None) -> FloatArray:
    if after is None:
        return np.zeros(depth.level.n_nodes)
    n_joint = model.n_joint_actions
    learnt: SparseMatrix = model.space.depths[time].edges
    rows = (np.maximum(cell, 0)[:, None] * n_joint + np.arange(n_joint)).ravel()
    known = np.repeat(cell >= 0, n_joint).astype(np.float64)
    error = abs(sp.csr_array(depth.edges @ after) - sp.csr_array(sp.diags_array(known) @ learnt[rows]))
    most = row_sums(error).reshape(-1, n_joint).max(axis=1)
    return _per_pair(depth, model, time, cell, most, model.steps[time].prob)
