"""The reader of ``.json`` files: the schema first, then what it cannot say, then arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from lp_posg.errors import ModelError
from lp_posg.formats.axes import Names
from lp_posg.formats.header import MAX_AGENTS, MAX_LABELS, MAX_TABLE
from lp_posg.formats.json.json_text import JsonText, path_text
from lp_posg.formats.madp.rows import RowTexts
from lp_posg.formats.source import Source, clip, suggestion
from lp_posg.game import GAME_FORMAT, Game
from lp_posg.game.validation import probability_rows
from lp_posg.types import REWARD_LIMIT, FloatArray, IntArray, SparseMatrix

if TYPE_CHECKING:
    from lp_posg.formats.json.json_schema import GameFile

_MAX_KEY = 1 << 62

_HALF = re.compile("[\ud800-\udfff]")

At = tuple[str | int, ...]


def read_json(source: Source) -> Game:
    """Return the game in a JSON file, named after the file unless it says otherwise.

    Raises
    ------
    FormatError
        If the file cannot be read or is wrong anywhere; attributes ``path`` and ``line``.
    """
    text = JsonText(source)
    return _Reading(text, _checked(text), source.path.stem).game()


def _checked(text: JsonText) -> GameFile:
    """Return the file's content after a check by the schema."""
    value = text.value()
    # Imported here since only these files need it, and after syntax errors, which need it not.
    from pydantic import ValidationError

    from lp_posg.formats.json.json_schema import GameFile

    if isinstance(value, dict) and "format" not in value:
        raise text.error((), f"found no field 'format', expected \"format\": {json.dumps(GAME_FORMAT)}; add it")
    try:
        file = GameFile.model_validate(value)
        # To Python, and so to the schema, true and 1.0 are equal to 1.
        if type(value["version"]) is not int:
            raise text.error(("version",), f"found {value['version']!r} at version, expected it to be 1; correct it")
        _check_texts(text, value)
        return file
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    path = first["loc"]
    at = clip(path_text(path))
    if first["type"] == "missing":
        raise text.error(path[:-1], f"found no {at}, expected it in a game; add it")
    if first["type"] == "extra_forbidden":
        known = list(GameFile.model_fields)
        advice = suggestion(str(path[-1]), known, "remove it")
        raise text.error(path, f"found the unknown field {at}, expected one of {', '.join(known)}; {advice}")
    expected = _expected(first)
    found = clip(repr(first["input"])[:100])
    raise text.error(path, f"found {found} at {at}, expected it to be {expected[:200]}; correct it")


def _check_texts(text: JsonText, value: Any) -> None:
    """Raise FormatError if the name, or a label, has half a character in it."""
    labels: list[tuple[At, Any]] = [(("name",), value.get("name"))]
    labels += [((key, k), label) for key in ("agents", "states") for k, label in enumerate(value[key])]
    for key in ("actions", "observations"):
        labels += [((key, i, k), label) for i, own in enumerate(value[key]) for k, label in enumerate(own)]
    for path, label in labels:
        if label is not None and _HALF.search(label):
            found = f"found {clip(repr(label))}, which has half a character in it"
            raise text.error(path, f"{found}, expected whole ones (a pair of \\ud800 to \\udfff); correct it")


def _expected(error: Any) -> str:
    """Return what was expected where pydantic found something else, in words about JSON."""
    kind, about = error["type"], error.get("ctx", {})
    if kind in ("model_type", "dict_type"):
        return "an object in braces"
    if kind in ("too_short", "string_too_short"):
        least = about["min_length"]
        what = "a text of at least" if kind == "string_too_short" else "a list of at least"
        return f"{what} {least} {'character' if kind == 'string_too_short' else 'entry' if least == 1 else 'entries'}"
    if kind == "string_unicode":
        return "a text of whole characters"
    return str(error["msg"]).removeprefix("Input should be ").removeprefix("Input should ")


class _Reading:
    """A checked file on its way to a game: sizes, and errors that find their line."""

    def __init__(self, text: JsonText, file: GameFile, name: str) -> None:
        self._text = text
        self._file = file
        self._name = name if file.name is None else file.name
        self._check_labels()
        self._n_agents = len(file.agents)
        self._n_states = len(file.states)
        self._n_actions = tuple(map(len, file.actions))
        self._n_seen = tuple(map(len, file.observations))
        self._check_sizes()
        self._rows = RowTexts(
            Names("a state", self._n_states, tuple(file.states)),
            tuple(Names("an action", len(own), tuple(own)) for own in file.actions),
            tuple(Names("an observation", len(own), tuple(own)) for own in file.observations),
        )

    def game(self) -> Game:
        """Return the game, or raise FormatError."""
        file, sizes, rows = self._file, self._sizes(), self._rows
        n_moves, n_laws = len(file.transition), len(file.observation)
        moves = [
            self._matrix(("transition", h), table, sizes["transition"], rows.move(h, n_moves), rows.state)
            for h, table in enumerate(file.transition)
        ]
        laws = [
            self._matrix(("observation", h), table, sizes["observation"], rows.law(h, n_laws), rows.seen)
            for h, table in enumerate(file.observation)
        ]
        start = self._matrix(("initial",), file.initial, sizes["initial"], lambda _: "initial", rows.state)
        first = None
        if file.initial_observation is not None:
            at = ("initial_observation",)
            first = self._matrix(at, file.initial_observation, sizes["initial_observation"], rows.first, rows.seen)
        try:
            return Game.from_matrices(
                n_actions=self._n_actions,
                n_observations=self._n_seen,
                transitions=moves,
                observation_laws=laws,
                rewards=[self._rewards(("reward", h), table) for h, table in enumerate(file.reward)],
                initial=start.toarray()[0],
                initial_observation=first,
                discount=file.discount,
                name=self._name,
                agents=file.agents,
                states=file.states,
                actions=file.actions,
                observations=file.observations,
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
            raise self._text.error(at, f"found no entry for {missing}, expected a distribution; add it")
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
        n = len(file.agents)
        lists: list[tuple[At, list[str]]] = [(("agents",), file.agents), (("states",), file.states)]
        for key, per_agent in (("actions", file.actions), ("observations", file.observations)):
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
            raise self._text.error(("agents",), f"found {n} agents, expected at most {MAX_AGENTS}; use fewer")
        rows = self._n_states * prod(self._n_actions)
        for at, size in (("transition", rows), ("reward", rows * n * len(file.reward))):
            if size > MAX_TABLE:
                message = f"found states and actions that make {size} rows or rewards, expected at most {MAX_TABLE}"
                raise self._text.error((at,), f"{message}; make the game smaller")
        if rows * max(self._n_states, prod(self._n_seen)) >= _MAX_KEY:
            message = "found more joint observations than can be numbered, expected fewer; make the game smaller"
            raise self._text.error(("observations",), message)
