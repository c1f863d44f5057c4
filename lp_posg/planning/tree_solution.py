"""What `solve_extensive` returns: values, behaviour at each information set, certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.planning.agent_names import agent_number
from lp_posg.trees import Tree
from lp_posg.trees.naming import action_words, set_words, sets_of
from lp_posg.trees.sequence.response import Exploitability
from lp_posg.types import FloatArray, IntArray, read_only
from lp_posg.version import __version__


@dataclass(frozen=True)
class ExtensiveStats:
    """Sizes and times.

    Attributes
    ----------
    nodes : int
        Of the game tree.
    information_sets, sequences : tuple of two int
        Of each agent; the empty sequence is not counted.
    payoff_entries : int
        Number of pairs of sequences, the empty ones among them, with a payoff other than 0.
    rows, columns : int
        Of the linear program.
    seconds : float
        Wall time, the sum of `phases`.
    phases : mapping of str to float
        Seconds of ``expand``, ``solve`` and ``certify``.
    """

    nodes: int
    information_sets: tuple[int, int]
    sequences: tuple[int, int]
    payoff_entries: int
    rows: int
    columns: int
    seconds: float
    phases: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class ExtensiveSolution:
    """A certified Nash equilibrium of a zero-sum game tree in behaviour strategies.

    Attributes
    ----------
    game : Tree
        With K information sets and L sequences (information sets with an action) in all.
    tolerance : float
        Largest accepted gap of an agent, relative to its own range of payoffs.
    first : int array, shape (K + 1,)
        The actions of information set k are entries ``first[k]:first[k + 1]`` of `behaviour`.
    behaviour : float array, shape (L,)
        Probability of each action at its information set; uniform where the agent's own plan never comes to.
    own_reach : float array, shape (K,)
        The owner's own part in coming to an information set.
    reached : float array, shape (K,)
        Probability that play comes to an information set if both follow.
    certificate : Exploitability
        Values and best responses, computed over the information sets without a linear program.
    stats : ExtensiveStats
    """

    game: Tree
    tolerance: float
    first: IntArray
    behaviour: FloatArray
    own_reach: FloatArray
    reached: FloatArray
    certificate: Exploitability
    stats: ExtensiveStats

    def __post_init__(self) -> None:
        read_only(self.first, self.behaviour, self.own_reach, self.reached)

    @property
    def values(self) -> FloatArray:
        """Value of each agent, in the units of payoffs, shape (2,)."""
        return self.certificate.values

    @property
    def welfare(self) -> float:
        """Sum of the agents' values, which is that of the payoffs, whatever is played."""
        return float(self.values.sum())

    def information_sets(self, agent: int | str) -> list[str]:
        """Return a name for each of an agent's information sets, in the game's order.

        That is the set's label; where labels are empty or not unique their number, from 1, is added.
        """
        return set_words(self.game, agent_number(self.game.agents, agent))

    def strategy(self, agent: int | str, information_set: int | str) -> dict[str, float]:
        """Return the probability of each action played at an information set.

        Parameters
        ----------
        agent : int or str
            Index from 0, or name.
        information_set : int or str
            Index among the agent's own, from 0, or a name as `information_sets` has it.

        Raises
        ------
        ModelError
            If there is no such agent or information set.
        """
        number = self._number(agent, information_set)
        row = self.behaviour[self.first[number] : self.first[number + 1]]
        words = action_words(self.game, number)
        return {words[a]: float(row[a]) for a in np.flatnonzero(row)}

    def reach(self, agent: int | str, information_set: int | str) -> float:
        """Return the agent's own part in coming to an information set: 0 if its plan never does."""
        return float(self.own_reach[self._number(agent, information_set)])

    def probability(self, agent: int | str, information_set: int | str) -> float:
        """Return how likely play comes to an information set if both agents follow."""
        return float(self.reached[self._number(agent, information_set)])

    def _number(self, agent: int | str, information_set: int | str) -> int:
        who = agent_number(self.game.agents, agent)
        own, words = sets_of(self.game, who), set_words(self.game, who)
        if isinstance(information_set, str):
            if information_set in words:
                return own[words.index(information_set)]
        elif isinstance(information_set, (int, np.integer)) and not isinstance(information_set, bool):
            place = int(information_set)
            if 0 <= place < len(own):
                return own[place]
        raise ModelError(
            f"agent {self.game.agents[who]!r} has no information set {information_set!r}; expected 0 to"
            f" {len(own) - 1}, or a name as in information_sets({agent!r})"
        )

    def export(self, path: str | PathLike[str]) -> None:
        """Write the behaviour to a ``.json`` or ``.csv`` file, so that it can be followed without this package.

        Raises
        ------
        FormatError
            If the suffix is another, or the file cannot be written.
        """
        from lp_posg.planning.tree_export import export_behaviour

        export_behaviour(self, path)

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object, with the keys of `Solution.summary` and ``method``.

        What a tree has not, such as a horizon, is None; ``states`` counts the information sets of both agents.
        """
        return {
            "game": self.game.name,
            "agents": list(self.game.agents),
            "horizon": None,
            "discount": None,
            "sharing": None,
            "concept": "ne",
            "objective": "welfare",
            "compression": "exact",
            "method": "sequence-form",
            "values": self.values.tolist(),
            "welfare": self.welfare,
            "model_values": self.values.tolist(),
            "certificate": self.certificate.summary(),
            "stats": {
                "states": sum(self.stats.information_sets),
                "stage_lps": 1,
                "closed": 0,
                "seconds": self.stats.seconds,
                "phases": dict(self.stats.phases),
                "states_by_depth": None,
                "methods": {"sequence-form": 1},
                "nodes": self.stats.nodes,
                "information_sets": list(self.stats.information_sets),
                "sequences": list(self.stats.sequences),
                "payoff_entries": self.stats.payoff_entries,
                "rows": self.stats.rows,
                "columns": self.stats.columns,
            },
            "version": __version__,
        }
