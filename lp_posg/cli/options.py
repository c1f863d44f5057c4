"""Options that several commands share, each with its help text and what it accepts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from lp_posg.cli.games import complete_game, game_endings


def _tolerance(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise typer.BadParameter(f"{value} is not a number of at least 0")
    return value


def _positive(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter(f"{value} is not a number above 0")
    return value


def _discount(value: float | None) -> float | None:
    if value is not None and not 0 < value <= 1:
        raise typer.BadParameter(f"{value} is not in the range 0 < discount <= 1")
    return value


SHARING = ("full", "one-step-delay")
CONCEPTS = ("team", "ne", "ce", "cce")

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        autocompletion=complete_game,
        help=f"A file ({game_endings()}), a name of the catalogue, or open_spiel:NAME.",
        show_default=False,
    ),
]
Horizon = Annotated[int, typer.Option("--horizon", "-H", min=1, help="Number of steps.", show_default=False)]
OptionalHorizon = Annotated[int | None, typer.Option("--horizon", "-H", min=1, help="Number of steps.")]
SolveHorizon = Annotated[
    int | None,
    typer.Option("--horizon", "-H", min=1, help="Number of steps; a game tree has none.", show_default=False),
]
Sharing = Annotated[
    str,
    typer.Option(
        help="Who learns what when: full, one-step-delay, one-directional, controller:D, uncontrolled:D, delay:D, none."
    ),
]
SharingRules = Annotated[
    list[str] | None,
    typer.Option(help=f"Sharing rules, repeated or with commas; {','.join(SHARING)} if not given.", show_default=False),
]
Concepts = Annotated[
    list[str] | None,
    typer.Option(
        "--concept",
        "--concepts",
        help=f"Concepts, repeated or with commas; {','.join(CONCEPTS)} if not given.",
        show_default=False,
    ),
]
Concept = Annotated[
    str | None,
    typer.Option(
        help="team, ne, strategic-ce, ce, interim-cce or cce; by default team for a common reward, else cce.",
        show_default=False,
    ),
]
Objective = Annotated[
    str,
    typer.Option(
        help="Which equilibrium is selected: welfare, egalitarian, agent:K (number or name), weighted:W1,W2,..., worst"
        " or entropy."
    ),
]
Compression = Annotated[
    str,
    typer.Option(
        help="What is kept of the common information: exact, finite-memory:L (or L:prior, L:stationary), merge:EPS."
    ),
]
Discount = Annotated[
    float | None,
    typer.Option(
        callback=_discount, help="Weight of the next step's reward, instead of the game's.", show_default=False
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        callback=_tolerance,
        help="Largest accepted gap of an agent, relative to its own reward range; 1e-7 if not given.",
        show_default=False,
    ),
]
Approximate = Annotated[bool, typer.Option("--approximate", help="Accept a gap above the tolerance; it is reported.")]
Certificate = Annotated[
    str,
    typer.Option(help="How the gap is proven: exact, bounded, or auto (exact where that is within reach)."),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="OUT.json|-",
        help="Write the result as JSON: to a file, or with - to stdout and nothing else there.",
        show_default=False,
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="How many work at a time; the answer stays the same.")]

Backend = Annotated[
    str | None,
    typer.Option(
        help="Where stage games are solved: loky (processes, the default), threading, dask, ray, ...",
        show_default=False,
    ),
]
Checkpoint = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Keep finished depths there; the same command takes a stopped run up again.",
        show_default=False,
    ),
]
MaxStates = Annotated[
    int | None, typer.Option(min=1, help="Most common-information states, all steps together.", show_default=False)
]
TimeLimit = Annotated[
    float | None, typer.Option(metavar="SECONDS", callback=_positive, help="Wall time.", show_default=False)
]
MemoryLimit = Annotated[
    float | None, typer.Option(metavar="MIB", callback=_positive, help="Resident memory in MiB.", show_default=False)
]


def needed_horizon(horizon: int | None) -> int:
    """Return the number of steps of a POSG, or raise BadParameter if none was given."""
    if horizon is None:
        raise typer.BadParameter("a POSG is planned for a number of steps; give --horizon N", param_hint="--horizon")
    return horizon


def solving(context: typer.Context) -> dict[str, Any]:
    """Return what `lp_posg.solve` and `lp_posg.compare` are told by a command's options, by their names there."""
    from lp_posg.types import GAP_TOL

    given = context.params
    alike = ("discount", "compression", "certificate", "workers", "backend", "checkpoint", "max_states", "time_limit")
    return {name: given[name] for name in alike} | {
        "tolerance": GAP_TOL if given["tolerance"] is None else given["tolerance"],
        "approximate": given["approximate"] or None,
        "memory_limit": in_bytes(given["memory_limit"]),
    }


def in_bytes(mebibytes: float | None) -> float | None:
    """Return a number of MiB in bytes."""
    return None if mebibytes is None else mebibytes * 2**20


def listed(option: str, given: Sequence[str] | None, default: Sequence[str]) -> list[str]:
    """Return the values of an option that is repeated or has commas in it, each once.

    >>> listed("--concept", ["ce,cce", "ce"], ["team"]), listed("--concept", None, ["team"])
    (['ce', 'cce'], ['team'])
    """
    if not given:
        return list(default)
    parts = [part.strip() for value in given for part in value.split(",")]
    if not all(parts):
        raise typer.BadParameter("a name is empty", param_hint=option)
    return list(dict.fromkeys(parts))
