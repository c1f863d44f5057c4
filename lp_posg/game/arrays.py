"""A game as named plain arrays, and back: what files of arrays hold beside its labels."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from math import prod
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


def promised_arrays(labels: Mapping[str, Any], promised: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the names of a stored game's arrays, whose promised shapes and types are those that its labels call for.

    Judged by what the headers of the arrays say (`lp_posg.files.Promise`), before anything large is read.

    Raises
    ------
    ModelError
        If a shape or a type is another.
    KeyError, ValueError, TypeError
        If something is missing, or labels are none.
    """
    _check_labels(labels)
    n_states, n = len(labels["states"]), len(labels["agents"])
    n_joint, n_seen = (prod(map(len, labels[key])) for key in ("actions", "observations"))
    shapes: dict[str, tuple[int, ...]] = {f"{prefix}initial": (n_states,)}
    for name, n_rows, n_columns in (
        ("transition", n_states * n_joint, n_states),
        ("observation", n_joint * n_states, n_seen),
        ("initial_observation", n_states, n_seen),
    ):
        steps = _numbered(promised, f"{prefix}{name}", ".data")
        for at in steps[:1] if name == "initial_observation" else steps:
            n_stored = min(prod(promised[f"{at}.data"].shape), n_rows * n_columns)
            shapes |= {f"{at}.data": (n_stored,), f"{at}.indices": (n_stored,), f"{at}.indptr": (n_rows + 1,)}
            shapes[f"{at}.shape"] = (2,)
    shapes |= dict.fromkeys(_numbered(promised, f"{prefix}reward"), (n, n_states, n_joint))
    for name, shape in shapes.items():
        found = promised[name]
        if found.dtype.kind not in "fiu" or found.dtype.itemsize > 8:
            raise ModelError(f"{name} holds {found.dtype}, expected numbers")
        if found.shape != shape:
            raise ModelError(f"{name} has shape {found.shape}, expected {shape} by the labels and the other arrays")
    return list(shapes)


def _numbered(names: Container[str], stem: str, part: str = "") -> list[str]:
    """Return ``stem.0``, ``stem.1`` and so on, while they are there with this part."""
    found: list[str] = []
    while f"{stem}.{len(found)}{part}" in names:
        found.append(f"{stem}.{len(found)}")
    return found


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
    rewards = [_checked_floats(arrays, name, 3) for name in _numbered(arrays, f"{prefix}reward")]
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
    return [
        checked_csr([arrays[f"{at}.{part}"] for part in _SPARSE], arrays[f"{at}.shape"], at)
        for at in _numbered(arrays, name, ".data")
    ]


def _checked_floats(arrays: Mapping[str, Any], name: str, n_axes: int) -> FloatArray:
    """Return an array of floats on so many axes, or raise ModelError; that they are finite is for `Game` to say."""
    array = arrays[name]
    if array.dtype != np.float64 or array.ndim != n_axes:
        raise ModelError(f"{name} holds {array.dtype} of shape {array.shape}, expected float64 on {n_axes} axes")
    return cast(FloatArray, array)
