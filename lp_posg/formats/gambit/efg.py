"""The ``.efg`` format of Gambit: extensive games, read and written in exact numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from lp_posg.errors import ImperfectRecallError
from lp_posg.files import write_lines
from lp_posg.formats.gambit.efg_text import MAX_TEXT, parse_efg
from lp_posg.formats.gambit.efg_tree import tree_of
from lp_posg.formats.gambit.gambit_text import (
    MAX_FRACTION,
    printable_title,
    quoted_text,
    unwritable_name,
    warn_of_names,
)
from lp_posg.formats.registry import Format, check_holds, reader, within
from lp_posg.formats.source import Source
from lp_posg.trees import CHANCE, TERMINAL, Tree, check_perfect_recall


def parse(source: Source) -> Tree:
    """Return the extensive game in a ``.efg`` file.

    Nodes and information sets are numbered as they appear in the file. The game's name is the title, or the file's
    name where that is empty; a player without a name becomes its number. Names of nodes, chance events and outcomes
    are not kept. An `ImperfectRecallError` names the file and the line, and a `RoundedProbabilityWarning` the
    probabilities that miss 1 by rounding and were replaced by fractions (see `summing_to_one`).
    """
    text = parse_efg(source)
    game = tree_of(source, text, source.stem)
    try:
        check_perfect_recall(game)
    except ImperfectRecallError as error:
        line = text.nodes[error.facts["nodes"][1]].line
        facts = error.facts | {"path": str(source.path), "line": line}
        raise ImperfectRecallError(f"{source.path.name}:{line}: {error}", **facts) from None
    return game


def write(game: Tree, path: Path) -> None:
    """Write an extensive game to a ``.efg`` file, every number exactly and every mention described in full.

    Nodes are written in prefix order; information sets are numbered per agent, chance moves and outcomes throughout,
    each as it appears first. A game whose nodes, sets and outcomes are numbered in that order, as those of a file are,
    is read back equal. UnsupportedError says which name or number cannot be written so that it is read back;
    `GambitNameWarning` which name Gambit does not take, though lp_posg reads it back.
    """
    check_holds(path, _unwritable(game), "change it")
    write_lines(path, within(_lines(game), MAX_TEXT, path))
    warn_of_names(path, _names(game))


def _lines(game: Tree) -> Iterator[str]:
    yield f"EFG 2 R {quoted_text(printable_title(game.name))} {{ {' '.join(map(quoted_text, game.agents))} }}"
    yield quoted_text("Written by lp-posg.")
    yield ""
    children = game.children
    owner, information, outcome = game.owner.tolist(), game.information.tolist(), game.outcome.tolist()
    texts = _Texts(game)
    to_do = [0]
    while to_do:
        node = to_do.pop()
        pays = texts.outcome(outcome[node])
        if owner[node] == TERMINAL:
            yield f't "" {pays}'
        elif owner[node] == CHANCE:
            yield f'c "" {texts.event(children[node])} {pays}'
        else:
            yield f'p "" {texts.information_set(information[node])} {pays}'
        to_do += reversed(children[node])


class _Texts:
    """Information sets, chance moves and outcomes as they are written, numbered as they come."""

    def __init__(self, game: Tree) -> None:
        self._game = game
        self._sets: dict[int, str] = {}
        self._met = [0] * game.n_agents
        self._outcomes: dict[int, str] = {-1: "0"}
        self._n_events = 0

    def information_set(self, number: int) -> str:
        if number not in self._sets:
            own = self._game.sets[number]
            self._met[own.agent] += 1
            actions = " ".join(map(quoted_text, own.actions))
            place = f"{own.agent + 1} {self._met[own.agent]}"
            self._sets[number] = f"{place} {quoted_text(own.label)} {{ {actions} }}"
        return self._sets[number]

    def event(self, children: list[int]) -> str:
        self._n_events += 1
        labels, chances = self._game.labels, self._game.probability
        branches = " ".join(f"{quoted_text(labels[child])} {chances[child]}" for child in children)
        return f'{self._n_events} "" {{ {branches} }}'

    def outcome(self, number: int) -> str:
        if number not in self._outcomes:
            payoffs = ", ".join(map(str, self._game.outcomes[number]))
            self._outcomes[number] = f'{len(self._outcomes)} "" {{ {payoffs} }}'
        return self._outcomes[number]


def _unwritable(game: Tree) -> str | None:
    """Return what of `game` cannot be written so that it is read back, or None."""
    numbers: set[Fraction] = {*game.probability, *(x for row in game.outcomes for x in row)}
    too_long = f"a number has more than {MAX_FRACTION} characters"
    return unwritable_name(_names(game)) or (too_long if max(map(_n_characters, numbers)) > MAX_FRACTION else None)


def _names(game: Tree) -> list[str]:
    actions = {action for own in game.sets for action in own.actions}
    return sorted({*game.agents, *actions, *game.labels, *(own.label for own in game.sets)})


def _n_characters(x: Fraction) -> int:
    """Return an upper bound of the characters of `x` as a fraction."""
    return (x.numerator.bit_length() + x.denominator.bit_length()) * 31 // 100 + 4


FORMAT = Format("efg", (".efg",), reader(parse), write_tree=write, packs=True)
