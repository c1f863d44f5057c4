"""The solved stage games of a piece of a block, as workers end them, kept in a store in case the run is stopped."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lp_posg.information.policy import atoms_from
from lp_posg.information.resources import Store
from lp_posg.stage import METHODS, BlockStrategy, added, joined
from lp_posg.types import FloatArray, IntArray

SAVE_SECONDS = (
    2.5  # what is older is kept when the next part ends: less than 5 s of work get lost with parts below that
)


@dataclass(frozen=True)
class Solved:
    """Solved stage games: their strategies and values, shape (B, n)."""

    atoms: BlockStrategy
    values: FloatArray


class Piece:
    """Stage games of a block, numbered from 0, of which more and more are solved.

    `store`: what it keeps under `name`, numbered, counts as solved; `digest` as in `Store`. `size`: how many there are.
    """

    def __init__(self, store: Store | None, name: str, digest: str, size: int, n_agents: int) -> None:
        self._store, self._name, self._digest = store, name, digest
        self._rows: list[IntArray] = []
        self._solved: list[Solved] = []
        self._kept = 0  # how many of these are in the store, the first ones
        self._files = 0
        self._begun = clock.monotonic()
        self._open = np.ones(size, dtype=bool)
        while (kept := None if store is None else store.load(self._file(), digest)) is not None:
            rows = kept["rows"]
            if not self._open[rows].all():
                break  # of another sequence of files, whose beginning was lost
            self._take(rows, _unpacked(kept, n_agents))
            self._kept, self._files = len(self._rows), self._files + 1

    @property
    def is_solved(self) -> bool:
        """Whether all games are."""
        return not self._open.any()

    def lacks(self, rows: slice) -> bool:
        """Whether a game of `rows` is not solved."""
        return bool(self._open[rows].any())

    def add(self, rows: slice, part: Solved) -> None:
        """Take the games of `rows` as solved; from time to time put what is new into the store."""
        self._take(np.arange(len(self._open))[rows], part)
        if clock.monotonic() - self._begun > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Put what is new into the store."""
        if self._store is not None and self._kept < len(self._rows):
            rows, part = _joined(self._rows[self._kept :], self._solved[self._kept :])
            self._store.save(self._file(), self._digest, _packed(rows, part))
            self._kept, self._files = len(self._rows), self._files + 1
        self._begun = clock.monotonic()

    def whole(self) -> Solved:
        """Return all games in their order; only when all are solved."""
        return _joined(self._rows, self._solved)[1]

    def _file(self) -> str:
        """Return the name of the next file."""
        return self._name if self._files == 0 else f"{self._name}-{self._files}"

    def _take(self, rows: IntArray, part: Solved) -> None:
        self._rows.append(rows)
        self._solved.append(part)
        self._open[rows] = False


def _joined(numbers: list[IntArray], parts: list[Solved]) -> tuple[IntArray, Solved]:
    """Return the parts as one, games in ascending order, and the numbers of the games."""
    rows = np.concatenate(numbers)
    whole = Solved(joined([part.atoms for part in parts]), np.concatenate([part.values for part in parts]))
    if (np.diff(rows) > 0).all():
        return rows, whole
    order = np.argsort(rows)
    return rows[order], Solved(whole.atoms.taken(order), whole.values[order])


def _packed(rows: IntArray, part: Solved) -> dict[str, Any]:
    """Return solved games as plain arrays."""
    counts = [part.atoms.n_programs, *(part.atoms.methods.get(m, 0) for m in METHODS)]
    return {"rows": rows, "values": part.values, "counts": np.array(counts), **part.atoms.arrays()}


def _unpacked(kept: Mapping[str, Any], n_agents: int) -> Solved:
    """Return the games that `_packed` wrote."""
    programs, *by_method = kept["counts"].tolist()
    atoms, methods = atoms_from(kept, n_agents), added([dict(zip(METHODS, by_method, strict=True))])
    found = BlockStrategy(atoms.atom_start, atoms.atom_prob, atoms.prescription, programs, methods)
    return Solved(found, kept["values"])
