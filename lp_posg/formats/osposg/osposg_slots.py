"""Actions that cannot be played everywhere, as few actions that can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.formats.header import MAX_TABLE
from lp_posg.types import IntArray


@dataclass(frozen=True)
class Slots:
    """Actions of one player, those that are never playable at one place sharing a slot."""

    members: list[list[int]]  # The file's actions that share each slot
    # shape (places, slots): which of them a slot is at each place; the first playable one where it is none
    action: IntArray

    @property
    def n_slots(self) -> int:
        """Number of slots."""
        return len(self.members)


def slots_of(playable: Sequence[Sequence[int]]) -> Slots:
    """Return slots for the actions playable at each place, each action in the first slot free wherever it is playable.

    Raises ModelError if there are too many places and slots to hold.

    Examples
    --------
    >>> slots = slots_of([[0, 1], [2]])
    >>> slots.members, slots.action.tolist()
    ([[0, 2], [1]], [[0, 1], [2, 2]])
    """
    where: dict[int, list[int]] = {}
    for place, actions in enumerate(playable):
        for action in actions:
            where.setdefault(action, []).append(place)
    # Bit k of a place's number: slot k is taken there.
    taken = [0] * len(playable)
    members: list[list[int]] = []
    for action in sorted(where):
        used = 0
        for place in where[action]:
            used |= taken[place]
        slot = (~used & (used + 1)).bit_length() - 1
        for place in where[action]:
            taken[place] |= 1 << slot
        if slot == len(members):
            members.append([])
        members[slot].append(action)
    if len(playable) * len(members) > MAX_TABLE:
        raise ModelError(f"the game has over {MAX_TABLE} places x actions; make it smaller")
    table = np.repeat(np.array([min(actions) for actions in playable])[:, None], len(members), axis=1)
    for slot, actions in enumerate(members):
        for action in actions:
            table[where[action], slot] = action
    return Slots(members, table)
