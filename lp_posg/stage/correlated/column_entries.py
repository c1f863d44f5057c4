"""What columns (joint pure prescriptions) and multipliers of incentive rows mean in a stage game; see `generation`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lp_posg.stage.correlated.incentives import IncentiveRows
from lp_posg.stage.correlated.pricing import Shape
from lp_posg.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class StageIncentives:
    """One stage game as rows: what columns and multipliers mean in it."""

    rows: IncentiveRows
    shape: Shape
    payoff: FloatArray  # shape (n, k_1, ..., k_n, A_1, ..., A_n); scaled

    @cached_property
    def tables(self) -> list[FloatArray]:
        """What `Shape.reply_values` wants, per agent."""
        return [self.shape.reply_table(own, i) for i, own in enumerate(self.payoff)]

    @cached_property
    def size(self) -> FloatArray:
        """A bound on each incentive row's largest entry, shape (n_incentive,); rows that share slack share it."""
        found = [np.empty(0)]
        for i, own in enumerate(self.payoff):
            turned = self.shape.turned(own, i)
            a = turned.shape[1]
            each = np.stack([np.abs(turned - turned[:, [b]]).max(axis=3).sum(axis=2) for b in range(a)], axis=2)
            if self.rows.kind == "action":
                found.append(each[:, ~np.eye(a, dtype=bool)].ravel())
            elif a > 1:
                found.append(each.max(axis=1).ravel())
        return self.rows.units(np.concatenate(found))

    def values(self, profiles: IntArray) -> FloatArray:
        """Return the agents' scaled values (m, n) of profiles."""
        own = self.shape.by_agent(profiles)
        worth = self.shape.reply_values
        return np.stack([_obeyed(worth(t, own, i), own[i]).sum(axis=(1, 2)) for i, t in enumerate(self.tables)], axis=1)

    def entries(self, profiles: IntArray) -> FloatArray:
        """Return what following gains over deviating under profiles, in scaled rows, shape (m, n_incentive)."""
        own = self.shape.by_agent(profiles)
        entries = np.zeros((len(profiles), len(self.size)))
        for i, table in enumerate(self.tables):
            part = slice(self.rows.row_start[i], self.rows.row_start[i + 1])
            if part.stop > part.start:
                worth = self.shape.reply_values(table, own, i)
                gain = self._placed(_obeyed(worth, own[i]) - worth, own[i])
                entries[:, part] = gain.reshape(len(profiles), part.stop - part.start)
        return entries / self.size

    def _placed(self, gain: FloatArray, advised: IntArray) -> FloatArray:
        """Return gains (m, k, instead) in an agent's rows."""
        if self.rows.kind != "action":
            return gain
        m, k, a = gain.shape
        placed = np.zeros((m, k, a, a))
        np.put_along_axis(placed, advised[:, :, None, None], gain[:, :, None, :], axis=2)
        return placed[:, :, ~np.eye(a, dtype=bool)]

    def admissible(self, multiplier: FloatArray) -> FloatArray:
        """Return multipliers (scaled rows) of which the Lagrangian bound is finite, next to those given."""
        multiplier = np.maximum(multiplier, 0.0)
        for i in self.rows.slack_agents:
            part = slice(self.rows.row_start[i], self.rows.row_start[i + 1])
            own = multiplier[part].reshape(self.rows.n_private[i], -1)
            total = own.sum(axis=1, keepdims=True)
            missing = total.max() - total
            multiplier[part] = (own + missing / own.shape[1]).ravel()
        return multiplier

    def dual_welfare(self, multiplier: FloatArray, weight: FloatArray) -> FloatArray:
        """Return W[p, a]: agents' values weighted, plus what following gains over deviating by the multipliers.

        `multiplier`: shape (n_incentive,); of the scaled rows. `weight`: shape (n,).
        """
        total = np.einsum("i,i...->...", weight, self.payoff)
        for i, own in enumerate(self.payoff):
            part = slice(self.rows.row_start[i], self.rows.row_start[i + 1])
            if part.stop == part.start:
                continue
            k, a = self.rows.n_private[i], self.rows.n_actions[i]
            plain = multiplier[part] / self.size[part]
            table = np.zeros((k, a, a))  # private, advised, instead
            if self.rows.kind == "action":
                table[:, ~np.eye(a, dtype=bool)] = plain.reshape(k, -1)
            else:
                table[:] = plain.reshape(k, 1, a)
            turned = self.shape.turned(own, i)
            gain = table.sum(axis=2)[:, :, None] * turned.reshape(k, a, -1) - table @ turned.reshape(k, a, -1)
            n = self.shape.n
            rest = [size for j in range(2 * n) if j not in (i, n + i) for size in [own.shape[j]]]
            total = total + np.moveaxis(gain.reshape(k, a, *rest), (0, 1), (i, n + i))
        return np.asarray(total)


def _obeyed(worth: FloatArray, advised: IntArray) -> FloatArray:
    """Return what following brings, shape (m, k, 1), of the worth of each action (m, k, A)."""
    return np.take_along_axis(worth, advised[:, :, None], axis=2)
