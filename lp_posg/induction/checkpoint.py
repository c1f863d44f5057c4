"""Finished parts of a solve on disk, so that a stopped run can go on from them."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import FormatError, ModelError
from lp_posg.files import is_device, read_arrays, remove_drafts, write_whole
from lp_posg.game import Game
from lp_posg.version import __version__

FORMAT_VERSION = 5

# What a file holds beside its part: of which game and name it is, under which rules it was made, and a checksum.
PART_KEY, DIGEST_KEY, SUM_KEY = "about.part", "about.digest", "about.sum"


class Checkpoint:
    """A folder with one file per finished part; a `Store` for the forward and the backward pass.

    `path`: the folder; made if it is not there. `game`: what the parts belong to, or a digest of it where there
    is no `Game`. `options`: everything the answer depends on, as plain values by name.

    Raises ModelError if the folder holds the checkpoint of another game, of other options or of another version; the
    message names what differs; FormatError if the folder cannot be made or read, or holds something else.
    """

    def __init__(self, path: str | PathLike[str], game: Game | str, options: Mapping[str, Any]) -> None:
        if not isinstance(path, (str, PathLike)) or not str(path) or "\0" in str(path):
            raise ModelError(f"checkpoint is {path!r}, expected the name of a folder")
        self.path = Path(path)
        self._game, self._lost = game if isinstance(game, str) else fingerprint(game), False
        wanted = {"format": FORMAT_VERSION, "version": __version__, "game": self._game, **options}
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            entries = sorted(self.path.iterdir())
            odd = [entry.name for entry in entries if is_device(entry)]
        except OSError as error:
            raise FormatError(
                f"{path}: cannot be used as a checkpoint folder: {error.strerror}; choose another place",
                path=str(path),
                line=None,
            ) from None
        if odd:
            raise FormatError(
                f"{path}: cannot be used as a checkpoint folder: {odd[0]} in it is a device or a pipe; remove it",
                path=str(path),
                line=None,
            )
        about = self.path / "about.json"
        if not entries:
            write_whole(about, lambda stream: stream.writelines([json.dumps(wanted, indent=1).encode()]))
            return
        try:
            found = dict(json.loads(about.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise FormatError(
                f"{path}: not a checkpoint, yet not empty; choose another folder", path=str(path), line=None
            ) from None
        wrong = [key for key in wanted if found.get(key) != wanted[key]]
        if wrong:
            key = wrong[0]
            theirs, mine = ("another", "this game") if key == "game" else (found.get(key), wanted[key])
            raise ModelError(
                f"{path}: the checkpoint is of another run: its {key} is {theirs!r}, not {mine!r}; choose another"
                " folder, or remove this one"
            )
        for names in ("depth-*.npz", "solved-*.npz", "round-*.npz"):
            remove_drafts(self.path, names)

    def load(self, name: str, digest: str) -> Mapping[str, Any] | None:
        """Return the arrays of a finished part, or None; a part that cannot be read counts as not finished.

        Raises ModelError if it was computed under other rules of sharing, though of the same name.
        """
        file = self.path / f"{name}.npz"
        try:
            # Nothing is packed in these files: one whose arrays would take more than the file does is none.
            kept = read_arrays(file, file.stat().st_size, "")
            of, made_under, checksum = (str(kept.pop(key)) for key in (PART_KEY, DIGEST_KEY, SUM_KEY))
            is_whole = checksum == _checksum(kept)
        except Exception:  # whatever a damaged file makes numpy raise, the part is to be computed again
            return None
        if of != f"{self._game}/{name}" or not is_whole:
            return None
        if made_under != digest:
            raise ModelError(
                f"{self.path}: the checkpoint is of another run: its sharing has the same name but other rules;"
                " choose another folder, or remove this one"
            )
        return kept

    def save(self, name: str, digest: str, arrays: Mapping[str, Any]) -> None:
        """Write the arrays of a finished part, whole or not at all.

        Where that fails, as on a full disk, the run goes on without: a warning says so once.
        """
        if self._lost:
            return
        parts: dict[str, Any] = {
            **arrays,
            PART_KEY: np.array(f"{self._game}/{name}"),
            DIGEST_KEY: np.array(digest),
            SUM_KEY: np.array(_checksum(arrays)),
        }
        try:
            write_whole(self.path / f"{name}.npz", lambda stream: np.savez(stream, **parts))
        except FormatError as error:
            self._lost = True
            warnings.warn(f"{error}; the run goes on, its checkpoint is as it was", UserWarning, stacklevel=2)


def _checksum(arrays: Mapping[str, Any]) -> str:
    """Return a digest of all arrays of a part: a part that was changed since must not be used."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def fingerprint(game: Game) -> str:
    """Return a digest of everything in a game that an answer depends on, so not of its name."""
    digest = hashlib.sha256()
    labels = (game.agents, game.states, game.actions, game.observations, game.discount)
    digest.update(json.dumps(labels).encode())
    for part in game.parts():
        digest.update(f"{len(part)}".encode())
        for array in part:
            arrays = (array.data, array.indices.astype(np.int64), array.indptr) if sp.issparse(array) else (array,)
            for plain in arrays:
                digest.update(np.ascontiguousarray(plain).tobytes())
    return digest.hexdigest()
