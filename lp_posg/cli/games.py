"""The game that an argument names: a file if there is one, else a model of the catalogue, or a game of OpenSpiel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lp_posg.errors import FormatError, ModelError
from lp_posg.formats import FORMATS

if TYPE_CHECKING:
    from lp_posg.catalogue import CatalogEntry, TreeEntry
    from lp_posg.game import Game
    from lp_posg.trees import Tree


OPEN_SPIEL = ("open_spiel:", "openspiel:")
"""What comes before the name of a game of OpenSpiel."""


def game_endings(*, writing: bool = False) -> str:
    """Return the endings of game files that can be read, or written, in words."""
    known = [ending for ending, entry in FORMATS.items() if entry.write is not None or not writing]
    return f"{', '.join(known[:-1])} or {known[-1]}"


def complete_game(incomplete: str) -> list[str]:
    """Return what an argument that names a game may be, from its beginning: models, and game files of a folder.

    Where there is nothing, the shell completes names of files by itself.
    """
    from lp_posg.catalogue import catalog_entries, extensive_entries

    names = [entry.name for entry in catalog_entries()] + [entry.name for entry in extensive_entries()]
    folder, start = os.path.split(incomplete)
    try:
        files = sorted(name for name in os.listdir(folder or ".") if name.lower().endswith(tuple(FORMATS)))
    except OSError:
        files = []
    found = [os.path.join(folder, name) for name in files if name.startswith(start)]
    return [*(name for name in names if name.startswith(incomplete)), *found]


def game_named(given: str) -> Game:
    """Return the game in the file `given`, or the catalogue's of that name; a game tree as the POSG that it is.

    Raises
    ------
    FormatError
        If there is neither, or the file is not right; see `lp_posg.load`.
    UnsupportedError
        If no reader knows the file's extension, or a game tree cannot be run by a clock.
    """
    import lp_posg as posg
    from lp_posg.catalogue.entries import catalog_entry

    if os.path.exists(given) and not os.path.isdir(given):
        return posg.load(given)
    tree = tree_named(given)
    if tree is not None:
        from lp_posg.trees import to_game

        return to_game(tree)
    try:
        entry = catalog_entry(given)
    except ModelError as error:
        raise _missing(given, error) from None
    return posg.catalog(entry.name)


def game_over(given: str, horizon: int) -> Game:
    """Return the game as `game_named` does, for so many steps.

    Raises
    ------
    BadParameter
        If it is a game tree that takes more steps: cut before its end it has no meaning.
    LpPosgError
        As `game_named`.
    """
    tree = tree_named(given)
    if tree is None:
        return game_named(given)
    from lp_posg.trees import n_steps, to_game

    needed = n_steps(tree)
    if horizon < needed:
        raise typer.BadParameter(
            f"game tree {given!r} takes {needed} steps and has no meaning cut after {horizon}; give --horizon {needed}",
            param_hint="--horizon",
        )
    return to_game(tree)


def steps_needed(given: str) -> int:
    """Return after how many steps a game tree is over; 1 for any other game, which may be planned for any number."""
    tree = tree_named(given)
    if tree is None:
        return 1
    from lp_posg.trees import n_steps

    return n_steps(tree)


def python_of(given: str, *, stepwise: bool) -> str:
    """Return the Python expression for the game that `given` names, `posg` being lp_posg.

    Parameters
    ----------
    stepwise : bool
        Whether a game tree is played step by step, rather than in its strategic form.
    """
    from lp_posg.catalogue import CatalogEntry

    entry = entry_named(given)
    if isinstance(entry, CatalogEntry):
        return f"posg.catalog({entry.name!r})"
    if entry is not None:
        tree = f"posg.extensive_catalog({entry.name!r})"
    elif given.startswith(OPEN_SPIEL):
        tree = f"posg.interop.from_open_spiel({given.split(':', 1)[1]!r})"
    elif is_extensive(given):
        tree = "posg.load_extensive(FILE)"
    else:
        return "posg.load(FILE)"
    return f"posg.trees.to_game({tree})" if stepwise else f"posg.trees.strategic_form({tree})"


def is_extensive(given: str) -> bool:
    """Whether `given` is the name of a file of an extensive game."""
    return given.lower().endswith(".efg")


def tree_named(given: str) -> Tree | None:
    """Return the game tree in the ``.efg`` file `given`, the catalogue's or OpenSpiel's; None if it is none of these.

    Raises
    ------
    FormatError, ImperfectRecallError
        If the file is not right.
    LpPosgError
        If OpenSpiel has no such game, or it is none that `lp_posg.interop.from_open_spiel` takes.
    """
    import lp_posg as posg

    if os.path.exists(given) and not os.path.isdir(given):
        return posg.load_extensive(given) if is_extensive(given) else None
    if given.startswith(OPEN_SPIEL):
        return posg.interop.from_open_spiel(given.split(":", 1)[1])
    entry = tree_entry_named(given)
    return None if entry is None else posg.extensive_catalog(entry.name)


def entry_named(given: str) -> CatalogEntry | TreeEntry | None:
    """Return the catalogue's entry of what `given` names; None for a file, a game of OpenSpiel, or no game at all."""
    from lp_posg.catalogue.entries import catalog_entry

    if os.path.exists(given) and not os.path.isdir(given):
        return None
    try:
        return tree_entry_named(given) or catalog_entry(given)
    except ModelError:
        return None


def tree_entry_named(name: str) -> TreeEntry | None:
    """Return the catalogue's entry of a game tree, or None if no game tree has that name."""
    from lp_posg.catalogue.tree_entries import extensive_entry

    try:
        return extensive_entry(name)
    except ModelError:
        return None


def _missing(given: str, error: ModelError) -> FormatError:
    """Return the error that names both possibilities, and the nearest models."""
    from lp_posg.catalogue.entries import catalog_entry
    from lp_posg.catalogue.tree_entries import extensive_entry

    near = list(error.facts.get("suggestions", ()))
    for entry in (catalog_entry, extensive_entry):
        try:
            near.insert(0, entry(Path(given).stem).name)
        except ModelError as other:
            near += other.facts.get("suggestions", ())
    near = list(dict.fromkeys(near))
    advice = f"did you mean {' or '.join(map(repr, near))}?" if near else "`lp-posg models` lists the catalogue"
    what = "this is a directory" if given and os.path.isdir(given) else "there is no such file"
    return FormatError(
        f"{given!r}: {what}, and the catalogue has no model of that name; {advice}", path=given, line=None
    )
