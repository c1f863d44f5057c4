"""One step of the best-deviation dynamic program, for each kind of deviation.

At a state c an agent i who deviates faces, per cell p, the law of the others' actions. With Q_i
the reward plus the best continuation,

    ne, interim-cce   per private information: the better of following and one fixed action
    cce               for the whole state: the better of following and a best fixed prescription
    ce                per private information and recommended action: the best action
    strategic-ce      per private information and the whole prescription recommended: the best action
    team              for the whole state: the best joint prescription, all agents changing theirs together

The rules hold for any strategy, an equilibrium or not. A team's is plain enumeration of the other agents'
prescriptions, over all states at once; one agent replies for each private information. Where they are many,
`joint_search` finds the best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lp_posg.evaluate.joint_search import best_joint_value
from lp_posg.evaluate.strategy_cells import HeardAtoms, reactions
from lp_posg.information.levels import Level
from lp_posg.information.lookup import row_sums, sums_by
from lp_posg.types import FloatArray, IntArray

ENUMERATION_LIMIT = 10_000
"""Most joint prescriptions of all agents but one that are tried at a state; beyond it, they are searched."""

CHUNK_ENTRIES = 4_000_000
"""Most numbers (prescription, state, private information, action) held at a time."""


def by_own_action(values: FloatArray, n_actions: tuple[int, ...], agent: int) -> FloatArray:
    """Return values of joint actions (X, A) as (X, actions of the agents before, A_i, actions of those after)."""
    before, behind = np.prod(n_actions[:agent], dtype=int), np.prod(n_actions[agent + 1 :], dtype=int)
    return values.reshape(len(values), before, n_actions[agent], behind)


def worth_instead(chosen: FloatArray, worth: FloatArray, n_actions: tuple[int, ...], agent: int) -> FloatArray:
    """Return what each action is worth to an agent instead of each recommended one.

    Parameters
    ----------
    chosen, worth : float array, shape (X, A)
        Probability of each joint action, and what it is worth.

    Returns
    -------
    float array, shape (X, A_i, A_i)
        Sum over the others' actions of P(recommended, others' actions) times worth(action instead, others' actions).
    """
    parts = (by_own_action(part, n_actions, agent) for part in (chosen, worth))
    return np.asarray(np.einsum("xbrc,xbkc->xrk", *parts, optimize=True))


@dataclass(frozen=True)
class StepView:
    """One depth as seen by the deviation programs.

    Attributes
    ----------
    level : Level
        Beliefs, N states, C cells.
    n_actions : tuple of int
    chosen : float array, shape (C, A)
        The strategy's P(a | p) in each cell.
    following : float array, shape (n, C, A)
        Probability of the cell times reward now and value of following later.
    deviating : float array, shape (n, C, A)
        The same with the value of the best deviation later.
    heard : tuple of HeardAtoms
        The strategy's atoms; only there for kinds that hear whole prescriptions.
    """

    level: Level
    n_actions: tuple[int, ...]
    chosen: FloatArray
    following: FloatArray
    deviating: FloatArray
    heard: tuple[HeardAtoms, ...] = ()

    @property
    def n_agents(self) -> int:
        """Number of agents."""
        return len(self.n_actions)

    def per_state(self, node: IntArray, values: FloatArray) -> FloatArray:
        """Return the sums of `values` over the entries of each state, shape (N,); `node` is the state of each."""
        return sums_by(node, values, self.level.n_nodes)

    def per_node(self, cell_values: FloatArray) -> FloatArray:
        """Return the sums of `cell_values` (C,) over each state's cells, shape (N,)."""
        return self.per_state(self.level.cell_node, cell_values)

    def values_following(self) -> FloatArray:
        """Return the value of following at each state, shape (N, n)."""
        per_cell = np.einsum("ica,ca->ic", self.following, self.chosen)
        return np.stack([self.per_node(values) for values in per_cell], axis=1)

    def instead(self, agent: int) -> tuple[FloatArray, FloatArray]:
        """Return what an agent gets for each action instead of each recommended one.

        Returns
        -------
        worth : float array, shape (K, A_i, A_i)
            Sum over the cells of a (state, private information) pair, over the others' actions, of
            P(recommended, others' actions | p) times Q_i(action instead, others' actions).
        follow : float array, shape (K,)
            The part of `worth` on the diagonal, summed.
        """
        per_cell = worth_instead(self.chosen, self.deviating[agent], self.n_actions, agent)
        worth = self._per_pair(agent, per_cell)
        return worth, np.trace(worth, axis1=1, axis2=2)

    def own_law(self, agent: int) -> FloatArray:
        """Return P(p_i, a_i | c), shape (K, A_i): a row for each (state, private information) pair."""
        each = by_own_action(self.chosen, self.n_actions, agent).sum(axis=(1, 3))
        return self._per_pair(agent, each * row_sums(self.level.belief)[:, None])

    def _per_pair(self, agent: int, cell_values: FloatArray) -> FloatArray:
        support = self.level.supports[agent]
        return sums_by(support.group, cell_values, len(support.private))


@dataclass(frozen=True)
class Gain:
    """Where a deviation gains, for the report.

    Attributes
    ----------
    amount : float array, shape (n, N)
        What deviating at a state gains there, over following there and deviating later.
    by_action : tuple per agent of float arrays, shape (K, A_i or 1, A_i), or empty
        Gain of each action instead of each recommended one (or instead of following).
    reacts : bool
        Whether the deviation reacts to the recommended action.
    ranks, atoms : tuples per agent of int arrays, shape (K,)
        Where it reacts to the whole prescription, K counts (state, private information, prescription): the
        rank of the private information, and an atom of the strategy with that prescription.
    bounded : bool
        Whether the values that it comes with are upper bounds only.
    """

    amount: FloatArray
    by_action: tuple[FloatArray, ...] = ()
    reacts: bool = False
    ranks: tuple[IntArray, ...] = ()
    atoms: tuple[IntArray, ...] = ()
    bounded: bool = False

    def place(self, agent: int) -> tuple[int | None, int | None, int | None]:
        """Return rank of the private information, recommended action and action of the largest gain.

        Where the whole prescription is heard, the second is an atom of the strategy with it.
        """
        if not self.by_action:
            return None, None, None
        own = self.by_action[agent]
        place, recommended, action = (int(index) for index in np.unravel_index(int(own.argmax()), own.shape))
        if self.atoms:
            return int(self.ranks[agent][place]), int(self.atoms[agent][place]), action
        return place, recommended if self.reacts else None, action


def fixed_action(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent may leave its recommendation unheard.

    It decides knowing its private information, so this is the interim notion; for independent
    prescriptions (NE) it is the best reply.
    """

    def interim(worth: FloatArray, follow: FloatArray, node: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        fixed = worth.sum(axis=1)
        gain = fixed - follow[:, None]
        best = view.per_state(node, np.maximum(fixed.max(axis=1), follow))
        return best, view.per_state(node, np.maximum(gain.max(axis=1), 0.0)), gain[:, None, :]

    return _each_agent(view, interim)


def fixed_prescription(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent decides before it knows anything private."""

    def ex_ante(worth: FloatArray, follow: FloatArray, node: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        fixed = worth.sum(axis=1)
        stay, leave = view.per_state(node, follow), view.per_state(node, fixed.max(axis=1))
        return np.maximum(stay, leave), np.maximum(leave - stay, 0.0), (fixed - follow[:, None])[:, None, :]

    return _each_agent(view, ex_ante)


def modification(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent may react to its recommended action."""

    def react(worth: FloatArray, follow: FloatArray, node: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        obeyed, top = np.diagonal(worth, axis1=1, axis2=2), worth.max(axis=2)
        best, gain = (view.per_state(node, part.sum(axis=1)) for part in (top, top - obeyed))
        return best, gain, worth - obeyed[:, :, None]

    return _each_agent(view, react, reacts=True)


def _each_agent(
    view: StepView,
    program: Callable[[FloatArray, FloatArray, IntArray], tuple[FloatArray, FloatArray, FloatArray]],
    reacts: bool = False,
) -> tuple[FloatArray, Gain]:
    """Return best values and gains by a program of one agent, given the results of `instead` and the pairs' states."""
    supports = view.level.supports
    found = [program(*view.instead(agent), supports[agent].node) for agent in range(view.n_agents)]
    best, amount, details = zip(*found, strict=True)
    return np.stack(best, axis=1), Gain(np.stack(amount), details, reacts)


def reaction(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent may react to its whole recommended prescription.

    It decides on an action knowing that and its private information. A fixed action is worth as much as any
    draw, so following is never better than the best one.
    """
    best, amount = np.zeros((view.level.n_nodes, view.n_agents)), np.zeros((view.n_agents, view.level.n_nodes))
    details, ranks, atoms = [], [], []
    for agent in range(view.n_agents):
        parts = [reactions(view.level, view.n_actions, heard, view.deviating[agent], agent) for heard in view.heard]
        node, rank, atom, worth, follow = (np.concatenate(own) for own in zip(*parts, strict=True))
        top = np.maximum(worth.max(axis=1), follow)  # equal but for rounding, if a draw is recommended
        best[:, agent] = view.per_state(node, top)
        amount[agent] = view.per_state(node, top - follow)
        details.append((worth - follow[:, None])[:, None, :])
        ranks.append(rank)
        atoms.append(atom)
    return best, Gain(amount, tuple(details), True, tuple(ranks), tuple(atoms))


def team_gain(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best joint deviation values (N, n), the same for every agent, and where they gain.

    The payoff is the agents' mean reward, which is the reward itself if they have it in common.
    A search that has to end before its proof gives an upper bound.
    """
    payoff = view.deviating.mean(axis=0)
    obeyed = view.per_node((payoff * view.chosen).sum(axis=1))
    best = np.empty(view.level.n_nodes)
    bounded = False
    shapes, group = np.unique(view.level.counts, axis=0, return_inverse=True)
    for g, counts in enumerate(shapes):
        nodes = np.flatnonzero(group.ravel() == g)
        dense = _dense(view, payoff, nodes, counts)
        free = int(np.argmax(counts))
        n_each = [float(a) ** k for a, k in zip(view.n_actions, counts, strict=True)]
        if np.prod(n_each[:free] + n_each[free + 1 :]) > ENUMERATION_LIMIT:
            found = [best_joint_value(own, known) for own, known in zip(dense, obeyed[nodes], strict=True)]
            best[nodes] = [value for value, _ in found]
            bounded |= any(is_bound for _, is_bound in found)
        else:
            best[nodes] = _best_joint(dense, free)
    amount = np.tile(np.maximum(best - obeyed, 0.0), (view.n_agents, 1))
    return np.tile(best[:, None], (1, view.n_agents)), Gain(amount, bounded=bounded)


def _dense(view: StepView, payoff: FloatArray, nodes: IntArray, counts: IntArray) -> FloatArray:
    """Return payoffs of states of one shape, (B, k_1, ..., k_n, A_1, ..., A_n)."""
    row = np.full(view.level.n_nodes, -1, dtype=np.int64)
    row[nodes] = np.arange(len(nodes))
    cells = np.flatnonzero(row[view.level.cell_node] >= 0)
    dense = np.zeros((len(nodes), *counts, payoff.shape[1]))
    ranks = tuple(support.cell_rank[cells] for support in view.level.supports)
    dense[(row[view.level.cell_node[cells]], *ranks)] = payoff[cells]
    return dense.reshape(len(nodes), *counts, *view.n_actions)


def _best_joint(dense: FloatArray, free: int) -> FloatArray:
    """Return the best joint prescription's value for each state, (B,); `free` replies to all of the others'."""
    n = (dense.ndim - 1) // 2
    dense = np.moveaxis(dense, (1 + free, 1 + n + free), (n, 2 * n))
    counts, actions = dense.shape[1 : n + 1], dense.shape[n + 1 :]
    numbers = [a**k for a, k in zip(actions[:-1], counts[:-1], strict=True)]
    total = int(np.prod(numbers)) if numbers else 1
    step = max(1, CHUNK_ENTRIES // (len(dense) * counts[-1] * actions[-1]))
    best = np.full(len(dense), -np.inf)
    for first in range(0, total, step):
        joint = np.arange(first, min(first + step, total))
        prescriptions = np.unravel_index(joint, numbers) if numbers else ()
        worth = np.zeros((len(joint), len(dense), counts[-1], actions[-1]))
        for profile in np.ndindex(*counts[:-1]):
            # The action that each prescription, a number in base A_i, has at this private information.
            played = [o // a**p % a for o, a, p in zip(prescriptions, actions[:-1], profile, strict=True)]
            here = dense[(slice(None), *profile)]  # (B, k_free, A_others.., A_free)
            worth += np.moveaxis(here, 1, -2)[(slice(None), *played)].swapaxes(0, 1) if played else here[None]
        best = np.maximum(best, worth.max(axis=3).sum(axis=2).max(axis=0))
    return best
