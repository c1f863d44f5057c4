"""From the nodes that a ``.efg`` file lists to the tree that they make, every mention checked against the first."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from lp_posg.deadline import check_time
from lp_posg.errors import FormatError, RoundedProbabilityWarning
from lp_posg.formats.gambit.efg_text import Branches, Node, Payoffs, TreeText, Word
from lp_posg.formats.gambit.gambit_text import Numbers, wrong_word
from lp_posg.formats.gambit.rounding import ROUNDED_TOL, exact_sum, summing_to_one
from lp_posg.formats.source import Source, clip, whole
from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree
from lp_posg.trees.plan_payoffs import MAX_BITS
from lp_posg.trees.tree import TreeBuilder

_ONE = Fraction(1)
Key = TypeVar("Key", int, tuple[int, int])


def tree_of(source: Source, text: TreeText, name: str) -> Tree:
    """Return the game of a file's nodes, which keep their order; called `name` if the file has no title.

    Chance events whose probabilities miss 1 by rounding are taken as in `summing_to_one`; one
    `RoundedProbabilityWarning` says so. Time and memory grow linearly with the nodes, at any depth.

    Raises FormatError if the nodes make no tree, or something is mentioned that is not described or described in two
    ways.
    """
    builder = _Builder(source, text.players)
    for node in text.nodes:
        check_time("reading a game tree")
        builder.add(node)
    return builder.game(text.title or name)


class _Open(NamedTuple):
    """A node with branches whose nodes are yet to come: their labels and probabilities, the last first."""

    node: int
    line: int
    branches: list[tuple[str, Fraction]]


class _Described(NamedTuple):
    """What a number of the file stands for, from its first mention on: which of its kind, and the description."""

    place: int
    line: int
    said: tuple[Any, ...]


class _Builder:
    """The nodes of a game, taken one after the other."""

    def __init__(self, source: Source, players: tuple[str, ...]) -> None:
        self._source = source
        self._players = players
        self._number = Numbers(source)
        self._nodes = TreeBuilder()
        self._open: list[_Open] = []
        self._moves: dict[tuple[int, int], _Described] = {}
        self._events: dict[int, _Described] = {}
        self._paid: dict[int, _Described] = {}
        self._sets: list[InformationSet] = []
        self._laws: list[tuple[Fraction, ...]] = []
        self._rounded: list[tuple[int, Fraction, str]] = []

    def add(self, node: Node) -> None:
        """Take the next node in prefix order."""
        place = self._place(node)
        owner, information = TERMINAL, -1
        branches: Iterable[tuple[str, Fraction]] = ()
        if node.kind == "c":
            owner = CHANCE
            event = self._event(node)
            branches = zip(event.said[0], self._laws[event.place], strict=True)
        elif node.kind == "p":
            information = self._information_set(node)
            owner = self._sets[information].agent
            branches = ((label, _ONE) for label in self._sets[information].actions)
        number = self._nodes.add(*place, owner, information, self._outcome_of(node.outcome, node.payoffs))
        if owner != TERMINAL:
            self._open.append(_Open(number, node.line, list(branches)[::-1]))

    def game(self, name: str) -> Tree:
        """Return the game of all nodes taken."""
        if self._open:
            waiting, last = sum(len(parent.branches) for parent in self._open), self._open[-1]
            expected = f"{waiting} more node{'s' * (waiting != 1)}, the first of which follows"
            expected += f" {clip(repr(last.branches[-1][0]))} at the node on line {last.line}"
            raise self._source.wrong(self._source.last_line, "the end of the file", expected, "complete the file")
        self._warn()
        return self._nodes.tree(name, self._players, self._sets, (paid.said[0] for paid in self._paid.values()))

    def _place(self, node: Node) -> tuple[int, str, Fraction]:
        """Return the parent of a node, and the label and the probability of the branch that it ends."""
        if not self._nodes.parent:
            return -1, "", _ONE
        if not self._open:
            found, expected = f"a node ({node.kind!r})", "the end of the file: the tree is complete"
            raise self._source.wrong(node.line, found, expected, "remove it")
        above = self._open[-1]
        label, probability = above.branches.pop()
        if not above.branches:
            self._open.pop()
        return above.node, label, probability

    # ---- what numbers stand for ----------------------------------------------------------------------

    def _information_set(self, node: Node) -> int:
        assert node.player is not None
        assert node.move is not None
        player = whole(node.player.text)
        if not player or player > len(self._players):
            raise wrong_word(
                self._source, node.player.line, node.player.text, f"a player from 1 to {len(self._players)}"
            )
        number = self._whole(node.move, "the number of an information set")
        what = f"information set {number} of player {clip(repr(self._players[player - 1]))}"
        said = None if node.branches is None else (node.branches.labels, _text(node.branches))
        mention = (node.move, node.branches, what, "its name and actions")
        known = self._described(self._moves, (player, number), said, mention, ("actions", "a name"))
        if known.place == len(self._sets):
            labels, name = known.said
            self._sets.append(InformationSet(player - 1, name or "", labels))
        return known.place

    def _event(self, node: Node) -> _Described:
        assert node.move is not None
        number = self._whole(node.move, "the number of an event")
        said, branches = None, node.branches
        if branches is not None:
            values = tuple(self._number(word.text, word.line) for word in branches.numbers)
            said = (branches.labels, values, _text(branches))
        mention = (node.move, branches, f"chance event {number}", "its name, and labels and probabilities of branches")
        known = self._described(self._events, number, said, mention, ("branches", "probabilities", "a name"))
        if known.place == len(self._laws):
            assert branches is not None
            self._laws.append(self._law(branches, values))
        return known

    def _outcome_of(self, mention: Word, payoffs: Payoffs | None) -> int:
        number = self._whole(mention, "the number of an outcome")
        if number == 0:
            if payoffs is not None:
                message = "found payoffs of outcome 0, which stands for no outcome; number the outcome from 1"
                raise self._source.error(payoffs.line, message)
            return -1
        what, said = f"outcome {number}", None
        if payoffs is not None:
            values = tuple(self._number(word.text, word.line) for word in payoffs.numbers)
            if len(values) != len(self._players):
                found = f"{len(values)} payoff{'s' * (len(values) != 1)} in {what}"
                expected = f"{len(self._players)}, one per player"
                raise self._source.wrong(payoffs.numbers[-1].line, found, expected, "correct them")
            said = (values, _text(payoffs))
        place = (mention, payoffs, what, "its name and payoffs")
        return self._described(self._paid, number, said, place, ("payoffs", "a name")).place

    def _whole(self, word: Word, what: str) -> int:
        number = whole(word.text)
        if number is None:
            raise wrong_word(self._source, word.line, word.text, f"{what}, a whole number from 0")
        return number

    def _described(
        self,
        kind: dict[Key, _Described],
        key: Key,
        said: tuple[Any, ...] | None,
        mention: tuple[Word, Branches | Payoffs | None, str, str],
        parts: Sequence[str],
    ) -> _Described:
        """Return what a number stands for; the first mention has to be described, and later ones alike if at all.

        `mention` is the number, its description, what it is, and what is expected of it; `said` is the description's
        content, and `parts` says what that consists of.
        """
        number, description, what, expected = mention
        known = kind.get(key)
        if known is None and (said is None or description is None):
            found = f"{what} for the first time"
            raise self._source.wrong(number.line, found, f"{expected} after it", "describe it here")
        if description is not None and said is not None:
            known = kind.setdefault(key, _Described(len(kind), description.line, said))
            if any(map(_contradicts, said, known.said)):
                raise self._differs(description.line, what, known, said, parts)
        assert known is not None
        return known

    def _differs(
        self, line: int, what: str, known: _Described, said: Sequence[object], parts: Sequence[str]
    ) -> FormatError:
        """Return the error that a description is not the first one; `parts` says what it consists of."""
        for part, now, before in zip(parts, said, known.said, strict=True):
            if not _contradicts(now, before):
                continue
            found, expected = _shown(now, before)
            message = f"found {what} with {part} {found}, expected {expected} as on line {known.line}"
            return self._source.error(line, f"{message}; correct one, or give it another number")
        raise AssertionError("unreachable")

    # ---- probabilities -------------------------------------------------------------------------------

    def _law(self, branches: Branches, values: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        for word, value in zip(branches.numbers, values, strict=True):
            if not 0 <= value <= 1:
                raise wrong_word(self._source, word.line, word.text, "a probability from 0 to 1")
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


def _text(description: Branches | Payoffs) -> str | None:
    return None if description.name is None else description.name.text


def _contradicts(now: object, before: object) -> bool:
    """Whether two descriptions say different things; a name left out says nothing."""
    return now is not None and before is not None and now != before


def _shown(now: object, before: object) -> tuple[str, str]:
    """Return two different descriptions as a message shows them: their lengths, or where they differ first."""
    if not isinstance(now, tuple) or not isinstance(before, tuple):
        return clip(repr(now)), clip(repr(before))
    if len(now) != len(before):
        return f"({len(now)} of them)", str(len(before))
    k = next(k for k, (a, b) in enumerate(zip(now, before, strict=True)) if a != b)
    a, b = (repr(x) if isinstance(x, str) else str(x) for x in (now[k], before[k]))
    return f"of which number {k + 1} is {clip(a)}", clip(b)
