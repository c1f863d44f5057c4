"""``lp-posg check``: is this a valid game file?"""

from __future__ import annotations

from lp_posg.cli import options
from lp_posg.cli.games import game_named
from lp_posg.cli.screen import show_line
from lp_posg.cli.wording import kind, number, sizes

EXAMPLE = "lp-posg check dectiger"


def check(file: options.File) -> None:
    """Validate a game file: what it is, or where it is wrong.

    The exit status is 1 if the file is wrong; the error names the file and the line.
    """
    game = game_named(file)
    more = "" if game.max_horizon is None else f", {game.max_horizon} steps"
    show_line(f"ok: {file}: {kind(game)}, {sizes(game)}, discount {number(game.discount)}{more}")
