"""What waiting for news costs: welfare against the delay of sharing."""

from __future__ import annotations

from collections.abc import Sequence

from lp_posg.errors import ModelError, UnsupportedError
from lp_posg.planning import Comparison
from lp_posg.plot.canvas import Axes, Figure, light, new_figure
from lp_posg.plot.captions import legend_beside, named, note, plain, title
from lp_posg.plot.inputs import as_tables, concepts_of, measure_of, measured, over, rules_of, steps_of, unsolved
from lp_posg.plot.looks import looks_of, ring
from lp_posg.wording import counted

NEVER = "none"

NAMED = {"full": 0, "one-step-delay": 1}
"""Delays of rules whose name does not say it as in ``delay:2``; both belong to every family."""


def delays(comparisons: Comparison | Sequence[Comparison]) -> Figure:
    """Return a picture of welfare against the delay of sharing, a line per concept and a panel per horizon.

    Of a zero-sum game, whose welfare is 0, the first agent's value is drawn; of a common reward its value.

    Rules without a delay (such as ``one-directional``) are left out, and rules that could not be solved are
    named below. Of ``delay:D``, ``uncontrolled:D`` and ``controller:D`` one family can be drawn, with ``full``
    and ``one-step-delay`` as delays 0 and 1; ``none`` stands on the right, as never.

    Parameters
    ----------
    comparisons : Comparison or sequence of Comparison
        Of one game, each of another horizon.

    Raises
    ------
    ModelError
        If the comparisons do not belong together, the delays are of several families, or fewer than two
        of them have a value.
    UnsupportedError
        If they are of a game tree.
    MissingExtraError
        If matplotlib is not installed.
    """
    tables = as_tables(comparisons)
    if tables[0].horizon is None:
        raise UnsupportedError(
            f"game {tables[0].game.name!r} is a tree, whose information sets say who knows what: there is no delay of"
            " sharing to draw; see `values`"
        )
    rules = rules_of(tables)
    places = _places(rules)
    found = {(h, concept, places[rule]): w for (h, rule, concept), w in measured(tables).items() if rule in places}
    if len({place for _, _, place in found}) < 2:
        raise ModelError(
            f"fewer than two delays have a value (rules: {', '.join(rules)}); give several, such as"
            " full,one-step-delay,delay:2 (see `lp-posg info` for the rules that fit the game)"
        )
    return _drawn(tables, found, places)


def _places(rules: list[str]) -> dict[str, int]:
    """Return the place of each rule that has a delay: the delay itself, or behind all others for never."""
    family = {rule.partition(":")[0] for rule in rules if ":" in rule}
    if len(family) > 1:
        raise ModelError(f"the delays are of several families, {', '.join(sorted(family))}; draw one at a time")
    places = {rule: NAMED[rule] for rule in rules if rule in NAMED}
    places |= {rule: int(rule.partition(":")[2]) for rule in rules if rule.partition(":")[2].isdigit()}
    if NEVER in rules:
        places[NEVER] = max(places.values(), default=0) + 1
    return places


def _drawn(tables: list[Comparison], found: dict[tuple[int, str, int], float], places: dict[str, int]) -> Figure:
    concepts = concepts_of(tables)
    figure = new_figure(max(5.6, 0.8 + 3.2 * len(tables)), 4.1)
    panels = figure.subplots(1, len(tables), sharex=True, squeeze=False)[0]
    for axes, table in zip(panels, tables, strict=True):
        _panel(axes, steps_of(table), concepts, found, places)
        if len(tables) > 1:
            axes.set_title(counted(steps_of(table), "step"), fontsize=10)
    measure = measure_of(tables[0].game)
    panels[0].set_ylabel(measure)
    title(figure, f"{named(tables[0].game.name)}: {measure} by delay of sharing{over(tables)}")
    legend_beside(figure, panels[0])
    absent = unsolved(tables)
    absent += [f"{rule} (no delay)" for rule in rules_of(tables) if rule not in places]
    notes = [] if concepts == ["team"] else ["equilibria as selected, stage by stage"]
    notes += [f"not drawn: {plain('; '.join(absent))}"] if absent else []
    if notes:
        note(figure, "\n".join(notes))
    return figure


def _panel(
    axes: Axes, horizon: int, concepts: list[str], found: dict[tuple[int, str, int], float], places: dict[str, int]
) -> None:
    light(axes)
    looks = looks_of(concepts)
    delays_drawn = sorted({place for _, _, place in found})
    for k, concept in enumerate(concepts):
        known = [place for place in delays_drawn if (horizon, concept, place) in found]
        axes.plot(
            known,
            [found[horizon, concept, place] for place in known],
            label=plain(concept),
            color=looks[concept].colour,
            **ring(k, len(concepts)),
        )
    never = places.get(NEVER)
    axes.set_xticks(delays_drawn, ["never" if place == never else str(place) for place in delays_drawn])
    axes.set_xlim(-0.3, delays_drawn[-1] + 0.3)
    axes.margins(y=0.12)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlabel("delay (steps)")
