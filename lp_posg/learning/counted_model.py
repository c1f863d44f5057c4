"""The learnt model: counts over windows of memory, in a form that the planner can solve.

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

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.errors import LimitError
from lp_posg.game.equal_rewards import are_common
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places, sums_by
from lp_posg.information.state_space import Arcs, Depth, StateSpace
from lp_posg.information.tracking import split_flat
from lp_posg.learning.windows import Frame, WindowIndex
from lp_posg.types import FloatArray, IntArray, SparseMatrix

MOST_ARCS = 20_000_000
"""Most pairs of a state and a joint increment of one step, seen or not."""

ARC_BYTES = 130
"""Memory that one of these takes until it is planned, measured."""


@brief()
@dataclass(frozen=True)
class StepModel:
    """What was learnt of one step: its K states, and the C cells (state, private profile) that were seen."""

    index: WindowIndex
    cell_node: IntArray  # (C,), ascending
    cell_profile: IntArray  # (C,), ascending within a state
    cell_count: FloatArray  # (C,), how often each was seen
    tried: FloatArray  # (C, A), how often each joint action was tried there
    reward: FloatArray  # (n, C, A)
    law: SparseMatrix | None  # CSR (C * A, O), P^(o | c^, p, a); None at the last step

    @property
    def n_cells(self) -> int:
        """C."""
        return len(self.cell_node)

    @cached_property
    def prob(self) -> FloatArray:
        """P^(p | c^) of each cell, shape (C,)."""
        return self.cell_count / sums_by(self.cell_node, self.cell_count, len(self.index))[self.cell_node]

    def cell_of(self, node: IntArray, profile: IntArray, n_profiles: int) -> IntArray:
        """Return the cell of each (state, profile), or -1."""
        keys, wanted = self.cell_node * n_profiles + self.cell_profile, node * n_profiles + profile
        at, met = places(keys, wanted)
        return np.where(met, at, -1)


@brief("discount", "n_episodes")
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

    # ---- the members of `Payoffs`, for the planner ----------------------------------------------

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
        return all(are_common(step.reward) for step in self.steps)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of states of each step."""
        return tuple(len(step.index) for step in self.steps)

    @property
    def n_arcs(self) -> int:
        """Number of pairs of a state and a joint increment, of all steps."""
        return sum(size * width for size, width in zip(self.sizes, self.frame.n_increments[1:], strict=False))

    # ---- the model as levels and edges ----------------------------------------------------------

    @cached_property
    def space(self) -> StateSpace:
        """States, beliefs over cells, and transitions, as the planner takes them."""
        self._check_arcs()
        tables = self.frame.tables
        depths = []
        for time, step in enumerate(self.steps):
            belief = sp.csr_array(sp.diags_array(step.prob, format="csr"))
            level = Level(len(step.index), tables[time].n_next, step.cell_node, step.cell_profile, belief)
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
        window = self.frame.next_window(time + 1, self.steps[time].index.codes[parent], increment)
        return Arcs(parent, increment, self.steps[time + 1].index.find(window))

    def _edges(self, time: int) -> SparseMatrix:
        """Return P^(p, next state | c^, a), CSR of shape (C * A, K')."""
        step, after = self.steps[time], self.steps[time + 1]
        law = sp.coo_array(step.law)
        cell, action = np.divmod(law.row.astype(np.int64), self.n_joint_actions)
        increment = self.increments(time, step.cell_profile[cell], action, law.col.astype(np.int64))
        window = self.frame.next_window(time + 1, step.index.codes[step.cell_node[cell]], increment)
        weight = law.data * step.prob[cell]
        shape = (law.shape[0], len(after.index))
        return sp.csr_array(sp.coo_array((weight, (law.row, after.index.find(window))), shape=shape))

    def increments(self, time: int, profile: IntArray, action: IntArray, observation: IntArray) -> IntArray:
        """Return the flat joint increments that private profiles, joint actions and observations lead to."""
        table = self.frame.tables[time + 1]
        held = np.unravel_index(profile, table.n_private)
        return split_flat(table, held, action, observation, self.frame.sizes)[0]
