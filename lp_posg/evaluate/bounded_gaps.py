"""Two-sided bounds on gaps, where exact beliefs are out of reach: programs over hidden states.

The strategy's states c^ are few even if exact beliefs are not. x = (c^, p, s), the strategy's state, the
private profile and the game's state, is a Markov chain when everybody follows, and a controlled one for
a deviator. Three programs go backward over x, exactly and without any belief:

- following: V_i(x), hence the exact value of the strategy;
- above: an agent who deviates knows c and its p_i; from the second step on, let it also know x and the
  joint action one step late. More knowledge is worth no less, so what it gains then bounds the gap:
      Q(x, k) = E over a of [ r_i + d sum over (z, p_i') of max over k' of sum over x' of P(z, x' | x, a) Q(x', k') ]
- below: one deviation. At each (c^, p_i) it takes the option that is best on average over the attached
  belief, with the values of this deviation ahead; its gain is computed exactly, so the gap is no less.

An option k is an action, or following; for CE an action for each recommended one. In a team all deviate
together and, for the bound above, also share private information; where there is any, no deviation is
looked for below.
Ex ante deviations (CCE) are bounded above by interim ones.

Source of the bound above: Hauskrecht (2000), J. Artificial Intelligence Research 13, 33-94 (the fast
informed bound), here for one agent against a fixed strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.evaluate.certificate import Certificate
from lp_posg.evaluate.deviator import Deviator, HiddenStates, Moves, deviators_of
from lp_posg.evaluate.exact_gaps import check_draws
from lp_posg.evaluate.kinds import Kind, kind_named
from lp_posg.evaluate.strategy_cells import cell_actions
from lp_posg.game import Game, takes
from lp_posg.information import Policy, StateSpace
from lp_posg.information.levels import Level, entry_load, expand, first_rows, ranges_of
from lp_posg.information.lookup import places, sums_by
from lp_posg.information.resources import Resources
from lp_posg.information.state_space import Depth
from lp_posg.types import FloatArray

RANGE_ENTRIES = 300_000
"""Most entries (hidden state, action, next state, observation) worked on at a time."""


class _Ahead(NamedTuple):
    """Values by the three programs at the hidden states of one depth, X of them."""

    follow: FloatArray  # (X, n)
    above: tuple[FloatArray, ...]  # per deviator (X, R, K): Q, per recommendation heard and option
    below: tuple[FloatArray, ...]  # per deviator (X,): value to it of the deviation that was chosen


@takes
def certify_bounds(
    game: Game,
    policy: Policy,
    model: StateSpace,
    deviations: str | Kind,
    *,
    resources: Resources | None = None,
    on_depth: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Return a certificate whose gaps are bounds, from the hidden states of the model alone.

    Parameters
    ----------
    policy : Policy
        Planned in `model`.
    model : StateSpace
        Its attached beliefs must give everything that can happen a positive probability, as those of
        all built-in compressions do.
    deviations : str or Kind
        As in `certify`.
    resources : Resources, optional
        Limits and workers.
    on_depth : callable, optional
        Called with (depths done, their total).

    Returns
    -------
    Certificate
        Status ``bounded``: `values` are exact, `gaps` upper bounds, `found_gains` lower bounds.

    Raises
    ------
    ModelError
        If the model leaves out something that can happen.
    LimitError
        If a limit is met.

    Notes
    -----
    Time grows as the hidden states times joint actions, successors, and a deviator's options.
    """
    use = resources or Resources()
    policy.check(game.n_actions)
    kind = kind_named(deviations)
    check_draws(policy, kind)
    deviators = deviators_of(game, kind)
    hidden, ahead = None, None
    for time in reversed(range(policy.horizon)):
        use.check_clock("certify", time, model.sizes)
        use.check_memory("certify", time, model.sizes, 0.0)
        step = _Step(game, policy, time, model.depths[time], hidden, ahead, deviators)
        parts = []
        for part in use.run_local(step.part, ranges_of(step.load, RANGE_ENTRIES)):
            use.check_clock("certify", time, model.sizes)
            parts.append(part)
        hidden, ahead = step.hidden, _Ahead(*map(_joined, zip(*parts, strict=True)))
        if on_depth is not None:
            on_depth(policy.horizon - time, policy.horizon)
    assert hidden is not None
    assert ahead is not None
    prob = hidden.prob * model.first_prob[hidden.level.cell_node[hidden.cell]]
    values = prob @ ahead.follow
    base, factor = values, 1
    if kind.together:
        base, factor = np.full(1, values.mean()), 1 if game.is_common_reward else game.n_agents
    above = [_from_start(game, model, hidden, who, q) for who, q in zip(deviators, ahead.above, strict=True)]
    below = [float(prob @ worth) for worth in ahead.below]
    if kind.together and any(depth.level.n_cells > depth.level.n_nodes for depth in model.depths):
        below = [float(base[0])]  # that deviation would use what the agents do not share
    most, least = (factor * np.maximum(np.array(side) - base, 0.0) for side in (above, below))
    gaps, gains = (np.broadcast_to(side, values.shape).copy() for side in (np.maximum(most, least), least))
    n_hidden = sum(depth.level.belief.nnz for depth in model.depths)
    return Certificate("bounded", kind, gaps, values, None, 0.0, n_hidden, (), gains)


def uncertified(game: Game, deviations: str | Kind, horizon: int, values: FloatArray) -> Certificate:
    """Return a certificate that proves nothing of a strategy: no deviation gains more than the rewards differ.

    Parameters
    ----------
    values : float array, shape (n,)
        What the planner says the strategy is worth.
    """
    kind = kind_named(deviations)
    rewards = [game.reward_array(time) for time in range(horizon)]
    if kind.together and not game.is_common_reward:
        rewards = [np.broadcast_to(reward.sum(axis=0), reward.shape) for reward in rewards]
    spans = [game.discount**time * np.ptp(reward, axis=(1, 2)) for time, reward in enumerate(rewards)]
    none = np.zeros(game.n_agents)
    return Certificate("uncertified", kind, np.sum(spans, axis=0), values.copy(), None, 0.0, 0, (), none)


def _from_start(game: Game, model: StateSpace, hidden: HiddenStates, deviator: Deviator, q: FloatArray) -> float:
    """Return what a deviator can have from the start on: it knows the first increment, whatever c^ makes of it."""
    _, start_prob, rows = first_rows(game, model.start_table)
    arc = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    at = hidden.find(model.start.child[arc], rows.indices.astype(np.int64))
    group = hidden.group(deviator)[at]
    keys, row = np.unique(arc * (int(group.max()) + 1) + group, return_inverse=True)
    sums = sums_by(row, q[at] * (start_prob[arc] * rows.data)[:, None, None], len(keys))
    return float(deviator.chosen(sums).sum())


def _joined(parts: Sequence[Any]) -> Any:
    """Return arrays of ranges one after the other; likewise tuples of arrays, place by place."""
    if isinstance(parts[0], tuple):
        return tuple(map(np.concatenate, zip(*parts, strict=True)))
    return np.concatenate(parts)


@dataclass(frozen=True)
class _Step:
    """One depth of the three programs."""

    game: Game
    policy: Policy
    time: int
    depth: Depth
    after: HiddenStates | None
    ahead: _Ahead | None
    deviators: tuple[Deviator, ...]

    @cached_property
    def hidden(self) -> HiddenStates:
        return HiddenStates(self.depth.level, self.game.n_states)

    @property
    def load(self) -> FloatArray:
        """About how many entries each state takes, shape (N,)."""
        if self.after is None:
            return self.depth.level.cells_per_node * self.game.n_joint_actions
        return entry_load(self.game, self.time, self.depth.level)

    def part(self, nodes: slice) -> _Ahead:
        """Return the values at a range of states."""
        game, level, ahead = self.game, self.depth.level.part(nodes), self.ahead
        hidden = HiddenStates(level, game.n_states)
        by_cell = cell_actions(game, self.policy.steps[self.time], np.arange(nodes.start, nodes.stop), level)
        chosen = by_cell[hidden.cell]
        moves = None if self.after is None else self._moves(nodes, hidden)
        rewards = game.reward_array(self.time)[:, hidden.state]  # (n, X, A)
        later = [None] * game.n_agents if ahead is None else list(ahead.follow.T)
        worths = [self._worth(reward, moves, own) for reward, own in zip(rewards, later, strict=True)]
        follow = np.stack([(chosen * worth).sum(axis=1) for worth in worths], axis=1)
        above, below = [], []
        for k, deviator in enumerate(self.deviators):
            reward = deviator.payoff(rewards)
            informed = reward if moves is None else reward + game.discount * self._informed(moves, k, deviator)
            above.append(deviator.options(informed, chosen))
            worth = self._worth(reward, moves, None if ahead is None else ahead.below[k])
            below.append(self._best_known(hidden, deviator, deviator.options(worth, chosen)))
        return _Ahead(follow, tuple(above), tuple(below))

    def _moves(self, nodes: slice, hidden: HiddenStates) -> Moves:
        """Return where each hidden state of a range and joint action can lead."""
        game, depth, after = self.game, self.depth, self.after
        assert depth.table is not None
        assert depth.arcs is not None
        assert after is not None
        level, cell, arcs = hidden.level, hidden.cell, depth.arcs
        # One cell per hidden state, so that the expansion does not add them up.
        single = sp.csr_array((np.ones(len(cell)), hidden.state, np.arange(len(cell) + 1)), (len(cell), game.n_states))
        cells = Level(level.n_nodes, level.n_private, level.cell_node[cell], level.cell_private[cell], single)
        after_step = expand(game, self.time, depth.table, cells, slice(0, level.n_nodes))
        entries = after_step.entries
        assert entries is not None
        width = int(np.prod(depth.table.n_increments))
        wanted = (after_step.parent + nodes.start) * width + after_step.increment
        at, met = places(arcs.parent * width + arcs.increment, wanted)
        if not met.all():
            raise ModelError("the model leaves out an increment that can happen, so its hidden states bound nothing")
        target = after.find(arcs.child[at][entries.child], entries.column)
        source = entries.cell * game.n_joint_actions + entries.action
        return Moves(source, target, entries.weight, entries.child, len(after_step.parent), len(cell))

    def _worth(self, reward: FloatArray, moves: Moves | None, ahead: FloatArray | None) -> FloatArray:
        """Return reward plus expected value ahead, shape (X, A)."""
        if moves is None or ahead is None:
            return reward
        later = moves.matrix(reward.shape[1], len(ahead)) @ ahead
        return np.asarray(reward + self.game.discount * later.reshape(reward.shape))

    def _informed(self, moves: Moves, k: int, deviator: Deviator) -> FloatArray:
        """Return what lies ahead of a deviator that knows x and the joint action now, shape (X, A)."""
        assert self.ahead is not None
        assert self.after is not None
        group = self.after.group(deviator)
        q = self.ahead.above[k]
        width = int(group.max()) + 1
        known = moves.source * moves.n_news + moves.news
        keys, row = np.unique(known * width + group[moves.target], return_inverse=True)
        sums = sp.csr_array((moves.weight, (row, moves.target)), shape=(len(keys), len(q))) @ q.reshape(len(q), -1)
        best = deviator.chosen(sums.reshape(len(keys), *q.shape[1:]))
        ahead = sums_by(keys // width // moves.n_news, best, moves.n_hidden * self.game.n_joint_actions)
        return ahead.reshape(moves.n_hidden, -1)

    def _best_known(self, hidden: HiddenStates, deviator: Deviator, q: FloatArray) -> FloatArray:
        """Return the value at each hidden state of taking the options that are best under the attached beliefs."""
        group = hidden.group(deviator)
        sums = hidden.summed(q, hidden.prob, deviator)
        node = np.zeros(len(sums), dtype=np.int64)
        node[group] = hidden.level.cell_node[hidden.cell]
        option = deviator.taken(sums, node)  # (G, R)
        taken = np.take_along_axis(q, option[group][:, :, None], axis=2)[:, :, 0]
        return np.asarray(taken.sum(axis=1))
