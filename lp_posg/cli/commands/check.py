"""``lp-posg check``: is this a valid game file?"""

from __future__ import annotations

from lp_posg.cli import options as shared
from lp_posg.cli.games import Opened, open_game
from lp_posg.cli.screen import show_line
from lp_posg.errors import UnsupportedError
from lp_posg.planning.facts import words_of
from lp_posg.wording import counted, number

EXAMPLE = "lp-posg check dectiger"


@shared.takes("time_limit")
def run(file: shared.File) -> None:
    """Validate a game file: what it is, or where it is wrong.

    The exit status is 1 if the file is wrong; the error names the file and the line.
    """
    opened = open_game(file)
    if opened.tree is not None:
        more = f"perfect recall, {_clock(opened)}"
    else:
        steps = opened.posg.max_horizon
        more = f"discount {number(opened.posg.discount)}" + ("" if steps is None else f", {steps} steps")
    show_line(f"ok: {file}: {words_of(opened.game)}, {more}")


def _clock(opened: Opened) -> str:
    try:
        return f"{counted(opened.n_steps, 'step')} as a POSG"
    except UnsupportedError:
        return "no clock, so that it cannot be a POSG"
