"""The schema of a game as JSON, and the check of what a file says by that schema."""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

from lp_posg.formats.json.json_text import path_text
from lp_posg.formats.source import clip, has_half_character, suggestion
from lp_posg.game import GAME_FORMAT

At = tuple[str | int, ...]

_LABELS = {"items": {"minLength": 1, "type": "string"}, "minItems": 1, "type": "array"}
_PER_AGENT = {"items": _LABELS, "minItems": 1, "type": "array"}
_TABLE = {"items": {"items": {"type": "number"}, "minItems": 2, "type": "array"}, "type": "array"}
_TABLES = {"items": _TABLE, "minItems": 1, "type": "array"}
_STEPS = "One table, or one per step"


def _field(key: str, description: str, kind: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a field with its keywords in the order of the alphabet."""
    parts = kind | {"description": description, "title": key.replace("_", " ").title()}
    return dict(sorted(parts.items()))


FIELDS: dict[str, dict[str, Any]] = {
    key: _field(key, description, kind)
    for key, description, kind in (
        ("format", "What this file is.", {"const": GAME_FORMAT, "type": "string"}),
        ("version", "Version of this schema.", {"const": 1, "type": "integer"}),
        (
            "name",
            "Shown in reports; the name of the file if not given.",
            {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        ),
        (
            "discount",
            "Weight of the next step's reward.",
            {"default": 1.0, "exclusiveMinimum": 0, "maximum": 1, "type": "number"},
        ),
        ("agents", "Names of the agents, each another.", _LABELS),
        ("states", "Names of the states, each another.", _LABELS),
        ("actions", "Names of the actions of each agent, in the order of the agents.", _PER_AGENT),
        ("observations", "Names of the observations of each agent, in the order of the agents.", _PER_AGENT),
        ("initial", "Law of the first state; entries [state, probability].", _TABLE),
        (
            "initial_observation",
            "Law of what is observed before the first action, if anything is;"
            " entries [state, observation of each agent..., probability].",
            {"anyOf": [_TABLE, {"type": "null"}], "default": None},
        ),
        ("transition", f"{_STEPS}; entries [state, action of each agent..., next state, probability].", _TABLES),
        (
            "observation",
            f"{_STEPS} but the last; entries [action of each agent..., next state, observation of each agent...,"
            " probability].",
            _TABLES,
        ),
        ("reward", f"{_STEPS}; entries [state, action of each agent..., reward of each agent...].", _TABLES),
    )
}

SCHEMA: dict[str, Any] = {
    "additionalProperties": False,
    "description": (
        "A partially observable stochastic game.\n\nTables are lists of entries. An entry is a list: first the position"
        " it is about, as 0-based indices into the\nlabels, then its number. What has no entry is 0. Every distribution"
        " has to sum to 1 within 1e-9."
    ),
    "properties": FIELDS,
    "required": [key for key, field in FIELDS.items() if "default" not in field],
    "title": "lp-posg game",
    "type": "object",
}


class Fault(NamedTuple):
    """The first part of a value that is not what the schema says: where it stands, and the message."""

    path: At
    message: str


def fault_of_game(value: Any) -> Fault | None:
    """Return the first fault of a file, field by field in the order of the schema; None if there is none."""
    if not isinstance(value, dict):
        return _wrong((), value, "an object in braces")
    for key, field in FIELDS.items():
        if key in value:
            found = _fault((key,), value[key], field)
            if found is not None:
                return found
        elif "default" not in field:
            return Fault((), f"found no {key}, expected it in a game; add it")
    for key in value:
        if key not in FIELDS:
            advice = suggestion(key, FIELDS, "remove it")
            return Fault((key,), f"found the unknown field {clip(key)}, expected one of {', '.join(FIELDS)}; {advice}")
    return None


def _fault(path: At, value: Any, schema: dict[str, Any]) -> Fault | None:
    if "anyOf" in schema:
        return None if value is None else _fault(path, value, schema["anyOf"][0])
    if "const" in schema:
        # To Python true and 1.0 are equal to 1.
        same = type(value) is type(schema["const"]) and value == schema["const"]
        return None if same else _wrong(path, value, repr(schema["const"]))
    return {"array": _list_fault, "string": _text_fault, "number": _number_fault}[schema["type"]](path, value, schema)


def _list_fault(path: At, value: Any, schema: dict[str, Any]) -> Fault | None:
    if not isinstance(value, list):
        return _wrong(path, value, "a valid list")
    if schema is not _TABLE or not _is_table(value):
        for k, part in enumerate(value):
            found = _fault((*path, k), part, schema["items"])
            if found is not None:
                return found
    least = schema.get("minItems", 0)
    if len(value) < least:
        return _wrong(path, value, f"a list of at least {least} {'entry' if least == 1 else 'entries'}")
    return None


def _is_table(value: list[Any]) -> bool:
    """Whether a list is a table, decided at once for all of its entries."""
    if not set(map(type, value)) <= {list} or min(map(len, value), default=2) < 2:
        return False
    try:
        return set(map(type, chain.from_iterable(value))) <= {int, float} and all(
            map(isfinite, chain.from_iterable(value))
        )
    except OverflowError:
        return False


def _text_fault(path: At, value: Any, schema: dict[str, Any]) -> Fault | None:
    if not isinstance(value, str):
        return _wrong(path, value, "a valid string")
    if len(value) < schema.get("minLength", 0):
        return _wrong(path, value, "a text of at least 1 character")
    if has_half_character(value):
        expected = "a text of whole characters (a pair of \\ud800 to \\udfff)"
        return Fault(
            path,
            f"found {clip(repr(value))} at {path_text(path)}, which has half a character in it, expected it to be"
            f" {expected}; correct it",
        )
    return None


def _number_fault(path: At, value: Any, schema: dict[str, Any]) -> Fault | None:
    if type(value) not in (int, float):
        return _wrong(path, value, "a valid number")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        return _wrong(path, value, "a finite number")
    if number <= schema.get("exclusiveMinimum", float("-inf")):
        return _wrong(path, value, f"greater than {schema['exclusiveMinimum']}")
    if number > schema.get("maximum", float("inf")):
        return _wrong(path, value, f"less than or equal to {schema['maximum']}")
    return None


def _wrong(path: At, value: Any, expected: str) -> Fault:
    found = clip(repr(value)[:100])
    return Fault(path, f"found {found} at {clip(path_text(path))}, expected it to be {expected}; correct it")
