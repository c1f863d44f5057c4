"""The forms of a T, O, R or start-observation statement: entry, row, matrix, ``uniform``, ``identity``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from lp_posg.errors import FormatError
from lp_posg.formats.axes import Axis, Index
from lp_posg.formats.madp.statements import Statement, unexpected
from lp_posg.formats.source import Source, all_numbers, is_number, number, shown, whole
from lp_posg.types import FloatArray, IntArray

MAX_CELLS = 20_000_000
"""Most cells that one statement may assign, or one table hold."""

_FEW = 64


@dataclass(frozen=True)
class TableShape:
    """Which axes a statement runs over."""

    keyword: str
    axes: tuple[Axis, ...]  # In the order of the file
    strides: tuple[int, ...]  # What one position further along each axis adds to a cell's key
    fewest: int  # Number of axes that have to be given before the numbers

    def forms(self, given: int) -> str:
        """Return, for a message, what is expected after `given` axes."""
        rest = [axis.size for axis in self.axes[given:]]
        if not rest:
            return "one number"
        size = " x ".join(str(size) for size in rest)
        words = "" if self.keyword == "R" else ", or 'uniform'"
        words += ", or 'identity'" if (self.keyword, given) == ("T", 1) else ""
        return f"{prod(rest)} numbers ({size}: {', '.join(axis.kind for axis in self.axes[given:])}){words}"


@dataclass(frozen=True)
class Assignment:
    """What one statement assigns."""

    indices: tuple[Index, ...]  # Positions along the axes given before the numbers
    line: int  # Where the statement begins
    offsets: IntArray  # Keys relative to the positions given, of the cells assigned
    # values and lines: value of each of these cells and where it stands
    values: FloatArray
    lines: IntArray


Text = tuple[int, str]


def read_assignment(source: Source, shape: TableShape, statement: Statement) -> Assignment:
    """Return what a statement assigns, in whatever form it is written, or raise FormatError."""
    fields, data = _split(source, shape, statement)
    given = len(fields)
    indices = tuple(axis.index(line, text) for axis, (line, text) in zip(shape.axes, fields, strict=False))
    rest = shape.axes[given:]
    keyword = data[0][1].strip()
    if rest and shape.keyword != "R" and len(data) == 1 and keyword in ("uniform", "identity"):
        offsets, values = _from_word(source, shape, given, data[0][0], keyword)
        lines = np.full(len(offsets), data[0][0], dtype=np.int64)
        return Assignment(indices, statement.line, offsets, values, lines)
    check_cells(source, statement.line, prod(axis.size for axis in rest))
    values, lines = _numbers(source, shape, given, data)
    return Assignment(indices, statement.line, mesh(_ranges(rest), shape.strides[given:]), values, lines)


def mesh(indices: Sequence[Index], strides: Sequence[int]) -> IntArray:
    """Return the keys of all combinations of positions, the last axis fastest."""
    keys = np.zeros(1, dtype=np.int64)
    for index, stride in zip(indices, strides, strict=True):
        keys = np.add.outer(keys, np.atleast_1d(np.asarray(index, dtype=np.int64)) * stride).ravel()
    return keys


def few_keys(indices: Sequence[Index], strides: Sequence[int]) -> list[int] | None:
    """Return what `mesh` does, as a list, or None where that would be a long one."""
    base, keys = 0, [0]
    for index, stride in zip(indices, strides, strict=True):
        if isinstance(index, int):
            base += index * stride
        elif len(keys) * len(index) > _FEW:
            return None
        else:
            keys = [key + i * stride for key in keys for i in index.tolist()]
    return [base + key for key in keys]


def check_cells(source: Source, line: int, count: int) -> None:
    """Raise FormatError if `count` cells are too many."""
    if count > MAX_CELLS:
        message = f"found a statement that makes the table hold {count} cells, expected at most {MAX_CELLS}"
        raise source.error(line, f"{message}; use fewer wildcards")


def check_field(source: Source, line: int, text: str, shape: TableShape) -> None:
    """Raise FormatError if nothing stands between two colons of a statement."""
    if not text.strip():
        found = f"nothing between two colons of '{shape.keyword}:'"
        raise source.wrong(line, found, "a name, an index or *", "fill it in")


def _ranges(axes: Sequence[Axis]) -> list[IntArray]:
    return [np.arange(axis.size) for axis in axes]


def _split(source: Source, shape: TableShape, statement: Statement) -> tuple[list[Text], list[Text]]:
    """Return the fields that name positions and the lines of numbers, by their colons and line ends."""
    fields, data, is_open = _fields(source, shape, statement)
    for line, text in fields:
        check_field(source, line, text, shape)
    n_axes = len(shape.axes)
    if data and len(fields) == n_axes + 1:
        raise unexpected(source, *data[0])
    if len(fields) > n_axes + 1:
        line, text = fields[n_axes + 1]
        message = f"found {shown(text.strip())} after {n_axes + 1} fields of '{shape.keyword}:', expected no more"
        raise source.error(line, f"{message}; remove it")
    if not data and not is_open and len(fields) > shape.fewest:
        data = [fields.pop()]
    elif not is_open and len(fields) > shape.fewest and _last_is_data(source, shape, fields, data):
        data.insert(0, fields.pop())
    if len(fields) < shape.fewest or (shape.keyword == "R" and len(fields) < 2):
        needed = ", ".join(axis.kind for axis in shape.axes[: 2 if shape.keyword == "R" else shape.fewest])
        message = f"found {len(fields)} fields before the numbers of '{shape.keyword}:', expected at least {needed}"
        raise source.error(statement.line, f"{message}; complete it")
    if not data:
        line = fields[-1][0] if fields else statement.line
        message = f"found nothing after '{shape.keyword}:' with {len(fields)} fields"
        raise source.error(line, f"{message}, expected {shape.forms(len(fields))}; add it")
    return fields, data


def _fields(source: Source, shape: TableShape, statement: Statement) -> tuple[list[Text], list[Text], bool]:
    """Return fields, lines of numbers, and whether a colon ends the last field."""
    fields: list[Text] = [(statement.line, part) for part in statement.rest.split(":")]
    data: list[Text] = []
    is_open = not fields[-1][1].strip()
    if is_open:
        fields.pop()
    for line, text in statement.more:
        begins = not fields and shape.fewest > 0
        if ":" in text:
            parts = text.split(":")
            if data or not (is_open or not parts[0].strip()):
                raise unexpected(source, line, text)
            fields += [(line, part) for part in (parts if is_open else parts[1:])]
            is_open = not parts[-1].strip()
            if is_open:
                fields.pop()
        elif begins:
            fields.append((line, text))
            is_open = False
        else:
            data.append((line, text))
    return fields, data, is_open


def _last_is_data(source: Source, shape: TableShape, fields: list[Text], data: list[Text]) -> bool:
    """Whether the last field has to be numbers, judged by how many numbers there are.

    The count fits both readings only for entries of a short row; then the word decides.
    """
    line, text = fields[-1]
    words = text.split()
    below = sum(len(row.split()) for _, row in data)
    if below + len(words) != prod(axis.size for axis in shape.axes[len(fields) - 1 :]):
        return False
    if below != prod(axis.size for axis in shape.axes[len(fields) :]):
        return True
    if all(whole(word) is not None for word in words):
        message = f"found {shown(text.strip())} before a line end, expected a colon after an index or all numbers"
        raise source.error(line, f"{message} on one line: it could be either; write it so")
    return all(is_number(word) for word in words)


def _from_word(source: Source, shape: TableShape, given: int, line: int, word: str) -> tuple[IntArray, FloatArray]:
    rest = shape.axes[given:]
    if word == "identity":
        if shape.keyword != "T" or given != 1:
            message = f"found 'identity' after {given} fields of '{shape.keyword}:', expected {shape.forms(given)}"
            raise source.error(line, f"{message}; identity is for 'T: joint action :' only")
        size = rest[0].size
        return np.arange(size) * (shape.strides[1] + shape.strides[2]), np.ones(size)
    check_cells(source, line, prod(axis.size for axis in rest))
    offsets = mesh(_ranges(rest), shape.strides[given:])
    return offsets, np.full(len(offsets), 1.0 / rest[-1].size)


def _numbers(source: Source, shape: TableShape, given: int, data: list[Text]) -> tuple[FloatArray, IntArray]:
    expected = prod(axis.size for axis in shape.axes[given:])
    if given == len(shape.axes) and len(data) == 1:
        line, text = data[0]
        return np.array([number(source, line, text)]), np.array([line])
    blocks, lines, count = [], [], 0
    for line, text in data:
        if ":" in text:
            raise unexpected(source, line, text)
        tokens = text.split()
        blocks.append(all_numbers(source, line, tokens))
        lines.append(np.full(len(tokens), line, dtype=np.int64))
        count += len(tokens)
        if count > expected:
            raise _wrong_count(source, shape, given, line, f"at least {count}")
    if count < expected:
        raise _wrong_count(source, shape, given, data[-1][0], str(count))
    return np.concatenate(blocks), np.concatenate(lines)


def _wrong_count(source: Source, shape: TableShape, given: int, line: int, found: str) -> FormatError:
    message = f"found {found} numbers for '{shape.keyword}:' with {given} fields, expected {shape.forms(given)}"
    return source.error(line, f"{message}; correct their number")
