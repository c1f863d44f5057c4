"""The behaviour in a game tree as a file that other programs can follow.

    .csv    one line per (agent, information set, action), zero probabilities too
    .json   the same, one object per information set, with the values and the gaps

Names of information sets and actions are the game's labels, with a number where labels are not unique.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from lp_posg.errors import FormatError
from lp_posg.files import write_whole
from lp_posg.planning.tree_solution import ExtensiveSolution
from lp_posg.trees.naming import action_words, set_words, sets_of
from lp_posg.version import __version__

COLUMNS = ("agent", "information_set", "own_reach", "reach_probability", "action", "probability")

JSON_FORMAT, JSON_VERSION = "lp-posg behaviour", 1


def export_behaviour(solution: ExtensiveSolution, path: str | PathLike[str]) -> None:
    """Write the behaviour to a file, whose suffix says how.

    Raises
    ------
    FormatError
        If the suffix is unknown, or the file cannot be written; an older file is then left as it was.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise FormatError(
            f"{str(path)!r} ends in {suffix or 'no suffix'!r}; a behaviour is written as {', '.join(WRITERS)}",
            path=str(path),
            line=None,
        )
    text = WRITERS[suffix](solution)
    write_whole(path, lambda stream: stream.writelines([text.encode()]))


def csv_text(solution: ExtensiveSolution) -> str:
    """Return the behaviour as a table, by agent, information set and action in the game's order."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for own in _sets(solution):
        for action, prob in own["actions"].items():
            reaches = repr(own["own_reach"]), repr(own["reach_probability"])
            table.writerow([own["agent"], own["information_set"], *reaches, action, repr(prob)])
    return out.getvalue()


def json_text(solution: ExtensiveSolution) -> str:
    """Return the behaviour as one JSON object."""
    content = {
        "format": JSON_FORMAT,
        "format_version": JSON_VERSION,
        "version": __version__,
        "game": solution.game.name,
        "agents": list(solution.game.agents),
        "concept": "ne",
        "values": solution.values.tolist(),
        "gaps": solution.certificate.gaps.tolist(),
        "information_sets": list(_sets(solution)),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _sets(solution: ExtensiveSolution) -> Iterator[dict[str, Any]]:
    game = solution.game
    for agent in range(game.n_agents):
        for number, word in zip(sets_of(game, agent), set_words(game, agent), strict=True):
            row = solution.behaviour[solution.first[number] : solution.first[number + 1]].tolist()
            yield {
                "agent": game.agents[agent],
                "information_set": word,
                "own_reach": float(solution.own_reach[number]),
                "reach_probability": float(solution.reached[number]),
                "actions": dict(zip(action_words(game, number), row, strict=True)),
            }


WRITERS: dict[str, Callable[[ExtensiveSolution], str]] = {".csv": csv_text, ".json": json_text}
