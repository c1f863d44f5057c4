"""What files of others say in their own way, and how it is read."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest
from mutants import SAMPLES

import lp_posg as posg
from lp_posg.errors import FormatError, RepeatedNameWarning, UnsetRowsWarning, UnsupportedError
from lp_posg.formats import FORMATS, load, save, source
from lp_posg.formats.gambit import efg, nfg

QUOTED = """agents: 2
discount: 1.0
values: "reward"
states: "left" "right"
start: 0.5 0.5
actions:
"listen" "open"
"listen" "open"
observations:
"hear-left" "hear-right"
"hear-left" "hear-right"
T: * :
identity
O: * :
uniform
R: * : * : * : * : -1
R: "open" "open" : "left" : * : * : 10
"""


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return load(path)


# ---- quoted names --------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", [".dpomdp", ".posg"])
def test_quoted_names_are_names(tmp_path, extension):
    quoted, plain = (
        read(tmp_path, f"{k}{extension}", text) for k, text in enumerate([QUOTED, QUOTED.replace('"', "")])
    )
    assert quoted == plain
    assert quoted.states == ("left", "right")
    assert quoted.reward_array(0)[:, :, 3].tolist() == [[10.0, -1.0]] * 2


def test_a_quoted_name_may_be_a_word_of_the_format(tmp_path):
    game = read(
        tmp_path, "odd.dpomdp", QUOTED.replace('"left"', '"uniform"').replace("start: 0.5 0.5", 'start: "uniform"')
    )
    assert (game.states, game.initial.tolist()) == (("uniform", "right"), [1.0, 0.0])


def test_the_advice_about_a_reserved_name_works(tmp_path):
    with pytest.raises(FormatError, match=r"bad.dpomdp:4: found 'uniform'.*it is reserved: choose another or quote it"):
        read(tmp_path, "bad.dpomdp", QUOTED.replace('"left"', "uniform"))
    assert read(tmp_path, "good.dpomdp", QUOTED.replace('"left"', '"uniform"')).states[0] == "uniform"


def test_a_quoted_sign_of_values(tmp_path):
    cost = read(tmp_path, "cost.posg", QUOTED.replace('"reward"', '"cost"'))
    assert cost.reward_array(0)[0, 0, 3] == -10.0


# ---- rows left out -------------------------------------------------------------------------------

UNSET = """agents: 2
discount: 1.0
values: reward
states: {states}
start: {start}
actions:
2
1
observations:
2
1
{rows}
R: * : * : * : * : 1
"""
TWO_OF_THREE = "T: * : 0 :\n0.5 0.5 0\nT: * : 1 :\n0 1 0\nO: * : 0 : 0 : 1\nO: * : 1 : 1 : 1"


@pytest.mark.parametrize("extension", [".dpomdp", ".posg"])
def test_rows_that_can_never_matter_may_be_left_out(tmp_path, extension):
    text = UNSET.format(states=3, start="1 0 0", rows=TWO_OF_THREE)
    with pytest.warns(UnsetRowsWarning) as caught:
        game = read(tmp_path, f"unset{extension}", text)
    (warning,) = caught
    said = str(warning.message)
    assert said.startswith(f"unset{extension}: no line assigns to rows that can never matter")
    assert said.count("state '2'") == 4  # two joint actions, T and O
    whole = text.replace("R: *", "T: * : 2 : 2 : 1\nO: * : 2 : 0 : 1\nR: *")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(tmp_path, f"set{extension}", whole) == game


def test_observations_after_an_action_that_never_leads_there_may_be_left_out(tmp_path):
    rows = "T: * : 0 :\n0 1\nT: * : 1 :\n0 1\nO: * : 1 : 1 : 1"
    with pytest.warns(UnsetRowsWarning, match="observation in next state '0' after joint action"):
        read(tmp_path, "unset.posg", UNSET.format(states=2, start="1 0", rows=rows))


def test_observations_of_states_that_no_game_starts_in_may_be_left_out(tmp_path):
    rows = "T: * :\nidentity\nO: * :\nuniform\nstart-observation: 0 : 0 : 1"
    with pytest.warns(UnsetRowsWarning, match="nothing happened there: initial observation in state '1'$"):
        game = read(tmp_path, "unset.posg", UNSET.format(states=2, start="1 0", rows=rows))
    assert game.initial_observation_matrix.toarray().tolist() == [[1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("start", "rows", "says"),
    [
        ("0.5 0 0.5", TWO_OF_THREE, "transition from state '2'"),
        ("1 0 0", TWO_OF_THREE.replace("0.5 0.5 0", "0.5 0 0.5"), "transition from state '2'"),
        ("1 0 0", TWO_OF_THREE.replace("0 1 0", "0 0.5 0.5") + "\nT: * : 2 : 2 : 1", "observation in next state '2'"),
        ("1 0 0", TWO_OF_THREE + "\nO: * : 2 : 0 : 0.5", "sums to 0.5"),
        ("1 0 0", TWO_OF_THREE + "\nT: * : 2 :\n0 0 0", "sums to 0, expected 1"),
    ],
)
def test_rows_that_can_matter_or_are_wrong_are_refused(tmp_path, start, rows, says):
    with pytest.raises(FormatError) as caught:
        read(tmp_path, "unset.dpomdp", UNSET.format(states=3, start=start, rows=rows))
    assert says in str(caught.value)


def test_a_row_of_one_step_matters_if_it_does_in_another(tmp_path):
    rows = "T@1: * : 0 : 1 : 1\nT@2: * : 0 : 0 : 1\nT@2: * : 1 : 1 : 1\nO: * :\nuniform"
    text = "horizon: 2\n" + UNSET.format(states=2, start="1 0", rows=rows)
    with pytest.raises(FormatError, match="transition at step 1 from state '1'"):
        read(tmp_path, "unset.posg", text)


# ---- Gambit's ------------------------------------------------------------------------------------

TREE = """EFG 2 R "one guess" { "one" "two" }
""
c "" 1 "coin" { "heads" 1/2 "tails" 1/2 } 0
p "one" 1 1 "blind" { "say heads" "say tails" } 0
t "" 1 "right" { 1, -1 }
t "" 2 "wrong" { -1, 1 }
p "one" 1 1 "blind" { "say heads" "say tails" } 0
t "" 2 "wrong" { -1, 1 }
t "" 1 "right" { 1, -1 }
"""


def test_sets_events_and_outcomes_need_no_name_and_payoffs_no_commas(tmp_path):
    whole = read(tmp_path, "whole.efg", TREE)
    bare = TREE.replace(",", "")
    for name in ("coin", "right", "wrong"):
        bare = bare.replace(f'"{name}" ', "")
    assert read(tmp_path, "bare.efg", bare) == whole
    unnamed = read(tmp_path, "unnamed.efg", bare.replace('"blind" ', ""))
    assert [(own.label, own.actions) for own in unnamed.sets] == [("", ("say heads", "say tails"))]
    assert posg.solve(unnamed).values.tolist() == posg.solve(whole).values.tolist()


def test_a_name_left_out_later_says_nothing(tmp_path):
    first, mark, rest = TREE.partition("t ")
    assert read(tmp_path, "later.efg", first + mark + rest.replace('"blind" ', "")) == read(tmp_path, "whole.efg", TREE)
    with pytest.raises(FormatError, match=r"bad.efg:7: .*with a name 'seen', expected 'blind' as on line 4"):
        read(tmp_path, "bad.efg", first + mark + rest.replace("blind", "seen"))
    with pytest.raises(FormatError, match=r"bad.efg:7: .*with actions of which number 2 is 'b', expected 'say tails'"):
        read(tmp_path, "bad.efg", first + mark + rest.replace('"blind" { "say heads" "say tails"', '{ "say heads" "b"'))


NAMES = 'NFG 1 R "same names" {{ "one" "two" }}\n{{ {{ {} }} {{ "b" "c" }} }}\n""\n{}\n'


@pytest.mark.parametrize(
    ("labels", "found", "says"),
    [
        ('"a" "a"', ("a", "a (2)"), "found 'a' twice (strategies of 'one'); taken as 'a (2)'"),
        ('"a" "a (2)" "a"', ("a", "a (2)", "a (3)"), "taken as 'a (3)'"),
        ('"a" "a" "a"', ("a", "a (2)", "a (3)"), "taken as 'a (2)', and 1 more"),
        ('"2" ""', ("2", "2 (2)"), "found '2' twice"),
    ],
)
def test_strategies_of_one_name_are_made_different(tmp_path, labels, found, says):
    payoffs = " ".join(map(str, range(4 * len(found))))
    with pytest.warns(RepeatedNameWarning) as caught:
        game = read(tmp_path, "twice.nfg", NAMES.format(labels, payoffs))
    (warning,) = caught
    assert str(warning.message).startswith("twice.nfg:2: ")
    assert says in str(warning.message)
    assert game.actions == (found, ("b", "c"))


@pytest.mark.parametrize(("module", "extension", "name"), [(nfg, ".nfg", "chicken"), (efg, ".efg", "kuhn-poker-tree")])
def test_no_more_is_written_than_is_read(tmp_path, monkeypatch, module, extension, name):
    game, path = posg.catalog(name), tmp_path / f"game{extension}"
    save(game, path)
    size = len(path.read_text())
    monkeypatch.setattr(module, "MAX_TEXT", size)
    save(game, path)
    monkeypatch.setattr(module, "MAX_TEXT", size - 1)
    before = path.read_bytes()
    with pytest.raises(UnsupportedError, match=f"the game takes over {size - 1} characters, the most that are read"):
        save(game, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


# ---- packed --------------------------------------------------------------------------------------

TEXTS = [extension for extension, entry in FORMATS.items() if entry.packs]


def test_every_text_format_may_be_packed():
    assert set(TEXTS) == set(FORMATS) - {".npz"}


@pytest.mark.parametrize("extension", TEXTS)
def test_packed_files_are_read_and_written(tmp_path, extension):
    plain, packed = tmp_path / f"some.game{extension}", tmp_path / f"some.game{extension}.gz"
    plain.write_bytes(SAMPLES[extension].files[0])
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        game = load(plain)
        assert load(packed) == game
        assert load(packed).name == game.name
        save(game, plain)
        save(game, packed)
        first = packed.read_bytes()
        save(game, packed)
    assert gzip.decompress(first) == plain.read_bytes()
    assert packed.read_bytes() == first
    assert load(packed) == load(plain)
    packed.write_bytes(first[:-9])
    with pytest.raises(FormatError) as caught:
        load(packed)
    assert str(caught.value).startswith(f"{packed.name}:")
    packed.write_bytes(b"agents: 2\n")
    with pytest.raises(FormatError, match=r"game.*\.gz:1: found content that gzip cannot unpack"):
        load(packed)


def test_what_is_not_packed(tmp_path):
    game = posg.catalog("chicken")
    with pytest.raises(
        UnsupportedError, match=r"found extension '\.npz\.gz', expected one of \.dpomdp, \.posg, .*before"
    ):
        save(game, tmp_path / "game.npz.gz")
    with pytest.raises(UnsupportedError, match=r"found extension '\.gz', expected one of"):
        load(tmp_path / "game.gz")


def test_a_packed_file_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 10_000)
    path = tmp_path / "bomb.posg.gz"
    path.write_bytes(gzip.compress(QUOTED.encode() + b"R: * : * : * : * : 1\n" * 1000))
    with pytest.raises(FormatError, match=r"bomb.posg.gz:\d+: found over 10000 bytes in a packed file; unpack it"):
        load(path)


# ---- nothing on many lines -----------------------------------------------------------------------


@pytest.mark.parametrize("extension", TEXTS)
@pytest.mark.parametrize("blank", ["\n", " \n", "\r"])
def test_lines_with_nothing_on_them_are_skipped_up_to_a_limit(tmp_path, monkeypatch, extension, blank):
    monkeypatch.setattr(source, "MAX_BLANK_LINES", 1000)
    path = tmp_path / f"blank{extension}"
    path.write_bytes((blank * 1500).encode() + SAMPLES[extension].files[0])
    with pytest.raises(
        FormatError, match=r"blank\.\w+:1001: found over 1000 lines in a row with nothing on them; remove"
    ):
        load(path)
    path.write_bytes(SAMPLES[extension].files[0] + (blank * 900).encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert load(path).name == "blank" or extension in (".json", ".efg")


def test_comments_alone_are_nothing_too(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_BLANK_LINES", 1000)
    with pytest.raises(FormatError, match="over 1000 lines in a row"):
        read(tmp_path, "comments.dpomdp", "# nothing\n" * 1001 + QUOTED)
    text = QUOTED.replace("\n", "\n" + "#\n" * 900)
    assert np.array_equal(read(tmp_path, "some.dpomdp", text).initial, [0.5, 0.5])


def test_a_message_shows_no_more_than_the_ends_of_what_is_long(tmp_path):
    text = QUOTED.replace('"listen"', '"' + "{" * 5000 + '"').replace(
        "O: * :\nuniform", "O: * : 0 : 0 : 1\nO: * : 1 : 0 : 0.5"
    )
    with pytest.raises(FormatError) as caught:
        read(tmp_path, "long.dpomdp", text)
    said = str(caught.value)
    assert said.startswith("long.dpomdp:15: observation in next state 'right'")
    assert said.endswith("correct the row (an error this large is not rescaled)")
    assert len(said) < 900
