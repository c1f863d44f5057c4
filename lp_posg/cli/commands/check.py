"""``lp-posg check``: is this a valid game file?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lp_posg.cli import options as shared
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import show_line
from lp_posg.errors import UnsupportedError
from lp_posg.wording import kind, number, sizes, tree_kind, tree_sizes

if TYPE_CHECKING:
    from lp_posg.trees import Tree

EXAMPLE = "lp-posg check dectiger"


def run(file: shared.File) -> None:
    """Validate a game file: what it is, or where it is wrong.

    The exit status is 1 if the file is wrong; the error names the file and the line.
    """
    opened = open_game(file)
    if opened.tree is not None:
        _check_extensive(file, opened.tree)
        return
    game = opened.posg
    more = "" if game.max_horizon is None else f", {game.max_horizon} steps"
    show_line(f"ok: {file}: {kind(game)}, {sizes(game)}, discount {number(game.discount)}{more}")


def _check_extensive(file: str, game: Tree) -> None:
    from lp_posg.trees import n_steps

    try:
        steps = n_steps(game)
    except UnsupportedError:
        clock = "no clock, so that it cannot be a POSG"
    else:
        clock = f"{steps} step{'s' * (steps != 1)} as a POSG"
    show_line(f"ok: {file}: {tree_kind(game)}, {tree_sizes(game)}, perfect recall, {clock}")
