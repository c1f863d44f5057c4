"""What the page says, as plain data: nothing here knows how it is laid out."""

from __future__ import annotations

from typing import Any

import numpy as np

from lp_posg.catalogue import CatalogEntry, KnownValue
from lp_posg.game import Game
from lp_posg.planning import Comparison, Row, Solution
from lp_posg.planning.comparison import shown_values, value_columns
from lp_posg.report.excerpts import excerpt
from lp_posg.report.reproducing import code, digest_of, versions
from lp_posg.trees import Tree
from lp_posg.version import __version__
from lp_posg.wording import counts, kind, number, seconds, short, small, tree_kind

MOST_LABELS = 40
"""Labels of a kind, beyond which only their number is shown."""

Facts = list[tuple[str, str]]


def main_solution(table: Comparison) -> Solution | None:
    """Return the solution that the page goes into: the first equilibrium found, of a common reward the first at all.

    With nothing but team optima it is the first of those; with nothing solved, None.
    """
    found = table.solutions
    equilibria = [solution for solution in found if not solution.certificate.kind.together]
    return next(iter(found if table.game.is_common_reward or not equilibria else equilibria), None)


def which(solution: Solution) -> str:
    """Return rule and concept of a solution."""
    concept = solution.concept.name
    return concept if solution.sharing is None else f"{solution.sharing.name}, {concept}"


def content(table: Comparison, command: str, entry: CatalogEntry | None, source: str, times: bool) -> dict[str, Any]:
    """Return everything the page says but its pictures.

    Parameters
    ----------
    table : Comparison
    command : str
        The command line that made it; empty if there was none.
    entry : CatalogEntry or None
        Of the catalogue, if the game is from there.
    source : str
        Python expression of the game; if empty, of the catalogue's model, or of a file.
    times : bool
        Whether to give wall times, which are never twice the same.
    """
    main, solved, reasons = main_solution(table), table.solutions, table.reasons
    return {
        "name": table.game.name,
        "options": _options(table),
        "game": _game(table.game),
        "entry": entry,
        "known_values": [] if entry is None else _known_values(table, entry),
        "times": times,
        "has_rules": isinstance(table.game, Game),
        "columns": [*value_columns(table), "gap", "states", "LPs", *(["seconds"] if times else [])],
        "rows": [_row(table, row, times) for row in table.rows],
        "reasons": reasons,
        "checks": table.checks,
        "broken": sum(check.holds is False for check in table.checks),
        "note": table.note,
        "spreads": [spread.text for spread in table.spreads],
        "certificates": list(map(_certificate, solved)),
        "sizes": [_sizes(solution, times) for solution in solved],
        "main": None if main is None else which(main),
        "to_play": "" if main is None else main.to_play,
        "strategy": None if main is None else excerpt(main),
        "command": command,
        "code": code(table, entry, source),
        "versions": versions(),
        "version": __version__,
        "digest": digest_of(table.game),
    }


def summary(table: Comparison, times: bool) -> dict[str, Any]:
    """Return the comparison as a JSON-ready object, as ``lp-posg compare --json`` writes it."""
    whole = table.summary()
    if not times:
        for row in whole["rows"]:
            for key in ("seconds", "phases"):
                row.get("stats", {}).pop(key, None)
    return whole


def _options(table: Comparison) -> Facts:
    game, rows = table.game, table.rows
    facts = [("concepts", ", ".join(dict.fromkeys(row.concept for row in rows)))]
    if isinstance(game, Game):
        rules = ", ".join(dict.fromkeys(str(row.sharing) for row in rows))
        facts = [("sharing", rules), *facts, ("horizon", str(table.horizon)), ("discount", number(game.discount))]
    return [*facts, ("objective", table.objective), ("compression", table.compression)]


def _tree(game: Tree) -> list[tuple[str, str, str]]:
    """Return name, size and labels of each part of a game tree."""
    n_actions = [[len(info.actions) for info in game.sets if info.agent == i] for i in range(game.n_agents)]
    span = float(np.ptp(game.totals.paid, axis=1).max())
    return [
        ("kind", tree_kind(game), ""),
        ("agents", str(game.n_agents), ", ".join(game.agents)),
        ("nodes", str(game.n_nodes), ""),
        ("information sets", counts(map(len, n_actions)), "of each agent"),
        ("actions", counts(max(numbers, default=0) for numbers in n_actions), "most at a set of each agent"),
        ("largest payoff difference", number(span), "of one agent over all paths"),
    ]


def _game(game: Game | Tree) -> list[tuple[str, str, str]]:
    """Return name, size and labels of each part of a game."""
    if isinstance(game, Tree):
        return _tree(game)
    return [
        ("kind", kind(game), ""),
        ("agents", str(game.n_agents), ", ".join(game.agents)),
        ("states", str(game.n_states), _labels(game.states)),
        ("actions", counts(game.n_actions), _labels_by_agent(game, game.actions)),
        ("observations", counts(game.n_observations), _labels_by_agent(game, game.observations)),
        ("largest reward difference", number(game.reward_range), "of one agent at one step"),
    ]


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(labels) if len(labels) <= MOST_LABELS else ""


def _labels_by_agent(game: Game, labels: tuple[tuple[str, ...], ...]) -> str:
    if len(set(labels)) == 1:
        return _labels(labels[0])
    return "; ".join(f"{agent}: {_labels(known)}" for agent, known in zip(game.agents, labels, strict=True))


def _known_values(table: Comparison, entry: CatalogEntry) -> list[str]:
    """Return the catalogue's known values for the rows of a comparison."""
    compared = {(row.sharing, row.concept) for row in table.rows}
    discount = table.game.discount if isinstance(table.game, Game) else 1.0
    return [
        f"{'' if known.sharing is None else known.sharing + ', '}{known.concept}:"
        f" {_worth(table.game, known)} ({known.source})"
        for known in entry.known_values
        if (known.horizon, known.discount) == (table.horizon, discount) and (known.sharing, known.concept) in compared
    ]


def _worth(game: Game | Tree, known: KnownValue) -> str:
    """Return a known value of a common reward, or a known welfare, in words."""
    common = game.is_common_reward
    return f"value {number(known.welfare / game.n_agents)}" if common else f"welfare {number(known.welfare)}"


def _row(table: Comparison, row: Row, times: bool) -> dict[str, Any]:
    head, solution = {"sharing": row.sharing, "concept": row.concept, "status": row.status}, row.solution
    mark = 0 if row.error is None else table.reasons.index(str(row.error)) + 1
    if solution is None:
        return head | {"mark": mark, "cells": []}
    values, stats = solution.values.tolist(), solution.stats
    cells = [short(value, solution.scale) for value in shown_values(table, values)]
    cells += [small(solution.certificate.gap), str(stats.states), str(stats.stage_lps)]
    return head | {"mark": mark, "cells": [*cells, *([seconds(stats.seconds)] if times else [])]}


def _certificate(solution: Solution) -> dict[str, Any]:
    found, within = solution.certificate, solution.certificate.is_within(solution.allowed_gaps)
    return {
        "which": which(solution),
        "status": found.status + found.meaning,
        "gaps": ", ".join(map(small, found.gaps.tolist())),
        "found_gains": "" if found.found_gains is None else ", ".join(map(small, found.found_gains.tolist())),
        "allowed": ", ".join(dict.fromkeys(map(small, solution.allowed_gaps.tolist()))),
        "within": within,
        "merge_error": small(found.merge_error),
        # What rounding gains is no deviation worth telling of.
        "deviation": "none that gains more than allowed" if within or found.deviation is None else str(found.deviation),
    }


def _sizes(solution: Solution, times: bool) -> dict[str, Any]:
    stats = solution.stats
    facts = [("method", solution.method + (f" (chosen for {solution.reason})" if solution.reason else ""))]
    if stats.states_by_depth:
        facts.append(("states by step", counts(stats.states_by_depth)))
    for name, size in stats.sizes.items():
        facts.append((name.replace("_", " "), counts(size) if isinstance(size, tuple) else str(size)))
    facts.append(("programs solved", f"{stats.stage_lps} ({stats.closed} stage games needed none)"))
    methods = ", ".join(f"{name} {count}" for name, count in stats.methods.items() if count)
    facts.append(("methods of stage games", methods or "-"))
    if times and stats.phases:
        facts.append(("wall time", ", ".join(f"{name} {seconds(wall)} s" for name, wall in stats.phases.items())))
    return {"which": which(solution), "facts": facts}
