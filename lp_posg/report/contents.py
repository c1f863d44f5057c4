"""What the page says, as plain data: nothing here knows how it is laid out."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any

import numpy as np

from lp_posg.catalogue import CatalogEntry
from lp_posg.errors import LimitError, LpPosgError, ModelError, StrategyDependenceError
from lp_posg.game import Game
from lp_posg.induction.checkpoint import fingerprint
from lp_posg.information import sharing_structure
from lp_posg.planning import Comparison, Row, Solution, StateGains, allowed_gaps
from lp_posg.version import __version__
from lp_posg.wording import counts, gained, kind, number, seconds, short, small, value_scale

MOST_STATES, MOST_LINES = 8, 24
"""States of the strategy on the page, and lines of each: the excerpt is to be read, not to be followed."""

MOST_LABELS = 40
"""Labels of a kind, beyond which only their number is told."""

LIBRARIES = ("numpy", "scipy", "highspy", "networkx", "cvxpy", "matplotlib", "jinja2")
"""Whose versions are told: those that can have a say in a number or a picture."""

Facts = list[tuple[str, str]]


def main_solution(table: Comparison) -> Solution | None:
    """Return the solution that the page goes into: the first equilibrium found, of a common reward the first at all.

    With nothing but team optima it is the first of those; with nothing solved, None.
    """
    found = [row.solution for row in table.rows if row.solution is not None]
    equilibria = [own for own in found if not own.certificate.kind.together]
    return next(iter(found if table.game.is_common_reward or not equilibria else equilibria), None)


def is_equilibrium(own: Solution) -> bool:
    """Whether no gap exceeds what the solution's tolerance allows."""
    return bool((own.certificate.gaps <= allowed_gaps(own.game, own.tolerance, own.certificate.kind.together)).all())


def nobody_gains(own: Solution, found: StateGains) -> bool:
    """Whether no deviation at a state gains more than the tolerance allows.

    In a compressed model something may be left to gain where nobody comes who follows, whatever the gap.
    """
    allowed = allowed_gaps(own.game, own.tolerance, own.certificate.kind.together)
    return is_equilibrium(own) and bool((np.array(found.best) <= allowed).all())


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
        Whether wall times are told, which are never twice the same.
    """
    main = main_solution(table)
    reasons = list(dict.fromkeys(str(row.error) for row in table.rows if row.error is not None))
    return {
        "name": table.game.name,
        "asked": _asked(table),
        "game": _game(table.game),
        "entry": entry,
        "known_values": [] if entry is None else _known_values(table, entry),
        "times": times,
        "columns": [*table.game.agents, "welfare", "smallest", "gap", "states", "LPs", *(["seconds"] if times else [])],
        "rows": [_row(table, row, reasons, times) for row in table.rows],
        "reasons": reasons,
        "checks": table.checks,
        "broken": sum(not check.holds for check in table.checks),
        "note": table.note,
        "spreads": [spread.text for spread in table.spreads],
        "certificates": [_certificate(row.solution) for row in table.rows if row.solution is not None],
        "sizes": [_sizes(row.solution, times) for row in table.rows if row.solution is not None],
        "main": None if main is None else f"{main.sharing}, {main.concept}",
        "to_play": "" if main is None else main.to_play,
        "strategy": [] if main is None else _strategy(main),
        "more_states": 0 if main is None else max(main.stats.states - MOST_STATES, 0),
        "command": command,
        "code": _code(table, source or _source(entry)),
        "versions": _versions(),
        "version": __version__,
        "digest": fingerprint(table.game),
    }


def summary(table: Comparison, times: bool) -> dict[str, Any]:
    """Return the comparison as a JSON-ready object, as ``lp-posg compare --json`` writes it."""
    whole = table.summary()
    if not times:
        for row in whole["rows"]:
            for key in ("seconds", "phases"):
                row.get("stats", {}).pop(key, None)
    return whole


def _asked(table: Comparison) -> Facts:
    rows = table.rows
    return [
        ("sharing", ", ".join(dict.fromkeys(row.sharing for row in rows))),
        ("concepts", ", ".join(dict.fromkeys(row.concept for row in rows))),
        ("horizon", str(table.horizon)),
        ("discount", number(table.game.discount)),
        ("objective", table.objective),
        ("compression", table.compression),
    ]


def _game(game: Game) -> list[tuple[str, str, str]]:
    """Return name, size and labels of each part of a game."""
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
    """Return the catalogue's known values for what was asked."""
    asked = {(row.sharing, row.concept) for row in table.rows}
    return [
        f"{known.sharing}, {known.concept}: welfare {number(known.welfare)} ({known.source})"
        for known in entry.known_values
        if known.horizon == table.horizon
        and known.discount == table.game.discount
        and (known.sharing, known.concept) in asked
    ]


def _row(table: Comparison, row: Row, reasons: list[str], times: bool) -> dict[str, Any]:
    head = {"sharing": row.sharing, "concept": row.concept}
    if row.solution is None:
        words = {StrategyDependenceError: "not strategy-independent", LimitError: "stopped at a limit"}
        status = next((word for error, word in words.items() if isinstance(row.error, error)), "unsupported")
        return head | {"status": status, "mark": reasons.index(str(row.error)) + 1, "cells": []}
    own, scale = row.solution, value_scale(table.game, table.horizon)
    values = own.values.tolist()
    cells = [short(value, scale) for value in (*values, sum(values), min(values))]
    cells += [small(own.certificate.gap), str(own.stats.states), str(own.stats.stage_lps)]
    cells += [seconds(own.stats.seconds)] if times else []
    return head | {"status": own.certificate.status, "mark": 0, "cells": cells}


def _certificate(own: Solution) -> dict[str, Any]:
    found, allowed = own.certificate, allowed_gaps(own.game, own.tolerance, own.certificate.kind.together)
    within = is_equilibrium(own)
    status = found.status if found.status == "exact" else f"{found.status} (the gaps are upper bounds)"
    return {
        "which": f"{own.sharing}, {own.concept}",
        "status": status,
        "gaps": ", ".join(map(small, found.gaps.tolist())),
        "found_gains": "" if found.found_gains is None else ", ".join(map(small, found.found_gains.tolist())),
        "allowed": ", ".join(dict.fromkeys(map(small, allowed.tolist()))),
        "within": within,
        "merge_error": small(found.merge_error),
        # What rounding gains is no deviation worth telling of.
        "deviation": "none that gains more than allowed" if within or found.deviation is None else str(found.deviation),
    }


def _sizes(own: Solution, times: bool) -> dict[str, Any]:
    stats = own.stats
    return {
        "which": f"{own.sharing}, {own.concept}",
        "by_depth": counts(stats.states_by_depth),
        "programs": str(stats.stage_lps),
        "closed": str(stats.closed),
        "methods": ", ".join(f"{name} {count}" for name, count in stats.methods.items() if count) or "-",
        "phases": ", ".join(f"{name} {seconds(own)} s" for name, own in stats.phases.items()) if times else "",
    }


def _strategy(main: Solution) -> list[dict[str, Any]]:
    """Return the first states of the strategy, as `lp-posg policy` tells them."""
    places = ((time, v) for time in range(main.horizon) for v in range(main.policy.steps[time].n_nodes))
    scale = value_scale(main.game, main.horizon)
    found = []
    for time, v in islice(places, MOST_STATES):
        lines = [
            (str(k), short(atom.prob), agent, known, _drawn(actions))
            for k, atom in enumerate(main.strategy(time, v))
            for agent, own in atom.prescriptions.items()
            for known, actions in own.items()
        ]
        found.append(
            {
                "title": f"time {time}, state {v}",
                "worth": ", ".join(short(value, scale) for value in main.node_values[time][v].tolist()),
                "history": " | ".join(main.history(time, v)),
                "lines": lines[:MOST_LINES],
                "more": max(len(lines) - MOST_LINES, 0),
                **_gains(main, time, v, scale),
            }
        )
    return found


def _gains(main: Solution, time: int, node: int, scale: float) -> dict[str, Any]:
    """Return what following is worth at a state and what the best other actions gain, or why it is not known."""
    try:
        found = main.gains(time, node)
    except LpPosgError as error:
        return {"gains": [], "unknown": str(error)}
    allowed = allowed_gaps(main.game, main.tolerance, main.certificate.kind.together).tolist()
    most = dict(zip(main.game.agents, allowed, strict=True))
    lines = [
        (own.agent, own.private_info, own.recommended or "", short(own.following, scale), own.other or "-", own.gain)
        for own in found.places[:MOST_LINES]
    ]
    return {
        "gains": [(*line[:-1], gained(line[-1], most[line[0]])) for line in lines],
        "more_gains": max(len(found.places) - MOST_LINES, 0),
        "told": any(own.recommended is not None for own in found.places),
        "best": ", ".join(gained(own, allowed[i]) for i, own in enumerate(found.best)),
        "note": main.certificate.kind.advice("the best deviation"),
        "why": "Why no one gains" if nobody_gains(main, found) else "What is gained",
        "unknown": "",
    }


def _drawn(actions: Any) -> str:
    if len(actions) == 1:
        return str(next(iter(actions)))
    return ", ".join(f"{action} {short(prob)}" for action, prob in actions.items())


def _source(entry: CatalogEntry | None) -> str:
    if entry is None:
        return "posg.load(FILE)"
    game = f"posg.catalog({entry.name!r})"
    return f"posg.trees.strategic_form({game})" if entry.is_tree else game


def _code(table: Comparison, source: str) -> str:
    """Return the Python lines that compute the same comparison."""
    solved = [row.solution for row in table.rows if row.solution is not None]
    given: dict[str, Any] = {
        "horizon": table.horizon,
        "sharing": list(dict.fromkeys(row.sharing for row in table.rows)),
        "concepts": list(dict.fromkeys(row.concept for row in table.rows)),
        "objective": table.objective,
        "compression": table.compression,
        "discount": table.game.discount,
    }
    if solved:
        given["tolerance"] = solved[0].tolerance
    if not all(map(is_equilibrium, solved)):
        given["approximate"] = True
    if any(own.certificate.found_gains is not None for own in solved):
        given["certificate"] = "bounded"
    foreign = [name for name in given["sharing"] if not _is_built_in(name, table.game.n_agents)]
    told = f"  # not names but structures of your own: {', '.join(map(repr, foreign))}" if foreign else ""
    lines = [f"    {key}={value!r},{told if key == 'sharing' else ''}" for key, value in given.items()]
    head = ["import lp_posg as posg", "", f"game = {source}", "table = posg.compare(", "    game,"]
    return "\n".join([*head, *lines, ")"])


def _is_built_in(sharing: str, n_agents: int) -> bool:
    try:
        sharing_structure(sharing, n_agents)
    except ModelError:
        return False
    return True


def _versions() -> Facts:
    own = [("lp-posg", __version__), ("Python", platform.python_version())]
    for name in LIBRARIES:
        try:
            own.append((name, version(name)))
        except PackageNotFoundError:
            own.append((name, "not installed"))
    return own
