"""Reading ``.efg`` files: what they mean, and the line of what is wrong."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.errors import FormatError, ImperfectRecallError, RoundedProbabilityWarning
from lp_posg.trees import CHANCE, TERMINAL

# A coin that only Ann sees; she says a or b, and Bob, who hears her, believes it or not. Saying b costs Ann 1 at once.
SIGNAL = """EFG 2 R "Signals" { "Ann" "Bob" }
"A comment, with \\"quotes\\"
on two lines"

c "the coin" 7 "coin" { "heads" 1/3 "tails" 2/3 } 0
p "" 1 12 "saw heads" { "a" "b" } 0
p "" 2 1 "heard a" { "yes" "no" } 0
t "" 1 "right" { 2, 1 }
t "" 2 "wrong" { 0 -1.5 }
p "" 2 5 "heard b" { "yes" "no" } 9 "cost" { -1 0 }
t "" 1
t "" 2
p "" 1 3 "saw tails" { "a" "b" } 0
p "" 2 1 0
t "" 2 "wrong" { 0, -3/2 }
t "" 1 "right" { 2e0, 1. }
p "" 2 5 "heard b" { "yes" "no" } 9
t "" 2
t "" 0
"""


@pytest.fixture
def load_tree(tmp_path):
    def load_it(text, name="game.efg"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return posg.load(path)

    return load_it


def test_all_forms(load_tree):
    game = load_tree(SIGNAL)
    assert (game.name, game.agents) == ("Signals", ("Ann", "Bob"))
    assert game.parent.tolist() == [-1, 0, 1, 2, 2, 1, 5, 5, 0, 8, 9, 9, 8, 12, 12]
    end = TERMINAL
    assert game.owner.tolist() == [CHANCE, 0, 1, end, end, 1, end, end, 0, 1, end, end, 1, end, end]
    assert game.information.tolist() == [-1, 0, 1, -1, -1, 2, -1, -1, 3, 1, -1, -1, 2, -1, -1]
    assert [(own.agent, own.label, own.actions) for own in game.sets] == [
        (0, "saw heads", ("a", "b")),
        (1, "heard a", ("yes", "no")),
        (1, "heard b", ("yes", "no")),
        (0, "saw tails", ("a", "b")),
    ]
    assert [game.probability[node] for node in (0, 1, 2, 8, 9)] == [1, Fraction(1, 3), 1, Fraction(2, 3), 1]
    assert game.outcome.tolist() == [-1, -1, -1, 0, 1, 2, 0, 1, -1, -1, 1, 0, 2, 1, -1]
    assert game.outcomes == ((2, 1), (0, Fraction(-3, 2)), (-1, 0))
    assert game.labels[:6] == ("", "heads", "a", "yes", "no", "b")
    assert game.path(13) == ("tails", "b", "yes")
    assert game.depth.tolist() == [0, 1, 2, 3, 3, 2, 3, 3, 1, 2, 3, 3, 2, 3, 3]
    assert game.branch.tolist() == [-1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1]
    # Saying b costs on the way: what node 6 pays in all is 2 - 1.
    assert game.payoff[:, [5, 6]].tolist() == [[-1, 2], [0, 1]]
    assert not game.is_zero_sum


def test_layout_and_line_ends_do_not_matter(load_tree):
    game = load_tree(SIGNAL)
    assert load_tree("\ufeff" + SIGNAL.replace("\n", "\r\n")) == game
    words = SIGNAL.replace('"A comment, with \\"quotes\\"\non two lines"', "").replace("{", "\n{\n")
    assert load_tree(" ".join(words.split("\n"))) == game
    assert load_tree(SIGNAL.replace("EFG 2 R", "EFG 2 D")) == game


def test_names_may_be_empty_and_equal(load_tree):
    game = load_tree('EFG 2 R "" { "" "say \\"hi\\"" } p "" 1 1 "" { "" "" } 0 t "" 0 t "" 0', "untitled.efg")
    assert (game.name, game.agents, game.sets[0].actions) == ("untitled", ("Player 1", 'say "hi"'), ("", ""))


def test_one_node(load_tree):
    game = load_tree('EFG 2 R "over" { "a" } t "" 1 "" { 5 }')
    assert (game.n_nodes, game.sets, game.payoff.tolist()) == (1, (), [[5.0]])


def test_exact_numbers(load_tree):
    words = ["3/4", "-1/3", "+2", ".5", "-1.", "2.5e-3", "1E2", "0.1", "0/7", "1e-999", "7/9000000000000000000000"]
    text = 'EFG 2 R "" { "a" } p "" 1 1 "" { ' + " ".join(f'"{k}"' for k in range(len(words))) + " } 0 "
    game = load_tree(text + " ".join(f't "" {k + 1} "" {{ {word} }}' for k, word in enumerate(words)))
    exact = [
        (3, 4),
        (-1, 3),
        (2, 1),
        (1, 2),
        (-1, 1),
        (1, 400),
        (100, 1),
        (1, 10),
        (0, 1),
        (1, 10**999),
        (7, 9 * 10**21),
    ]
    assert [row[0] for row in game.outcomes] == [Fraction(*pair) for pair in exact]


# ---- probabilities -----------------------------------------------------------------------------------


def chance(*words):
    branches = " ".join(f'"{k}" {word}' for k, word in enumerate(words))
    return 'EFG 2 R "" { "a" }\nc "" 1 "" { ' + branches + " } 0\n" + 't "" 0\n' * len(words)


@pytest.mark.parametrize(
    "words", [["1/3"] * 3, ["0.333333", "0.333333", "0.333334"], ["0.5", "1/4", "2.5e-1"], ["1.0000", "0"]]
)
def test_an_exact_sum_is_left_alone(load_tree, recwarn, words):
    assert load_tree(chance(*words)).probability[1:] == tuple(map(Fraction, words))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("words", "exact"),
    [
        (["0.333333333333"] * 3, ["1/3"] * 3),  # rounded down to twelve places
        (["0.1666666666666667"] * 6, ["1/6"] * 6),  # a double as it is printed
        (["0.166667"] * 6, ["1/6"] * 6),  # six places, which miss 1 by 2e-6 in all
        (["0.3333", "0.6667"], ["0.3333", "0.6667"]),  # these sum to 1: nothing to mend
        (["0.0196078431372549"] * 51, ["1/51"] * 51),
        (["0.1428571", "0.4285714", "0.4285714"], ["1/7", "3/7", "3/7"]),
        (["1/3", "0.666666666667"], ["1/3", "2/3"]),
        (["0.30000000000000004", "0.7"], ["3/10", "7/10"]),  # 0.1 + 0.2 in doubles
        # No simple fractions sum to 1 here: both are divided by their sum.
        (["0.123456789", "0.8765432"], ["123456789/999999989", "876543200/999999989"]),
        (["0.000000000001", "1"], ["1/1000000000001", "1000000000000/1000000000001"]),  # stays possible
    ],
)
def test_rounding_is_mended_and_said(load_tree, recwarn, words, exact):
    game = load_tree(chance(*words))
    assert game.probability[1:] == tuple(map(Fraction, exact))
    assert sum(game.probability[1:]) == 1
    said = [str(warning.message) for warning in recwarn.list]
    assert len(said) == (sum(map(Fraction, words)) != 1)
    for text in said:
        assert text.startswith("game.efg:2: 1 chance event has probabilities that miss 1 by up to ")
        assert "moved by at most 1e-06" in text


def test_one_warning_for_all_events_of_a_file(load_tree):
    thirds = '{ "x" 0.333333333333 "y" 0.666666666666 } 0\n'
    text = 'EFG 2 R "" { "a" }\nc "" 1 "" ' + thirds + 't "" 0\nc "" 2 "" ' + thirds + 't "" 0\nt "" 0\n'
    with pytest.warns(RoundedProbabilityWarning, match=r"2 chance events have .*\(0.333333333333 as 1/3\)") as caught:
        load_tree(text)
    assert len(caught) == 1


# ---- errors ------------------------------------------------------------------------------------------

HEAD = 'EFG 2 R "t" { "x" "y" }\n'
SET = 'p "" 1 1 "s" { "l" "r" } 0\n'
BAD = {
    "empty": ("", 1, ["an empty file", "begins with EFG 2 R"]),
    "blank": ("\n \n", 1, ["an empty file"]),
    "magic": (HEAD.replace("EFG", "NFG") + 't "" 0', 1, ["found 'NFG'", "EFG 2 R"]),
    "strategic": ('\nNFG 1 R "" { "a" } { 2 } 1 2', 2, ["the beginning of a .nfg file", "rename it to .nfg"]),
    "version": (HEAD.replace("2", "1") + 't "" 0', 1, ["found '1'", "expected 2"]),
    "kind": (HEAD.replace("R", "Q") + 't "" 0', 1, ["found 'Q'", "R or D"]),
    "no nodes": (HEAD, 1, ["end of the file", "'c' or 'p' or 't'"]),
    "same players": (HEAD.replace('"y"', '\n"x"') + 't "" 0', 2, ["found 'x' twice", "line 1"]),
    "many players": ('EFG 2 R "" {' + '\n""' * 31 + '} t "" 0', 32, ["31 players", "at most 30"]),
    "node": (HEAD + 'q "" 0', 2, ["found 'q'", "'c' or 'p' or 't'"]),
    "too few": (HEAD + SET + 't "" 0\n', 3, ["end of the file", "1 more node,", "follows 'r'", "on line 2"]),
    "far too few": (HEAD + SET + SET.replace("1 1", "1 2"), 3, ["3 more nodes", "follows 'l'", "on line 3"]),
    "too many": (HEAD + SET + 't "" 0\nt "" 0\nt "" 0', 5, ["the tree is complete", "'t'"]),
    "player": (HEAD + 'p "" 3 1 "" { "l" } 0\nt "" 0', 2, ["found '3'", "a player from 1 to 2"]),
    "player 0": (HEAD + 'p "" 0 1 "" { "l" } 0\nt "" 0', 2, ["found '0'", "a player from 1 to 2"]),
    "set number": (HEAD + 'p "" 1 1.5 "" { "l" } 0\nt "" 0', 2, ["found '1.5'", "information set"]),
    "undescribed set": (HEAD + SET + 'p "" 1 2 0\nt "" 0', 3, ["information set 2 of player 'x'", "first time"]),
    "other player's set": (HEAD + SET + 'p "" 2 1 0\nt "" 0', 3, ["information set 1 of player 'y'", "first time"]),
    "more actions": (
        HEAD + 'c "" 1 "" { "" 1/2 "" 1/2 } 0\n' + SET + 't "" 0\nt "" 0\n' + SET.replace('"r"', '"r" "m"'),
        6, ["information set 1 of player 'x'", "(3 of them)", "expected 2", "line 3"],
    ),
    "other action": (
        HEAD + 'c "" 1 "" { "" 1/2 "" 1/2 } 0\n' + SET + 't "" 0\nt "" 0\n' + SET.replace('"r"', '"m"'),
        6, ["number 2 is 'm'", "expected 'r'"],
    ),
    "other set name": (
        HEAD + 'c "" 1 "" { "" 1/2 "" 1/2 } 0\n' + SET + 't "" 0\nt "" 0\n' + SET.replace('"s"', '"z"'),
        6, ["a name 'z'", "expected 's'"],
    ),
    "undescribed event": (HEAD + 'c "" 1 0\nt "" 0', 2, ["chance event 1", "first time"]),
    "other event": (
        HEAD + 'c "" 1 "" { "h" 1/2 "t" 1/2 } 0\nc "" 1 "" { "h" 1/3\n"t" 2/3 } 0', 3,
        ["chance event 1", "probabilities of which number 1 is 1/3", "expected 1/2", "line 2"],
    ),
    "negative": (HEAD + 'c "" 1 "" { "h" 3/2\n"t" -1/2 } 0', 2, ["found '3/2'", "a probability"]),
    "sum": (HEAD + 'c "" 1 "" { "h" 0.5\n"t" 0.49 } 0', 3, ["sum to 0.99", "expected 1", "1/3"]),
    "thirds": (HEAD + 'c "" 1 "" { "h" 0.33 "m" 0.33 "t" 0.33 } 0', 2, ["sum to 0.99", "1e-06"]),
    "denominators": (
        HEAD + f'c "" 1 "" {{ "h" 1/{2**4097} "t" {2**4097 - 1}/{2**4097} }} 0', 2, ["common denominator", "shorten"],
    ),
    "no probability": (HEAD + 'c "" 1 "" { "h" "t" } 0', 2, ["found '\"t\"'", "a number"]),
    "undescribed outcome": (HEAD + 't "" 4', 2, ["outcome 4", "first time", "payoffs"]),
    "payoffs of 0": (HEAD + 't "" 0\n"" { 1, 1 }', 3, ["outcome 0"]),
    "few payoffs": (HEAD + 't "" 1 "" { 1 }', 2, ["found 1 payoff in outcome 1", "expected 2"]),
    "many payoffs": (HEAD + 't "" 1 "" { 1, 2, 3 }', 2, ["found 3 payoffs", "expected 2"]),
    "other payoffs": (
        HEAD + SET + 't "" 1 "o" { 1, 2 }\nt "" 1 "o" { 1, 3 }', 4,
        ["outcome 1", "number 2 is 3", "expected 2", "line 3"],
    ),
    "other outcome name": (HEAD + SET + 't "" 1 "o" { 1, 2 }\nt "" 1 "p" { 1, 2 }', 4, ["a name 'p'", "expected 'o'"]),
    "huge": (HEAD + 't "" 1 "" { 1, 1e101 }', 2, ["found '1e101'", "rescale"]),
    "exponent": (HEAD + 't "" 1 "" { 1, 1e999999999999 }', 2, ["exponent of size", "shorten"]),
    "quote": (HEAD + 't "', 2, ["a quote", "not closed"]),
    "bytes": (HEAD.encode() + b't "\xff" 0', 2, ["0xff", "UTF-8"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), BAD.values(), ids=BAD)
def test_bad_files(load_tree, text, line, says):
    with pytest.raises(FormatError) as caught:
        load_tree(text, "bad.efg")
    message = str(caught.value)
    assert message.startswith(f"bad.efg:{line}: ")
    assert caught.value.line == line
    assert [part for part in says if part not in message] == []
    assert len(message) < 400


def test_a_file_that_is_too_long(load_tree, monkeypatch):
    monkeypatch.setattr("lp_posg.formats.gambit.efg_text.MAX_TEXT", len(HEAD) + 3)
    with pytest.raises(FormatError, match=r"bad\.efg:2: found over"):
        load_tree(HEAD + 't "" 0', "bad.efg")


def test_imperfect_recall_is_refused_by_name(load_tree):
    # Ann moves, then moves again without knowing what she did.
    forgets = (
        HEAD.replace('"x"', '"Ann"') + SET + SET.replace('1 1 "s"', '1 2 "later"') + 't "" 0\nt "" 0\np "" 1 2 0\n'
    )
    with pytest.raises(ImperfectRecallError) as caught:
        load_tree(forgets + 't "" 0\nt "" 0\n')
    assert str(caught.value) == (
        "game.efg:6: agent 'Ann' has imperfect recall: at information set 'later' it cannot tell whether it came there"
        " after 'l' at 's' or after 'r' at 's'; split the information set so that it knows"
    )
    assert (caught.value.line, caught.value.nodes, caught.value.pasts) == (6, (1, 4), (((0, 0),), ((0, 1),)))


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(FormatError, match="no such file"):
        posg.load(tmp_path / "none.efg")
    with pytest.raises(FormatError, match="not a path"):
        posg.load(3)


def test_a_long_path_needs_no_recursion(load_tree):
    # 3000 moves one after the other, three times as deep as Python's stack; then the ends in reverse order.
    moves = "".join(f'p "" {k % 2 + 1} {k} "" {{ "on" "stop" }} 0\n' for k in range(3000))
    game = load_tree(HEAD + moves + 't "" 0\n' * 3001)
    assert game.depth.max() == 3000
    assert np.array_equal(game.parent[3001:], np.arange(3000)[::-1])


def test_a_tree_has_one_name_as_a_tree_and_as_a_posg(tmp_path):
    for title, name in (("Coin", "Coin"), ("", "file")):
        (tmp_path / "file.efg").write_text(f'EFG 2 R "{title}" {{ "a" }} p "" 1 1 "" {{ "x" "y" }} 0 t "" 0 t "" 0')
        assert (
            posg.load(tmp_path / "file.efg").name == posg.trees.to_game(posg.load(tmp_path / "file.efg")).name == name
        )


def test_a_sum_off_by_less_than_the_smallest_float_is_told(tmp_path):
    (tmp_path / "file.efg").write_text(
        'EFG 2 R "" { "a" } c "" 1 "" { "x" 1/2 "y" 0.5 "z" 1e-400 } 0 t "" 0 t "" 0 t "" 0'
    )
    with pytest.warns(RoundedProbabilityWarning, match="miss 1 by up to less than the smallest float"):
        posg.load(tmp_path / "file.efg")
