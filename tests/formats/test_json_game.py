"""``.json`` game files: what a file means, and what is said of one that is wrong."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from lp_posg import catalog
from lp_posg.errors import FormatError, UnsupportedError
from lp_posg.formats import game_schema, load, save
from lp_posg.formats.json.json_text import MAX_TEXT, JsonText
from lp_posg.formats.source import Source
from lp_posg.game import Game

# Two agents; the first chooses the next state, the second's move does nothing. Line 1 is the opening bracket.
LINES = """{
"format": "lp-posg game",
"version": 1,
"discount": 0.5,
"agents": ["row", "column"],
"states": ["low", "high"],
"actions": [["down", "up"], ["wait"]],
"observations": [["dim", "lit"], ["none"]],
"initial": [[1, 1.0]],
"transition": [[
[0, 0, 0, 0, 1],
[0, 1, 0, 1, 1],
[1, 0, 0, 0, 1],
[1, 1, 0, 0, 0.25],
[1, 1, 0, 1, 0.75]
]],
"observation": [[
[0, 0, 0, 0, 0, 1],
[0, 0, 1, 1, 0, 1],
[1, 0, 0, 0, 0, 1],
[1, 0, 1, 1, 0, 1]
]],
"reward": [[
[1, 0, 0, 3, -0.1]
]]
}
"""


@pytest.fixture
def load_json(tmp_path):
    def load_it(text):
        path = tmp_path / "tower.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path)

    return load_it


def replaced(old, new):
    assert LINES.count(old) >= 1
    return LINES.replace(old, new, 1)


def test_what_the_numbers_mean(load_json):
    game = load_json(LINES)
    assert (game.name, game.discount, game.agents, game.states) == ("tower", 0.5, ("row", "column"), ("low", "high"))
    assert game.actions == (("down", "up"), ("wait",))
    assert game.initial.tolist() == [0, 1]
    # From high, up stays there with 0.75.
    assert game.transition[1, 1, 0].tolist() == [0.25, 0.75]
    # The first agent sees where the game is, whatever was done.
    assert game.observation[1, 0, 1].tolist() == [[0], [1]]
    assert game.reward[:, 1, 0, 0].tolist() == [3, -0.1]
    assert np.count_nonzero(game.reward) == 2
    assert not game.has_initial_observation


def test_name_and_default_discount(load_json):
    game = load_json(replaced('"discount": 0.5', '"name": "a tower"'))
    assert (game.name, game.discount) == ("a tower", 1.0)


def test_a_file_with_another_ending_before_it(tmp_path):
    (tmp_path / "tower.posg.json").write_text(LINES)
    assert load(tmp_path / "tower.posg.json").name == "tower.posg"


def test_steps_and_a_first_observation(load_json):
    text = LINES.replace('"reward": [[\n', '"reward": [[], [], [\n')
    game = load_json(text.replace('"transition"', '"initial_observation": [[0, 0, 0, 1], [1, 1, 0, 1]],\n"transition"'))
    assert game.max_horizon == 3
    assert game.reward_array(1).any() == False  # noqa: E712
    assert game.reward_array(2)[0, 1, 0] == 3
    assert game.initial_observation.tolist() == [[[1], [0]], [[0], [1]]]


WRONG = {
    "empty": ("", 1, ["the end of the file", "expected JSON"]),
    "comma": (replaced('"version": 1,', '"version": 1'), 4, ["'\"discount\": 0.5,'", "expecting ',' delimiter"]),
    "cut": (LINES[:100], 6, ["unterminated string"]),
    "tail": (LINES + "0", 27, ["extra data"]),
    "list": ("[\n]", 1, ["found [] at the whole file", "an object in braces"]),
    "not a game": ('{"values": [1, 2]}', 1, ["found no field 'format'", '"format": "lp-posg game"']),
    "format": (replaced("lp-posg game", "spiel"), 2, ["found 'spiel' at format", "'lp-posg game'"]),
    "version": (replaced('"version": 1', '"version": 2'), 3, ["found 2 at version", "to be 1"]),
    "missing": (replaced('"initial": [[1, 1.0]],\n', ""), 1, ["found no initial", "add it"]),
    "unknown": (replaced('"discount"', '"discont"'), 4, ["unknown field discont", "did you mean 'discount'?"]),
    "twice": (replaced('"version": 1', '"version": 1,\n"version": 1'), 4, ["the key '\"version\"' a second time"]),
    "nan": (replaced("0.25", "NaN"), 14, ["found NaN", "finite"]),
    "infinity": (replaced("0.25", "-Infinity"), 14, ["found -Infinity", "finite"]),
    "overflow": (replaced("0.25", "1e999"), 14, ["found inf at transition[0][3][4]", "a finite number"]),
    "many digits": (replaced("0.25", "9" * 350), 14, ["at transition[0][3][4]", "a finite number"]),
    "digits": (replaced("0.25", "9" * 5000), 14, ["a number of 5000 characters", "at most 400"]),
    "true": (replaced("0.25", "true"), 14, ["found True at transition[0][3][4]", "a valid number"]),
    "text": (replaced("0.25", '"0.25"'), 14, ["found '0.25' at transition[0][3][4]", "a valid number"]),
    "null": (replaced('["wait"]', "null"), 7, ["found None at actions[1]", "a valid list"]),
    "number as name": (replaced('"wait"', "0"), 7, ["found 0 at actions[1][0]", "a valid string"]),
    "empty name": (replaced('"wait"', '""'), 7, ["found '' at actions[1][0]", "at least 1 character"]),
    "no names": (replaced('["wait"]', "[]"), 7, ["found [] at actions[1]", "a list of at least 1 entry"]),
    "same name": (replaced('"high"', '"low"'), 6, ["found 'low' a second time in states"]),
    "agents": (replaced(', "column"]', "]"), 7, ["found actions of 2 agents, expected 1"]),
    "discount": (replaced("0.5", "1.5"), 4, ["found 1.5 at discount", "less than or equal to 1"]),
    "width": (replaced("[1, 1, 0, 0, 0.25]", "[1, 1, 0, 0.25]"), 14, ["an entry of 4 numbers", "4 indices"]),
    "short": (replaced("[1, 1, 0, 0, 0.25]", "[1]"), 14, ["found [1] at", "a list of at least 2 entries"]),
    "index": (replaced("[1, 1, 0, 0, 0.25]", "[1, 2, 0, 0, 0.25]"), 14, ["found 2 at transition[0][3][1]", "0 to 1"]),
    "negative": (replaced("[1, 1, 0, 0, 0.25]", "[-1, 1, 0, 0, 0.25]"), 14, ["found -1 at", "index from 0 to 1"]),
    "half": (replaced("[1, 1, 0, 0, 0.25]", "[1, 0.5, 0, 0, 0.25]"), 14, ["found 0.5 at", "index from 0 to 1"]),
    "huge": (replaced("[1, 1, 0, 0, 0.25]", "[1, 1e300, 0, 0, 0.25]"), 14, ["found 1e+300 at", "index from 0 to 1"]),
    "place twice": (
        replaced("[1, 1, 0, 1, 0.75]", "[1, 1, 0, 0, 0.75]"),
        15,
        ["found transition[0][4] for the same place as transition[0][3]"],
    ),
    "sum": (replaced("0.75", "0.7"), 15, ["transition from state 'high' under joint action ('up', 'wait')", "0.95"]),
    "sign": (replaced("0.25", "-0.25"), 15, ["transition from state 'high'", "probability -0.25"]),
    "no row": (replaced("[0, 0, 0, 0, 1],\n", ""), 10, ["no entry for transition from state 'low' under"]),
    "no law": (replaced("[0, 0, 1, 1, 0, 1],\n", ""), 17, ["no entry for observation in next state 'high' after"]),
    "initial": (replaced("[[1, 1.0]]", "[[1, 0.5]]"), 9, ["initial sums to 0.5"]),
    "reward": (replaced("3, -0.1", "3, -1e101"), 24, ["found the reward -1e+101", "at most 1e+100"]),
    "steps": (replaced('"reward": [[', '"reward": [[], [], ['), None, None),
    "steps disagree": (
        LINES.replace('"reward": [[\n', '"reward": [[], [], [\n').replace('"observation": [[', '"observation": [[], ['),
        17,
        ["no entry for observation at step 1"],
    ),
    "deep": ("[" * 100_000, 1, ["over 32 brackets inside brackets"]),
    "deep and closed": ("[" * 50_000 + "]" * 50_000, 1, ["over 32 brackets inside brackets"]),
    "deep keys": ('{"a":\n' * 100_000, 33, ["over 32 brackets inside brackets"]),
    "not utf-8": (LINES.encode().replace(b"dim", b"d\xefm"), 8, ["byte 0xef", "UTF-8"]),
    "half a character": (replaced("dim", "\\ud83d"), 8, ["at observations[0][0]", "whole characters"]),
    "half a name": (replaced('"version": 1,', '"version": 1, "name": "\\ud83d",'), 3, ["half a character"]),
    "true as version": (replaced('"version": 1', '"version": true'), 3, ["found True at version", "to be 1"]),
    "version with a point": (replaced('"version": 1', '"version": 1.0'), 3, ["found 1.0 at version", "to be 1"]),
}  # fmt: skip
del WRONG["steps"]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_said_of_a_wrong_file(load_json, case):
    text, line, says = WRONG[case]
    with pytest.raises(FormatError) as caught:
        load_json(text)
    message = str(caught.value)
    assert (caught.value.line, message[: 12 + len(str(line))]) == (line, f"tower.json:{line}:")
    assert [part for part in says if part not in message] == []
    assert len(message) < 500


def test_every_part_of_a_text_is_found_again(tmp_path):
    # An oracle: put a mark on its own line before each value, and look for the value's path.
    text = '{"a": [1, {"b": "x,]}\\"", "c": {}}, [[], [2.5, null]]], "d": "e", "f": {"g": [true]}}'
    places = {
        '"x,': ["a", 1, "b"], "{}}": ["a", 1, "c"], "[[]": ["a", 2], "[],": ["a", 2, 0], "2.5": ["a", 2, 1, 0],
        "null": ["a", 2, 1, 1], '"e"': ["d"], '{"g"': ["f"], "true": ["f", "g", 0], "1,": ["a", 0],
    }  # fmt: skip
    path = tmp_path / "part.json"
    for start, at in places.items():
        assert text.count(start) == 1
        path.write_text("\n\n" + text.replace(start, f"\n{start}"))
        parsed = JsonText(Source(path, extended=True))
        assert parsed.error(at, "x").facts["line"] == 4
    # What is not there is blamed on what it would be in.
    path.write_text(text.replace('{"g"', '\n{"g"'))
    parsed = JsonText(Source(path, extended=True))
    assert parsed.error(["f", "h"], "x").facts["line"] == 2
    assert parsed.error(["h"], "x").facts["line"] == 1


def test_the_schema_says_what_is_refused():
    schema = game_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {
        "format", "version", "agents", "states", "actions", "observations", "initial", "transition", "observation",
        "reward",
    }  # fmt: skip
    assert all(field.get("description") for field in schema["properties"].values())
    assert schema["properties"]["version"]["const"] == 1
    assert schema["properties"]["transition"]["items"]["items"]["minItems"] == 2
    json.dumps(schema)


def test_the_text(tmp_path, load_json):
    game = load_json(LINES)
    save(game, tmp_path / "again.json")
    written = (tmp_path / "again.json").read_text().splitlines()
    assert written[:10] == [
        "{", '"format": "lp-posg game",', '"version": 1,', '"name": "tower",', '"discount": 0.5,',
        '"agents": ["row", "column"],', '"states": ["low", "high"],', '"actions": [["down", "up"], ["wait"]],',
        '"observations": [["dim", "lit"], ["none"]],', '"initial": [[1, 1.0]],',
    ]  # fmt: skip
    assert written[10:12] == ['"transition": [[', "[0, 0, 0, 0, 1.0],"]
    assert written[-5:] == ["]],", '"reward": [[', "[1, 0, 0, 3.0, -0.1]", "]]", "}"]


def test_minus_zero_is_kept(tmp_path):
    game = Game(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [[[-0.0]]], [1])
    save(game, tmp_path / "zero.json")
    assert np.signbit(load(tmp_path / "zero.json").reward).all()


def test_half_a_character_is_not_written(tmp_path):
    game = Game(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [[[0]]], [1], states=["\ud83d"])
    with pytest.raises(UnsupportedError, match=r"half a character.*save it as \.posg"):
        save(game, tmp_path / "half.json")
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_read_is_not_written(tmp_path, monkeypatch):
    from lp_posg.formats.json import json_game

    monkeypatch.setattr(json_game, "MAX_TEXT", 2000)
    with pytest.raises(UnsupportedError, match="over 2000 characters"):
        save(catalog("dectiger"), tmp_path / "tiger.json")
    assert list(tmp_path.iterdir()) == []


def test_a_long_file_is_refused_at_once(tmp_path):
    path = tmp_path / "long.json"
    path.write_bytes(b"[1,\n" * (MAX_TEXT // 4 + 1))
    started = time.perf_counter()
    with pytest.raises(FormatError, match="over 16777216 characters"):
        load(path)
    assert time.perf_counter() - started < 10


def test_a_key_after_brackets_that_close_too_much(tmp_path):
    path = tmp_path / "closed.json"
    path.write_text('{"a": [NaN0]],\n"b": 1}')
    with pytest.raises(FormatError, match=r"closed.json:2: found something that is no JSON of a game; correct it"):
        load(path)
