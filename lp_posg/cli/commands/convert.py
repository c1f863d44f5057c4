"""``lp-posg convert``: a game in another file format."""

from __future__ import annotations

from typing import Annotated

import typer

from lp_posg.cli.games import game_named
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_not_input, check_target
from lp_posg.cli.wording import kind, sizes

EXAMPLE = "lp-posg convert dectiger dectiger.dpomdp"


def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A game file or a name of the catalogue.", show_default=False)
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="The .dpomdp, .posg or .nfg file to write.", show_default=False)
    ],
) -> None:
    """Write a game in another file format.

    The extension of OUT says in which; a file of that name is replaced.
    """
    check_not_input(target, source, "OUT")
    check_target(target)
    game = game_named(source)
    import lp_posg as posg

    posg.save(game, target)
    show_line(f"wrote: {target}: {kind(game)}, {sizes(game)}")
