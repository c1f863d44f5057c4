"""A game as plain arrays with names, and back: what files of arrays hold of it beside its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.game.model import Game
from lp_posg.types import FloatArray, SparseMatrix

LABELS = ("name", "discount", "agents", "states", "actions", "observations")
"""The parts of a game that are no arrays."""

GAME_FORMAT = "lp-posg game"
SOLUTION_FORMAT = "lp-posg solution"
"""What files of arrays say they are, so that one taken for the other is told by name."""

_SPARSE = ("data", "indices", "indptr")


def game_labels(game: Game) -> dict[str, Any]:
    """Return the name, the discount and the labels of a game."""
    return {key: getattr(game, key) for key in LABELS}


def game_arrays(game: Game, prefix: str = "") -> dict[str, Any]:
    """Return the numbers of a game: ``initial``, ``reward.h``, and the parts of each sparse matrix.

    The last are ``transition.h.data``, ``.indices``, ``.indptr`` and ``.shape``, likewise ``observation.h`` and
    ``initial_observation.0``; h is 0 only where a part does not vary. Shapes are those of `Game.from_matrices`.
    """
    transitions, laws, rewards, initial, first = game.parts()
    arrays: dict[str, Any] = {f"{prefix}initial": initial[0]}
    for name, matrices in (("transition", transitions), ("observation", laws), ("initial_observation", first)):
        for h, matrix in enumerate(matrices):
            at = f"{prefix}{name}.{h}"
            arrays |= {f"{at}.{part}": getattr(matrix, part) for part in _SPARSE}
            arrays[f"{at}.shape"] = np.array(matrix.shape)
    return arrays | {f"{prefix}reward.{h}": reward for h, reward in enumerate(rewards)}


def game_from_arrays(labels: Mapping[str, Any], arrays: Mapping[str, Any], prefix: str = "") -> Game:
    """Return the game whose `game_labels` and `game_arrays` are given.

    Raises
    ------
    ModelError
        If an array holds something that is not a finite number, or the game is none.
    KeyError, ValueError, TypeError, IndexError, OverflowError
        If something is missing, or arrays do not go together as matrices.
    """
    first = _matrices(arrays, f"{prefix}initial_observation")
    rewards: list[FloatArray] = []
    while f"{prefix}reward.{len(rewards)}" in arrays:
        rewards.append(arrays[f"{prefix}reward.{len(rewards)}"])
    return Game.from_matrices(
        n_actions=[len(own) for own in labels["actions"]],
        n_observations=[len(own) for own in labels["observations"]],
        transitions=_matrices(arrays, f"{prefix}transition"),
        observation_laws=_matrices(arrays, f"{prefix}observation"),
        rewards=rewards,
        initial=arrays[f"{prefix}initial"],
        initial_observation=first[0] if first else None,
        **labels,
    )


def _matrices(arrays: Mapping[str, Any], name: str) -> list[SparseMatrix]:
    found: list[SparseMatrix] = []
    while f"{name}.{len(found)}.data" in arrays:
        at = f"{name}.{len(found)}"
        parts = tuple(arrays[f"{at}.{part}"] for part in _SPARSE)
        for part in parts:
            if not np.isfinite(part).all():
                raise ModelError(f"{at} holds something that is not a finite number")
        matrix = sp.csr_array(parts, shape=tuple(arrays[f"{at}.shape"]))
        matrix.check_format(full_check=True)
        found.append(matrix)
    return found
