"""``lp-posg info``: a game's sizes and kind, and the sharing structures that fit it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lp_posg.cli import options as shared
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import Column, show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.cli.tree_sizes import show_tree
from lp_posg.errors import OptionError
from lp_posg.wording import counts, kind, number, small, yes_no

if TYPE_CHECKING:
    from lp_posg.bounds import Observability
    from lp_posg.game import Game
    from lp_posg.planning import Fit

EXAMPLE = "lp-posg info dectiger --horizon 4"

DEFAULT_HORIZON = 3

OBSERVABILITY_SECONDS = 1.0
"""After this its bounds are shown; the API allows more."""


def run(
    file: shared.File,
    horizon: shared.OptionalHorizon = None,
    sharing: Annotated[
        list[str] | None,
        typer.Option(help="Only these structures, repeated or with commas.", show_default=False),
    ] = None,
    json: shared.Json = None,
) -> None:
    """Show a game's sizes and the sharing structures that fit it.

    A structure fits if beliefs never depend on how the agents played. This is checked over
    the first steps: 3 if no horizon is given, or all steps of a shorter time-varying game.
    Observability is searched for a second; if that does not settle it, its bounds are shown.

    Of a game tree (.efg) the sizes are shown: nodes, information sets, sequences, reduced plans.
    """
    check_json_target(json, file)
    opened = open_game(file)
    if opened.tree is not None:
        if horizon is not None or sharing is not None:
            option = "sharing" if horizon is None else "horizon"
            raise OptionError(f"{option} does not apply to a game tree, which is played to its end", option=option)
        show_tree(opened.tree, json)
        return
    game = opened.posg
    from lp_posg.information import sharing_examples

    if horizon is None:
        horizon = min(DEFAULT_HORIZON, game.max_horizon or DEFAULT_HORIZON)
    fits = _surveyed(game, horizon, shared.listed("--sharing", sharing) if sharing else list(sharing_examples()))
    import lp_posg as posg

    seen = posg.bounds.observability(game, OBSERVABILITY_SECONDS)
    result = game, horizon, fits, seen
    deliver(json, lambda: _summary(*result), lambda: _show(*result))


def _surveyed(game: Game, horizon: int, names: list[str]) -> list[Fit]:
    """Return how the structures fit, telling a terminal on stderr which one is being checked."""
    import lp_posg as posg

    structures = [posg.information.sharing_structure(name, game.n_agents) for name in names]
    if sys.stderr is None or not sys.stderr.isatty():
        return list(posg.survey(game, horizon, structures))
    from rich.console import Console

    fits: list[Fit] = []
    with Console(file=sys.stderr, markup=False).status("checking") as status:
        for structure in structures:
            status.update(f"checking {structure.name}")
            fits += posg.survey(game, horizon, [structure])
    return fits


def _rewards(game: Game) -> list[tuple[float, float]]:
    """Return the least and the largest reward of each agent."""
    arrays = [game.reward_array(h) for h in range(game.max_horizon or 1)]
    return [
        (min(float(a[i].min()) for a in arrays), max(float(a[i].max()) for a in arrays)) for i in range(game.n_agents)
    ]


def _summary(game: Game, horizon: int, fits: list[Fit], seen: Observability) -> dict[str, Any]:
    from lp_posg.version import __version__

    return {
        "game": game.name,
        "kind": kind(game),
        "agents": list(game.agents),
        "states": game.n_states,
        "actions": list(game.n_actions),
        "observations": list(game.n_observations),
        "discount": game.discount,
        "rewards": [list(ends) for ends in _rewards(game)],
        "reward_range": game.reward_range,
        "initial_observation": game.initial_observation_matrix is not None,
        "observability": _observability(game, seen),
        "max_horizon": game.max_horizon,
        "horizon": horizon,
        "sharing": [
            {"sharing": f.sharing, "admissible": f.admissible, "states": list(f.states), "reason": f.reason}
            for f in fits
        ],
        "version": __version__,
    }


def _observability(game: Game, seen: Observability) -> dict[str, Any]:
    """Return it as a JSON-ready object: the two beliefs by the labels of the states they hold possible."""
    beliefs = None if seen.beliefs is None else [_belief(game, b.tolist()) for b in seen.beliefs]
    return {
        "value": seen.value,
        "lower": seen.lower,
        "upper": seen.upper,
        "status": seen.status,
        "step": None if seen.time is None else seen.time + 1,
        "joint_action": None if seen.joint_action is None else list(seen.joint_action),
        "beliefs": beliefs,
        "initial": None if seen.initial is None else _observability(game, seen.initial),
    }


def _belief(game: Game, probabilities: list[float]) -> dict[str, float]:
    return {state: p for state, p in zip(game.states, probabilities, strict=True) if p > 0}


def _observability_text(seen: Observability) -> str:
    value = number(seen.value) if seen.status == "exact" else f"{small(seen.lower)} to {small(seen.upper)}"
    return f"{value} ({seen.status}; {seen.where})"


def _show(game: Game, horizon: int, fits: list[Fit], seen: Observability) -> None:
    from lp_posg.cli.facts import game_facts

    limit = "no" if game.max_horizon is None else f"yes, {game.max_horizon} steps"
    show_facts(
        game.name,
        [
            game_facts(game),
            [
                ("discount", number(game.discount)),
                ("rewards", ", ".join(f"{number(low)} to {number(high)}" for low, high in _rewards(game))),
                ("reward_range", number(game.reward_range)),
                ("initial_observation", yes_no(game.initial_observation_matrix is not None)),
                ("observability", _observability_text(seen)),
                *([("observability_initial", _observability_text(seen.initial))] if seen.initial else []),
                ("time_varying", limit),
            ],
        ],
    )
    show_line()
    show_line(f"Sharing structures over {horizon} step{'s' * (horizon != 1)}:")
    show_table(
        [Column("sharing"), Column("fits"), Column("states by depth"), Column("reason", breaks=30)],
        [[f.sharing, yes_no(f.admissible), counts(f.states), _short(f.reason) or "-"] for f in fits],
    )


def _short(reason: str) -> str:
    """Return the first part of a reason: where it fails, without the counterexample.

    >>> _short("sharing 'none' is not strategy-independent in game 'g': at step 1, [..] depends on how the agents"
    ...        " played: (..) leads to ..")
    'at step 1, [..] depends on how the agents played'
    """
    told = " depends on how the agents played"
    if told not in reason:
        return reason
    head, _, rest = reason.partition(told)[0].partition("': at step ")
    return (f"at step {rest}" if rest else head) + told
