"""The application: its commands, and the options that belong to none of them."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from lp_posg.cli.failures import Command, CommandGroup
from lp_posg.version import __version__

COMMANDS = {
    "solve": "Find an equilibrium or the team optimum, with its certificate.",
    "compare": "Solve for every sharing rule and concept, side by side.",
    "info": "Show a game's sizes and the sharing structures that fit it.",
    "check": "Validate a game file: what it is, or where it is wrong.",
    "verify": "Certify a stored solution anew, from its strategy alone.",
    "simulate": "Play a stored solution many times, and estimate its values.",
    "policy": "Show what a stored strategy does, and why nobody deviates.",
    "plot": "Draw what solving a game finds, or a stored solution.",
    "report": "Write one HTML page that compares sharing rules and concepts.",
    "convert": "Write a game in another file format.",
    "learn": "Learn a strategy from simulated play alone.",
    "models": "List the models of the catalogue, or describe one.",
}
"""Each command and the first line of its help; the rest is `run` and `EXAMPLE` of `cli.commands.NAME`."""

WITHOUT_DIGITS = ("check", "convert", "plot")
"""Commands that show no numbers but sizes, or draw them."""


class Program(CommandGroup):
    """All commands by name; a command's module is imported when it is called."""

    def __init__(self, **settings: Any) -> None:
        listed = {name: Command(name=name, help=summary) for name, summary in COMMANDS.items()}
        super().__init__(**settings | {"commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Return the name of the command that `args` begins with, the command with its options, and the rest."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and command_named(command.name or "", self.rich_markup_mode), rest


@cache
def command_named(name: str, markup: Any = None) -> Any:
    """Return a command with its options; `markup` as in `typer.Typer`."""
    module = import_module(f"lp_posg.cli.commands.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=markup)
    run = module.run if name in WITHOUT_DIGITS else import_module("lp_posg.cli.options").with_digits(module.run)
    alone.command(name, cls=Command, help=_unwrapped(run.__doc__), epilog=f"Example: {module.EXAMPLE}")(run)
    return typer.main.get_command(alone)


app = typer.Typer(
    name="lp-posg",
    cls=Program,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
"""The command line as Typer sees it."""


def _unwrapped(docstring: str | None) -> str:
    """Return a docstring with each paragraph on one line, for the terminal to break."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(docstring or "").split("\n\n"))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lp-posg {__version__}")
        raise typer.Exit


# The endings are those of `formats.FORMATS`, which a test compares: loading the readers would load numpy.
ABOUT = """Equilibria of partially observable stochastic games with information sharing.

They are found by linear programs and certified in the original game. FILE is a game file
(.dpomdp, .posg, .nfg, .efg, .osposg, .json or .npz) or a name of the catalogue, which `lp-posg models` lists;
open_spiel:NAME is a game of OpenSpiel, if that is installed.

Exit status: 0; 2 for a wrong call (an option or its value); 1 for any other error, with one line on stderr.
"""


@app.callback(help=_unwrapped(ABOUT), epilog="Example: lp-posg solve dectiger --horizon 4 --sharing one-step-delay")
def lp_posg(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Accept the options that belong to no command."""
