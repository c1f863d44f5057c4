"""Baselines: independent tabular Q-learning, with and without sharing.

Every agent learns for itself, as if the others were part of the environment. As they learn too, that is
not one decision process, and nothing is proven: neither that play settles, nor that it is an equilibrium
where it does. The result is valued by playing it, and with sharing it can be certified.

Q is a table by step, by what the agent conditions on (`views`), and by own action. Batches of episodes
are played epsilon-greedily, and Q is updated once per batch, from the last step back. The m-th sample of
an entry has rate (H + 1) / (H + m), except that the samples of one batch count alike. An action that was
never tried is not thought of as best; where nothing was tried, actions are drawn uniformly.

Source of the rate: Jin, Allen-Zhu, Bubeck and Jordan (2018), Is Q-learning provably efficient?
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from lp_posg.brevity import brief
from lp_posg.checks import confidence, whole_numbers
from lp_posg.errors import ModelError
from lp_posg.game import takes
from lp_posg.game.matrices import check_discount
from lp_posg.information import Policy, SharingStructure, sharing_structure
from lp_posg.learning.environments import Episodes, played
from lp_posg.learning.q_values import Values, greedy_policy
from lp_posg.learning.simulators import environment
from lp_posg.learning.views import OwnView, SharedView, View
from lp_posg.types import FloatArray, IntArray, read_only


@dataclass(frozen=True)
class EpsilonSchedule:
    """The share of actions drawn uniformly: falls linearly over the batches, then stays.

    Attributes
    ----------
    first, last : float
        In the first batch, and from the share `over` of all batches on.
    over : float
        In (0, 1].
    """

    first: float = 1.0
    last: float = 0.05
    over: float = 0.8

    def __post_init__(self) -> None:
        if not (0 <= self.last <= self.first <= 1 and 0 < self.over <= 1):
            raise ModelError(f"{self!r}: expected 0 <= last <= first <= 1 and over in (0, 1]")

    def at(self, batch: int, n_batches: int) -> float:
        """Return the share in a batch, counted from 0."""
        return self.first + (self.last - self.first) * min(1.0, batch / max(1.0, self.over * n_batches))


@brief("name", "horizon", "mean", "half_width", "level")
@dataclass(frozen=True, eq=False)
class QLearned:
    """The result of independent Q-learning.

    Attributes
    ----------
    name : str
        Says what the learners conditioned on.
    horizon : int
    discount : float
    mean, half_width : float arrays, shape (n,)
        Return of the greedy strategies over `evaluation_runs` fresh episodes, in reward units, and half the
        width of its normal confidence interval at `level`.
    level : float
    evaluation_runs, learning_runs : int
    curve : float array, shape (batches, n)
        Mean return of each batch while learning, exploration included.
    n_entries : tuple of int
        How many (step, information, action) each agent has tried.
    """

    name: str
    horizon: int
    discount: float
    mean: FloatArray
    half_width: FloatArray
    level: float
    evaluation_runs: int
    learning_runs: int
    curve: FloatArray
    n_entries: tuple[int, ...]
    _learner: Learner

    def __post_init__(self) -> None:
        read_only(self.mean, self.half_width, self.curve)

    def actor(self) -> Learner:
        """Return the `Actor` that plays the greedy strategies."""
        return self._learner

    def policy(self) -> Policy:
        """Return the greedy strategies on finite-memory states, for `certify` with the structure learnt under.

        The certificate, unlike learning, needs the structure to be strategy-independent in the game.

        Raises
        ------
        UnsupportedError
            If nothing was shared (a `Policy` then needs whole histories, which these learners do not keep), or
            the memory has too many values to write out.
        """
        return greedy_policy(self._learner.view, self._learner.values, self.horizon)


@takes
def q_learning(
    source: Any,
    horizon: int,
    *,
    sharing: str | SharingStructure | None,
    memory: int = 2,
    discount: float = 1.0,
    n_runs: int = 100_000,
    batch_runs: int = 500,
    exploration: EpsilonSchedule | None = None,
    evaluation_runs: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> QLearned:
    """Return the result of independent tabular Q-learning.

    Parameters
    ----------
    source : Game, Simulator, PettingZoo ParallelEnv or Environment
    horizon : int
    sharing : str, SharingStructure or None
        With a structure, an agent conditions on the last `memory` joint increments of common information
        and on its private information; without (None), on the last `memory` actions and observations it alone had.
    memory : int
        At least 0.
    discount : float
        In (0, 1]; the discount of a game does not count.
    n_runs, batch_runs : int
        Episodes to learn from (rounded up to whole batches), and how many between updates.
    exploration : EpsilonSchedule
    evaluation_runs : int
        Fresh episodes that value the greedy strategies, at least 2.
    level : float
    seed : int
        All randomness comes from it, except inside a simulator.

    Raises
    ------
    ModelError
        If an argument is not valid.
    UnsupportedError
        If memories or private information are too many to number.
    SimulatorError
        If a simulator fails.
    """
    whole_numbers(1, horizon=horizon, n_runs=n_runs, batch_runs=batch_runs)
    whole_numbers(0, memory=memory, seed=seed)
    whole_numbers(2, evaluation_runs=evaluation_runs)
    check_discount(discount)
    confidence("level", level)
    env, use = environment(source), exploration or EpsilonSchedule()
    view: View
    if sharing is None:
        view = OwnView(memory, env.n_actions, env.n_observations)
    else:
        structure = sharing_structure(sharing, len(env.n_actions))
        view = SharedView(structure, memory, horizon, env.n_actions, env.n_observations)
    learning, evaluation = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    learner, curve = Learner(view, env.n_actions, horizon), []
    n_batches = -(-n_runs // batch_runs)
    for batch in range(n_batches):
        learner.epsilon = use.at(batch, n_batches)
        episodes = played(env, learner, batch_runs, horizon, learning)
        learner.learn(episodes, discount)
        curve.append(episodes.returns(discount).mean(axis=0))
    learner.epsilon = 0.0
    returns = played(env, learner, evaluation_runs, horizon, evaluation).returns(discount)
    width = NormalDist().inv_cdf(0.5 + level / 2) * returns.std(axis=0, ddof=1) / np.sqrt(evaluation_runs)
    name, used = f"q-learning ({view.name})", n_batches * batch_runs
    mean, curves, entries = returns.mean(axis=0), np.array(curve), learner.n_entries
    return QLearned(name, horizon, discount, mean, width, level, evaluation_runs, used, curves, entries, learner)


class Learner:
    """All agents' Q tables, as an epsilon-greedy `Actor`."""

    def __init__(self, view: View, n_actions: tuple[int, ...], horizon: int) -> None:
        self.view, self.epsilon, self._n_actions = view, 0.0, n_actions
        self.values = [[Values(count, horizon) for count in n_actions] for _ in range(horizon)]

    @property
    def n_entries(self) -> tuple[int, ...]:
        """How many (step, information, action) each agent has tried."""
        return tuple(sum(int((step[i].visits > 0).sum()) for step in self.values) for i in range(len(self._n_actions)))

    def begin(self, n_runs: int, first: IntArray | None, rng: np.random.Generator) -> None:
        """Start new runs."""
        self._rng = rng
        self.view.begin(n_runs, first)

    def act(self, time: int) -> IntArray:
        """Return greedy actions, but for a share epsilon, and where nothing is known, uniform ones."""
        chosen = []
        for table, keys in zip(self.values[time], self.view.keys(), strict=True):
            best = table.best(keys)
            free = (best < 0) | (self._rng.random(len(keys)) < self.epsilon)
            chosen.append(np.where(free, self._rng.integers(table.n_actions, size=len(keys)), best))
        return np.stack(chosen, axis=1)

    def observe(self, time: int, actions: IntArray, observations: IntArray) -> None:
        """Follow the runs."""
        self.view.observe(time, actions, observations)

    def learn(self, episodes: Episodes, discount: float) -> None:
        """Update all tables by episodes, from the last step back."""
        self.view.begin(len(episodes), episodes.first)
        keys = [self.view.keys()]
        for time in range(episodes.observations.shape[1]):
            self.view.observe(time, episodes.actions[:, time], episodes.observations[:, time])
            keys.append(self.view.keys())
        for i in range(len(self._n_actions)):
            later = np.zeros(len(episodes))
            for time in range(len(keys) - 1, -1, -1):
                table, target = self.values[time][i], episodes.rewards[:, time, i] + discount * later
                table.update(keys[time][i], episodes.actions[:, time, i], target)
                later = table.most(keys[time][i])
