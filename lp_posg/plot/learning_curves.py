"""Learning curves: how the gap falls with the episodes learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lp_posg.checks import listed
from lp_posg.errors import ModelError
from lp_posg.learning.result import Learnt
from lp_posg.plot.canvas import Axes, Figure, Style, from_zero, new_axes
from lp_posg.plot.captions import legend_below, named, title
from lp_posg.plot.looks import BLUE, GREY, LINES, MARKERS, ORANGE, RED
from lp_posg.wording import counted

Summary = Mapping[str, Any]
"""What `Learnt.summary` returns, and `lp-posg learn --json` writes with the game's name."""

DIFFERENCES = ("game", "sharing", "concept", "objective", "memory", "horizon", "exploration", "seed")
"""What runs may differ in: of several runs, the legend names what does differ."""


def learning(learnt: Learnt | Summary | Sequence[Learnt | Summary]) -> Figure:
    """Return a picture of each round's gap against the exploration episodes it was learnt from.

    The estimate is the largest over the agents of the mean gains in fresh episodes, with its confidence
    interval, a lower estimate of the gap. The certified gap is drawn where the true game was known. Several
    runs have a colour each; solid lines are certified gaps, dashed ones estimates.

    Parameters
    ----------
    learnt : Learnt, mapping, or a sequence of them
        From `lp_posg.learn`, or the JSON of ``lp-posg learn --json`` as Python objects.

    Raises
    ------
    ModelError
        If there is no gap to draw: a team's is not estimated, and none was certified; or if a mapping is
        no such JSON.
    MissingExtraError
        If matplotlib is not installed.
    """
    given = listed("learnt", learnt if not isinstance(learnt, Mapping) else [learnt], ())
    runs: list[Summary] = [run.summary() if isinstance(run, Learnt) else run for run in given]
    if not runs:
        raise ModelError("there is no run to draw; `lp_posg.learn` returns one")
    curves = [_Curves(run) for run in runs]
    if not any(curve.estimated or curve.certified for curve in curves):
        raise ModelError("no gap was estimated (a team's is not) and none certified: there is no curve to draw")
    figure, axes = new_axes(6.6, 4.3)
    if len(curves) == 1:
        curve = curves[0]
        _draw_run(axes, curve, f"estimated gap ({curve.level:.0%} interval)", "certified gap", ORANGE, BLUE, "s")
        axes.axvline(curve.chosen_at, color=RED, linewidth=1, linestyle=":", label=f"chosen: round {curve.chosen}")
    else:
        for k, (curve, name) in enumerate(zip(curves, _names(runs), strict=True)):
            estimated, colour = "" if curve.certified else f"{name} (estimated)", LINES[k % len(LINES)]
            _draw_run(axes, curve, estimated, name, colour, colour, MARKERS[k % len(MARKERS)])
        if any(curve.estimated and curve.certified for curve in curves):
            axes.plot([], [], color=GREY, linestyle="--", marker="o", markersize=4, label="the same, estimated")
    axes.set(xlabel="exploration episodes", ylabel="gap (reward units)")
    from_zero(axes)
    episodes = [candidate["episodes"] for run in runs for candidate in run["candidates"]]
    if min(episodes) > 0 and max(episodes) > 20 * min(episodes):
        axes.set_xscale("log")
    alike = {key for key in DIFFERENCES if len({str(run.get(key)) for run in runs}) == 1}
    what = [named(str(runs[0][key]), 24) for key in ("game", "sharing", "concept") if key in alike and key in runs[0]]
    what += [f"{key} {runs[0][key]}" for key in ("memory", "horizon") if key in alike]
    title(figure, "learning: " + ", ".join(what or [counted(len(runs), "run")]))
    legend_below(figure, axes, 3 if len(curves) == 1 else 2)
    return figure


class _Curves:
    """The estimated gaps (episodes, gap, half interval) and the certified ones (episodes, gap) of one run."""

    def __init__(self, run: Summary) -> None:
        try:
            self.level, self.chosen = float(run["level"]), int(run["chosen"])
            self.estimated: list[tuple[int, float, float]] = []
            self.certified: list[tuple[int, float]] = []
            for candidate in run["candidates"]:
                episodes, gaps, certified = int(candidate["episodes"]), candidate["gaps"], candidate["certified"]
                if None not in gaps:
                    worst = max(range(len(gaps)), key=gaps.__getitem__)
                    self.estimated.append((episodes, float(gaps[worst]), float(candidate["gap_errors"][worst])))
                if certified is not None:
                    self.certified.append((episodes, max(map(float, certified["gaps"]))))
            self.chosen_at = next(int(one["episodes"]) for one in run["candidates"] if one["round"] == self.chosen)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as error:
            raise ModelError(
                f"this is no result of learning: {type(error).__name__} {error}; give what `lp-posg learn --json` wrote"
            ) from None


def _draw_run(axes: Axes, curve: _Curves, estimated: str, certified: str, pale: str, dark: str, marker: str) -> None:
    """Draw the estimates of a run, in small if they have no name, and its certified gaps; two names, two colours."""
    if curve.estimated:
        episodes, gaps, errors = zip(*curve.estimated, strict=True)
        ends = [[min(half, gap) for half, gap in zip(errors, gaps, strict=True)], errors]
        style: Style = {"alpha": 1.0, "markersize": 6, "label": estimated}
        style = style if estimated else {"alpha": 0.6, "markersize": 4}
        axes.errorbar(episodes, gaps, ends, color=pale, marker="o", linestyle="--", capsize=3, **style)
    if curve.certified:
        axes.plot(*zip(*curve.certified, strict=True), color=dark, marker=marker, label=certified)


def _names(runs: Sequence[Summary]) -> list[str]:
    """Return a name for each run: what it differs in from the others, or its number."""
    differing = [key for key in DIFFERENCES if len({str(run.get(key)) for run in runs}) > 1]
    names = [", ".join(named(f"{key} {run.get(key)}", 30) for key in differing) for run in runs]
    return [name if names.count(name) == 1 else f"{name or 'run'} ({k})" for k, name in enumerate(names, 1)]
