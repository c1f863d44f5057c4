"""The tree of an OpenSpiel game, walked once; knows no more of OpenSpiel than the states it is handed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from lp_posg.deadline import check_time
from lp_posg.errors import ImperfectRecallError, LimitError, ModelError, UnsupportedError
from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree
from lp_posg.trees.tree import TreeBuilder
from lp_posg.types import PROB_TOL

SIMPLE_TOL = 1e-15
"""A probability this close to a simple fraction is that fraction: a few roundings of a float near 1."""

SIMPLE_DENOMINATOR = 1_000_000
"""Largest denominator of a simple fraction."""

NO_ACTION = 0
"""What OpenSpiel is handed for an agent who has no action where the others move at once."""

_Sequence = tuple[int, int]
"""An information set and one of its actions."""


@dataclass(frozen=True)
class _Place:
    """A node still to be written."""

    state: Any
    chosen: tuple[int, ...]  # Actions of the first agents at a state where all move at once
    last: tuple[_Sequence | None, ...]  # What each agent knew and did when it moved last
    parent: int
    probability: Fraction
    label: str


class SpielTree:
    """The walk: call `build`, once."""

    def __init__(self, name: str, agents: tuple[str, ...], max_nodes: int) -> None:
        self._name, self._agents, self._max_nodes = name, agents, max_nodes
        self._nodes = TreeBuilder()
        self._sets: list[InformationSet] = []
        self._place_of_set: dict[tuple[int, str], int] = {}
        # Of each set: what its agent knew and did last, and OpenSpiel's numbers of its actions.
        self._before: list[_Sequence | None] = []
        self._legal: list[tuple[int, ...]] = []
        self._place_of_outcome: dict[tuple[Fraction, ...], int] = {}
        self._laws: dict[tuple[float, ...], tuple[Fraction, ...]] = {}

    def build(self, root: Any) -> Tree:
        """Return the game below a state; nodes are numbered depth first.

        Raises LimitError if there are more nodes than `max_nodes`. Raises ImperfectRecallError if an agent does not
        know at an information state what it knew and did before. Raises UnsupportedError if a mean field moves. Raises
        ModelError if returns or probabilities are none. Raises LimitError if the time is over.
        """
        waiting = [_Place(root, (), (None,) * len(self._agents), -1, Fraction(1), "")]
        while waiting:
            check_time(f"walking the tree of OpenSpiel's game {self._name!r}", nodes=len(self._nodes.parent))
            place = waiting.pop()
            branches = self._write(place)
            if len(self._nodes.parent) + len(waiting) + len(branches) > self._max_nodes:
                raise LimitError(
                    f"the tree of OpenSpiel's game {self._name!r} has more than {self._max_nodes} nodes; make the game"
                    " smaller by its parameters, or allow more with max_nodes",
                    limit="nodes",
                )
            waiting += reversed(branches)
        return self._nodes.tree(self._name, self._agents, self._sets, self._place_of_outcome)

    def _write(self, place: _Place) -> list[_Place]:
        """Write a node down; return what comes after it, in order."""
        state = place.state
        if state.is_terminal():
            self._add(place, TERMINAL, outcome=self._outcome_of(state))
            return []
        if state.is_chance_node():
            return self._chance(place, self._add(place, CHANCE))
        if state.is_simultaneous_node():
            return self._move(self._with_the_next_who_can(place))
        if state.current_player() not in range(len(self._agents)):
            raise UnsupportedError(
                f"OpenSpiel's game {self._name!r} has a node of player {state.current_player()}, a mean field;"
                " expected moves of agents and of chance"
            )
        return self._move(place)

    def _add(self, place: _Place, owner: int, information: int = -1, outcome: int = -1) -> int:
        return self._nodes.add(place.parent, place.label, place.probability, owner, information, outcome)

    def _outcome_of(self, state: Any) -> int:
        returns = state.returns()
        if not all(math.isfinite(x) for x in returns):
            raise ModelError(f"OpenSpiel's game {self._name!r} returns {returns} after {_history(state)}")
        # The shortest decimal that reads back as the same float, so that 0.1 is a tenth.
        exact = tuple(Fraction(repr(float(x))) for x in returns)
        return self._place_of_outcome.setdefault(exact, len(self._place_of_outcome))

    def _chance(self, place: _Place, node: int) -> list[_Place]:
        state = place.state
        outcomes = state.chance_outcomes()
        found = tuple(prob for _, prob in outcomes)
        self._check_numbers(state, tuple(k for k, _ in outcomes))
        if found not in self._laws:
            where = f"chance in OpenSpiel's game {self._name!r} after {_history(state)}"
            self._laws[found] = exact_law(found, where)
        return [
            _Place(state.child(k), (), place.last, node, prob, state.action_to_string(state.current_player(), k))
            for (k, _), prob in zip(outcomes, self._laws[found], strict=True)
        ]

    def _check_numbers(self, state: Any, numbers: tuple[int, ...]) -> None:
        """Raise ModelError if two branches have one number: OpenSpiel's own reader of files can make such games."""
        if len(set(numbers)) < len(numbers):
            raise ModelError(
                f"OpenSpiel's game {self._name!r} gives two branches one number ({numbers}) after {_history(state)};"
                " in a file, give the actions of a node different labels"
            )

    def _with_the_next_who_can(self, place: _Place) -> _Place:
        """Return the same place when those who have no action have not moved."""
        chosen = place.chosen
        while len(chosen) < len(self._agents) and not place.state.legal_actions(len(chosen)):
            chosen += (NO_ACTION,)
        if len(chosen) == len(self._agents):
            raise ModelError(f"OpenSpiel's game {self._name!r} has no action for anybody after {_history(place.state)}")
        return replace(place, chosen=chosen)

    def _move(self, place: _Place) -> list[_Place]:
        """Write an agent's node; those who move at once do so in turn, and do not hear of each other."""
        state = place.state
        together = state.is_simultaneous_node()
        agent = len(place.chosen) if together else state.current_player()
        legal = tuple(state.legal_actions(agent))
        own = self._set_of(place, agent, legal)
        node = self._add(place, agent, own)
        after = []
        for k, action in enumerate(legal):
            last = (*place.last[:agent], (own, k), *place.last[agent + 1 :])
            following, chosen = _joined(state, (*place.chosen, action)) if together else (state.child(action), ())
            after.append(_Place(following, chosen, last, node, Fraction(1), self._sets[own].actions[k]))
        return after

    def _set_of(self, place: _Place, agent: int, legal: tuple[int, ...]) -> int:
        """Return the number of an information set; it has to fit what was met of it before."""
        state, last = place.state, place.last[agent]
        label = state.information_state_string(agent)
        own = self._place_of_set.setdefault((agent, label), len(self._sets))
        if own == len(self._sets):
            actions = tuple(state.action_to_string(agent, k) for k in legal)
            self._check_numbers(state, legal)
            self._sets.append(InformationSet(agent, label, actions))
            self._before.append(last)
            self._legal.append(legal)
        if self._legal[own] != legal:
            raise ModelError(
                f"OpenSpiel's game {self._name!r} has actions {legal} and {self._legal[own]} of {self._agents[agent]}"
                f" at one information state, {label!r}"
            )
        if self._before[own] != last:
            raise ImperfectRecallError(
                f"OpenSpiel's game {self._name!r} has imperfect recall: {self._agents[agent]} at information state"
                f" {label!r} does not know what it knew and did before; expected a game of perfect recall",
                agent=agent,
                information_set=own,
                nodes=(self._nodes.information.index(own), len(self._nodes.information)),
                pasts=(self._past(self._before[own]), self._past(last)),
            )
        return own

    def _past(self, last: _Sequence | None) -> tuple[_Sequence, ...]:
        """Return an agent's own sequences up to the one given."""
        found: list[_Sequence] = []
        while last is not None:
            found.append(last)
            last = self._before[last[0]]
        return tuple(found[::-1])


def _joined(state: Any, chosen: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """Return the same state with one more action chosen, or the next if all who can have chosen."""
    rest = range(len(chosen), state.num_players())
    if any(state.legal_actions(agent) for agent in rest):
        return state, chosen
    following = state.clone()
    following.apply_actions([*chosen, *(NO_ACTION for _ in rest)])
    return following, ()


def exact_law(found: tuple[float, ...], where: str) -> tuple[Fraction, ...]:
    """Return probabilities as fractions that sum to 1.

    Simple fractions if all are within `SIMPLE_TOL` of some and these sum to 1, else the floats as they are,
    divided by their sum. What is possible stays possible.

    Raises ModelError if one is negative or no number, or they miss 1 by more than `PROB_TOL`.
    """
    if not all(math.isfinite(p) and p >= 0 for p in found) or abs(math.fsum(found) - 1) > PROB_TOL:
        raise ModelError(f"{where}: probabilities {found}, expected numbers from 0 that sum to 1 within {PROB_TOL:g}")
    exact = [Fraction(p) for p in found]
    simple = [p.limit_denominator(SIMPLE_DENOMINATOR) for p in exact]
    near = all(abs(p - q) <= SIMPLE_TOL and (q > 0) == (p > 0) for p, q in zip(exact, simple, strict=True))
    if near and sum(simple) == 1:
        return tuple(simple)
    total = sum(exact)
    return tuple(p / total for p in exact)


def _history(state: Any) -> str:
    return f"actions {state.history()}" if state.history() else "no action"
