"""A game tree from rules: a function says what happens at a position, from the first one on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any, Generic, TypeVar

from lp_posg.brevity import brief
from lp_posg.checks import is_index, whole_number
from lp_posg.deadline import check_time
from lp_posg.errors import LimitError, ModelError
from lp_posg.game import takes
from lp_posg.trees.nodes import CHANCE, TERMINAL, InformationSet
from lp_posg.trees.tree import Tree, TreeBuilder

NODE_LIMIT = 2_000_000
"""Default of `max_nodes`: about a gigabyte (measured: 500 bytes a node)."""

Position = TypeVar("Position")
Number = Fraction | int | str


@brief()
@dataclass(frozen=True)
class Chance(Generic[Position]):
    """Chance moves: (label, probability, next position) per branch; the probabilities sum to 1 exactly."""

    branches: Sequence[tuple[str, Number, Position]]


@brief()
@dataclass(frozen=True)
class Move(Generic[Position]):
    """An agent moves: (label, next position) per action.

    Attributes
    ----------
    agent : int
    known : hashable
        What the agent knows. Positions where the same agent knows the same are one information set, named by
        ``str(known)``; the same actions are there.
    actions : sequence of (str, position)
    """

    agent: int
    known: Hashable
    actions: Sequence[tuple[str, Position]]


@dataclass(frozen=True)
class End:
    """The game is over, and each agent gets its payoff, in exact numbers."""

    payoffs: Sequence[Number]


@takes
def from_rules(
    name: str,
    agents: Sequence[str],
    start: Position,
    rules: Callable[[Position], Chance[Position] | Move[Position] | End],
    *,
    max_nodes: int = NODE_LIMIT,
) -> Tree:
    """Return the tree of a game that is given by its rules.

    Parameters
    ----------
    agents : sequence of str
    start : position
        Where the game begins; a position is whatever `rules` understands.
    rules : callable
        Called once per node with a position. It returns one of three things, from `lp_posg.trees`:
        ``Chance([(label, probability, next position), ...])`` if chance moves;
        ``Move(agent, known, [(label, next position), ...])`` if agent number `agent` moves, who cannot distinguish
        positions of the same `known`; or ``End([payoff of each agent, ...])`` if the game is over.
        Probabilities and payoffs are whole numbers, fractions, or texts such as ``"1/4"`` and ``"0.25"``; other
        floats are refused.
    max_nodes : int
        Most nodes that are built.

    Raises
    ------
    ModelError
        If `rules` returns something else, probabilities do not sum to 1, a payoff is missing, a number is not exact,
        two actions have one label, or an information set has different actions.
    LimitError
        If there are more nodes.

    Examples
    --------
    A coin is shown to the first agent, who says what it likes; the second hears that and guesses the coin. Here a
    position is the tuple of what has happened.

    >>> from fractions import Fraction
    >>> from lp_posg.trees import Chance, End, Move
    >>> sides, half = ("heads", "tails"), Fraction(1, 2)
    >>> def coin(done):
    ...     if len(done) == 0:
    ...         return Chance([(side, half, (side,)) for side in sides])
    ...     if len(done) == 1:
    ...         return Move(0, f"sees {done[0]}", [(said, (*done, said)) for said in sides])
    ...     if len(done) == 2:
    ...         return Move(1, f"hears {done[1]}", [(guess, (*done, guess)) for guess in sides])
    ...     return End([-1, 1] if done[0] == done[2] else [1, -1])
    >>> from_rules("coin", ["teller", "guesser"], (), coin).n_nodes
    15

    Moves that do not see each other are made one after the other, and nothing is known:

    >>> def rules(done):
    ...     if len(done) == 2:
    ...         return End([1, -1] if done[0] == done[1] else [-1, 1])
    ...     return Move(len(done), "start", [(side, (*done, side)) for side in ("heads", "tails")])
    >>> from_rules("pennies", ["even", "odd"], (), rules).n_nodes
    7
    """
    whole_number("max_nodes", max_nodes)
    built = _Rules(name, tuple(agents))
    waiting: list[tuple[int, Fraction, str, Position]] = [(-1, Fraction(1), "", start)]
    while waiting:
        check_time(f"building the tree of game {name!r} from its rules")
        parent, chance, label, position = waiting.pop()
        if len(built.nodes.parent) >= max_nodes:
            raise LimitError(
                f"game {name!r} has more than {max_nodes} nodes; allow more with max_nodes, or make the game smaller",
                limit="nodes",
                nodes=len(built.nodes.parent),
            )
        found = rules(position)
        node = built.add(parent, chance, label, found)
        # Last in, first out: the first branch is to be numbered first.
        if isinstance(found, Chance):
            waiting += [(node, built.exact(p, "probability"), word, then) for word, p, then in reversed(found.branches)]
        elif isinstance(found, Move):
            waiting += [(node, Fraction(1), word, then) for word, then in reversed(found.actions)]
    return built.game()


class _Rules:
    """The information sets and outcomes that rules have named so far, and the nodes."""

    def __init__(self, name: str, agents: tuple[str, ...]) -> None:
        self.name, self.agents = name, agents
        self.nodes = TreeBuilder()
        self.sets: dict[tuple[int, Hashable], int] = {}
        self.actions: list[tuple[str, ...]] = []
        self.outcomes: dict[tuple[Fraction, ...], int] = {}

    def add(
        self, parent: int, probability: Fraction, label: str, found: Chance[Position] | Move[Position] | End
    ) -> int:
        """Return the number of a new node."""
        if not isinstance(found, (Chance, Move, End)):
            raise ModelError(
                f"game {self.name!r}: rules returned {found!r} after {label!r}, expected a Chance, Move or End; see"
                " that every way through the function returns one"
            )
        if isinstance(found, Chance):
            self._check_chance(found, label)
            return self.nodes.add(parent, label, probability, CHANCE)
        if isinstance(found, Move):
            return self.nodes.add(parent, label, probability, found.agent, self._set(found))
        return self.nodes.add(parent, label, probability, TERMINAL, outcome=self._outcome(found))

    def _check_chance(self, found: Chance[Position], label: str) -> None:
        self._check_parts(found, "branches", ("label", "probability", "next position"))
        chances = [self.exact(p, "probability") for _, p, _ in found.branches]
        total = sum(chances, Fraction(0))
        if total != 1 or min(chances, default=0) < 0:
            raise ModelError(
                f"game {self.name!r}: the probabilities of a chance move after {label!r} sum to {total}, expected"
                " numbers of at least 0 that sum to 1 exactly; give them as fractions"
            )

    def _set(self, found: Move[Position]) -> int:
        self._check_parts(found, "actions", ("label", "next position"))
        actions = tuple(word for word, _ in found.actions)
        if not is_index(found.agent, len(self.agents)) or not actions:
            raise ModelError(
                f"game {self.name!r}: agent {found.agent!r} moves with {len(actions)} actions, expected an agent from 0"
                f" to {len(self.agents) - 1} and at least one action"
            )
        if not isinstance(found.known, Hashable):
            raise ModelError(
                f"game {self.name!r}: agent {self.agents[found.agent]!r} knows {found.known!r}, expected something"
                " hashable; give a text or a tuple"
            )
        named = [word for word in actions if word]
        if len(set(named)) < len(named):
            raise ModelError(
                f"game {self.name!r}: agent {self.agents[found.agent]!r} knowing {str(found.known)!r} has two actions"
                f" of the same label, {actions}; give each its own label, or none at all: ''"
            )
        number = self.sets.setdefault((found.agent, found.known), len(self.sets))
        if number == len(self.actions):
            self.actions.append(actions)
        if self.actions[number] != actions:
            raise ModelError(
                f"game {self.name!r}: agent {self.agents[found.agent]!r} knows {str(found.known)!r} at positions with"
                f" actions {self.actions[number]} and {actions}; let it know what differs"
            )
        return number

    def _outcome(self, found: End) -> int:
        if not _is_sequence(found.payoffs):
            raise ModelError(
                f"game {self.name!r}: End has payoffs {found.payoffs!r}, expected a list of one per agent: End([1, -1])"
            )
        if len(found.payoffs) != len(self.agents):
            raise ModelError(
                f"game {self.name!r} ends with {len(found.payoffs)} payoffs, expected one for each of"
                f" {len(self.agents)} agents"
            )
        return self.outcomes.setdefault(tuple(self.exact(x, "payoff") for x in found.payoffs), len(self.outcomes))

    def exact(self, value: Any, what: str) -> Fraction:
        """Return a number that is exact; a float is, if it is whole."""
        is_whole = isinstance(value, float) and value.is_integer()
        if is_whole or isinstance(value, (Rational, Decimal, str)):
            with suppress(ValueError, OverflowError, ZeroDivisionError):
                return Fraction(value)
        raise ModelError(
            f"game {self.name!r}: {what} {value!r} is not an exact number; give a whole number, a Fraction, or a text"
            " such as '1/4'"
        )

    def _check_parts(self, found: Chance[Position] | Move[Position], name: str, parts: tuple[str, ...]) -> None:
        """Raise ModelError unless the branches of a move have these parts, a label first."""
        entries = getattr(found, name)
        expected = f"expected ({', '.join(parts)})"
        if not _is_sequence(entries):
            raise ModelError(
                f"game {self.name!r}: {type(found).__name__} has {name} {entries!r}, {expected} for each, in a list"
            )
        for entry in entries:
            if not _is_sequence(entry) or len(entry) != len(parts) or not isinstance(entry[0], str):
                raise ModelError(
                    f"game {self.name!r}: {type(found).__name__} has among its {name} {entry!r}, {expected}"
                )

    def game(self) -> Tree:
        """Return the tree."""
        sets = [
            InformationSet(agent, str(known), actions)
            for (agent, known), actions in zip(self.sets, self.actions, strict=True)
        ]
        return self.nodes.tree(self.name, self.agents, sets, self.outcomes)


def _is_sequence(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
