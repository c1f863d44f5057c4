"""Tables of Q, updated by batches, and the greedy strategies they lead to."""

from __future__ import annotations

from math import prod

import numpy as np
from scipy.special import gammaln

from lp_posg.errors import UnsupportedError
from lp_posg.information import Policy, PolicyBlock, PolicyStep
from lp_posg.information.lookup import places
from lp_posg.learning.views import SharedView, View
from lp_posg.types import FloatArray, IntArray

POLICY_ENTRIES = 5_000_000
"""Most prescription entries, or transitions, of one step of a policy."""


class Values:
    """One agent's Q at one step; rows for the informations met so far, ascending.

    Attributes
    ----------
    known : int array, shape (K,)
    mean : float array, shape (K, A)
        In reward units to come.
    visits : int array, shape (K, A)
    """

    def __init__(self, n_actions: int, horizon: int) -> None:
        self.n_actions, self._horizon = n_actions, horizon
        self.known: IntArray = np.empty(0, dtype=np.int64)
        self.mean: FloatArray = np.empty((0, n_actions))
        self.visits: IntArray = np.empty((0, n_actions), dtype=np.int64)

    def best(self, keys: IntArray) -> IntArray:
        """Return the best action tried, the lowest of equals; -1 where nothing was."""
        if not len(self.known):
            return np.full(len(keys), -1, dtype=np.int64)
        row, met = places(self.known, keys)
        return np.where(met, self._tried().argmax(axis=1)[row], -1)

    def most(self, keys: IntArray) -> FloatArray:
        """Return the value of the best action tried, at informations that are known."""
        return np.asarray(self._tried().max(axis=1)[np.searchsorted(self.known, keys)])

    def update(self, keys: IntArray, actions: IntArray, targets: FloatArray) -> None:
        """Take in samples, one per run."""
        self._meet(keys)
        shape = self.mean.shape
        entry = np.searchsorted(self.known, keys) * self.n_actions + actions
        count = np.bincount(entry, minlength=self.mean.size).reshape(shape)
        total = np.bincount(entry, weights=targets, minlength=self.mean.size).reshape(shape)
        kept = kept_weight(self.visits, count, self._horizon)
        self.mean = kept * self.mean + (1 - kept) * total / np.maximum(count, 1)
        self.visits = self.visits + count

    def _meet(self, keys: IntArray) -> None:
        known = np.union1d(self.known, keys)
        if len(known) == len(self.known):
            return
        mean, visits = np.zeros((len(known), self.n_actions)), np.zeros((len(known), self.n_actions), dtype=np.int64)
        row = np.searchsorted(known, self.known)
        mean[row], visits[row] = self.mean, self.visits
        self.known, self.mean, self.visits = known, mean, visits

    def _tried(self) -> FloatArray:
        return np.where(self.visits > 0, self.mean, -np.inf)


def kept_weight(before: IntArray, new: IntArray, horizon: int) -> FloatArray:
    """Return what weight the estimate keeps: the product of 1 - (H + 1) / (H + m) over the new samples m.

    Examples
    --------
    After one sample and H = 2, the second has rate 3 / 4 and the third 3 / 5: 1 / 4 * 2 / 5 is kept.

    >>> kept_weight(np.array([1, 0, 5]), np.array([2, 1, 0]), 2).round(6).tolist()
    [0.1, 0.0, 1.0]
    """
    # The factors are (m - 1) / (H + m), so the first sample ever leaves nothing; both are handled below.
    m, last = np.maximum(before, 1.0), np.maximum(before + new, 1.0)
    log = gammaln(last) - gammaln(m) + gammaln(horizon + m + 1) - gammaln(horizon + last + 1)
    return np.asarray(np.where(new == 0, 1.0, np.where(before == 0, 0.0, np.exp(log))))


def greedy_policy(view: View, values: list[list[Values]], horizon: int) -> Policy:
    """Return greedy strategies as a `Policy`; see `QLearned.policy`.

    Every memory that the numbers allow has a state, met or not, so that every deviation has a reply.
    """
    if not isinstance(view, SharedView):
        raise UnsupportedError("what was learnt without sharing is no strategy on common information; learn with it")
    frame = view.frame
    assert frame is not None
    sizes = [prod(frame.radices(time)) for time in range(horizon)]
    steps = []
    for time in range(horizon):
        n_private = frame.tables[time].n_next
        after = frame.n_increments[time + 1] if time + 1 < horizon else 0
        entries = sum(p * v.n_actions for p, v in zip(n_private, values[time], strict=True))
        if sizes[time] * max(after, entries) > POLICY_ENTRIES:
            raise UnsupportedError(
                f"a memory of {view.memory} has {sizes[time]} values at step {time + 1}, too many for a policy;"
                " remember fewer steps"
            )
        block = _block(sizes[time], n_private, values[time])
        parent, increment = np.divmod(np.arange(sizes[time] * after), max(after, 1))
        child = frame.next_window(time + 1, parent, increment) if after else parent
        steps.append(PolicyStep(sizes[time], (block,), parent, increment, child))
    start = np.arange(frame.n_increments[0])
    return Policy(view.structure.name, start, start, tuple(steps))


def _block(n_nodes: int, n_private: tuple[int, ...], values: list[Values]) -> PolicyBlock:
    """Return the greedy prescriptions of a step at all states and private informations."""
    nodes = np.arange(n_nodes)
    prescriptions = []
    for count, table in zip(n_private, values, strict=True):
        best = table.best(np.arange(n_nodes * count))
        law = np.full((len(best), table.n_actions), 1.0 / table.n_actions)
        law[best >= 0] = np.eye(table.n_actions)[best[best >= 0]]
        prescriptions.append(law.reshape(n_nodes, count, table.n_actions))
    private = tuple(np.tile(np.arange(count), (n_nodes, 1)) for count in n_private)
    return PolicyBlock(np.arange(n_nodes + 1), np.ones(n_nodes), tuple(prescriptions), nodes, private)
