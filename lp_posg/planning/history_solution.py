"""What the sequence form returns: values, plans, strategies in the game's labels, certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.information.describe import history_text, private_text
from lp_posg.information.tables import SplitTable
from lp_posg.planning.agent_names import agent_number
from lp_posg.trees.sequence.histories import HistoryTree
from lp_posg.trees.sequence.response import Exploitability
from lp_posg.types import FloatArray, read_only
from lp_posg.version import __version__


@dataclass(frozen=True)
class SequenceStats:
    """Sizes and times.

    Attributes
    ----------
    information_sets, sequences : tuple of two int
        Of each agent, all steps together; the empty sequence is not counted.
    histories : int
        Number of (state, both information sets) of positive probability.
    payoff_entries : int
        Number of pairs of sequences with a payoff other than 0.
    rows, columns : int
        Of the linear program.
    seconds : float
        Wall time, the sum of `phases`.
    phases : mapping of str to float
        Seconds of ``expand``, ``solve`` and ``certify``.
    """

    information_sets: tuple[int, int]
    sequences: tuple[int, int]
    histories: int
    payoff_entries: int
    rows: int
    columns: int
    seconds: float
    phases: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class SequenceSolution:
    """A certified Nash equilibrium of a zero-sum game in behaviour strategies on full private histories.

    Attributes
    ----------
    game : Game
        Its discount is the one solved with.
    horizon : int
    sharing : str
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range.
    plans : tuple of two float arrays, shape (K_i * A_i,)
        Realisation plan of each agent: probability of an agent's own part in coming to a sequence.
    behaviour : tuple of two float arrays, shape (K_i, A_i)
        Probability of each action at each information set; uniform where the agent's own plan never comes to.
    trees : tuple of two HistoryTree
    tables : tuple of SplitTable, one per step
    certificate : Exploitability
        Values and best responses, computed over the information sets without a linear program.
    stats : SequenceStats
    """

    game: Game
    horizon: int
    sharing: str
    tolerance: float
    plans: tuple[FloatArray, FloatArray]
    behaviour: tuple[FloatArray, FloatArray]
    trees: tuple[HistoryTree, HistoryTree]
    tables: tuple[SplitTable, ...]
    certificate: Exploitability
    stats: SequenceStats

    def __post_init__(self) -> None:
        read_only(*self.plans, *self.behaviour)

    @property
    def values(self) -> FloatArray:
        """Value of each agent, in reward units over the horizon, shape (2,)."""
        return self.certificate.values

    @property
    def welfare(self) -> float:
        """Sum of the agents' values, which is that of the rewards, whatever is played."""
        return float(self.values.sum())

    @property
    def discount(self) -> float:
        """The discount solved with."""
        return self.game.discount

    def n_information_sets(self, agent: int | str, time: int) -> int:
        """Return the number of information sets of an agent at a step (0-based)."""
        sets = self._sets(agent_number(self.game.agents, agent), time)
        return int(sets.stop - sets.start)

    def information(self, agent: int | str, time: int, number: int) -> str:
        """Return what an agent knows at an information set, in the game's labels.

        Parameters
        ----------
        agent : int or str
            Index from 0, or name.
        time, number : int
            Step, and number of the information set at that step, both from 0.

        Raises
        ------
        ModelError
            If there is no such agent, step or information set.
        """
        who, place = self._place(agent, time, number)
        tree, path = self.trees[who], self.trees[who].path(place)
        news = [self.tables[h].increment_label(int(tree.increment[v])) for h, (v, _) in enumerate(path)]
        private = self.tables[time].next_private[who][int(tree.private[place])]
        done = [self.game.actions[who][action] for _, action in path if action is not None]
        return (
            f"common: {history_text(self.game, news)}; private: {private_text(self.game, who, private)};"
            f" own actions: {', '.join(done) or 'none yet'}"
        )

    def strategy(self, agent: int | str, time: int, number: int) -> dict[str, float]:
        """Return the probability of each action played at an information set; arguments as `information`."""
        who, place = self._place(agent, time, number)
        row = self.behaviour[who][place]
        return {self.game.actions[who][a]: float(row[a]) for a in np.flatnonzero(row)}

    def reach(self, agent: int | str, time: int, number: int) -> float:
        """Return the agent's own part in coming to an information set: 0 if its plan never does."""
        who, place = self._place(agent, time, number)
        parent = self.trees[who].parent[place]
        return 1.0 if parent < 0 else float(self.plans[who][parent])

    def _sets(self, agent: int, time: int) -> slice:
        if not 0 <= time < self.horizon:
            raise ModelError(f"there is no step {time}; expected 0 to {self.horizon - 1}")
        return self.trees[agent].sets_at(time)

    def _place(self, agent: int | str, time: int, number: int) -> tuple[int, int]:
        who = agent_number(self.game.agents, agent)
        sets = self._sets(who, time)
        if not 0 <= number < sets.stop - sets.start:
            raise ModelError(
                f"agent {self.game.agents[who]!r} has no information set {number} at step {time};"
                f" expected 0 to {sets.stop - sets.start - 1}"
            )
        return who, sets.start + number

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object, with the keys of `Solution.summary` and ``method``.

        ``states`` counts information sets of both agents here, and ``states_by_depth`` those of each step.
        """
        by_depth = np.sum([np.diff(tree.start) for tree in self.trees], axis=0)
        return {
            "game": self.game.name,
            "agents": list(self.game.agents),
            "horizon": self.horizon,
            "discount": self.discount,
            "sharing": self.sharing,
            "concept": "ne",
            "objective": "welfare",
            "compression": "exact",
            "method": "sequence-form",
            "values": self.values.tolist(),
            "welfare": self.welfare,
            "model_values": self.values.tolist(),
            "certificate": self.certificate.summary(),
            "stats": {
                "states": int(by_depth.sum()),
                "stage_lps": 1,
                "closed": 0,
                "seconds": self.stats.seconds,
                "phases": dict(self.stats.phases),
                "states_by_depth": by_depth.tolist(),
                "methods": {"sequence-form": 1},
                "information_sets": list(self.stats.information_sets),
                "sequences": list(self.stats.sequences),
                "histories": self.stats.histories,
                "payoff_entries": self.stats.payoff_entries,
                "rows": self.stats.rows,
                "columns": self.stats.columns,
            },
            "version": __version__,
        }
