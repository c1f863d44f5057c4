"""Who plays while learning: explorers, and strategies with or without a deviator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.evaluate.playing import step_players
from lp_posg.information import Policy
from lp_posg.learning.counted_model import LearntModel
from lp_posg.learning.windows import Frame, WindowTracker
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True)
class ExplorationPlan:
    """Joint actions per cell of a learnt model, until a step; from then on actions are drawn uniformly."""

    model: LearntModel
    until: int  # first step at which actions are drawn uniformly
    action: tuple[IntArray, ...]  # per step before `until` the flat joint action of each cell, (C,)


class Explorer:
    """Plays one exploration plan, or uniformly drawn joint actions throughout.

    Training is centralised: an explorer's agents act on all that is seen.
    """

    def __init__(self, frame: Frame, plan: ExplorationPlan | None = None) -> None:
        self._frame, self._plan = frame, plan

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        """Start new runs."""
        self._tracker, self._rng = WindowTracker(self._frame, n_runs, first), rng

    def act(self, time: int) -> IntArray:
        """Return the plan's joint actions where it has any, else uniformly drawn ones."""
        sizes, n_runs = self._frame.sizes, len(self._tracker.window)
        joint, plan = self._rng.integers(self._frame.n_joint_actions, size=n_runs), self._plan
        if plan is not None and time < plan.until:
            step, n_profiles = plan.model.steps[time], int(np.prod(self._frame.tables[time].n_next))
            cell = step.cell_of(step.index.find(self._tracker.window), self._tracker.profile, n_profiles)
            joint = np.where(cell >= 0, plan.action[time][cell], joint)
        return np.stack(np.unravel_index(joint, sizes.n_actions), axis=1)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Keep windows and private informations up to date."""
        self._tracker.observe(actions, observations)


@dataclass(frozen=True)
class DeviationPlan:
    """What one agent does instead of following.

    Per step, `option` (K, P_i, R) holds for each state of the strategy, private information and recommendation
    (R = 1 if it does not hear any) an action, or A_i to follow.
    """

    agent: int
    option: tuple[IntArray, ...]


class Follower:
    """Plays a strategy; one agent may deviate.

    Parameters
    ----------
    frame : Frame
    policy : Policy
        Total: with a prescription for every private information at every state.
    deviation : DeviationPlan, optional
    wanderer : int, optional
        An agent that draws its actions uniformly, whatever is recommended.
    """

    def __init__(
        self, frame: Frame, policy: Policy, deviation: DeviationPlan | None = None, wanderer: int | None = None
    ) -> None:
        self._frame, self._policy, self._deviation, self._wanderer = frame, policy, deviation, wanderer
        self._players = step_players(policy, frame.tables)

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        """Start new runs."""
        self._tracker, self._rng = WindowTracker(self._frame, n_runs, first), rng
        self._node = self._policy.follow(-1, np.zeros(n_runs, dtype=np.int64), self._tracker.increment)

    def act(self, time: int) -> IntArray:
        """Return the recommended actions, with the deviator's in place of its recommendation."""
        uniform: FloatArray = self._rng.random((1 + self._frame.sizes.n_agents, len(self._node)))
        _, actions = self._players[time].draw(self._node, self._tracker.private, uniform)
        chosen = np.stack(actions, axis=1)
        away = self._deviation
        if away is not None:
            option = away.option[time]
            heard = chosen[:, away.agent] if option.shape[2] > 1 else np.zeros(len(chosen), dtype=np.int64)
            instead = option[self._node, self._tracker.private[away.agent], heard]
            follows = instead == self._frame.sizes.n_actions[away.agent]
            chosen[:, away.agent] = np.where(follows, chosen[:, away.agent], instead)
        if self._wanderer is not None:
            count = self._frame.sizes.n_actions[self._wanderer]
            chosen[:, self._wanderer] = self._rng.integers(count, size=len(chosen))
        return chosen

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Go to the strategy's next state."""
        self._tracker.observe(actions, observations)
        self._node = self._policy.follow(time, self._node, self._tracker.increment)
