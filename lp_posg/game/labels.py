"""What the agents, states, actions and observations of a game are called, and how messages name a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from lp_posg.errors import ModelError


@dataclass(frozen=True)
class Labels:
    """The labels of a game, all checked."""

    agents: tuple[str, ...]
    states: tuple[str, ...]
    # actions and observations: one tuple per agent
    actions: tuple[tuple[str, ...], ...]
    observations: tuple[tuple[str, ...], ...]

    def move(self, step: int, count: int) -> Callable[[int], str]:
        """Return the text of row ``s * A + a`` of the transition of a 0-based step out of `count`."""
        return partial(self._move, _at(step, count))

    def law(self, step: int, count: int) -> Callable[[int], str]:
        """Return the text of row ``a * S + s'`` of the observation law of a 0-based step out of `count`."""
        return partial(self._law, _at(step, count))

    def state(self, index: int) -> str:
        """Return the text of a state."""
        return f"state {self.states[index]!r}"

    def joint_action(self, flat: int) -> str:
        """Return the text of a joint action."""
        return f"joint action {joint_label(flat, self.actions)}"

    def joint_observation(self, flat: int) -> str:
        """Return the text of a joint observation."""
        return f"joint observation {joint_label(flat, self.observations)}"

    def reward(self, step: int, count: int, agent: int, state: int, joint_action: int) -> str:
        """Return the text of one reward of a 0-based step out of `count`."""
        whose = f"reward{_at(step, count)} of agent {self.agents[agent]!r}"
        return f"{whose} in {self.state(state)} under {self.joint_action(joint_action)}"

    def _move(self, at: str, row: int) -> str:
        state, action = divmod(row, prod(map(len, self.actions)))
        return f"transition{at} from {self.state(state)} under {self.joint_action(action)}"

    def _law(self, at: str, row: int) -> str:
        action, state = divmod(row, len(self.states))
        return f"observation{at} in next {self.state(state)} after {self.joint_action(action)}"


def labelled(
    n_states: int,
    n_actions: Sequence[int],
    n_observations: Sequence[int],
    agents: Sequence[str] | None,
    states: Sequence[str] | None,
    actions: Sequence[Sequence[str] | None] | None,
    observations: Sequence[Sequence[str] | None] | None,
) -> Labels:
    """Return the labels given for a game of these sizes; what has none is numbered from 0, agents from 1.

    Raises ModelError if there are more or fewer than the sizes say, or a label stands twice or is empty.
    """
    n = len(n_actions)
    names = check_labels("agents", [f"agent{i + 1}" for i in range(n)] if agents is None else agents, n)
    return Labels(
        names,
        check_labels("states", _numbers(n_states) if states is None else states, n_states),
        _per_agent("actions", names, actions, n_actions),
        _per_agent("observations", names, observations, n_observations),
    )


def _per_agent(
    kind: str, agents: tuple[str, ...], labels: Sequence[Sequence[str] | None] | None, counts: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    if labels is None:
        labels = [None] * len(counts)
    if not isinstance(labels, Collection):
        raise ModelError(f"{kind}: {labels!r} given, expected a sequence of labels per agent")
    if len(labels) != len(counts):
        raise ModelError(f"{kind}: labels given for {len(labels)} agents, expected {len(counts)}")
    return tuple(
        check_labels(f"{kind} of {agent!r}", _numbers(count) if own is None else own, count)
        for agent, own, count in zip(agents, labels, counts, strict=True)
    )


def check_labels(kind: str, labels: Sequence[str], count: int | None = None) -> tuple[str, ...]:
    """Return `labels` as a tuple of unique strings, `count` of them when given.

    Raises ModelError if there are none, the number is wrong, or a label stands twice or is empty.
    """
    if isinstance(labels, str):
        raise ModelError(f"{kind}: {labels!r} given, expected a sequence of labels, not one string")
    try:
        names = tuple(str(label) for label in labels)
    except TypeError:
        raise ModelError(f"{kind}: {labels!r} given, expected a sequence of labels") from None
    if not names:
        raise ModelError(f"{kind}: none given, expected at least one")
    if count is not None and len(names) != count:
        raise ModelError(f"{kind}: {len(names)} labels given, expected {count} to match the arrays")
    seen: set[str] = set()
    for name in names:
        if not name:
            raise ModelError(f"{kind}: a label is empty; give every one a name")
        if name in seen:
            raise ModelError(f"{kind}: label {name!r} stands twice; labels must be unique")
        seen.add(name)
    return names


def joint_label(flat: int, labels: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the labels of a joint index, one per agent; the last agent's runs fastest."""
    index = np.unravel_index(flat, tuple(map(len, labels)))
    return tuple(own[int(i)] for own, i in zip(labels, index, strict=True))


def _numbers(count: int) -> list[str]:
    return [str(i) for i in range(count)]


def _at(step: int, count: int) -> str:
    return f" at step {step + 1}" if count > 1 else ""
