"""The game that an argument names: a file if there is one, else a model of the catalogue, or a game of OpenSpiel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lp_posg.cli.bars import status_line
from lp_posg.errors import UnsupportedError
from lp_posg.formats import FORMATS, stored_solution
from lp_posg.wording import clean

if TYPE_CHECKING:
    from lp_posg.catalogue import CatalogEntry
    from lp_posg.game import Game
    from lp_posg.planning import Solution
    from lp_posg.trees import Tree


@dataclass(frozen=True)
class Opened:
    """A game or game tree that an argument `name` names, read or built once."""

    game: Game | Tree
    entry: CatalogEntry | None
    """Of the catalogue, if the game is from there."""
    name: str
    source: str
    """The Python expression for the game, `posg` being lp_posg."""

    @property
    def tree(self) -> Tree | None:
        """The game tree, or None if it is a POSG."""
        from lp_posg.trees import Tree

        return self.game if isinstance(self.game, Tree) else None

    @cached_property
    def posg(self) -> Game:
        """The POSG, also the one that a game tree is.

        Raises UnsupportedError if the tree has no clock or is too large; the message begins with the file's name.
        """
        from lp_posg.trees import Tree, to_game

        if not isinstance(self.game, Tree):
            return self.game
        try:
            return to_game(self.game)
        except UnsupportedError as error:
            if not os.path.exists(self.name):
                raise
            raise UnsupportedError(f"{Path(self.name).name}: {error}", **error.facts) from None

    @cached_property
    def n_steps(self) -> int:
        """After how many steps a game tree is over; 1 for a POSG, which may be planned for any number."""
        from lp_posg.trees import n_steps

        return 1 if self.tree is None else n_steps(self.tree)

    def over(self, horizon: int) -> Game:
        """Return the POSG for so many steps.

        Raises as `posg`, and BadParameter if it is a game tree that takes more steps: cut it has no meaning.
        """
        needed = self.n_steps
        if horizon < needed:
            raise typer.BadParameter(
                f"game tree {self.name!r} takes {needed} steps and has no meaning cut after {horizon};"
                f" give --horizon {needed}",
                param_hint="--horizon",
            )
        return self.posg

    def code(self, *, stepwise: bool) -> str:
        """Return the Python expression for what is compared: a game tree as it is, or step by step."""
        return f"posg.trees.to_game({self.source})" if stepwise and self.tree is not None else self.source


def open_game(given: str) -> Opened:
    """Return the game in the file `given`, or the catalogue's or OpenSpiel's of that name.

    Raises FormatError if there is none or the file holds a solution, and as `lp_posg.load` and
    `lp_posg.interop.from_open_spiel`.
    """
    opened = open_stored(given)
    if not isinstance(opened, Opened):
        raise stored_solution(given)
    return opened


def open_stored(given: str) -> Opened | Solution:
    """Return what `open_game` does, or the solution in the file `given`."""
    from lp_posg.catalogue.finding import find
    from lp_posg.planning import Solution

    with status_line(f"reading {clean(given)}"):
        found, entry, source = find(given)
    return found if isinstance(found, Solution) else Opened(found, entry, given, source)


def open_solution(given: str, file: str | None) -> tuple[Solution, Game | Tree]:
    """Return a stored solution, and the game to use it in: that of `file` with the stored discount, or the stored one.

    Raises FormatError if there is no solution or no game; see `lp_posg.load`.
    """
    from lp_posg.game import Game
    from lp_posg.planning import load_solution

    stored = load_solution(given)
    if file is None:
        return stored, stored.game
    opened = open_game(file)
    return stored, opened.posg.with_discount(stored.game.discount) if isinstance(stored.game, Game) else opened.game


def game_endings(*, writing: bool = False) -> str:
    """Return the endings of game files that can be read, or written, in words."""
    known = [ending for ending, entry in FORMATS.items() if entry.is_written or not writing]
    return f"{', '.join(known[:-1])} or {known[-1]}"


def complete_game(incomplete: str) -> list[str]:
    """Return what an argument that names a game may be, from its beginning: models, and game files of a folder.

    Where there is nothing, the shell completes names of files by itself.
    """
    from lp_posg.catalogue import catalog_entries

    names = [entry.name for entry in catalog_entries()]
    folder, start = os.path.split(incomplete)
    try:
        files = sorted(name for name in os.listdir(folder or ".") if name.lower().endswith(tuple(FORMATS)))
    except OSError:
        files = []
    found = [os.path.join(folder, name) for name in files if name.startswith(start)]
    return [*(name for name in names if name.startswith(incomplete)), *found]
