"""Options that several commands share: declared once, and handed to `solve` and `compare` by the names they have there.

Help texts are written out, since reading them from the registries would load numpy; a test compares them.
"""

from __future__ import annotations

import functools
import inspect
import math
import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, get_args

import typer

from lp_posg.cli.games import complete_game, game_endings
from lp_posg.deadline import until
from lp_posg.wording import MOST_DIGITS, shown_digits

CONCEPTS = "team, ne, strategic-ce, ce, interim-cce or cce"
SHARING = "full, one-step-delay, one-directional, controller:D, uncontrolled:D, delay:D, none"
SEVERAL = "repeated or with commas"
MEBIBYTE = 2**20


def _in_range(accepts: Callable[[float], bool], range_: str) -> Callable[[float | None], float | None]:
    """Return a check of an option's number."""

    def check(value: float | None) -> float | None:
        if value is not None and not accepts(value):
            raise typer.BadParameter(f"{value} is not {range_}")
        return value

    return check


_positive = _in_range(lambda value: math.isfinite(value) and value > 0, "a number above 0")


def argument(metavar: str, text: str, type_: Any = str, **more: Any) -> Any:
    """Return the type of a command's parameter that is an argument with this help text; a game's name completes."""
    complete = complete_game if metavar in ("FILE", "IN", "NAME") else None
    return Annotated[type_, typer.Argument(metavar=metavar, autocompletion=complete, help=text, **more)]


COMPLETED = ("sharing", "concept", "objective", "compression", "method", "certificate")
"""Options whose values are names, which a shell completes."""


def complete(option: str) -> Callable[[str], list[str]]:
    """Return what completes an option's value from its beginning, the last one where commas separate several.

    >>> complete("concept")("ne,c"), complete("sharing")("one_")
    (['ne,ce', 'ne,cce'], ['one-directional', 'one-step-delay'])
    """

    def found(incomplete: str) -> list[str]:
        head, comma, last = incomplete.rpartition(",")
        before, start = (head + comma, last) if option in LISTS else ("", incomplete)
        return [before + value for value in _values(option) if value.startswith(start.replace("_", "-"))]

    return found


def _values(option: str) -> list[str]:
    """Return the values of an option, those with more to follow up to their colon."""
    # Only a shell that completes pays for loading the registries.
    from lp_posg.information import compression_names, sharing_names
    from lp_posg.planning.methods import AUTO, METHODS
    from lp_posg.planning.request import CERTIFICATES
    from lp_posg.stage import CONCEPTS
    from lp_posg.stage.objective import OBJECTIVES

    names: dict[str, Iterable[str]] = {"sharing": sharing_names(), "concept": CONCEPTS, "objective": OBJECTIVES}
    names |= {"compression": compression_names(), "method": (AUTO, *METHODS), "certificate": CERTIFICATES}
    return [name.partition(":")[0] + ":" * (":" in name.partition("[")[0]) for name in names[option]]


def option(type_: Any, text: str, *flags: str, **more: Any) -> Any:
    """Return the type of a command's parameter that is an option with this help text, None if it is not given."""
    return Annotated[type_ | None, typer.Option(*flags, help=text, show_default=False, **more)]


def output(metavar: str, text: str) -> Any:
    """Return the type of the parameter for the file that a command has to write."""
    return Annotated[str, typer.Option("--out", "-o", metavar=metavar, help=text, show_default=False)]


HORIZON = ("--horizon", "-H")

File = argument("FILE", f"A file ({game_endings()}), a name of the catalogue, or open_spiel:NAME.")
Stored = argument("OUT.npz", "A solution stored by `lp-posg solve --save`.")
StoredGame = argument(
    "FILE", "The game to use it in: a file or a catalogue name; by default the stored one.", str | None
)
Horizon = Annotated[int, typer.Option(*HORIZON, min=1, help="Number of steps.", show_default=False)]
OptionalHorizon = option(int, "Number of steps; a game tree has none.", *HORIZON, min=1)
Save = option(str, "Store the solution, for `lp-posg verify`, `simulate`, `policy` and `plot`.", metavar="OUT.npz")
Export = option(
    str,
    "Write how to play for other programs: .csv or .json, and .graphml or .dot where there are states.",
    metavar="STRATEGY",
)
Json = option(
    str, "Write the result as JSON: to a file, or with - to stdout and nothing else there.", metavar="OUT.json|-"
)

Digits = option(
    int, "Digits of every number shown; if not given as many as fit its kind. JSON has all.", min=1, max=MOST_DIGITS
)

WHAT = ("sharing", "concept", "objective", "compression", "discount", "tolerance", "approximate", "certificate")
"""What to solve, and how well."""

HOW = ("workers", "backend", "checkpoint", "max_states", "time_limit", "memory_limit")
"""How a run works: `RunOptions`, without the progress that a terminal shows."""

OPTIONS: Mapping[str, Any] = {
    "sharing": option(str, f"Who learns what when: {SHARING}; full if not given."),
    "concept": option(
        str, f"{CONCEPTS}; if not given team for a common reward, ne for a zero-sum game tree, else cce."
    ),
    "objective": option(
        str,
        "Which equilibrium is selected: welfare (if not given), egalitarian, agent:K (number or name),"
        " weighted:W1,W2,..., worst or entropy.",
    ),
    "compression": option(
        str,
        "What is kept of the common information: exact (if not given), finite-memory:L (or L:prior, L:stationary),"
        " merge:EPS.",
    ),
    "method": option(
        str,
        "auto (if not given: it says what it chose and why); common-information for a POSG; sequence-form for an ne of"
        " a zero-sum game, also where beliefs depend on play; strategic-form for any concept in a game tree.",
    ),
    "discount": option(
        float,
        "Weight of the next step's reward, instead of the game's.",
        callback=_in_range(lambda value: 0 < value <= 1, "in the range 0 < discount <= 1"),
    ),
    "tolerance": option(
        float,
        "Largest accepted gap of an agent, relative to its own reward range; 1e-7 if not given.",
        callback=_in_range(lambda value: math.isfinite(value) and value >= 0, "a number of at least 0"),
    ),
    "approximate": option(bool, "Accept a gap above the tolerance; it is reported.", "--approximate"),
    "certificate": option(
        str, "How the gap is proven: exact, bounded, or auto (if not given: exact where that is within reach)."
    ),
    "workers": option(int, "How many work at a time, 1 if not given; the answer stays the same.", min=1),
    "backend": option(str, "Where stage games are solved: loky (processes, if not given), threading, dask, ray, ..."),
    "checkpoint": option(
        str, "Keep finished depths there; the same command takes a stopped run up again.", metavar="DIR"
    ),
    "max_states": option(int, "Most common-information states, all steps together.", min=1),
    "time_limit": option(float, "Wall time.", metavar="SECONDS", callback=_positive),
    "memory_limit": option(float, "Resident memory in MiB.", metavar="MIB", callback=_positive),
}

LISTS: Mapping[str, Any] = {
    "sharing": option(list[str], f"Sharing rules, {SEVERAL}, of {SHARING}."),
    "concept": option(list[str], f"Concepts, {SEVERAL}, of {CONCEPTS}.", "--concept", "--concepts"),
}
"""Options that a command takes several of."""

for _table in (OPTIONS, LISTS):
    for _name in {*COMPLETED} & _table.keys():
        get_args(_table[_name])[1].autocompletion = complete(_name)


def takes(*names: str, several: Sequence[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these names; it gets those that were given as the mapping ``options``.

    What to solve stands after the horizon in the help, how to run at the end.

    Parameters
    ----------
    *names : str
        As in `OPTIONS`.
    several : sequence of str
        Those of which several may be given, as in `LISTS`.
    """

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(run, eval_str=True)
        mine = [entry for name, entry in signature.parameters.items() if name != "options"]
        place = next((k + 1 for k, entry in enumerate(mine) if entry.name == "horizon"), len(mine))
        kind = inspect.Parameter.KEYWORD_ONLY

        def shared(group: Callable[[str], bool]) -> list[inspect.Parameter]:
            types = {name: (LISTS if name in several else OPTIONS)[name] for name in names if group(name)}
            return [inspect.Parameter(name, kind, default=None, annotation=type_) for name, type_ in types.items()]

        entries = mine[:place] + shared(lambda name: name not in HOW) + mine[place:] + shared(HOW.__contains__)

        @functools.wraps(run)
        def command(**given: Any) -> None:
            options = _chosen({name: given.pop(name) for name in names})
            limit = options.get("time_limit")
            # The limit is the whole command's: reading the game counts.
            with until(None if limit is None else clock.time() + limit):
                run(**{"options": options} if "options" in signature.parameters else {}, **given)

        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[entry.replace(kind=kind) for entry in entries]
        )
        return command

    return decorate


def with_digits(run: Callable[..., None]) -> Callable[..., None]:
    """Return a command with an option for how many digits are shown of every number."""
    signature = inspect.signature(run, eval_str=True)
    last = inspect.Parameter("digits", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Digits)

    @functools.wraps(run)
    def command(**given: Any) -> None:
        with shown_digits(given.pop("digits")):
            run(**given)

    entries = [entry.replace(kind=inspect.Parameter.KEYWORD_ONLY) for entry in signature.parameters.values()]
    command.__signature__ = signature.replace(parameters=[*entries, last])  # type: ignore[attr-defined]
    return command


def _chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as the library takes them."""
    found = {name: value for name, value in given.items() if value is not None}
    if "memory_limit" in found:
        found["memory_limit"] *= MEBIBYTE
    return found | {name: listed(f"--{name}", value) for name, value in found.items() if isinstance(value, list)}


def listed(option: str, given: Sequence[str]) -> list[str]:
    """Return the values of an option that is repeated or has commas in it, each once.

    >>> listed("--concept", ["ce,cce", "ce"])
    ['ce', 'cce']
    """
    parts = [part.strip() for value in given for part in value.split(",")]
    if not all(parts):
        raise typer.BadParameter("a name is empty", param_hint=option)
    return list(dict.fromkeys(parts))


def given_options(context: typer.Context) -> list[Any]:
    """Return the options and arguments that were given on the command line."""
    sources = [(entry, context.get_parameter_source(str(entry.name))) for entry in context.command.params]
    return [entry for entry, source in sources if source is not None and source.name == "COMMANDLINE"]
