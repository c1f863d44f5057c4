"""The ``.dpomdp`` format of MADP (after Cassandra's POMDP files) for a common reward, and our superset ``.posg``.

The latter adds rewards of one agent (``R[agent]:``), the law of an observation made before the first
action (``start-observation:``) and games that vary with time (``horizon:``, ``T@h:``, ``O@h:``, ``R@h:``,
``R@h[agent]:`` with steps counted from 1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from lp_posg.errors import FormatError, ModelError
from lp_posg.formats.header import Header, collect, read_header
from lp_posg.formats.madp.body import Body
from lp_posg.formats.madp.cells import CellLog
from lp_posg.formats.madp.reward_rules import RewardRules
from lp_posg.formats.madp.statements import HEADERS, Statement, iter_statements
from lp_posg.formats.madp.unset_rows import UnsetRows
from lp_posg.formats.madp.writer import write_dpomdp, write_posg
from lp_posg.formats.registry import Format, reader
from lp_posg.formats.source import Source
from lp_posg.game import Game
from lp_posg.game.labels import labelled
from lp_posg.game.matrices import probability_rows
from lp_posg.types import FloatArray, SparseMatrix

_Part = TypeVar("_Part")
Filled = Callable[[CellLog, Callable[[int], str]], SparseMatrix]
_HEADER_KEYS = (*HEADERS, "horizon")


def parse_madp(source: Source) -> Game:
    """Return the game in a file, or raise FormatError."""
    header, body = _read(source)
    return _build(source, header, body)


def _read(source: Source) -> tuple[Header, Body]:
    headers: dict[str, Statement] = {}
    header: Header | None = None
    body: Body | None = None
    for statement in iter_statements(source):
        keyword = statement.head.keyword
        if keyword.split()[0] in _HEADER_KEYS:
            if body is not None:
                raise _late(source, statement, headers)
            collect(source, headers, statement)
            continue
        if body is None:
            header = read_header(source, headers, statement.line)
            body = Body(source, header)
        body.take(statement)
    if header is None or body is None:
        read_header(source, headers, source.last_line)
        raise source.wrong(source.last_line, "no T, O or R after the header", "some", "add them")
    return header, body


def _late(source: Source, statement: Statement, headers: dict[str, Statement]) -> FormatError:
    key = statement.head.keyword.split()[0]
    if key in headers:
        found, advice = f"'{key}:' again (it stands on line {headers[key].line})", "remove one of them"
    else:
        found, advice = f"'{key}:' after T, O or R", "move it up"
    return source.wrong(statement.line, found, "headers before T, O and R", advice)


def _build(source: Source, header: Header, body: Body) -> Game:
    n_actions, n_seen = [names.size for names in header.actions], [names.size for names in header.observations]
    labels = labelled(
        header.states.size,
        n_actions,
        n_seen,
        header.agents.labels,
        header.states.labels,
        [names.labels for names in header.actions],
        [names.labels for names in header.observations],
    )
    seen, n_moves, n_laws = labels.joint_observation, len(body.moves), len(body.laws)
    unset = UnsetRows(source, body.moves, header.initial)
    moves = [
        _distribution(source, log, unset.moves, labels.move(h, n_moves), labels.state)
        for h, log in enumerate(body.moves)
    ]
    laws = [_distribution(source, log, unset.law, labels.law(h, n_laws), seen) for h, log in enumerate(body.laws)]
    first = None
    if body.first is not None:
        text = lambda s: f"initial observation in {labels.state(s)}"  # noqa: E731
        first = _distribution(source, body.first, unset.first, text, seen)
    unset.warn()
    return Game.from_matrices(
        n_actions=n_actions,
        n_observations=n_seen,
        transitions=moves,
        observation_laws=laws,
        rewards=_rewards(source, header, body.gains, moves, laws),
        initial=header.initial,
        initial_observation=first,
        discount=header.discount,
        name=source.stem,
        **vars(labels),
    )


def _rewards(
    source: Source, header: Header, gains: list[list[RewardRules]], moves: list[SparseMatrix], laws: list[SparseMatrix]
) -> list[FloatArray]:
    """Return the expected reward of each agent, one array for all steps or one per step.

    Rewards that do not vary are still given per step when the file has a horizon and nothing else that would carry it.
    """
    tables_vary = len(moves) > 1 or len(laws) > 1
    names_next = any(log.n_stored for logs in gains for log in logs)
    steps = (header.steps or 1) if len(gains) > 1 or names_next or not tables_vary else 1
    rewards = []
    for h in range(steps):
        logs = _at_step(gains, h)
        law = _at_step(laws, h) if h < len(laws) or len(laws) == 1 else None
        if law is None:
            _refuse_last_observation(source, logs, steps)
        own = [header.sign * log.expected(_at_step(moves, h), law) for log in logs]
        rewards.append(np.stack(own if len(own) > 1 else own * header.agents.size))
    return rewards


def _at_step(parts: list[_Part], time: int) -> _Part:
    return parts[time if len(parts) > 1 else 0]


def _refuse_last_observation(source: Source, logs: list[RewardRules], steps: int) -> None:
    line = max(log.named_observation() for log in logs)
    if line:
        expected = f"* there: 'O@h:' gives observations for the steps up to {steps - 1} only"
        raise source.wrong(
            line, f"a reward at step {steps} that names an observation", expected, "use 'R@h:' for those steps"
        )


def _distribution(
    source: Source, log: CellLog, filled: Filled, row_text: Callable[[int], str], column_text: Callable[[int], str]
) -> SparseMatrix:
    """Return a table as a matrix of probability rows, or raise FormatError at the line to blame."""
    try:
        return probability_rows(filled(log, row_text), row_text, column_text)
    except ModelError as error:
        line = log.row_line(int(error.facts["row"]))
        hint = "" if line else "; no line assigns to it"
        raise source.error(line or source.last_line, f"{error}{hint}") from None


DPOMDP = Format("dpomdp", (".dpomdp",), reader(parse_madp, extended=False), write_dpomdp, packs=True)
POSG = Format("posg", (".posg",), reader(parse_madp), write_posg, packs=True)
