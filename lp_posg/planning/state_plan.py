"""A plan over common-information states, as one record; `StateSolution` has as methods what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lp_posg.brevity import brief
from lp_posg.checks import is_index
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.information import Compression, Policy, PolicyBlock, StateSpace, reachable_states
from lp_posg.information.describe import private_text
from lp_posg.planning.solution import Atom
from lp_posg.planning.solved import SolvedPosg
from lp_posg.types import FloatArray, IntArray, read_only

if TYPE_CHECKING:
    import networkx as nx


@brief()
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
        return "; ".join(part for part in parts_of(joint, self.increments[when]) if part) or "nothing new"


def parts_of(joint: int, words: Sequence[Sequence[str]]) -> list[str]:
    """Return each agent's part of a flat joint increment, given each agent's increments in words."""
    index = np.unravel_index(joint, tuple(map(len, words)))
    return [own[int(i)] for own, i in zip(words, index, strict=True)]


def labels_of(game: Game, space: StateSpace) -> Labels:
    """Return private informations and increments in words."""

    def words(say: Callable[[Game, int, Hashable], str], steps: Iterable[Sequence[Iterable[Hashable]]]) -> Any:
        return tuple(tuple(tuple(say(game, i, label) for label in own) for i, own in enumerate(step)) for step in steps)

    return Labels(
        words(private_text, (depth.private for depth in space.depths)),
        words(_news, (table.increments for table in space.tables)),
    )


def _news(game: Game, agent: int, increment: Hashable) -> str:
    text = private_text(game, agent, increment)
    return "" if text == "nothing" else f"{game.agents[agent]} {text}"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StatePlan(SolvedPosg):
    """A strategy over common-information states with its values and its certificate.

    Attributes
    ----------
    game, horizon, sharing, concept, objective, compression, method, reason, tolerance, stats, certificate, values
        As in `Solution`; none of them is None.
    model_values : float array, shape (n,)
        What the model planned in promised; equal to `values` if the compression is ``exact``.
    policy : Policy
    node_values : tuple per depth of float arrays, shape (N, n)
        Value to each agent from each state on, in the model planned in.
    labels : Labels
    """

    compression: Compression
    model_values: FloatArray
    policy: Policy
    node_values: tuple[FloatArray, ...]
    labels: Labels

    def __post_init__(self) -> None:
        read_only(self.model_values, *self.node_values)

    @property
    def is_exact(self) -> bool:
        """Whether the plan's states are the exact ones."""
        return self.compression.name == "exact"

    @property
    def has_exact_gaps(self) -> bool:
        """Whether its gaps were found among exact states; else those are out of reach, and the gaps are bounds."""
        return self.certificate.found_gains is None

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The DAG of common-information states, for reading, plotting and export.

        Nodes are pairs (time, number), 0-based, with attributes ``time`` and ``values`` (a tuple,
        one per agent). An edge has ``increments``, a tuple of the shared news that lead along it,
        in words. The states of time 0 have ``news``, what was shared before the first action.
        """
        import networkx as nx

        graph = nx.DiGraph(game=self.game.name, sharing=self.sharing.name, concept=self.concept.name)
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
        self.check_state(time, node)
        words = []
        for depth in range(time, 0, -1):
            step, arc = self.policy.steps[depth - 1], self._first_arcs[depth][node]
            words.append(self.labels.increment(depth, int(step.increment[arc])))
            node = int(step.parent[arc])
        words.append(self.labels.increment(0, int(self.policy.start_increment[self._first_arcs[0][node]])))
        return tuple(reversed(words))

    def check_state(self, time: int, node: int) -> None:
        """Raise ModelError if there is no such state."""
        if not is_index(time, self.horizon) or not is_index(node, self.policy.steps[time].n_nodes):
            raise ModelError(f"there is no state {node!r} at time {time!r}; `graph` lists them")

    def strategy(self, time: int = 0, node: int = 0) -> tuple[Atom, ...]:
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
        self.check_state(time, node)
        block = next(b for b in self.policy.steps[time].blocks if node in b.nodes)
        row = int(np.searchsorted(block.nodes, node))
        atoms = range(block.atom_start[row], block.atom_start[row + 1])
        return tuple(Atom(float(block.atom_prob[m]), self._prescriptions(time, block, row, m)) for m in atoms)

    def _prescriptions(self, time: int, block: PolicyBlock, row: int, atom: int) -> dict[str, Any]:
        return {
            agent: {
                self.labels.private[time][i][int(p)]: {
                    self.game.actions[i][a]: float(law[a]) for a in np.flatnonzero(law).tolist()
                }
                for p, law in zip(block.private[i][row], block.prescription[i][atom], strict=True)
            }
            for i, agent in enumerate(self.game.agents)
        }

    def summary(self) -> dict[str, Any]:
        """Return the solution as a JSON-ready object, as ``lp-posg solve --json`` writes it."""
        return super().summary() | {"model_values": self.model_values.tolist()}


def plan_states(plan: StatePlan, game: Game) -> StateSpace:
    """Return the states of the model that a plan was made in, expanded anew in a game.

    Raises
    ------
    ModelError
        If the game, the rule and the compression of the plan give other states than it has.
    """
    model = reachable_states(game, plan.sharing, plan.horizon, compression=plan.compression)
    if [depth.level.n_nodes for depth in model.depths] != [step.n_nodes for step in plan.policy.steps]:
        raise ModelError(
            "the solution was planned in another model than its game, rule and compression give: it is damaged, or"
            " they have changed"
        )
    return model
