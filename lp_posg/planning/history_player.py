"""Behaviour strategies over private histories, made ready to be played by many runs at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.evaluate.sampling import RowSampler
from lp_posg.information.tables import SplitTable
from lp_posg.information.tracking import Tracker
from lp_posg.trees.sequence.histories import HistoryTree
from lp_posg.types import FloatArray, IntArray


class HistoryPlayer:
    """A behaviour strategy of each agent, as a `Player`; it remembers each agent's last sequence.

    Parameters
    ----------
    trees : tuple of two HistoryTree
    behaviour : tuple of two float arrays, shape (K_i, A_i)
    tables : tuple of SplitTable
    """

    def __init__(
        self,
        trees: tuple[HistoryTree, HistoryTree],
        behaviour: tuple[FloatArray, FloatArray],
        tables: tuple[SplitTable, ...],
    ) -> None:
        self.trees, self.tables = trees, tables
        self._laws = tuple(RowSampler(sp.csr_array(rows)) for rows in behaviour)
        # For each agent and step the keys of its sets, ascending as the sets are.
        self._keys = [
            [
                self._key(agent, time, tree.parent[sets], tree.increment[sets], tree.private[sets])
                for time, sets in enumerate(map(tree.sets_at, range(len(tables))))
            ]
            for agent, tree in enumerate(trees)
        ]

    def _key(self, agent: int, time: int, sequence: IntArray, increment: IntArray, private: IntArray) -> IntArray:
        """Return what distinguishes information sets of one step, shape (R,)."""
        table = self.tables[time]
        n_private = table.n_next[agent]
        learnt = increment * n_private + private
        key: IntArray = (sequence + 1) * (int(np.prod(table.n_increments)) * n_private) + learnt
        return key

    def act(self, memory: Any, known: Tracker, uniform: FloatArray) -> tuple[Any, IntArray, tuple[IntArray, ...]]:
        """Return each agent's sequence, the only atom, and the actions; see `Player`."""
        time, n_runs = known.time, len(known.increment)
        before = [np.full(n_runs, -1, dtype=np.int64)] * 2 if memory is None else memory
        sequences, actions = [], []
        for agent, tree in enumerate(self.trees):
            keys = self._keys[agent][time]
            key = self._key(agent, time, before[agent], known.increment, known.private[agent])
            place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
            if (keys[place] != key).any():
                raise ModelError(f"the strategy has no information set for what is known at step {time + 1}")
            sets = tree.sets_at(time).start + place
            action = self._laws[agent].draw(sets, uniform[1 + agent])
            sequences.append(tree.first[sets] + action)
            actions.append(action)
        return sequences, np.zeros(n_runs, dtype=np.int64), tuple(actions)

    def node(self, memory: Any) -> IntArray:
        """Return zeros: there are no common-information states; see `Player`."""
        return np.zeros(len(memory[0]), dtype=np.int64)
