"""The writer of ``.posg`` and ``.dpomdp`` files: nonzero entries, exact numbers, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lp_posg.files import write_lines
from lp_posg.formats.axes import is_bare_name
from lp_posg.formats.registry import check_holds
from lp_posg.formats.source import quoted
from lp_posg.game import Game
from lp_posg.types import FloatArray, SparseMatrix


def write_posg(game: Game, path: Path) -> None:
    """Write any game to a ``.posg`` file from which exactly this game is read."""
    write_lines(path, posg_lines(game))


def write_dpomdp(game: Game, path: Path) -> None:
    """Write a game to a ``.dpomdp`` file from which exactly this game is read, or raise UnsupportedError.

    The format holds no rewards that differ between agents, no initial observation, nothing that varies with time and
    no name that needs quotes.
    """
    check_holds(path, _beyond_dpomdp(game))
    write_lines(path, posg_lines(game))


def posg_lines(game: Game) -> Iterator[str]:
    """Yield the lines of a file that holds `game`; they are plain ``.dpomdp`` where that suffices."""
    states = _tokens(game.states)
    actions = _Joint(game.actions)
    seen = _Joint(game.observations)
    yield from _header(game, states)
    first = game.initial_observation_matrix
    if first is not None:
        for s, o, p in _nonzeros(first):
            yield f"start-observation: {states[s]} : {seen[o]} : {p!r}"
    for at, time in _steps(game.transition_matrix, game.max_horizon):
        for s, column, p in _nonzeros(game.transition_matrix(time)):
            a, s_next = divmod(column, game.n_states)
            yield f"T{at}: {actions[a]} : {states[s]} : {states[s_next]} : {p!r}"
    for at, time in _steps(game.observation_matrix, (game.max_horizon or 1) - 1):
        for row, o, p in _nonzeros(game.observation_matrix(time)):
            a, s_next = divmod(row, game.n_states)
            yield f"O{at}: {actions[a]} : {states[s_next]} : {seen[o]} : {p!r}"
    agents = [quoted(label) if "[" in label or "]" in label else _token(label) for label in game.agents]
    for at, time in _steps(game.reward_array, game.max_horizon):
        yield from _rewards(at, game.reward_array(time), agents, states, actions)


class _Joint(dict[int, str]):
    """Joint indices as they are written, one word per agent, each made when it is first used."""

    def __init__(self, labels: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self._words = [_tokens(own) for own in labels]

    def __missing__(self, flat: int) -> str:
        words, left = [], flat
        for own in reversed(self._words):
            left, index = divmod(left, len(own))
            words.append(own[index])
        self[flat] = " ".join(reversed(words))
        return self[flat]


def _header(game: Game, states: Sequence[str]) -> Iterator[str]:
    numbered = tuple(f"agent{i + 1}" for i in range(game.n_agents))
    yield "agents: " + (str(game.n_agents) if game.agents == numbered else " ".join(map(_token, game.agents)))
    yield f"discount: {game.discount!r}"
    yield "values: reward"
    if game.max_horizon is not None:
        yield f"horizon: {game.max_horizon}"
    yield f"states: {_list(game.states)}"
    yield f"start: {_start(game.initial, states)}"
    yield "actions:"
    yield from map(_list, game.actions)
    yield "observations:"
    yield from map(_list, game.observations)


def _start(initial: FloatArray, states: Sequence[str]) -> str:
    certain = np.flatnonzero(initial == 1.0)
    if len(initial) > 1 and len(certain) == 1 and np.count_nonzero(initial) == 1:
        return states[int(certain[0])]
    return " ".join(repr(p) for p in initial.tolist())


def _rewards(
    at: str, reward: FloatArray, agents: Sequence[str], states: Sequence[str], actions: _Joint
) -> Iterator[str]:
    common = (reward == reward[:1]).all(axis=0)
    for s, a in np.argwhere((reward != 0).any(axis=0)).tolist():
        place = f"{actions[a]} : {states[s]} : * : *"
        if common[s, a]:
            yield f"R{at}: {place} : {reward[0, s, a].item()!r}"
        else:
            for agent, x in zip(agents, reward[:, s, a].tolist(), strict=True):
                if x != 0:
                    yield f"R{at}[{agent}]: {place} : {x!r}"


def _nonzeros(matrix: SparseMatrix) -> Iterator[tuple[int, int, float]]:
    entries = matrix.tocoo()
    yield from zip(entries.row.tolist(), entries.col.tolist(), entries.data.tolist(), strict=True)


def _steps(part: Callable[[int], object], last: int | None) -> list[tuple[str, int]]:
    """Return (what follows the keyword, 0-based step) for each step of a part, one if it never varies.

    A part that does not vary is the same object at every step.
    """
    if last is None or last < 2 or part(0) is part(1):
        return [("", 0)]
    return [(f"@{time + 1}", time) for time in range(last)]


def _tokens(labels: Sequence[str]) -> list[str]:
    if _is_numbered(labels):
        return list(labels)
    return [_token(label) for label in labels]


def _token(label: str) -> str:
    return label if is_bare_name(label) else quoted(label)


def _list(labels: Sequence[str]) -> str:
    return str(len(labels)) if _is_numbered(labels) else " ".join(_tokens(labels))


def _is_numbered(labels: Sequence[str]) -> bool:
    return all(label == str(i) for i, label in enumerate(labels))


def _beyond_dpomdp(game: Game) -> str | None:
    """Return what a ``.dpomdp`` file cannot hold of `game`, or None if it can hold it all."""
    if game.max_horizon is not None:
        return "the game varies with time"
    if game.initial_observation_matrix is not None:
        return "the game has an initial observation"
    reward = game.reward_array(0)
    if not (reward == reward[:1]).all():
        agent = int(np.argwhere(reward != reward[:1])[0][0])
        return f"the rewards of agent {game.agents[agent]!r} differ from those of {game.agents[0]!r}"
    names = list(game.agents)
    for labels in (game.states, *game.actions, *game.observations):
        if not _is_numbered(labels):
            names += labels
    odd = [name for name in names if not is_bare_name(name)]
    return f"the name {odd[0]!r} needs quotes" if odd else None
