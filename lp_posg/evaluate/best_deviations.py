"""One step of the best-deviation dynamic program, for each kind of deviation.

At a state c an agent i who deviates faces, per cell p, the law of the others' actions. With Q_i
the reward plus the best continuation,

    ne, interim-cce   per private information: the better of following and one fixed action
    cce               for the whole state: the better of following and a best fixed prescription
    ce                per private information and recommended action: the best action
    strategic-ce      per private information and the whole prescription recommended: the best action

The rules hold for any strategy, an equilibrium or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lp_posg.evaluate.heard import HeardAtoms, reactions
from lp_posg.information.levels import Level
from lp_posg.types import FloatArray, IntArray


def by_own_action(values: FloatArray, n_actions: tuple[int, ...], agent: int) -> FloatArray:
    """Return values of joint actions (X, A) as (X, actions of agents before, A_i, actions of those after)."""
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

    def per_node(self, cell_values: FloatArray) -> FloatArray:
        """Return the sums of `cell_values` (C,) over each state's cells, shape (N,)."""
        return _summed(self.level.cell_node, cell_values, self.level.n_nodes)

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
        worth = np.zeros((len(self.level.supports[agent].private), *per_cell.shape[1:]))
        np.add.at(worth, self.group(agent), per_cell)
        return worth, np.trace(worth, axis1=1, axis2=2)

    def own_law(self, agent: int) -> FloatArray:
        """Return P(p_i, a_i | c), shape (K, A_i): a row for each (state, private information) pair."""
        each = by_own_action(self.chosen, self.n_actions, agent).sum(axis=(1, 3))
        law = np.zeros((len(self.level.supports[agent].private), self.n_actions[agent]))
        np.add.at(law, self.group(agent), each * np.asarray(self.level.belief.sum(axis=1)).ravel()[:, None])
        return law

    def group(self, agent: int) -> IntArray:
        """Return the (state, private information) pair of each cell, shape (C,)."""
        support = self.level.supports[agent]
        return np.asarray(support.start[self.level.cell_node] + support.cell_rank)

    def group_node(self, agent: int) -> IntArray:
        """Return the state of each (state, private information) pair."""
        return np.repeat(np.arange(self.level.n_nodes), np.diff(self.level.supports[agent].start))


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
    best, amount, details = [], [], []
    for agent in range(view.n_agents):
        worth, follow = view.instead(agent)
        fixed = worth.sum(axis=1)
        node = view.group_node(agent)
        gain = fixed - follow[:, None]
        best.append(_per_group(node, np.maximum(fixed.max(axis=1), follow), view))
        amount.append(_per_group(node, np.maximum(gain.max(axis=1), 0.0), view))
        details.append(gain[:, None, :])
    return np.stack(best, axis=1), Gain(np.stack(amount), tuple(details))


def fixed_prescription(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent decides before it knows anything private."""
    best, amount, details = [], [], []
    for agent in range(view.n_agents):
        worth, follow = view.instead(agent)
        fixed = worth.sum(axis=1)
        node = view.group_node(agent)
        stay, leave = _per_group(node, follow, view), _per_group(node, fixed.max(axis=1), view)
        best.append(np.maximum(stay, leave))
        amount.append(np.maximum(leave - stay, 0.0))
        details.append((fixed - follow[:, None])[:, None, :])
    return np.stack(best, axis=1), Gain(np.stack(amount), tuple(details))


def modification(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent may react to its recommended action."""
    best, amount, details = [], [], []
    for agent in range(view.n_agents):
        worth, _ = view.instead(agent)
        node = view.group_node(agent)
        obeyed = np.diagonal(worth, axis1=1, axis2=2)
        top = worth.max(axis=2)
        best.append(_per_group(node, top.sum(axis=1), view))
        amount.append(_per_group(node, (top - obeyed).sum(axis=1), view))
        details.append(worth - obeyed[:, :, None])
    return np.stack(best, axis=1), Gain(np.stack(amount), tuple(details), reacts=True)


def reaction(view: StepView) -> tuple[FloatArray, Gain]:
    """Return the best deviation values (N, n) when an agent may react to its whole recommended prescription.

    It decides on an action knowing that and its private information. A fixed action is worth as much as any
    draw, so following is never better than the best one.
    """
    best, amount = np.zeros((view.level.n_nodes, view.n_agents)), np.zeros((view.n_agents, view.level.n_nodes))
    details, ranks, atoms = [], [], []
    for agent in range(view.n_agents):
        parts = [reactions(view.level, view.n_actions, own, view.deviating[agent], agent) for own in view.heard]
        node, rank, atom, worth, follow = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("node", "rank", "atom", "worth", "follow")
        )
        top = np.maximum(worth.max(axis=1), follow)  # equal but for rounding, if a draw is recommended
        best[:, agent] = _per_group(node, top, view)
        amount[agent] = _per_group(node, top - follow, view)
        details.append((worth - follow[:, None])[:, None, :])
        ranks.append(rank)
        atoms.append(atom)
    return best, Gain(amount, tuple(details), True, tuple(ranks), tuple(atoms))


def _per_group(node: IntArray, values: FloatArray, view: StepView) -> FloatArray:
    return _summed(node, values, view.level.n_nodes)


def _summed(owner: IntArray, values: FloatArray, size: int) -> FloatArray:
    return np.bincount(owner, weights=values, minlength=size).astype(np.float64)
