"""The learnt model: counts over windows of memory, as something that the planner can solve.

At a window c^ and private profile p,

    P^(p | c^)          share of the runs in c^ with p
    P^(o | c^, p, a)    share of the observations after a there
    r^(c^, p, a)        mean reward of a there

Where an action was never tried at (c^, p), the counts of all windows that end in the same shorter run
are taken, the longest that has any; at last those of the action alone; and if it was never tried at
the step, reward 0 and uniform observations. An observation that leads to a window never seen leads to
the nearest one that was (`WindowIndex`).

The model is handed to the planner as stage games: the "belief" of a state is P^(p | c^) on its cells,
each a pseudo-state of its own, and the reward of a pseudo-state is r^.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import LimitError
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places
from lp_posg.information.state_space import Arcs, Depth, StateSpace
from lp_posg.learning.environments import Episodes
from lp_posg.learning.windows import Frame, Seen, WindowIndex, seen
from lp_posg.types import REWARD_TOL, FloatArray, IntArray, SparseMatrix

MOST_ARCS = 20_000_000
"""Pairs of a state and a joint increment of one step, seen or not, of which none more are made."""

ARC_BYTES = 130
"""What one of these takes until it is planned, measured."""


@dataclass(frozen=True)
class StepModel:
    """What was learnt of one step.

    Attributes
    ----------
    index : WindowIndex
        Its K states.
    cell_node, cell_profile : int arrays, shape (C,)
        (state, private profile) pairs that were seen, ascending.
    cell_count : float array, shape (C,)
        How often.
    tried : float array, shape (C, A)
        How often each joint action was tried there.
    reward : float array, shape (n, C, A)
    law : CSR array, shape (C * A, O), or None
        P^(o | c^, p, a); None at the last step.
    """

    index: WindowIndex
    cell_node: IntArray
    cell_profile: IntArray
    cell_count: FloatArray
    tried: FloatArray
    reward: FloatArray
    law: SparseMatrix | None

    @property
    def n_cells(self) -> int:
        """C."""
        return len(self.cell_node)

    @cached_property
    def prob(self) -> FloatArray:
        """P^(p | c^) of each cell, shape (C,)."""
        total = np.bincount(self.cell_node, weights=self.cell_count, minlength=len(self.index))
        return np.asarray(self.cell_count / total[self.cell_node])

    def cell_of(self, node: IntArray, profile: IntArray, n_profiles: int) -> IntArray:
        """Return the cell of each (state, profile), or -1."""
        keys, wanted = self.cell_node * n_profiles + self.cell_profile, node * n_profiles + profile
        at, met = places(keys, wanted)
        return np.where(met, at, -1)


@dataclass(frozen=True)
class LearntModel:
    """A model of the game over finite-memory states.

    Attributes
    ----------
    frame : Frame
    steps : tuple of StepModel, one per step
    discount : float
    n_episodes : int
        Episodes it was counted from.
    """

    frame: Frame
    steps: tuple[StepModel, ...]
    discount: float
    n_episodes: int

    # ---- what the planner asks of a game --------------------------------------------------------

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return self.frame.sizes.n_agents

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each agent."""
        return self.frame.sizes.n_actions

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions."""
        return self.frame.n_joint_actions

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents."""
        return self.frame.sizes.agents

    def reward_array(self, time: int) -> FloatArray:
        """Return r^ at a step, shape (n, C, A)."""
        return self.steps[time].reward

    @cached_property
    def is_common_reward(self) -> bool:
        """Whether all agents always received the same reward."""
        return all(float(np.ptp(step.reward, axis=0).max()) <= self._slack for step in self.steps)

    @property
    def _slack(self) -> float:
        return REWARD_TOL * max(float(np.abs(step.reward).max()) for step in self.steps)

    @property
    def n_arcs(self) -> int:
        """Number of pairs of a state and a joint increment, of all steps."""
        widths = self.frame.n_increments[1:]
        return sum(len(step.index) * width for step, width in zip(self.steps, widths, strict=False))

    # ---- the model as levels and edges ----------------------------------------------------------

    @cached_property
    def space(self) -> StateSpace:
        """States, beliefs over cells, and transitions, as the planner takes them."""
        self._check_arcs()
        tables = self.frame.tables
        depths = []
        for time, step in enumerate(self.steps):
            level = _level(step, tables[time].n_next)
            table = tables[time + 1] if time + 1 < len(self.steps) else None
            tag = np.arange(len(step.index))
            depth = Depth(level, tag, tables[time].next_private, table, None, None, np.zeros_like(tag), 0.0)
            if table is not None:
                depth = replace(depth, arcs=self._arcs(time), edges=self._edges(time))
            depths.append(depth)
        first = np.arange(self.frame.n_increments[0])
        start = Arcs(np.zeros_like(first), first, self.steps[0].index.find(first))
        return StateSpace(tables[0], start, self._start_prob, tuple(depths))

    @property
    def _start_prob(self) -> FloatArray:
        """Share of runs with each increment of the start; a window of the first step is an increment."""
        index = self.steps[0].index
        prob = np.zeros(self.frame.n_increments[0])
        prob[index.codes] = index.counts / index.counts.sum()
        return prob

    def _check_arcs(self) -> None:
        """Raise LimitError, before any is made, if a step has more transitions than `MOST_ARCS`."""
        for time, width in enumerate(self.frame.n_increments[1:]):
            n_nodes = len(self.steps[time].index)
            if n_nodes * width > MOST_ARCS:
                raise LimitError(
                    f"{n_nodes} states of step {time + 1} times {width} joint increments of the shared information are"
                    f" {n_nodes * width} transitions of the learnt model, more than {MOST_ARCS}; remember less"
                    " (memory), plan fewer steps, explore fewer episodes, or share less",
                    limit="memory",
                    phase="plan",
                    time=time,
                )

    def _arcs(self, time: int) -> Arcs:
        """Return where every increment, seen or not, leads from every state of a step."""
        n_nodes, width = len(self.steps[time].index), self.frame.n_increments[time + 1]
        parent, increment = np.repeat(np.arange(n_nodes), width), np.tile(np.arange(width), n_nodes)
        window = self.frame.grown(time + 1, self.steps[time].index.codes[parent], increment)
        return Arcs(parent, increment, self.steps[time + 1].index.find(window))

    def _edges(self, time: int) -> SparseMatrix:
        """Return P^(p, next state | c^, a), CSR of shape (C * A, K')."""
        step, after = self.steps[time], self.steps[time + 1]
        law = sp.coo_array(step.law)
        cell, action = np.divmod(law.row.astype(np.int64), self.n_joint_actions)
        increment = self.increments(time, step.cell_profile[cell], action, law.col.astype(np.int64))
        window = self.frame.grown(time + 1, step.index.codes[step.cell_node[cell]], increment)
        weight = law.data * step.prob[cell]
        return sp.csr_array(
            sp.coo_array((weight, (law.row, after.index.find(window))), shape=(law.shape[0], len(after.index)))
        )

    def increments(self, time: int, profile: IntArray, action: IntArray, observation: IntArray) -> IntArray:
        """Return the flat joint increments that private profiles, joint actions and observations lead to."""
        table, sizes = self.frame.tables[time + 1], self.frame.sizes
        held = np.unravel_index(profile, table.n_private)
        done = np.unravel_index(action, sizes.n_actions)
        saw = np.unravel_index(observation, sizes.n_observations)
        increment = np.zeros_like(action)
        for i, count in enumerate(table.n_increments):
            increment = increment * count + table.increment_index[i][held[i], done[i], saw[i]]
        return increment


def _level(step: StepModel, n_private: tuple[int, ...]) -> Level:
    belief = sp.csr_array(sp.diags_array(step.prob, format="csr"))
    return Level(len(step.index), n_private, step.cell_node, step.cell_profile, belief)


def estimate(frame: Frame, batches: Sequence[Episodes], discount: float) -> LearntModel:
    """Return the model that the counts of all episodes give.

    Notes
    -----
    Without back-off each number is the maximum-likelihood estimate: unbiased given that its window,
    profile and action were seen. Time grows as episodes times steps, times a logarithm for sorting.
    """
    runs = [seen(frame, batch) for batch in batches]
    data = Seen(*(np.concatenate([getattr(own, part) for own in runs]) for part in Seen.__annotations__))
    rewards = np.concatenate([batch.rewards for batch in batches])
    weight = np.concatenate([np.ones(len(batch)) if batch.weight is None else batch.weight for batch in batches])
    if not weight.all():  # what has no weight was not seen
        some = weight > 0
        data, rewards, weight = Seen(*(own[some] for own in vars(data).values())), rewards[some], weight[some]
    steps = tuple(_step(frame, data, rewards[:, time], weight, time) for time in range(frame.horizon))
    return LearntModel(frame, steps, discount, len(weight))


def _step(frame: Frame, data: Seen, rewards: FloatArray, weight: FloatArray, time: int) -> StepModel:
    sizes, n_joint = frame.sizes, frame.n_joint_actions
    index = WindowIndex(data.window[:, time], weight, frame.radices(time))
    node = index.find(data.window[:, time])
    n_profiles = int(np.prod(frame.tables[time].n_next))
    keys, cell = np.unique(node * n_profiles + data.profile[:, time], return_inverse=True)
    count = np.bincount(cell, weights=weight).astype(np.float64)
    row = cell * n_joint + data.action[:, time]
    n_rows = len(keys) * n_joint
    tried = np.bincount(row, weights=weight, minlength=n_rows).astype(np.float64)
    total = np.stack(
        [np.bincount(row, weights=weight * rewards[:, i], minlength=n_rows) for i in range(sizes.n_agents)], axis=1
    )
    observed: SparseMatrix = None
    if time < frame.horizon - 1:
        shape = (n_rows, frame.n_joint_observations)
        observed = sp.csr_array(sp.coo_array((weight, (row, data.observation[:, time])), shape=shape))
    counts = _Counts(tried, total.astype(np.float64), observed)
    cell_node, cell_profile = np.divmod(keys, n_profiles)
    filled = counts.filled(_groups(frame, time, index, cell_node, cell_profile, n_joint))
    reward, law = filled.estimates(frame.n_joint_observations)
    return StepModel(
        index,
        cell_node,
        cell_profile,
        count,
        tried.reshape(-1, n_joint),
        reward.T.reshape(sizes.n_agents, -1, n_joint),
        law,
    )


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
        _, own = np.unique(run * n_profiles + cell_profile, return_inverse=True)
        groups.append(np.repeat(own, n_joint) * n_joint + action)
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
