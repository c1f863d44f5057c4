"""The behaviour at information sets as a file that other programs can follow.

    .csv    one line per (agent, information set, action), zero probabilities too
    .json   the same, one object per information set, with the values and the gaps

Names of information sets and actions are the game's labels, with a number where labels are not unique. Where a mediator
draws one of several atoms, each line has the atom and its probability, and the JSON a list ``atoms``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from lp_posg.planning.export import checked_suffix, object_text, table_text, write_text
from lp_posg.planning.set_strategy import SetPlay

COLUMNS = ("agent", "information_set", "own_reach", "reach_probability", "action", "probability")

JSON_FORMAT = "lp-posg behaviour"

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
    as_table = checked_suffix(path, "a behaviour", SUFFIXES) == ".csv"
    write_text(path, _csv_text(atom_prob, rows) if as_table else _json_text(summary, atom_prob, rows))


def _csv_text(atom_prob: Sequence[float], rows: Sequence[Sequence[SetPlay]]) -> str:
    """Return the behaviour as a table, by agent, information set and action in the game's order."""
    several = len(atom_prob) > 1
    lines = (
        [
            *((m, repr(atom_prob[m])) if several else ()),
            *(play.agent, play.information_set, repr(play.own_reach), repr(play.reach)),
            *(action, repr(prob)),
        ]
        for m, plays in enumerate(rows)
        for play in plays
        for action, prob in play.actions.items()
    )
    return table_text([*(("atom", "atom_probability") if several else ()), *COLUMNS], lines)


def _json_text(summary: Mapping[str, Any], atom_prob: Sequence[float], rows: Sequence[Sequence[SetPlay]]) -> str:
    """Return the behaviour as one JSON object."""
    names = {"agent": "agent", "information_set": "information_set", "own_reach": "own_reach"}
    names |= {"reach_probability": "reach", "actions": "actions"}
    sets = [[{key: getattr(play, name) for key, name in names.items()} for play in plays] for plays in rows]
    atoms = [{"probability": prob, "information_sets": at} for prob, at in zip(atom_prob, sets, strict=True)]
    content = {
        **{key: summary[key] for key in ("game", "agents", "concept", "values")},
        "gaps": summary["certificate"]["gaps"],
        **({"information_sets": sets[0]} if len(atoms) == 1 else {"atoms": atoms}),
    }
    return object_text(JSON_FORMAT, content)
