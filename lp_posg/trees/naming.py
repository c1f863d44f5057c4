"""Names of information sets and actions that are all different, whatever labels a game gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lp_posg.trees.tree import Tree

MOST_SHOWN = 40
"""Most characters of a label in a message."""


def distinct(labels: Sequence[str], word: str) -> list[str]:
    """Return labels that are all different and not empty: where one is not, its place from 1 follows it.

    >>> distinct(["left", "", "right", "right"], "action")
    ['left', 'action [2]', 'right [3]', 'right [4]']
    """
    count = Counter(labels)
    found = [
        label if label and count[label] == 1 else f"{label or word} [{place}]" for place, label in enumerate(labels, 1)
    ]
    if len(set(found)) < len(found):  # a label that looks like a place
        found = [f"{label or word} [{place}]" for place, label in enumerate(labels, 1)]
    return found


def sets_of(game: Tree, agent: int) -> list[int]:
    """Return the numbers of an agent's information sets, in the game's order."""
    return [number for number, own in enumerate(game.sets) if own.agent == agent]


def set_text(game: Tree, number: int) -> str:
    """Return what messages call an information set: its label, or its number from 1 among its agent's."""
    own = game.sets[number]
    if own.label:
        return repr(own.label[:MOST_SHOWN])
    return f"number {sum(other.agent == own.agent for other in game.sets[: number + 1])}"


def set_words(game: Tree, agent: int) -> list[str]:
    """Return a name for each of an agent's information sets."""
    return distinct([game.sets[number].label for number in sets_of(game, agent)], "set")


def action_words(game: Tree, number: int) -> list[str]:
    """Return a name for each action at an information set."""
    return distinct(game.sets[number].actions, "action")
