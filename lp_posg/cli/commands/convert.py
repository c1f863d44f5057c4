"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lp_posg.cli.facts import words_of
from lp_posg.cli.games import Opened, complete_game, game_endings, open_game
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target, naming_a_file
from lp_posg.formats import FORMATS
from lp_posg.formats.registry import choose

if TYPE_CHECKING:
    from lp_posg.trees import Tree

EXAMPLE = "lp-posg convert dectiger dectiger.dpomdp"


def _schema(asked: bool) -> None:
    if asked:
        from lp_posg.formats import game_schema

        typer.echo(json.dumps(game_schema(), indent=2))
        raise typer.Exit


def run(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            autocompletion=complete_game,
            help="A game file, a name of the catalogue, or open_spiel:NAME.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(metavar="OUT", help=f"The file to write: {game_endings(writing=True)}.", show_default=False),
    ],
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-H", min=1, help="Number of steps of a game tree (.efg).", show_default=False),
    ] = None,
    sharing: Annotated[
        str | None,
        typer.Option(help="Who learns what when in a game tree (.efg); none if not given.", show_default=False),
    ] = None,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", callback=_schema, is_eager=True, help="Show the JSON schema of .json game files and exit."
        ),
    ] = False,
) -> None:
    """Write a game in another file format.

    The extension of OUT says in which; a file of that name is replaced. Formats that any
    game fits are .posg to read and write by hand, .json for other programs and .npz for size.

    A POSG becomes a game tree (.efg) over --horizon steps under --sharing. A game tree is written again
    exactly, becomes its reduced strategic form as .nfg, or else a game of states and steps where it can
    be run by a clock.
    """
    check_not_input(target, source, "OUT")
    with naming_a_file():
        entry = choose(FORMATS, Path(target), writing=True)
    check_target(target)
    only_trees = entry.write_game is None
    if not only_trees and (horizon is not None or sharing is not None):
        flag = "--sharing" if horizon is None else "--horizon"
        raise typer.BadParameter("it applies to game trees (.efg) only", param_hint=flag)
    opened = open_game(source)
    game = opened.game
    if only_trees:
        game = _tree(opened, horizon, sharing)
    elif entry.write_tree is None:
        game = opened.posg
    import lp_posg as posg

    posg.save(game, target)
    show_line(f"wrote: {target}: {words_of(game) if entry.describe is None else entry.describe(game)}")


def _tree(opened: Opened, horizon: int | None, sharing: str | None) -> Tree:
    """Return the game tree, or the POSG unrolled over some steps."""
    import lp_posg as posg

    if opened.tree is None:
        if horizon is None:
            raise typer.BadParameter(
                "a POSG is unrolled over a number of steps; give --horizon N, and --sharing if not none",
                param_hint="--horizon",
            )
        return posg.trees.unroll(opened.posg, horizon, sharing or "none")
    if horizon is not None or sharing is not None:
        raise typer.BadParameter(
            "it does not apply to a game tree", param_hint="--sharing" if horizon is None else "--horizon"
        )
    return opened.tree
