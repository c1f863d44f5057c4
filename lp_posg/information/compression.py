"""Compression of common information: the paper's expected approximate common-information models.

A compressed common information c^ has a state, an update phi(c^, z), and an attached belief
P~(s, p | c^); together they generate the model that is planned in:

    P~(z | c^, prescriptions), r~(c^, prescriptions)   from the attached belief, one step ahead
    c^' = phi(c^, z)

A `Compression` does this for all states of a depth at once, on arrays. To add one: write a class
with its three members and its `CompressionForm` in a new file, and list the form in ``COMPRESSIONS``
(see ``information/names``). A `CompressionRule` does it state by state, in plain Python.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from lp_posg.brevity import brief
from lp_posg.checks import called
from lp_posg.errors import ModelError
from lp_posg.game import Game
from lp_posg.information.lookup import divided_rows, row_sums
from lp_posg.information.tables import SplitTable
from lp_posg.types import FloatArray, IntArray, SparseMatrix

FLOOR = 1e-100
"""Least share of anything possible in a law or a mean, so that it does not vanish in long games."""

State = Mapping[str, Any]
"""What a compression remembers of the states of one depth: arrays and sparse matrices by name."""


@dataclass(frozen=True)
class Step:
    """One step of the forward pass.

    Attributes
    ----------
    game : Game
    time : int
        0-based step that is taken; -1 at the start, before any action.
    table : SplitTable
        How the step splits private data.
    horizon : int
        Number of steps of the plan.
    watch : callable
        Call it now and then with the number of states so far; it raises when there are too many.
    """

    game: Game
    time: int
    table: SplitTable
    horizon: int
    watch: Callable[[int], None] = field(default=lambda n_states: None)


@dataclass(frozen=True)
class Children:
    """Some pairs (state, increment) of one step, M of them.

    Attributes
    ----------
    parent, increment : int arrays, shape (M,)
        State of the depth before, and flat joint increment.
    rows : CSR array, shape (M, P' * S)
        The parent's attached belief updated by the increment (Bayes), column ``p' * S + s'``.
    weight : float array, shape (M,)
        Probability, under actions drawn uniformly, of coming by this way.
    label : int array, shape (M,)
        Children with different labels are never one state, whatever their beliefs.
    """

    parent: IntArray
    increment: IntArray
    rows: SparseMatrix
    weight: FloatArray
    label: IntArray


@dataclass(frozen=True)
class Compressed:
    """The states of the next depth, N of them.

    Attributes
    ----------
    belief : CSR array, shape (N, P' * S)
        Attached belief of each state.
    member_of : int array, shape (M,)
        phi: the state that each child leads to, children in the order they came.
    representative : int array, shape (N,)
        The first child that leads to each state.
    distance : float
        Largest total variation distance between a child's row and the attached belief of its state,
        where the compression joins states by their beliefs; else 0.
    state : mapping
        What `update` needs at the next step.
    """

    belief: SparseMatrix
    member_of: IntArray
    representative: IntArray
    distance: float = 0.0
    state: State = field(default_factory=dict)


@runtime_checkable
class Compression(Protocol):
    """How common information is compressed."""

    @property
    def name(self) -> str:
        """Shown in reports, stored with solutions and checkpoints; the text that `compression_named` parses, if any."""

    def first(self, step: Step, children: Children) -> Compressed:
        """Return the states of the first depth; called once, with the increments of the start."""

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the states of the next depth; called once per step with the `state` that the last call returned.

        The children come in parts, sorted by parent and increment; consume all of them.
        """


@brief("written", "example")
@dataclass(frozen=True)
class CompressionForm:
    """A built-in compression by name.

    Attributes
    ----------
    written : str
        How it is written: its name, then parameters, if any, after colons.
    example : str
    parse : callable
        From the text behind the name, the first colon included, to the compression; raises ValueError or
        ModelError if the text is not right.
    made : type
        The class that `parse` returns.
    """

    written: str
    example: str
    parse: Callable[[str], Compression]
    made: type[Compression]

    @property
    def name(self) -> str:
        """The word before the first colon."""
        return self.written.partition(":")[0]


def mean_rows(rows: SparseMatrix, weight: FloatArray, member_of: IntArray, n_states: int) -> SparseMatrix:
    """Return the weighted mean of the rows of each class, shape (n_states, width).

    Its support is the union of theirs, so that whatever can happen under a member's belief can
    happen under the mean.
    """
    most = np.zeros(n_states)
    np.maximum.at(most, member_of, weight)
    # Weights may underflow in long games; where all do, all ways to a state count alike.
    largest = most[member_of]
    share = np.where(largest > 0, np.maximum(weight / np.where(largest > 0, largest, 1.0), FLOOR), 1.0)
    mixing = sp.csr_array((share, (member_of, np.arange(len(member_of)))), shape=(n_states, len(member_of)))
    return normalised_rows(mixing @ rows)


def normalised_rows(rows: SparseMatrix) -> SparseMatrix:
    """Return rows scaled to sum to 1, with sorted indices, no stored zeros, and nothing positive below ``FLOOR``."""
    law = sp.csr_array(rows)
    law.sum_duplicates()
    law.eliminate_zeros()
    law = divided_rows(law, row_sums(law))
    law.data = np.maximum(law.data, FLOOR)
    return law


@runtime_checkable
class CompressionRule(Protocol):
    """A compression as a user writes it, a rule on single states.

    Both methods must be pure functions with hashable results. The attached belief of a state is the
    game's law of (s, p) given that state, if actions are drawn uniformly.
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
        what = f"compression {self.name!r}: first_state"
        states = [called(what, self.rule.first_state, step.table.increment_label(int(z))) for z in children.increment]
        return self._grouped([children], states)

    def update(self, step: Step, state: State, children: Iterable[Children]) -> Compressed:
        """Return the rule's states after one more step."""
        parts, label = list(children), cache(step.table.increment_label)
        what = f"compression {self.name!r}: next_state"
        states = [
            called(what, self.rule.next_state, step.time, state["states"][parent], label(z))
            for part in parts
            for parent, z in zip(part.parent.tolist(), part.increment.tolist(), strict=True)
        ]
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
