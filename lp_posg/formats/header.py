"""The header of a file: sizes, names, discount, sign of the rewards and the law of the first state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from lp_posg.formats.axes import RESERVED, Names, is_bare_name
from lp_posg.formats.madp.statements import HEADERS, START_SETS, Statement, unexpected
from lp_posg.formats.source import Source, all_numbers, is_number, number, shown, suggestion, unprotect, whole
from lp_posg.types import PROB_TOL, FloatArray

MAX_AGENTS = 30
"""More agents do not fit the axes of a numpy array (two per agent and a few)."""

MAX_LABELS = 1_000_000
"""Most states, or actions or observations of one agent."""

MAX_TABLE = 20_000_000
"""Most rows of a table, and most rewards, that are held at once."""

MAX_STEPS = 10_000
"""Longest horizon of a game that varies with time."""


@dataclass(frozen=True)
class Header:
    """What the statements before the first T, O or R say."""

    agents: Names
    states: Names
    # actions and observations: one per agent
    actions: tuple[Names, ...]
    observations: tuple[Names, ...]
    discount: float
    sign: int  # -1 if the values are costs, else 1
    initial: FloatArray  # shape (S,): sums to 1 within ``PROB_TOL``
    steps: int | None  # The horizon, if the file gives one


def collect(source: Source, found: dict[str, Statement], statement: Statement) -> None:
    """Put a header statement into `found` under its keyword, or raise FormatError if it does not belong there."""
    key = statement.head.keyword.split()[0]
    if key in found:
        expected = f"it once (it stands on line {found[key].line})"
        raise source.wrong(statement.line, f"'{key}:' again", expected, "remove one")
    for line, text in statement.texts():
        if ":" in text:
            raise unexpected(source, line, text)
    found[key] = statement


def read_header(source: Source, found: Mapping[str, Statement], line: int) -> Header:
    """Return the header that the statements `found` make; `line` is where it ends.

    Raises FormatError if one is missing or wrong, or the sizes are beyond the limits of this module.
    """
    missing = [key for key in HEADERS if key not in found]
    if missing:
        names = ", ".join(f"'{key}:'" for key in missing)
        raise source.wrong(line, f"no {names} so far", "it before T, O and R", "add it")
    agents = _agents(source, found["agents"])
    states = _names(source, "a state", _words(source, found["states"]), MAX_LABELS)
    actions = _list_per_agent(source, found["actions"], "an action", agents)
    observations = _list_per_agent(source, found["observations"], "an observation", agents)
    steps = _steps(source, found["horizon"]) if "horizon" in found else None
    n_joint = prod(names.size for names in actions)
    _check_size(source, found["actions"], "states x joint actions x agents", states.size * n_joint * agents.size)
    if steps is not None:
        rows = states.size * n_joint * agents.size * steps
        _check_size(source, found["horizon"], "states x joint actions x agents x steps", rows)
    n_seen = prod(names.size for names in observations)
    _check_size(source, found["observations"], "joint observations", n_seen)
    return Header(
        agents=agents,
        states=states,
        actions=actions,
        observations=observations,
        discount=_discount(source, found["discount"]),
        sign=_sign(source, found["values"]),
        initial=_initial(source, found["start"], states),
        steps=steps,
    )


def _check_size(source: Source, statement: Statement, what: str, size: int) -> None:
    if size > MAX_TABLE:
        raise source.wrong(statement.line, f"{size} {what}", f"at most {MAX_TABLE}", "such a game is too large to hold")


def _words(source: Source, statement: Statement) -> list[tuple[int, str]]:
    """Return the (line, word) pairs of a header statement, at least one."""
    words = [(line, word) for line, text in statement.texts() for word in text.split()]
    if not words:
        keyword = statement.head.keyword
        raise source.wrong(statement.line, f"nothing after '{keyword}:'", "its value", "add it")
    return words


def _single(source: Source, statement: Statement, expected: str) -> tuple[int, str]:
    words = _words(source, statement)
    if len(words) > 1:
        line, word = words[1]
        found = f"{shown(word)} after the value of '{statement.head.keyword}:'"
        raise source.wrong(line, found, f"{expected} only", "remove it")
    return words[0]


def _agents(source: Source, statement: Statement) -> Names:
    words = _words(source, statement)
    agents = _names(source, "an agent", words, MAX_AGENTS)
    if agents.labels is None:
        return Names("an agent", agents.size, tuple(f"agent{i + 1}" for i in range(agents.size)))
    return agents


def _list_per_agent(source: Source, statement: Statement, kind: str, agents: Names) -> tuple[Names, ...]:
    texts = statement.texts()
    _words(source, statement)
    if len(texts) != agents.size:
        line = texts[agents.size][0] if len(texts) > agents.size else texts[-1][0]
        found = f"{len(texts)} lines after '{statement.head.keyword}:'"
        raise source.wrong(line, found, f"{agents.size}, one per agent, each a number or names", "correct them")
    assert agents.labels is not None  # `_agents` always gives labels
    return tuple(
        _names(source, f"{kind} of {agent!r}", [(line, word) for word in text.split()], MAX_LABELS)
        for agent, (line, text) in zip(agents.labels, texts, strict=True)
    )


def _names(source: Source, kind: str, words: list[tuple[int, str]], most: int) -> Names:
    """Return the members that a count or a list of names makes."""
    line, first = words[0]
    count = len(words)
    if count == 1 and is_number(first):
        size = whole(first) or 0
        if not 1 <= size <= most:
            raise source.wrong(line, shown(first), f"a whole number from 1 to {most} or names ({kind} each)")
        return Names(kind, size)
    if count > most:
        raise source.wrong(line, f"{count} names ({kind} each)", f"at most {most}", "use fewer")
    labels: dict[str, int] = {}
    for line, word in words:
        label = _label(source, line, word, kind)
        if label in labels:
            message = f"found {shown(word)} twice (first on line {labels[label]}), expected a new name ({kind})"
            raise source.error(line, f"{message}; rename one")
        labels[label] = line
    return Names(kind, count, tuple(labels))


def _label(source: Source, line: int, word: str, kind: str) -> str:
    if word.startswith('"'):
        return unprotect(word)
    if is_bare_name(word):
        return word
    if word.endswith(","):
        advice = "separate names by spaces, not commas"
    else:
        why = "is reserved" if word in RESERVED else "is a number" if is_number(word) else "is not printable"
        advice = f"it {why}: choose another or quote it"
    raise source.wrong(line, shown(word), f"a name ({kind})", advice)


def _discount(source: Source, statement: Statement) -> float:
    line, word = _single(source, statement, "one number")
    value = number(source, line, word)
    if not 0.0 < value <= 1.0:
        raise source.wrong(line, f"discount {shown(word)}", "a number above 0 and at most 1")
    return value


def _sign(source: Source, statement: Statement) -> int:
    line, word = _single(source, statement, "one word")
    word = unprotect(word) if word.startswith('"') else word
    signs = {"reward": 1, "cost": -1}
    if word not in signs:
        advice = suggestion(word, signs, "correct it")
        raise source.wrong(line, shown(word), "'reward' or 'cost'", advice)
    return signs[word]


def _steps(source: Source, statement: Statement) -> int:
    line, word = _single(source, statement, "one number of steps")
    steps = whole(word) or 0
    if not 1 <= steps <= MAX_STEPS:
        raise source.wrong(line, f"horizon {shown(word)}", f"a whole number of steps from 1 to {MAX_STEPS}")
    return steps


def _initial(source: Source, statement: Statement, states: Names) -> FloatArray:
    words = _words(source, statement)
    if statement.head.keyword in START_SETS:
        return _uniform_over(source, statement, words, states)
    line, first = words[0]
    alone = len(words) == 1
    if alone and first == "uniform":
        return np.full(states.size, 1.0 / states.size)
    is_law = is_number(first) and (whole(first) is None or (states.size == 1 and whole(first) != 0))
    if alone and not is_law:
        law = np.zeros(states.size)
        law[states.position(source, line, first)] = 1.0
        return law
    if len(words) != states.size:
        expected = f"{states.size} probabilities (one per state), a state, or 'uniform'"
        advice = "correct them (for a set of states write 'start include:')"
        raise source.wrong(words[-1][0], f"{len(words)} words after 'start:'", expected, advice)
    law = np.concatenate([all_numbers(source, at, [word]) for at, word in words])
    bad = np.flatnonzero((law < 0) | (law > 1 + PROB_TOL))
    if len(bad):
        at, word = words[int(bad[0])]
        raise source.wrong(at, f"{shown(word)} as a probability of 'start:'", "0 to 1")
    if abs(float(law.sum()) - 1.0) > PROB_TOL:
        found = f"probabilities of 'start:' that sum to {law.sum():.12g}"
        raise source.wrong(
            words[-1][0], found, f"1 within {PROB_TOL:g}", "correct them (an error this large is not rescaled)"
        )
    return law


def _uniform_over(source: Source, statement: Statement, words: list[tuple[int, str]], states: Names) -> FloatArray:
    chosen = np.zeros(states.size, dtype=bool)
    for line, word in words:
        chosen[states.position(source, line, word)] = True
    if statement.head.keyword == "start exclude":
        chosen = ~chosen
    if not chosen.any():
        message = "found every state after 'start exclude:', expected at least one left over; exclude fewer"
        raise source.error(words[-1][0], message)
    return chosen / float(chosen.sum())
