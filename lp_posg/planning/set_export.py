"""The behaviour at information sets as a file that other programs can follow.

    .csv    one line per (agent, information set, action), zero probabilities too
    .json   the same, one object per information set, with the values and the gaps

Names of information sets and actions are the game's labels, with a number where labels are not unique. Where a mediator
draws one of several atoms, each line has the atom and its probability, and the JSON a list ``atoms``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from lp_posg.errors import FormatError
from lp_posg.files import write_whole
from lp_posg.planning.set_strategy import SetPlay
from lp_posg.version import __version__

COLUMNS = ("agent", "information_set", "own_reach", "reach_probability", "action", "probability")

JSON_FORMAT, JSON_VERSION = "lp-posg behaviour", 1

SUFFIXES = (".csv", ".json")


def export_sets(
    summary: Mapping[str, Any], atom_prob: Sequence[float], rows: Sequence[Sequence[SetPlay]], path: str | PathLike[str]
) -> None:
    """Write the behaviour to a file, whose suffix says how.

    Parameters
    ----------
    summary : mapping
        As `Solution.summary` returns it.
    atom_prob : sequence of M floats
    rows : M sequences of SetPlay
    path : path

    Raises
    ------
    FormatError
        If the suffix is unknown, or the file cannot be written; an older file is then left as it was.
    """
    suffix = check_set_suffix(path)
    text = _csv_text(atom_prob, rows) if suffix == ".csv" else _json_text(summary, atom_prob, rows)
    write_whole(path, lambda stream: stream.writelines([text.encode()]))


def check_set_suffix(path: str | PathLike[str]) -> str:
    """Return the suffix of a file for a behaviour, or raise FormatError."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise FormatError(
            f"{str(path)!r} ends in {suffix or 'no suffix'!r}; a behaviour is written as {', '.join(SUFFIXES)}",
            path=str(path),
            line=None,
        )
    return suffix


def _csv_text(atom_prob: Sequence[float], rows: Sequence[Sequence[SetPlay]]) -> str:
    """Return the behaviour as a table, by agent, information set and action in the game's order."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    several = len(atom_prob) > 1
    table.writerow([*(("atom", "atom_probability") if several else ()), *COLUMNS])
    for m, plays in enumerate(rows):
        atom = [m, repr(atom_prob[m])] if several else []
        for play in plays:
            place = [play.agent, play.information_set, repr(play.own_reach), repr(play.reach)]
            table.writerows([*atom, *place, action, repr(prob)] for action, prob in play.actions.items())
    return out.getvalue()


def _json_text(summary: Mapping[str, Any], atom_prob: Sequence[float], rows: Sequence[Sequence[SetPlay]]) -> str:
    """Return the behaviour as one JSON object."""
    sets = [[_object(play) for play in plays] for plays in rows]
    atoms = [{"probability": prob, "information_sets": own} for prob, own in zip(atom_prob, sets, strict=True)]
    content = {
        "format": JSON_FORMAT,
        "format_version": JSON_VERSION,
        "version": __version__,
        **{key: summary[key] for key in ("game", "agents", "concept", "values")},
        "gaps": summary["certificate"]["gaps"],
        **({"information_sets": sets[0]} if len(atoms) == 1 else {"atoms": atoms}),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _object(play: SetPlay) -> dict[str, Any]:
    return {
        "agent": play.agent,
        "information_set": play.information_set,
        "own_reach": play.own_reach,
        "reach_probability": play.reach,
        "actions": play.actions,
    }
