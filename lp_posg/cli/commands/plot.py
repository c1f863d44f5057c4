"""``lp-posg plot``: pictures of what `solve` and `compare` find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.bars import progress_bar
from lp_posg.cli.games import Opened, game_endings, open_stored
from lp_posg.cli.screen import show_line
from lp_posg.cli.targets import check_drawn_target
from lp_posg.plot.pictures import PICTURES, Picture

EXAMPLE = "lp-posg plot dag dectiger --horizon 4 --sharing one-step-delay --out dag.png"


def _picture(name: str) -> str:
    if name not in PICTURES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(PICTURES)}")
    return name


def _named(of: str) -> str:
    """Return the names of the pictures that are drawn of a solution, of runs, ..."""
    return ", ".join(name for name, picture in PICTURES.items() if picture.of == of)


What: Any = shared.argument(
    "WHAT", "; ".join(f"{name}: {picture.help}" for name, picture in PICTURES.items()) + ".", callback=_picture
)
Files: Any = shared.argument(
    "FILE",
    f"A file ({game_endings()}), or a name of the catalogue; for {_named('solution')} also a solution stored by"
    f" `lp-posg solve --save`; for {_named('runs')} one or several JSON files.",
    list[str],
)
Out: Any = shared.output("PICTURE", "A .png, .svg or .pdf file to write.")
Steps: Any = shared.option(int, "Number of steps; of values, the longest.", *shared.HORIZON, min=1)


@dataclass(frozen=True)
class Call:
    """What a picture is to be drawn of: `options` are those of `solve`, `filters` those of `belief_contraction`."""

    context: typer.Context
    picture: Picture
    files: list[str]
    horizon: int | None
    options: dict[str, Any]
    filters: dict[str, Any]

    @property
    def file(self) -> str:
        """The file, for a picture of one game."""
        if len(self.files) > 1:
            raise typer.BadParameter(f"{self.picture.name} is of one game; give one", param_hint="FILE")
        return self.files[0]

    def check_none_given(self, reason: str, *also: str) -> None:
        """Raise BadParameter if options stand where they have no meaning."""
        for parameter in shared.given_options(self.context):
            if parameter.name not in ("what", "files", "out", *also):
                raise typer.BadParameter(reason, param_hint=parameter.opts[0])

    def opened(self, need: str) -> Opened:
        """Return the game, or raise BadParameter if a solution is given instead."""
        opened = open_stored(self.file)
        if not isinstance(opened, Opened):
            raise typer.BadParameter(f"{self.picture.name} {need}; give the game", param_hint="FILE")
        return opened


@shared.takes(*shared.WHAT, "method", *shared.HOW, several=("sharing", "concept"))
def run(
    context: typer.Context,
    what: What,
    files: Files,
    out: Out,
    options: dict[str, Any],
    horizon: Steps = None,
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

    The options are those of `lp-posg solve`; a picture of one solution takes one rule and one concept, a picture of
    several all of team,ne,ce,cce if none is given. The rule is full if none is given, for delays
    full,one-step-delay,delay:2,delay:3. The suffix says in which format the picture is written. Needs matplotlib:
    pip install 'lp-posg[plot]'.
    """
    from lp_posg.plot.canvas import check_available, check_suffix, save

    check_drawn_target(out, files, "picture", check_suffix)
    check_available()
    filters = {"max_memory": memory, "time": step - 1, "prior": prior}
    call = Call(context, PICTURES[what], files, horizon, options, filters)
    save(call.picture.draw(_TAKEN_FROM[call.picture.of](call)), out)
    show_line(f"written: {out}")


def _solution(call: Call) -> object:
    """Return the stored solution, or the one that the options ask for."""
    import lp_posg as posg

    opened = open_stored(call.file)
    if not isinstance(opened, Opened):
        call.check_none_given("the solution is stored, with all its options")
        return opened
    options = dict(call.options)
    for name in ("sharing", "concept"):
        if len(given := options.pop(name, [])) > 1:
            raise typer.BadParameter("this picture is of one solution; give one", param_hint=f"--{name}")
        options |= {name: given[0]} if given else {}
    game = opened.game if call.horizon is None else opened.over(call.horizon)
    with progress_bar() as progress:
        return posg.solve(game, call.horizon, progress=progress, **options)


def _tables(call: Call) -> object:
    """Return the comparison of each horizon; of a game tree without one that of its reduced strategic form."""
    import lp_posg as posg

    options, picture = dict(call.options), call.picture
    if "method" in options:
        raise typer.BadParameter("it does not apply to a picture of several solutions", param_hint="--method")
    opened = call.opened("compares several solutions")
    horizons = _horizons(call, opened)
    if horizons != [None]:
        options.setdefault("sharing", list(picture.sharing))
    if picture.horizons == "first":
        _check_region(options)
    folder = options.pop("checkpoint", None)
    tables = []
    with progress_bar() as progress:
        for h in horizons:
            store = folder and str(Path(folder, f"{h}-steps"))
            game = opened.game if h is None else opened.over(horizons[-1] or h)
            tables.append(posg.compare(game, h, progress=progress, checkpoint=store, **options))
    return tables[0] if len(tables) == 1 else tables


def _horizons(call: Call, opened: Opened) -> Sequence[int | None]:
    """Return the horizons to compare; of a game tree none that would cut it."""
    horizons, longest = call.picture.horizons, call.horizon
    if horizons == "first":
        if longest not in (None, 1):
            raise typer.BadParameter("payoffs are of one step; over several, equilibria are selected stage by stage")
        return [longest if opened.tree is not None else 1]
    if longest is None or horizons != "each":
        return [longest]
    return range(min(opened.n_steps, longest), longest + 1)


def _check_region(options: Mapping[str, Any]) -> None:
    """Raise BadParameter unless the options name one sharing rule and, if any concept, one with a payoff region."""
    from lp_posg.stage import CONCEPTS, Correlated

    if len(options.get("sharing", ())) > 1:
        raise typer.BadParameter("a payoff region is of one sharing rule; give one", param_hint="--sharing")
    known = [name for name, concept in CONCEPTS.items() if isinstance(concept, Correlated)]
    if set(options.get("concept", known)) <= set(CONCEPTS) - set(known):
        reason = f"payoff regions are of correlated concepts: {', '.join(known)}"
        raise typer.BadParameter(reason, param_hint="--concept")


def _filters(call: Call) -> object:
    import lp_posg as posg

    call.check_none_given("nothing is solved for this picture", "memory", "step", "prior")
    game = call.opened("is of no solution").posg
    return posg.bounds.belief_contraction(game, **call.filters)


def _runs(call: Call) -> object:
    import json

    from lp_posg.errors import FormatError
    from lp_posg.files import check_no_device

    call.check_none_given("learning is done already, with all its options")
    runs = []
    for file in call.files:
        try:
            check_no_device(file)
            runs.append(json.loads(Path(file).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it is no JSON ({error})"
            advice = "give what `lp-posg learn --json` wrote"
            raise FormatError(f"{file!r} cannot be read: {reason}; {advice}", path=file, line=None) from None
    return runs[0] if len(runs) == 1 and isinstance(runs[0], dict) else runs


_TAKEN_FROM = {"solution": _solution, "tables": _tables, "filters": _filters, "runs": _runs}
"""How to get what a picture is drawn of."""
