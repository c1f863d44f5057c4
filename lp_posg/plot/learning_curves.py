"""Learning curves: how the gap falls with the episodes learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lp_posg.errors import ModelError
from lp_posg.learning.result import Learnt
from lp_posg.plot.canvas import from_zero, light, new_figure
from lp_posg.plot.captions import legend_below, named, times, title
from lp_posg.plot.looks import BLUE, GREY, LINES, MARKERS, ORANGE, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    given = [learnt] if isinstance(learnt, (Mapping, Learnt)) else list(learnt)
    runs: list[Summary] = [run.summary() if isinstance(run, Learnt) else run for run in given]
    if not runs:
        raise ModelError("there is no run to draw; `lp_posg.learn` returns one")
    curves = [_Curves(run) for run in runs]
    if not any(curve.estimated or curve.certified for curve in curves):
        raise ModelError("no gap was estimated (a team's is not) and none certified: there is no curve to draw")
    figure = new_figure(6.6, 4.3)
    axes = figure.add_subplot()
    light(axes)
    if len(curves) == 1:
        _draw_one(axes, curves[0])
    else:
        for k, (curve, name) in enumerate(zip(curves, _names(runs), strict=True)):
            _draw_run(axes, curve, k, name)
        if any(curve.estimated and curve.certified for curve in curves):
            axes.plot([], [], color=GREY, linestyle="--", marker="o", markersize=4, label="the same, estimated")
    axes.set(xlabel="exploration episodes", ylabel="gap (reward units)")
    from_zero(axes)
    episodes = [candidate["episodes"] for run in runs for candidate in run["candidates"]]
    if min(episodes) > 0 and max(episodes) > 20 * min(episodes):
        axes.set_xscale("log")
    title(figure, _title(runs))
    legend_below(figure, axes, 3 if len(curves) == 1 else 2)
    return figure


class _Curves:
    """The estimated gaps (episodes, gap, half interval) and the certified ones (episodes, gap) of one run."""

    def __init__(self, run: Summary) -> None:
        try:
            self.level, self.chosen = float(run["level"]), int(run["chosen"])
            self.estimated: list[tuple[int, float, float]] = []
            self.certified: list[tuple[int, float]] = []
            for own in run["candidates"]:
                episodes = int(own["episodes"])
                if None not in own["gaps"]:
                    worst = max(range(len(own["gaps"])), key=own["gaps"].__getitem__)
                    self.estimated.append((episodes, float(own["gaps"][worst]), float(own["gap_errors"][worst])))
                if own["certified"] is not None:
                    self.certified.append((episodes, max(map(float, own["certified"]["gaps"]))))
            self.chosen_episodes = next(
                int(own["episodes"]) for own in run["candidates"] if own["round"] == self.chosen
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as error:
            raise ModelError(
                f"this is no result of learning: {type(error).__name__} {error}; give what `lp-posg learn --json` wrote"
            ) from None


def _draw_one(axes: Axes, curve: _Curves) -> None:
    _draw_estimates(axes, curve, ORANGE, f"estimated gap ({curve.level:.0%} interval)")
    if curve.certified:
        axes.plot(*zip(*curve.certified, strict=True), color=BLUE, marker="s", label="certified gap")
    axes.axvline(curve.chosen_episodes, color=RED, linewidth=1, linestyle=":", label=f"chosen: round {curve.chosen}")


def _draw_run(axes: Axes, curve: _Curves, k: int, name: str) -> None:
    colour = LINES[k % len(LINES)]
    _draw_estimates(axes, curve, colour, "" if curve.certified else f"{name} (estimated)")
    if curve.certified:
        axes.plot(*zip(*curve.certified, strict=True), color=colour, marker=MARKERS[k % len(MARKERS)], label=name)


def _draw_estimates(axes: Axes, curve: _Curves, colour: str, label: str) -> None:
    if not curve.estimated:
        return
    episodes, gaps, errors = zip(*curve.estimated, strict=True)
    axes.errorbar(
        episodes,
        gaps,
        [[min(half, gap) for half, gap in zip(errors, gaps, strict=True)], errors],
        color=colour,
        marker="o",
        linestyle="--",
        capsize=3,
        label=label or None,
        alpha=1.0 if label else 0.6,
        markersize=6 if label else 4,
    )


def _title(runs: Sequence[Summary]) -> str:
    alike = {key for key in DIFFERENCES if len({str(run.get(key)) for run in runs}) == 1}
    first = runs[0]
    what = [named(str(first[key]), 24) for key in ("game", "sharing", "concept") if key in alike and key in first]
    what += [f"memory {first['memory']}"] if "memory" in alike else []
    what += [f"horizon {first['horizon']}"] if "horizon" in alike else []
    return "learning: " + ", ".join(what or [times(len(runs), "run")])


def _names(runs: Sequence[Summary]) -> list[str]:
    """Return a name for each run: what it differs in from the others, or its number."""
    differing = [key for key in DIFFERENCES if len({str(run.get(key)) for run in runs}) > 1]
    names = [", ".join(named(f"{key} {run.get(key)}", 30) for key in differing) for run in runs]
    return [name if names.count(name) == 1 else f"{name or 'run'} ({k})" for k, name in enumerate(names, 1)]
