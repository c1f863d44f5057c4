"""The application: its commands, and the options that belong to none of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from lp_posg.cli.commands import check, compare, convert, info, learn, models, plot, policy, simulate, solve, verify
from lp_posg.cli.commands import report as write_report
from lp_posg.cli.failures import Command, CommandGroup
from lp_posg.cli.games import game_endings
from lp_posg.version import __version__

app = typer.Typer(
    name="lp-posg",
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _unwrapped(docstring: str | None) -> str:
    """Return a docstring with each paragraph on one line, for the terminal to break."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(docstring or "").split("\n\n"))


COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "solve": (solve.solve, solve.EXAMPLE),
    "compare": (compare.compare, compare.EXAMPLE),
    "info": (info.info, info.EXAMPLE),
    "check": (check.check, check.EXAMPLE),
    "verify": (verify.verify, verify.EXAMPLE),
    "simulate": (simulate.simulate, simulate.EXAMPLE),
    "policy": (policy.policy, policy.EXAMPLE),
    "plot": (plot.plot, plot.EXAMPLE),
    "report": (write_report.report, write_report.EXAMPLE),
    "convert": (convert.convert, convert.EXAMPLE),
    "learn": (learn.learn, learn.EXAMPLE),
    "models": (models.models, models.EXAMPLE),
}

for name, (command, example) in COMMANDS.items():
    app.command(name, cls=Command, help=_unwrapped(command.__doc__), epilog=f"Example: {example}")(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"lp-posg {__version__}")
        raise typer.Exit


ABOUT = f"""Equilibria of partially observable stochastic games with information sharing.

They are found by linear programs and certified in the original game. FILE is a game file
({game_endings()}) or a name of the catalogue, which `lp-posg models` lists; open_spiel:NAME is a game of OpenSpiel, if
that is installed.

Exit status: 0; 2 for a wrong call (an option or its value); 1 for any other error, with one line on stderr.
"""


@app.callback(help=_unwrapped(ABOUT), epilog="Example: lp-posg solve dectiger --horizon 4 --sharing one-step-delay")
def lp_posg(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Accept the options that belong to no command."""
