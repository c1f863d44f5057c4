"""What the page says, as plain data: nothing here knows how it is laid out."""

from __future__ import annotations

from typing import Any

import numpy as np

from lp_posg.catalogue import CatalogEntry
from lp_posg.errors import LimitError, StrategyDependenceError
from lp_posg.game import Game
from lp_posg.planning import Comparison, Row, Solution
from lp_posg.report.excerpts import excerpt, is_equilibrium
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
    found = [row.solution for row in table.rows if row.solution is not None]
    equilibria = [own for own in found if not own.certificate.kind.together]
    return next(iter(found if table.game.is_common_reward or not equilibria else equilibria), None)


def which(own: Solution) -> str:
    """Return rule and concept of a solution."""
    return own.concept.name if own.sharing is None else f"{own.sharing.name}, {own.concept.name}"


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
    main = main_solution(table)
    reasons = list(dict.fromkeys(str(row.error) for row in table.rows if row.error is not None))
    return {
        "name": table.game.name,
        "options": _options(table),
        "game": _game(table.game),
        "entry": entry,
        "known_values": [] if entry is None else _known_values(table, entry),
        "times": times,
        "has_rules": isinstance(table.game, Game),
        "columns": [*table.game.agents, "welfare", "smallest", "gap", "states", "LPs", *(["seconds"] if times else [])],
        "rows": [_row(row, reasons, times) for row in table.rows],
        "reasons": reasons,
        "checks": table.checks,
        "broken": sum(not check.holds for check in table.checks),
        "note": table.note,
        "spreads": [spread.text for spread in table.spreads],
        "certificates": [_certificate(row.solution) for row in table.rows if row.solution is not None],
        "sizes": [_sizes(row.solution, times) for row in table.rows if row.solution is not None],
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
    owned = [[own for own in game.sets if own.agent == agent] for agent in range(game.n_agents)]
    span = float(np.ptp(game.totals.paid, axis=1).max())
    largest = (max((len(own.actions) for own in sets), default=0) for sets in owned)
    return [
        ("kind", tree_kind(game), ""),
        ("agents", str(game.n_agents), ", ".join(game.agents)),
        ("nodes", str(game.n_nodes), ""),
        ("information sets", counts(map(len, owned)), "of each agent"),
        ("actions", counts(largest), "most at a set of each agent"),
        ("largest payoff difference", number(span), "of one agent over all paths"),
    ]


def _game(game: Game | Tree) -> list[tuple[str, str, str]]:
    """Return name, size and labels of each part of a game."""
    if isinstance(game, Tree):
        return _tree(game)
    own = [("kind", kind(game), ""), ("agents", str(game.n_agents), ", ".join(game.agents))]
    own.append(("states", str(game.n_states), _labels(game.states)))
    for what, sizes, labels in (
        ("actions", game.n_actions, game.actions),
        ("observations", game.n_observations, game.observations),
    ):
        alike = len(set(labels)) == 1
        told = (
            [_labels(labels[0])] if alike else [f"{a}: {_labels(l)}" for a, l in zip(game.agents, labels, strict=True)]
        )
        own.append((what, counts(sizes), "; ".join(told) if all(told) else ""))
    own.append(("largest reward difference", number(game.reward_range), "of one agent at one step"))
    return own


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(labels) if len(labels) <= MOST_LABELS else ""


def _known_values(table: Comparison, entry: CatalogEntry) -> list[str]:
    """Return the catalogue's known values for the rows of a comparison."""
    compared = {(row.sharing, row.concept) for row in table.rows}
    discount = table.game.discount if isinstance(table.game, Game) else 1.0
    return [
        f"{'' if known.sharing is None else known.sharing + ', '}{known.concept}:"
        f" welfare {number(known.welfare)} ({known.source})"
        for known in entry.known_values
        if (known.horizon, known.discount) == (table.horizon, discount) and (known.sharing, known.concept) in compared
    ]


def _row(row: Row, reasons: list[str], times: bool) -> dict[str, Any]:
    head = {"sharing": row.sharing, "concept": row.concept}
    own = row.solution
    if own is None:
        words = {StrategyDependenceError: "not strategy-independent", LimitError: "stopped at a limit"}
        status = next((word for error, word in words.items() if isinstance(row.error, error)), "unsupported")
        return head | {"status": status, "mark": reasons.index(str(row.error)) + 1, "cells": []}
    values = own.values.tolist()
    cells = [short(value, own.scale) for value in (*values, own.welfare, min(values))]
    cells += [small(own.certificate.gap), str(own.stats.states), str(own.stats.stage_lps)]
    cells += [seconds(own.stats.seconds)] if times else []
    return head | {"status": own.certificate.status, "mark": 0, "cells": cells}


def _certificate(own: Solution) -> dict[str, Any]:
    found, within = own.certificate, is_equilibrium(own)
    status = found.status if found.status == "exact" else f"{found.status} (the gaps are upper bounds)"
    return {
        "which": which(own),
        "status": status,
        "gaps": ", ".join(map(small, found.gaps.tolist())),
        "found_gains": "" if found.found_gains is None else ", ".join(map(small, found.found_gains.tolist())),
        "allowed": ", ".join(dict.fromkeys(map(small, own.allowed_gaps.tolist()))),
        "within": within,
        "merge_error": small(found.merge_error),
        # What rounding gains is no deviation worth telling of.
        "deviation": "none that gains more than allowed" if within or found.deviation is None else str(found.deviation),
    }


def _sizes(own: Solution, times: bool) -> dict[str, Any]:
    stats = own.stats
    sizes = [(name.replace("_", " "), _size(size)) for name, size in stats.sizes.items()]
    if stats.states_by_depth:
        sizes.insert(0, ("states by step", counts(stats.states_by_depth)))
    methods = ", ".join(f"{name} {count}" for name, count in stats.methods.items() if count) or "-"
    spent = ", ".join(f"{name} {seconds(wall)} s" for name, wall in stats.phases.items()) if times else ""
    facts = [
        ("method", f"{own.method} (chosen for {own.reason})" if own.reason else own.method),
        *sizes,
        ("programs solved", f"{stats.stage_lps} ({stats.closed} stage games needed none)"),
        ("methods of stage games", methods),
    ]
    return {"which": which(own), "facts": [*facts, *([("wall time", spent)] if spent else [])]}


def _size(size: int | tuple[int, ...]) -> str:
    return counts(size) if isinstance(size, tuple) else str(size)
