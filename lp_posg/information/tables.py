"""A sharing structure turned into integer tables, one per depth.

All arithmetic on beliefs works on these indices; the structure's own Python maps are called once
per (agent, private information, action, observation) and depth, never per state of the game. Where these
are many, a table lists only those that can happen (`tabulation`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from lp_posg.checks import called
from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.game.protocols import Sizes
from lp_posg.information.lookup import places
from lp_posg.information.sharing import SharingStructure
from lp_posg.types import IntArray, read_only

TABLE_LIMIT = 5_000_000
"""Most (private information, action, observation) triples of one agent at one depth that are all listed."""


@dataclass(frozen=True)
class Triples:
    """Some of an agent's (private information, action, observation) triples: those that can happen."""

    shape: tuple[int, int, int]  # (P_i, A_i, O_i)
    code: IntArray  # shape (T,): the flat index in `shape` of each, ascending

    def __post_init__(self) -> None:
        read_only(self.code)

    def find(self, where: tuple[IntArray, ...]) -> IntArray:
        """Return the number of each triple asked for.

        Raises
        ------
        ModelError
            If one cannot happen.
        """
        at, met = places(self.code, np.ravel_multi_index(where, self.shape))
        if not met.all():
            raise ModelError("an agent sees what cannot happen in the game after what it has seen and done before")
        return at


Listed = tuple[Triples | None, ...]
"""Per agent the triples of a table, None for all of them."""


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
        Where only some triples are listed, shape (T_i,).
    listed : tuple per agent of `Triples` or None
        Which triples these are; None for all.
    """

    private: tuple[tuple[Hashable, ...], ...]
    next_private: tuple[tuple[Hashable, ...], ...]
    increments: tuple[tuple[Hashable, ...], ...]
    increment_index: tuple[IntArray, ...]
    next_index: tuple[IntArray, ...]
    listed: Listed

    @property
    def is_complete(self) -> bool:
        """Whether all triples are listed, so that indices are the same in all games of these sizes."""
        return not any(self.listed)

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

    def place(self, agent: int, where: tuple[IntArray, ...]) -> Any:
        """Return where an agent's triples (private information, action, observation) stand in its arrays."""
        listed = self.listed[agent]
        return where if listed is None else listed.find(where)

    def increment_label(self, joint_increment: int) -> tuple[Hashable, ...]:
        """Return the increments, one per agent, that the flat `joint_increment` stands for."""
        index = np.unravel_index(joint_increment, self.n_increments)
        return tuple(labels[int(i)] for labels, i in zip(self.increments, index, strict=True))


def tables_digest(tables: Sequence[SplitTable]) -> str:
    """Return a digest of some tables, which distinguishes structures of one name."""
    digest = hashlib.sha256()
    for table in tables:
        digest.update(repr((table.private, table.next_private, table.increments)).encode())
        codes = (triples.code for triples in table.listed if triples is not None)
        for index in (*table.increment_index, *table.next_index, *codes):
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
    return _table(structure, (((),),) * game.n_agents, none, seen, (None,) * game.n_agents)


def next_table(
    game: Sizes,
    structure: SharingStructure,
    private: tuple[tuple[Hashable, ...], ...],
    listed: Listed | None = None,
) -> SplitTable:
    """Return the table of a step that starts with the given private informations.

    Parameters
    ----------
    listed : tuple per agent of Triples or None, optional
        The triples to list; all of each agent's if not given.

    Raises
    ------
    ModelError
        If the structure has imperfect recall or its results are not hashable.
    UnsupportedError
        If all of an agent's triples are to be listed, and they are beyond ``TABLE_LIMIT``.
    """
    use = listed or (None,) * game.n_agents
    for agent, triples in enumerate(use):
        if triples is None and table_size(game, private, agent) > TABLE_LIMIT:
            raise too_many(game, structure, private, agent)
    actions, observations = map(range, game.n_actions), map(range, game.n_observations)
    return _table(structure, private, list(actions), list(observations), use)


def table_size(game: Sizes, private: tuple[tuple[Hashable, ...], ...], agent: int) -> int:
    """Return the number of an agent's triples at a step that starts with the given private informations."""
    return len(private[agent]) * game.n_actions[agent] * game.n_observations[agent]


def too_many(
    game: Sizes, structure: SharingStructure, private: tuple[tuple[Hashable, ...], ...], agent: int
) -> UnsupportedError:
    """Return the error for private information beyond what is tabulated."""
    return UnsupportedError(
        f"sharing {structure.name!r}: agent {game.agents[agent]!r} has {len(private[agent])} private informations"
        " at one step, more than this package tabulates; share more, or plan fewer steps"
    )


def _table(
    structure: SharingStructure,
    private: tuple[tuple[Hashable, ...], ...],
    actions: Sequence[Sequence[int | None]],
    observations: Sequence[Sequence[int | None]],
    listed: Listed,
) -> SplitTable:
    columns, what = [], f"sharing {structure.name!r}"
    learnt, kept = f"{what}: increment", f"{what}: retain"
    for agent, own in enumerate(private):
        parts, triples = (own, actions[agent], observations[agent]), listed[agent]
        shape = (len(parts[0]), len(parts[1]), len(parts[2]))
        code = np.arange(prod(shape)) if triples is None else triples.code
        increments: dict[Hashable, int] = {}
        retained: dict[Hashable, int] = {}
        flat_z = np.empty(len(code), dtype=np.int64)
        flat_p = np.empty_like(flat_z)
        for i, triple in enumerate(product(*parts) if triples is None else _members(parts, triples)):
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
        _check_recall(structure, agent, own, np.unravel_index(code, shape), flat_z * len(retained) + flat_p)
        arrays = (flat_z.reshape(shape), flat_p.reshape(shape)) if triples is None else (flat_z, flat_p)
        columns.append((tuple(retained), tuple(increments), *arrays))
    retained_all, increments_all, z_index, p_index = zip(*columns, strict=True)
    return SplitTable(private, retained_all, increments_all, z_index, p_index, listed)


def _members(parts: tuple[Sequence[Any], ...], triples: Triples) -> Iterator[tuple[Any, ...]]:
    """Yield the triples by their labels."""
    index = np.unravel_index(triples.code, triples.shape)
    return zip(*([part[k] for k in at.tolist()] for part, at in zip(parts, index, strict=True)), strict=True)


def _check_recall(
    structure: SharingStructure, agent: int, own: tuple[Hashable, ...], triple: tuple[IntArray, ...], outcome: IntArray
) -> None:
    """Raise ModelError if two (private, observation) pairs leave the agent with the same knowledge."""
    p, _, o = triple
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
