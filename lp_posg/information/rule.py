"""A compression given by a rule on single states, in plain Python: what a user writes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.information.compression import Children, Compressed, State, Step, mean_rows


@runtime_checkable
class CompressionRule(Protocol):
    """What a user's own compression has to provide.

    Both methods must be pure functions with hashable results. The attached belief of a state is what
    the game's law says of (s, p) given that state, if actions are drawn uniformly.
    """

    @property
    def name(self) -> str:
        """Shown in reports and stored with solutions."""

    def first_state(self, increment: tuple[Hashable, ...]) -> Hashable:
        """Return the state after the start; `increment` has one entry per agent (see `SharingStructure`)."""

    def next_state(self, time: int, state: Hashable, increment: tuple[Hashable, ...]) -> Hashable:
        """Return phi(c^, z); called once per state and increment possible at the 0-based step `time`."""


@dataclass(frozen=True)
class Ruled:
    """The `Compression` that a rule stands for."""

    rule: CompressionRule

    @property
    def name(self) -> str:
        """The rule's."""
        return self.rule.name

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the rule's states after the start."""
        states = [self.rule.first_state(step.table.increment_label(int(z))) for z in children.increment]
        return self._grouped([children], states)

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the rule's states after one more step."""
        parts = list(children)
        held, labels = state["states"], {}
        states = []
        for part in parts:
            for parent, z in zip(part.parent.tolist(), part.increment.tolist(), strict=True):
                if z not in labels:
                    labels[z] = step.table.increment_label(z)
                states.append(self.rule.next_state(step.time, held[parent], labels[z]))
        return self._grouped(parts, states)

    def _grouped(self, parts: list[Children], states: list[Hashable]) -> Compressed:
        number: dict[Hashable, int] = {}
        try:
            member_of = np.array([number.setdefault(state, len(number)) for state in states], dtype=np.int64)
        except TypeError:
            raise ModelError(
                f"compression {self.name!r}: a state is not hashable; return tuples of numbers or strings"
            ) from None
        rows = sp.csr_array(sp.vstack([part.rows for part in parts], format="csr"))
        weight = np.concatenate([part.weight for part in parts])
        belief = mean_rows(rows, weight, member_of, len(number))
        _, representative = np.unique(member_of, return_index=True)
        return Compressed(belief, member_of, representative, 0.0, {"states": tuple(number)})
