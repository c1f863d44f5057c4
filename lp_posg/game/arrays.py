"""A game as named plain arrays, and back: what files of arrays hold beside its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.game.model import Game
from lp_posg.types import FloatArray, SparseMatrix

LABELS = ("name", "discount", "agents", "states", "actions", "observations")
"""The parts of a game that are not arrays."""

GAME_FORMAT = "lp-posg game"
SOLUTION_FORMAT = "lp-posg solution"
"""What files of arrays say they are, so that messages can name one that is taken for the other."""

MOST_ROWS = 2**53
"""Most rows and columns of a stored matrix: more are no number of states, and would overflow."""

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
        If an array does not hold what it has to, which is checked before it is used, or the game is none.
    KeyError, ValueError, TypeError, IndexError, OverflowError
        If something is missing, or labels are none.
    """
    _check_labels(labels)
    first = _matrices(arrays, f"{prefix}initial_observation")
    rewards: list[FloatArray] = []
    while f"{prefix}reward.{len(rewards)}" in arrays:
        rewards.append(_checked_floats(arrays, f"{prefix}reward.{len(rewards)}", 3))
    return Game.from_matrices(
        n_actions=[len(own) for own in labels["actions"]],
        n_observations=[len(own) for own in labels["observations"]],
        transitions=_matrices(arrays, f"{prefix}transition"),
        observation_laws=_matrices(arrays, f"{prefix}observation"),
        rewards=rewards,
        initial=_checked_floats(arrays, f"{prefix}initial", 1),
        initial_observation=first[0] if first else None,
        **labels,
    )


def _check_labels(labels: Mapping[str, Any]) -> None:
    """Raise ModelError where a label is something that only looks like one."""
    per_agent = (*labels["actions"], *labels["observations"])
    for own in (labels["agents"], labels["states"], *per_agent):
        if not isinstance(own, list) or not all(isinstance(label, str) for label in own):
            raise ModelError("the labels are not lists of texts")
    if not isinstance(labels["name"], str) or isinstance(labels["discount"], (str, bool)):
        raise ModelError("the name is no text, or the discount no number")


def checked_csr(parts: Sequence[Any], shape: Any, name: str) -> SparseMatrix:
    """Return a matrix from the data, indices and indptr of compressed sparse rows, which are not trusted.

    scipy skips some of its checks where the last entry of ``indptr`` is not positive, and reads beyond the arrays then.

    Raises
    ------
    ModelError
        If they are not the rows of such a matrix; the message names the array.
    """
    data, indices, indptr = parts
    _check_row("data", data, (np.float64,), name)
    _check_row("indices", indices, (np.int32, np.int64), name)
    _check_row("indptr", indptr, (np.int32, np.int64), name)
    shape = np.asarray(shape)
    if shape.shape != (2,) or shape.dtype.kind not in "iu" or (shape < 1).any() or (shape > MOST_ROWS).any():
        found = f"{shape.dtype} of shape {shape.shape}" if shape.shape != (2,) else shape.tolist()
        raise ModelError(f"{name}.shape holds {found}, expected two whole numbers from 1 to {MOST_ROWS}")
    n_rows, n_columns = shape.tolist()
    if len(indptr) != n_rows + 1:
        raise ModelError(f"{name}.indptr has {len(indptr)} entries, expected {n_rows + 1}: one per row, and one")
    if indptr[0] != 0 or indptr[-1] != len(data) or (indptr[1:] < indptr[:-1]).any():
        raise ModelError(f"{name}.indptr does not grow from 0 to {len(data)}, the length of {name}.data")
    if len(indices) != len(data):
        raise ModelError(f"{name}.indices has {len(indices)} entries, expected {len(data)}, as many as {name}.data")
    if len(indices) and not 0 <= indices.min() <= indices.max() < n_columns:
        raise ModelError(f"{name}.indices holds a column that does not exist, expected 0 to {n_columns - 1}")
    if not np.isfinite(data).all():
        raise ModelError(f"{name}.data holds something that is not a finite number")
    return sp.csr_array((data, indices, indptr), shape=(n_rows, n_columns))


def _check_row(part: str, array: Any, dtypes: tuple[Any, ...], name: str) -> None:
    """Raise ModelError unless a part of a matrix is one row of numbers of one of the `dtypes`."""
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype not in dtypes:
        found = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ModelError(f"{name}.{part} holds {found}, expected one row of {np.dtype(dtypes[-1])}")


def _matrices(arrays: Mapping[str, Any], name: str) -> list[SparseMatrix]:
    found: list[SparseMatrix] = []
    while f"{name}.{len(found)}.data" in arrays:
        at = f"{name}.{len(found)}"
        found.append(checked_csr([arrays[f"{at}.{part}"] for part in _SPARSE], arrays[f"{at}.shape"], at))
    return found


def _checked_floats(arrays: Mapping[str, Any], name: str, n_axes: int) -> FloatArray:
    """Return an array of floats on so many axes, or raise ModelError; that they are finite is for `Game` to say."""
    array = arrays[name]
    if array.dtype != np.float64 or array.ndim != n_axes:
        raise ModelError(f"{name} holds {array.dtype} of shape {array.shape}, expected float64 on {n_axes} axes")
    return cast(FloatArray, array)
