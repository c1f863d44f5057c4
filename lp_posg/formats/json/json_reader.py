"""The reader of ``.json`` files: the schema first, then what it cannot say, then arrays."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.formats.header import MAX_AGENTS, MAX_LABELS, MAX_TABLE
from lp_posg.formats.json.json_schema import FIELDS, At, fault_of_game
from lp_posg.formats.json.json_text import JsonText, path_text
from lp_posg.formats.source import Source, clip
from lp_posg.game import GAME_FORMAT, Game
from lp_posg.game.labels import labelled
from lp_posg.game.matrices import probability_rows
from lp_posg.types import REWARD_LIMIT, FloatArray, IntArray, SparseMatrix

_MAX_KEY = 1 << 62


def read_json(source: Source) -> Game:
    """Return the game in a JSON file, named after the file unless it says otherwise, or raise FormatError."""
    text = JsonText(source)
    value = text.value()
    if isinstance(value, dict) and "format" not in value:
        raise text.wrong((), "no field 'format'", f'"format": {json.dumps(GAME_FORMAT)}', "add it")
    fault = fault_of_game(value)
    if fault is not None:
        raise text.error(*fault)
    return _Reading(text, value, source.stem).game()


class _Reading:
    """A checked file on its way to a game: sizes, and errors that find their line."""

    def __init__(self, text: JsonText, value: dict[str, Any], name: str) -> None:
        self._text = text
        self._file: dict[str, Any] = {key: field.get("default") for key, field in FIELDS.items()} | value
        self._name = name if self._file["name"] is None else self._file["name"]
        self._check_labels()
        self._n_agents = len(value["agents"])
        self._n_states = len(value["states"])
        self._n_actions = tuple(map(len, value["actions"]))
        self._n_seen = tuple(map(len, value["observations"]))
        self._check_sizes()

    def game(self) -> Game:
        """Return the game, or raise FormatError."""
        file, sizes = self._file, self._sizes()
        given = {key: file[key] for key in ("agents", "states", "actions", "observations")}
        labels = labelled(self._n_states, self._n_actions, self._n_seen, **given)
        seen = labels.joint_observation

        def tables(
            key: str, rows: Callable[[int, int], Callable[[int], str]], column: Callable[[int], str]
        ) -> list[Any]:
            parts = file[key]
            return [
                self._matrix((key, h), part, sizes[key], rows(h, len(parts)), column) for h, part in enumerate(parts)
            ]

        moves = tables("transition", labels.move, labels.state)
        laws = tables("observation", labels.law, seen)
        start = self._matrix(("initial",), file["initial"], sizes["initial"], lambda _: "initial", labels.state)
        first = None
        if file["initial_observation"] is not None:
            key = "initial_observation"
            first = self._matrix(
                (key,), file[key], sizes[key], lambda s: f"initial observation in {labels.state(s)}", seen
            )
        try:
            return Game.from_matrices(
                n_actions=self._n_actions,
                n_observations=self._n_seen,
                transitions=moves,
                observation_laws=laws,
                rewards=[self._rewards(("reward", h), table) for h, table in enumerate(file["reward"])],
                initial=start.toarray()[0],
                initial_observation=first,
                discount=file["discount"],
                name=self._name,
                **vars(labels),
            )
        except ModelError as error:
            raise self._text.error(("transition",), str(error)) from None

    def _sizes(self) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return the axes of a row and of a column of each table of probabilities."""
        states, actions, seen = (self._n_states,), self._n_actions, self._n_seen
        return {
            "transition": ((*states, *actions), states),
            "observation": ((*actions, *states), seen),
            "initial": ((), states),
            "initial_observation": (states, seen),
        }

    def _matrix(
        self,
        at: At,
        table: list[list[float]],
        axes: tuple[tuple[int, ...], tuple[int, ...]],
        row_text: Callable[[int], str],
        column_text: Callable[[int], str],
    ) -> SparseMatrix:
        """Return a table of probabilities as a CSR array of distributions, or raise FormatError."""
        n_rows, width = map(prod, axes)
        keys, values = self._entries(at, table, (*axes[0], *axes[1]), 1)
        rows, columns = np.divmod(keys, width)
        given = np.zeros(n_rows, dtype=bool)
        given[rows] = True
        if not given.all():
            missing = row_text(int(np.argmin(given)))
            raise self._text.wrong(at, f"no entry for {missing}", "a distribution", "add it")
        matrix = sp.csr_array((values[:, 0], (rows, columns)), shape=(n_rows, width))
        try:
            return probability_rows(matrix, row_text, column_text)
        except ModelError as error:
            last = np.flatnonzero(rows == error.facts["row"])
            place = (*at, int(last[-1])) if len(last) else at
            raise self._text.error(place, str(error)) from None

    def _rewards(self, at: At, table: list[list[float]]) -> FloatArray:
        """Return the rewards of a table, shape (n, S, A), or raise FormatError."""
        n, axes = self._n_agents, (self._n_states, *self._n_actions)
        keys, values = self._entries(at, table, axes, n)
        beyond = np.argwhere(np.abs(values) > REWARD_LIMIT)
        if len(beyond):
            entry, agent = (int(k) for k in beyond[0])
            found = f"found the reward {values[entry, agent]:g}"
            message = f"{found}, expected a number of size at most {REWARD_LIMIT:g}; rescale the rewards"
            raise self._text.error((*at, entry, len(axes) + agent), message)
        reward = np.zeros((n, prod(axes)))
        reward[:, keys] = values.T
        return reward.reshape(n, self._n_states, -1)

    def _entries(
        self, at: At, table: list[list[float]], axes: tuple[int, ...], n_values: int
    ) -> tuple[IntArray, FloatArray]:
        """Return where the entries of a table stand, as flat positions along `axes`, and their numbers."""
        width = len(axes) + n_values
        for k, entry in enumerate(table):
            if len(entry) != width:
                found = f"found an entry of {len(entry)} numbers in {path_text(at)}"
                expected = f"expected {len(axes)} indices and {n_values} number{'s'[: n_values > 1]}"
                raise self._text.error((*at, k), f"{found}, {expected}; correct it")
        numbers = np.array(table, dtype=np.float64).reshape(-1, width)
        indices = numbers[:, : len(axes)]
        wrong = np.argwhere((indices != np.floor(indices)) | (indices < 0) | (indices >= np.array(axes)))
        if len(wrong):
            row, axis = (int(k) for k in wrong[0])
            found = f"found {table[row][axis]:g} at {path_text((*at, row, axis))}"
            message = f"{clip(found)}, expected an index from 0 to {axes[axis] - 1}; correct it"
            raise self._text.error((*at, row, axis), message)
        keys = np.zeros(len(numbers), dtype=np.int64)
        for axis, size in enumerate(axes):
            keys = keys * size + indices[:, axis].astype(np.int64)
        order = np.argsort(keys, kind="stable")
        twice = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        if len(twice):
            first, second = int(order[twice[0]]), int(order[twice[0] + 1])
            found = f"found {path_text((*at, second))} for the same place as {path_text((*at, first))}"
            raise self._text.error((*at, second), f"{found}, expected one entry for each; remove one")
        return keys, numbers[:, len(axes) :]

    def _check_labels(self) -> None:
        file = self._file
        n = len(file["agents"])
        lists: list[tuple[At, list[str]]] = [((key,), file[key]) for key in ("agents", "states")]
        for key in ("actions", "observations"):
            per_agent = file[key]
            if len(per_agent) != n:
                message = f"found {key} of {len(per_agent)} agents, expected {n}, as many as agents; correct them"
                raise self._text.error((key,), message)
            lists += [((key, i), own) for i, own in enumerate(per_agent)]
        for at, labels in lists:
            if len(set(labels)) < len(labels):
                k = next(k for k, label in enumerate(labels) if label in labels[:k])
                message = f"found {clip(repr(labels[k]))} a second time in {path_text(at)}, expected a new name"
                raise self._text.error((*at, k), f"{message}; rename one")
            if len(labels) > MAX_LABELS:
                message = f"found {len(labels)} names in {path_text(at)}, expected at most {MAX_LABELS}; use fewer"
                raise self._text.error(at, message)

    def _check_sizes(self) -> None:
        """Raise FormatError where arrays would be larger than the text can fill."""
        file, n = self._file, self._n_agents
        if n > MAX_AGENTS:
            raise self._text.wrong(("agents",), f"{n} agents", f"at most {MAX_AGENTS}", "use fewer")
        rows = self._n_states * prod(self._n_actions)
        for at, size in (("transition", rows), ("reward", rows * n * len(file["reward"]))):
            if size > MAX_TABLE:
                message = f"found states and actions that make {size} rows or rewards, expected at most {MAX_TABLE}"
                raise self._text.error((at,), f"{message}; make the game smaller")
        if rows * max(self._n_states, prod(self._n_seen)) >= _MAX_KEY:
            message = "found more joint observations than can be numbered, expected fewer; make the game smaller"
            raise self._text.error(("observations",), message)
