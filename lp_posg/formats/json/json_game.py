"""The ``.json`` format: any game as JSON by a documented schema, exact to the bit, for programs to write and read.

`game_schema` describes the content. Unknown fields are refused, as are keys or entries for one place that stand twice,
and numbers that are not finite.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from lp_posg.files import write_lines
from lp_posg.formats.json.json_reader import read_json
from lp_posg.formats.json.json_schema import SCHEMA
from lp_posg.formats.json.json_text import MAX_TEXT
from lp_posg.formats.registry import Format, check_holds, reader, within
from lp_posg.formats.source import has_half_character
from lp_posg.game import GAME_FORMAT, Game
from lp_posg.types import FloatArray, IntArray, SparseMatrix


def write(game: Game, path: Path) -> None:
    """Write a game to a ``.json`` file from which exactly this game is read.

    Raises UnsupportedError if a name has half a character in it, which JSON parsers refuse, or the text would be too
    long to be read.
    """
    for name in (game.name, *game.agents, *game.states, *chain(*game.actions), *chain(*game.observations)):
        if has_half_character(name):
            check_holds(path, f"the name {name!r} has half a character in it")
    write_lines(path, within(_lines(game), MAX_TEXT, path))


def game_schema() -> dict[str, Any]:
    """Return the JSON schema of ``.json`` game files.

    Examples
    --------
    >>> from lp_posg.formats import game_schema
    >>> game_schema()["required"][:3]
    ['format', 'version', 'agents']
    """
    return deepcopy(SCHEMA)


def _lines(game: Game) -> Iterator[str]:
    transitions, laws, rewards, (initial,), first = game.parts()
    states, actions, seen = (game.n_states,), game.n_actions, game.n_observations
    yield "{"
    yield f'"format": {json.dumps(GAME_FORMAT)},'
    yield '"version": 1,'
    for key in ("name", "discount", "agents", "states", "actions", "observations"):
        yield f"{json.dumps(key)}: {json.dumps(getattr(game, key), ensure_ascii=False)},"
    yield f'"initial": {json.dumps([[s, initial[s].item()] for s in np.flatnonzero(initial).tolist()])},'
    if first:
        yield '"initial_observation": ['
        yield from _table(_cells(first[0], (*states, *seen)))
        yield "],"
    yield from _tables("transition", (_cells(matrix, (*states, *actions, *states)) for matrix in transitions), ",")
    yield from _tables("observation", (_cells(matrix, (*actions, *states, *seen)) for matrix in laws), ",")
    yield from _tables("reward", (_gains(reward, (*states, *actions)) for reward in rewards), "")
    yield "}"


Entries = Iterator[tuple[list[int], list[float]]]


def _tables(key: str, tables: Iterator[Entries], end: str) -> Iterator[str]:
    yield f"{json.dumps(key)}: [["
    for h, entries in enumerate(tables):
        if h:
            yield "], ["
        yield from _table(entries)
    yield f"]]{end}"


def _table(entries: Entries) -> Iterator[str]:
    before = None
    for place, numbers in entries:
        if before is not None:
            yield f"{before},"
        # Python writes lists of whole and of finite numbers as JSON does, and sooner than its encoder.
        before = str([*place, *numbers])
    if before is not None:
        yield before


def _cells(matrix: SparseMatrix, axes: Sequence[int]) -> Entries:
    cells = matrix.tocoo()
    keys = cells.row.astype(np.int64) * matrix.shape[1] + cells.col
    return zip(_places(keys, axes), cells.data[:, None].tolist(), strict=True)


def _gains(reward: FloatArray, axes: Sequence[int]) -> Entries:
    gains = reward.reshape(len(reward), -1)
    # A reward of -0.0 is kept, so that arrays are equal to the bit.
    keys = np.flatnonzero(((gains != 0) | np.signbit(gains)).any(axis=0))
    return zip(_places(keys, axes), gains[:, keys].T.tolist(), strict=True)


def _places(keys: IntArray, axes: Sequence[int]) -> list[list[int]]:
    """Return the position along each axis of each flat position."""
    columns = np.zeros((len(keys), len(axes)), dtype=np.int64)
    for axis in range(len(axes) - 1, -1, -1):
        keys, columns[:, axis] = np.divmod(keys, axes[axis])
    places: list[list[int]] = columns.tolist()
    return places


FORMAT = Format(name="json", extensions=(".json",), read=reader(read_json), write_game=write, packs=True)
