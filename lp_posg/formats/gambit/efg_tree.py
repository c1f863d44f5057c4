"""From the nodes that a ``.efg`` file lists to the tree that they make, every mention checked against the first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

import numpy as np

from lp_posg.errors import FormatError, RoundedProbabilityWarning
from lp_posg.formats.gambit.efg_text import Branches, Node, Payoffs, TreeText, Word
from lp_posg.formats.gambit.gambit_text import Numbers, wrong_word
from lp_posg.formats.gambit.rounding import MAX_BITS, ROUNDED_TOL, exact_sum, summing_to_one
from lp_posg.formats.numbers import whole
from lp_posg.formats.source import Source, clip
from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree

_ONE = Fraction(1)
Said = TypeVar("Said", Branches, Payoffs)


def tree_of(source: Source, text: TreeText, name: str) -> Tree:
    """Return the game of a file's nodes, which keep their order; called `name` if the file has no title.

    Chance events whose probabilities miss 1 by rounding are taken as in `summing_to_one`; one
    `RoundedProbabilityWarning` says so. Time and memory grow linearly with the nodes, at any depth.

    Raises
    ------
    FormatError
        If the nodes make no tree, or something is mentioned that is not described or described in two ways.
    """
    builder = _Builder(source, text.players)
    for node in text.nodes:
        builder.add(node)
    return builder.game(text.title or name)


class _Open:
    """A node that has children yet to come."""

    __slots__ = ("labels", "line", "node", "probabilities")

    def __init__(self, node: int, line: int, labels: Sequence[str], probabilities: Sequence[Fraction]) -> None:
        self.node, self.line = node, line
        self.labels, self.probabilities = list(reversed(labels)), list(reversed(probabilities))


class _Described:
    """What a number of the file stands for, from its first mention on."""

    __slots__ = ("index", "line", "said")

    def __init__(self, index: int, line: int, said: tuple[object, ...]) -> None:
        self.index, self.line, self.said = index, line, said


class _Builder:
    """The arrays of a game, filled node by node."""

    def __init__(self, source: Source, players: tuple[str, ...]) -> None:
        self._source = source
        self._players = players
        self._number = Numbers(source)
        self._open: list[_Open] = []
        self._moves: dict[tuple[int, int], _Described] = {}
        self._events: dict[int, _Described] = {}
        self._paid: dict[int, _Described] = {}
        self._sets: list[InformationSet] = []
        self._laws: list[tuple[tuple[str, ...], tuple[Fraction, ...]]] = []
        self._outcomes: list[tuple[Fraction, ...]] = []
        self._rounded: list[tuple[int, Fraction, str]] = []
        self._parent: list[int] = []
        self._owner: list[int] = []
        self._information: list[int] = []
        self._outcome: list[int] = []
        self._probability: list[Fraction] = []
        self._labels: list[str] = []

    def add(self, node: Node) -> None:
        """Take the next node in prefix order."""
        self._place(node)
        owner, information = TERMINAL, -1
        labels: Sequence[str] = ()
        probabilities: Sequence[Fraction] = ()
        if node.kind == "c":
            owner = CHANCE
            labels, probabilities = self._laws[self._event(node)]
        elif node.kind == "p":
            information = self._information_set(node)
            owner, labels = self._sets[information].agent, self._sets[information].actions
            probabilities = (_ONE,) * len(labels)
        if labels:
            self._open.append(_Open(len(self._owner), node.line, labels, probabilities))
        self._owner.append(owner)
        self._information.append(information)
        self._outcome.append(self._outcome_of(node.outcome, node.payoffs))

    def game(self, name: str) -> Tree:
        """Return the game of all nodes taken."""
        if self._open:
            waiting = sum(len(parent.labels) for parent in self._open)
            last = self._open[-1]
            message = (
                f"found the end of the file, expected {waiting} more node{'s' * (waiting != 1)}, the first of which"
            )
            message += f" follows {clip(repr(last.labels[-1]))} at the node on line {last.line}; complete the file"
            raise self._source.error(self._source.last_line, message)
        self._warn()
        return Tree(
            name=name,
            agents=self._players,
            parent=np.array(self._parent, dtype=np.int64),
            owner=np.array(self._owner, dtype=np.int64),
            information=np.array(self._information, dtype=np.int64),
            sets=tuple(self._sets),
            probability=tuple(self._probability),
            outcome=np.array(self._outcome, dtype=np.int64),
            outcomes=tuple(self._outcomes),
            labels=tuple(self._labels),
        )

    def _place(self, node: Node) -> None:
        """Note which branch the node ends."""
        if not self._owner:
            parent, label, probability = -1, "", _ONE
        elif not self._open:
            message = f"found a node ({node.kind!r}), expected the end of the file: the tree is complete; remove it"
            raise self._source.error(node.line, message)
        else:
            above = self._open[-1]
            parent, label, probability = above.node, above.labels.pop(), above.probabilities.pop()
            if not above.labels:
                self._open.pop()
        self._parent.append(parent)
        self._labels.append(label)
        self._probability.append(probability)

    # ---- what numbers stand for ----------------------------------------------------------------------

    def _information_set(self, node: Node) -> int:
        assert node.player is not None
        assert node.move is not None
        player = whole(node.player.text)
        if not player or player > len(self._players):
            expected = f"a player from 1 to {len(self._players)}"
            raise wrong_word(self._source, node.player.line, node.player.text, expected, "correct it")
        number = self._whole(node.move, "the number of an information set")
        what = f"information set {number} of player {clip(repr(self._players[player - 1]))}"
        said = None if node.branches is None else (node.branches.labels, node.branches.name.text)
        known = self._moves.get((player, number))
        if known is None:
            branches = self._first(node.branches, node.move, what, "its name and actions")
            self._sets.append(InformationSet(player - 1, branches.name.text, branches.labels))
            known = _Described(len(self._sets) - 1, branches.name.line, (branches.labels, branches.name.text))
            self._moves[player, number] = known
        elif said is not None and said != known.said:
            assert node.branches is not None
            raise self._differs(node.branches.name.line, what, known, said, ("actions", "a name"))
        return known.index

    def _event(self, node: Node) -> int:
        assert node.move is not None
        number = self._whole(node.move, "the number of an event")
        what = f"chance event {number}"
        known = self._events.get(number)
        said = None
        if node.branches is not None:
            values = tuple(self._number(word.text, word.line) for word in node.branches.numbers)
            said = (node.branches.labels, values, node.branches.name.text)
        if known is None:
            branches = self._first(node.branches, node.move, what, "its name, and labels and probabilities of branches")
            assert said is not None
            law = self._law(branches, said[1])
            self._laws.append((branches.labels, law))
            self._events[number] = known = _Described(len(self._laws) - 1, branches.name.line, said)
        elif said is not None and said != known.said:
            assert node.branches is not None
            raise self._differs(node.branches.name.line, what, known, said, ("branches", "probabilities", "a name"))
        return known.index

    def _outcome_of(self, mention: Word, payoffs: Payoffs | None) -> int:
        number = self._whole(mention, "the number of an outcome")
        if number == 0:
            if payoffs is not None:
                message = "found payoffs of outcome 0, which stands for no outcome; number the outcome from 1"
                raise self._source.error(payoffs.name.line, message)
            return -1
        what = f"outcome {number}"
        known = self._paid.get(number)
        said = None
        if payoffs is not None:
            values = tuple(self._number(word.text, word.line) for word in payoffs.numbers)
            if len(values) != len(self._players):
                found = f"found {len(values)} payoff{'s' * (len(values) != 1)} in {what}"
                message = f"{found}, expected {len(self._players)}, one per player; correct them"
                raise self._source.error(payoffs.numbers[-1].line, message)
            said = (values, payoffs.name.text)
        if known is None:
            first = self._first(payoffs, mention, what, "its name and payoffs")
            assert said is not None
            self._outcomes.append(said[0])
            self._paid[number] = known = _Described(len(self._outcomes) - 1, first.name.line, said)
        elif said is not None and said != known.said:
            assert payoffs is not None
            raise self._differs(payoffs.name.line, what, known, said, ("payoffs", "a name"))
        return known.index

    def _whole(self, word: Word, what: str) -> int:
        number = whole(word.text)
        if number is None:
            raise wrong_word(self._source, word.line, word.text, f"{what}, a whole number from 0", "correct it")
        return number

    def _first(self, said: Said | None, mention: Word, what: str, expected: str) -> Said:
        """Return the description that the first mention has to have."""
        if said is None:
            message = f"found {what} for the first time, expected {expected} after it; describe it here"
            raise self._source.error(mention.line, message)
        return said

    def _differs(
        self, line: int, what: str, known: _Described, said: Sequence[object], parts: Sequence[str]
    ) -> FormatError:
        """Return the error that a description is not the first one; `parts` says what it consists of."""
        for part, now, before in zip(parts, said, known.said, strict=True):
            if now == before:
                continue
            found, expected = _shown(now, before)
            message = f"found {what} with {part} {found}, expected {expected} as on line {known.line}"
            return self._source.error(line, f"{message}; correct one, or give it another number")
        raise AssertionError("unreachable")

    # ---- probabilities -------------------------------------------------------------------------------

    def _law(self, branches: Branches, values: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        for word, value in zip(branches.numbers, values, strict=True):
            if not 0 <= value <= 1:
                raise wrong_word(self._source, word.line, word.text, "a probability from 0 to 1", "correct it")
        line = branches.numbers[-1].line
        total = exact_sum(values)
        if total is None:
            message = f"found probabilities whose common denominator has over {MAX_BITS} binary digits; shorten them"
            raise self._source.error(line, message)
        if total == 1:
            return values
        law = summing_to_one(values)
        if law is None:
            advice = f"correct them, or write fractions like 1/3 (rounding of at most {float(ROUNDED_TOL):g} is mended)"
            raise self._source.wrong(line, f"probabilities that sum to {float(total):.12g}", "1", advice)
        moved = next(k for k, value in enumerate(values) if law[k] != value)
        self._rounded.append((line, total - 1, f"{clip(branches.numbers[moved].text)} as {clip(str(law[moved]))}"))
        return law

    def _warn(self) -> None:
        if not self._rounded:
            return
        line, _, example = self._rounded[0]
        count = len(self._rounded)
        off = float(max(abs(off) for _, off, _ in self._rounded))
        most = f"{off:.3g}" if off else "less than the smallest float"
        found = f"{count} chance event{'s have' if count > 1 else ' has'} probabilities that miss 1 by up to {most}"
        warnings.warn(
            f"{self._source.path.name}:{line}: {found}; taken as rounded and replaced by fractions that sum to 1, each"
            f" moved by at most {float(ROUNDED_TOL):g} ({example})",
            RoundedProbabilityWarning,
            stacklevel=2,
        )


def _shown(now: object, before: object) -> tuple[str, str]:
    """Return two different descriptions as a message shows them: their lengths, or where they differ first."""
    if not isinstance(now, tuple) or not isinstance(before, tuple):
        return clip(repr(now)), clip(repr(before))
    if len(now) != len(before):
        return f"({len(now)} of them)", str(len(before))
    k = next(k for k, (a, b) in enumerate(zip(now, before, strict=True)) if a != b)
    a, b = (repr(x) if isinstance(x, str) else str(x) for x in (now[k], before[k]))
    return f"of which number {k + 1} is {clip(a)}", clip(b)
