"""What `solve` returns: values, strategy, DAG, statistics and certificate, all read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.evaluate import Advantages, Certificate, Ledger, Simulation, simulate
from lp_posg.game import Game
from lp_posg.information import Policy, SharingStructure
from lp_posg.planning.gains import StateGains, advantages_of, state_gains
from lp_posg.types import FloatArray, IntArray, read_only
from lp_posg.version import __version__
from lp_posg.wording import TO_PLAY

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Stats:
    """Sizes and times of a solve.

    Attributes
    ----------
    states : int
        Common-information states after merging, all depths.
    stage_lps : int
        Linear and mixed-integer programs solved.
    closed : int
        Stage games solved without one, where that is provably exact.
    seconds : float
        Wall time of the whole solve, certificate included.
    phases : mapping of str to float
        Wall seconds by phase: ``expand``, ``solve``, ``certify``.
    states_by_depth : tuple of int
    methods : mapping of str to int
        How many stage games were solved how: ``shortcut`` (those of `closed`), ``enumeration``, ``program``
        (written down whole), ``columns`` (column generation, optimal to a proven bound), ``conic``.
    """

    states: int
    stage_lps: int
    closed: int
    seconds: float
    phases: Mapping[str, float]
    states_by_depth: tuple[int, ...]
    methods: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """Private informations and increments in words.

    Attributes
    ----------
    private : tuple per depth, per agent, of str
    increments : tuple (the start, then one per step but the last), per agent, of str
    """

    private: tuple[tuple[tuple[str, ...], ...], ...]
    increments: tuple[tuple[tuple[str, ...], ...], ...]

    def increment(self, when: int, joint: int) -> str:
        """Return the flat increment `joint` of step `when` (0 is the start) in words."""
        own = self.increments[when]
        index = np.unravel_index(joint, tuple(len(words) for words in own))
        parts = [words[int(i)] for words, i in zip(own, index, strict=True)]
        return "; ".join(part for part in parts if part) or "nothing new"


@dataclass(frozen=True)
class Atom:
    """One outcome of the draw at a state, which no agent hears: see `Solution.to_play`.

    A Nash strategy and a team's have one atom of probability 1, so nothing is drawn for all.

    Attributes
    ----------
    prob : float
    prescriptions : mapping of agent to mapping of private information to mapping of action to probability
        Actions of probability 0 are left out.
    """

    prob: float
    prescriptions: Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, eq=False)
class Solution:
    """A certified equilibrium (or team optimum) of a game under a sharing structure.

    Attributes
    ----------
    game : Game
        Its discount is the one solved with.
    horizon : int
    sharing, concept, objective, compression : str
    tolerance : float
        Largest accepted gap of an agent, relative to its own reward range (of a team, to that of its reward).
    values : float array, shape (n,)
        Value to each agent, in reward units over the horizon, computed by the certificate.
    model_values : float array, shape (n,)
        What the model planned in promised; equal to `values` if the compression is ``exact``.
    policy : Policy
    node_values : tuple per depth of float arrays, shape (N, n)
        Value to each agent from each state on, in the model planned in.
    labels : Labels
    stats : Stats
    certificate : Certificate
    """

    game: Game
    horizon: int
    sharing: str
    concept: str
    objective: str
    compression: str
    tolerance: float
    values: FloatArray
    model_values: FloatArray
    policy: Policy
    node_values: tuple[FloatArray, ...]
    labels: Labels
    stats: Stats
    certificate: Certificate

    def __post_init__(self) -> None:
        read_only(self.values, self.model_values, *self.node_values)

    @property
    def discount(self) -> float:
        """The discount solved with."""
        return self.game.discount

    @property
    def welfare(self) -> float:
        """Sum of the agents' values."""
        return float(self.values.sum())

    @property
    def to_play(self) -> str:
        """How the strategy has to be played for the certificate to hold, in a sentence.

        It says who draws, and what each agent hears before it acts.
        """
        return TO_PLAY[self.certificate.deviations]

    @cached_property
    def ledger(self) -> Ledger:
        """What compressing the common information cost, proven and measured; computed when first asked for.

        With a structure or a compression of your own, call `lp_posg.ledger` and pass it.
        """
        from lp_posg.planning.ledgers import ledger

        return ledger(self)

    @cached_property
    def advantages(self) -> tuple[Advantages, ...]:
        """What each action gains at each place, by step and then by agent; computed when first asked for.

        That takes about as long as the certificate. With your own structure, call `evaluate.advantages`.
        """
        return advantages_of(self)

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The DAG of common-information states, for reading, plotting and export.

        Nodes are pairs (time, number), 0-based, with attributes ``time`` and ``values`` (a tuple,
        one per agent). An edge has ``increments``, a tuple of the shared news that lead along it,
        in words. The states of time 0 have ``news``, what was shared before the first action.
        """
        import networkx as nx

        graph = nx.DiGraph(game=self.game.name, sharing=self.sharing, concept=self.concept)
        for time, values in enumerate(self.node_values):
            graph.add_nodes_from(
                ((time, v), {"time": time, "values": tuple(own)}) for v, own in enumerate(values.tolist())
            )
        for increment, node in zip(self.policy.start_increment, self.policy.start_node, strict=True):
            attributes = graph.nodes[0, int(node)]
            attributes["news"] = (*attributes.get("news", ()), self.labels.increment(0, int(increment)))
        for time, step in enumerate(self.policy.steps[:-1]):
            news: dict[tuple[int, int], list[str]] = {}
            for parent, increment, child in zip(step.parent, step.increment, step.child, strict=True):
                news.setdefault((int(parent), int(child)), []).append(self.labels.increment(time + 1, int(increment)))
            graph.add_edges_from(
                ((time, parent), (time + 1, child), {"increments": tuple(words)})
                for (parent, child), words in news.items()
            )
        return graph

    @cached_property
    def _first_arcs(self) -> tuple[IntArray, ...]:
        """The first transition into each state, by depth; at depth 0 the first increment of the start."""
        into = (self.policy.start_node, *(step.child for step in self.policy.steps[:-1]))
        return tuple(np.unique(child, return_index=True)[1] for child in into)

    def history(self, time: int, node: int) -> tuple[str, ...]:
        """Return one common history that leads to a state, in words: what the start shared, then each step.

        Others may lead there too: those with the same belief are one state.

        Parameters
        ----------
        time, node : int
            As in `graph`, 0-based.

        Raises
        ------
        ModelError
            If there is no such state.

        Examples
        --------
        >>> import lp_posg as posg
        >>> solution = posg.solve(posg.catalog("dectiger"), 2, "full")
        >>> solution.history(1, 0)
        ('nothing new', 'agent1 did listen and saw hear-left; agent2 did listen and saw hear-left')
        """
        self._check_state(time, node)
        told = []
        for depth in range(time, 0, -1):
            step, arc = self.policy.steps[depth - 1], self._first_arcs[depth][node]
            told.append(self.labels.increment(depth, int(step.increment[arc])))
            node = int(step.parent[arc])
        told.append(self.labels.increment(0, int(self.policy.start_increment[self._first_arcs[0][node]])))
        return tuple(reversed(told))

    def export(self, path: str | PathLike[str]) -> None:
        """Write the whole strategy as ``.csv``, ``.json``, ``.graphml`` or ``.dot``, for other programs to follow.

        Raises
        ------
        FormatError
            If the suffix is another one, or the file cannot be written.
        """
        from lp_posg.planning.export import export_strategy

        export_strategy(self, path)

    def _check_state(self, time: int, node: int) -> None:
        if not 0 <= time < self.horizon or not 0 <= node < self.policy.steps[time].n_nodes:
            raise ModelError(f"there is no state {node} at time {time}; `graph` lists them")

    def strategy(self, time: int, node: int) -> tuple[Atom, ...]:
        """Return what is played at a state, in the game's labels.

        An atom is drawn, and an action of each agent from its entry, independently given the atom; `to_play` says
        by whom, and who hears what. In a correlated equilibrium an agent that hears the atom may gain by deviating.

        Parameters
        ----------
        time, node : int
            As in `graph`, 0-based.

        Raises
        ------
        ModelError
            If there is no such state.
        """
        self._check_state(time, node)
        block = next(b for b in self.policy.steps[time].blocks if node in b.nodes)
        row = int(np.searchsorted(block.nodes, node))
        return tuple(
            Atom(
                float(block.atom_prob[atom]),
                self._prescriptions(time, block.private, row, block.prescription, atom),
            )
            for atom in range(block.atom_start[row], block.atom_start[row + 1])
        )

    def _prescriptions(
        self, time: int, private: Any, row: int, prescription: Any, atom: int
    ) -> dict[str, dict[str, dict[str, float]]]:
        return {
            agent: {
                self.labels.private[time][i][int(p)]: {
                    self.game.actions[i][a]: float(prescription[i][atom, k, a])
                    for a in np.flatnonzero(prescription[i][atom, k])
                }
                for k, p in enumerate(private[i][row])
            }
            for i, agent in enumerate(self.game.agents)
        }

    def gains(self, time: int, node: int) -> StateGains:
        """Return why no one gains by deviating at a state: what following is worth, and the best other action.

        Parameters
        ----------
        time, node : int
            As in `graph`, 0-based.

        Raises
        ------
        ModelError
            If there is no such state, or the structure is of the user's own.
        UnsupportedError
            If the gaps are bounds, since exact states are out of reach.

        Examples
        --------
        Told to swerve, a driver knows that the other swerves with 2/3: daring gives 2/3 times 7, swerving as much.

        >>> import lp_posg as posg
        >>> solution = posg.solve(posg.catalog("chicken"), 1, "full", "ce")
        >>> for place in solution.gains(0, 0).places[:2]:
        ...     print(place.agent, place.recommended, round(place.following, 3), place.other, round(place.gain, 3) + 0)
        driver1 swerve 4.667 dare 0.0
        driver1 dare 7.0 swerve -1.0
        """
        self._check_state(time, node)
        return state_gains(self, time, node)

    def simulate(
        self,
        n_runs: int = 10_000,
        seed: int = 0,
        *,
        game: Game | None = None,
        sharing: SharingStructure | None = None,
        level: float = 0.95,
        traces: int = 0,
    ) -> Simulation:
        """Return what following the strategy brings in independent runs.

        Everybody follows, so it does not matter here who would hear the draws (`to_play`).

        Parameters
        ----------
        n_runs, seed : int
            The answer depends on the seed alone; the first runs are the same whatever `n_runs`.
        game : Game, optional
            The game to play, with the discount of the solution; the stored one if not given.
        sharing : SharingStructure, optional
            Needed if the solution was computed for a structure of the user's own.
        level : float
            Confidence of the intervals.
        traces : int
            How many runs, from the first on, to tell in the game's labels.

        Raises
        ------
        ModelError
            If the strategy does not fit the game, or an argument is not what it has to be.

        Examples
        --------
        >>> import lp_posg as posg
        >>> solution = posg.solve(posg.catalog("dectiger"), 2, "full")
        >>> played = solution.simulate(50_000, seed=1)
        >>> bool(abs(played.mean[0] - solution.values[0]) < 5 * played.standard_error[0])
        True
        """
        from lp_posg.planning.verification import check_fit, structure_of

        target = self.game if game is None else game.with_discount(self.discount)
        structure = structure_of(self, sharing, target)
        check_fit(self.game, target)
        self.policy.check(target.n_actions)
        return simulate(target, structure, self.policy, n_runs, seed, level=level, traces=traces)

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object, as ``lp-posg solve --json`` writes it."""
        found, found_gains = self.certificate.deviation, self.certificate.found_gains
        return {
            "game": self.game.name,
            "agents": list(self.game.agents),
            "horizon": self.horizon,
            "discount": self.discount,
            "sharing": self.sharing,
            "concept": self.concept,
            "objective": self.objective,
            "compression": self.compression,
            "values": self.values.tolist(),
            "welfare": self.welfare,
            "model_values": self.model_values.tolist(),
            "certificate": {
                "status": self.certificate.status,
                "gaps": self.certificate.gaps.tolist(),
                "deviations": self.certificate.deviations,
                "deviation": None if found is None else str(found),
                "merge_error": self.certificate.merge_error,
                "found_gains": None if found_gains is None else found_gains.tolist(),
            },
            "stats": {
                "states": self.stats.states,
                "stage_lps": self.stats.stage_lps,
                "closed": self.stats.closed,
                "seconds": self.stats.seconds,
                "phases": dict(self.stats.phases),
                "states_by_depth": list(self.stats.states_by_depth),
                "methods": dict(self.stats.methods),
            },
            "version": __version__,
        }

    def save(self, path: str | PathLike[str]) -> None:
        """Write the solution, game and certificate included, as one ``.npz`` file without pickle.

        Raises
        ------
        FormatError
            If the file cannot be written; an older file of that name is then left as it was.
        """
        from lp_posg.planning.storage import save_solution

        save_solution(self, path)

    @staticmethod
    def load(path: str | PathLike[str]) -> Solution:
        """Return the solution that `save` wrote.

        Raises
        ------
        FormatError
            If the file is not such a solution, or is damaged.
        """
        from lp_posg.planning.storage import load_solution

        return load_solution(path)
