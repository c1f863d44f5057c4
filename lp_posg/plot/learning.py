"""The learning curve: how the gap falls with the episodes learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lp_posg.errors import ModelError
from lp_posg.learning.result import Learnt
from lp_posg.plot.canvas import BLUE, ORANGE, RED, from_zero, light, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning(learnt: Learnt) -> Figure:
    """Return a picture of each round's gap against the exploration episodes it was learnt from.

    The estimate is the largest over the agents of the mean gains in fresh episodes, with its confidence
    interval, a lower estimate of the gap. The certified gap is drawn where the true game was known.

    Parameters
    ----------
    learnt : Learnt

    Raises
    ------
    ModelError
        If there is no gap to draw: a team's is not estimated, and none was certified.
    MissingExtraError
        If matplotlib is not installed.
    """
    estimated = [c for c in learnt.candidates if not np.isnan(c.gaps).any()]
    certified = [(c.episodes, c.certificate.gap) for c in learnt.candidates if c.certificate is not None]
    if not estimated and not certified:
        raise ModelError("no gap was estimated (a team's is not) and none certified: there is no curve to draw")
    figure = new_figure(6.6, 4.3)
    axes = figure.add_subplot()
    light(axes)
    if estimated:
        worst = [int(c.gaps.argmax()) for c in estimated]
        gaps = [float(c.gaps[i]) for c, i in zip(estimated, worst, strict=True)]
        errors = [float(c.gap_errors[i]) for c, i in zip(estimated, worst, strict=True)]
        axes.errorbar(
            [c.episodes for c in estimated],
            gaps,
            [[min(half, gap) for half, gap in zip(errors, gaps, strict=True)], errors],
            color=ORANGE,
            marker="o",
            linestyle="--",
            capsize=3,
            label=f"estimated gap ({learnt.level:.0%} interval)",
        )
    if certified:
        axes.plot(*zip(*certified, strict=True), color=BLUE, marker="s", label="certified gap")
    axes.axvline(
        learnt.best.episodes, color=RED, linewidth=1, linestyle=":", label=f"chosen: round {learnt.best.round}"
    )
    axes.set(xlabel="exploration episodes", ylabel="gap (reward units)")
    from_zero(axes)
    episodes = [c.episodes for c in learnt.candidates]
    if min(episodes) > 0 and max(episodes) > 20 * min(episodes):
        axes.set_xscale("log")
    axes.set_title(
        f"learning: {plain(learnt.sharing)}, {learnt.concept}, memory {learnt.memory}, horizon {learnt.horizon}",
        fontsize=11,
    )
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure
