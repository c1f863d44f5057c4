"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from lp_posg.cli.commands.trees import convert_to_tree
from lp_posg.cli.games import complete_game, game_endings, game_named, tree_named
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target
from lp_posg.wording import kind, sizes

EXAMPLE = "lp-posg convert dectiger dectiger.dpomdp"


def _schema(asked: bool) -> None:
    if asked:
        from lp_posg.formats import game_schema

        typer.echo(json.dumps(game_schema(), indent=2))
        raise typer.Exit


def convert(
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
    check_target(target)
    if target.lower().endswith(".efg"):
        convert_to_tree(source, target, horizon, sharing)
        return
    if horizon is not None or sharing is not None:
        flag = "--sharing" if horizon is None else "--horizon"
        raise typer.BadParameter("it applies to game trees (.efg) only", param_hint=flag)
    import lp_posg as posg

    tree = tree_named(source) if target.lower().endswith(".nfg") else None
    game = game_named(source) if tree is None else posg.strategic_form(tree)

    posg.save(game, target)
    show_line(f"wrote: {target}: {kind(game)}, {sizes(game)}")
