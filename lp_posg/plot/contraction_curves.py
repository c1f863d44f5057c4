"""How fast two filters with different priors come to agree."""

from __future__ import annotations

import numpy as np

from lp_posg.bounds import Contraction
from lp_posg.game import takes
from lp_posg.plot.canvas import Figure, Style, from_zero, new_axes, whole_numbers
from lp_posg.plot.captions import legend_below, named, title
from lp_posg.plot.looks import BLUE, GREY, ORANGE


@takes
def contraction(found: Contraction) -> Figure:
    """Return a picture of the expected distance of two beliefs against the steps they both saw.

    Bands are between the bounds where they are not exact.

    Parameters
    ----------
    found : Contraction
        From `lp_posg.bounds.belief_contraction`.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure, axes = new_axes(6.6, 4.3)
    steps = np.arange(len(found.worst))
    # A ring around the other's mark, where both coincide.
    around: Style = {"marker": "o", "markersize": 9, "markerfacecolor": "none"}
    axes.plot(steps, found.worst, color=BLUE, label="worst rule of acting", **around)
    axes.fill_between(steps, found.worst_lower, found.worst, color=BLUE, alpha=0.15, linewidth=0)
    axes.plot(steps, found.uniform, color=ORANGE, marker="s", linestyle="--", label="uniform actions")
    axes.fill_between(steps, found.uniform_lower, found.uniform_upper, color=ORANGE, alpha=0.25, linewidth=0)
    axes.set(xlabel="steps both filters saw", ylabel="expected total variation distance")
    if not found.worst.any():
        # Else the empty picture would look like a failure.
        # Certainty that is uniform is of the only state there is.
        reason = "nothing to forget: " + ("the game has one state" if found.state else "the first prior is uniform too")
        axes.text(0.5, 0.5, reason, ha="center", transform=axes.transAxes, fontsize=9, color=GREY)
    from_zero(axes)
    whole_numbers(axes)
    first = f"certainty of {named(found.state, 16)}" if found.state else "the first prior"
    title(
        figure,
        f"{named(found.name)}: how fast {first} is forgotten\n"
        f"distance of its filter from that of the uniform prior, from step {found.time + 1} on",
    )
    legend_below(figure, axes, 2)
    return figure
