"""A sharing structure turned into integer tables, one per depth.

All arithmetic on beliefs works on these indices; the structure's own Python maps are called once
per (agent, private information, action, observation) and depth, never per state of the game.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from lp_posg.checks import called
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game.protocols import Sizes
from lp_posg.information.sharing import SharingStructure
from lp_posg.types import IntArray

TABLE_LIMIT = 5_000_000
"""Most (private information, action, observation) triples of one agent at one depth."""


@dataclass(frozen=True)
class SplitTable:
    """How one step turns private information into increments and new private information.

    Attributes
    ----------
    private, next_private, increments : tuple per agent of tuples of hashables
        The labels by index, before and after the step.
    increment_index, next_index : tuple per agent of int arrays, shape (P_i, A_i, O_i)
        Index of the increment and of the next private information. At the start, before any
        action, the shape is (1, 1, O_i), with O_i = 1 if the game has no initial observation.
    """

    private: tuple[tuple[Hashable, ...], ...]
    next_private: tuple[tuple[Hashable, ...], ...]
    increments: tuple[tuple[Hashable, ...], ...]
    increment_index: tuple[IntArray, ...]
    next_index: tuple[IntArray, ...]

    @property
    def n_private(self) -> tuple[int, ...]:
        """Number of private informations of each agent before the step."""
        return tuple(map(len, self.private))

    @property
    def n_next(self) -> tuple[int, ...]:
        """Number of private informations of each agent after the step."""
        return tuple(map(len, self.next_private))

    @property
    def n_increments(self) -> tuple[int, ...]:
        """Number of increments of each agent."""
        return tuple(map(len, self.increments))

    def increment_label(self, joint_increment: int) -> tuple[Hashable, ...]:
        """Return the increments, one per agent, that the flat `joint_increment` stands for."""
        index = np.unravel_index(joint_increment, self.n_increments)
        return tuple(labels[int(i)] for labels, i in zip(self.increments, index, strict=True))


def tables_digest(tables: Sequence[SplitTable]) -> str:
    """Return a digest of some tables, which distinguishes structures of one name."""
    digest = hashlib.sha256()
    for table in tables:
        digest.update(repr((table.private, table.next_private, table.increments)).encode())
        for index in (*table.increment_index, *table.next_index):
            digest.update(np.ascontiguousarray(index).tobytes())
    return digest.hexdigest()


def first_table(game: Sizes, structure: SharingStructure) -> SplitTable:
    """Return the table of the start, before any action; of a `Game` or any other `Sizes`.

    Raises
    ------
    ModelError
        If the structure loses an observation.
    """
    none: list[Sequence[int | None]] = [[None]] * game.n_agents
    seen = [range(count) for count in game.n_observations] if game.has_initial_observation else none
    return _table(structure, (((),),) * game.n_agents, none, seen)


def next_table(game: Sizes, structure: SharingStructure, private: tuple[tuple[Hashable, ...], ...]) -> SplitTable:
    """Return the table of a step that starts with the given private informations.

    Raises
    ------
    ModelError
        If the structure has imperfect recall or its results are not hashable.
    UnsupportedError
        If an agent's private information is beyond ``TABLE_LIMIT``.
    """
    for agent, own in enumerate(private):
        size = len(own) * game.n_actions[agent] * game.n_observations[agent]
        if size > TABLE_LIMIT:
            raise UnsupportedError(
                f"sharing {structure.name!r}: agent {game.agents[agent]!r} has {len(own)} private informations"
                f" at one step, more than this package tabulates; share more, or plan fewer steps;"
                " a game tree needs no table: solve_extensive takes it as it is"
            )
    return _table(
        structure, private, [range(count) for count in game.n_actions], [range(count) for count in game.n_observations]
    )


def _table(
    structure: SharingStructure,
    private: tuple[tuple[Hashable, ...], ...],
    actions: Sequence[Sequence[int | None]],
    observations: Sequence[Sequence[int | None]],
) -> SplitTable:
    columns, what = [], f"sharing {structure.name!r}"
    learnt, kept = f"{what}: increment", f"{what}: retain"
    for agent, own in enumerate(private):
        shape = (len(own), len(actions[agent]), len(observations[agent]))
        increments: dict[Hashable, int] = {}
        retained: dict[Hashable, int] = {}
        flat_z = np.empty(int(np.prod(shape)), dtype=np.int64)
        flat_p = np.empty_like(flat_z)
        for i, triple in enumerate(product(own, actions[agent], observations[agent])):
            z = called(learnt, structure.increment, agent, *triple)
            p = called(kept, structure.retain, agent, *triple)
            try:
                flat_z[i] = increments.setdefault(z, len(increments))
                flat_p[i] = retained.setdefault(p, len(retained))
            except TypeError:
                raise ModelError(
                    f"{what}: increment {z!r} or private information {p!r} is not"
                    " hashable; return tuples of numbers or strings"
                ) from None
        _check_recall(structure, agent, own, shape, flat_z * len(retained) + flat_p)
        columns.append((tuple(retained), tuple(increments), flat_z.reshape(shape), flat_p.reshape(shape)))
    retained_all, increments_all, z_index, p_index = zip(*columns, strict=True)
    return SplitTable(private, retained_all, increments_all, z_index, p_index)


def _check_recall(
    structure: SharingStructure, agent: int, own: tuple[Hashable, ...], shape: tuple[int, int, int], outcome: IntArray
) -> None:
    """Raise ModelError if two (private, observation) pairs leave the agent with the same knowledge."""
    p, _, o = np.unravel_index(np.arange(len(outcome)), shape)
    order = np.argsort(outcome, kind="stable")
    same = outcome[order][1:] == outcome[order][:-1]
    lost = np.flatnonzero(same & ((p[order][1:] != p[order][:-1]) | (o[order][1:] != o[order][:-1])))
    if len(lost):
        i, j = order[lost[0]], order[lost[0] + 1]
        raise ModelError(
            f"sharing {structure.name!r} has imperfect recall: agent {agent + 1} cannot tell apart private"
            f" information {own[p[i]]!r} with observation {int(o[i])} and {own[p[j]]!r} with observation"
            f" {int(o[j])}; keep or share what distinguishes them"
        )
