"""The text of a ``.osposg`` file: what its ten sections say, line by line.

The sections are those of ``games/game_format.txt`` beside HSVIforOSPOSGs.jl (Brozek), the format of the solver of
Horák, Bošanský, Kovařík and Kiekintveld (2023), "Solving zero-sum one-sided partially observable stochastic games",
Artificial Intelligence 316.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lp_posg.formats.header import MAX_LABELS
from lp_posg.formats.source import Source, clip, number, whole
from lp_posg.types import PROB_TOL, REWARD_LIMIT, FloatArray, IntArray

MAX_TEXT = 1 << 26
"""Most characters of a file."""

ROUNDING_CAP = 1e-3
"""Rounding explains at most this much of a sum's distance from 1, however few digits are written."""

COUNTS = [
    "states",
    "partitions",
    "actions of player 1",
    "actions of player 2",
    "observations",
    "transitions",
    "rewards",
]

_PROBABILITY = "a probability from 0 to 1; correct it"
_DIGITS = re.compile(r"(?:\.(\d*))?(?:[eE]([+-]?\d+))?$", re.ASCII)


@dataclass(frozen=True)
class OneSided:
    """A one-sided game: player 1 sees observations and knows the partition, player 2 sees everything."""

    discount: float
    # states, actions and observations: names as in the file, perhaps not unique
    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], tuple[str, ...]]
    observations: tuple[str, ...]
    partition: IntArray  # shape (S,): which partition each state belongs to
    # Actions of player 1 in each partition, and of player 2 in each state
    playable: tuple[list[Sequence[int]], list[Sequence[int]]]
    moves: IntArray  # shape (k, 5): state, action of player 1, action of player 2, observation, next state
    # shape (k,): their probabilities; those of one state and joint action sum to 1 within ``PROB_TOL``
    move_prob: FloatArray
    gains: IntArray  # shape (m, 3): state, action of player 1, action of player 2
    gain: FloatArray  # shape (m,): what player 1 gets and player 2 pays there; 0 elsewhere
    initial: FloatArray  # shape (S,)


def parse_osposg(source: Source) -> OneSided:
    """Return what a file says.

    A sum of probabilities that is off by more than 1e-9 is accepted, and rescaled to 1, if rounding each number to the
    digits written explains it (and it is off by at most ``ROUNDING_CAP``).

    Raises FormatError if the file cannot be read or is wrong anywhere; attributes ``path`` and ``line``.
    """
    return _Parser(source).game()


class _Parser:
    """The lines of a file, taken one section after the other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.text(MAX_TEXT).rstrip().split("\n")
        self._at = 0

    def game(self) -> OneSided:
        sizes, discount = self._header()
        n_states, n_parts, n_first, n_second, n_seen, n_moves, n_gains = sizes
        states, partition = self._states(n_states, n_parts)
        first, second, seen = self._names(n_first), self._names(n_second), self._names(n_seen)
        of_second = [self._playable(n_second, "player 2") for _ in range(n_states)]
        of_first = [self._playable(n_first, "player 1") for _ in range(n_parts)]
        limits = (n_states, n_first, n_second, n_seen, n_states)
        begin = self._at
        moves, words = self._entries(n_moves, limits, "[s] [a] [a'] [o] [s'] [probability]")
        move_prob = self._rescaled(begin, moves, words, limits)
        begin = self._at
        gains, words = self._entries(n_gains, limits[:3], "[s] [a] [a'] [reward]")
        expected = f"a number of size at most {REWARD_LIMIT:g}; rescale the rewards"
        gain = self._numbers(begin, words, -REWARD_LIMIT, REWARD_LIMIT, expected)
        initial = self._initial(partition, n_parts)
        if self._at < len(self._lines):
            found = clip(repr(self._lines[self._at]))
            raise self._source.wrong(self._at + 1, found, "the end of the file", "correct the counts")
        return OneSided(
            discount, states, (first, second), seen, partition, (of_first, of_second), moves, move_prob, gains, gain,
            initial,
        )  # fmt: skip

    def _next(self, expected: str) -> str:
        if self._at == len(self._lines):
            message = f"found the end of the file, expected {expected}; complete it, or correct the counts"
            raise self._source.error(len(self._lines), message)
        self._at += 1
        return self._lines[self._at - 1]

    def _wrong(self, found: str, expected: str, advice: str = "correct it") -> Exception:
        return self._source.wrong(self._at, clip(found), expected, advice)

    def _header(self) -> tuple[list[int], float]:
        words = self._next("counts and a discount").split()
        if len(words) != len(COUNTS) + 1:
            raise self._wrong(f"{len(words)} words", f"8: numbers of {', '.join(COUNTS)}, and the discount")
        sizes = []
        for word, kind in zip(words, COUNTS, strict=False):
            size = whole(word)
            least, most = (1, MAX_LABELS) if kind not in COUNTS[5:] else (0, MAX_TEXT)
            if size is None or not least <= size <= most:
                raise self._wrong(repr(word), f"a number of {kind} from {least} to {most}")
            sizes.append(size)
        discount = number(self._source, self._at, words[-1])
        if not 0 < discount <= 1:
            raise self._wrong(repr(words[-1]), "a discount in (0, 1]")
        return sizes, discount

    def _states(self, n_states: int, n_parts: int) -> tuple[tuple[str, ...], IntArray]:
        names, partition = [], []
        for _ in range(n_states):
            line = self._next("a state: its name and its partition")
            words = line.rsplit(None, 1)
            part = whole(words[1]) if len(words) == 2 else None
            if part is None or part >= n_parts:
                raise self._wrong(repr(line), f"the name of a state and its partition, from 0 to {n_parts - 1}")
            names.append(words[0].strip())
            partition.append(part)
        return tuple(names), np.array(partition, dtype=np.int64)

    def _names(self, count: int) -> tuple[str, ...]:
        names = []
        for _ in range(count):
            name = self._next("a name").strip()
            if not name:
                raise self._wrong("an empty line", "a name", "name it, or correct the counts")
            names.append(name)
        return tuple(names)

    def _playable(self, n_actions: int, who: str) -> Sequence[int]:
        words = self._next(f"the actions that {who} can play").split()
        actions = [whole(word) for word in words]
        found = [action for action in actions if action is not None and action < n_actions]
        if not words or len(found) < len(words) or len(set(found)) < len(found):
            expected = f"the actions that {who} can play: different numbers from 0 to {n_actions - 1}, at least one"
            raise self._wrong(repr(" ".join(words)), expected)
        return found

    def _entries(self, count: int, limits: Sequence[int], form: str) -> tuple[IntArray, list[str]]:
        """Return the indices of a section, shape (count, axes), and the last words of its lines."""
        indices: list[list[int]] = []
        lines: dict[tuple[int, ...], int] = {}
        last: list[str] = []
        for _ in range(count):
            words = self._next(form).split()
            if len(words) != len(limits) + 1:
                raise self._wrong(repr(" ".join(words)), form)
            place = []
            for word, limit in zip(words, limits, strict=False):
                index = whole(word)
                if index is None or index >= limit:
                    raise self._wrong(repr(word), f"an index from 0 to {limit - 1} ({form})")
                place.append(index)
            before = lines.setdefault(tuple(place), self._at)
            if before != self._at:
                raise self._wrong(" ".join(words), f"one line for each entry (line {before} is for it)", "remove one")
            indices.append(place)
            last.append(words[-1])
        return np.array(indices, dtype=np.int64).reshape(count, len(limits)), last

    def _numbers(
        self, begin: int, words: Sequence[str], least: float, most: float, expected: str, step: int = 1
    ) -> FloatArray:
        """Return numbers between bounds, those of one line or of as many lines after line `begin`."""
        values = []
        for line, word in enumerate(words, begin + 1) if step else ((begin, word) for word in words):
            value = number(self._source, line, word)
            if not least <= value <= most:
                raise self._source.error(line, f"found {clip(repr(word))}, expected {expected}")
            values.append(value)
        return np.array(values, dtype=np.float64)

    def _rescaled(self, begin: int, moves: IntArray, words: Sequence[str], limits: Sequence[int]) -> FloatArray:
        """Return the probabilities with each distribution's sum 1 as far as rounding goes, or raise FormatError."""
        prob = self._numbers(begin, words, 0, 1, _PROBABILITY)
        keys = (moves[:, 0] * limits[1] + moves[:, 1]) * limits[2] + moves[:, 2]
        _, row = np.unique(keys, return_inverse=True)
        slack = np.bincount(row, [half_unit(word) for word in words])
        sums = np.bincount(row, prob)
        off = np.flatnonzero(np.abs(sums - 1) > np.maximum(PROB_TOL, np.minimum(slack, ROUNDING_CAP)))
        if len(off):
            last = int(np.flatnonzero(row == off[0])[-1])
            place = ", ".join(f"{axis} {k}" for axis, k in zip("saa", moves[last, :3].tolist(), strict=True))
            raise self._source.error(begin + last + 1, _off(f"transition ({place})", float(sums[off[0]])))
        scale = np.where(np.abs(sums - 1) > PROB_TOL, sums, 1.0)
        return np.asarray(prob / scale[row])

    def _initial(self, partition: IntArray, n_parts: int) -> FloatArray:
        words = self._next("the initial partition and belief").split()
        part = whole(words[0]) if words else None
        if part is None or part >= n_parts:
            raise self._wrong(repr(" ".join(words)), f"the initial partition, from 0 to {n_parts - 1}, and the belief")
        inside = np.flatnonzero(partition == part)
        if len(words) - 1 != len(inside):
            expected = f"{len(inside)}, one for each state of partition {part}"
            raise self._wrong(f"{len(words) - 1} probabilities", expected)
        values = self._numbers(self._at, words[1:], 0, 1, _PROBABILITY, step=0)
        total, slack = float(values.sum()), sum(map(half_unit, words[1:]))
        if abs(total - 1) > max(PROB_TOL, min(slack, ROUNDING_CAP)):
            raise self._source.error(self._at, _off("initial belief", total))
        initial = np.zeros(len(partition))
        initial[inside] = values / total if abs(total - 1) > PROB_TOL else values
        return initial


def half_unit(word: str) -> float:
    """Return half a unit of the last digit written: how far rounding may have moved the number.

    >>> half_unit("0.3333"), half_unit("1"), half_unit("2.5e-2")
    (5e-05, 0.5, 0.0005)
    """
    match = _DIGITS.search(word)
    after, exponent = match.groups() if match else (None, None)
    power = int(exponent or 0) - len(after or "")
    # Beyond this it is nothing, or more than a probability can be.
    return float(f"5e{max(-300, min(power, 0)) - 1}")


def _off(what: str, total: float) -> str:
    return (
        f"{what} sums to {total:.12g}, expected 1 within {PROB_TOL:g}, or within the rounding of the digits written"
        f" (at most {ROUNDING_CAP:g}); correct the row"
    )


def osposg_lines(one_sided: OneSided) -> Iterator[str]:
    """Yield the lines of a file with one partition."""
    first, second = one_sided.actions
    counts = (len(one_sided.states), 1, len(first), len(second), len(one_sided.observations))
    numbers = (*counts, len(one_sided.moves), len(one_sided.gains))
    yield f"{' '.join(map(str, numbers))} {one_sided.discount!r}"
    yield from (f"{name} 0" for name in one_sided.states)
    yield from (*first, *second, *one_sided.observations)
    for players in one_sided.playable[::-1]:
        yield from (" ".join(map(str, actions)) for actions in players)
    for place, value in ((one_sided.moves, one_sided.move_prob), (one_sided.gains, one_sided.gain)):
        for indices, x in zip(place.tolist(), value.tolist(), strict=True):
            yield f"{' '.join(map(str, indices))} {x!r}"
    yield f"0 {' '.join(map(repr, one_sided.initial.tolist()))}"
