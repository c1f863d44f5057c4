"""``lp-posg plot``: pictures of what `solve` and `compare` find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.games import Opened, complete_game, game_endings, open_stored
from lp_posg.cli.pictures import PICTURES, Picture, named
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import STDOUT, check_not_input, check_target, naming_a_file

if TYPE_CHECKING:
    from lp_posg.planning import StateSolution
    from lp_posg.plot.canvas import Figure

EXAMPLE = "lp-posg plot dag dectiger --horizon 4 --sharing one-step-delay --out dag.png"

DELAYS = ("full", "one-step-delay", "delay:2", "delay:3")


def _picture(name: str) -> str:
    if name not in PICTURES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(PICTURES)}")
    return name


@dataclass(frozen=True)
class Call:
    """What a picture is to be drawn of.

    Attributes
    ----------
    context : typer.Context
    picture : Picture
    files : list of str
    horizon : int or None
    options : dict
        Of `solve`, with lists of rules and concepts.
    memory, step : int
    prior : str
        Of a contraction.
    """

    context: typer.Context
    picture: Picture
    files: list[str]
    horizon: int | None
    options: dict[str, Any]
    memory: int
    step: int
    prior: str

    @property
    def file(self) -> str:
        """The file, for a picture of one game."""
        if len(self.files) > 1:
            raise typer.BadParameter(f"{self.picture.name} is of one game; give one", param_hint="FILE")
        return self.files[0]

    def draw(self, *drawn: Any) -> Figure:
        """Return the picture."""
        from lp_posg import plot

        figure: Figure = getattr(plot, self.picture.name)(*drawn)
        return figure

    def check_none_given(self, reason: str, *also: str) -> None:
        """Raise BadParameter if options stand where they have no meaning."""
        for name, flag in shared.given_options(self.context):
            if name not in ("what", "files", "out", *also):
                raise typer.BadParameter(reason, param_hint=flag)

    def opened(self, need: str) -> Opened:
        """Return the game, or raise BadParameter if a solution is given instead."""
        opened = open_stored(self.file)
        if not isinstance(opened, Opened):
            raise typer.BadParameter(f"{self.picture.name} {need}; give the game", param_hint="FILE")
        return opened

    def needed_horizon(self, why: str = "a game is solved for a number of steps; give --horizon") -> int:
        """Return the number of steps, or raise BadParameter if it was not given."""
        if self.horizon is None:
            raise typer.BadParameter(why, param_hint="--horizon")
        return self.horizon


@shared.takes(*shared.WHAT, "method", *shared.HOW, several=("sharing", "concept"))
def run(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            callback=_picture,
            help="; ".join(f"{picture.name}: {picture.shows}" for picture in PICTURES.values()) + ".",
            show_default=False,
        ),
    ],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            autocompletion=complete_game,
            help=f"A file ({game_endings()}), or a name of the catalogue; for {named('solution')} also"
            f" a solution stored by `lp-posg solve --save`; for {named('runs')} one or several JSON files.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="PICTURE", help="A .png, .svg or .pdf file to write.", show_default=False),
    ],
    options: dict[str, Any],
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-H", min=1, help="Number of steps; of values, the longest.", show_default=False),
    ] = None,
    memory: Annotated[int, typer.Option(min=1, help="For contraction: how many steps of news, at most.")] = 6,
    step: Annotated[int, typer.Option(min=1, help="For contraction: the step to begin with.")] = 1,
    prior: Annotated[
        str,
        typer.Option(
            help="For contraction: what is forgotten: certainty of the worst state (worst) or of a named one, or the"
            " game's own law (law)."
        ),
    ] = "worst",
) -> None:
    """Draw what solving a game finds, or a stored solution.

    The options are those of `lp-posg solve`; a picture of one solution takes one rule (full if not given) and one
    concept. The picture's kind is said by its suffix. Needs matplotlib: pip install 'lp-posg[plot]'.
    """
    _check_out(out, files)
    call = Call(context, PICTURES[what], files, horizon, options, memory, step, prior)
    figure = _DRAWN_OF[call.picture.source](call)
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


def _of_solution(call: Call) -> Figure:
    solution = _solution(call)
    return call.draw(solution.ledger if call.picture.name == "ledger" else solution)


def _solution(call: Call) -> StateSolution:
    """Return the stored solution, or the one that the options ask for."""
    import lp_posg as posg
    from lp_posg.planning import StateSolution

    opened = open_stored(call.file)
    if isinstance(opened, Opened):
        options = dict(call.options)
        for name in ("sharing", "concept"):
            if len(given := options.pop(name, [])) > 1:
                raise typer.BadParameter("this picture is of one solution; give one", param_hint=f"--{name}")
            options |= {name: given[0]} if given else {}
        game = opened.over(call.needed_horizon())
        with progress_bar() as progress:
            solution = posg.solve(game, call.horizon, progress=progress, **options)
    else:
        call.check_none_given("the solution is stored, with all its options")
        solution = opened
    if not isinstance(solution, StateSolution):
        raise posg.errors.UnsupportedError(
            f"{call.picture.name} is of common-information states, and method {solution.method!r} has none"
        )
    return solution


def _of_comparisons(call: Call) -> Figure:
    import lp_posg as posg

    if "method" in call.options:
        raise typer.BadParameter("it does not apply to a picture of several solutions", param_hint="--method")
    opened = call.opened("compares several solutions")
    span = _span(call, opened)
    game = opened.over(span[-1])
    rules = call.options.get("sharing", list(DELAYS) if call.picture.name == "delays" else ["full"])
    options = call.options | {"sharing": rules}
    correlated = _region_concepts(rules, options.get("concept")) if call.picture.name == "payoffs" else None
    folder = options.pop("checkpoint", None)
    with progress_bar() as progress:
        tables = [
            posg.compare(game, h, progress=progress, checkpoint=folder and str(Path(folder, f"{h}-steps")), **options)
            for h in span
        ]
    if correlated is None:
        return call.draw(tables)
    (table,) = tables
    return call.draw([posg.payoff_region(table.game, name, rules[0]) for name in correlated], table)


def _span(call: Call, opened: Opened) -> range:
    """Return the horizons to compare; of a game tree none that would cut it."""
    if call.picture.name == "payoffs":
        if call.horizon not in (None, 1):
            raise typer.BadParameter("payoffs are of one step; over several, equilibria are selected stage by stage")
        if opened.n_steps > 1:
            raise typer.BadParameter(f"payoffs are of one step, and game tree {opened.name!r} takes {opened.n_steps}")
        return range(1, 2)
    if call.picture.name == "delays":
        horizon = call.needed_horizon()
        return range(horizon, horizon + 1)
    longest = call.needed_horizon("values are for horizons from 1 on; give the longest")
    return range(min(opened.n_steps, longest), longest + 1)


def _region_concepts(rules: list[str], wanted: list[str] | None) -> list[str]:
    """Return those concepts that have payoff regions."""
    from lp_posg.planning.comparing import CONCEPTS as COMPARED
    from lp_posg.stage import CONCEPTS, Correlated

    if len(rules) > 1:
        raise typer.BadParameter("a payoff region is of one sharing rule; give one", param_hint="--sharing")
    names = COMPARED if wanted is None else wanted
    found = [name for name in names if isinstance(CONCEPTS.get(name), Correlated)]
    if not found and all(name in CONCEPTS for name in names):
        known = ", ".join(name for name, concept in CONCEPTS.items() if isinstance(concept, Correlated))
        raise typer.BadParameter(f"payoff regions are of correlated concepts: {known}", param_hint="--concept")
    return found


def _of_game(call: Call) -> Figure:
    import lp_posg as posg

    call.check_none_given("nothing is solved for this picture", "memory", "step", "prior")
    game = call.opened("is of no solution").posg
    return call.draw(posg.bounds.belief_contraction(game, call.memory, time=call.step - 1, prior=call.prior))


def _of_runs(call: Call) -> Figure:
    import json

    from lp_posg.errors import FormatError

    call.check_none_given("learning is done already, with all its options")
    runs = []
    for file in call.files:
        try:
            runs.append(json.loads(Path(file).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it is no JSON ({error})"
            raise FormatError(
                f"{file!r} cannot be read: {reason}; give what `lp-posg learn --json` wrote", path=file, line=None
            ) from None
    return call.draw(runs[0] if len(runs) == 1 and isinstance(runs[0], dict) else runs)


_DRAWN_OF: dict[str, Callable[[Call], Figure]] = {
    "solution": _of_solution,
    "comparisons": _of_comparisons,
    "runs": _of_runs,
    "game": _of_game,
}
"""How to get a picture from each of the sources."""
