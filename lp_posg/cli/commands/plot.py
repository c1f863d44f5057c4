"""``lp-posg plot``: pictures of what `solve` and `compare` find."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lp_posg.cli import options
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.games import Opened, complete_game, game_endings, open_stored
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import STDOUT, check_not_input, check_target, naming_a_file

if TYPE_CHECKING:
    from lp_posg.game import Game
    from lp_posg.planning import Solution
    from lp_posg.plot.canvas import Figure

EXAMPLE = "lp-posg plot dag dectiger --horizon 4 --sharing one-step-delay --out dag.png"

CONCEPTS = ("team", "ne", "ce", "cce")

DELAYS = ("full", "one-step-delay", "delay:2", "delay:3")

What = Literal["dag", "values", "delays", "payoffs", "deviations", "ledger", "beliefs", "learning", "contraction"]

ONE, SEVERAL = ("dag", "deviations", "ledger", "beliefs"), ("values", "delays", "payoffs")
"""Pictures of one solution, and pictures that compare several; the others solve nothing."""


def run(
    context: typer.Context,
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="dag: states and what leads where; values: welfare by horizon and sharing rule; delays: welfare by"
            " delay of sharing; payoffs: what equilibria of one step can give two agents; deviations: why no one gains"
            " by deviating; ledger: the errors of a compression; beliefs: of games with 2 or 3 states; learning: what"
            " `lp-posg learn --json` wrote; contraction: how fast old news stops to matter.",
            show_default=False,
        ),
    ],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            autocompletion=complete_game,
            help=f"A file ({game_endings()}), or a name of the catalogue; for dag, deviations, ledger and beliefs also"
            " a solution stored by `lp-posg solve --save`; for learning one or several JSON files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="PICTURE", help="A .png, .svg or .pdf file to write.", show_default=False),
    ],
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-H", min=1, help="Number of steps; of values, the longest.", show_default=False),
    ] = None,
    sharing: Annotated[
        list[str] | None,
        typer.Option(
            help="Who learns what when, as in `lp-posg solve`; full if not given. For values and delays several,"
            " repeated or with commas.",
            show_default=False,
        ),
    ] = None,
    concept: Annotated[
        list[str] | None,
        typer.Option(
            help="team, ne, strategic-ce, ce, interim-cce or cce; for values, delays and payoffs several,"
            " team,ne,ce,cce if not given.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        int, typer.Option("--memory", min=1, help="For contraction: how many steps of news, at most.")
    ] = 6,
    time: Annotated[int, typer.Option("--time", min=0, help="For contraction: the step to begin with, from 0.")] = 0,
    prior: Annotated[
        str,
        typer.Option(
            "--prior",
            help="For contraction: what is forgotten: certainty of the worst state (worst) or of a named one, or the"
            " game's own law (law).",
        ),
    ] = "worst",
    objective: options.Objective = "welfare",
    compression: options.Compression = "exact",
    discount: options.Discount = None,
    tolerance: options.Tolerance = None,
    approximate: options.Approximate = False,
    certificate: options.Certificate = "auto",
    workers: options.Workers = 1,
    max_states: options.MaxStates = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
) -> None:
    """Draw what solving a game finds, or a stored solution.

    The options are those of `lp-posg solve`; the picture's kind is said by its suffix. Needs matplotlib:
    pip install 'lp-posg[plot]'.
    """
    _check_out(out, files)
    if what == "learning":
        _check_none_given(context, "learning is done already, with all its options")
        return _write(_of_runs(files), out)
    if len(files) > 1:
        raise typer.BadParameter(f"{what} is of one game; give one", param_hint="FILE")
    (file,) = files
    rules = options.listed("--sharing", sharing, DELAYS if what == "delays" else ("full",))
    wanted = options.listed("--concept", concept, CONCEPTS if what in SEVERAL else ())
    settings = {
        "objective": objective,
        "compression": compression,
        "discount": discount,
        "approximate": approximate or None,
        "certificate": certificate,
        "workers": workers,
        "max_states": max_states,
        "time_limit": time_limit,
        "memory_limit": options.in_bytes(memory_limit),
    } | ({} if tolerance is None else {"tolerance": tolerance})
    if what in ONE:
        figure = _of_solution(what, _solution(context, file, horizon, rules, wanted, settings))
    elif what in SEVERAL:
        opened = _game(file, what)
        span = _span(what, horizon, opened)
        figure = _of_comparison(what, opened.over(span[-1]), span, rules, wanted, settings)
    else:
        _check_none_given(context, "nothing is solved for this picture", "memory", "time", "prior")
        figure = _of_filters(_game(file, what).posg, memory, time, prior)
    return _write(figure, out)


def _write(figure: Figure, out: str) -> None:
    from lp_posg.plot import save

    save(figure, out)
    show_line(f"written: {out}")


def _check_out(out: str, files: list[str]) -> None:
    """Raise before any work unless a picture can be drawn and written to `out`."""
    from lp_posg.plot.canvas import check_available, check_suffix

    for file in files:
        check_not_input(out, file, "--out")
    if out == STDOUT:
        raise typer.BadParameter("a picture is not written to stdout; give a file", param_hint="--out")
    with naming_a_file():
        check_suffix(out)
    check_target(out)
    check_available()


def _solution(
    context: typer.Context,
    file: str,
    horizon: int | None,
    rules: list[str],
    wanted: list[str],
    settings: dict[str, Any],
) -> Solution:
    """Return the stored solution, or the one that the options ask for."""
    import lp_posg as posg

    opened = open_stored(file)
    if not isinstance(opened, Opened):
        _check_none_given(context, "the solution is stored, with all its options")
        return opened
    for option, given in (("--sharing", rules), ("--concept", wanted)):
        if len(given) > 1:
            raise typer.BadParameter("this picture is of one solution; give one", param_hint=option)
    if horizon is None:
        raise typer.BadParameter("a game is solved for a number of steps; give --horizon", param_hint="--horizon")
    game = opened.over(horizon)
    with progress_bar() as progress:
        return posg.solve(game, horizon, rules[0], wanted[0] if wanted else None, **settings, progress=progress)


def _check_none_given(context: typer.Context, reason: str, *also: str) -> None:
    """Raise BadParameter if options of solving stand where nothing is solved."""
    free = ("what", "files", "out", *also)
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in free and source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(reason, param_hint=parameter.opts[0])


def _game(file: str, what: str) -> Opened:
    opened = open_stored(file)
    if not isinstance(opened, Opened):
        need = "compares several solutions" if what in SEVERAL else "is of no solution"
        raise typer.BadParameter(f"{what} {need}; give the game", param_hint="FILE")
    return opened


def _span(what: str, horizon: int | None, opened: Opened) -> range:
    """Return the horizons to compare; of a game tree none that would cut it."""
    if what == "payoffs":
        if horizon not in (None, 1):
            raise typer.BadParameter("payoffs are of one step; over several, equilibria are selected stage by stage")
        if opened.n_steps > 1:
            raise typer.BadParameter(f"payoffs are of one step, and game tree {opened.name!r} takes {opened.n_steps}")
        return range(1, 2)
    if what == "delays":
        if horizon is None:
            raise typer.BadParameter("a game is solved for a number of steps; give --horizon", param_hint="--horizon")
        return range(horizon, horizon + 1)
    if horizon is None:
        raise typer.BadParameter("values are for horizons from 1 on; give the longest", param_hint="--horizon")
    return range(min(opened.n_steps, horizon), horizon + 1)


def _of_solution(what: str, solution: Solution) -> Figure:
    from lp_posg import plot as pictures

    if what == "ledger":
        return pictures.ledger(solution.ledger)
    if what == "deviations":
        return pictures.deviations(solution)
    return pictures.dag(solution) if what == "dag" else pictures.beliefs(solution)


def _of_filters(game: Game, memory: int, time: int, prior: str) -> Figure:
    import lp_posg as posg
    from lp_posg.plot import contraction

    return contraction(posg.bounds.belief_contraction(game, memory, time=time, prior=prior))


def _of_runs(files: list[str]) -> Figure:
    import json

    from lp_posg.errors import FormatError
    from lp_posg.plot import learning

    runs = []
    for file in files:
        try:
            runs.append(json.loads(Path(file).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it is no JSON ({error})"
            raise FormatError(
                f"{file!r} cannot be read: {reason}; give what `lp-posg learn --json` wrote", path=file, line=None
            ) from None
    return learning(runs[0] if len(runs) == 1 and isinstance(runs[0], dict) else runs)


def _of_comparison(
    what: str, game: Game, span: range, rules: list[str], wanted: list[str], settings: dict[str, Any]
) -> Figure:
    import lp_posg as posg
    from lp_posg import plot as pictures
    from lp_posg.stage import CONCEPTS, Correlated

    if what == "payoffs" and len(rules) > 1:
        raise typer.BadParameter("a payoff region is of one sharing rule; give one", param_hint="--sharing")
    if what == "payoffs" and all(name in CONCEPTS and not isinstance(CONCEPTS[name], Correlated) for name in wanted):
        known = ", ".join(name for name, concept in CONCEPTS.items() if isinstance(concept, Correlated))
        raise typer.BadParameter(f"payoff regions are of correlated concepts: {known}", param_hint="--concept")
    with progress_bar() as progress:
        tables = [posg.compare(game, h, rules, wanted, **settings, progress=progress) for h in span]
    if what in ("values", "delays"):
        return pictures.values(tables) if what == "values" else pictures.delays(tables)
    regions = [
        posg.payoff_region(tables[0].game, name, rules[0])
        for name in wanted
        if isinstance(CONCEPTS.get(name), Correlated)
    ]
    return pictures.payoffs(regions, tables[0])
