"""Numbers, labels and games in words; everything a screen or a page shows passes through here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.trees import Tree

_NEGLIGIBLE = 1e-13
"""A value this small relative to the rewards of the whole horizon is rounding and shown as 0."""


MOST_DIGITS = 17
"""Digits that tell every two numbers apart."""

_wanted: ContextVar[int | None] = ContextVar("digits", default=None)


@contextmanager
def shown_digits(digits: int | None) -> Iterator[None]:
    """Show all numbers with this many digits meanwhile; each kind with its own if None.

    >>> with shown_digits(3):
    ...     number(2 / 3), short(2 / 3), small(2 / 3)
    ('0.667', '0.667', '0.667')
    """
    token = _wanted.set(digits)
    try:
        yield
    finally:
        _wanted.reset(token)


def _digits(usual: int) -> int:
    """Return how many digits to show of a number of a kind that usually has so many."""
    return usual if (wanted := _wanted.get()) is None else wanted


def clean(text: str) -> str:
    """Return `text` as one line without control characters, whatever the labels in it contain.

    >>> clean("two\\nlines\\x1b[31m")
    'two\\\\nlines\\\\x1b[31m'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def number(value: float, scale: float = 0.0) -> str:
    """Return a number with twelve digits; 0 if it is rounding beside `scale`.

    >>> number(11.015487500000003), number(-1e-16, 120.0), number(-0.0)
    ('11.0154875', '0', '0')
    """
    return "0" if is_rounding(value, scale) else f"{value:.{_digits(12)}g}"


def is_rounding(value: float, scale: float) -> bool:
    """Whether a value is nothing beside `scale`."""
    return abs(value) <= _NEGLIGIBLE * scale


def short(value: float, scale: float = 0.0) -> str:
    """Return a number with eight digits, for a table to fit; 0 if it is rounding beside `scale`.

    >>> short(14 / 3), short(-1e-16, 120.0)
    ('4.6666667', '0')
    """
    return "0" if number(value, scale) == "0" else f"{value:.{_digits(8)}g}"


def gained(value: float | None, allowed: float) -> str:
    """Return what a deviation gains, with a sign; 0 if the tolerance allows it, ``-`` if there is none.

    >>> gained(-1.0, 1e-7), gained(3e-9, 1e-7), gained(0.25, 1e-7), gained(None, 1e-7)
    ('-1', '0', '+0.25', '-')
    """
    if value is None:
        return "-"
    return "0" if abs(value) <= allowed else f"{value:+.{_digits(6)}g}"


def drawn(actions: Mapping[str, float], digits: Callable[[float], str] = number) -> str:
    """Return the actions of positive probability, with their probabilities if there are several.

    >>> drawn({"listen": 1.0, "open": 0.0}), drawn({"listen": 0.25, "open": 0.75})
    ('listen', 'listen 0.25, open 0.75')
    """
    likely = {action: prob for action, prob in actions.items() if prob > 0}
    return ", ".join(likely if len(likely) == 1 else (f"{action} {digits(prob)}" for action, prob in likely.items()))


def numbers(values: Iterable[float], scale: float = 0.0) -> str:
    """Return numbers with a space between them."""
    return " ".join(number(value, scale) for value in values)


def small(value: float) -> str:
    """Return a gap, an error bound or a time with three digits."""
    return f"{value:.{_digits(3)}g}"


def seconds(value: float) -> str:
    """Return a time in seconds, to the millisecond."""
    return f"{value:.3f}"


def yes_no(value: bool | None) -> str:
    """Return yes, no, or unknown."""
    return "unknown" if value is None else "yes" if value else "no"


def kind(game: Game) -> str:
    """Return what kind of game it is by its rewards."""
    if game.is_common_reward:
        return "common reward"
    return "zero-sum" if game.is_zero_sum else "general-sum"


def sizes(game: Game) -> str:
    """Return the sizes of a game in one phrase."""
    start = f"{counted(game.n_agents, 'agent')}, {counted(game.n_states, 'state')}"
    return f"{start}, actions {counts(game.n_actions)}, observations {counts(game.n_observations)}"


def tree_kind(game: Tree) -> str:
    """Return what kind of extensive game it is by what complete paths pay."""
    if game.totals.is_common_payoff:
        return "common payoff"
    return "zero-sum" if game.is_zero_sum else "general-sum"


def tree_sizes(game: Tree) -> str:
    """Return the sizes of an extensive game in one phrase; actions are the most at a set of each agent."""
    sets = [[len(one.actions) for one in game.sets if one.agent == agent] for agent in range(game.n_agents)]
    actions = counts(max(sizes, default=0) for sizes in sets)
    start = f"{counted(game.n_agents, 'agent')}, {counted(game.n_nodes, 'node')}"
    return f"{start}, information sets {counts(map(len, sets))}, actions {actions}"


def counted(n: int, noun: str) -> str:
    """Return a count and its noun.

    >>> counted(1, "step"), counted(2, "step")
    ('1 step', '2 steps')
    """
    return f"{n} {noun}{'s' * (n != 1)}"


def counts(values: Iterable[int]) -> str:
    """Return counts with a space between them.

    >>> counts((3, 3))
    '3 3'
    """
    return " ".join(map(str, values))


def value_scale(game: Game, horizon: int) -> float:
    """Return the largest size a value can have through the rewards of `horizon` steps, in reward units."""
    largest = max(float(abs(game.reward_array(h)).max()) for h in range(game.max_horizon or 1))
    return largest * horizon


def finite(value: Any) -> Any:
    """Return what JSON can hold of nested mappings and lists: numbers that are not finite become None.

    >>> finite({"gaps": (0.0, float("nan"))})
    {'gaps': [0.0, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(part) for key, part in value.items()}
    return [finite(part) for part in value] if isinstance(value, (list, tuple)) else value
