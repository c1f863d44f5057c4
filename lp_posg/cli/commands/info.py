"""``lp-posg info``: a game's sizes and kind, and the sharing structures that fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lp_posg.cli import options as shared
from lp_posg.cli.bars import status_line
from lp_posg.cli.games import open_game
from lp_posg.cli.screen import show_facts, show_line, show_table
from lp_posg.cli.targets import check_json_target, deliver
from lp_posg.errors import OptionError
from lp_posg.pieces import Column
from lp_posg.version import __version__
from lp_posg.wording import counted, counts, kind, number, numbers, small, tree_kind, yes_no

if TYPE_CHECKING:
    from lp_posg.bounds import Observability
    from lp_posg.game import Game
    from lp_posg.planning import Fit
    from lp_posg.trees import Tree

EXAMPLE = "lp-posg info dectiger --horizon 4"

Structures: Any = shared.option(list[str], f"Only these structures, {shared.SEVERAL}.")

DEFAULT_HORIZON = 3

OBSERVABILITY_SECONDS = 1.0
"""After this its bounds are shown; the API allows more."""


@shared.takes("time_limit")
def run(
    file: shared.File,
    options: dict[str, Any],
    horizon: shared.OptionalHorizon = None,
    sharing: Structures = None,
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
        _show_tree(opened.tree, json)
        return
    game = opened.posg
    from lp_posg.information import sharing_examples

    if horizon is None:
        horizon = min(DEFAULT_HORIZON, game.max_horizon or DEFAULT_HORIZON)
    fits = _surveyed(game, horizon, shared.listed("--sharing", sharing) if sharing else list(sharing_examples()))
    import lp_posg as posg

    with status_line("bounding observability"):
        seen = posg.bounds.observability(game, OBSERVABILITY_SECONDS)
    result = game, horizon, fits, seen
    deliver(json, lambda: _summary(*result), lambda: _show(*result))


def _show_tree(game: Tree, json: str | None) -> None:
    """Show a game tree's sizes."""
    from lp_posg.planning.facts import set_counts
    from lp_posg.trees.nodes import CHANCE, TERMINAL
    from lp_posg.trees.recall import recall_of
    from lp_posg.trees.strategic import plan_count

    agents, recall = range(game.n_agents), recall_of(game)
    payoffs = [(float(paid.min()), float(paid.max())) for paid in game.totals.paid]
    found: dict[str, Any] = {
        "game": game.name,
        "form": "tree",
        "kind": tree_kind(game),
        "agents": list(game.agents),
        "nodes": game.n_nodes,
        "chance_nodes": int((game.owner == CHANCE).sum()),
        "terminal_nodes": int((game.owner == TERMINAL).sum()),
        "depth": int(game.depth.max()),
        "information_sets": set_counts(game),
        "sequences": [sum(len(info.actions) for info in game.sets if info.agent == agent) for agent in agents],
        "reduced_plans": [plan_count(game, recall, agent) for agent in agents],
        "payoffs": [list(ends) for ends in payoffs],
        "perfect_recall": True,
        "version": __version__,
    }
    facts = [
        [("game", game.name), ("kind", found["kind"]), ("agents", ", ".join(game.agents))],
        [(key, str(found[key])) for key in ("nodes", "chance_nodes", "terminal_nodes", "depth")],
        [
            *((key, counts(found[key])) for key in ("information_sets", "sequences")),
            ("reduced_plans", numbers(found["reduced_plans"])),
            ("payoffs", _ranges(payoffs)),
            ("perfect_recall", "yes"),
        ],
    ]
    deliver(json, lambda: found, lambda: show_facts(game.name, facts))


def _ranges(ends: list[tuple[float, float]]) -> str:
    return ", ".join(f"{number(low)} to {number(high)}" for low, high in ends)


def _surveyed(game: Game, horizon: int, names: list[str]) -> list[Fit]:
    """Return how the structures fit, telling a terminal on stderr which one is being checked."""
    import lp_posg as posg

    structures = [posg.information.sharing_structure(name, game.n_agents) for name in names]
    fits: list[Fit] = []
    with status_line("checking") as update:
        for structure in structures:
            if update is not None:
                update(f"checking {structure.name}")
            fits += posg.survey(game, horizon, [structure])
    return fits


def _rewards(game: Game) -> list[tuple[float, float]]:
    """Return the least and the largest reward of each agent."""
    by_agent = zip(*(game.reward_array(h) for h in range(game.max_horizon or 1)), strict=True)
    return [(float(min(a.min() for a in arrays)), float(max(a.max() for a in arrays))) for arrays in by_agent]


def _summary(game: Game, horizon: int, fits: list[Fit], seen: Observability) -> dict[str, Any]:
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
        "sharing": [{**vars(fit), "states": list(fit.states)} for fit in fits],
        "version": __version__,
    }


def _observability(game: Game, seen: Observability) -> dict[str, Any]:
    """Return it as a JSON-ready object: the two beliefs by the labels of the states they hold possible."""
    beliefs = None
    if seen.beliefs is not None:
        pairs = [zip(game.states, belief.tolist(), strict=True) for belief in seen.beliefs]
        beliefs = [{state: prob for state, prob in belief if prob > 0} for belief in pairs]
    return {
        **{key: getattr(seen, key) for key in ("value", "lower", "upper", "status")},
        "step": None if seen.time is None else seen.time + 1,
        "joint_action": None if seen.joint_action is None else list(seen.joint_action),
        "beliefs": beliefs,
        "initial": None if seen.initial is None else _observability(game, seen.initial),
    }


def _observability_text(seen: Observability) -> str:
    value = number(seen.value) if seen.status == "exact" else f"{small(seen.lower)} to {small(seen.upper)}"
    return f"{value} ({seen.status}; {seen.where})"


def _show(game: Game, horizon: int, fits: list[Fit], seen: Observability) -> None:
    from lp_posg.planning.facts import game_facts

    limit = "no" if game.max_horizon is None else f"yes, {game.max_horizon} steps"
    show_facts(
        game.name,
        [
            game_facts(game),
            [
                ("discount", number(game.discount)),
                ("rewards", _ranges(_rewards(game))),
                ("reward_range", number(game.reward_range)),
                ("initial_observation", yes_no(game.initial_observation_matrix is not None)),
                ("observability", _observability_text(seen)),
                *([("observability_initial", _observability_text(seen.initial))] if seen.initial else []),
                ("time_varying", limit),
            ],
        ],
    )
    show_line()
    show_line(f"Sharing structures over {counted(horizon, 'step')}:")
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
    words = " depends on how the agents played"
    if words not in reason:
        return reason
    head, _, rest = reason.partition(words)[0].partition("': at step ")
    return (f"at step {rest}" if rest else head) + words
