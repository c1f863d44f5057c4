"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

from typing import Annotated

import typer

from lp_posg.cli.games import extensive_game_in, game_named, is_extensive
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target
from lp_posg.cli.wording import kind, sizes, tree_kind, tree_sizes

EXAMPLE = "lp-posg convert dectiger dectiger.dpomdp"


def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A game file or a name of the catalogue.", show_default=False)
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="The .dpomdp, .posg, .nfg or .efg file to write.", show_default=False)
    ],
) -> None:
    """Write a game in another file format.

    The extension of OUT says in which; a file of that name is replaced. An extensive game (.efg) is
    written again exactly, or becomes a game of states and steps where it can be run by a clock.
    """
    check_not_input(target, source, "OUT")
    check_target(target)
    import lp_posg as posg

    if is_extensive(source) and is_extensive(target):
        tree = extensive_game_in(source)
        posg.save_extensive(tree, target)
        show_line(f"wrote: {target}: {tree_kind(tree)}, {tree_sizes(tree)}")
        return
    game = game_named(source)
    posg.save(game, target)
    show_line(f"wrote: {target}: {kind(game)}, {sizes(game)}")
