"""Bad files: each error names file, line, what was found and what was expected."""

import os

import pytest

from lp_posg.errors import FormatError, LpPosgError, UnsupportedError
from lp_posg.formats import FORMATS, load, save
from lp_posg.game import Game

# (body from line 14 on, line to blame, what the message has to say)
BAD_BODIES = {
    "misspelt state": ("T: wait go : nrth : south : 1", 14,
                       ["found 'nrth'", "expected a state (one of 'north', 'south')", "did you mean 'north'?"]),
    "misspelt action": ("\n# a comment\nT: wiat go : uniform", 16,
                        ["found 'wiat'", "action of 'agent1'", "did you mean 'wait'?"]),
    "misspelt observation": ("O: * : * : quiet drak : 1", 14,
                             ["found 'drak'", "observation of 'agent2'", "did you mean 'dark'?"]),
    "misspelt keyword": ("T: * : uniform\nTT: * : uniform", 15,
                         ["found 'TT'", "expected a keyword", "did you mean 'T'?"]),
    "state index": ("T: * : 2 : uniform", 14, ["found '2'", "index 0 to 1"]),
    "joint index": ("T: 4 : uniform", 14, ["found '4'", "joint action", "0 to 3"]),
    "one action of two": ("T: wait : uniform", 14, ["found 'wait'", "one per agent"]),
    "three actions": ("T: 0 0 0 : uniform", 14, ["found '0 0 0'", "one per agent"]),
    "agent of a reward": ("R: * : * : * : * : *", 14, ["found '*'", "expected a finite number"]),
    "not a number": ("T: * : north : 0,5 0.5", 14, ["found '0,5'", "expected a finite number"]),
    "not finite": ("R: * : * : * : * : nan", 14, ["found 'nan'", "finite"]),
    "overflow": ("R: * : * : * : * : 1e999", 14, ["found '1e999'", "finite"]),
    "underscores": ("T: * : north : 1_0 0", 14, ["found '1_0'", "finite"]),
    "few numbers": ("T: * : north :\n0.5", 15, ["found 1 numbers", "expected 2 numbers"]),
    "many numbers": ("T: * : north :\n0.5 0.5\n0.5", 16, ["found at least 3 numbers", "expected 2 numbers"]),
    "few matrix numbers": ("O: * :\n1 0 0 0\n1 0 0", 16, ["found 7 numbers", "expected 8 numbers (2 x 4"]),
    "identity for O": ("O: * : identity", 14, ["found 'identity'", "expected 8 numbers", "T: joint action"]),
    "identity for a row": ("T: * : north : identity", 14, ["found 'identity'", "expected 2 numbers"]),
    "uniform reward": ("R: * : * : * : uniform", 14, ["found 'uniform'", "expected a finite number"]),
    "nothing follows": ("T: * : north :", 14, ["found nothing", "expected 2 numbers"]),
    "empty field": ("T: * : : north : 1", 14, ["found nothing between two colons"]),
    "many fields": ("T: * : north : north : 1 : 1", 14, ["found '1'", "expected no more"]),
    "reward of an action only": ("R: * : 5", 14, ["expected at least joint action, state"]),
    "text after an entry": ("T: * : north : north : 1\n0.5", 15, ["found '0.5'", "expected a keyword"]),
    "row sum": ("T: wait stop : north : north : 0.97", 14,
                ["transition from state 'north' under joint action ('wait', 'stop')",
                 "sums to 0.97", "expected 1 within", "not rescaled"]),
    "row sum, last line": ("T: 0 : 1 : 1 0\n#\nT: 0 : 1 : 0 : 0.5\nR: * : * : * : * : 1", 16,
                           ["from state 'south'", "sums to 0.5"]),
    "row sum in a matrix": ("T: 0 :\n0.5 0.5\n0.5 0.4\nT: 1 : uniform", 16, ["from state 'south'", "sums to 0.9"]),
    "row made zero": ("T: 0 : 0 : * : 0", 14, ["sums to 0", "expected 1"]),
    "row of zeros": ("T: 0 : 0 : 0 0", 14, ["sums to 0", "expected 1"]),
    "negative entry": ("T: 0 : 0 : 1.5 -0.5", 14, ["probability", "expected a number from 0 to 1"]),
    "observation row": ("O: 0 : 1 : 0.5 0.5 0.5 0", 14,
                        ["observation in next state 'south' after joint action ('wait', 'go')", "sums to 1.5"]),
    "late header": ("start: north", 14, ["found 'start:' again", "line 5"]),
    "ambiguous row": ("T: 0 : 0 : 1\n0", 14, ["found '1' before a line end", "could be either"]),
    "quote": ('T: "wait go : uniform', 14, ["quote", "close it"]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "line", "says"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_tables(load_body, body, line, says):
    with pytest.raises(FormatError) as caught:
        load_body(body)
    check(caught.value, "fence.dpomdp", line, says)


def check(error, name, line, says):
    message = str(error)
    assert message.startswith(f"{name}:{line}: ")
    assert error.line == line
    assert error.path.endswith(name)
    for part in says:
        assert part in message


# (line of the header to replace, by what, line to blame, what the message has to say)
BAD_HEADERS = {
    "no agents": ("agents: 2", "agents: 0", 1, ["found '0'", "whole number from 1"]),
    "many agents": ("agents: 2", "agents: 100000000", 1, ["found '100000000'", "from 1 to 30"]),
    "many states": ("states: north south", "states: 999999999", 4, ["found '999999999'", "from 1 to 1000000"]),
    "half a state": ("states: north south", "states: 2.5", 4, ["found '2.5'", "whole number"]),
    "nothing": ("agents: 2", "agents:", 1, ["found nothing after 'agents:'"]),
    "two numbers": ("states: north south", "states: 1 2", 4, ["found '1'", "expected a name", "is a number"]),
    "commas": ("states: north south", "states: north, south", 4, ["found 'north,'", "not commas"]),
    "reserved": ("states: north south", "states: uniform south", 4, ["found 'uniform'", "reserved"]),
    "twice": ("states: north south", "states: north\n north", 5, ["found 'north' twice", "line 4"]),
    "discount": ("discount: 0.5", "discount: 1.5", 2, ["discount '1.5'", "at most 1"]),
    "no discount": ("discount: 0.5", "discount: 0", 2, ["discount '0'", "above 0"]),
    "two discounts": ("discount: 0.5", "discount: 0.5 1", 2, ["found '1' after the value", "one number only"]),
    "values": ("values: reward", "values: rewards", 3, ["found 'rewards'", "'reward' or 'cost'", "did you mean"]),
    "start sum": ("start: uniform", "start: 0.5 0.6", 5, ["sum to 1.1", "expected 1 within"]),
    "start negative": ("start: uniform", "start: 1.5 -0.5", 5, ["found '1.5'", "0 to 1"]),
    "start count": ("start: uniform", "start: 1 0 0", 5, ["found 3 words", "expected 2 probabilities"]),
    "start name": ("start: uniform", "start: west", 5, ["found 'west'", "expected a state"]),
    "start index": ("start: uniform", "start: 7", 5, ["found '7'", "index 0 to 1"]),
    "start excludes all": ("start: uniform", "start exclude: 0 1", 5, ["every state", "at least one"]),
    "few lines": ("wait jam\n", "", 7, ["found 1 lines after 'actions:'", "expected 2"]),
    "many lines": ("wait jam\n", "wait jam\nrun\n", 9, ["found 3 lines", "expected 2, one per agent"]),
    "duplicate": ("values: reward", "values: reward\nvalues: cost", 4, ["found 'values:' again", "line 3"]),
    "unknown": ("discount: 0.5", "discont: 0.5", 2, ["found 'discont'", "did you mean 'discount'?"]),
    "not a keyword": ("agents: 2", "hello world\nagents: 2", 1, ["found 'hello'", "expected a keyword"]),
    "keyword's colon": ("agents: 2", "agents 2", 1, ["found 'agents'", "with a colon"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "says"), BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_bad_headers(load_text, header, laws, old, new, line, says):
    assert old in header
    with pytest.raises(FormatError) as caught:
        load_text(header.replace(old, new) + laws)
    check(caught.value, "fence.dpomdp", line, says)


@pytest.mark.parametrize("key", ["agents", "discount", "values", "states", "start", "actions", "observations"])
def test_missing_headers(load_text, header, laws, key):
    lines = header.splitlines()
    at = next(i for i, text in enumerate(lines) if text.startswith(f"{key}:"))
    del lines[at : at + (3 if key in ("actions", "observations") else 1)]
    with pytest.raises(FormatError) as caught:
        load_text("\n".join(lines) + "\n" + laws)
    check(caught.value, "fence.dpomdp", len(lines) + 1, [f"found no '{key}:'", "add it"])


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, ["found no 'agents:'"]),
        ("# nothing\n", 1, ["found no 'agents:'"]),
        ("HEADER", 11, ["found no T, O or R"]),
        ("HEADERT: * : identity\n", 12, ["observation in next state 'north'", "sums to 0", "no line assigns to it"]),
        ("HEADERO: * : uniform\n", 12, ["transition from state 'north'", "sums to 0", "no line assigns to it"]),
        (b"agents: 2\nstates: caf\xe9\n", 2, ["byte 0xe9", "UTF-8"]),
        ("agents: 2".encode("utf-16"), 1, ["byte 0xff", "UTF-8"]),
    ],
)
def test_incomplete_files(load_text, header, text, line, says):
    with pytest.raises(FormatError) as caught:
        load_text(text.replace("HEADER", header) if isinstance(text, str) else text)
    check(caught.value, "fence.dpomdp", line, says)


@pytest.mark.parametrize(
    ("states", "line", "says"),
    [
        ("999999", 12, ["999998000001 cells", "fewer wildcards"]),
        ("10000000", 4, ["found '10000000'"]),
        ("9" * 5000, 4, ["found '999"]),
        ("2500\nhorizon: 9999", 5, ["x steps", "too large"]),
    ],
)
def test_sizes_beyond_memory_are_refused_at_once(load_text, header, states, line, says):
    text = header.replace("north south", states) + "T: * : uniform\nO: * : uniform\n"
    with pytest.raises(FormatError) as caught:
        load_text(text, "fence.posg")
    check(caught.value, "fence.posg", line, says)


BAD_EXTENSIONS = {
    "agent": ("R[agent3]: * : * : * : * : 1", 14, ["found 'agent3'", "expected an agent", "did you mean 'agent"]),
    "agent index": ("R[2]: * : * : * : * : 1", 14, ["found '2'", "index 0 to 1"]),
    "agent of T": ("T[0]: * : uniform", 14, ["found an agent after 'T'", "'R' only"]),
    "no horizon": ("T@1: * : uniform", 14, ["without 'horizon:'", "add it"]),
    "step of start": ("start-observation@1: * : uniform", 14, ["found a step", "T, O or R only"]),
    "initial row": ("start-observation: north : uniform", 14, ["initial observation in state 'south'", "no line"]),
    "initial sum": ("start-observation: * : 1 1 0 0", 14, ["initial observation in state 'north'", "sums to 2"]),
    "empty name": ('T: "" * : uniform', 14, ['the empty name ""']),
    "escape": (r'T: "\x" * : uniform', 14, [r"found '\x'", "expected one of"]),
    "long name": (f'T: "{"x" * 500}" * : uniform', 14, ["found 'xxx", "expected an action"]),
    "bracket": ("R[0: * : * : * : * : 1", 14, ["found 'R[0'", "expected a keyword"]),
}


@pytest.mark.parametrize(("body", "line", "says"), BAD_EXTENSIONS.values(), ids=BAD_EXTENSIONS)
def test_bad_extensions(load_body, body, line, says):
    with pytest.raises(FormatError) as caught:
        load_body(body, "fence.posg")
    check(caught.value, "fence.posg", line, says)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("T@0: * : uniform", ["found step '0'", "expected 1 to 2"]),
        ("T@3: * : uniform", ["found step '3'", "expected 1 to 2"]),
        ("T@x: * : uniform", ["found step 'x'", "expected 1 to 2"]),
        ("O@2: * : uniform", ["found step '2'", "expected 1 to 1"]),
    ],
)
def test_bad_steps(load_text, header, laws, body, says):
    with pytest.raises(FormatError) as caught:
        load_text("horizon: 2\n" + header + laws + body, "fence.posg")
    check(caught.value, "fence.posg", 15, says)


def test_row_error_names_the_step(load_text, header, laws):
    with pytest.raises(FormatError) as caught:
        load_text("horizon: 3\n" + header + laws + "T@2: 0 : 0 : 0 : 0.5", "fence.posg")
    check(caught.value, "fence.posg", 15, ["transition at step 2 from state 'north'", "sums to 0.5"])


# ---- the file itself --------------------------------------------------------------------------------


def test_unknown_extension_lists_the_known_ones(tmp_path, load_body):
    for act in (lambda path: load(path), lambda path: save(load_body(""), path)):
        with pytest.raises(UnsupportedError) as caught:
            act(tmp_path / "fence.txt")
        assert "'.txt'" in str(caught.value)
        assert caught.value.known == tuple(FORMATS)
        for extension in FORMATS:
            assert extension in str(caught.value)


def test_extension_in_capitals(load_body):
    assert load_body("", "FENCE.DPOMDP") == load_body("")


@pytest.mark.parametrize("name", ["gone.posg", "folder.posg", "gone/x.posg", "bad\0name.posg", "n" * 300 + ".posg"])
def test_files_that_cannot_be_opened(tmp_path, name):
    (tmp_path / "folder.posg").mkdir()
    with pytest.raises(FormatError) as caught:
        load(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert caught.value.path == str(tmp_path / name)


def test_nothing_is_left_behind_by_a_failed_save(tmp_path, load_body, monkeypatch):
    game = load_body("")
    target = tmp_path / "out" / "fence.posg"
    with pytest.raises(FormatError, match="cannot be written"):
        save(game, target)
    target.parent.mkdir()
    target.write_text("old")
    monkeypatch.setattr(Game, "reward_array", lambda self, time: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(game, target)
    assert target.read_text() == "old"
    assert [p.name for p in target.parent.iterdir()] == ["fence.posg"]


def test_dpomdp_refuses_what_it_cannot_hold(tmp_path, load_text, header, laws):
    horizon = load_text(f"horizon: 2\n{header}{laws}", "a.posg")
    first = load_text(f"{header}{laws}start-observation: uniform", "a.posg")
    own = load_text(f"{header}{laws}R[1]: * : * : * : * : 1", "a.posg")
    name = load_text((header + laws).replace("north", '"far north"'), "a.posg")
    for game, why in [
        (horizon, "varies with time"), (first, "initial observation"), (own, "rewards of agent 'agent2'"),
        (name, "the name 'far north' needs quotes"),
    ]:  # fmt: skip
        with pytest.raises(UnsupportedError, match=rf"{why}.*save it as \.posg"):
            save(game, tmp_path / "a.dpomdp")
        assert not (tmp_path / "a.dpomdp").exists()


def test_errors_are_of_one_family():
    assert issubclass(FormatError, LpPosgError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("extension", sorted(FORMATS))
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path, extension):
    path = tmp_path / f"pipe{extension}"
    os.mkfifo(path)
    with pytest.raises(FormatError, match="a device or a pipe"):
        load(path)
