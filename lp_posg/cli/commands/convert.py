"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.games import Opened, game_endings, open_game
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target, naming_a_file
from lp_posg.formats import FORMATS
from lp_posg.formats.registry import choose
from lp_posg.planning.facts import words_of

if TYPE_CHECKING:
    from lp_posg.trees import Tree

EXAMPLE = "lp-posg convert dectiger dectiger.dpomdp"

Source: Any = shared.argument("IN", "A game file, a name of the catalogue, or open_spiel:NAME.")
Target: Any = shared.argument("OUT", f"The file to write: {game_endings(writing=True)}.")
Steps: Any = shared.option(int, "Number of steps of a game tree (.efg).", *shared.HORIZON, min=1)
Sharing: Any = shared.option(str, "Who learns what when in a game tree (.efg); none if not given.")


def _schema(wanted: bool) -> None:
    if wanted:
        from lp_posg.formats import game_schema

        typer.echo(json.dumps(game_schema(), indent=2))
        raise typer.Exit


@shared.takes("time_limit")
def run(
    source: Source,
    target: Target,
    horizon: Steps = None,
    sharing: Sharing = None,
    schema: Annotated[
        bool, typer.Option("--schema", callback=_schema, is_eager=True, help="Show the schema of .json games and exit.")
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
    if not only_trees:
        _check_none_given(horizon, sharing, "it applies to game trees (.efg) only")
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
    _check_none_given(horizon, sharing, "it does not apply to a game tree")
    return opened.tree


def _check_none_given(horizon: int | None, sharing: str | None, reason: str) -> None:
    for flag, value in {"--horizon": horizon, "--sharing": sharing}.items():
        if value is not None:
            raise typer.BadParameter(reason, param_hint=flag)
