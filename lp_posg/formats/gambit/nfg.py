"""The ``.nfg`` format of Gambit: one simultaneous move, in its payoff and its outcome version.

Such a file becomes a game of one state in which every agent always sees the same, meant for horizon 1. At longer
horizons it is the game repeated, in which an agent remembers its own actions but sees nothing of the others'. A game of
one state becomes a file of its one step. Commas stand between the payoffs of an outcome only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from lp_posg.files import write_lines
from lp_posg.formats.gambit.gambit_text import (
    Numbers,
    check_first_words,
    distinct_names,
    parsed,
    parser_of,
    player_names,
    printable_title,
    quoted_text,
    tokens_of,
    unwritable_name,
    warn_of_names,
    wrong_word,
)
from lp_posg.formats.header import MAX_LABELS, MAX_TABLE
from lp_posg.formats.registry import Format, check_holds, reader, within
from lp_posg.formats.source import Source, clip, whole
from lp_posg.game import Game
from lp_posg.trees import Tree, reduced_form
from lp_posg.trees.recall import recall_of
from lp_posg.trees.strategic import plan_count
from lp_posg.wording import counts, kind, tree_kind

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark import Tree as Rule

MAX_TEXT = 1 << 23
"""Most characters of a file: the grammar holds every word of it at once, at some 500 bytes each."""

_GRAMMAR = r"""
start: WORD NUMBER WORD STRING players _strategies comment? _body
players: "{" STRING+ "}"
_strategies: counts | names
counts: "{" NUMBER+ "}"
names: "{" own+ "}"
own: "{" STRING* "}"
comment: STRING
_body: payoffs | outcomes indices
payoffs: NUMBER+
outcomes: "{" outcome* "}"
outcome: "{" STRING (NUMBER ","?)+ "}"
indices: NUMBER+
"""


def parse(source: Source) -> Game:
    """Return the game of one state in a ``.nfg`` file.

    Players and strategies are the agents and their actions, with names as in the file; an empty name becomes its
    number, from 1. Payoffs are exact until each is rounded once, to the nearest float.
    """
    parts = _parts(source, source.text(MAX_TEXT))
    players = player_names(source, tokens_of(parts["players"]))
    sizes = _sizes(source, parts, players)
    numbers = Numbers(source)
    if "payoffs" in parts:
        payoffs = _payoff_body(source, parts["payoffs"].children, sizes, numbers)
    else:
        payoffs = _outcome_body(source, parts["outcomes"], parts["indices"], sizes, numbers)
    n, n_joint = len(sizes), len(payoffs)
    table = np.array([[float(x) for x in row] for row in payoffs])
    # The file counts player 1's strategy fastest, we the last agent's: Fortran order against C order.
    reward = table.T.reshape((n, *sizes[::-1])).transpose(0, *range(n, 0, -1))
    certain = sp.csr_array(np.ones((n_joint, 1)))
    return Game.from_matrices(
        n_actions=sizes,
        n_observations=(1,) * n,
        transitions=[certain],
        observation_laws=[certain],
        rewards=[reward.reshape(n, 1, n_joint)],
        initial=np.ones(1),
        name=source.stem,
        agents=players,
        actions=_strategies(source, parts, players, sizes),
    )


@cache
def _parser() -> Lark:
    return parser_of(_GRAMMAR)


def _parts(source: Source, text: str) -> dict[str, Rule[Token]]:
    """Return the trees of a file by their rule, after a look at its first three words."""
    tree = parsed(source, _parser(), text, "NFG")
    check_first_words(source, tree.children[:3], ("NFG", "1"))
    rules: list[Any] = tree.children[4:]
    return {str(rule.data): rule for rule in rules}


def _sizes(source: Source, parts: dict[str, Rule[Token]], players: Sequence[str]) -> tuple[int, ...]:
    """Return how many strategies each player has."""
    entries: list[Any] = (parts.get("counts") or parts["names"]).children
    if len(entries) != len(players):
        line = _line(entries)
        message = f"found strategies of {len(entries)} players, expected {len(players)}, as many as players"
        raise source.error(line, f"{message}; correct them")
    sizes = []
    for player, entry in zip(players, entries, strict=True):
        size = whole(entry) if "counts" in parts else len(entry.children)
        if not size or size > MAX_LABELS:
            found = clip(repr(str(entry))) if "counts" in parts else f"{size} strategies"
            message = f"found {found} for player {clip(repr(player))}, expected 1 to {MAX_LABELS} strategies"
            raise source.error(_line([entry]), f"{message}; correct it")
        sizes.append(size)
    if prod(sizes) * len(sizes) > MAX_TABLE:
        message = f"found profiles x players beyond {MAX_TABLE}, the most that are held; make the game smaller"
        raise source.error(_line(entries), message)
    return tuple(sizes)


def _strategies(
    source: Source, parts: dict[str, Rule[Token]], players: Sequence[str], sizes: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    if "counts" in parts:
        return tuple(tuple(str(k + 1) for k in range(size)) for size in sizes)
    owns: list[Any] = parts["names"].children
    return tuple(
        distinct_names(source, tokens_of(own), f"strategies of {clip(repr(player))}")
        for player, own in zip(players, owns, strict=True)
    )


def _payoff_body(
    source: Source, entries: Sequence[Any], sizes: Sequence[int], numbers: Numbers
) -> tuple[tuple[Fraction, ...], ...]:
    n = len(sizes)
    _check_count(source, entries, prod(sizes) * n, "payoffs", "one per profile and player")
    values = [numbers(token, token.line) for token in entries]
    return tuple(tuple(values[k : k + n]) for k in range(0, len(values), n))


def _outcome_body(
    source: Source, outcomes: Rule[Token], indices: Rule[Token], sizes: Sequence[int], numbers: Numbers
) -> tuple[tuple[Fraction, ...], ...]:
    n = len(sizes)
    # Outcome 0 is the null outcome, in which nobody gets anything.
    rows: list[tuple[Fraction, ...]] = [(Fraction(0),) * n]
    listed: list[Any] = outcomes.children
    for outcome in listed:
        payoffs = [token for token in outcome.children[1:] if token.type == "NUMBER"]
        if len(payoffs) != n:
            found = f"{len(payoffs)} payoffs in outcome {len(rows)} ({clip(str(outcome.children[0]))})"
            raise source.error(payoffs[-1].line, f"found {found}, expected {n}, one per player; correct them")
        rows.append(tuple(numbers(token, token.line) for token in payoffs))
    chosen = tokens_of(indices)
    _check_count(source, chosen, prod(sizes), "outcomes of profiles", "one per profile")
    for token in chosen:
        if (index := whole(token)) is None or index >= len(rows):
            raise wrong_word(source, token.line, token, f"an outcome from 1 to {len(rows) - 1}, or 0 for none")
    return tuple(rows[int(token)] for token in chosen)


def _check_count(source: Source, entries: Sequence[Any], expected: int, what: str, why: str) -> None:
    if len(entries) != expected:
        line = entries[min(expected, len(entries) - 1)].line
        raise source.wrong(line, f"{len(entries)} {what}", f"{expected}, {why}", "correct them")


def _line(entries: Sequence[Any]) -> int:
    """Return the line of the last of `entries`, which are words or rules."""
    last = entries[-1]
    return int(last.meta.line if hasattr(last, "meta") else last.line)


def write(game: Game, path: Path) -> None:
    """Write one step of a game of one state to a ``.nfg`` file, in the payoff version.

    Agents, actions and rewards are read back exactly. What plays no part in one step is left out: the state's name,
    the discount and observations after the step; the comment in the file says so. UnsupportedError says what shows
    that the game is no such step, or which name cannot be written; `GambitNameWarning` which one Gambit does not take.
    """
    check_holds(path, _beyond_nfg(game))
    reward = game.reward_array(0).reshape(game.n_agents, -1)
    left_out = "; what is seen after it is left out" if max(game.n_observations) > 1 else ""
    comment = f"One step of the game, written by lp-posg{left_out}."
    _write(path, game, comment, lambda k: map(_number, reward[:, k].tolist()))


def write_tree(tree: Tree, path: Path) -> None:
    """Write the reduced strategic form of a game tree to a ``.nfg`` file, its payoffs as exact fractions.

    Errors are those of `lp_posg.trees.strategic_form`, and of `write` about names.
    """
    form = reduced_form(tree)
    check_holds(path, _beyond_nfg(form.game), "change it")
    if form.payoffs.numerators is None:
        write(form.game, path)
    else:
        comment = "Reduced strategic form of a game tree, written by lp-posg."
        _write(path, form.game, comment, lambda k: map(str, form.payoffs.exact(k)))


def describe(game: Game | Tree) -> str:
    """Return in words what a ``.nfg`` file holds of a game or a game tree."""
    if isinstance(game, Tree):
        recall = recall_of(game)
        plans = (int(plan_count(game, recall, agent)) for agent in range(game.n_agents))
        return f"{_one_step(tree_kind(game), game.n_agents, plans)} of whole plans"
    parts = (("observations", max(game.n_observations) > 1), ("discount", game.discount < 1))
    left_out = [word for word, is_there in parts if is_there]
    verb = "are" if left_out != ["discount"] else "is"
    more = f"; {' and '.join(left_out)} {verb} not in it" if left_out else ""
    return f"{_one_step(kind(game), game.n_agents, game.n_actions)}{more}"


def _one_step(of_kind: str, n_agents: int, n_actions: Iterable[int]) -> str:
    return f"{of_kind}, {n_agents} agent{'s' * (n_agents != 1)}, actions {counts(n_actions)}, one step"


def _write(path: Path, game: Game, comment: str, payoffs: Callable[[int], Iterable[str]]) -> None:
    write_lines(path, within(_lines(game, comment, payoffs), MAX_TEXT, path))
    warn_of_names(path, _names(game))


def _lines(game: Game, comment: str, payoffs: Callable[[int], Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a file; `payoffs` are those at a joint action in the game's order, one per agent."""
    yield f"NFG 1 R {quoted_text(printable_title(game.name))}"
    yield "{ " + " ".join(map(quoted_text, game.agents)) + " }"
    yield ""
    yield "{ " + "\n  ".join("{ " + " ".join(map(quoted_text, own)) + " }" for own in game.actions) + " }"
    yield quoted_text(comment)
    yield ""
    # The file counts the first agent's action fastest, we the last agent's.
    for joint in np.arange(game.n_joint_actions).reshape(game.n_actions).ravel(order="F").tolist():
        yield " ".join(payoffs(joint))


def _number(x: float) -> str:
    return str(int(x)) if x.is_integer() and abs(x) < 1e15 else repr(x)


def _beyond_nfg(game: Game) -> str | None:
    """Return what a ``.nfg`` file cannot hold of `game`, or None if one step is all there is to hold."""
    if game.n_states > 1:
        return f"the game has {game.n_states} states"
    if game.initial_observation_matrix is not None and game.n_joint_observations > 1:
        return "the game has an observation before the first action"
    horizon = game.max_horizon or 1
    if not all(np.array_equal(game.reward_array(time), game.reward_array(0)) for time in range(1, horizon)):
        return "the rewards vary with time"
    return unwritable_name(_names(game))


def _names(game: Game) -> list[str]:
    return [*game.agents, *(action for own in game.actions for action in own)]


FORMAT = Format("nfg", (".nfg",), reader(parse), write, write_tree, describe, packs=True)
