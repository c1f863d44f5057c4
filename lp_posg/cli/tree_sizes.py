"""What ``lp-posg info`` says of a game tree: its sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lp_posg.cli.facts import set_counts
from lp_posg.cli.screen import show_facts
from lp_posg.cli.targets import deliver
from lp_posg.wording import counts, number, numbers, tree_kind

if TYPE_CHECKING:
    from lp_posg.trees import Tree


def show_tree(game: Tree, json: str | None) -> None:
    """Show a game tree's sizes."""
    from lp_posg.trees.nodes import CHANCE, TERMINAL
    from lp_posg.trees.recall import recall_of
    from lp_posg.trees.strategic import plan_count
    from lp_posg.version import __version__

    totals, recall = game.totals, recall_of(game)
    plans = [plan_count(game, recall, agent) for agent in range(game.n_agents)]
    sequences = [sum(len(info.actions) for info in game.sets if info.agent == agent) for agent in range(game.n_agents)]
    payoffs = [(float(paid.min()), float(paid.max())) for paid in totals.paid]
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
        "sequences": sequences,
        "reduced_plans": plans,
        "payoffs": [list(ends) for ends in payoffs],
        "perfect_recall": True,
        "version": __version__,
    }
    ranges = ", ".join(f"{number(low)} to {number(high)}" for low, high in payoffs)
    facts = [
        [("game", game.name), ("kind", found["kind"]), ("agents", ", ".join(game.agents))],
        [(key, str(found[key])) for key in ("nodes", "chance_nodes", "terminal_nodes", "depth")],
        [
            *((key, counts(found[key])) for key in ("information_sets", "sequences")),
            ("reduced_plans", numbers(plans)),
            ("payoffs", ranges),
            ("perfect_recall", "yes"),
        ],
    ]
    deliver(json, lambda: found, lambda: show_facts(game.name, facts))
