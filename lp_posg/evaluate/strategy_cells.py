"""A strategy's actions and atoms, laid out by the cells of beliefs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.evaluate.heard import HeardAtoms
from lp_posg.game.protocols import Payoffs
from lp_posg.information.levels import Level
from lp_posg.information.lookup import places
from lp_posg.information.policy import PolicyBlock, PolicyStep
from lp_posg.types import FloatArray, IntArray


def cell_actions(game: Payoffs, step: PolicyStep, tag: IntArray, level: Level) -> FloatArray:
    """Return the strategy's P(a | p) in each cell, shape (C, A); `tag` is the strategy's state in each state."""
    chosen = np.zeros((level.n_cells, game.n_joint_actions))
    for block, cells, row, rank in _cells_by_block(step, tag, level):
        used, place = np.unique(row, return_inverse=True)
        position = np.zeros(len(cells), dtype=np.int64)
        for own, known in zip(rank, block.private, strict=True):
            position = position * known.shape[1] + own
        joint = block.joint(used).reshape(len(used), -1, game.n_joint_actions)
        chosen[cells] = joint[place, position]
    return chosen


def atoms_heard(step: PolicyStep, tag: IntArray, level: Level) -> tuple[HeardAtoms, ...]:
    """Return where the atoms of each cell stand; the strategy's own arrays, not copies of them."""
    found = []
    for block, cells, row, rank in _cells_by_block(step, tag, level):
        count = np.diff(block.atom_start)[row]
        found.append(HeardAtoms(cells, block.atom_start[row], count, rank, block.atom_prob, block.prescription))
    return tuple(found)


def _cells_by_block(
    step: PolicyStep, tag: IntArray, level: Level
) -> Iterator[tuple[PolicyBlock, IntArray, IntArray, list[IntArray]]]:
    """Yield each block of strategies with its cells, and for each of these (X) its row and each agent's rank there.

    Raises
    ------
    ModelError
        If a state or a private information stands in no block.
    """
    covered = np.zeros(level.n_nodes, dtype=bool)
    for block in step.blocks:
        row, here = places(block.nodes, tag)
        covered |= here
        cells = np.flatnonzero(here[level.cell_node])
        if not len(cells):
            continue
        at = row[level.cell_node[cells]]
        profile = level.cell_profile[:, cells]
        yield block, cells, at, [_rank(known[at], own) for own, known in zip(profile, block.private, strict=True)]
    if not covered.all():
        raise ModelError("the strategy has no prescription at a state that the game makes possible")


def _rank(known: IntArray, own: IntArray) -> IntArray:
    """Return where each entry of `own` (C,) stands in its row of `known` (C, k)."""
    match = known == own[:, None]
    if not match.any(axis=1).all():
        raise ModelError("the strategy has no prescription for a private information that the game makes possible")
    return np.asarray(match.argmax(axis=1))
