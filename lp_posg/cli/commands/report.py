"""``lp-posg report``: compare, and write what was found as one HTML page."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.commands.compare import compared, fail_if_inconsistent
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_drawn_target

EXAMPLE = "lp-posg report chicken-signals --horizon 3 --concept ce,cce --out chicken.html"

Page: Any = shared.output("PAGE", "An .html file to write.")


@shared.takes(*shared.WHAT, *shared.HOW, several=("sharing", "concept"))
def run(
    context: typer.Context,
    file: shared.File,
    out: Page,
    options: dict[str, Any],
    horizon: shared.OptionalHorizon = None,
    no_times: Annotated[
        bool, typer.Option("--no-times", help="Leave out wall times: then the same input gives the same page.")
    ] = False,
) -> None:
    """Write one HTML page that compares sharing rules and concepts.

    The page holds everything: the table of `lp-posg compare`, pictures, certificates, the first states of a
    strategy, and how to reproduce it; it asks for nothing from elsewhere and runs no code. Exit status as of
    `lp-posg compare`, and rules and concepts too if none are given. Needs jinja2 and matplotlib:
    pip install 'lp-posg[report]'.
    """
    from lp_posg.report.html import check_available, check_suffix

    check_drawn_target(out, [file], "page", check_suffix)
    check_available()
    opened = open_game(file)
    table = compared(opened, horizon, options)
    from lp_posg.report import save

    source = opened.code(stepwise=horizon is not None)
    save(table, out, command=_command(context), entry=opened.entry, source=source, times=not no_times)
    show_line(f"written: {out}")
    fail_if_inconsistent(table)


def _command(context: typer.Context) -> str:
    """Return the command line, from what was given of it."""
    words = ["lp-posg", "report"]
    for parameter in shared.given_options(context):
        value = context.params.get(str(parameter.name))
        if parameter.param_type_name == "option":
            words.append(parameter.opts[0])
        if not isinstance(value, bool):
            words.append(",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
    return shlex.join(words)
