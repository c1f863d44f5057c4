"""What several commands say of a game, of a solution and of a certificate, under the same keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lp_posg.evaluate import Certificate
from lp_posg.game import Game
from lp_posg.pieces import Facts, Named
from lp_posg.trees import Tree
from lp_posg.types import GAP_TOL, FloatArray
from lp_posg.version import __version__
from lp_posg.wording import counts, kind, number, numbers, seconds, sizes, small, tree_kind, tree_sizes, yes_no

if TYPE_CHECKING:
    from lp_posg.planning.solution import Solution

LABELS = {"rows": "lp_rows", "columns": "lp_columns"}
"""Names of sizes on a screen, where they are not those of `Stats.sizes`."""


def game_facts(game: Game | Tree) -> Facts:
    """Return name, kind and sizes of a game or game tree."""
    if isinstance(game, Tree):
        words, found = tree_kind(game), [("nodes", str(game.n_nodes)), ("information_sets", counts(set_counts(game)))]
    else:
        words, found = kind(game), [("game_states", str(game.n_states)), ("actions", counts(game.n_actions))]
        found.append(("observations", counts(game.n_observations)))
    return [("game", game.name), ("kind", words), ("agents", ", ".join(game.agents)), *found]


def words_of(game: Game | Tree) -> str:
    """Return kind and sizes of a game or game tree in one phrase."""
    return f"{tree_kind(game)}, {tree_sizes(game)}" if isinstance(game, Tree) else f"{kind(game)}, {sizes(game)}"


def set_counts(game: Tree) -> list[int]:
    """Return the number of information sets of each agent."""
    owners = [info.agent for info in game.sets]
    return [owners.count(agent) for agent in range(game.n_agents)]


def solution_facts(solution: Solution) -> Facts:
    """Return what a solution was computed for, and how; what a game tree does not have is left out."""
    named = {key: getattr(solution, key) for key in ("sharing", "concept", "objective", "compression")}
    reason = f" ({solution.reason})" if solution.reason else ""
    return [
        *horizon_facts(solution.game, solution.horizon),
        *((key, value.name) for key, value in named.items() if value is not None),
        ("method", solution.method + reason),
    ]


def horizon_facts(game: Game | Tree, horizon: int | None) -> Facts:
    """Return horizon and discount, as far as a game has them."""
    steps = [] if horizon is None else [("horizon", str(horizon))]
    return [*steps, *([("discount", number(game.discount))] if isinstance(game, Game) else [])]


def solution_summary(solution: Solution, game: Game | Tree, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return as a JSON-ready object the game that a solution is used in, what it was computed for, and `more`."""
    options = solution.summary()
    kept = {key: options[key] for key in ("horizon", "discount", "sharing", "concept")}
    return {"game": game.name, "agents": list(game.agents), **kept, **more, "version": __version__}


def certificate_facts(
    game: Game | Tree, certificate: Certificate, allowed: FloatArray, tolerance: float = GAP_TOL
) -> Facts:
    """Return status, gaps and best deviation of a certificate; `allowed`, shape (n,), is what the tolerance accepts."""
    range_ = "reward range" if isinstance(game, Game) else "range of payoffs"
    most = " ".join(dict.fromkeys(map(small, allowed.tolist())))
    gains = certificate.found_gains
    found = [] if gains is None else [("found_gains", " ".join(map(small, gains.tolist())))]
    merging = "; gaps and values are exact up to merge_error" if certificate.merge_error > allowed.min() else ""
    within = yes_no(certificate.is_within(allowed))
    return [
        ("certificate", certificate.status + certificate.meaning),
        ("gaps", " ".join(map(small, certificate.gaps.tolist()))),
        *found,
        ("within_tolerance", f"{within} (at most {most}: {small(tolerance)} of the {range_}{merging})"),
        ("merge_error", small(certificate.merge_error)),
        ("deviation", "none" if certificate.deviation is None else str(certificate.deviation)),
    ]


def stats_facts(solution: Solution) -> Facts:
    """Return sizes and times of a solve: of states where the method has them, else of what it has instead."""
    stats = solution.stats
    shown = {name for name, _ in game_facts(solution.game)}
    found = [
        (LABELS.get(key, key), counts(size) if isinstance(size, Sequence) else str(size))
        for key, size in stats.sizes.items()
        if key not in shown
    ]
    if solution.compression is not None:
        found += [("states", str(stats.states)), ("states_by_depth", counts(stats.states_by_depth))]
        found += [("stage_lps", str(stats.stage_lps)), ("closed_without_lp", str(stats.closed))]
    if set(stats.methods) != {solution.method}:
        found.append(("methods", ", ".join(f"{method} {count}" for method, count in stats.methods.items())))
    return [*found, ("seconds", seconds(stats.seconds)), ("version", __version__)]


def value_facts(values: FloatArray, scale: float) -> Facts:
    """Return the value of each agent, in the order of the agents, and their sum."""
    found = values.tolist()
    return [("values", numbers(found, scale)), ("welfare", number(sum(found), scale))]


def solution_piece(solution: Solution) -> Named:
    """Return what there is to say of a solution: the game, how it was solved, the values and what is proven."""
    game, scale = solution.game, solution.scale
    # Where a model stands for the game, what it promised is not what the strategy is worth.
    differs = not getattr(solution, "is_exact", True)
    promised = [("model_values", numbers(solution.summary()["model_values"], scale))] if differs else []
    where = solution.method if solution.sharing is None else f"{solution.sharing.name}, {solution.horizon} steps"
    return Named(
        f"{game.name}: {solution.concept.name}, {where}",
        [
            game_facts(game),
            solution_facts(solution),
            [*value_facts(solution.values, scale), *promised],
            certificate_facts(game, solution.certificate, solution.allowed_gaps, solution.tolerance),
            stats_facts(solution),
        ],
    )
