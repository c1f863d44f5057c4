"""Counting episodes: what makes a learnt model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lp_posg.information.lookup import sums_by
from lp_posg.learning.counted_model import LearntModel, StepModel
from lp_posg.learning.environments import Episodes
from lp_posg.learning.windows import Frame, Seen, WindowIndex, seen
from lp_posg.types import FloatArray, IntArray, SparseMatrix


def estimate(frame: Frame, batches: Sequence[Episodes], discount: float) -> LearntModel:
    """Return the model that the counts of all episodes give.

    Notes
    -----
    Without back-off each number is the maximum-likelihood estimate: unbiased given that its window,
    profile and action were seen. Time grows as episodes times steps, times a logarithm for sorting.
    """
    runs = [seen(frame, batch) for batch in batches]
    data = Seen(*map(np.concatenate, zip(*(vars(run).values() for run in runs), strict=True)))
    rewards = np.concatenate([batch.rewards for batch in batches])
    weight = np.concatenate([np.ones(len(batch)) if batch.weight is None else batch.weight for batch in batches])
    if not weight.all():  # what has no weight was not seen
        some = weight > 0
        data, rewards, weight = Seen(*(part[some] for part in vars(data).values())), rewards[some], weight[some]
    steps = tuple(_step(frame, data, rewards[:, time], weight, time) for time in range(frame.horizon))
    return LearntModel(frame, steps, discount, len(weight))


def _step(frame: Frame, data: Seen, rewards: FloatArray, weight: FloatArray, time: int) -> StepModel:
    sizes, n_joint = frame.sizes, frame.n_joint_actions
    index = WindowIndex(data.window[:, time], weight, frame.radices(time))
    node = index.find(data.window[:, time])
    n_profiles = int(np.prod(frame.tables[time].n_next))
    keys, cell = np.unique(node * n_profiles + data.profile[:, time], return_inverse=True)
    count = sums_by(cell, weight, len(keys))
    row = cell * n_joint + data.action[:, time]
    n_rows = len(keys) * n_joint
    tried = sums_by(row, weight, n_rows)
    total = np.stack([sums_by(row, weight * rewards[:, i], n_rows) for i in range(sizes.n_agents)], axis=1)
    observed: SparseMatrix = None
    if time < frame.horizon - 1:
        shape = (n_rows, frame.n_joint_observations)
        observed = sp.csr_array(sp.coo_array((weight, (row, data.observation[:, time])), shape=shape))
    counts = _Counts(tried, total, observed)
    cell_node, cell_profile = np.divmod(keys, n_profiles)
    filled = counts.filled(_groups(frame, time, index, cell_node, cell_profile, n_joint))
    reward, law = filled.estimates(frame.n_joint_observations)
    tries, rewards_by_cell = tried.reshape(-1, n_joint), reward.T.reshape(sizes.n_agents, -1, n_joint)
    return StepModel(index, cell_node, cell_profile, count, tries, rewards_by_cell, law)


def _groups(
    frame: Frame, time: int, index: WindowIndex, cell_node: IntArray, cell_profile: IntArray, n_joint: int
) -> list[IntArray]:
    """Return, per shorter memory and at last per action alone, which rows (cell, action) count together."""
    n_profiles = int(cell_profile.max()) + 1
    action = np.tile(np.arange(n_joint), len(cell_node))
    groups = []
    for length in range(frame.length(time) - 1, -1, -1):
        # Numbered anew: a coded run times the profiles could be more than an integer holds.
        run = np.unique(index.group(length, frame.radices(time)), return_inverse=True)[1][cell_node]
        _, together = np.unique(run * n_profiles + cell_profile, return_inverse=True)
        groups.append(np.repeat(together, n_joint) * n_joint + action)
    return [*groups, action]


@dataclass(frozen=True)
class _Counts:
    """Per row (cell, action): how often tried, summed rewards (rows, n), observations (rows, O) or None."""

    tried: FloatArray
    total: FloatArray
    observed: SparseMatrix

    def filled(self, groups: Sequence[IntArray]) -> _Counts:
        """Return the counts in which a row never tried has those of the first of its groups that has any."""
        tried, total, observed = self.tried.copy(), self.total.copy(), self.observed
        for group in groups:
            missing = np.flatnonzero(tried == 0)
            if not len(missing):
                break
            gather = _selection(group, np.arange(len(group)), (int(group.max()) + 1, len(group)))
            wanted = group[missing]
            tried[missing], total[missing] = (gather @ self.tried)[wanted], (gather @ self.total)[wanted]
            if observed is not None:
                put = _selection(missing, np.arange(len(missing)), (len(group), len(missing)))
                observed = sp.csr_array(observed + put @ sp.csr_array(gather @ self.observed)[wanted])
        return _Counts(tried, total, observed)

    def estimates(self, n_observations: int) -> tuple[FloatArray, SparseMatrix]:
        """Return mean rewards (rows, n) and observation laws (rows, O); reward 0 and uniform where nothing is known."""
        size = np.where(self.tried > 0, self.tried, 1.0)
        reward = self.total / size[:, None]
        if self.observed is None:
            return reward, None
        law = sp.csr_array(sp.diags_array(1.0 / size) @ self.observed)
        unknown = np.flatnonzero(self.tried == 0)
        if len(unknown):
            uniform = sp.csr_array(np.full((1, n_observations), 1.0 / n_observations))
            put = _selection(unknown, np.zeros_like(unknown), (len(size), 1))
            law = sp.csr_array(law + put @ uniform)
        return reward, law


def _selection(row: IntArray, column: IntArray, shape: tuple[int, int]) -> SparseMatrix:
    """Return the 0/1 matrix with ones at the given places."""
    return sp.csr_array((np.ones(len(row)), (row, column)), shape=shape)
