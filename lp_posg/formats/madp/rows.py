"""What a row or a column of a table is called in messages."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from lp_posg.formats.axes import Names


class RowTexts:
    """Texts for the rows of the tables of a game.

    Parameters
    ----------
    states : Names
    actions, observations : tuple of Names
        One per agent.
    """

    def __init__(self, states: Names, actions: tuple[Names, ...], observations: tuple[Names, ...]) -> None:
        self._states = states
        self._actions = actions
        self._observations = observations
        self._n_joint = prod(names.size for names in actions)

    def move(self, step: int, count: int) -> Callable[[int], str]:
        """Return the text of row ``s * A + a`` of the transition of a 0-based step out of `count`."""

        def text(row: int) -> str:
            state, action = divmod(row, self._n_joint)
            return f"transition{_at(step, count)} from {self.state(state)} under {self._action(action)}"

        return text

    def law(self, step: int, count: int) -> Callable[[int], str]:
        """Return the text of row ``a * S + s'`` of the observation law of a 0-based step out of `count`."""

        def text(row: int) -> str:
            action, state = divmod(row, self._states.size)
            return f"observation{_at(step, count)} in next {self.state(state)} after {self._action(action)}"

        return text

    def first(self, row: int) -> str:
        """Return the text of the law of the initial observation in a state."""
        return f"initial observation in {self.state(row)}"

    def state(self, index: int) -> str:
        """Return the text of a state."""
        labels = self._states.labels
        return f"state {str(index) if labels is None else labels[index]!r}"

    def seen(self, flat: int) -> str:
        """Return the text of a joint observation."""
        return f"joint observation {_joint(flat, self._observations)}"

    def _action(self, flat: int) -> str:
        return f"joint action {_joint(flat, self._actions)}"


def _at(step: int, count: int) -> str:
    return f" at step {step + 1}" if count > 1 else ""


def _joint(flat: int, lists: tuple[Names, ...]) -> tuple[str, ...]:
    """Return the labels of a joint index, last agent fastest."""
    labels: list[str] = []
    for names in reversed(lists):
        flat, own = divmod(flat, names.size)
        labels.append(str(own) if names.labels is None else names.labels[own])
    return tuple(reversed(labels))
