"""The tables of a file: what its T, O, R and start-observation statements assign, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol, TypeVar

import numpy as np

from lp_posg.formats.axes import Axis, Index
from lp_posg.formats.header import MAX_TABLE, Header
from lp_posg.formats.madp.cells import CellLog
from lp_posg.formats.madp.reward_rules import Place, RewardRules
from lp_posg.formats.madp.shapes import (
    Assignment,
    TableShape,
    check_cells,
    check_field,
    few_keys,
    mesh,
    read_assignment,
)
from lp_posg.formats.madp.statements import Statement
from lp_posg.formats.source import Source, number, shown, whole
from lp_posg.types import IntArray

MAX_WORK = 300_000_000
"""Most cell assignments in one file, wildcards counted in full: about a minute of work."""

_MAX_KEY = 1 << 62


class _Stored(Protocol):
    @property
    def n_stored(self) -> int: ...


_Log = TypeVar("_Log", CellLog, RewardRules)


class Body:
    """The tables that the statements after the header fill.

    ``moves``, ``laws`` and ``gains`` have one entry until a statement names a step, then one per step;
    each entry of ``gains`` holds one log until a statement names an agent, then one per agent.
    """

    def __init__(self, source: Source, header: Header) -> None:
        self._source, self._header = source, header
        state = Axis(source, "state", [header.states])
        action = Axis(source, "joint action", header.actions)
        seen = Axis(source, "joint observation", header.observations)
        n_s, n_a, n_o = state.size, action.size, seen.size
        self.n_rows = n_s * n_a
        self._shapes = {
            "T": TableShape("T", (action, state, state), (n_s, n_a * n_s, 1), 1),
            "O": TableShape("O", (action, state, seen), (n_s * n_o, n_o, 1), 1),
            "R": TableShape("R", (action, state, state, seen), (n_s * n_o, n_a * n_s * n_o, n_o, 1), 1),
            "start-observation": TableShape("start-observation", (state, seen), (n_o, 1), 0),
        }
        self.moves = [CellLog(self.n_rows, n_s)]
        self.laws = [CellLog(self.n_rows, n_o)]
        self.first: CellLog | None = None
        self.gains = [[RewardRules((n_a, n_s, n_s, n_o))]]
        self._work = 0

    def take(self, statement: Statement) -> None:
        """Assign what `statement` says, or raise FormatError."""
        shape = self._shapes[statement.head.keyword]
        if not statement.more:
            parts = statement.rest.split(":")
            if len(parts) == len(shape.axes) + 1 and parts[-1] and not parts[-1].isspace():
                self._entry(shape, statement, parts)
                return
        self._block(shape, statement, read_assignment(self._source, shape, statement))

    # ---- one number, perhaps at wildcards: nearly all lines of most files --------------------------

    def _entry(self, shape: TableShape, statement: Statement, parts: Sequence[str]) -> None:
        line = statement.line
        indices: list[Index] = []
        for axis, part in zip(shape.axes, parts, strict=False):
            index = axis.seen.get(part)
            if index is None:
                check_field(self._source, line, part, shape)
                index = axis.index(line, part)
            indices.append(index)
        self._put_entry(shape, statement, indices, number(self._source, line, parts[-1]))

    def _put_entry(self, shape: TableShape, statement: Statement, indices: Sequence[Index], value: float) -> None:
        if shape.keyword == "R":
            self._put_reward(shape, statement, indices, value)
        else:
            self._put(self._logs(shape.keyword, statement), indices, shape.strides, value, statement.line)

    def _put_reward(self, shape: TableShape, statement: Statement, indices: Sequence[Index], value: float) -> None:
        """Assign a reward at the positions that are named: an axis on which all are meant costs nothing."""
        rules = self._reward_rules(statement)
        place = rules[0].place(indices)
        self._check_keys(place, statement.line)
        logs = [own.log(place.named) for own in rules]
        self._put(logs, place.indices, place.strides, value, statement.line)

    def _put(
        self, logs: Sequence[CellLog], indices: Sequence[Index], strides: Sequence[int], value: float, line: int
    ) -> None:
        few = few_keys(indices, strides)
        if few is not None:
            if len(logs) > 1:
                self._count_cells(line, len(few), logs)
            for log in logs:
                for key in few:
                    log.put(key, value, line)
            return
        self._count_cells(line, _size(indices), logs)
        keys = mesh(indices, strides)
        values, lines = np.full(len(keys), value), np.full(len(keys), line, dtype=np.int64)
        for log in logs:
            log.put_many(keys, values, lines)

    # ---- rows and matrices ------------------------------------------------------------------------

    def _block(self, shape: TableShape, statement: Statement, block: Assignment) -> None:
        given = len(block.indices)
        if given == len(shape.axes):
            self._put_entry(shape, statement, block.indices, float(block.values[0]))
            return
        indices: Sequence[Index] = block.indices
        strides: Sequence[int] = shape.strides[:given]
        if shape.keyword == "R":
            rules = self._reward_rules(statement)
            place = rules[0].place(indices)
            self._check_keys(place, block.line)
            logs, indices, strides = [own.log(place.named) for own in rules], place.indices, place.strides
        else:
            logs = self._logs(shape.keyword, statement)
        count = _size(indices)
        self._count_cells(statement.line, count * len(block.offsets), logs)
        heads = mesh(indices, strides)
        kept = np.ones(len(block.values), dtype=bool)
        if shape.keyword != "R":
            self._clear(shape, heads, block, logs)
            kept = block.values != 0
        keys = np.add.outer(heads, block.offsets[kept]).ravel()
        values, lines = np.tile(block.values[kept], count), np.tile(block.lines[kept], count)
        for log in logs:
            log.put_many(keys, values, lines)

    def _clear(self, shape: TableShape, heads: IntArray, block: Assignment, logs: Sequence[CellLog]) -> None:
        """Empty the rows that a row or matrix is about to fill: its zeros need not be stored."""
        given = len(block.indices)
        ranges = [np.arange(axis.size) for axis in shape.axes[given:-1]]
        offsets = mesh(ranges, shape.strides[given:-1])
        rows = np.add.outer(heads, offsets).ravel() // shape.axes[-1].size
        last = block.lines.reshape(len(offsets), -1)[:, -1]
        for log in logs:
            log.clear_rows(rows, block.line, np.tile(last, len(heads)))

    def _check_keys(self, place: Place, line: int) -> None:
        if place.size >= _MAX_KEY:
            message = "found a reward that names an observation, expected none in a game this large"
            raise self._source.error(line, f"{message}; use * for the observation")

    def _count_cells(self, line: int, cells: int, logs: Sequence[_Stored]) -> None:
        """Raise FormatError where a statement would ask for too much memory or time."""
        new = cells * len(logs)
        check_cells(self._source, line, new)
        check_cells(self._source, line, new + sum(log.n_stored for log in logs) // 2)
        self._work += new
        if self._work > MAX_WORK:
            raise self._source.wrong(line, f"over {MAX_WORK} cell assignments so far", "fewer", "use fewer wildcards")

    # ---- steps and agents ---------------------------------------------------------------------

    def _logs(self, keyword: str, statement: Statement) -> list[CellLog]:
        if keyword == "start-observation":
            self.first = self.first or CellLog(*(axis.size for axis in self._shapes[keyword].axes))
            return [self.first]
        logs = self.moves if keyword == "T" else self.laws
        if statement.head.step is None:
            return logs
        time = self._time(statement, keyword)
        self._split(statement.line, logs, self._n_steps(keyword))
        return [logs[time]]

    def _reward_rules(self, statement: Statement) -> list[RewardRules]:
        head = statement.head
        steps = self.gains
        if head.step is not None:
            time = self._time(statement, "R")
            if len(steps) == 1:
                self._check_copies(statement.line, steps[0], self._n_steps("R"))
                steps += [[log.copy() for log in steps[0]] for _ in range(self._n_steps("R") - 1)]
            steps = [steps[time]]
        if head.agent is None:
            return [log for logs in steps for log in logs]
        every = self._header.agents
        agents = range(every.size) if head.agent == "*" else [every.position(self._source, statement.line, head.agent)]
        for logs in self.gains:
            self._split(statement.line, logs, self._header.agents.size)
        return [logs[agent] for logs in steps for agent in agents]

    def _split(self, line: int, logs: list[_Log], count: int) -> None:
        """Replace one log that stands for all of `count` by as many of its own."""
        if len(logs) == 1:
            self._check_copies(line, logs, count)
            logs += [logs[0].copy() for _ in range(count - 1)]

    def _check_copies(self, line: int, logs: Sequence[_Stored], count: int) -> None:
        check_cells(self._source, line, count * sum(log.n_stored for log in logs))

    def _n_steps(self, keyword: str) -> int:
        assert self._header.steps is not None  # `_time` has made sure of it
        return self._header.steps - (keyword == "O")

    def _time(self, statement: Statement, keyword: str) -> int:
        """Return the 0-based step that a statement names, or raise FormatError."""
        text = str(statement.head.step)
        if self._header.steps is None:
            message = f"found a step ('{keyword}@{text}') in a file without 'horizon:', expected one in the header"
            raise self._source.error(statement.line, f"{message}; add it")
        step = whole(text)
        last = self._n_steps(keyword)
        if step is None or not 1 <= step <= last:
            allowed = f"1 to {last}" if last else "none: with one step no observation counts"
            raise self._source.wrong(statement.line, f"step {shown(text)} after '{keyword}@'", allowed)
        table = MAX_TABLE // self.n_rows
        if last > table:
            message = f"found steps in a table of {self.n_rows} rows, expected at most {table} steps of that size"
            raise self._source.error(statement.line, f"{message}; use a smaller horizon")
        return step - 1


def _count(index: Index) -> int:
    return 1 if isinstance(index, int) else len(index)


def _size(indices: Sequence[Index]) -> int:
    """Return the number of combinations of positions."""
    return prod(_count(index) for index in indices)
