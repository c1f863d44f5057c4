"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lp_posg.cli.commands.trees import convert_to_tree
from lp_posg.cli.games import complete_game, game_endings, game_named, tree_named
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target, naming_a_file
from lp_posg.formats import FORMATS
from lp_posg.formats.registry import choose
from lp_posg.wording import counts, kind, sizes

if TYPE_CHECKING:
    from lp_posg.game import Game

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
        choose(FORMATS, Path(target), writing=True)
    check_target(target)
    if target.lower().endswith(".efg"):
        convert_to_tree(source, target, horizon, sharing)
        return
    if horizon is not None or sharing is not None:
        flag = "--sharing" if horizon is None else "--horizon"
        raise typer.BadParameter("it applies to game trees (.efg) only", param_hint=flag)
    import lp_posg as posg

    if not target.lower().endswith(".nfg"):
        game = game_named(source)
        posg.save(game, target)
        show_line(f"wrote: {target}: {kind(game)}, {sizes(game)}")
        return
    show_line(f"wrote: {target}: {_write_one_step(source, target)}")


def _write_one_step(source: str, target: str) -> str:
    """Write a ``.nfg`` file, and return in words what it holds."""
    from lp_posg.formats.gambit import nfg
    from lp_posg.trees import reduced_form

    tree = tree_named(source)
    if tree is not None:
        form = reduced_form(tree)
        nfg.write_form(form, Path(target))
        return f"{_one_step_words(form.game)} of whole plans"
    game = game_named(source)
    nfg.write(game, Path(target))
    parts = (("observations", max(game.n_observations) > 1), ("discount", game.discount < 1))
    left_out = [word for word, is_there in parts if is_there]
    verb = "are" if left_out != ["discount"] else "is"
    more = f"; {' and '.join(left_out)} {verb} not in it" if left_out else ""
    return f"{_one_step_words(game)}{more}"


def _one_step_words(game: Game) -> str:
    many = "s" * (game.n_agents != 1)
    return f"{kind(game)}, {game.n_agents} agent{many}, actions {counts(game.n_actions)}, one step"
